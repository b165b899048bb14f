//! Projection of invoicing: tenants, customers with the contacts for invoices, items and their entries.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use quittance_db::{DbError, Tx};
use quittance_kernel::{ContactId, CustomerId, EventId, ItemId, Money};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::{
    Error,
    domain::{Addressee, template::Seller},
};

/// A tenant.
#[derive(Debug, Clone)]
pub(crate) struct KnownTenant {
    /// The seller, as reminders name it.
    pub(crate) seller: Seller,
    /// The IANA name of its time zone.
    pub(crate) time_zone: String,
}

/// An issued item.
#[derive(Debug, Clone)]
pub(crate) struct IssuedItem {
    /// The item's id.
    pub(crate) id: ItemId,
    /// The debtor.
    pub(crate) customer: CustomerId,
    /// The contact that the document was addressed to.
    pub(crate) contact: Option<ContactId>,
    /// The document's number.
    pub(crate) number: String,
    /// The date of the document, from which it is owed.
    pub(crate) issued_on: NaiveDate,
    /// The due date.
    pub(crate) due_on: NaiveDate,
    /// The original amount.
    pub(crate) total: Money,
}

/// A movement of an item after its issue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Movement {
    /// The item.
    pub(crate) item: ItemId,
    /// The event that published it.
    pub(crate) event: EventId,
    /// The effective date.
    pub(crate) effective_on: NaiveDate,
    /// The amount; negative reduces the balance.
    pub(crate) amount: Money,
}

/// Stores the transaction's tenant.
pub(crate) async fn put_tenant(tx: &mut Tx, known: &KnownTenant) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "insert into tenant (tenant_id, name, enquiries, time_zone)
         values ($1, $2, $3, $4)
         on conflict on constraint tenant_pkey
         do update set name = excluded.name, enquiries = excluded.enquiries, time_zone = excluded.time_zone",
        tenant,
        known.seller.name,
        known.seller.enquiries,
        known.time_zone,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The transaction's tenant; `None` if not known yet.
pub(crate) async fn find_tenant(tx: &mut Tx) -> Result<Option<KnownTenant>, DbError> {
    let tenant = tx.tenant().uuid();
    let row = sqlx::query!("select name, enquiries, time_zone from tenant where tenant_id = $1", tenant)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(row.map(|row| KnownTenant {
        seller: Seller { name: row.name, enquiries: row.enquiries },
        time_zone: row.time_zone,
    }))
}

