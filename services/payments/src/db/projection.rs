//! Projection of invoicing: tenants, customers with their accounts, and open items.

use std::collections::HashMap;

use chrono::NaiveDate;
use quittance_db::{DbError, Tx};
use quittance_kernel::{Bug, Currency, CustomerId, ItemId, Money, Terms};
use rust_decimal::Decimal;
use uuid::Uuid;

use quittance_matching::name_core;

/// A customer as invoicing publishes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KnownCustomer {
    pub(crate) id: CustomerId,
    pub(crate) number: String,
    pub(crate) name: String,
    /// Without blanks, in capitals.
    pub(crate) accounts: Vec<String>,
}

/// An issued item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IssuedItem {
    pub(crate) id: ItemId,
    /// The document that opened it.
    pub(crate) document: Uuid,
    /// Which installment of the document it is, from 1; 0 if the document has none.
    pub(crate) installment: u16,
    pub(crate) customer: CustomerId,
    pub(crate) number: String,
    pub(crate) payment_reference: Option<String>,
    pub(crate) total: Money,
    pub(crate) issued_on: NaiveDate,
    pub(crate) due_on: NaiveDate,
    pub(crate) terms: Terms,
}

/// The tenant's time zone; `None` if invoicing has not published the tenant.
pub(crate) async fn time_zone(tx: &mut Tx) -> Result<Option<String>, DbError> {
    let tenant = tx.tenant().uuid();
    Ok(sqlx::query_scalar!("select time_zone from tenant where tenant_id = $1", tenant)
        .fetch_optional(&mut **tx)
        .await?)
}

/// Stores the tenant.
pub(crate) async fn put_tenant(tx: &mut Tx, time_zone: &str) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "insert into tenant (tenant_id, time_zone)
         values ($1, $2)
         on conflict on constraint tenant_pkey do update set time_zone = excluded.time_zone",
        tenant,
        time_zone,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Stores customers, each once, and replaces their accounts.
