//! The access paths of each checked query of a service in tables of a million rows, as a text file beside the tests: a query that begins to read more rows than
//! it needs shows as a difference.

mod lists;

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
};

use quittance_db::{Db, DbError, Tx, Workload};
use quittance_kernel::TenantId;
use quittance_private_postgres::OWNER;
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection, Row as _, migrate::Migrator};

pub use lists::{ListPlans, first_page, one_day, one_minute};

use crate::TestDb;

/// The made-up tables.
const FILL: &str = include_str!("plans/fill.sql");
/// The tenant of their rows.
const TENANT: &str = "00000000-0000-7000-8000-000000000001";

static PREPARED: AtomicU32 = AtomicU32::new(0);

/// The queries to explain.
#[derive(Debug)]
pub struct Plans<'a> {
    /// The service's short name.
    pub service: &'a str,
    /// Its tables.
    pub migrator: &'a Migrator,
    /// The kind of its statements.
    pub workload: Workload,
    /// The folders of the crates whose checked queries are explained, each with an `.sqlx`.
    pub crates: &'a [&'a Path],
    /// Texts that mark queries with custom plans, besides those with optional filters.
    pub filtered: &'a [&'a str],
    /// Columns (`table.column`) with skewed values, and an SQL expression for them; `k` counts a tenant's rows from 0.
    pub uneven: &'a [(&'a str, &'a str)],
}

/// Explains a service's queries and compares the result with the file `golden`. If it differs, the new result is written beside it with the suffix `.new`.
pub async fn assert_plans(plans: &Plans<'_>, golden: &Path) {
    let service = TestDb::new(plans.service, plans.migrator).await;
    Box::pin(fill(&service, plans.uneven)).await;
    let db = Db::connect(&service.logins, 2, plans.workload).await.expect("the database answers");
    let indexes = Box::pin(index_columns(db.system())).await;
    let mut all = BTreeMap::new();
    for query in plans.crates.iter().flat_map(|folder| queries(folder)) {
        let is_filtered = plans.filtered.iter().any(|part| query.contains(part));
        let paths = Box::pin(explain(&db, &query, is_filtered, &indexes)).await;
        // Queries without a table are left out.
        if !paths.is_empty() {
            all.insert(query, paths);
        }
    }
    let mut text = String::new();
    for (query, paths) in &all {
        writeln!(text, "{}", shortened(query)).expect("a text is written");
        for path in paths {
            writeln!(text, "    {path}").expect("a text is written");
        }
    }
    compare(&text, golden);
}

async fn fill(service: &TestDb, uneven: &[(&str, &str)]) {
    let mut superuser = service.connect_as(OWNER).await;
    sqlx::raw_sql("create temporary table uneven (field text, made text)")
        .execute(&mut superuser)
        .await
        .expect("a table");
    for (field, made) in uneven {
        let insert = sqlx::query("insert into uneven values ($1, $2)").bind(field).bind(made);
        insert.execute(&mut superuser).await.expect("a row");
    }
    sqlx::raw_sql(FILL).execute(&mut superuser).await.expect("the tables are filled");
}

fn compare(text: &str, golden: &Path) {
    let kept = std::fs::read_to_string(golden).unwrap_or_default();
    let new = golden.with_extension("txt.new");
    if text == kept {
        let _ = std::fs::remove_file(new);
        return;
    }
    std::fs::write(&new, text).expect("the folder can be written");
    let differs = text.lines().zip(kept.lines()).find(|(now, before)| now != before);
    panic!("plans differ from {}, first {differs:?}; what they are now is in {}", golden.display(), new.display());
}

/// The texts of a crate's checked queries that read or change rows.
fn queries(folder: &Path) -> Vec<String> {
    let folder = folder.join(".sqlx");
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    files
        .map(|file| {
            let file = std::fs::read(file.expect("a file of the folder").path()).expect("a query's file");
            let query: Value = serde_json::from_slice(&file).expect("a query's file is JSON");
            query["query"].as_str().expect("a query").to_owned()
        })
        .collect()
}

/// One line that identifies the query.
fn shortened(query: &str) -> String {
    let line = query.split_whitespace().collect::<Vec<_>>().join(" ");
    let letters: Vec<char> = line.chars().collect();
    match letters.len() {
        0..=160 => line,
        length => {
            let begins: String = letters.iter().take(90).collect();
            let ends: String = letters.iter().skip(length - 65).collect();
            format!("{begins} ... {ends}")
        }
    }
}

/// The columns of each index, first to last.
async fn index_columns(pool: &sqlx::PgPool) -> BTreeMap<String, Vec<String>> {
    let rows = sqlx::query(
        "select i.indexrelid::regclass::text as name,
           array(select coalesce(a.attname, '') from unnest(i.indkey::int2[]) with ordinality as k (attnum, place)
                 left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum order by k.place)::text[] as columns
         from pg_index i
         where i.indrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace)",
    )
    .fetch_all(pool)
    .await
    .expect("the catalog answers");
    rows.iter().map(|row| (row.get("name"), row.get("columns"))).collect()
}

/// How a query is planned: as the service's other statements, as a list without some of its filters (numbers of parameters), or as a sum over all of a tenant's
/// rows.
#[derive(Clone, Copy)]
enum Mode<'a> {
    Keys,
    List(&'a [usize]),
    Sums,
}

