//! Settlements and their reversals, both insert-only.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{
    DbError, Tx,
    row::{known, money, stored},
};
use quittance_kernel::{AllocationId, Currency, ItemId, Money, PaymentId, PolicyId, WriteOff, WriteOffReason};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::domain::{RecordedSettlement, Settlement};

/// The settlements of these allocations.
pub(crate) async fn find_settlements(
    tx: &mut Tx,
    ids: &[AllocationId],
) -> Result<HashMap<AllocationId, RecordedSettlement>, DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query!(
        // `offset 0` keeps it a lookup of each: a table that has no statistics yet would be read whole, once for every allocation.
        r#"select s.allocation_id, s.item_id, s.payment_id, s.amount, s.discount, s.write_off, s.write_off_reason, s.currency,
             s.tolerance_policy_id, s.effective_on, coalesce(s.counts_on, s.effective_on) as "counts_on!", r.effective_on as "reversed_on?"
           from unnest($2::uuid[]) as requested (id)
           cross join lateral (select * from settlement where tenant_id = $1 and allocation_id = requested.id offset 0) s
           left join reversal r on r.tenant_id = $1 and r.allocation_id = s.allocation_id"#,
        tenant,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let (table, id) = ("settlement", row.allocation_id);
            let currency = stored(table, id, Currency::parse(&row.currency))?;
            let discount = row.discount.map(|discount| money(table, id, discount, currency)).transpose()?;
            let write_off = write_off(id, row.write_off, row.write_off_reason.as_deref(), currency)?;
            let settlement = Settlement {
                allocation: AllocationId::new(id),
                payment: PaymentId::new(row.payment_id),
                item: ItemId::new(row.item_id),
                amount: money(table, id, row.amount, currency)?,
                discount,
                write_off,
                effective_on: row.effective_on,
                decided_by: None,
                tolerance_policy: row.tolerance_policy_id.map(PolicyId::new),
            };
            let recorded = RecordedSettlement { settlement, counts_on: row.counts_on, reversed_on: row.reversed_on };
            Ok((recorded.settlement.allocation, recorded))
        })
        .collect()
}

/// A settlement's write-off: amount and reason, both or neither.
fn write_off(
    id: Uuid,
    amount: Option<Decimal>,
    reason: Option<&str>,
    currency: Currency,
) -> Result<Option<WriteOff>, DbError> {
    let Some((amount, reason)) = amount.zip(reason) else { return Ok(None) };
    let amount = money("settlement", id, amount, currency)?;
    let reason = known("settlement", id, "write_off_reason", WriteOffReason::parse(reason))?;
    Ok(Some(WriteOff { amount, reason }))
}

/// Records settlements, each with the date from which it counts.
pub(crate) async fn insert_settlements(
    tx: &mut Tx,
    settlements: &[RecordedSettlement],
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    let counted: Vec<NaiveDate> = settlements.iter().map(|s| s.counts_on).collect();
    let settlements: Vec<&Settlement> = settlements.iter().map(|s| &s.settlement).collect();
    let allocations: Vec<Uuid> = settlements.iter().map(|s| s.allocation.uuid()).collect();
    let items: Vec<Uuid> = settlements.iter().map(|s| s.item.uuid()).collect();
    let payments: Vec<Uuid> = settlements.iter().map(|s| s.payment.uuid()).collect();
    let amounts: Vec<Decimal> = settlements.iter().map(|s| s.amount.amount()).collect();
    let discounts: Vec<Option<Decimal>> = settlements.iter().map(|s| s.discount.map(Money::amount)).collect();
    let write_offs: Vec<Option<Decimal>> =
        settlements.iter().map(|s| s.write_off.map(|write_off| write_off.amount.amount())).collect();
    let reasons: Vec<Option<String>> =
        settlements.iter().map(|s| s.write_off.map(|write_off| write_off.reason.label().to_owned())).collect();
    let currencies: Vec<String> = settlements.iter().map(|s| s.amount.currency().code().to_owned()).collect();
    let dates: Vec<NaiveDate> = settlements.iter().map(|s| s.effective_on).collect();
    let policies: Vec<Option<Uuid>> = settlements.iter().map(|s| s.tolerance_policy.map(PolicyId::uuid)).collect();
    sqlx::query!(
        "insert into settlement
           (tenant_id, allocation_id, item_id, payment_id, amount, discount, write_off, write_off_reason, currency, effective_on, counts_on,
            tolerance_policy_id, recorded_at)
         select $1, allocation_id, item_id, payment_id, amount, discount, write_off, write_off_reason, currency, effective_on,
           nullif(counts_on, effective_on), tolerance_policy_id, $13
         from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::numeric[], $6::numeric[], $7::numeric[], $8::text[], $9::text[], $10::date[], $11::date[],
           $12::uuid[])
           as s (allocation_id, item_id, payment_id, amount, discount, write_off, write_off_reason, currency, effective_on, counts_on,
             tolerance_policy_id)",
        tenant,
        &allocations,
        &items,
        &payments,
        &amounts,
        &discounts as &[Option<Decimal>],
        &write_offs as &[Option<Decimal>],
        &reasons as &[Option<String>],
        &currencies,
        &dates,
        &counted,
        &policies as &[Option<Uuid>],
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Records reversals: allocation, effective date, reason.
pub(crate) async fn insert_reversals(
    tx: &mut Tx,
    reversals: &[(AllocationId, NaiveDate, &str)],
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    let allocations: Vec<Uuid> = reversals.iter().map(|(id, ..)| id.uuid()).collect();
    let dates: Vec<NaiveDate> = reversals.iter().map(|(_, on, _)| *on).collect();
    let reasons: Vec<String> = reversals.iter().map(|(.., reason)| (*reason).to_owned()).collect();
    sqlx::query!(
        "insert into reversal (tenant_id, allocation_id, effective_on, reason, recorded_at)
         select $1, *, $5
         from unnest($2::uuid[], $3::date[], $4::text[])",
        tenant,
        &allocations,
        &dates,
        &reasons,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
