//! Allocations of payments to items, with invoicing's agreement.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{
    DbError, Tx, expect_rows,
    row::{known, money, stored},
};
use quittance_kernel::{
    Actor, AllocationId, Currency, CustomerId, ItemId, Money, PaymentId, PolicyId, RequestId, WriteOff, WriteOffReason,
};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::domain::{Allocation, AllocationState, MatchRule};

struct Row {
    id: Uuid,
    batch_id: Uuid,
    payment_id: Uuid,
    item_id: Uuid,
    customer_id: Uuid,
    number: String,
    currency: String,
    amount: Decimal,
    discount: Option<Decimal>,
    write_off: Option<Decimal>,
    write_off_reason: Option<String>,
    effective_on: NaiveDate,
    state: String,
    rule: String,
    reversal_batch_id: Option<Uuid>,
    reversed_on: Option<NaiveDate>,
    reason: Option<String>,
    decided_by: Option<String>,
    decided_for: Option<String>,
    tolerance_policy_id: Option<Uuid>,
}

impl TryFrom<Row> for Allocation {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let (table, id) = ("allocation", row.id);
        let currency = stored(table, id, Currency::parse(&row.currency))?;
        let state =
            AllocationState::parse(&row.state, row.reversal_batch_id.map(RequestId::new), row.reversed_on, row.reason);
        let actor = |name: &str| Actor::named(name, row.decided_for.as_deref());
        let write_off = match (row.write_off, row.write_off_reason) {
            (Some(amount), Some(reason)) => Some(WriteOff {
                amount: money(table, id, amount, currency)?,
                reason: known(table, id, "write_off_reason", WriteOffReason::parse(&reason))?,
            }),
            _ => None,
        };
        Ok(Self {
            id: AllocationId::new(id),
            batch: RequestId::new(row.batch_id),
            payment: PaymentId::new(row.payment_id),
            item: ItemId::new(row.item_id),
            customer: CustomerId::new(row.customer_id),
            number: row.number,
            amount: money(table, id, row.amount, currency)?,
            discount: row.discount.map(|discount| money(table, id, discount, currency)).transpose()?,
            write_off,
            effective_on: row.effective_on,
            state: known(table, id, "state", state)?,
            rule: known(table, id, "rule", MatchRule::parse(&row.rule))?,
            decided_by: row.decided_by.map(|name| stored(table, id, actor(&name))).transpose()?,
            tolerance_policy: row.tolerance_policy_id.map(PolicyId::new),
        })
    }
}