async fn explain(db: &Db, query: &str, is_filtered: bool, indexes: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    if query.contains("as \"checked!\"") {
        return explain_as(db, query, Mode::Sums, indexes).await;
    }
    let filters = filters(query);
    if filters.is_empty() {
        let mode = if is_filtered { Mode::List(&[]) } else { Mode::Keys };
        return explain_as(db, query, mode, indexes).await;
    }
    let mut paths = Vec::new();
    for given in std::iter::once(&[][..]).chain(filters.chunks(1)) {
        let name = given.first().map_or("no filter".to_owned(), |given| format!("${given}"));
        let absent: Vec<usize> = filters.iter().copied().filter(|number| !given.contains(number)).collect();
        let found = explain_as(db, query, Mode::List(&absent), indexes).await;
        paths.extend(found.into_iter().map(|path| format!("{name}: {path}")));
    }
    paths
}

/// The optional parameters: `$2` of `$2::uuid is null or ...`.
fn filters(query: &str) -> Vec<usize> {
    let number = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok();
    let mut filters: Vec<usize> = query
        .split('$')
        .skip(1)
        .filter(|after| {
            let rest =
                after.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '_' | '[' | ']'));
            rest.starts_with(" is null or ")
        })
        .filter_map(number)
        .collect();
    filters.sort_unstable();
    filters.dedup();
    filters
}

async fn explain_as(db: &Db, query: &str, mode: Mode<'_>, indexes: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let tenant = TenantId::parse(TENANT).expect("an id");
    let begun: Result<Tx, DbError> = match mode {
        Mode::Keys => db.begin(tenant).await,
        Mode::List(_) => db.begin_filtered(tenant).await,
        Mode::Sums => db.begin_sums(tenant).await,
    };
    let absent = if let Mode::List(absent) = mode { absent } else { &[] };
    let plan = match plan_of(&mut begun.expect("a transaction begins"), query, absent).await {
        Ok(plan) => plan,
        // Reconcilers' statements have no tenant.
        Err(error) if error.as_database_error().is_some_and(|e| e.code().as_deref() == Some("42501")) => {
            let mut system = db.system().begin().await.expect("a transaction begins");
            plan_of(&mut system, query, absent).await.unwrap_or_else(|error| panic!("{query}: {error}"))
        }
        Err(error) => panic!("{query}: {error}"),
    };
    let mut paths = Vec::new();
    walk(&plan[0]["Plan"], false, indexes, &mut paths);
    paths.sort();
    paths
}

async fn plan_of(conn: &mut PgConnection, query: &str, absent: &[usize]) -> Result<Value, sqlx::Error> {
    // A unique name: a failed statement cannot be deallocated inside its transaction.
    let name = format!("explained_{}", PREPARED.fetch_add(1, Ordering::Relaxed));
    sqlx::raw_sql(AssertSqlSafe(format!("prepare {name} as {query}"))).execute(&mut *conn).await?;
    let kinds: Vec<String> =
        sqlx::query_scalar("select unnest(parameter_types)::text from pg_prepared_statements where name = $1")
            .bind(&name)
            .fetch_all(&mut *conn)
            .await?;
    let values: Vec<String> = kinds
        .iter()
        .zip(1..)
        .map(|(kind, number)| if absent.contains(&number) { "null" } else { value(kind) }.to_owned())
        .collect();
    let arguments = if values.is_empty() { String::new() } else { format!("({})", values.join(", ")) };
    let statement = format!("explain (format json, costs off) execute {name}{arguments}");
    Ok(sqlx::raw_sql(AssertSqlSafe(statement)).fetch_one(conn).await?.get(0))
}

/// A value of a parameter's type that one row in 10,000 has. Lists are planned without their values.
fn value(kind: &str) -> &'static str {
    match kind {
        "bigint" | "integer" | "numeric" => "100",
        "uuid" => "'00000000-0000-7000-8000-000000000001'",
        "text" => "'text 00000100'",
        "date" => "'2026-03-01'",
        "boolean" => "true",
        "timestamp with time zone" => "'2026-01-01 00:01Z'",
        _ => "null",
    }
}

/// Collects how each table is read. `stops`: the node above reads only the first few rows.
fn walk(node: &Value, stops: bool, indexes: &BTreeMap<String, Vec<String>>, paths: &mut Vec<String>) {
    let kind = node["Node Type"].as_str().unwrap_or_default();
    if let Some(path) = path_of(node, kind, stops, indexes) {
        paths.push(path);
    }
    let stops = match kind {
        "Limit" => true,
        "Sort" | "Incremental Sort" | "Aggregate" | "Hash" | "WindowAgg" | "Materialize" => false,
        _ => stops,
    };
    for child in node["Plans"].as_array().into_iter().flatten() {
        walk(child, stops, indexes, paths);
    }
}

fn path_of(node: &Value, kind: &str, stops: bool, indexes: &BTreeMap<String, Vec<String>>) -> Option<String> {
    let table = node["Relation Name"].as_str();
    let reads = match kind {
        "Seq Scan" => return table.map(|table| format!("{table}: ALL of it")),
        "Index Scan" | "Index Only Scan" => format!("{}: ", table.unwrap_or_default()),
        "Bitmap Index Scan" => String::new(),
        _ => return None,
    };
    let index = node["Index Name"].as_str().unwrap_or_default();
    let condition = node["Index Cond"].as_str().unwrap_or_default();
    let named = |column: &&String| {
        condition.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == column.as_str())
    };
    let of_index: &[String] = indexes.get(index).map_or(&[], Vec::as_slice);
    let columns: Vec<&str> = of_index.iter().filter(named).map(String::as_str).collect();
    let amount = match columns.as_slice() {
        ["tenant_id"] if of_index.len() == 1 => return None,
        [] | ["tenant_id"] if stops => "the first rows",
        [] => "ALL of it",
        ["tenant_id"] => "ALL of the tenant",
        _ => return Some(format!("{reads}{index} ({})", columns.join(", "))),
    };
    Some(format!("{reads}{index}, {amount}"))
}
