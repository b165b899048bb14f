//! Payments, and when they are due for matching.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{
    DbError, Tx, expect_rows,
    row::{integer, known, metadata, metadata_json, money, stored},
};
use quittance_kernel::{Currency, CustomerId, PaymentId};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::domain::{MatchOutcome, MatchRule, Method, Payment, UnappliedReason};

/// A payment with its matching state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredPayment {
    /// The payment.
    pub(crate) payment: Payment,
    /// A person applied or unapplied it: it is excluded from automatic matching.
    pub(crate) is_manual: bool,
    /// How often invoicing refused a match.
    pub(crate) refusals: i32,
    /// When it is due for matching again; `None`: not due.
    pub(crate) match_due_at: Option<DateTime<Utc>>,
    /// The entry of the bank file it came from. Written once.
    pub(crate) envelope: Option<Uuid>,
}

impl StoredPayment {
    /// The payment after a person's decision: excluded from automatic matching.
    pub(crate) fn decided(self, payment: Payment) -> Self {
        Self { payment, is_manual: true, match_due_at: None, ..self }
    }
}

struct Row {
    id: Uuid,
    customer_id: Option<Uuid>,
    currency: String,
    amount: Decimal,
    received_on: NaiveDate,
    method: String,
    payer_name: String,
    payer_account: String,
    text: String,
    external_reference: Option<String>,
    advice: String,
    metadata: serde_json::Value,
    applied: Decimal,
    pending: Decimal,
    unapplied: Decimal,
    match_rule: Option<String>,
    evidence: Vec<String>,
    unapplied_reason: Option<String>,
    by_hand: bool,
    refusals: i32,
    match_due_at: Option<DateTime<Utc>>,
    version: i32,
    recorded_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl TryFrom<Row> for StoredPayment {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let (table, id) = ("payment", row.id);
        let currency = stored(table, id, Currency::parse(&row.currency))?;
        let rule = row.match_rule.map(|label| known(table, id, "match_rule", MatchRule::parse(&label))).transpose()?;
        let reason = row
            .unapplied_reason
            .map(|label| known(table, id, "unapplied_reason", UnappliedReason::parse(&label)))
            .transpose()?;
        let payment = Payment {
            id: PaymentId::new(id),
            customer: row.customer_id.map(CustomerId::new),
            amount: money(table, id, row.amount, currency)?,
            received_on: row.received_on,
            method: known(table, id, "method", Method::parse(&row.method))?,
            payer_name: row.payer_name,
            payer_account: row.payer_account,
            text: row.text,
            external_reference: row.external_reference,
            advice: stored(table, id, serde_json::from_str(&row.advice))?,
            metadata: metadata(table, id, row.metadata)?,
            applied: money(table, id, row.applied, currency)?,
            pending: money(table, id, row.pending, currency)?,
            unapplied: money(table, id, row.unapplied, currency)?,
            match_outcome: MatchOutcome { rule, evidence: row.evidence, unapplied_reason: reason },
            version: stored(table, id, u32::try_from(row.version))?,
            recorded_at: row.recorded_at,
            updated_at: row.updated_at,
        };
        Ok(Self {
            payment,
            is_manual: row.by_hand,
            refusals: row.refusals,
            match_due_at: row.match_due_at,
            envelope: None,
        })
    }
}

/// Evidence as one text per payment: SQL arrays of arrays need equal lengths, so the parts are joined with a character that no text has.
const SEPARATOR: &str = "\u{1f}";

