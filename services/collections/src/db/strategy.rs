//! Strategies and their steps.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use quittance_db::{
    Column, DbError, List, Place, Range, Tx, Window, expect_rows,
    row::{integer, stored},
};
use quittance_kernel::StrategyId;
use uuid::Uuid;

use crate::{
    Error,
    domain::{Step, Strategy},
};

/// Adds a strategy. Its name is unique in the tenant.
pub(crate) async fn insert(tx: &mut Tx, strategy: &Strategy) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "insert into strategy (tenant_id, id, name, is_default, version, created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $7)",
        tenant,
        strategy.id.uuid(),
        strategy.name,
        strategy.is_default,
        integer("strategy", strategy.id.uuid(), strategy.version)?,
        strategy.created_at,
        strategy.updated_at,
    )
    .execute(&mut **tx)
    .await?;
    insert_steps(tx, strategy).await
}

/// Updates a strategy and replaces its steps. The caller must have locked the tenant.
pub(crate) async fn update(tx: &mut Tx, strategy: &Strategy) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    let done = sqlx::query!(
        "update strategy
         set name = $3, is_default = $4, version = $5, updated_at = $6
         where tenant_id = $1 and id = $2 and version = $5 - 1",
        tenant,
        strategy.id.uuid(),
        strategy.name,
        strategy.is_default,
        integer("strategy", strategy.id.uuid(), strategy.version)?,
        strategy.updated_at,
    )
    .execute(&mut **tx)
    .await?;
    expect_rows(&done, "strategy", 1)?;
    sqlx::query!("delete from strategy_step where tenant_id = $1 and strategy_id = $2", tenant, strategy.id.uuid())
        .execute(&mut **tx)
        .await?;
    insert_steps(tx, strategy).await
}

/// Deletes a strategy with its steps. The caller must have locked the tenant. One that a run used violates `dunning_run_strategy_exists`.
pub(crate) async fn delete(tx: &mut Tx, id: StrategyId) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    sqlx::query!("delete from strategy_step where tenant_id = $1 and strategy_id = $2", tenant, id.uuid())
        .execute(&mut **tx)
        .await?;
    let done = sqlx::query!("delete from strategy where tenant_id = $1 and id = $2", tenant, id.uuid())
        .execute(&mut **tx)
        .await?;
    expect_rows(&done, "strategy", 1)
}

/// Whether the tenant has a strategy besides this one.
pub(crate) async fn has_another(tx: &mut Tx, than: StrategyId) -> Result<bool, DbError> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from strategy where tenant_id = $1 and id <> $2) as "found!""#,
        tx.tenant().uuid(),
        than.uuid(),
    );
    Ok(found.fetch_one(&mut **tx).await?)
}

/// Clears the default flag of the strategy that has it, unless it is this one. Returns the one that is changed.
pub(crate) async fn unset_default(
    tx: &mut Tx,
    but: StrategyId,
    now: DateTime<Utc>,
) -> Result<Option<StrategyId>, DbError> {
    let changed = sqlx::query_scalar!(
        "update strategy
         set is_default = false, version = version + 1, updated_at = $3
         where tenant_id = $1 and is_default and id <> $2
         returning id",
        tx.tenant().uuid(),
        but.uuid(),
        now,
    );
    Ok(changed.fetch_optional(&mut **tx).await?.map(StrategyId::new))
}

async fn insert_steps(tx: &mut Tx, strategy: &Strategy) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    let offsets: Vec<i32> = strategy.steps.iter().map(|s| s.offset_days).collect();
    let names: Vec<String> = strategy.steps.iter().map(|s| s.name.clone()).collect();
    let subjects: Vec<String> = strategy.steps.iter().map(|s| s.subject_template.clone()).collect();
    let bodies: Vec<String> = strategy.steps.iter().map(|s| s.body_template.clone()).collect();
    sqlx::query!(
        "insert into strategy_step (tenant_id, strategy_id, place, offset_days, name, subject_template, body_template)
         select $1, $2, s.place, s.offset_days, s.name, s.subject, s.body
         from unnest($3::int[], $4::text[], $5::text[], $6::text[]) with ordinality as s (offset_days, name, subject, body, place)",
        tenant,
        strategy.id.uuid(),
        &offsets,
        &names,
        &subjects,
        &bodies,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A strategy.
pub(crate) async fn find(tx: &mut Tx, id: StrategyId) -> Result<Strategy, Error> {
    find_all(tx, &[id.uuid()]).await?.pop().ok_or(Error::StrategyNotFound(id))
}

/// The tenant's default strategy.
pub(crate) async fn find_default(tx: &mut Tx) -> Result<Strategy, Error> {
    let tenant = tx.tenant().uuid();
    let id = sqlx::query_scalar!("select id from strategy where tenant_id = $1 and is_default", tenant)
        .fetch_optional(&mut **tx)
        .await?;
    find(tx, StrategyId::new(id.ok_or(Error::NoDefaultStrategy)?)).await
}

/// These strategies; those that do not exist are left out.
pub(crate) async fn find_all(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<Strategy>, DbError> {
    let rows = sqlx::query_as!(
        Row,
        "select s.id, name, is_default, version, created_at, updated_at
         from unnest($2::uuid[]) as requested (id)
         join strategy s on s.tenant_id = $1 and s.id = requested.id",
        tx.tenant().uuid(),
        ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    with_steps(tx, rows).await
}

/// The orders of a list of strategies.
pub(crate) const ORDERS: [(&str, Column); 2] =
    [("create_time", Column::Id), ("update_time", Column::Time("updated_at"))];

/// Where the strategies of a page stand in their list: only those changed in this time.
pub(crate) async fn list(tx: &mut Tx, updated_at: Range<DateTime<Utc>>, window: Window) -> Result<Vec<Place>, DbError> {
    places(tx, updated_at, window).places(tx).await
}

/// The statement for them.
pub(super) fn places(tx: &Tx, updated_at: Range<DateTime<Utc>>, window: Window) -> List {
    let mut list = List::new(tx, "strategy", ["tenant_id", "id"], window);
    list.within(["updated_at >= ", "updated_at < "], updated_at);
    list
}

/// Whether the tenant has any strategy.
pub(crate) async fn has_any(tx: &mut Tx) -> Result<bool, DbError> {
    let tenant = tx.tenant().uuid();
    Ok(sqlx::query_scalar!(r#"select exists (select from strategy where tenant_id = $1) as "exists!""#, tenant)
        .fetch_one(&mut **tx)
        .await?)
}

struct Row {
    id: Uuid,
    name: String,
    is_default: bool,
    version: i32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

async fn with_steps(tx: &mut Tx, rows: Vec<Row>) -> Result<Vec<Strategy>, DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let found = sqlx::query!(
        "select strategy_id, offset_days, name, subject_template, body_template
         from strategy_step
         where tenant_id = $1 and strategy_id = any($2)
         order by strategy_id, place",
        tenant,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut steps: HashMap<Uuid, Vec<Step>> = HashMap::new();
    for row in found {
        let step = Step {
            offset_days: row.offset_days,
            name: row.name,
            subject_template: row.subject_template,
            body_template: row.body_template,
        };
        steps.entry(row.strategy_id).or_default().push(step);
    }
    rows.into_iter()
        .map(|row| {
            Ok(Strategy {
                id: StrategyId::new(row.id),
                name: row.name,
                steps: stored("strategy", row.id, steps.remove(&row.id).ok_or("has no steps"))?,
                is_default: row.is_default,
                version: stored("strategy", row.id, u32::try_from(row.version))?,
                created_at: row.created_at,
                updated_at: row.updated_at,
            })
        })
        .collect()
}
