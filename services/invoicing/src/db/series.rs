//! Series of numbers.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{
    DbError, Tx, expect_rows,
    row::{integer, known, stored},
};
use quittance_kernel::SeriesId;
use uuid::Uuid;

use crate::{
    Error,
    domain::{Series, SeriesKind},
};

/// Adds a series. Its code is unique in the tenant.
pub(crate) async fn insert(tx: &mut Tx, series: &Series) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "insert into series (tenant_id, id, code, kind, prefix, min_digits, next_number, last_issued_on, version, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        tenant,
        series.id.uuid(),
        series.code,
        series.kind.label(),
        series.prefix,
        i32::from(series.min_digits),
        series.next_number,
        series.last_issued_on,
        integer("series", series.id.uuid(), series.version)?,
        series.updated_at,
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
    last_issued_on: Option<NaiveDate>,
    version: i32,
    updated_at: DateTime<Utc>,
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
            version: stored("series", row.id, u32::try_from(row.version))?,
            updated_at: row.updated_at,
        })
    }
}

/// All series of the tenant, in the order of their creation.
pub(crate) async fn list(tx: &mut Tx) -> Result<Vec<Series>, DbError> {
    let rows = sqlx::query_as!(
        SeriesRow,
        "select id, code, kind, prefix, min_digits, next_number, last_issued_on, version, updated_at from series where tenant_id = $1 order by id",
        tx.tenant().uuid(),
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(Series::try_from).collect()
}

/// A page of the tenant's series, by code.
pub(crate) async fn page(tx: &mut Tx, after: Option<&str>, limit: i64) -> Result<Vec<Series>, DbError> {
    let rows = sqlx::query_as!(
        SeriesRow,
        "select id, code, kind, prefix, min_digits, next_number, last_issued_on, version, updated_at
         from series
         where tenant_id = $1 and ($2::text is null or code > $2)
         order by code
         limit $3",
        tx.tenant().uuid(),
        after,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(Series::try_from).collect()
}

/// Locks the counters of these series until the transaction ends, in the order of their ids. Numbers taken from them are gapless because no other
/// transaction takes one before this one commits.
pub(crate) async fn lock_all(tx: &mut Tx, ids: &[SeriesId]) -> Result<Vec<Series>, DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query_as!(
        SeriesRow,
        "select id, code, kind, prefix, min_digits, next_number, last_issued_on, version, updated_at
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

/// The same for one series.
pub(crate) async fn lock(tx: &mut Tx, id: SeriesId) -> Result<Series, Error> {
    lock_all(tx, &[id]).await?.pop().ok_or(Error::SeriesNotFound(id))
}

/// Series, without locking their counters.
pub(crate) async fn find_all(tx: &mut Tx, ids: &[SeriesId]) -> Result<Vec<Series>, DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query_as!(
        SeriesRow,
        "select id, code, kind, prefix, min_digits, next_number, last_issued_on, version, updated_at from series where tenant_id = $1 and id = any($2)",
        tenant,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(Series::try_from).collect()
}

/// Updates the counters of locked series.
pub(crate) async fn update_all(tx: &mut Tx, series: &[Series]) -> Result<(), DbError> {
    if series.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = series.iter().map(|s| s.id.uuid()).collect();
    let next: Vec<i64> = series.iter().map(|s| s.next_number).collect();
    let last: Vec<Option<NaiveDate>> = series.iter().map(|s| s.last_issued_on).collect();
    let done = sqlx::query!(
        "update series s
         set next_number = v.next_number, last_issued_on = v.last_issued_on
         from unnest($2::uuid[], $3::bigint[], $4::date[]) as v (id, next_number, last_issued_on)
         where s.tenant_id = $1 and s.id = v.id",
        tenant,
        &ids,
        &next,
        &last as &[Option<NaiveDate>],
    )
    .execute(&mut **tx)
    .await?;
    expect_rows(&done, "series", series.len())
}

/// Updates a locked series.
pub(crate) async fn update(tx: &mut Tx, series: &Series) -> Result<(), DbError> {
    let done = sqlx::query!(
        "update series
         set code = $3, prefix = $4, min_digits = $5, next_number = $6, version = $7, updated_at = $8
         where tenant_id = $1 and id = $2 and version = $7 - 1",
        tx.tenant().uuid(),
        series.id.uuid(),
        series.code,
        series.prefix,
        i32::from(series.min_digits),
        series.next_number,
        integer("series", series.id.uuid(), series.version)?,
        series.updated_at,
    )
    .execute(&mut **tx)
    .await?;
    expect_rows(&done, "series", 1)
}

/// Deletes a locked series.
pub(crate) async fn delete(tx: &mut Tx, id: SeriesId) -> Result<(), DbError> {
    let done = sqlx::query!("delete from series where tenant_id = $1 and id = $2", tx.tenant().uuid(), id.uuid())
        .execute(&mut **tx)
        .await?;
    expect_rows(&done, "series", 1)
}

/// Whether a draft, or a document taken over with its number, is in a series. Documents with numbers of the series are known from its row.
pub(crate) async fn is_named(tx: &mut Tx, id: SeriesId) -> Result<bool, DbError> {
    let found = sqlx::query_scalar!(
        r#"select exists (
             select from invoice where tenant_id = $1 and series_id = $2 and (state = 'draft' or external_number is not null)
           ) as "found!""#,
        tx.tenant().uuid(),
        id.uuid(),
    );
    Ok(found.fetch_one(&mut **tx).await?)
}
