//! Tenants.

use quittance_db::{
    DbError, Tx, expect_rows,
    row::{integer, known, metadata, metadata_json, stored},
};
use quittance_kernel::{Currency, TenantId};
use uuid::Uuid;

use crate::domain::{Address, Enquiries, RoundingRule, Tenant};

/// Adds a tenant; returns false if it exists.
pub(crate) async fn insert(tx: &mut Tx, tenant: &Tenant) -> Result<bool, DbError> {
    let done = sqlx::query!(
        "insert into tenant
           (tenant_id, name, address_lines, postal_code, city, country_code, tax_id, base_currency, time_zone, enquiries_name, enquiries_email,
            enquiries_phone, late_payment_consequences, bank_account, terms_and_conditions, rounding_scope, rounding_mode, created_at, metadata)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
         on conflict on constraint tenant_pkey do nothing",
        tenant.id.uuid(),
        tenant.name,
        &tenant.address.lines,
        tenant.address.postal_code,
        tenant.address.city,
        tenant.address.country_code,
        tenant.tax_id,
        tenant.base_currency.code(),
        tenant.time_zone,
        tenant.enquiries.name,
        tenant.enquiries.email,
        tenant.enquiries.phone,
        tenant.late_payment_consequences,
        tenant.bank_account,
        tenant.terms_and_conditions,
        tenant.rounding.scope.label(),
        tenant.rounding.mode.label(),
        tenant.created_at,
        metadata_json(&tenant.metadata),
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The tenant of the transaction.
pub(crate) async fn find(tx: &mut Tx) -> Result<Option<Tenant>, DbError> {
    let id = tx.tenant().uuid();
    let Some(row) = sqlx::query!("select * from tenant where tenant_id = $1", id).fetch_optional(&mut **tx).await?
    else {
        return Ok(None);
    };
    Ok(Some(Tenant {
        id: TenantId::new(row.tenant_id),
        name: row.name,
        address: Address {
            lines: row.address_lines,
            postal_code: row.postal_code,
            city: row.city,
            country_code: row.country_code,
        },
        tax_id: row.tax_id,
        base_currency: stored("tenant", id, Currency::parse(&row.base_currency))?,
        time_zone: row.time_zone,
        enquiries: Enquiries { name: row.enquiries_name, email: row.enquiries_email, phone: row.enquiries_phone },
        late_payment_consequences: row.late_payment_consequences,
        bank_account: row.bank_account,
        terms_and_conditions: row.terms_and_conditions,
        rounding: rounding_rule("tenant", id, &row.rounding_scope, &row.rounding_mode)?,
        metadata: metadata("tenant", id, row.metadata)?,
        version: stored("tenant", id, u32::try_from(row.version))?,
        created_at: row.created_at,
        updated_at: row.updated_at.unwrap_or(row.created_at),
    }))
}

/// The tenant of the transaction, locked until it ends.
pub(crate) async fn lock(tx: &mut Tx) -> Result<Option<Tenant>, DbError> {
    sqlx::query!("select tenant_id from tenant where tenant_id = $1 for no key update", tx.tenant().uuid())
        .fetch_optional(&mut **tx)
        .await?;
    find(tx).await
}

/// Updates the locked tenant. A trigger keeps what documents print of the version before.
pub(crate) async fn update(tx: &mut Tx, tenant: &Tenant) -> Result<(), DbError> {
    let done = sqlx::query!(
        "update tenant
         set name = $2, address_lines = $3, postal_code = $4, city = $5, country_code = $6, tax_id = $7, enquiries_name = $8, enquiries_email = $9,
           enquiries_phone = $10, late_payment_consequences = $11, bank_account = $12, terms_and_conditions = $13, rounding_scope = $14,
           rounding_mode = $15, metadata = $16, version = $17, updated_at = $18
         where tenant_id = $1 and version = $17 - 1",
        tenant.id.uuid(),
        tenant.name,
        &tenant.address.lines,
        tenant.address.postal_code,
        tenant.address.city,
        tenant.address.country_code,
        tenant.tax_id,
        tenant.enquiries.name,
        tenant.enquiries.email,
        tenant.enquiries.phone,
        tenant.late_payment_consequences,
        tenant.bank_account,
        tenant.terms_and_conditions,
        tenant.rounding.scope.label(),
        tenant.rounding.mode.label(),
        metadata_json(&tenant.metadata),
        integer("tenant", tenant.id.uuid(), tenant.version)?,
        tenant.updated_at,
    )
    .execute(&mut **tx)
    .await?;
    expect_rows(&done, "tenant", 1)
}

/// A rounding rule from its labels.
pub(super) fn rounding_rule(table: &'static str, id: Uuid, scope: &str, mode: &str) -> Result<RoundingRule, DbError> {
    known(table, id, "rounding rule", RoundingRule::parse(scope, mode))
}
