//! What each statement of the batches costs PostgreSQL, as its own extension `pg_stat_statements` counts it.

use quittance_private_postgres::ScratchPostgres;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::{Measurement, ROUNDS, api::Api, raw::Raw};

/// What the server must load for this.
pub(crate) fn settings() -> Vec<(String, String)> {
    vec![
        ("shared_preload_libraries".to_owned(), "pg_stat_statements".to_owned()),
        ("pg_stat_statements.track_planning".to_owned(), "on".to_owned()),
    ]
}

/// Issues and settles in batches beside raw inserts, and prints rates and statements.
pub(crate) async fn measure(postgres: &ScratchPostgres, raw: &Raw, api: &Api) -> anyhow::Result<()> {
    let mut superuser =
        PgConnection::connect(&postgres.url(quittance_private_postgres::OWNER, "bench_invoicing")).await?;
    sqlx::query("create extension if not exists pg_stat_statements").execute(&mut superuser).await?;
    let [mut inserted, mut issued, mut settled] = ["raw", "issued", "settled"].map(Measurement::new);
    let mut invoices = 0.0;
    for _ in 0..ROUNDS {
        inserted.per_second.push(raw.batches().await?);
        let rate = api.issue_batches().await?;
        invoices += rate * crate::ROUND.as_secs_f64();
        issued.per_second.push(rate);
    }
    print_statements(&mut superuser, "issued", invoices).await?;
    sqlx::query("select pg_stat_statements_reset()").execute(&mut superuser).await?;
    let mut settlements = 0.0;
    for _ in 0..ROUNDS {
        let rate = api.settle_batches().await?;
        settlements += rate * crate::ROUND.as_secs_f64();
        settled.per_second.push(rate);
    }
    print_statements(&mut superuser, "settled", settlements).await?;
    let (inserted, issued, settled) = (inserted.median(), issued.median(), settled.median());
    println!(
        "raw {inserted:.0}, issued {issued:.0} ({:.2}), settled {settled:.0} ({:.2}) a second",
        issued / inserted,
        settled / inserted
    );
    Ok(())
}

async fn print_statements(conn: &mut PgConnection, what: &str, things: f64) -> anyhow::Result<()> {
    let rows: Vec<(f64, f64, i64, i64, String)> = sqlx::query_as(AssertSqlSafe(
        "select total_exec_time * 1000, total_plan_time * 1000, calls, rows, regexp_replace(left(query, 110), '\\s+', ' ', 'g')
         from pg_stat_statements
         where dbid = (select oid from pg_database where datname = 'bench_invoicing')
         order by total_exec_time + total_plan_time desc limit 25",
    ))
    .fetch_all(conn)
    .await?;
    println!("\nmicroseconds of PostgreSQL for each one {what}: running, planning; calls; rows of a call; statement");
    for (run, plan, calls, rows, query) in rows {
        let per_call = rows.checked_div(calls).unwrap_or_default();
        println!("{:>8.2} {:>8.2} {calls:>7} {per_call:>6}  {query}", run / things, plan / things);
    }
    Ok(())
}
