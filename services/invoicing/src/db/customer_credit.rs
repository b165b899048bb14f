//! Credits of customers, and their entries.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{
    Column, DbError, List, Place, Range, Tx, Window, expect_rows,
    row::{known, money, stored},
};
use quittance_kernel::{Actor, CreditId, Currency, CustomerId, EntryId, ItemId, Money, RequestId};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::domain::{CreditAmounts, CreditEntry, CreditEntryKind, CustomerCredit, Timeline};

const TABLE: &str = "customer_credit";
const ENTRY: &str = "customer_credit_entry";

struct Row {
    id: Uuid,
    customer_id: Uuid,
    number: String,
    currency: String,
    issued_on: NaiveDate,
    amount: Decimal,
    applied: Decimal,
    written_off: Decimal,
    updated_at: DateTime<Utc>,
}

impl TryFrom<Row> for CustomerCredit {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let currency = stored(TABLE, row.id, Currency::parse(&row.currency))?;
        let amount = |value| money(TABLE, row.id, value, currency);
        let (total, applied, written_off) = (amount(row.amount)?, amount(row.applied)?, amount(row.written_off)?);
        Ok(Self {
            id: CreditId::new(row.id),
            customer: CustomerId::new(row.customer_id),
            number: row.number,
            issued_on: row.issued_on,
            amounts: stored(TABLE, row.id, CreditAmounts::new(total, applied, written_off))?,
            timeline: Timeline::new(Vec::new()),
            updated_at: row.updated_at,
        })
    }
}

