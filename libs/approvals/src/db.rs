//! Approvals, in the transactions of one tenant.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use quittance_db::{
    Column, DbError, List, Place, Range, Tx, Window, expect_rows,
    row::{known, money, stored},
};
use quittance_kernel::{Actor, ApprovalId, Currency, CustomerId, Money, PolicyId, RequestId};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::approval::{Approval, Decision, State, Verdict};

const TABLE: &str = "approval";

struct Row {
    id: Uuid,
    method: String,
    subject: String,
    customer_id: Option<Uuid>,
    request: Vec<u8>,
    amount: Option<Decimal>,
    threshold: Option<Decimal>,
    currency: Option<String>,
    policy_id: Uuid,
    reason: String,
    requested_by: String,
    requested_on_behalf_of: Option<String>,
    request_id: Option<Uuid>,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    decision: Option<String>,
    decided_by: Option<String>,
    decided_on_behalf_of: Option<String>,
    decided_at: Option<DateTime<Utc>>,
    note: Option<String>,
    result: Option<String>,
}

impl TryFrom<Row> for Approval {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let id = row.id;
        let actor = |name: &str, person: Option<&str>| stored(TABLE, id, Actor::named(name, person));
        let currency = row.currency.map(|code| stored(TABLE, id, Currency::parse(&code))).transpose()?;
        let amount = |amount: Option<Decimal>| {
            amount.zip(currency).map(|(amount, currency)| money(TABLE, id, amount, currency)).transpose()
        };
        let verdict = match (row.decision.as_deref(), row.result) {
            (None, None) => None,
            (Some("approved"), Some(result)) => Some(Verdict::Approved { result }),
            (Some("rejected"), None) => Some(Verdict::Rejected),
            _ => known(TABLE, id, "decision", None)?,
        };
        let decided = verdict.zip(row.decided_by).zip(row.decided_at.zip(row.note));
        let decision = decided.map(|((verdict, by), (at, note))| {
            actor(&by, row.decided_on_behalf_of.as_deref()).map(|by| Decision { verdict, by, note, at })
        });
        Ok(Self {
            id: ApprovalId::new(id),
            method: row.method,
            subject: row.subject,
            customer: row.customer_id.map(CustomerId::new),
            request: row.request,
            amount: amount(row.amount)?,
            threshold: amount(row.threshold)?,
            policy: PolicyId::new(row.policy_id),
            reason: row.reason,
            requested_by: actor(&row.requested_by, row.requested_on_behalf_of.as_deref())?,
            request_id: row.request_id.map(RequestId::new),
            created_at: row.created_at,
            expires_at: row.expires_at,
            decision: decision.transpose()?,
        })
    }
}

/// Adds an approval that waits.
pub(crate) async fn insert(tx: &mut Tx, approval: &Approval) -> Result<(), DbError> {
    sqlx::query!(
        "insert into approval
           (tenant_id, id, method, subject, customer_id, request, amount, threshold, currency, policy_id, reason, requested_by,
            requested_on_behalf_of, request_id, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        tx.tenant().uuid(),
        approval.id.uuid(),
        approval.method,
        approval.subject,
        approval.customer.map(CustomerId::uuid),
        approval.request,
        approval.amount.map(Money::amount),
        approval.threshold.map(Money::amount),
        approval.amount.map(|amount| amount.currency().code()),
        approval.policy.uuid(),
        approval.reason,
        approval.requested_by.name(),
        approval.requested_by.on_behalf_of(),
        approval.request_id.map(RequestId::uuid),
        approval.created_at,
        approval.expires_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Stores the decision of a locked approval that had none.
pub(crate) async fn decide(tx: &mut Tx, id: ApprovalId, decision: &Decision) -> Result<(), DbError> {
    let (label, result) = match &decision.verdict {
        Verdict::Approved { result } => ("approved", Some(result.as_str())),
        Verdict::Rejected => ("rejected", None),
    };
    let done = sqlx::query!(
        "update approval
         set decision = $3, decided_by = $4, decided_on_behalf_of = $5, decided_at = $6, note = $7, result = $8
         where tenant_id = $1 and id = $2 and decision is null",
        tx.tenant().uuid(),
        id.uuid(),
        label,
        decision.by.name(),
        decision.by.on_behalf_of(),
        decision.at,
        decision.note,
        result,
    )
    .execute(&mut **tx)
    .await?;
    expect_rows(&done, TABLE, 1)
}

/// An approval.
pub(crate) async fn find(tx: &mut Tx, id: ApprovalId) -> Result<Option<Approval>, DbError> {
    Ok(find_all(tx, &[id.uuid()]).await?.pop())
}

/// The same, locked until the transaction ends.
pub(crate) async fn lock(tx: &mut Tx, id: ApprovalId) -> Result<Option<Approval>, DbError> {
    sqlx::query!("select id from approval where tenant_id = $1 and id = $2 for update", tx.tenant().uuid(), id.uuid())
        .fetch_optional(&mut **tx)
        .await?;
    find(tx, id).await
}

/// These approvals; those that do not exist are left out.
pub(crate) async fn find_all(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<Approval>, DbError> {
    let rows = sqlx::query_as!(
        Row,
        "select a.id, method, subject, customer_id, request, amount, threshold, currency, policy_id, reason, requested_by,
           requested_on_behalf_of, request_id, created_at, expires_at, decision, decided_by, decided_on_behalf_of, decided_at, note, result
         from unnest($2::uuid[]) as requested (id)
         join approval a on a.tenant_id = $1 and a.id = requested.id",
        tx.tenant().uuid(),
        ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(Approval::try_from).collect()
}

/// The filters of a list of approvals.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    /// Only in this state at this time.
    pub(crate) state: Option<(State, DateTime<Utc>)>,
    /// Only about this resource.
    pub(crate) subject: Option<String>,
    /// Only of this method.
    pub(crate) method: Option<String>,
    /// Only those requested in this time.
    pub(crate) created_at: Range<DateTime<Utc>>,
}

/// The orders of a list of approvals.
pub(crate) const ORDERS: [(&str, Column); 1] = [("create_time", Column::Time("created_at"))];

/// The approvals of a page, and where they stand in their list.
pub(crate) async fn list(tx: &mut Tx, filter: Filter, window: Window) -> Result<Vec<(Place, Approval)>, DbError> {
    let mut list = List::new(tx, TABLE, ["tenant_id", "id"], window);
    match filter.state {
        None => {}
        Some((State::Pending, now)) => {
            list.only("decision is null");
            list.compare("expires_at > ", Some(now));
        }
        Some((State::Expired, now)) => {
            list.only("decision is null");
            list.compare("expires_at <= ", Some(now));
        }
        Some((State::Approved, _)) => list.only("decision = 'approved'"),
        Some((State::Rejected, _)) => list.only("decision = 'rejected'"),
    }
    list.compare("subject = ", filter.subject);
    list.compare("method = ", filter.method);
    list.within(["created_at >= ", "created_at < "], filter.created_at);
    let places = list.places(tx).await?;
    let ids: Vec<Uuid> = places.iter().map(|place| place.id).collect();
    let mut found: HashMap<Uuid, Approval> =
        find_all(tx, &ids).await?.into_iter().map(|approval| (approval.id.uuid(), approval)).collect();
    Ok(places.into_iter().filter_map(|place| found.remove(&place.id).map(|approval| (place, approval))).collect())
}
