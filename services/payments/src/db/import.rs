//! Bank files and the lines that became payments.

use std::collections::HashSet;

use chrono::NaiveDate;
use quittance_db::{DbError, Tx};
use quittance_kernel::{ImportId, PaymentId};
use uuid::Uuid;

use super::stored;
use crate::domain::{BankImport, Fingerprint, NotedProblem};

/// A line that is about to become a payment.
#[derive(Debug, Clone)]
pub(crate) struct NewLine {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) occurrence: i32,
    pub(crate) line: u64,
    pub(crate) booked_on: NaiveDate,
    pub(crate) reference: String,
    pub(crate) payment: PaymentId,
}

/// Claims lines of an account; returns the payments of those that nobody has imported before. Claimed in the order of their keys, so that two imports
/// of one file take turns.
pub(crate) async fn claim_lines(
    tx: &mut Tx,
    import: ImportId,
    account: &str,
    lines: &[NewLine],
) -> Result<HashSet<PaymentId>, DbError> {
    let tenant = tx.tenant().uuid();
    let mut sorted: Vec<&NewLine> = lines.iter().collect();
    sorted.sort_by_key(|line| (line.fingerprint, line.occurrence));
    let fingerprints: Vec<Vec<u8>> = sorted.iter().map(|line| line.fingerprint.to_vec()).collect();
    let occurrences: Vec<i32> = sorted.iter().map(|line| line.occurrence).collect();
    let places: Vec<i64> = sorted.iter().map(|line| i64::try_from(line.line).unwrap_or(i64::MAX)).collect();
    let booked: Vec<NaiveDate> = sorted.iter().map(|line| line.booked_on).collect();
    let references: Vec<String> = sorted.iter().map(|line| line.reference.clone()).collect();
    let payments: Vec<Uuid> = sorted.iter().map(|line| line.payment.uuid()).collect();
    let claimed = sqlx::query_scalar!(
        "insert into bank_line (tenant_id, account, import_id, fingerprint, occurrence, line, booked_on, reference, payment_id)
         select $1, $2, $3, *
         from unnest($4::bytea[], $5::int[], $6::bigint[], $7::date[], $8::text[], $9::uuid[])
         on conflict on constraint bank_line_pkey do nothing
         returning payment_id",
        tenant,
        account,
        import.uuid(),
        &fingerprints,
        &occurrences,
        &places,
        &booked,
        &references,
        &payments,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(claimed.into_iter().map(PaymentId::new).collect())
}

/// Keeps an import with its file.
pub(crate) async fn insert(tx: &mut Tx, import: &BankImport, content: &[u8]) -> Result<(), DbError> {
    let lines: Vec<i64> = import.problems.iter().map(|problem| problem.line).collect();
    let reasons: Vec<String> = import.problems.iter().map(|problem| problem.reason.clone()).collect();
    let descriptions: Vec<String> = import.problems.iter().map(|problem| problem.description.clone()).collect();
    sqlx::query!(
        "insert into bank_import (tenant_id, id, file_name, sha256, content, account, new_lines, known_lines, ignored_lines, problem_lines,
           problem_reasons, problem_descriptions, imported_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        tx.tenant().uuid(),
        import.id.uuid(),
        import.file_name,
        import.sha256,
        content,
        import.account,
        import.new_lines,
        import.known_lines,
        import.ignored_lines,
        &lines,
        &reasons,
        &descriptions,
        import.imported_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// An import.
pub(crate) async fn find(tx: &mut Tx, id: ImportId) -> Result<Option<BankImport>, DbError> {
    let row = sqlx::query!(
        "select file_name, sha256, account, new_lines, known_lines, ignored_lines, problem_lines, problem_reasons, problem_descriptions, imported_at
         from bank_import
         where tenant_id = $1 and id = $2",
        tx.tenant().uuid(),
        id.uuid(),
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let columns = [row.problem_reasons.len(), row.problem_descriptions.len()];
    let complete =
        if columns.iter().all(|count| *count == row.problem_lines.len()) { Ok(()) } else { Err("problems lack parts") };
    stored("bank_import", id.uuid(), complete)?;
    let problems = row.problem_lines.into_iter().zip(row.problem_reasons).zip(row.problem_descriptions);
    Ok(Some(BankImport {
        id,
        file_name: row.file_name,
        sha256: row.sha256,
        account: row.account,
        new_lines: row.new_lines,
        known_lines: row.known_lines,
        ignored_lines: row.ignored_lines,
        problems: problems.map(|((line, reason), description)| NotedProblem { line, reason, description }).collect(),
        imported_at: row.imported_at,
    }))
}

/// The payments that an import recorded.
pub(crate) async fn payments_of(tx: &mut Tx, id: ImportId) -> Result<Vec<PaymentId>, DbError> {
    let tenant = tx.tenant().uuid();
    let ids = sqlx::query_scalar!(
        "select payment_id from bank_line where tenant_id = $1 and import_id = $2",
        tenant,
        id.uuid()
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(ids.into_iter().map(PaymentId::new).collect())
}
