//! Policies, in the transactions of one tenant.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{
    Column, DbError, List, Place, Tx, Window, expect_rows,
    row::{integer, stored},
};
use quittance_kernel::PolicyId;
use uuid::Uuid;

use crate::policy::{Activation, Content, Policy, State};

const TABLE: &str = "policy";

struct Row {
    id: Uuid,
    content: serde_json::Value,
    description: String,
    number: Option<i32>,
    effective_on: Option<NaiveDate>,
    activated_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl Row {
    fn policy<C: Content>(self) -> Result<Policy<C>, DbError> {
        let number = self.number.map(|number| stored(TABLE, self.id, u32::try_from(number))).transpose()?;
        let state = match (number, self.effective_on, self.activated_at) {
            (Some(number), Some(effective_on), Some(at)) => State::Active(Activation { number, effective_on, at }),
            _ => State::Draft,
        };
        Ok(Policy {
            id: PolicyId::new(self.id),
            content: stored(TABLE, self.id, serde_json::from_value(self.content))?,
            description: self.description,
            state,
            created_at: self.created_at,
        })
    }
}

/// Adds a draft.
pub async fn insert<C: Content>(tx: &mut Tx, policy: &Policy<C>) -> Result<(), DbError> {
    let content = stored(TABLE, policy.id.uuid(), serde_json::to_value(&policy.content))?;
    sqlx::query!(
        "insert into policy (tenant_id, id, kind, content, description, created_at)
         values ($1, $2, $3, $4, $5, $6)",
        tx.tenant().uuid(),
        policy.id.uuid(),
        policy.content.kind(),
        content,
        policy.description,
        policy.created_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The next number of a kind, until the transaction ends: concurrent activations wait for each other.
pub async fn next_number(tx: &mut Tx, kind: &str) -> Result<u32, DbError> {
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('policy ' || $2 || $1::text, 0))",
        tenant.to_string(),
        kind
    )
    .execute(&mut **tx)
    .await?;
    let next = sqlx::query_scalar!(
        r#"select coalesce(max(number), 0) + 1 as "next!" from policy where tenant_id = $1 and kind = $2"#,
        tenant,
        kind,
    );
    stored(TABLE, tenant, u32::try_from(next.fetch_one(&mut **tx).await?))
}

/// Stores the activation of a locked draft.
pub async fn activate(tx: &mut Tx, id: PolicyId, activation: &Activation) -> Result<(), DbError> {
    let done = sqlx::query!(
        "update policy
         set number = $3, effective_on = $4, activated_at = $5
         where tenant_id = $1 and id = $2 and number is null",
        tx.tenant().uuid(),
        id.uuid(),
        integer(TABLE, id.uuid(), activation.number)?,
        activation.effective_on,
        activation.at,
    )
    .execute(&mut **tx)
    .await?;
    expect_rows(&done, TABLE, 1)
}

/// Deletes a locked draft.
pub async fn delete(tx: &mut Tx, id: PolicyId) -> Result<(), DbError> {
    let done = sqlx::query!(
        "delete from policy where tenant_id = $1 and id = $2 and number is null",
        tx.tenant().uuid(),
        id.uuid(),
    )
    .execute(&mut **tx)
    .await?;
    expect_rows(&done, TABLE, 1)
}

/// A policy.
pub async fn find<C: Content>(tx: &mut Tx, id: PolicyId) -> Result<Option<Policy<C>>, DbError> {
    Ok(find_all(tx, &[id.uuid()]).await?.pop())
}

/// The same, locked until the transaction ends.
pub async fn lock<C: Content>(tx: &mut Tx, id: PolicyId) -> Result<Option<Policy<C>>, DbError> {
    sqlx::query!("select id from policy where tenant_id = $1 and id = $2 for update", tx.tenant().uuid(), id.uuid())
        .fetch_optional(&mut **tx)
        .await?;
    find(tx, id).await
}

/// These policies; those that do not exist are left out.
pub async fn find_all<C: Content>(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<Policy<C>>, DbError> {
    let rows = sqlx::query_as!(
        Row,
        "select p.id, content, description, number, effective_on, activated_at, created_at
         from unnest($2::uuid[]) as requested (id)
         join policy p on p.tenant_id = $1 and p.id = requested.id",
        tx.tenant().uuid(),
        ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(Row::policy).collect()
}

/// The policy of a kind that is in force on a day.
pub async fn in_force<C: Content>(tx: &mut Tx, kind: &str, day: NaiveDate) -> Result<Option<Policy<C>>, DbError> {
    let row = sqlx::query_as!(
        Row,
        "select id, content, description, number, effective_on, activated_at, created_at
         from policy
         where tenant_id = $1 and kind = $2 and number is not null and effective_on <= $3
         order by effective_on desc, number desc
         limit 1",
        tx.tenant().uuid(),
        kind,
        day,
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.map(Row::policy).transpose()
}

/// The filters of a list of policies.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only of this kind.
    pub kind: Option<String>,
    /// Only active ones, or only drafts.
    pub is_active: Option<bool>,
}

/// The orders of a list of policies.
pub const ORDERS: [(&str, Column); 1] = [("create_time", Column::Time("created_at"))];

/// Where the policies of a page stand in their list.
pub async fn list(tx: &mut Tx, filter: Filter, window: Window) -> Result<Vec<Place>, DbError> {
    let mut list = List::new(tx, TABLE, ["tenant_id", "id"], window);
    list.compare("kind = ", filter.kind);
    match filter.is_active {
        None => {}
        Some(true) => list.only("number is not null"),
        Some(false) => list.only("number is null"),
    }
    list.places(tx).await
}
