//! What a policy is simulated against: the calls of a period, what is open of items that were paid in it, and late entries.

use std::collections::HashMap;

use chrono::NaiveDate;
use quittance_db::{
    DbError, Tx,
    row::{money, stored},
};
use quittance_kernel::{Currency, ItemId, TolerancePolicy};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::item::find_items;
use crate::domain::OpenItem;

/// The most calls, and the most items, that a policy is simulated against.
pub(crate) const MAX_SIMULATED: usize = 100_000;

/// The days that a policy is simulated against, in a time zone.
#[derive(Debug, Clone)]
pub(crate) struct SimulatedDays {
    pub(crate) from_on: NaiveDate,
    pub(crate) to_on: NaiveDate,
    pub(crate) time_zone: String,
}

/// A call that can need approval: its method, and its amount if it has one.
pub(crate) type PastCall = (String, Option<quittance_kernel::Money>);

/// The calls of a period, at most one more than [`MAX_SIMULATED`].
pub(crate) async fn calls(tx: &mut Tx, days: &SimulatedDays) -> Result<Vec<PastCall>, DbError> {
    let tenant = tx.tenant().uuid();
    let rows = sqlx::query!(
        r#"with called as (
             select 'WriteOffItem' as method, amount, currency, recorded_at from bad_debt where tenant_id = $1
             union all
             select 'CreditInvoice', n.total, i.currency, n.issued_at
             from credit_note n
             join invoice i on i.tenant_id = $1 and i.id = n.invoice_id
             where n.tenant_id = $1
             union all
             select 'WriteOffCredit', -amount, currency, recorded_at from customer_credit_entry where tenant_id = $1 and kind = 'written_off'
             union all
             select 'ExtendDueDate', open_amount, currency, recorded_at from due_date_extension where tenant_id = $1
             union all
             select 'ReopenPeriod', null, null, reopened_at from accounting_period where tenant_id = $1 and reopened_at is not null
             union all
             select 'ActivatePolicy', null, null, activated_at from policy where tenant_id = $1 and activated_at is not null
           )
           select method as "method!", amount, currency
           from called
           where recorded_at >= ($2::date)::timestamp at time zone $4 and recorded_at < ($3::date + 1)::timestamp at time zone $4
           limit $5"#,
        tenant,
        days.from_on,
        days.to_on,
        days.time_zone,
        i64::try_from(MAX_SIMULATED + 1).unwrap_or(i64::MAX),
    )
    .fetch_all(&mut **tx)
    .await?;
    let call = |(method, amount, currency): (String, Option<Decimal>, Option<String>)| {
        let currency = currency.map(|code| stored("approval", tenant, Currency::parse(&code))).transpose()?;
        let amount = amount.zip(currency).map(|(amount, currency)| money("approval", tenant, amount, currency));
        Ok((method, amount.transpose()?))
    };
    rows.into_iter().map(|row| call((row.method, row.amount, row.currency))).collect()
}

/// How many entries were recorded in these days that were dated in what was closed then.
pub(crate) async fn late_entries(tx: &mut Tx, days: &SimulatedDays) -> Result<i32, DbError> {
    let late = sqlx::query_scalar!(
        r#"with recorded as (
             select coalesce(dated_on, effective_on) as dated_on, recorded_at
             from entry
             where tenant_id = $1 and kind not in ('invoice', 'void')
             union all
             select coalesce(dated_on, effective_on), recorded_at
             from customer_credit_entry
             where tenant_id = $1 and kind in ('written_off', 'write_off_reversal')
           )
           select count(*)::int as "late!"
           from recorded r
           where r.recorded_at >= ($2::date)::timestamp at time zone $4 and r.recorded_at < ($3::date + 1)::timestamp at time zone $4
             and exists (
               select
               from accounting_period p
               where p.tenant_id = $1 and r.dated_on <= p.end_on and r.recorded_at >= p.closed_at
                 and (p.reopened_at is null or r.recorded_at < p.reopened_at)
             )"#,
        tx.tenant().uuid(),
        days.from_on,
        days.to_on,
        days.time_zone,
    );
    Ok(late.fetch_one(&mut **tx).await?)
}

/// Open items that were paid in part, the last time in a period, and of which no more is open than a policy can close at most, with the dates of their last
/// payments. At most one more than [`MAX_SIMULATED`].
pub(crate) async fn rests(
    tx: &mut Tx,
    policy: &TolerancePolicy,
    days: &SimulatedDays,
) -> Result<Vec<(OpenItem, NaiveDate)>, DbError> {
    let currencies: Vec<&str> = policy.tolerances.keys().map(|currency| currency.code()).collect();
    let caps: Vec<Decimal> = policy.tolerances.values().map(|tolerance| tolerance.cap.amount()).collect();
    let rows = sqlx::query!(
        r#"select o.id, p.paid_on as "paid_on!"
           from open_item o
           left join unnest($2::text[], $3::numeric[]) as t (currency, cap) on t.currency = o.currency
           cross join lateral (
             select max(e.dated_on) as paid_on
             from (
               select coalesce(x.dated_on, x.effective_on) as dated_on
               from entry x
               where x.tenant_id = $1 and x.item_id = o.id and x.kind = 'settlement'
             ) e
           ) p
           where o.tenant_id = $1 and o.is_open and o.settled > 0 and p.paid_on between $4 and $5
             and (o.total - o.settled - o.discounted - o.written_off - o.credited - o.voided <= coalesce(t.cap, 0) or $6 and o.terms like '%/%')
           order by o.id
           limit $7"#,
        tx.tenant().uuid(),
        &currencies as &[&str],
        &caps,
        days.from_on,
        days.to_on,
        policy.granted_grace_days() > 0,
        i64::try_from(MAX_SIMULATED + 1).unwrap_or(i64::MAX),
    )
    .fetch_all(&mut **tx)
    .await?;
    let paid: HashMap<Uuid, NaiveDate> = rows.iter().map(|row| (row.id, row.paid_on)).collect();
    let ids: Vec<ItemId> = rows.iter().map(|row| ItemId::new(row.id)).collect();
    let items = find_items(tx, &ids).await?.into_values();
    Ok(items.filter_map(|view| paid.get(&view.item.id.uuid()).map(|paid_on| (view.item, *paid_on))).collect())
}