/// Adds or updates customers.
pub(crate) async fn put_customers(tx: &mut Tx, customers: &BTreeMap<CustomerId, Addressee>) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = customers.keys().map(|id| id.uuid()).collect();
    let numbers: Vec<String> = customers.values().map(|c| c.customer_number.clone()).collect();
    let names: Vec<String> = customers.values().map(|c| c.customer_name.clone()).collect();
    let contacts: Vec<Option<Uuid>> = customers.values().map(|c| c.contact.map(ContactId::uuid)).collect();
    let contact_names: Vec<String> = customers.values().map(|c| c.contact_name.clone()).collect();
    let emails: Vec<Option<String>> = customers.values().map(|c| c.contact_email.clone()).collect();
    sqlx::query!(
        "insert into customer (tenant_id, id, number, name, contact_id, contact_name, contact_email)
         select $1, *
         from unnest($2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::text[], $7::text[])
         on conflict on constraint customer_pkey
         do update set number = excluded.number, name = excluded.name, contact_id = excluded.contact_id, contact_name = excluded.contact_name,
           contact_email = excluded.contact_email",
        tenant,
        &ids,
        &numbers,
        &names,
        &contacts as &[Option<Uuid>],
        &contact_names,
        &emails as &[Option<String>],
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// These customers; unknown ones are left out.
pub(crate) async fn find_customers(
    tx: &mut Tx,
    ids: &[CustomerId],
) -> Result<BTreeMap<CustomerId, Addressee>, DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query!(
        "select id, number, name, contact_id, contact_name, contact_email from customer where tenant_id = $1 and id = any($2)",
        tenant,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    let customers = rows.into_iter().map(|row| {
        let addressee = Addressee {
            customer_name: row.name,
            customer_number: row.number,
            contact: row.contact_id.map(ContactId::new),
            contact_name: row.contact_name,
            contact_email: row.contact_email,
        };
        (CustomerId::new(row.id), addressee)
    });
    Ok(customers.collect())
}

/// Locks customers, in the order of their ids, until the transaction ends: what is decided about their reminders is decided once at a time.
pub(crate) async fn lock_customers(tx: &mut Tx, customers: &[CustomerId]) -> Result<(), DbError> {
    let ids: Vec<Uuid> = customers.iter().map(|id| id.uuid()).collect();
    sqlx::query!(
        "select id from customer where tenant_id = $1 and id = any($2) order by id for no key update",
        tx.tenant().uuid(),
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(())
}

/// Adds unsettled items.
pub(crate) async fn insert_items(tx: &mut Tx, items: &[IssuedItem]) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = items.iter().map(|i| i.id.uuid()).collect();
    let customers: Vec<Uuid> = items.iter().map(|i| i.customer.uuid()).collect();
    let contacts: Vec<Option<Uuid>> = items.iter().map(|i| i.contact.map(ContactId::uuid)).collect();
    let numbers: Vec<String> = items.iter().map(|i| i.number.clone()).collect();
    let currencies: Vec<String> = items.iter().map(|i| i.total.currency().code().to_owned()).collect();
    let issued: Vec<NaiveDate> = items.iter().map(|i| i.issued_on).collect();
    let due: Vec<NaiveDate> = items.iter().map(|i| i.due_on).collect();
    let totals: Vec<Decimal> = items.iter().map(|i| i.total.amount()).collect();
    sqlx::query!(
        "insert into item (tenant_id, id, customer_id, contact_id, number, currency, issued_on, due_on, total, open)
         select $1, i.id, i.customer_id, i.contact_id, i.number, i.currency, i.issued_on, i.due_on, i.total, i.total
         from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::date[], $8::date[], $9::numeric[])
           as i (id, customer_id, contact_id, number, currency, issued_on, due_on, total)",
        tenant,
        &ids,
        &customers,
        &contacts as &[Option<Uuid>],
        &numbers,
        &currencies,
        &issued,
        &due,
        &totals,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Adds entries and updates the open balances. Returns how many of the entries' items are known and in the entries' currencies: if that is
/// not all, the caller fails.
pub(crate) async fn move_items(tx: &mut Tx, movements: &[Movement]) -> Result<u64, DbError> {
    let tenant = tx.tenant().uuid();
    let items: Vec<Uuid> = movements.iter().map(|m| m.item.uuid()).collect();
    let events: Vec<Uuid> = movements.iter().map(|m| m.event.uuid()).collect();
    let dates: Vec<NaiveDate> = movements.iter().map(|m| m.effective_on).collect();
    let amounts: Vec<Decimal> = movements.iter().map(|m| m.amount.amount()).collect();
    let currencies: Vec<String> = movements.iter().map(|m| m.amount.currency().code().to_owned()).collect();
    sqlx::query!(
        "insert into item_entry (tenant_id, item_id, event_id, effective_on, amount)
         select $1, *
         from unnest($2::uuid[], $3::uuid[], $4::date[], $5::numeric[])",
        tenant,
        &items,
        &events,
        &dates,
        &amounts,
    )
    .execute(&mut **tx)
    .await?;
    let done = sqlx::query!(
        "with moved as (
           select m.item_id, m.currency, sum(m.amount) as amount
           from unnest($2::uuid[], $3::numeric[], $4::text[]) as m (item_id, amount, currency)
           group by m.item_id, m.currency
         )
         update item i
         set open = i.open + moved.amount,
           closed_on = case
             when i.open + moved.amount = 0
             then (select max(e.effective_on) from item_entry e where e.tenant_id = $1 and e.item_id = i.id)
           end
         from moved
         where i.tenant_id = $1 and i.id = moved.item_id and i.currency = moved.currency",
        tenant,
        &items,
        &amounts,
        &currencies,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// Gives items later due dates. Returns how many of the items are known.
pub(crate) async fn extend_items(tx: &mut Tx, extended: &BTreeMap<ItemId, NaiveDate>) -> Result<u64, DbError> {
    let ids: Vec<Uuid> = extended.keys().map(|id| id.uuid()).collect();
    let dates: Vec<NaiveDate> = extended.values().copied().collect();
    let done = sqlx::query!(
        "update item i
         set due_on = greatest(i.due_on, v.due_on)
         from unnest($2::uuid[], $3::date[]) as v (id, due_on)
         where i.tenant_id = $1 and i.id = v.id",
        tx.tenant().uuid(),
        &ids,
        &dates,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// Locks an item until the transaction ends, so that two disputes over it are opened one after the other, and returns its customer.
pub(crate) async fn lock_item(tx: &mut Tx, item: ItemId) -> Result<CustomerId, Error> {
    let tenant = tx.tenant().uuid();
    let customer = sqlx::query_scalar!(
        "select customer_id from item where tenant_id = $1 and id = $2 for update",
        tenant,
        item.uuid()
    )
    .fetch_optional(&mut **tx)
    .await?;
    customer.map(CustomerId::new).ok_or(Error::ItemNotFound(item))
}
