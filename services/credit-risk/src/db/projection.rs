//! Projection of invoicing: tenants, customers, and the open balance of each item.

use std::collections::{BTreeSet, HashMap};

use quittance_db::{DbError, Tx, row::money};
use quittance_kernel::{CustomerId, ItemId, Money, ReservationId};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{Key, columns};

/// An issued item.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IssuedItem {
    /// The item's id.
    pub(crate) id: ItemId,
    /// The debtor.
    pub(crate) customer: CustomerId,
    /// The original amount.
    pub(crate) total: Money,
    /// The reservation of the order, if the invoice has one.
    pub(crate) reservation: Option<ReservationId>,
}

/// Notes that the tenant exists.
pub(crate) async fn put_tenant(tx: &mut Tx) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    sqlx::query!("insert into tenant (tenant_id) values ($1) on conflict on constraint tenant_pkey do nothing", tenant)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Whether the tenant is known.
pub(crate) async fn is_tenant_known(tx: &mut Tx) -> Result<bool, DbError> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from tenant where tenant_id = $1) as "found!""#,
        tx.tenant().uuid(),
    );
    Ok(found.fetch_one(&mut **tx).await?)
}

/// Adds new customers.
pub(crate) async fn put_customers(tx: &mut Tx, customers: &BTreeSet<CustomerId>) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = customers.iter().map(|id| id.uuid()).collect();
    sqlx::query!("insert into customer (tenant_id, id) select $1, * from unnest($2::uuid[]) on conflict on constraint customer_pkey do nothing", tenant, &ids)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Locks customers in the order of their ids, and returns how many of them are known. A customer's debt must not change between being summed for a new
/// profile and the profile's insertion.
pub(crate) async fn lock_customers(tx: &mut Tx, customers: &BTreeSet<CustomerId>) -> Result<usize, DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = customers.iter().map(|id| id.uuid()).collect();
    let found = sqlx::query_scalar!(
        "select id from customer where tenant_id = $1 and id = any($2) order by id for update",
        tenant,
        &ids
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found.len())
}

/// Adds unsettled items.
pub(crate) async fn insert_items(tx: &mut Tx, items: &[IssuedItem]) -> Result<(), DbError> {
    if items.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = items.iter().map(|i| i.id.uuid()).collect();
    let (customers, currencies) = columns(items.iter().map(|i| (i.customer, i.total.currency())));
    let totals: Vec<Decimal> = items.iter().map(|i| i.total.amount()).collect();
    let reservations: Vec<Option<Uuid>> = items.iter().map(|i| i.reservation.map(ReservationId::uuid)).collect();
    sqlx::query!(
        "insert into item (tenant_id, id, customer_id, currency, open, reservation_id)
         select $1, *
         from unnest($2::uuid[], $3::uuid[], $4::text[], $5::numeric[], $6::uuid[])",
        tenant,
        &ids,
        &customers,
        &currencies,
        &totals,
        &reservations as &[Option<Uuid>],
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Changes the open balances of items by these amounts. Returns how many of them are known and in the amount's currency: if that is not all, the caller fails.
pub(crate) async fn move_items(tx: &mut Tx, moved: &HashMap<ItemId, Money>) -> Result<u64, DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = moved.keys().map(|id| id.uuid()).collect();
    let amounts: Vec<Decimal> = moved.values().map(|amount| amount.amount()).collect();
    let currencies: Vec<String> = moved.values().map(|amount| amount.currency().code().to_owned()).collect();
    let done = sqlx::query!(
        "update item i
         set open = i.open + v.amount
         from unnest($2::uuid[], $3::numeric[], $4::text[]) as v (id, amount, currency)
         where i.tenant_id = $1 and i.id = v.id and i.currency = v.currency",
        tenant,
        &ids,
        &amounts,
        &currencies,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// The sum of a customer's items in a currency.
pub(crate) async fn owed(tx: &mut Tx, (customer, currency): Key) -> Result<Money, DbError> {
    let tenant = tx.tenant().uuid();
    let sum = sqlx::query_scalar!(
        r#"select coalesce(sum(open), 0) as "sum!"
           from item
           where tenant_id = $1 and customer_id = $2 and currency = $3 and open <> 0"#,
        tenant,
        customer.uuid(),
        currency.code(),
    )
    .fetch_one(&mut **tx)
    .await?;
    money("item", customer.uuid(), sum, currency)
}
