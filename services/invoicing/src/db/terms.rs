//! Payment terms under a code.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use quittance_db::{
    DbError, Tx, expect_rows,
    row::{integer, stored},
};
use quittance_kernel::{PaymentTerms, TermsId};
use uuid::Uuid;

use crate::{Error, domain::NamedTerms};

/// Adds terms. Their code is unique in the tenant.
pub(crate) async fn insert(tx: &mut Tx, terms: &NamedTerms) -> Result<(), DbError> {
    sqlx::query!(
        "insert into terms (tenant_id, id, code, terms, version, updated_at) values ($1, $2, $3, $4, $5, $6)",
        tx.tenant().uuid(),
        terms.id.uuid(),
        terms.code,
        terms.terms.to_string(),
        integer("terms", terms.id.uuid(), terms.version)?,
        terms.updated_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Updates locked terms.
pub(crate) async fn update(tx: &mut Tx, terms: &NamedTerms) -> Result<(), DbError> {
    let done = sqlx::query!(
        "update terms
         set code = $3, terms = $4, version = $5, updated_at = $6
         where tenant_id = $1 and id = $2 and version = $5 - 1",
        tx.tenant().uuid(),
        terms.id.uuid(),
        terms.code,
        terms.terms.to_string(),
        integer("terms", terms.id.uuid(), terms.version)?,
        terms.updated_at,
    )
    .execute(&mut **tx)
    .await?;
    expect_rows(&done, "terms", 1)
}

/// Deletes locked terms. A customer that names them violates `customer_terms_exist`.
pub(crate) async fn delete(tx: &mut Tx, id: TermsId) -> Result<(), DbError> {
    let done = sqlx::query!("delete from terms where tenant_id = $1 and id = $2", tx.tenant().uuid(), id.uuid())
        .execute(&mut **tx)
        .await?;
    expect_rows(&done, "terms", 1)
}

/// Whether a draft names these terms, which it needs when it is changed.
pub(crate) async fn is_named_by_draft(tx: &mut Tx, id: TermsId) -> Result<bool, DbError> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from invoice where tenant_id = $1 and terms_id = $2 and state = 'draft') as "found!""#,
        tx.tenant().uuid(),
        id.uuid(),
    );
    Ok(found.fetch_one(&mut **tx).await?)
}

struct Row {
    id: Uuid,
    code: String,
    terms: String,
    version: i32,
    updated_at: DateTime<Utc>,
}

impl TryFrom<Row> for NamedTerms {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        Ok(Self {
            id: TermsId::new(row.id),
            code: row.code,
            terms: stored("terms", row.id, PaymentTerms::parse(&row.terms))?,
            version: stored("terms", row.id, u32::try_from(row.version))?,
            updated_at: row.updated_at,
        })
    }
}

/// A page of the tenant's terms, by code.
pub(crate) async fn page(tx: &mut Tx, after: Option<&str>, limit: i64) -> Result<Vec<NamedTerms>, DbError> {
    let rows = sqlx::query_as!(
        Row,
        "select id, code, terms, version, updated_at
         from terms
         where tenant_id = $1 and ($2::text is null or code > $2)
         order by code
         limit $3",
        tx.tenant().uuid(),
        after,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(NamedTerms::try_from).collect()
}

/// Terms with their code.
pub(crate) async fn find(tx: &mut Tx, id: TermsId) -> Result<Option<NamedTerms>, DbError> {
    let row = sqlx::query_as!(
        Row,
        "select id, code, terms, version, updated_at from terms where tenant_id = $1 and id = $2",
        tx.tenant().uuid(),
        id.uuid(),
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.map(NamedTerms::try_from).transpose()
}

/// The same, locked until the transaction ends.
pub(crate) async fn lock(tx: &mut Tx, id: TermsId) -> Result<NamedTerms, Error> {
    let row = sqlx::query_as!(
        Row,
        "select id, code, terms, version, updated_at from terms where tenant_id = $1 and id = $2 for update",
        tx.tenant().uuid(),
        id.uuid(),
    )
    .fetch_optional(&mut **tx)
    .await
    .map_err(DbError::from)?;
    Ok(row.ok_or(Error::TermsNotFound(id))?.try_into()?)
}

/// These terms; those that do not exist are left out.
pub(crate) async fn find_all(tx: &mut Tx, ids: &[TermsId]) -> Result<HashMap<TermsId, PaymentTerms>, DbError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows =
        sqlx::query!("select id, terms from terms where tenant_id = $1 and id = any($2)", tx.tenant().uuid(), &ids)
            .fetch_all(&mut **tx)
            .await?;
    rows.into_iter()
        .map(|row| Ok((TermsId::new(row.id), stored("terms", row.id, PaymentTerms::parse(&row.terms))?)))
        .collect()
}