/// Adds payments.
pub(crate) async fn insert_all(tx: &mut Tx, payments: &[StoredPayment]) -> Result<(), DbError> {
    if payments.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant().uuid();
    let all = || payments.iter().map(|stored| &stored.payment);
    let ids: Vec<Uuid> = all().map(|p| p.id.uuid()).collect();
    let customers: Vec<Option<Uuid>> = all().map(|p| p.customer.map(CustomerId::uuid)).collect();
    let currencies: Vec<String> = all().map(|p| p.amount.currency().code().to_owned()).collect();
    let amounts: Vec<Decimal> = all().map(|p| p.amount.amount()).collect();
    let received: Vec<NaiveDate> = all().map(|p| p.received_on).collect();
    let methods: Vec<String> = all().map(|p| p.method.label().to_owned()).collect();
    let names: Vec<String> = all().map(|p| p.payer_name.clone()).collect();
    let accounts: Vec<String> = all().map(|p| p.payer_account.clone()).collect();
    let texts: Vec<String> = all().map(|p| p.text.clone()).collect();
    let references: Vec<Option<String>> = all().map(|p| p.external_reference.clone()).collect();
    let advice: Vec<String> =
        all().map(|p| stored("payment", p.id.uuid(), serde_json::to_string(&p.advice))).collect::<Result<_, _>>()?;
    let envelopes: Vec<Option<Uuid>> = payments.iter().map(|stored| stored.envelope).collect();
    let changing = Changing::of(payments)?;
    let recorded: Vec<DateTime<Utc>> = all().map(|p| p.recorded_at).collect();
    let metadata: Vec<serde_json::Value> = all().map(|p| metadata_json(&p.metadata)).collect();
    sqlx::query!(
        "insert into payment (tenant_id, id, customer_id, currency, amount, received_on, method, payer_name, payer_account, text, external_reference,
           applied, pending, unapplied, match_rule, evidence, unapplied_reason, by_hand, refusals, match_due_at, version, recorded_at, advice, envelope_id,
           updated_at, metadata)
         select $1, v.id, v.customer_id, v.currency, v.amount, v.received_on, v.method, v.payer_name, v.payer_account, v.text, v.external_reference,
           v.applied, v.pending, v.unapplied, v.match_rule, string_to_array(v.evidence, $22), v.unapplied_reason, v.by_hand, v.refusals,
           v.match_due_at, v.version, v.recorded_at, v.advice::jsonb, v.envelope_id, v.recorded_at, v.metadata
         from unnest($2::uuid[], $3::uuid[], $4::text[], $5::numeric[], $6::date[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
             $12::numeric[], $13::numeric[], $14::numeric[], $15::text[], $16::text[], $17::text[], $18::bool[], $19::int[], $20::timestamptz[],
             $21::int[], $23::timestamptz[], $24::text[], $25::uuid[], $26::jsonb[])
           as v (id, customer_id, currency, amount, received_on, method, payer_name, payer_account, text, external_reference, applied, pending,
             unapplied, match_rule, evidence, unapplied_reason, by_hand, refusals, match_due_at, version, recorded_at, advice, envelope_id,
             metadata)",
        tenant,
        &ids,
        &customers as &[Option<Uuid>],
        &currencies,
        &amounts,
        &received,
        &methods,
        &names,
        &accounts,
        &texts,
        &references as &[Option<String>],
        &changing.applied,
        &changing.pending,
        &changing.unapplied,
        &changing.rules as &[Option<String>],
        &changing.evidence,
        &changing.reasons as &[Option<String>],
        &changing.by_hand,
        &changing.refusals,
        &changing.match_due_at as &[Option<DateTime<Utc>>],
        &changing.versions,
        SEPARATOR,
        &recorded,
        &advice,
        &envelopes as &[Option<Uuid>],
        &metadata,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The mutable columns of payments.
struct Changing {
    applied: Vec<Decimal>,
    pending: Vec<Decimal>,
    unapplied: Vec<Decimal>,
    rules: Vec<Option<String>>,
    evidence: Vec<String>,
    reasons: Vec<Option<String>>,
    by_hand: Vec<bool>,
    refusals: Vec<i32>,
    match_due_at: Vec<Option<DateTime<Utc>>>,
    versions: Vec<i32>,
}

impl Changing {
    fn of(payments: &[StoredPayment]) -> Result<Self, DbError> {
        let all = || payments.iter().map(|stored| &stored.payment);
        Ok(Self {
            applied: all().map(|p| p.applied.amount()).collect(),
            pending: all().map(|p| p.pending.amount()).collect(),
            unapplied: all().map(|p| p.unapplied.amount()).collect(),
            rules: all().map(|p| p.match_outcome.rule.map(|rule| rule.label().to_owned())).collect(),
            evidence: all().map(|p| p.match_outcome.evidence.join(SEPARATOR)).collect(),
            reasons: all().map(|p| p.match_outcome.unapplied_reason.map(|reason| reason.label().to_owned())).collect(),
            by_hand: payments.iter().map(|stored| stored.is_manual).collect(),
            refusals: payments.iter().map(|stored| stored.refusals).collect(),
            match_due_at: payments.iter().map(|stored| stored.match_due_at).collect(),
            versions: all().map(|p| integer("payment", p.id.uuid(), p.version)).collect::<Result<_, _>>()?,
        })
    }
}

/// Updates locked payments.
pub(crate) async fn update_all(tx: &mut Tx, payments: &[StoredPayment]) -> Result<(), DbError> {
    if payments.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = payments.iter().map(|stored| stored.payment.id.uuid()).collect();
    let customers: Vec<Option<Uuid>> =
        payments.iter().map(|stored| stored.payment.customer.map(CustomerId::uuid)).collect();
    let updated: Vec<DateTime<Utc>> = payments.iter().map(|stored| stored.payment.updated_at).collect();
    let changing = Changing::of(payments)?;
    let done = sqlx::query!(
        "update payment p
         set customer_id = v.customer_id, applied = v.applied, pending = v.pending, unapplied = v.unapplied, match_rule = v.match_rule,
           evidence = string_to_array(v.evidence, $14), unapplied_reason = v.unapplied_reason, by_hand = v.by_hand, refusals = v.refusals,
           match_due_at = v.match_due_at, version = v.version, updated_at = v.updated_at
         from unnest($2::uuid[], $3::uuid[], $4::numeric[], $5::numeric[], $6::numeric[], $7::text[], $8::text[], $9::text[], $10::bool[], $11::int[],
             $12::timestamptz[], $13::int[], $15::timestamptz[])
           as v (id, customer_id, applied, pending, unapplied, match_rule, evidence, unapplied_reason, by_hand, refusals, match_due_at, version, updated_at)
         where p.tenant_id = $1 and p.id = v.id",
        tenant,
        &ids,
        &customers as &[Option<Uuid>],
        &changing.applied,
        &changing.pending,
        &changing.unapplied,
        &changing.rules as &[Option<String>],
        &changing.evidence,
        &changing.reasons as &[Option<String>],
        &changing.by_hand,
        &changing.refusals,
        &changing.match_due_at as &[Option<DateTime<Utc>>],
        &changing.versions,
        SEPARATOR,
        &updated,
    )
    .execute(&mut **tx)
    .await?;
    expect_rows(&done, "payment", payments.len())
}

/// These payments, locked until the transaction ends, in the order of their ids, so that transactions do not deadlock.
pub(crate) async fn lock_all(tx: &mut Tx, ids: &[PaymentId]) -> Result<HashMap<PaymentId, StoredPayment>, DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"select id, customer_id, currency, amount, received_on, method, payer_name, payer_account, text, external_reference,
           advice::text as "advice!", applied, pending, unapplied,
           match_rule, evidence, unapplied_reason, by_hand, refusals, match_due_at, version, recorded_at, updated_at, metadata
         from payment
         where tenant_id = $1 and id = any($2)
         order by id
         for update"#,
        tenant,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(|row| StoredPayment::try_from(row).map(|stored| (stored.payment.id, stored))).collect()
}

/// These payments.
pub(crate) async fn find_all(tx: &mut Tx, ids: &[PaymentId]) -> Result<HashMap<PaymentId, Payment>, DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"select id, customer_id, currency, amount, received_on, method, payer_name, payer_account, text, external_reference,
           advice::text as "advice!", applied, pending, unapplied,
           match_rule, evidence, unapplied_reason, by_hand, refusals, match_due_at, version, recorded_at, updated_at, metadata
         from payment
         where tenant_id = $1 and id = any($2)"#,
        tenant,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(|row| StoredPayment::try_from(row).map(|stored| (stored.payment.id, stored.payment))).collect()
}

