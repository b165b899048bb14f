//! Strategies and their steps.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use quittance_db::{
    DbError, Tx, expect_rows,
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
        "insert into strategy (tenant_id, id, name, is_default, version, created_at) values ($1, $2, $3, $4, $5, $6)",
        tenant,
        strategy.id.uuid(),
        strategy.name,
        strategy.is_default,
        integer("strategy", strategy.id.uuid(), strategy.version)?,
        strategy.created_at,
    )
    .execute(&mut **tx)
    .await?;
    insert_steps(tx, strategy).await
}

/// Updates a strategy and replaces its steps. The caller must have locked the tenant.
pub(crate) async fn update(tx: &mut Tx, strategy: &Strategy) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    let done = sqlx::query!(
        "update strategy set name = $3, is_default = $4, version = $5 where tenant_id = $1 and id = $2 and version = $5 - 1",
        tenant,
        strategy.id.uuid(),
        strategy.name,
        strategy.is_default,
        integer("strategy", strategy.id.uuid(), strategy.version)?,
    )
    .execute(&mut **tx)
    .await?;
    expect_rows(&done, "strategy", 1)?;
    sqlx::query!("delete from strategy_step where tenant_id = $1 and strategy_id = $2", tenant, strategy.id.uuid())
        .execute(&mut **tx)
        .await?;
    insert_steps(tx, strategy).await
}

/// Clears the default flag of all strategies but this one.
pub(crate) async fn unset_default(tx: &mut Tx, but: StrategyId) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "update strategy set is_default = false, version = version + 1 where tenant_id = $1 and is_default and id <> $2",
        tenant,
        but.uuid(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
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
    find_one(tx, Some(id)).await?.ok_or(Error::StrategyNotFound(id))
}

/// The tenant's default strategy.
pub(crate) async fn find_default(tx: &mut Tx) -> Result<Strategy, Error> {
    find_one(tx, None).await?.ok_or(Error::NoDefaultStrategy)
}

/// The strategy with this id; `None` for the default.
async fn find_one(tx: &mut Tx, id: Option<StrategyId>) -> Result<Option<Strategy>, DbError> {
    let rows = sqlx::query_as!(
        Row,
        "select id, name, is_default, version, created_at
         from strategy
         where tenant_id = $1 and (id = $2 or ($2 is null and is_default))",
        tx.tenant().uuid(),
        id.map(StrategyId::uuid),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(with_steps(tx, rows).await?.pop())
}

/// All strategies in the order they were created.
pub(crate) async fn list(tx: &mut Tx, after: Option<StrategyId>, limit: i64) -> Result<Vec<Strategy>, DbError> {
    let rows = sqlx::query_as!(
        Row,
        "select id, name, is_default, version, created_at
         from strategy
         where tenant_id = $1 and ($2::uuid is null or id > $2)
         order by id
         limit $3",
        tx.tenant().uuid(),
        after.map(StrategyId::uuid),
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    with_steps(tx, rows).await
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
            })
        })
        .collect()
}
