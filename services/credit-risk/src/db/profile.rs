//! Credit profiles.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use quittance_db::{
    Column, DbError, List, Place, Range, Tx, Window, expect_rows,
    row::{integer, money, stored},
};
use quittance_kernel::{Currency, CustomerId, ProfileId};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{Key, columns};
use crate::{Error, domain::CreditProfile};

struct Row {
    id: Uuid,
    customer_id: Uuid,
    currency: String,
    credit_limit: Decimal,
    exposure: Decimal,
    reserved: Decimal,
    note: String,
    version: i32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl TryFrom<Row> for CreditProfile {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let (table, id) = ("profile", row.id);
        let currency = stored(table, id, Currency::parse(&row.currency))?;
        Ok(Self {
            id: ProfileId::new(id),
            customer: CustomerId::new(row.customer_id),
            limit: money(table, id, row.credit_limit, currency)?,
            exposure: money(table, id, row.exposure, currency)?,
            reserved: money(table, id, row.reserved, currency)?,
            note: row.note,
            version: stored(table, id, u32::try_from(row.version))?,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// Adds a profile. A customer has at most one per currency.
pub(crate) async fn insert(tx: &mut Tx, profile: &CreditProfile) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "insert into profile (tenant_id, id, customer_id, currency, credit_limit, exposure, reserved, note, version, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        tenant,
        profile.id.uuid(),
        profile.customer.uuid(),
        profile.limit.currency().code(),
        profile.limit.amount(),
        profile.exposure.amount(),
        profile.reserved.amount(),
        profile.note,
        integer("profile", profile.id.uuid(), profile.version)?,
        profile.created_at,
        profile.updated_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Updates the limit and the note of a locked profile.
pub(crate) async fn update(tx: &mut Tx, profile: &CreditProfile) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    let done = sqlx::query!(
        "update profile
         set credit_limit = $3, note = $4, version = $5, updated_at = $6
         where tenant_id = $1 and id = $2 and version = $5 - 1",
        tenant,
        profile.id.uuid(),
        profile.limit.amount(),
        profile.note,
        integer("profile", profile.id.uuid(), profile.version)?,
        profile.updated_at,
    )
    .execute(&mut **tx)
    .await?;
    expect_rows(&done, "profile", 1)
}

/// Deletes a locked profile. One with reservations violates `reservation_profile_exists`.
pub(crate) async fn delete(tx: &mut Tx, id: ProfileId) -> Result<(), DbError> {
    let done = sqlx::query!("delete from profile where tenant_id = $1 and id = $2", tx.tenant().uuid(), id.uuid())
        .execute(&mut **tx)
        .await?;
    expect_rows(&done, "profile", 1)
}

/// Updates the exposure and the reserved amount of locked profiles.
pub(crate) async fn update_used(tx: &mut Tx, profiles: &[&CreditProfile]) -> Result<(), DbError> {
    if profiles.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = profiles.iter().map(|p| p.id.uuid()).collect();
    let exposures: Vec<Decimal> = profiles.iter().map(|p| p.exposure.amount()).collect();
    let reserved: Vec<Decimal> = profiles.iter().map(|p| p.reserved.amount()).collect();
    let done = sqlx::query!(
        "update profile p
         set exposure = v.exposure, reserved = v.reserved
         from unnest($2::uuid[], $3::numeric[], $4::numeric[]) as v (id, exposure, reserved)
         where p.tenant_id = $1 and p.id = v.id",
        tenant,
        &ids,
        &exposures,
        &reserved,
    )
    .execute(&mut **tx)
    .await?;
    expect_rows(&done, "profile", profiles.len())
}

/// The profiles of these keys, locked for update in the order of their ids; keys without a profile are left out.
pub(crate) async fn lock_all(tx: &mut Tx, keys: &BTreeSet<Key>) -> Result<HashMap<Key, CreditProfile>, DbError> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let tenant = tx.tenant().uuid();
    let (customers, currencies) = columns(keys.iter().copied());
    let rows = sqlx::query_as!(
        Row,
        "select p.id, p.customer_id, p.currency, p.credit_limit, p.exposure, p.reserved, p.note, p.version, p.created_at, p.updated_at
         from unnest($2::uuid[], $3::text[]) as k (customer_id, currency)
         join profile p on p.tenant_id = $1 and p.customer_id = k.customer_id and p.currency = k.currency
         order by p.id
         for update of p",
        tenant,
        &customers,
        &currencies,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| CreditProfile::try_from(row).map(|profile| ((profile.customer, profile.limit.currency()), profile)))
        .collect()
}

/// A customer's profile in a currency, locked for update.
pub(crate) async fn lock_of(tx: &mut Tx, key: Key) -> Result<CreditProfile, Error> {
    let profile = lock_all(tx, &BTreeSet::from([key])).await?.remove(&key);
    profile.ok_or(Error::NoProfile { customer: key.0, currency: key.1 })
}

/// A profile, locked for update.
pub(crate) async fn lock(tx: &mut Tx, id: ProfileId) -> Result<CreditProfile, Error> {
    let row = sqlx::query_as!(
        Row,
        "select id, customer_id, currency, credit_limit, exposure, reserved, note, version, created_at, updated_at
         from profile
         where tenant_id = $1 and id = $2
         for update",
        tx.tenant().uuid(),
        id.uuid(),
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.ok_or(Error::ProfileNotFound(id))?.try_into()?)
}

/// A customer's profile in a currency.
pub(crate) async fn find(tx: &mut Tx, (customer, currency): Key) -> Result<CreditProfile, Error> {
    let row = sqlx::query_as!(
        Row,
        "select id, customer_id, currency, credit_limit, exposure, reserved, note, version, created_at, updated_at
         from profile
         where tenant_id = $1 and customer_id = $2 and currency = $3",
        tx.tenant().uuid(),
        customer.uuid(),
        currency.code(),
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.ok_or(Error::NoProfile { customer, currency })?.try_into()?)
}

/// These profiles; those that do not exist are left out.
pub(crate) async fn find_all(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<CreditProfile>, DbError> {
    let rows = sqlx::query_as!(
        Row,
        "select p.id, customer_id, currency, credit_limit, exposure, reserved, note, version, created_at, updated_at
         from unnest($2::uuid[]) as requested (id)
         join profile p on p.tenant_id = $1 and p.id = requested.id",
        tx.tenant().uuid(),
        ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(CreditProfile::try_from).collect()
}

/// The filters of a list of profiles.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    /// Only of these customers; all if there are none.
    pub(crate) customers: Vec<CustomerId>,
    /// Only in this currency.
    pub(crate) currency: Option<Currency>,
    /// Only those changed in this time.
    pub(crate) updated_at: Range<DateTime<Utc>>,
}

/// The orders of a list of profiles.
pub(crate) const ORDERS: [(&str, Column); 2] =
    [("create_time", Column::Id), ("update_time", Column::Time("updated_at"))];

/// Where the profiles of a page stand in their list.
pub(crate) async fn list(tx: &mut Tx, filter: Filter, window: Window) -> Result<Vec<Place>, DbError> {
    places(tx, filter, window).places(tx).await
}

/// The statement for them.
pub(super) fn places(tx: &Tx, filter: Filter, window: Window) -> List {
    let mut list = List::new(tx, "profile", ["tenant_id", "id"], window);
    list.any("customer_id", filter.customers.into_iter().map(CustomerId::uuid).collect());
    list.compare("currency = ", filter.currency.map(Currency::code));
    list.within(["updated_at >= ", "updated_at < "], filter.updated_at);
    list
}
