//! Lists of invoices, and searches for them.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{AmountRange, Column, DbError, List, Place, Range, Tx, Window};
use quittance_kernel::{CustomerId, InvoiceId};
use uuid::Uuid;

use crate::domain::{NumberSearch, SeriesFormat};

/// The filters of a list of invoices.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    /// Only of these customers; all if there are none.
    pub(crate) customers: Vec<CustomerId>,
    /// Only in these states; all if there are none.
    pub(crate) states: Vec<StoredState>,
    /// Only these invoices.
    pub(crate) ids: Option<Vec<Uuid>>,
    /// Only those issued on these dates.
    pub(crate) issued_on: Range<NaiveDate>,
    /// Only those due on these dates.
    pub(crate) due_on: Range<NaiveDate>,
    /// Only those with such a total.
    pub(crate) total: Option<AmountRange>,
    /// Only those with all of these entries in their metadata.
    pub(crate) metadata: BTreeMap<String, String>,
    /// Only those that changed in this time, or whose open item did.
    pub(crate) updated_at: Range<DateTime<Utc>>,
}

/// A state as it is stored: its label, and whether there is an open balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoredState {
    /// `draft`.
    Draft,
    /// `issued`, with an open balance.
    Open,
    /// `issued`, without one.
    Paid,
    /// `credited`.
    Credited,
    /// `voided`.
    Voided,
}

impl StoredState {
    const fn condition(self) -> &'static str {
        match self {
            StoredState::Draft => "i.state = 'draft'",
            StoredState::Open => {
                "i.state = 'issued' and coalesce(
                  (select o.is_open from open_item o where o.tenant_id = i.tenant_id and o.id = i.id),
                  (select bool_or(o.is_open) from open_item o where o.tenant_id = i.tenant_id and o.document_id = i.id))"
            }
            StoredState::Paid => {
                "i.state = 'issued' and not coalesce(
                  (select o.is_open from open_item o where o.tenant_id = i.tenant_id and o.id = i.id),
                  (select bool_or(o.is_open) from open_item o where o.tenant_id = i.tenant_id and o.document_id = i.id))"
            }
            StoredState::Credited => "i.state = 'credited'",
            StoredState::Voided => "i.state = 'voided'",
        }
    }
}

/// When an invoice or its open balance changed. Drafts have no item, and an invoice in installments is changed with each of these; others change with
/// their one item, which has their id.
const UPDATE_TIME: &str = "u.updated_at";
const WITH_UPDATES: &str = "(
    select tenant_id, id, updated_at from invoice where state = 'draft' or in_installments
    union all
    select tenant_id, id, updated_at from open_item
  ) u
  join invoice i on i.tenant_id = u.tenant_id and i.id = u.id";

/// The orders of a list of invoices.
pub(crate) const ORDERS: [(&str, Column); 4] = [
    ("create_time", Column::Id),
    ("update_time", Column::Time(UPDATE_TIME)),
    ("issued_on", Column::Date("i.issued_on")),
    ("due_on", Column::Date("i.due_on")),
];

/// Where the invoices of a page stand in their list.
pub(crate) async fn list(tx: &mut Tx, filter: Filter, window: Window) -> Result<Vec<Place>, DbError> {
    places(tx, filter, window).places(tx).await
}

/// The statement for them.
pub(super) fn places(tx: &Tx, filter: Filter, window: Window) -> List {
    let follows_changes = filter.updated_at.is_limited() || window.order.column == Column::Time(UPDATE_TIME);
    let mut list = if follows_changes {
        List::new(tx, WITH_UPDATES, ["u.tenant_id", "u.id"], window)
    } else {
        List::new(tx, "invoice i", ["i.tenant_id", "i.id"], window)
    };
    list.any("i.customer_id", filter.customers.into_iter().map(CustomerId::uuid).collect());
    if let Some(ids) = filter.ids {
        list.compare_any("i.id", ids);
    }
    list.metadata("invoice", filter.metadata);
    list.either(filter.states.into_iter().map(StoredState::condition));
    list.within(["i.issued_on >= ", "i.issued_on <= "], filter.issued_on);
    list.within(["i.due_on >= ", "i.due_on <= "], filter.due_on);
    if let Some(AmountRange { currency, amounts }) = filter.total {
        list.compare("i.currency = ", Some(currency.code()));
        list.within(["i.total >= ", "i.total <= "], amounts);
    }
    list.within(["u.updated_at >= ", "u.updated_at < "], filter.updated_at);
    list
}

