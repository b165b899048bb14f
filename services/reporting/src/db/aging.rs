//! Open balances on a date by days past due. Every sum is of entries effective on or before the date, and known at the requested instant, if there is one:
//! nothing is read from balances that have only today's state.

use quittance_db::{DbError, Tx};
use quittance_kernel::{Currency, CustomerId};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::domain::AsOf;

/// Balances on a date, of all customers or of one.
#[derive(Debug, Clone, Default)]
pub(crate) struct AgingRow {
    pub(crate) open_count: i32,
    pub(crate) past_due_count: i32,
    pub(crate) open_total: Decimal,
    pub(crate) not_due: Decimal,
    pub(crate) days_1_to_30: Decimal,
    pub(crate) days_31_to_60: Decimal,
    pub(crate) days_61_to_90: Decimal,
    pub(crate) over_90: Decimal,
    pub(crate) disputed: Decimal,
    pub(crate) unapplied: Decimal,
    pub(crate) credits: Decimal,
}

/// One customer's balances.
#[derive(Debug, Clone)]
pub(crate) struct CustomerRow {
    pub(crate) id: Uuid,
    pub(crate) number: String,
    pub(crate) name: String,
    pub(crate) aging: AgingRow,
}

/// Balances of all customers.
pub(crate) async fn total(tx: &mut Tx, currency: Currency, as_of: AsOf) -> Result<AgingRow, DbError> {
    let tenant = tx.tenant().uuid();
    let row = sqlx::query_as!(
        AgingRow,
        r#"with extended as (
             select item_id, max(due_on) as due_on
             from due_date_extension
             where tenant_id = $1 and effective_on <= $3 and ($4::timestamptz is null or coalesce(known_at, recorded_at) <= $4)
             group by item_id
           ), open as (
             select e.item_id, $3::date - coalesce(x.due_on, e.due_on) as days, e.amount
             from (
               select item_id, due_on, sum(amount) as amount
               from entry
               where tenant_id = $1 and currency = $2 and effective_on <= $3 and ($4::timestamptz is null or coalesce(known_at, recorded_at) <= $4)
               group by item_id, due_on
               having sum(amount) <> 0
             ) e
             left join extended x on x.item_id = e.item_id
           )
           select
             count(*)::int as "open_count!",
             (count(*) filter (where days > 0))::int as "past_due_count!",
             coalesce(sum(amount), 0) as "open_total!",
             coalesce(sum(amount) filter (where days <= 0), 0) as "not_due!",
             coalesce(sum(amount) filter (where days between 1 and 30), 0) as "days_1_to_30!",
             coalesce(sum(amount) filter (where days between 31 and 60), 0) as "days_31_to_60!",
             coalesce(sum(amount) filter (where days between 61 and 90), 0) as "days_61_to_90!",
             coalesce(sum(amount) filter (where days > 90), 0) as "over_90!",
             coalesce(sum(amount) filter (where item_id in (
               select d.item_id
               from dispute d
               where d.tenant_id = $1 and d.opened_on <= $3 and coalesce(d.known_at <= $4, true)
                 and (d.resolved_on is null or d.resolved_on > $3 or d.resolution_known_at > $4))), 0) as "disputed!",
             coalesce((
               select sum(c.amount)
               from cash_entry c
               where c.tenant_id = $1 and c.currency = $2 and c.effective_on <= $3
                 and ($4::timestamptz is null or coalesce(c.known_at, c.recorded_at) <= $4)), 0) as "unapplied!",
             coalesce((
               select sum(c.amount)
               from credit_entry c
               where c.tenant_id = $1 and c.currency = $2 and c.effective_on <= $3 and ($4::timestamptz is null or c.known_at <= $4)), 0) as "credits!"
           from open"#,
        tenant,
        currency.code(),
        as_of.on,
        as_of.known_at,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(row)
}

/// A page of customers on a date.
#[derive(Debug, Clone)]
pub(crate) struct CustomerQuery {
    /// The date, and what was known of it.
    pub(crate) as_of: AsOf,
    /// The currency.
    pub(crate) currency: Currency,
    /// Number and id of the last one of the page before.
    pub(crate) after: Option<(String, Uuid)>,
    /// At most this many.
    pub(crate) limit: i64,
}