/// Adds a credit.
pub(crate) async fn insert(tx: &mut Tx, credit: &CustomerCredit) -> Result<(), DbError> {
    sqlx::query!(
        "insert into customer_credit (tenant_id, id, customer_id, number, currency, issued_on, amount, applied, written_off, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        tx.tenant().uuid(),
        credit.id.uuid(),
        credit.customer.uuid(),
        credit.number,
        credit.amounts.amount().currency().code(),
        credit.issued_on,
        credit.amounts.amount().amount(),
        credit.amounts.applied().amount(),
        credit.amounts.written_off().amount(),
        credit.updated_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Updates what of a locked credit was used.
pub(crate) async fn update(tx: &mut Tx, credit: &CustomerCredit) -> Result<(), DbError> {
    let done = sqlx::query!(
        "update customer_credit set applied = $3, written_off = $4, updated_at = $5 where tenant_id = $1 and id = $2",
        tx.tenant().uuid(),
        credit.id.uuid(),
        credit.amounts.applied().amount(),
        credit.amounts.written_off().amount(),
        credit.updated_at,
    )
    .execute(&mut **tx)
    .await?;
    expect_rows(&done, TABLE, 1)
}

/// A credit, locked until the transaction ends, with what remained of it on each date. Its items are locked before it.
pub(crate) async fn lock(tx: &mut Tx, id: CreditId) -> Result<Option<CustomerCredit>, DbError> {
    let row = sqlx::query_as!(
        Row,
        "select id, customer_id, number, currency, issued_on, amount, applied, written_off, updated_at
         from customer_credit
         where tenant_id = $1 and id = $2
         for update",
        tx.tenant().uuid(),
        id.uuid(),
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(credit) = row.map(CustomerCredit::try_from).transpose()? else { return Ok(None) };
    let moved = sqlx::query!(
        r#"select effective_on, sum(amount) as "amount!"
           from customer_credit_entry
           where tenant_id = $1 and credit_id = $2
           group by effective_on
           order by effective_on"#,
        tx.tenant().uuid(),
        id.uuid(),
    )
    .fetch_all(&mut **tx)
    .await?;
    let currency = credit.remaining().currency();
    let moved = moved.into_iter().map(|row| Ok((row.effective_on, money(ENTRY, id.uuid(), row.amount, currency)?)));
    Ok(Some(CustomerCredit { timeline: Timeline::new(moved.collect::<Result<_, DbError>>()?), ..credit }))
}

/// These credits; those that do not exist are left out.
pub(crate) async fn find_all(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<CustomerCredit>, DbError> {
    let rows = sqlx::query_as!(
        Row,
        "select c.id, customer_id, number, currency, issued_on, amount, applied, written_off, updated_at
         from unnest($2::uuid[]) as requested (id)
         join customer_credit c on c.tenant_id = $1 and c.id = requested.id",
        tx.tenant().uuid(),
        ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(CustomerCredit::try_from).collect()
}

/// The open items of a credit's customer in its currency, the earliest due first, at most `limit`; not locked. `None`: there is no such credit.
pub(crate) async fn items_for(tx: &mut Tx, id: CreditId, limit: i64) -> Result<Option<Vec<ItemId>>, DbError> {
    let tenant = tx.tenant().uuid();
    let of = sqlx::query!(
        "select customer_id, currency from customer_credit where tenant_id = $1 and id = $2",
        tenant,
        id.uuid()
    );
    let Some(of) = of.fetch_optional(&mut **tx).await? else { return Ok(None) };
    let items = sqlx::query_scalar!(
        "select id
         from open_item
         where tenant_id = $1 and customer_id = $2 and currency = $3 and is_open
         order by due_on, id
         limit $4",
        tenant,
        of.customer_id,
        of.currency,
        limit,
    );
    Ok(Some(items.fetch_all(&mut **tx).await?.into_iter().map(ItemId::new).collect()))
}

/// Adds entries.
pub(crate) async fn insert_entries(tx: &mut Tx, entries: &[&CreditEntry]) -> Result<(), DbError> {
    let ids: Vec<Uuid> = entries.iter().map(|e| e.id.uuid()).collect();
    let credits: Vec<Uuid> = entries.iter().map(|e| e.credit.uuid()).collect();
    let customers: Vec<Uuid> = entries.iter().map(|e| e.customer.uuid()).collect();
    let kinds: Vec<&str> = entries.iter().map(|e| e.kind.label()).collect();
    let amounts: Vec<Decimal> = entries.iter().map(|e| e.amount.amount()).collect();
    let currencies: Vec<&str> = entries.iter().map(|e| e.amount.currency().code()).collect();
    let items: Vec<Option<Uuid>> = entries.iter().map(|e| e.item.map(ItemId::uuid)).collect();
    let reversed: Vec<Option<Uuid>> = entries.iter().map(|e| e.reverses.map(EntryId::uuid)).collect();
    let dates: Vec<NaiveDate> = entries.iter().map(|e| e.effective_on).collect();
    let own_dates: Vec<NaiveDate> = entries.iter().map(|e| e.dated_on).collect();
    let times: Vec<DateTime<Utc>> = entries.iter().map(|e| e.recorded_at).collect();
    let actors: Vec<Option<&str>> = entries.iter().map(|e| e.actor.as_ref().map(Actor::name)).collect();
    let people: Vec<Option<&str>> = entries.iter().map(|e| e.actor.as_ref().and_then(Actor::on_behalf_of)).collect();
    let requests: Vec<Option<Uuid>> = entries.iter().map(|e| e.request.map(RequestId::uuid)).collect();
    let reasons: Vec<Option<&str>> =
        entries.iter().map(|e| Some(e.reason.as_str()).filter(|reason| !reason.is_empty())).collect();
    sqlx::query!(
        "insert into customer_credit_entry
           (tenant_id, id, credit_id, customer_id, kind, amount, currency, item_id, reverses_id, effective_on, dated_on, recorded_at, actor, on_behalf_of,
            request_id, reason)
         select $1, id, credit_id, customer_id, kind, amount, currency, item_id, reverses_id, effective_on, nullif(dated_on, effective_on), recorded_at, actor,
           on_behalf_of, request_id, reason
         from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::numeric[], $7::text[], $8::uuid[], $9::uuid[], $10::date[], $11::date[],
           $12::timestamptz[], $13::text[], $14::text[], $15::uuid[], $16::text[])
           as e (id, credit_id, customer_id, kind, amount, currency, item_id, reverses_id, effective_on, dated_on, recorded_at, actor, on_behalf_of,
             request_id, reason)",
        tx.tenant().uuid(),
        &ids,
        &credits,
        &customers,
        &kinds as &[&str],
        &amounts,
        &currencies as &[&str],
        &items as &[Option<Uuid>],
        &reversed as &[Option<Uuid>],
        &dates,
        &own_dates,
        &times,
        &actors as &[Option<&str>],
        &people as &[Option<&str>],
        &requests as &[Option<Uuid>],
        &reasons as &[Option<&str>],
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

struct EntryRow {
    id: Uuid,
    customer_id: Uuid,
    kind: String,
    amount: Decimal,
    currency: String,
    item_id: Option<Uuid>,
    reverses_id: Option<Uuid>,
    effective_on: NaiveDate,
    dated_on: NaiveDate,
    recorded_at: DateTime<Utc>,
    actor: Option<String>,
    on_behalf_of: Option<String>,
    request_id: Option<Uuid>,
    reason: Option<String>,
}

impl EntryRow {
    fn into_entry(self, credit: CreditId) -> Result<CreditEntry, DbError> {
        let currency = stored(ENTRY, self.id, Currency::parse(&self.currency))?;
        let actor = |name: String| stored(ENTRY, self.id, Actor::named(&name, self.on_behalf_of.as_deref()));
        Ok(CreditEntry {
            id: EntryId::new(self.id),
            credit,
            customer: CustomerId::new(self.customer_id),
            kind: known(ENTRY, self.id, "kind", CreditEntryKind::parse(&self.kind))?,
            amount: money(ENTRY, self.id, self.amount, currency)?,
            item: self.item_id.map(ItemId::new),
            reverses: self.reverses_id.map(EntryId::new),
            effective_on: self.effective_on,
            dated_on: self.dated_on,
            recorded_at: self.recorded_at,
            actor: self.actor.map(actor).transpose()?,
            request: self.request_id.map(RequestId::new),
            reason: self.reason.unwrap_or_default(),
        })
    }
}

/// An entry of a credit, and whether it was reversed.
pub(crate) async fn find_entry(
    tx: &mut Tx,
    credit: CreditId,
    entry: EntryId,
) -> Result<Option<(CreditEntry, bool)>, DbError> {
    let tenant = tx.tenant().uuid();
    let row = sqlx::query_as!(
        EntryRow,
        r#"select id, customer_id, kind, amount, currency, item_id, reverses_id, effective_on, coalesce(dated_on, effective_on) as "dated_on!", recorded_at,
             actor, on_behalf_of, request_id, reason
           from customer_credit_entry
           where tenant_id = $1 and credit_id = $2 and id = $3"#,
        tenant,
        credit.uuid(),
        entry.uuid(),
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let reversed = sqlx::query_scalar!(
        r#"select exists (select from customer_credit_entry where tenant_id = $1 and reverses_id = $2) as "reversed!""#,
        tenant,
        entry.uuid(),
    );
    let reversed = reversed.fetch_one(&mut **tx).await?;
    Ok(Some((row.into_entry(credit)?, reversed)))
}

/// At most `limit` entries of a credit, oldest first, after one.
pub(crate) async fn entries_of(
    tx: &mut Tx,
    credit: CreditId,
    after: Option<EntryId>,
    limit: i64,
) -> Result<Vec<CreditEntry>, DbError> {
    let rows = sqlx::query_as!(
        EntryRow,
        r#"select id, customer_id, kind, amount, currency, item_id, reverses_id, effective_on, coalesce(dated_on, effective_on) as "dated_on!", recorded_at,
             actor, on_behalf_of, request_id, reason
           from customer_credit_entry
           where tenant_id = $1 and credit_id = $2 and ($3::uuid is null or id > $3)
           order by id
           limit $4"#,
        tx.tenant().uuid(),
        credit.uuid(),
        after.map(EntryId::uuid),
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(|row| row.into_entry(credit)).collect()
}

/// What remained of a customer's credits in one currency at the end of a date, as known at an instant, or now.
pub(crate) async fn remaining_on(
    tx: &mut Tx,
    customer: CustomerId,
    currency: Currency,
    date: NaiveDate,
    known_at: Option<DateTime<Utc>>,
) -> Result<Money, DbError> {
    let sum = sqlx::query_scalar!(
        r#"select coalesce(sum(e.amount), 0) as "sum!"
           from customer_credit_entry e
           where e.tenant_id = $1 and e.customer_id = $2 and e.currency = $3 and e.effective_on <= $4
             and ($5::timestamptz is null or (
               select was_known($1, e.recorded_at, array['credits/' || e.credit_id, 'invoices/' || n.invoice_id], $5)
               from credit_note n
               where n.tenant_id = $1 and n.id = e.credit_id))"#,
        tx.tenant().uuid(),
        customer.uuid(),
        currency.code(),
        date,
        known_at,
    )
    .fetch_one(&mut **tx)
    .await?;
    money(ENTRY, customer.uuid(), sum, currency)
}

/// The filters of a list of credits.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    /// Only of these customers; all if there are none.
    pub(crate) customers: Vec<CustomerId>,
    /// Only those issued on these dates.
    pub(crate) issued_on: Range<NaiveDate>,
    /// Also those of which nothing remains.
    pub(crate) include_used: bool,
    /// Only those changed in this time.
    pub(crate) updated_at: Range<DateTime<Utc>>,
}

/// The orders of a list of credits.
pub(crate) const ORDERS: [(&str, Column); 2] =
    [("issued_on", Column::Date("issued_on")), ("update_time", Column::Time("updated_at"))];

/// Where the credits of a page stand in their list.
pub(crate) async fn list(tx: &mut Tx, filter: Filter, window: Window) -> Result<Vec<Place>, DbError> {
    places(tx, filter, window).places(tx).await
}

/// The statement for them.
pub(super) fn places(tx: &Tx, filter: Filter, window: Window) -> List {
    let mut list = List::new(tx, TABLE, ["tenant_id", "id"], window);
    if !filter.include_used {
        list.only("remains");
    }
    list.any("customer_id", filter.customers.into_iter().map(CustomerId::uuid).collect());
    list.within(["issued_on >= ", "issued_on <= "], filter.issued_on);
    list.within(["updated_at >= ", "updated_at < "], filter.updated_at);
    list
}