/// The invoices with this number or external number.
pub(crate) async fn find_number(tx: &mut Tx, number: &str) -> Result<Vec<Uuid>, DbError> {
    let found = sqlx::query_scalar!(
        r#"select id as "id!"
           from invoice
           where tenant_id = $1 and not shares_number and number collate "C" = $2
           union
           select id from invoice where tenant_id = $1 and shares_number and number collate "C" = $2
           union
           select id from invoice where tenant_id = $1 and external_number = $2"#,
        tx.tenant().uuid(),
        number,
    );
    Ok(found.fetch_all(&mut **tx).await?)
}

/// What a quoted text is compared with: its key and last digits, and the formats of the tenant's series.
pub(crate) async fn search_formats(tx: &mut Tx, quoted: &str) -> Result<(String, Vec<SeriesFormat>), DbError> {
    let tenant = tx.tenant().uuid();
    let key = sqlx::query_scalar!(r#"select search_key($1) as "key!""#, quoted).fetch_one(&mut **tx).await?;
    let formats = sqlx::query_as!(
        SeriesFormat,
        r#"select prefix, search_key(prefix) as "key!", min_digits
           from series
           where tenant_id = $1 and kind = 'invoice'"#,
        tenant,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok((key, formats))
}

/// The most invoices that one kind of number adds to a search.
const MOST: i64 = 1_000;

/// The invoices that a search finds, newest first. Each kind of number has its own index, and is read as far as [`MOST`].
pub(crate) async fn search(
    tx: &mut Tx,
    search: &NumberSearch,
    after: Option<InvoiceId>,
    limit: i64,
) -> Result<Vec<Uuid>, DbError> {
    let beginnings: Vec<String> = search.beginnings.iter().map(|range| range.0.clone()).collect();
    let ends: Vec<String> = search.beginnings.iter().map(|range| range.1.clone()).collect();
    let found = sqlx::query_scalar!(
        r#"select id as "id!"
           from (
             select i.id
             from invoice i
             where i.tenant_id = $1 and not i.shares_number and i.number collate "C" = any($2)
             union
             select n.id
             from unnest($3::text[], $4::text[]) as b (first, last)
             cross join lateral (
               select i.id
               from invoice i
               where i.tenant_id = $1 and not i.shares_number and i.number collate "C" >= b.first and i.number collate "C" < b.last
               order by i.number collate "C" desc
               limit $9
             ) n
             union
             select id
             from invoice
             where tenant_id = $1 and shares_number
               and (number collate "C" = any($2)
                 or exists (select from unnest($3::text[], $4::text[]) as b (first, last) where number collate "C" >= b.first and number collate "C" < b.last))
             union
             (select id
              from invoice
              where tenant_id = $1 and not shares_number and payment_reference collate "C" >= upper($5) and payment_reference collate "C" < upper($6)
              order by payment_reference collate "C" desc
              limit $9)
             union
             (select id
              from invoice
              where tenant_id = $1 and external_key >= $5 and external_key < $6
              order by external_key desc
              limit $9)
             union
             (select id
              from invoice
              where tenant_id = $1 and external_digits = $7 and ($11::text is null or position($11 in external_key) > 0)
              limit $9)
             union
             (select id
              from invoice
              where tenant_id = $1 and purchase_order_key >= $5 and purchase_order_key < $6
              order by purchase_order_key desc
              limit $9)
             union
             (select id
              from invoice
              where tenant_id = $1 and purchase_order_digits = $7 and ($11::text is null or position($11 in purchase_order_key) > 0)
              limit $9)
           ) found
           where $8::uuid is null or id < $8
           order by id desc
           limit $10"#,
        tx.tenant().uuid(),
        &search.numbers,
        &beginnings,
        &ends,
        search.key.0,
        search.key.1,
        search.last_digits,
        after.map(InvoiceId::uuid),
        MOST,
        limit,
        search.part,
    );
    Ok(found.fetch_all(&mut **tx).await?)
}