/// Balances of each customer with something open, unapplied or on account, by number (code point order) and id.
pub(crate) async fn by_customer(tx: &mut Tx, query: &CustomerQuery) -> Result<Vec<CustomerRow>, DbError> {
    let tenant = tx.tenant().uuid();
    let rows = sqlx::query!(
        r#"with extended as (
             select item_id, max(due_on) as due_on
             from due_date_extension
             where tenant_id = $1 and effective_on <= $3 and ($7::timestamptz is null or coalesce(known_at, recorded_at) <= $7)
             group by item_id
           ), open as (
             select e.item_id, e.customer_id, $3::date - coalesce(x.due_on, e.due_on) as days, e.amount
             from (
               select item_id, customer_id, due_on, sum(amount) as amount
               from entry
               where tenant_id = $1 and currency = $2 and effective_on <= $3 and ($7::timestamptz is null or coalesce(known_at, recorded_at) <= $7)
               group by item_id, customer_id, due_on
               having sum(amount) <> 0
             ) e
             left join extended x on x.item_id = e.item_id
           ), disputed as (
             select item_id
             from dispute
             where tenant_id = $1 and opened_on <= $3 and coalesce(known_at <= $7, true)
               and (resolved_on is null or resolved_on > $3 or resolution_known_at > $7)
           ), owed as (
             select customer_id, count(*) as open_count, count(*) filter (where days > 0) as past_due_count, sum(amount) as open_total,
               sum(amount) filter (where days <= 0) as not_due,
               sum(amount) filter (where days between 1 and 30) as days_1_to_30,
               sum(amount) filter (where days between 31 and 60) as days_31_to_60,
               sum(amount) filter (where days between 61 and 90) as days_61_to_90,
               sum(amount) filter (where days > 90) as over_90,
               sum(amount) filter (where item_id in (select item_id from disputed)) as disputed
             from open
             group by customer_id
           ), unapplied as (
             select customer_id, sum(amount) as amount
             from cash_entry
             where tenant_id = $1 and currency = $2 and effective_on <= $3 and customer_id is not null
               and ($7::timestamptz is null or coalesce(known_at, recorded_at) <= $7) and coalesce(payer_known_at <= $7, true)
             group by customer_id
             having sum(amount) <> 0
           ), on_account as (
             select customer_id, sum(amount) as amount
             from credit_entry
             where tenant_id = $1 and currency = $2 and effective_on <= $3 and ($7::timestamptz is null or known_at <= $7)
             group by customer_id
             having sum(amount) <> 0
           )
           select c.id, c.number, c.name,
             coalesce(o.open_count, 0)::int as "open_count!",
             coalesce(o.past_due_count, 0)::int as "past_due_count!",
             coalesce(o.open_total, 0) as "open_total!",
             coalesce(o.not_due, 0) as "not_due!",
             coalesce(o.days_1_to_30, 0) as "days_1_to_30!",
             coalesce(o.days_31_to_60, 0) as "days_31_to_60!",
             coalesce(o.days_61_to_90, 0) as "days_61_to_90!",
             coalesce(o.over_90, 0) as "over_90!",
             coalesce(o.disputed, 0) as "disputed!",
             coalesce(u.amount, 0) as "unapplied!",
             coalesce(a.amount, 0) as "credits!"
           from customer c
           left join owed o on o.customer_id = c.id
           left join unapplied u on u.customer_id = c.id
           left join on_account a on a.customer_id = c.id
           where c.tenant_id = $1 and (o.customer_id is not null or u.customer_id is not null or a.customer_id is not null)
             and ($4::text is null or c.number collate "C" > $4 or (c.number = $4 and c.id > $5))
           order by c.number collate "C", c.id
           limit $6"#,
        tenant,
        query.currency.code(),
        query.as_of.on,
        query.after.as_ref().map(|(number, _)| number.as_str()),
        query.after.as_ref().map(|(_, id)| *id),
        query.limit,
        query.as_of.known_at,
    )
    .fetch_all(&mut **tx)
    .await?;
    let rows = rows.into_iter().map(|row| CustomerRow {
        id: row.id,
        number: row.number,
        name: row.name,
        aging: AgingRow {
            open_count: row.open_count,
            past_due_count: row.past_due_count,
            open_total: row.open_total,
            not_due: row.not_due,
            days_1_to_30: row.days_1_to_30,
            days_31_to_60: row.days_31_to_60,
            days_61_to_90: row.days_61_to_90,
            over_90: row.over_90,
            disputed: row.disputed,
            unapplied: row.unapplied,
            credits: row.credits,
        },
    });
    Ok(rows.collect())
}