/// Adds pending allocations.
pub(crate) async fn insert_all(tx: &mut Tx, allocations: &[Allocation], now: DateTime<Utc>) -> Result<(), DbError> {
    if allocations.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = allocations.iter().map(|a| a.id.uuid()).collect();
    let batches: Vec<Uuid> = allocations.iter().map(|a| a.batch.uuid()).collect();
    let payments: Vec<Uuid> = allocations.iter().map(|a| a.payment.uuid()).collect();
    let items: Vec<Uuid> = allocations.iter().map(|a| a.item.uuid()).collect();
    let customers: Vec<Uuid> = allocations.iter().map(|a| a.customer.uuid()).collect();
    let numbers: Vec<String> = allocations.iter().map(|a| a.number.clone()).collect();
    let currencies: Vec<String> = allocations.iter().map(|a| a.amount.currency().code().to_owned()).collect();
    let amounts: Vec<Decimal> = allocations.iter().map(|a| a.amount.amount()).collect();
    let discounts: Vec<Option<Decimal>> = allocations.iter().map(|a| a.discount.map(Money::amount)).collect();
    let write_offs: Vec<Option<Decimal>> =
        allocations.iter().map(|a| a.write_off.map(|write_off| write_off.amount.amount())).collect();
    let reasons: Vec<Option<String>> =
        allocations.iter().map(|a| a.write_off.map(|write_off| write_off.reason.label().to_owned())).collect();
    let dates: Vec<NaiveDate> = allocations.iter().map(|a| a.effective_on).collect();
    let states: Vec<String> = allocations.iter().map(|a| a.state.label().to_owned()).collect();
    let rules: Vec<String> = allocations.iter().map(|a| a.rule.label().to_owned()).collect();
    let (callers, people) = deciders(allocations);
    let policies: Vec<Option<Uuid>> = allocations.iter().map(|a| a.tolerance_policy.map(PolicyId::uuid)).collect();
    sqlx::query!(
        "insert into allocation
           (tenant_id, id, batch_id, payment_id, item_id, customer_id, number, currency, amount, discount, write_off, write_off_reason, effective_on,
            state, rule, decided_by, decided_for, tolerance_policy_id, decided_at)
         select $1, v.*, $19
         from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::text[], $8::text[], $9::numeric[], $10::numeric[], $11::numeric[],
           $12::text[], $13::date[], $14::text[], $15::text[], $16::text[], $17::text[], $18::uuid[]) as v",
        tenant,
        &ids,
        &batches,
        &payments,
        &items,
        &customers,
        &numbers,
        &currencies,
        &amounts,
        &discounts as &[Option<Decimal>],
        &write_offs as &[Option<Decimal>],
        &reasons as &[Option<String>],
        &dates,
        &states,
        &rules,
        &callers as &[Option<&str>],
        &people as &[Option<&str>],
        &policies as &[Option<Uuid>],
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Who decided about each: the callers, and the people that they acted for.
fn deciders(allocations: &[Allocation]) -> (Vec<Option<&str>>, Vec<Option<&str>>) {
    let deciders = allocations.iter().map(|a| a.decided_by.as_ref());
    deciders.map(|by| (by.map(Actor::name), by.and_then(Actor::on_behalf_of))).unzip()
}

/// Updates the states of allocations whose payments are locked, and the dates from which they count.
pub(crate) async fn update_states(tx: &mut Tx, allocations: &[Allocation], now: DateTime<Utc>) -> Result<(), DbError> {
    if allocations.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = allocations.iter().map(|a| a.id.uuid()).collect();
    let states: Vec<String> = allocations.iter().map(|a| a.state.label().to_owned()).collect();
    let batches: Vec<Option<Uuid>> =
        allocations.iter().map(|a| a.state.reversal_batch().map(RequestId::uuid)).collect();
    let effective: Vec<NaiveDate> = allocations.iter().map(|a| a.effective_on).collect();
    let dates: Vec<Option<NaiveDate>> = allocations.iter().map(|a| a.state.reversed_on()).collect();
    let reasons: Vec<Option<String>> = allocations.iter().map(|a| a.state.reason().map(str::to_owned)).collect();
    let (callers, people) = deciders(allocations);
    let done = sqlx::query!(
        "update allocation a
         set state = v.state, effective_on = v.effective_on, reversal_batch_id = v.reversal_batch_id, reversed_on = v.reversed_on, reason = v.reason,
           decided_by = v.decided_by, decided_for = v.decided_for, decided_at = $10
         from unnest($2::uuid[], $3::text[], $4::date[], $5::uuid[], $6::date[], $7::text[], $8::text[], $9::text[])
           as v (id, state, effective_on, reversal_batch_id, reversed_on, reason, decided_by, decided_for)
         where a.tenant_id = $1 and a.id = v.id",
        tenant,
        &ids,
        &states,
        &effective,
        &batches as &[Option<Uuid>],
        &dates as &[Option<NaiveDate>],
        &reasons as &[Option<String>],
        &callers as &[Option<&str>],
        &people as &[Option<&str>],
        now,
    )
    .execute(&mut **tx)
    .await?;
    expect_rows(&done, "allocation", allocations.len())
}

/// The allocations of these payments, oldest first.
pub(crate) async fn of_payments(
    tx: &mut Tx,
    payments: &[PaymentId],
) -> Result<HashMap<PaymentId, Vec<Allocation>>, DbError> {
    let tenant = tx.tenant().uuid();
    let payments: Vec<Uuid> = payments.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query_as!(
        Row,
        "select id, batch_id, payment_id, item_id, customer_id, number, currency, amount, discount, write_off, write_off_reason, effective_on, state, rule,
           reversal_batch_id, reversed_on, reason, decided_by, decided_for, tolerance_policy_id
         from allocation
         where tenant_id = $1 and payment_id = any($2)
         order by payment_id, id",
        tenant,
        &payments,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut found: HashMap<PaymentId, Vec<Allocation>> = HashMap::new();
    for row in rows {
        let allocation = Allocation::try_from(row)?;
        found.entry(allocation.payment).or_default().push(allocation);
    }
    Ok(found)
}

/// These allocations, read under their payments' locks, in the order of their ids.
pub(crate) async fn find_all(tx: &mut Tx, ids: &[AllocationId]) -> Result<Vec<Allocation>, DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query_as!(
        Row,
        "select id, batch_id, payment_id, item_id, customer_id, number, currency, amount, discount, write_off, write_off_reason, effective_on, state, rule,
           reversal_batch_id, reversed_on, reason, decided_by, decided_for, tolerance_policy_id
         from allocation
         where tenant_id = $1 and id = any($2)
         order by id",
        tenant,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(Allocation::try_from).collect()
}

/// All allocations with a batch id, in the order of their ids: the request to invoicing is the same each time.
pub(crate) async fn of_batch(tx: &mut Tx, batch: RequestId) -> Result<Vec<Allocation>, DbError> {
    let rows = sqlx::query_as!(
        Row,
        "select id, batch_id, payment_id, item_id, customer_id, number, currency, amount, discount, write_off, write_off_reason, effective_on, state, rule,
           reversal_batch_id, reversed_on, reason, decided_by, decided_for, tolerance_policy_id
         from allocation
         where tenant_id = $1 and batch_id = $2
         order by id",
        tx.tenant().uuid(),
        batch.uuid(),
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(Allocation::try_from).collect()
}

/// All allocations being reversed under a batch id, in the order of their ids. They complete together.
pub(crate) async fn of_reversal_batch(tx: &mut Tx, batch: RequestId) -> Result<Vec<Allocation>, DbError> {
    let rows = sqlx::query_as!(
        Row,
        "select id, batch_id, payment_id, item_id, customer_id, number, currency, amount, discount, write_off, write_off_reason, effective_on, state, rule,
           reversal_batch_id, reversed_on, reason, decided_by, decided_for, tolerance_policy_id
         from allocation
         where tenant_id = $1 and reversal_batch_id = $2
         order by id",
        tx.tenant().uuid(),
        batch.uuid(),
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(Allocation::try_from).collect()
}
