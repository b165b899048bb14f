//! Tenants, customers, currencies.

use std::collections::HashMap;

use quittance_db::{DbError, Tx};
use quittance_kernel::CustomerId;
use uuid::Uuid;

/// The tenant's time zone.
pub(crate) async fn time_zone(tx: &mut Tx) -> Result<Option<String>, DbError> {
    let tenant = tx.tenant().uuid();
    Ok(sqlx::query_scalar!("select time_zone from tenant where tenant_id = $1", tenant)
        .fetch_optional(&mut **tx)
        .await?)
}

/// Adds the tenant, or changes its name: nothing else of it ever changes.
pub(crate) async fn put_tenant(tx: &mut Tx, name: &str, time_zone: &str, base_currency: &str) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "insert into tenant (tenant_id, name, time_zone, base_currency)
         values ($1, $2, $3, $4)
         on conflict on constraint tenant_pkey do update set name = excluded.name",
        tenant,
        name,
        time_zone,
        base_currency
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Adds or changes customers: number and name by id.
pub(crate) async fn upsert_customers(tx: &mut Tx, customers: &HashMap<Uuid, (String, String)>) -> Result<(), DbError> {
    if customers.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = customers.keys().copied().collect();
    let numbers: Vec<String> = customers.values().map(|(number, _)| number.clone()).collect();
    let names: Vec<String> = customers.values().map(|(_, name)| name.clone()).collect();
    sqlx::query!(
        "insert into customer (tenant_id, id, number, name)
         select $1, *
         from unnest($2::uuid[], $3::text[], $4::text[])
         on conflict on constraint customer_pkey do update set number = excluded.number, name = excluded.name",
        tenant,
        &ids,
        &numbers,
        &names,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether a customer is known.
pub(crate) async fn customer_exists(tx: &mut Tx, id: CustomerId) -> Result<bool, DbError> {
    let tenant = tx.tenant().uuid();
    let found = sqlx::query!("select id from customer where tenant_id = $1 and id = $2", tenant, id.uuid())
        .fetch_optional(&mut **tx)
        .await?;
    Ok(found.is_some())
}

/// All currencies of documents and payments, alphabetically.
pub(crate) async fn currencies(tx: &mut Tx) -> Result<Vec<String>, DbError> {
    let tenant = tx.tenant().uuid();
    Ok(sqlx::query_scalar!(r#"select code from currency where tenant_id = $1 order by code collate "C""#, tenant)
        .fetch_all(&mut **tx)
        .await?)
}