/// One customer's balances in each currency in which something is open, unapplied or on account, by currency code. Every table is read by the customer or by an item
/// of the customer, however large the book is.
pub(crate) async fn of_customer(
    tx: &mut Tx,
    customer: CustomerId,
    as_of: AsOf,
) -> Result<Vec<(String, CustomerRow)>, DbError> {
    let tenant = tx.tenant().uuid();
    let rows = sqlx::query!(
        r#"with open as (
             select e.item_id, e.currency, $3::date - coalesce(x.due_on, e.due_on) as days, e.amount
             from (
               select item_id, currency, due_on, sum(amount) as amount
               from entry
               where tenant_id = $1 and customer_id = $2 and effective_on <= $3
                 and ($4::timestamptz is null or coalesce(known_at, recorded_at) <= $4)
               group by item_id, currency, due_on
               having sum(amount) <> 0
             ) e
             cross join lateral (
               select max(d.due_on) as due_on
               from due_date_extension d
               where d.tenant_id = $1 and d.item_id = e.item_id and d.effective_on <= $3
                 and ($4::timestamptz is null or coalesce(d.known_at, d.recorded_at) <= $4)
             ) x
           ), judged as (
             select o.*, exists (
                 select
                 from dispute d
                 where d.tenant_id = $1 and d.item_id = o.item_id and d.opened_on <= $3 and coalesce(d.known_at <= $4, true)
                   and (d.resolved_on is null or d.resolved_on > $3 or d.resolution_known_at > $4)
               ) as is_disputed
             from open o
           ), owed as (
             select currency, count(*) as open_count, count(*) filter (where days > 0) as past_due_count, sum(amount) as open_total,
               sum(amount) filter (where days <= 0) as not_due,
               sum(amount) filter (where days between 1 and 30) as days_1_to_30,
               sum(amount) filter (where days between 31 and 60) as days_31_to_60,
               sum(amount) filter (where days between 61 and 90) as days_61_to_90,
               sum(amount) filter (where days > 90) as over_90,
               sum(amount) filter (where is_disputed) as disputed
             from judged
             group by currency
           ), unapplied as (
             select currency, sum(amount) as amount
             from cash_entry
             where tenant_id = $1 and customer_id = $2 and effective_on <= $3
               and ($4::timestamptz is null or coalesce(known_at, recorded_at) <= $4) and coalesce(payer_known_at <= $4, true)
             group by currency
             having sum(amount) <> 0
           ), on_account as (
             select currency, sum(amount) as amount
             from credit_entry
             where tenant_id = $1 and customer_id = $2 and effective_on <= $3 and ($4::timestamptz is null or known_at <= $4)
             group by currency
             having sum(amount) <> 0
           ), used as (
             select currency from owed union select currency from unapplied union select currency from on_account
           )
           select c.id, c.number, c.name,
             s.currency as "currency!",
             coalesce(o.open_count, 0)::int as "open_count!",
             coalesce(o.past_due_count, 0)::int as "past_due_count!",
             coalesce(o.open_total, 0) as "open_total!",
             coalesce(o.not_due, 0) as "not_due!",
             coalesce(o.days_1_to_30, 0) as "days_1_to_30!",
             coalesce(o.days_31_to_60, 0) as "days_31_to_60!",
             coalesce(o.days_61_to_90, 0) as "days_61_to_90!",
             coalesce(o.over_90, 0) as "over_90!",
             coalesce(o.disputed, 0) as "disputed!",
             coalesce(u.amount, 0) as "unapplied!",
             coalesce(a.amount, 0) as "credits!"
           from used s
           left join owed o on o.currency = s.currency
           left join unapplied u on u.currency = s.currency
           left join on_account a on a.currency = s.currency
           cross join customer c
           where c.tenant_id = $1 and c.id = $2
           order by s.currency collate "C""#,
        tenant,
        customer.uuid(),
        as_of.on,
        as_of.known_at,
    )
    .fetch_all(&mut **tx)
    .await?;
    let rows = rows.into_iter().map(|row| {
        let aging = AgingRow {
            open_count: row.open_count,
            past_due_count: row.past_due_count,
            open_total: row.open_total,
            not_due: row.not_due,
            days_1_to_30: row.days_1_to_30,
            days_31_to_60: row.days_31_to_60,
            days_61_to_90: row.days_61_to_90,
            over_90: row.over_90,
            disputed: row.disputed,
            unapplied: row.unapplied,
            credits: row.credits,
        };
        (row.currency, CustomerRow { id: row.id, number: row.number, name: row.name, aging })
    });
    Ok(rows.collect())
}

#[cfg(test)]
#[path = "aging_tests.rs"]
mod tests;
