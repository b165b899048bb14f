//! Bank files and their lines recorded as payments.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{
    Column, DbError, List, Place, Range, Tx, Window,
    row::{known, stored},
};
use quittance_kernel::{ImportId, PaymentId};
use uuid::Uuid;

use crate::domain::{BankImport, Fingerprint, NotedProblem, bank_file::Source};

const TABLE: &str = "bank_import";

/// A line to be recorded as a payment.
#[derive(Debug, Clone)]
pub(crate) struct NewLine {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) occurrence: i32,
    pub(crate) line: u64,
    pub(crate) booked_on: NaiveDate,
    pub(crate) reference: String,
    pub(crate) payment: PaymentId,
}

/// Claims lines of an account; returns the payments of those not imported before. Claimed in the order of their keys, so that two imports
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
    let places = sorted.iter().map(|line| stored(TABLE, import.uuid(), i64::try_from(line.line)));
    let places: Vec<i64> = places.collect::<Result<_, _>>()?;
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

/// Stores an import with its file.
pub(crate) async fn insert(tx: &mut Tx, import: &BankImport, content: &[u8]) -> Result<(), DbError> {
    let lines: Vec<i64> = import.problems.iter().map(|problem| problem.line).collect();
    let reasons: Vec<String> = import.problems.iter().map(|problem| problem.reason.clone()).collect();
    let descriptions: Vec<String> = import.problems.iter().map(|problem| problem.description.clone()).collect();
    sqlx::query!(
        "insert into bank_import (tenant_id, id, file_name, sha256, content, account, new_lines, known_lines, ignored_lines, problem_lines,
           problem_reasons, problem_descriptions, imported_at, format, statements, suspicious)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15::text::jsonb, $16::text::jsonb)",
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
        import.format,
        stored(TABLE, import.id.uuid(), serde_json::to_string(&import.statements))?,
        stored(TABLE, import.id.uuid(), serde_json::to_string(&import.suspicious))?,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

struct Row {
    id: Uuid,
    file_name: String,
    sha256: Vec<u8>,
    account: String,
    new_lines: i32,
    known_lines: i32,
    ignored_lines: i32,
    problem_lines: Vec<i64>,
    problem_reasons: Vec<String>,
    problem_descriptions: Vec<String>,
    imported_at: DateTime<Utc>,
    format: String,
    statements: String,
    suspicious: String,
}

impl TryFrom<Row> for BankImport {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let columns = [row.problem_reasons.len(), row.problem_descriptions.len()];
        let is_complete = columns.iter().all(|count| *count == row.problem_lines.len());
        stored(TABLE, row.id, if is_complete { Ok(()) } else { Err("problems lack parts") })?;
        let problems = row.problem_lines.into_iter().zip(row.problem_reasons).zip(row.problem_descriptions);
        Ok(Self {
            id: ImportId::new(row.id),
            file_name: row.file_name,
            sha256: row.sha256,
            account: row.account,
            format: row.format,
            statements: stored(TABLE, row.id, serde_json::from_str(&row.statements))?,
            suspicious: stored(TABLE, row.id, serde_json::from_str(&row.suspicious))?,
            new_lines: row.new_lines,
            known_lines: row.known_lines,
            ignored_lines: row.ignored_lines,
            problems: problems
                .map(|((line, reason), description)| NotedProblem { line, reason, description })
                .collect(),
            imported_at: row.imported_at,
        })
    }
}

/// An import.
pub(crate) async fn find(tx: &mut Tx, id: ImportId) -> Result<Option<BankImport>, DbError> {
    Ok(find_all(tx, &[id.uuid()]).await?.pop())
}

/// These imports; those that do not exist are left out.
pub(crate) async fn find_all(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<BankImport>, DbError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select i.id, file_name, sha256, account, new_lines, known_lines, ignored_lines, problem_lines, problem_reasons, problem_descriptions,
           imported_at, format, statements::text as "statements!", suspicious::text as "suspicious!"
         from unnest($2::uuid[]) as requested (id)
         join bank_import i on i.tenant_id = $1 and i.id = requested.id"#,
        tx.tenant().uuid(),
        ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(BankImport::try_from).collect()
}

/// The orders of a list of imports.
pub(crate) const ORDERS: [(&str, Column); 1] = [("import_time", Column::Time("imported_at"))];

/// Where the imports of a page stand in their list: only those made in this time.
pub(crate) async fn list(
    tx: &mut Tx,
    imported_at: Range<DateTime<Utc>>,
    window: Window,
) -> Result<Vec<Place>, DbError> {
    places(tx, imported_at, window).places(tx).await
}

/// The statement for them.
pub(super) fn places(tx: &Tx, imported_at: Range<DateTime<Utc>>, window: Window) -> List {
    let mut list = List::new(tx, "bank_import", ["tenant_id", "id"], window);
    list.within(["imported_at >= ", "imported_at < "], imported_at);
    list
}

