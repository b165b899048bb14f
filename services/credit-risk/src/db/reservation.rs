//! Reservations.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use quittance_db::{
    Column, Db, DbError, List, Place, Range, Tx, Window, expect_rows,
    row::{known, money, stored},
};
use quittance_kernel::{Currency, CustomerId, InvoiceId, ReservationId, TenantId};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{Key, columns};
use crate::{
    Error,
    domain::{Reservation, State},
};

struct Row {
    id: Uuid,
    customer_id: Uuid,
    currency: String,
    amount: Decimal,
    order_reference: String,
    state: String,
    expires_at: Option<DateTime<Utc>>,
    invoice_id: Option<Uuid>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl TryFrom<Row> for Reservation {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let (table, id) = ("reservation", row.id);
        let currency = stored(table, id, Currency::parse(&row.currency))?;
        Ok(Self {
            id: ReservationId::new(id),
            customer: CustomerId::new(row.customer_id),
            amount: money(table, id, row.amount, currency)?,
            order_reference: row.order_reference,
            state: known(
                table,
                id,
                "state",
                State::parse(&row.state, row.expires_at, row.invoice_id.map(InvoiceId::new)),
            )?,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// Adds reservations. An order has at most one active or confirmed reservation.
pub(crate) async fn insert_all(tx: &mut Tx, reservations: &[&Reservation]) -> Result<(), DbError> {
    if reservations.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = reservations.iter().map(|r| r.id.uuid()).collect();
    let (customers, currencies) = columns(reservations.iter().map(|r| (r.customer, r.amount.currency())));
    let amounts: Vec<Decimal> = reservations.iter().map(|r| r.amount.amount()).collect();
    let orders: Vec<String> = reservations.iter().map(|r| r.order_reference.clone()).collect();
    let states: Vec<String> = reservations.iter().map(|r| r.state.label().to_owned()).collect();
    let expiries: Vec<Option<DateTime<Utc>>> = reservations.iter().map(|r| r.state.expires_at()).collect();
    let created: Vec<DateTime<Utc>> = reservations.iter().map(|r| r.created_at).collect();
    let updated: Vec<DateTime<Utc>> = reservations.iter().map(|r| r.updated_at).collect();
    sqlx::query!(
        "insert into reservation (tenant_id, id, customer_id, currency, amount, order_reference, state, expires_at, created_at, updated_at)
         select $1, *
         from unnest($2::uuid[], $3::uuid[], $4::text[], $5::numeric[], $6::text[], $7::text[], $8::timestamptz[], $9::timestamptz[],
           $10::timestamptz[])",
        tenant,
        &ids,
        &customers,
        &currencies,
        &amounts,
        &orders,
        &states,
        &expiries as &[Option<DateTime<Utc>>],
        &created,
        &updated,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Updates the states of locked reservations.
pub(crate) async fn update_all(tx: &mut Tx, reservations: &[Reservation]) -> Result<(), DbError> {
    if reservations.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = reservations.iter().map(|r| r.id.uuid()).collect();
    let states: Vec<String> = reservations.iter().map(|r| r.state.label().to_owned()).collect();
    let expiries: Vec<Option<DateTime<Utc>>> = reservations.iter().map(|r| r.state.expires_at()).collect();
    let updated: Vec<DateTime<Utc>> = reservations.iter().map(|r| r.updated_at).collect();
    let invoices: Vec<Option<Uuid>> = reservations.iter().map(|r| r.state.invoice().map(InvoiceId::uuid)).collect();
    let done = sqlx::query!(
        "update reservation r
         set state = v.state, expires_at = v.expires_at, invoice_id = v.invoice_id, updated_at = v.updated_at
         from unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::uuid[], $6::timestamptz[]) as v (id, state, expires_at, invoice_id, updated_at)
         where r.tenant_id = $1 and r.id = v.id",
        tenant,
        &ids,
        &states,
        &expiries as &[Option<DateTime<Utc>>],
        &invoices as &[Option<Uuid>],
        &updated,
    )
    .execute(&mut **tx)
    .await?;
    expect_rows(&done, "reservation", reservations.len())
}

/// These reservations, not locked; those that do not exist are left out.
pub(crate) async fn find_all(tx: &mut Tx, ids: &[ReservationId]) -> Result<Vec<Reservation>, DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query_as!(
        Row,
        "select id, customer_id, currency, amount, order_reference, state, expires_at, invoice_id, created_at, updated_at
         from reservation
         where tenant_id = $1 and id = any($2)",
        tenant,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(Reservation::try_from).collect()
}

/// A reservation, not locked.
pub(crate) async fn find(tx: &mut Tx, id: ReservationId) -> Result<Reservation, Error> {
    find_all(tx, &[id]).await?.pop().ok_or(Error::ReservationNotFound(id))
}

/// These reservations, locked for update in the order of their ids; those that do not exist are left out.
pub(crate) async fn lock_all(tx: &mut Tx, ids: &[ReservationId]) -> Result<Vec<Reservation>, DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query_as!(
        Row,
        "select id, customer_id, currency, amount, order_reference, state, expires_at, invoice_id, created_at, updated_at
         from reservation
         where tenant_id = $1 and id = any($2)
         order by id
         for update",
        tenant,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(Reservation::try_from).collect()
}

/// A reservation, locked for update.
pub(crate) async fn lock(tx: &mut Tx, id: ReservationId) -> Result<Reservation, Error> {
    lock_all(tx, &[id]).await?.pop().ok_or(Error::ReservationNotFound(id))
}

/// The keys of overdue reservations, the longest overdue first; a key comes once for each of its reservations.
pub(crate) async fn overdue_keys(tx: &mut Tx, now: DateTime<Utc>, limit: i64) -> Result<Vec<Key>, DbError> {
    let tenant = tx.tenant().uuid();
    let rows = sqlx::query!(
        "select customer_id, currency
         from reservation
         where tenant_id = $1 and state = 'active' and expires_at <= $2
         order by expires_at
         limit $3",
        tenant,
        now,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok((
                CustomerId::new(row.customer_id),
                stored("reservation", row.customer_id, Currency::parse(&row.currency))?,
            ))
        })
        .collect()
}

/// Overdue reservations of these keys, locked for update, the longest overdue first. Those locked by another transaction are skipped. The caller must have
/// locked the profiles.
pub(crate) async fn lock_overdue(
    tx: &mut Tx,
    keys: impl IntoIterator<Item = Key>,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Reservation>, DbError> {
    let tenant = tx.tenant().uuid();
    let (customers, currencies) = columns(keys);
    let rows = sqlx::query_as!(
        Row,
        "select id, customer_id, currency, amount, order_reference, state, expires_at, invoice_id, created_at, updated_at
         from reservation
         where tenant_id = $1 and state = 'active' and expires_at <= $4
           and (customer_id, currency) in (select * from unnest($2::uuid[], $3::text[]))
         order by expires_at
         limit $5
         for update skip locked",
        tenant,
        &customers,
        &currencies,
        now,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(Reservation::try_from).collect()
}

/// The ones of these orders with an active or confirmed reservation.
pub(crate) async fn reserved_orders(tx: &mut Tx, orders: &[String]) -> Result<HashSet<String>, DbError> {
    let tenant = tx.tenant().uuid();
    let found = sqlx::query_scalar!(
        "select r.order_reference
         from unnest($2::text[]) as o (order_reference)
         join reservation r on r.tenant_id = $1 and r.order_reference = o.order_reference and r.state in ('active', 'confirmed')",
        tenant,
        orders,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found.into_iter().collect())
}

/// The filters of a list of reservations.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    /// Only of these customers; all if there are none.
    pub(crate) customers: Vec<CustomerId>,
    /// Only in the states with these labels; all if there are none.
    pub(crate) states: Vec<&'static str>,
    /// Only for this order.
    pub(crate) order_reference: Option<String>,
    /// Only those changed in this time.
    pub(crate) updated_at: Range<DateTime<Utc>>,
}

/// The orders of a list of reservations.
pub(crate) const ORDERS: [(&str, Column); 2] =
    [("create_time", Column::Id), ("update_time", Column::Time("updated_at"))];

/// Where the reservations of a page stand in their list.
pub(crate) async fn list(tx: &mut Tx, filter: Filter, window: Window) -> Result<Vec<Place>, DbError> {
    places(tx, filter, window).places(tx).await
}

/// The statement for them.
pub(super) fn places(tx: &Tx, filter: Filter, window: Window) -> List {
    let mut list = List::new(tx, "reservation", ["tenant_id", "id"], window);
    list.any("customer_id", filter.customers.into_iter().map(CustomerId::uuid).collect());
    list.any("state", filter.states);
    list.compare("order_reference = ", filter.order_reference);
    list.within(["updated_at >= ", "updated_at < "], filter.updated_at);
    list
}

/// Tenants with overdue reservations, read in the reconcilers' role.
pub(crate) async fn tenants_to_expire(db: &Db, now: DateTime<Utc>, limit: i64) -> Result<Vec<TenantId>, DbError> {
    let tenants = sqlx::query_scalar!(
        "select distinct tenant_id from reservation where state = 'active' and expires_at <= $1 limit $2",
        now,
        limit
    )
    .fetch_all(db.system())
    .await?;
    Ok(tenants.into_iter().map(TenantId::new).collect())
}

/// How many of the tenant's reservations are overdue and not expired yet.
pub(crate) async fn count_to_expire(tx: &mut Tx, now: DateTime<Utc>) -> Result<i64, DbError> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from reservation where tenant_id = $1 and state = 'active' and expires_at <= $2"#,
        tx.tenant().uuid(),
        now
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(count)
}
