//! Matching statistics, computed from payments and allocations at each call.

use chrono::NaiveDate;
use quittance_db::{
    DbError, Tx,
    row::{known, money, stored},
};
use quittance_kernel::{Currency, Money};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::domain::{MatchRule, UnappliedReason};

/// Matching in one currency.
#[derive(Debug, Clone)]
pub(crate) struct CurrencyMatching {
    pub(crate) currency: Currency,
    pub(crate) payments: i32,
    /// Fully applied by automatic matching.
    pub(crate) matched_payments: i32,
    /// Bank file entries with all their payments, and payments recorded individually.
    pub(crate) envelopes: i32,
    pub(crate) matched_envelopes: i32,
    /// Ever agreed by invoicing.
    pub(crate) automatic_allocations: i32,
    /// Of these, reversed.
    pub(crate) reversed_allocations: i32,
    pub(crate) amount: Money,
    /// Applied by automatic matching.
    pub(crate) matched_amount: Money,
    /// The number and amount of applied allocations, by rule.
    pub(crate) rules: Vec<(MatchRule, i32, Money)>,
    /// The number and amount of unapplied payments, by reason.
    pub(crate) unapplied: Vec<(Option<UnappliedReason>, i32, Money)>,
}

/// Payments received within these days, by currency.
pub(crate) async fn matching(
    tx: &mut Tx,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
) -> Result<Vec<CurrencyMatching>, DbError> {
    let tenant = tx.tenant().uuid();
    let rows = sqlx::query!(
        r#"with automatic as (
             select payment_id, sum(amount) filter (where state in ('applied', 'reversing')) as matched,
               count(*) filter (where state in ('applied', 'reversing', 'reversed')) as allocations, count(*) filter (where state = 'reversed') as reversed
             from allocation
             where tenant_id = $1 and rule <> 'manual'
             group by payment_id
           ), envelope as (
             select p.currency, count(*) as payments, sum(p.amount) as amount, sum(a.matched) as matched_amount, sum(a.allocations) as allocations,
               sum(a.reversed) as reversed, count(*) filter (where coalesce(a.matched, 0) = p.amount) as matched
             from payment p
             left join automatic a on a.payment_id = p.id
             where p.tenant_id = $1 and ($2::date is null or p.received_on >= $2) and ($3::date is null or p.received_on <= $3)
             group by p.currency, coalesce(p.envelope_id, p.id)
           )
           select currency, sum(payments)::int as "payments!", sum(amount) as "amount!", sum(matched)::int as "matched_payments!",
             coalesce(sum(matched_amount), 0) as "matched_amount!", count(*)::int as "envelopes!",
             (count(*) filter (where matched = payments))::int as "matched_envelopes!", coalesce(sum(allocations), 0)::int as "automatic_allocations!",
             coalesce(sum(reversed), 0)::int as "reversed_allocations!"
           from envelope
           group by currency
           order by currency"#,
        tenant,
        from,
        to,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut rules = rules(tx, from, to).await?;
    let mut unapplied = unapplied(tx, from, to).await?;
    let (table, id) = ("payment", tenant);
    rows.into_iter()
        .map(|row| {
            let currency = stored(table, id, Currency::parse(&row.currency))?;
            Ok(CurrencyMatching {
                currency,
                payments: row.payments,
                matched_payments: row.matched_payments,
                envelopes: row.envelopes,
                matched_envelopes: row.matched_envelopes,
                automatic_allocations: row.automatic_allocations,
                reversed_allocations: row.reversed_allocations,
                amount: money(table, id, row.amount, currency)?,
                matched_amount: money(table, id, row.matched_amount, currency)?,
                rules: take(&mut rules, &row.currency)
                    .map(|(rule, n, sum)| Ok((rule, n, money(table, id, sum, currency)?)))
                    .collect::<Result<_, DbError>>()?,
                unapplied: take(&mut unapplied, &row.currency)
                    .map(|(reason, n, sum)| Ok((reason, n, money(table, id, sum, currency)?)))
                    .collect::<Result<_, DbError>>()?,
            })
        })
        .collect()
}

type Counted<K> = Vec<(String, (K, i32, Decimal))>;

fn take<K: Copy>(counted: &mut Counted<K>, currency: &str) -> impl Iterator<Item = (K, i32, Decimal)> + use<K> {
    let found: Vec<(K, i32, Decimal)> =
        counted.iter().filter(|(of, _)| of == currency).map(|(_, counts)| *counts).collect();
    found.into_iter()
}

async fn rules(tx: &mut Tx, from: Option<NaiveDate>, to: Option<NaiveDate>) -> Result<Counted<MatchRule>, DbError> {
    let tenant = tx.tenant().uuid();
    let rows = sqlx::query!(
        r#"select a.currency, a.rule, count(*)::int as "count!", sum(a.amount) as "sum!"
           from payment p
           join allocation a on a.tenant_id = $1 and a.payment_id = p.id and a.state in ('applied', 'reversing')
           where p.tenant_id = $1 and ($2::date is null or p.received_on >= $2) and ($3::date is null or p.received_on <= $3)
           group by a.currency, a.rule"#,
        tenant,
        from,
        to,
    )
    .fetch_all(&mut **tx)
    .await?;
    let read = rows.into_iter().map(|row| {
        let rule = known("allocation", Uuid::nil(), "rule", MatchRule::parse(&row.rule))?;
        Ok((row.currency, (rule, row.count, row.sum)))
    });
    let mut counted: Counted<MatchRule> = read.collect::<Result<_, DbError>>()?;
    counted.sort_by_key(|(_, (rule, ..))| *rule);
    Ok(counted)
}

async fn unapplied(
    tx: &mut Tx,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
) -> Result<Counted<Option<UnappliedReason>>, DbError> {
    let tenant = tx.tenant().uuid();
    let rows = sqlx::query!(
        r#"select currency, unapplied_reason, count(*)::int as "count!", sum(unapplied) as "sum!"
           from payment
           where tenant_id = $1 and has_unapplied and ($2::date is null or received_on >= $2) and ($3::date is null or received_on <= $3)
           group by currency, unapplied_reason"#,
        tenant,
        from,
        to,
    )
    .fetch_all(&mut **tx)
    .await?;
    let read = rows.into_iter().map(|row| {
        let label = row.unapplied_reason;
        let reason = label
            .map(|label| known("payment", Uuid::nil(), "unapplied_reason", UnappliedReason::parse(&label)))
            .transpose()?;
        Ok((row.currency, (reason, row.count, row.sum)))
    });
    let mut counted: Counted<Option<UnappliedReason>> = read.collect::<Result<_, DbError>>()?;
    counted.sort_by_key(|(_, (reason, ..))| *reason);
    Ok(counted)
}
