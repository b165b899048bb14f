//! Credits of customers: what moved what remains of them.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{DbError, Tx};
use rust_decimal::Decimal;
use uuid::Uuid;

/// A movement of a credit.
#[derive(Debug)]
pub(crate) struct NewCreditEntry {
    pub(crate) event_id: Uuid,
    pub(crate) entry_id: Uuid,
    pub(crate) credit_id: Uuid,
    pub(crate) customer_id: Uuid,
    pub(crate) kind: &'static str,
    pub(crate) currency: String,
    pub(crate) amount: Decimal,
    pub(crate) effective_on: NaiveDate,
    pub(crate) recorded_at: DateTime<Utc>,
    pub(crate) known_at: DateTime<Utc>,
    pub(crate) position: i64,
}

/// Adds movements of credits.
pub(crate) async fn insert_all(tx: &mut Tx, entries: &[NewCreditEntry]) -> Result<(), DbError> {
    if entries.is_empty() {
        return Ok(());
    }
    let events: Vec<Uuid> = entries.iter().map(|e| e.event_id).collect();
    let ids: Vec<Uuid> = entries.iter().map(|e| e.entry_id).collect();
    let credits: Vec<Uuid> = entries.iter().map(|e| e.credit_id).collect();
    let customers: Vec<Uuid> = entries.iter().map(|e| e.customer_id).collect();
    let kinds: Vec<&str> = entries.iter().map(|e| e.kind).collect();
    let codes: Vec<&str> = entries.iter().map(|e| e.currency.as_str()).collect();
    let amounts: Vec<Decimal> = entries.iter().map(|e| e.amount).collect();
    let dates: Vec<NaiveDate> = entries.iter().map(|e| e.effective_on).collect();
    let times: Vec<DateTime<Utc>> = entries.iter().map(|e| e.recorded_at).collect();
    let known: Vec<DateTime<Utc>> = entries.iter().map(|e| e.known_at).collect();
    let positions: Vec<i64> = entries.iter().map(|e| e.position).collect();
    sqlx::query!(
        "insert into credit_entry
           (tenant_id, event_id, entry_id, credit_id, customer_id, kind, currency, amount, effective_on, recorded_at, known_at, position)
         select $1, *
         from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::numeric[], $9::date[], $10::timestamptz[], $11::timestamptz[],
           $12::bigint[])",
        tx.tenant().uuid(),
        &events,
        &ids,
        &credits,
        &customers,
        &kinds as &[&str],
        &codes as &[&str],
        &amounts,
        &dates,
        &times,
        &known,
        &positions,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
