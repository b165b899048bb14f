//! Tenants and their series of numbers.

use quittance_db::{DbError, Tx};
use quittance_kernel::{SeriesId, TenantId};
use uuid::Uuid;

use super::{known, stored};
use crate::domain::{Address, Enquiries, RoundingRule, Series, SeriesKind, Tenant};

/// Opens the book. Returns false where it is open already.
pub(crate) async fn insert_tenant(tx: &mut Tx, tenant: &Tenant) -> Result<bool, DbError> {
    let done = sqlx::query!(
        "insert into tenant
           (tenant_id, name, address_lines, postal_code, city, country_code, tax_id, base_currency, time_zone, enquiries_name, enquiries_email,
            enquiries_phone, late_payment_consequences, bank_account, terms_and_conditions, rounding_scope, rounding_mode, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
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
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The tenant of the transaction.
pub(crate) async fn find_tenant(tx: &mut Tx) -> Result<Option<Tenant>, DbError> {
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
        base_currency: stored("tenant", id, quittance_kernel::Currency::parse(&row.base_currency))?,
        time_zone: row.time_zone,
        enquiries: Enquiries { name: row.enquiries_name, email: row.enquiries_email, phone: row.enquiries_phone },
        late_payment_consequences: row.late_payment_consequences,
        bank_account: row.bank_account,
        terms_and_conditions: row.terms_and_conditions,
        rounding: rounding_rule("tenant", id, &row.rounding_scope, &row.rounding_mode)?,
        created_at: row.created_at,
    }))
}

/// A rounding rule from its labels.
pub(super) fn rounding_rule(table: &'static str, id: Uuid, scope: &str, mode: &str) -> Result<RoundingRule, DbError> {
    known(table, id, "rounding rule", RoundingRule::parse(scope, mode))
}

/// Adds a series. Its code is unique in the tenant.
pub(crate) async fn insert_series(tx: &mut Tx, series: &Series) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "insert into series (tenant_id, id, code, kind, prefix, min_digits, next_number, last_issued_on)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        tenant,
        series.id.uuid(),
        series.code,
        series.kind.label(),
        series.prefix,
        i32::from(series.min_digits),
        series.next_number,
        series.last_issued_on,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

struct SeriesRow {
    id: Uuid,
    code: String,
    kind: String,
    prefix: String,
    min_digits: i32,
    next_number: i64,
    last_issued_on: Option<chrono::NaiveDate>,
}

impl TryFrom<SeriesRow> for Series {
    type Error = DbError;

    fn try_from(row: SeriesRow) -> Result<Self, DbError> {
        Ok(Self {
            id: SeriesId::new(row.id),
            code: row.code,
            kind: known("series", row.id, "kind", SeriesKind::parse(&row.kind))?,
            prefix: row.prefix,
            min_digits: stored("series", row.id, u8::try_from(row.min_digits))?,
            next_number: row.next_number,
            last_issued_on: row.last_issued_on,
        })
    }
}

/// All series of the tenant, in the order they were made.
pub(crate) async fn list_series(tx: &mut Tx) -> Result<Vec<Series>, DbError> {
    let rows = sqlx::query_as!(
        SeriesRow,
        "select id, code, kind, prefix, min_digits, next_number, last_issued_on from series where tenant_id = $1 order by id",
        tx.tenant().uuid(),
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(Series::try_from).collect()
}

/// Holds the counters of these series until the transaction ends, in the order of their ids. Numbers taken from them are gapless because nobody
/// else takes one before this transaction commits.
pub(crate) async fn lock_series(tx: &mut Tx, ids: &[SeriesId]) -> Result<Vec<Series>, DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query_as!(
        SeriesRow,
        "select id, code, kind, prefix, min_digits, next_number, last_issued_on
         from series
         where tenant_id = $1 and id = any($2)
         order by id
         for update",
        tenant,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(Series::try_from).collect()
}

/// Series as they are, without holding their counters.
pub(crate) async fn find_series(tx: &mut Tx, ids: &[SeriesId]) -> Result<Vec<Series>, DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query_as!(
        SeriesRow,
        "select id, code, kind, prefix, min_digits, next_number, last_issued_on from series where tenant_id = $1 and id = any($2)",
        tenant,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(Series::try_from).collect()
}

/// Writes the counters of series that are held.
pub(crate) async fn update_series(tx: &mut Tx, series: &[Series]) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = series.iter().map(|s| s.id.uuid()).collect();
    let next: Vec<i64> = series.iter().map(|s| s.next_number).collect();
    let last: Vec<Option<chrono::NaiveDate>> = series.iter().map(|s| s.last_issued_on).collect();
    let done = sqlx::query!(
        "update series s
         set next_number = v.next_number, last_issued_on = v.last_issued_on
         from unnest($2::uuid[], $3::bigint[], $4::date[]) as v (id, next_number, last_issued_on)
         where s.tenant_id = $1 and s.id = v.id",
        tenant,
        &ids,
        &next,
        &last as &[Option<chrono::NaiveDate>],
    )
    .execute(&mut **tx)
    .await?;
    quittance_db::expect_rows(&done, "series", series.len())
}