/// An entry of a bank file to be recorded as payments.
#[derive(Debug, Clone)]
pub(crate) struct NewEntry {
    pub(crate) account: String,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) occurrence: i32,
    pub(crate) id: Uuid,
    pub(crate) line: u64,
    pub(crate) booked_on: NaiveDate,
    pub(crate) bank_key: Option<Fingerprint>,
    pub(crate) source: Source,
}

/// How often each bank key is known, by kind of file.
pub(crate) type KnownKeys = HashMap<(String, Fingerprint), HashMap<Source, usize>>;

/// The known bank keys of these entries, under a lock that serialises imports of one account.
pub(crate) async fn known_keys(tx: &mut Tx, entries: &[NewEntry]) -> Result<KnownKeys, DbError> {
    let tenant = tx.tenant().uuid();
    let accounts: BTreeSet<&str> = entries.iter().map(|entry| entry.account.as_str()).collect();
    for account in accounts {
        sqlx::query!(
            "select pg_advisory_xact_lock(hashtextextended($1::text, 0))",
            format!("bank account {tenant} {account}")
        )
        .fetch_one(&mut **tx)
        .await?;
    }
    let with_key = || entries.iter().filter_map(|entry| Some((entry, entry.bank_key?)));
    let accounts: Vec<String> = with_key().map(|(entry, _)| entry.account.clone()).collect();
    let keys: Vec<Vec<u8>> = with_key().map(|(_, key)| key.to_vec()).collect();
    let rows = sqlx::query!(
        r#"select e.account, e.bank_key as "bank_key!", e.source, count(*) as "count!"
           from (select distinct account, key from unnest($2::text[], $3::bytea[]) as v (account, key)) requested
           join bank_entry e on e.tenant_id = $1 and e.account = requested.account and e.bank_key = requested.key
           group by e.account, e.bank_key, e.source"#,
        tenant,
        &accounts,
        &keys,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut found = KnownKeys::new();
    for row in rows {
        let key = stored("bank_entry", tenant, Fingerprint::try_from(row.bank_key).map_err(|_| "a key has 32 bytes"))?;
        let source = known("bank_entry", tenant, "source", Source::parse(&row.source))?;
        let count = stored("bank_entry", tenant, usize::try_from(row.count))?;
        found.entry((row.account, key)).or_default().insert(source, count);
    }
    Ok(found)
}

/// The entries known by their full content.
pub(crate) async fn known_entries(tx: &mut Tx, entries: &[NewEntry]) -> Result<HashSet<Uuid>, DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = entries.iter().map(|entry| entry.id).collect();
    let accounts: Vec<String> = entries.iter().map(|entry| entry.account.clone()).collect();
    let fingerprints: Vec<Vec<u8>> = entries.iter().map(|entry| entry.fingerprint.to_vec()).collect();
    let occurrences: Vec<i32> = entries.iter().map(|entry| entry.occurrence).collect();
    let known = sqlx::query_scalar!(
        r#"select requested.id as "id!"
           from unnest($2::uuid[], $3::text[], $4::bytea[], $5::int[]) as requested (id, account, fingerprint, occurrence)
           join bank_entry e on e.tenant_id = $1 and e.account = requested.account and e.fingerprint = requested.fingerprint
             and e.occurrence = requested.occurrence"#,
        tenant,
        &ids,
        &accounts,
        &fingerprints,
        &occurrences,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(known.into_iter().collect())
}

/// Stores entries, each once.
pub(crate) async fn insert_entries(tx: &mut Tx, import: ImportId, entries: &[NewEntry]) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    let accounts: Vec<String> = entries.iter().map(|entry| entry.account.clone()).collect();
    let fingerprints: Vec<Vec<u8>> = entries.iter().map(|entry| entry.fingerprint.to_vec()).collect();
    let occurrences: Vec<i32> = entries.iter().map(|entry| entry.occurrence).collect();
    let ids: Vec<Uuid> = entries.iter().map(|entry| entry.id).collect();
    let places = entries.iter().map(|entry| stored(TABLE, import.uuid(), i64::try_from(entry.line)));
    let places: Vec<i64> = places.collect::<Result<_, _>>()?;
    let booked: Vec<NaiveDate> = entries.iter().map(|entry| entry.booked_on).collect();
    let keys: Vec<Option<Vec<u8>>> = entries.iter().map(|entry| entry.bank_key.map(|key| key.to_vec())).collect();
    let sources: Vec<String> = entries.iter().map(|entry| entry.source.label().to_owned()).collect();
    sqlx::query!(
        "insert into bank_entry (tenant_id, import_id, account, fingerprint, occurrence, id, line, booked_on, bank_key, source)
         select $1, $2, *
         from unnest($3::text[], $4::bytea[], $5::int[], $6::uuid[], $7::bigint[], $8::date[], $9::bytea[], $10::text[])",
        tenant,
        import.uuid(),
        &accounts,
        &fingerprints,
        &occurrences,
        &ids,
        &places,
        &booked,
        &keys as &[Option<Vec<u8>>],
        &sources,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
