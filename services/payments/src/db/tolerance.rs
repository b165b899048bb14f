//! What is tolerated: invoicing's tolerance policies, as they were published.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{
    DbError, Tx,
    row::{integer, money, stored},
};
use quittance_kernel::{Currency, CustomerId, Percent, PolicyId, Tolerance, TolerancePolicy};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::domain::Tolerances;

const TABLE: &str = "tolerance_policy";

/// An activated policy.
#[derive(Debug, Clone)]
pub(crate) struct Activated {
    pub(crate) id: PolicyId,
    pub(crate) number: u32,
    pub(crate) effective_on: NaiveDate,
    pub(crate) rules: TolerancePolicy,
}

/// Stores activated policies, which never change.
pub(crate) async fn insert(tx: &mut Tx, policy: &Activated) -> Result<(), DbError> {
    let rules = &policy.rules;
    let currencies: Vec<&str> = rules.tolerances.keys().map(|currency| currency.code()).collect();
    let percents: Vec<Decimal> = rules.tolerances.values().map(|tolerance| tolerance.percent.value()).collect();
    let caps: Vec<Decimal> = rules.tolerances.values().map(|tolerance| tolerance.cap.amount()).collect();
    let blocked: Vec<Uuid> = rules.blocked.iter().map(|customer| customer.uuid()).collect();
    sqlx::query!(
        "insert into tolerance_policy
           (tenant_id, id, number, effective_on, grace_days, accept_late_discount, currencies, percents, caps, blocked)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        tx.tenant().uuid(),
        policy.id.uuid(),
        integer(TABLE, policy.id.uuid(), policy.number)?,
        policy.effective_on,
        i32::from(rules.grace_days),
        rules.accept_late_discount,
        &currencies as &[&str],
        &percents,
        &caps,
        &blocked,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What is tolerated at a time, on the tenant's day.
pub(crate) async fn in_force(tx: &mut Tx, now: DateTime<Utc>) -> Result<Tolerances, DbError> {
    let row = sqlx::query!(
        r#"select p.id, p.grace_days, p.accept_late_discount, p.currencies, p.percents as "percents: Vec<Decimal>", p.caps as "caps: Vec<Decimal>",
           p.blocked
           from tenant t
           join tolerance_policy p on p.tenant_id = t.tenant_id and p.effective_on <= ($2 at time zone t.time_zone)::date
           where t.tenant_id = $1
           order by p.effective_on desc, p.number desc
           limit 1"#,
        tx.tenant().uuid(),
        now,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return before_policies(tx).await };
    let tolerances = row.currencies.iter().zip(row.percents).zip(row.caps);
    let tolerances = tolerances.map(|((code, percent), cap)| tolerance(row.id, code, percent, cap));
    let rules = TolerancePolicy {
        tolerances: tolerances.collect::<Result<_, DbError>>()?,
        blocked: row.blocked.into_iter().map(CustomerId::new).collect(),
        grace_days: stored(TABLE, row.id, u16::try_from(row.grace_days))?,
        accept_late_discount: row.accept_late_discount,
    };
    Ok(Tolerances { policy: Some(PolicyId::new(row.id)), rules })
}

fn tolerance(id: Uuid, code: &str, percent: Decimal, cap: Decimal) -> Result<(Currency, Tolerance), DbError> {
    let currency = stored(TABLE, id, Currency::parse(code))?;
    let percent = stored(TABLE, id, Percent::new(percent))?;
    Ok((currency, Tolerance { percent, cap: money(TABLE, id, cap, currency)? }))
}

/// What was set here before invoicing had policies, which stays in force until one of those is.
async fn before_policies(tx: &mut Tx) -> Result<Tolerances, DbError> {
    let tenant = tx.tenant().uuid();
    let row = sqlx::query!(
        r#"select p.grace_days, p.accept_late_discount,
             array(select currency from tolerance where tenant_id = $1 order by currency) as "currencies!",
             array(select percent from tolerance where tenant_id = $1 order by currency) as "percents!: Vec<Decimal>",
             array(select cap from tolerance where tenant_id = $1 order by currency) as "caps!: Vec<Decimal>",
             array(select customer_id from tolerance_block where tenant_id = $1) as "blocked!"
           from matching_policy p
           where p.tenant_id = $1"#,
        tenant,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(Tolerances::default()) };
    let tolerances = row.currencies.iter().zip(row.percents).zip(row.caps);
    let tolerances = tolerances.map(|((code, percent), cap)| tolerance(tenant, code, percent, cap));
    let rules = TolerancePolicy {
        tolerances: tolerances.collect::<Result<_, DbError>>()?,
        blocked: row.blocked.into_iter().map(CustomerId::new).collect(),
        grace_days: stored("matching_policy", tenant, u16::try_from(row.grace_days))?,
        accept_late_discount: row.accept_late_discount,
    };
    Ok(Tolerances { policy: None, rules })
}
