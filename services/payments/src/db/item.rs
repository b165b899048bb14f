//! Open items for matching, and customers by account.

use std::collections::HashSet;

use quittance_db::{
    DbError, Tx,
    row::{money, stored},
};
use quittance_kernel::{Currency, CustomerId, ItemId, Terms};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::domain::Candidate;

/// Search keys; an item that matches any of them is found.
#[derive(Debug, Clone, Default)]
pub(crate) struct ItemQuery {
    /// Keys of numbers, by [`quittance_matching::lookups`].
    pub(crate) keys: Vec<String>,
    pub(crate) references: Vec<String>,
    /// Customers whose open items are searched.
    pub(crate) customers: Vec<CustomerId>,
    pub(crate) items: Vec<ItemId>,
}

struct Row {
    id: Uuid,
    customer_id: Uuid,
    number: String,
    payment_reference: Option<String>,
    currency: String,
    total: Decimal,
    open_amount: Decimal,
    issued_on: chrono::NaiveDate,
    due_on: chrono::NaiveDate,
    terms: String,
    document_id: Option<Uuid>,
    allocated: Decimal,
    discounted: Decimal,
    paid_on: Option<chrono::NaiveDate>,
}

impl TryFrom<Row> for Candidate {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let (table, id) = ("open_item", row.id);
        let currency = stored(table, id, Currency::parse(&row.currency))?;
        // All settlements originate here, so local allocations are exact at once, while invoicing's events arrive later; and
        // invoicing's events report voids and credits.
        let open = row.open_amount.min(row.total - row.allocated).max(Decimal::ZERO);
        Ok(Self {
            item: ItemId::new(id),
            customer: CustomerId::new(row.customer_id),
            number: row.number,
            payment_reference: row.payment_reference,
            issued_on: row.issued_on,
            due_on: row.due_on,
            open: money(table, id, open, currency)?,
            total: money(table, id, row.total, currency)?,
            discounted: money(table, id, row.discounted, currency)?,
            paid_on: row.paid_on,
            terms: stored(table, id, Terms::parse(&row.terms))?,
            part_of: row.document_id,
        })
    }
}

/// The items, with their open balances less what is already allocated here, ordered by due date.
pub(crate) async fn find(tx: &mut Tx, query: &ItemQuery) -> Result<Vec<Candidate>, DbError> {
    let tenant = tx.tenant().uuid();
    let customers: Vec<Uuid> = query.customers.iter().map(|id| id.uuid()).collect();
    let items: Vec<Uuid> = query.items.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"with found as (
             select o.id from unnest($2::text[]) as k (key) join open_item o on o.tenant_id = $1 and o.key_whole = k.key
             union
             select o.id from unnest($2::text[]) as k (key)
             join open_item o on o.tenant_id = $1 and o.key_short = k.key and o.key_short <> o.key_whole
             union
             select o.id from unnest($3::text[]) as r (reference) join open_item o on o.tenant_id = $1 and o.payment_reference = r.reference
             union
             select o.id from unnest($4::uuid[]) as c (id) join open_item o on o.tenant_id = $1 and o.customer_id = c.id and o.is_open
             union
             select i.id from unnest($5::uuid[]) as i (id)
           )
           select o.id, o.customer_id, o.number, o.payment_reference, o.currency, o.total, o.open_amount, o.issued_on, o.due_on, o.terms,
             o.document_id, a.allocated as "allocated!", a.discounted as "discounted!", a.paid_on
           from found
           join open_item o on o.tenant_id = $1 and o.id = found.id
           cross join lateral (
             select coalesce(sum(amount + coalesce(discount, 0) + coalesce(write_off, 0)), 0) as allocated, coalesce(sum(discount), 0) as discounted,
               max(effective_on) as paid_on
             from allocation
             where tenant_id = $1 and item_id = o.id and state in ('pending', 'applied', 'reversing')
           ) a
           order by o.due_on, o.id"#,
        tenant,
        &query.keys,
        &query.references,
        &customers,
        &items,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(Candidate::try_from).collect()
}

/// The known ones of these customers.
pub(crate) async fn known_customers(tx: &mut Tx, ids: &[CustomerId]) -> Result<HashSet<CustomerId>, DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let found = sqlx::query_scalar!("select id from customer where tenant_id = $1 and id = any($2)", tenant, &ids)
        .fetch_all(&mut **tx)
        .await?;
    Ok(found.into_iter().map(CustomerId::new).collect())
}