pub(crate) async fn put_customers(tx: &mut Tx, customers: &[KnownCustomer]) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = customers.iter().map(|c| c.id.uuid()).collect();
    let numbers: Vec<String> = customers.iter().map(|c| c.number.clone()).collect();
    let names: Vec<String> = customers.iter().map(|c| c.name.clone()).collect();
    let cores: Vec<String> = customers.iter().map(|c| name_core(&c.name)).collect();
    sqlx::query!(
        "insert into customer (tenant_id, id, number, name, name_core)
         select $1, *
         from unnest($2::uuid[], $3::text[], $4::text[], $5::text[])
         on conflict on constraint customer_pkey
         do update set number = excluded.number, name = excluded.name, name_core = excluded.name_core",
        tenant,
        &ids,
        &numbers,
        &names,
        &cores,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!("delete from customer_account where tenant_id = $1 and customer_id = any($2)", tenant, &ids)
        .execute(&mut **tx)
        .await?;
    let accounts = || customers.iter().flat_map(|c| c.accounts.iter().map(|account| (account.clone(), c.id.uuid())));
    let (accounts, owners): (Vec<String>, Vec<Uuid>) = accounts().unzip();
    sqlx::query!(
        "insert into customer_account (tenant_id, account, customer_id)
         select $1, *
         from unnest($2::text[], $3::uuid[])
         on conflict on constraint customer_account_pkey do nothing",
        tenant,
        &accounts,
        &owners,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Adds items, each with its current open balance.
pub(crate) async fn insert_items(tx: &mut Tx, items: &[(IssuedItem, Money)]) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = items.iter().map(|(i, _)| i.id.uuid()).collect();
    let customers: Vec<Uuid> = items.iter().map(|(i, _)| i.customer.uuid()).collect();
    let numbers: Vec<String> = items.iter().map(|(i, _)| i.number.clone()).collect();
    let references: Vec<Option<String>> = items.iter().map(|(i, _)| i.payment_reference.clone()).collect();
    let currencies: Vec<String> = items.iter().map(|(i, _)| i.total.currency().code().to_owned()).collect();
    let totals: Vec<Decimal> = items.iter().map(|(i, _)| i.total.amount()).collect();
    let open: Vec<Decimal> = items.iter().map(|(_, open)| open.amount()).collect();
    let issued: Vec<NaiveDate> = items.iter().map(|(i, _)| i.issued_on).collect();
    let due: Vec<NaiveDate> = items.iter().map(|(i, _)| i.due_on).collect();
    let terms: Vec<String> = items.iter().map(|(i, _)| i.terms.to_string()).collect();
    // An item that is its document's only one has its id.
    let parts = || items.iter().map(|(i, _)| Some(i).filter(|i| i.installment > 0));
    let documents: Vec<Option<Uuid>> = parts().map(|i| i.map(|i| i.document)).collect();
    let installments: Vec<Option<i32>> = parts().map(|i| i.map(|i| i.installment.into())).collect();
    sqlx::query!(
        "insert into open_item
           (tenant_id, id, customer_id, number, payment_reference, currency, total, open_amount, issued_on, due_on, terms, document_id, installment)
         select $1, *
         from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::numeric[], $8::numeric[], $9::date[], $10::date[], $11::text[],
           $12::uuid[], $13::int[])",
        tenant,
        &ids,
        &customers,
        &numbers,
        &references as &[Option<String>],
        &currencies,
        &totals,
        &open,
        &issued,
        &due,
        &terms,
        &documents as &[Option<Uuid>],
        &installments as &[Option<i32>],
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A change of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ItemChange {
    /// Of its open balance.
    pub(crate) open: Money,
    /// Of what is to be paid in all: less by what was credited.
    pub(crate) total: Money,
}

impl ItemChange {
    /// No change.
    pub(crate) const fn none(currency: Currency) -> Self {
        Self { open: Money::zero(currency), total: Money::zero(currency) }
    }
}

/// Changes known items. Returns those whose balance grew: payments may match them again.
pub(crate) async fn move_items(tx: &mut Tx, moved: &HashMap<ItemId, ItemChange>) -> Result<Vec<ItemId>, MoveItems> {
    let tenant = tx.tenant().uuid();
    let mut sorted: Vec<(ItemId, ItemChange)> = moved.iter().map(|(id, change)| (*id, *change)).collect();
    sorted.sort_by_key(|(id, _)| *id);
    let ids: Vec<Uuid> = sorted.iter().map(|(id, _)| id.uuid()).collect();
    let amounts: Vec<Decimal> = sorted.iter().map(|(_, change)| change.open.amount()).collect();
    let totals: Vec<Decimal> = sorted.iter().map(|(_, change)| change.total.amount()).collect();
    let currencies: Vec<&str> = sorted.iter().map(|(_, change)| change.open.currency().code()).collect();
    let changed = sqlx::query_scalar!(
        "update open_item o
         set open_amount = o.open_amount + v.amount, total = o.total + v.total
         from unnest($2::uuid[], $3::numeric[], $4::numeric[], $5::text[]) as v (id, amount, total, currency)
         where o.tenant_id = $1 and o.id = v.id and o.currency = v.currency
         returning o.id",
        tenant,
        &ids,
        &amounts,
        &totals,
        &currencies as &[&str],
    )
    .fetch_all(&mut **tx)
    .await
    .map_err(DbError::from)?;
    if changed.len() < sorted.len() {
        let missing = sorted.iter().map(|(id, _)| *id).find(|id| !changed.contains(&id.uuid()));
        let bug = || DbError::from(Bug("fewer items were updated than there are, and none is missing")).into();
        return Err(missing.map_or_else(bug, MoveItems::Unknown));
    }
    Ok(sorted.into_iter().filter(|(_, change)| change.open.is_positive()).map(|(id, _)| id).collect())
}

/// Gives known items later due dates.
pub(crate) async fn extend_items(tx: &mut Tx, extended: &HashMap<ItemId, NaiveDate>) -> Result<(), MoveItems> {
    let mut sorted: Vec<(ItemId, NaiveDate)> = extended.iter().map(|(id, due_on)| (*id, *due_on)).collect();
    sorted.sort_by_key(|(id, _)| *id);
    let ids: Vec<Uuid> = sorted.iter().map(|(id, _)| id.uuid()).collect();
    let dates: Vec<NaiveDate> = sorted.iter().map(|(_, due_on)| *due_on).collect();
    let changed = sqlx::query_scalar!(
        "update open_item o
         set due_on = greatest(o.due_on, v.due_on)
         from unnest($2::uuid[], $3::date[]) as v (id, due_on)
         where o.tenant_id = $1 and o.id = v.id
         returning o.id",
        tx.tenant().uuid(),
        &ids,
        &dates,
    )
    .fetch_all(&mut **tx)
    .await
    .map_err(DbError::from)?;
    let missing = sorted.iter().map(|(id, _)| *id).find(|id| !changed.contains(&id.uuid()));
    missing.map_or(Ok(()), |id| Err(MoveItems::Unknown(id)))
}

/// Why items could not be changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MoveItems {
    /// An event of an unknown item, or in another currency than its.
    #[error("item {0} is not known, or in another currency")]
    Unknown(ItemId),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// All match keys of these items or customers: numbers, references, customers and their accounts.
pub(crate) async fn keys_of(tx: &mut Tx, items: &[ItemId], customers: &[CustomerId]) -> Result<Vec<String>, DbError> {
    let tenant = tx.tenant().uuid();
    let items: Vec<Uuid> = items.iter().map(|id| id.uuid()).collect();
    let customers: Vec<Uuid> = customers.iter().map(|id| id.uuid()).collect();
    let keys = sqlx::query_scalar!(
        r#"with item as (
             select o.id, o.customer_id, o.key_whole, o.key_short, o.payment_reference
             from unnest($2::uuid[]) as requested (id)
             join open_item o on o.tenant_id = $1 and o.id = requested.id
           ), owner as (
             select customer_id as id from item
             union
             select id from unnest($3::uuid[]) as requested (id)
           )
           select key_whole as "key!" from item
           union
           select key_short from item
           union
           select payment_reference from item where payment_reference is not null
           union
           select id::text from owner
           union
           select a.account from owner join customer_account a on a.tenant_id = $1 and a.customer_id = owner.id
           union
           select c.name_core from owner join customer c on c.tenant_id = $1 and c.id = owner.id where c.name_core is not null
           union
           select a.key from owner join payer_alias a on a.tenant_id = $1 and a.customer_id = owner.id"#,
        tenant,
        &items,
        &customers,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(keys)
}
