//! A table that has been filled is analysed before autovacuum comes by.

use quittance_db::{Db, analyze_new_tables};
use quittance_testkit::wait_until;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};

use crate::support::Bench;

/// How often a table was analysed, and the rows written since.
async fn statistics(db: &Db, table: &str) -> (i64, i64) {
    sqlx::query_as("select analyze_count, n_mod_since_analyze from pg_stat_user_tables where relname = $1")
        .bind(table)
        .fetch_one(db.system())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_table_is_analysed_when_it_has_grown_fivefold() {
    let bench = Bench::start().await;
    let mut owner = bench.db.connect_as("quittance_owner").await;
    // Only we look at these.
    for (table, rows) in [("filled", 200), ("nearly_empty", 20)] {
        let made =
            format!("create table {table} with (autovacuum_enabled = false) as select generate_series(1, {rows}) as n");
        owner.execute(AssertSqlSafe(made)).await.unwrap();
    }
    // Who goes tells at once what it has written.
    owner.close().await.unwrap();
    let db = bench.db();
    wait_until("the filled table is analysed", || async {
        analyze_new_tables(&db).await.unwrap();
        statistics(&db, "filled").await.0 > 0
    })
    .await;
    analyze_new_tables(&db).await.unwrap();
    assert_eq!((statistics(&db, "filled").await.0, statistics(&db, "nearly_empty").await.0), (1, 0));

    // Three times its size is not enough.
    for (written, analyses) in [(400, 1), (800, 2)] {
        let mut owner = bench.db.connect_as("quittance_owner").await;
        owner.execute("insert into filled select generate_series(1, 400)").await.unwrap();
        owner.close().await.unwrap();
        wait_until("the rows are counted", || async { statistics(&db, "filled").await.1 == written }).await;
        analyze_new_tables(&db).await.unwrap();
        assert_eq!(statistics(&db, "filled").await.0, analyses);
    }
    let refused = bench.db.connect_as("quittance_app").await.execute("select analyze_new_tables()").await.unwrap_err();
    assert_eq!(refused.as_database_error().unwrap().code().as_deref(), Some("42501"));
}