/// The external references that are already used.
pub(crate) async fn taken_references(tx: &mut Tx, references: &[String]) -> Result<HashSet<String>, DbError> {
    let tenant = tx.tenant().uuid();
    let found = sqlx::query_scalar!(
        r#"select external_reference as "reference!" from payment where tenant_id = $1 and external_reference = any($2)"#,
        tenant,
        references,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found.into_iter().collect())
}

/// Payments due for matching, locked until the transaction ends; those locked by another transaction are skipped.
pub(crate) async fn lock_due(tx: &mut Tx, now: DateTime<Utc>, limit: i64) -> Result<Vec<StoredPayment>, DbError> {
    let tenant = tx.tenant().uuid();
    let rows = sqlx::query_as!(
        Row,
        r#"select id, customer_id, currency, amount, received_on, method, payer_name, payer_account, text, external_reference,
           advice::text as "advice!", applied, pending, unapplied,
           match_rule, evidence, unapplied_reason, by_hand, refusals, match_due_at, version, recorded_at, updated_at, metadata
         from payment
         where tenant_id = $1 and match_due_at <= $2
         order by match_due_at, id
         limit $3
         for update skip locked"#,
        tenant,
        now,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(StoredPayment::try_from).collect()
}

/// The window of duplicate payments in days, as in [`quittance_matching::Book`].
const REPEATS_WITHIN_DAYS: i32 = 7;

/// Applied payments with the account and amount of one of these, within the window.
pub(crate) async fn applied_alike(tx: &mut Tx, payments: &[Payment]) -> Result<Vec<Payment>, DbError> {
    let tenant = tx.tenant().uuid();
    let with_account = || payments.iter().filter(|payment| !payment.payer_account.is_empty());
    let ids: Vec<Uuid> = with_account().map(|payment| payment.id.uuid()).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let accounts: Vec<String> = with_account().map(|payment| payment.payer_account.clone()).collect();
    let days: Vec<NaiveDate> = with_account().map(|payment| payment.received_on).collect();
    let amounts: Vec<Decimal> = with_account().map(|payment| payment.amount.amount()).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"select distinct p.id, p.customer_id, p.currency, p.amount, p.received_on, p.method, p.payer_name, p.payer_account, p.text,
           p.external_reference, p.advice::text as "advice!", p.applied, p.pending, p.unapplied, p.match_rule, p.evidence, p.unapplied_reason, p.by_hand, p.refusals,
           p.match_due_at, p.version, p.recorded_at, p.updated_at, p.metadata
         from unnest($2::uuid[], $3::text[], $4::date[], $5::numeric[]) as requested (id, account, received_on, amount)
         join payment p
           on p.tenant_id = $1 and p.payer_account = requested.account and p.payer_account <> ''
           and p.received_on between requested.received_on - $6::int and requested.received_on + $6::int
         where p.id <> requested.id and p.amount = requested.amount and p.unapplied < p.amount"#,
        tenant,
        &ids,
        &accounts,
        &days,
        &amounts,
        REPEATS_WITHIN_DAYS,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(|row| StoredPayment::try_from(row).map(|stored| stored.payment)).collect()
}
