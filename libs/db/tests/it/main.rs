//! Sessions and transactions on a real PostgreSQL.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use quittance_db::{Db, Tx, Workload};
use quittance_kernel::TenantId;
use quittance_testkit::{TestDb, now, wait_until};
use sqlx::{
    AssertSqlSafe, SqlSafeStr as _,
    migrate::{Migration, MigrationType, Migrator},
};
use tokio::task::JoinSet;

async fn settings(tx: &mut Tx, names: &[&str]) -> Vec<String> {
    let mut values = Vec::new();
    for name in names {
        let value = sqlx::query_scalar("select current_setting($1)").bind(*name).fetch_one(&mut **tx).await.unwrap();
        values.push(value);
    }
    values
}

async fn db() -> Db {
    TestDb::new("db", &quittance_db::MIGRATOR).await.db
}

/// Keys are looked up without joins that read all, and sums are not taken row by row, on sessions of one pool.
#[tokio::test]
async fn a_transaction_of_sums_is_planned_for_sums_and_only_that_one() {
    const PLANNER: [&str; 4] = ["enable_hashjoin", "enable_mergejoin", "enable_seqscan", "plan_cache_mode"];
    let (db, tenant) = (db().await, TenantId::at(now()));
    for _ in 0..2 {
        let mut tx = db.begin_sums(tenant).await.unwrap();
        assert_eq!(settings(&mut tx, &PLANNER).await, ["on", "on", "off", "force_custom_plan"]);
        assert_eq!(settings(&mut tx, &["quittance.tenant"]).await, [tenant.to_string()]);
        tx.commit().await.unwrap();
        let mut tx = db.begin(tenant).await.unwrap();
        assert_eq!(settings(&mut tx, &PLANNER).await, ["off", "off", "off", "force_generic_plan"]);
    }
}

/// No statement outlives its caller for ever, and none is compiled.
#[tokio::test]
async fn statements_end_and_are_not_compiled() {
    let (db, tenant) = (db().await, TenantId::at(now()));
    let mut tx = db.begin(tenant).await.unwrap();
    assert_eq!(settings(&mut tx, &["jit", "statement_timeout"]).await, ["off", "150s"]);
    let mut tx = db.begin_unbounded().await.unwrap().enter(tenant).await.unwrap();
    assert_eq!(settings(&mut tx, &["statement_timeout"]).await, ["0"]);
    let system: String = sqlx::query_scalar("show statement_timeout").fetch_one(db.system()).await.unwrap();
    assert_eq!(system, "150s");
}

/// A sum that takes longer than its caller waits for ends with the caller's deadline.
#[tokio::test]
async fn a_sum_ends_with_the_deadline_of_its_caller() {
    let (db, tenant) = (db().await, TenantId::at(now()));
    let ends_at = std::time::Instant::now() + std::time::Duration::from_millis(200);
    let slept = quittance_runtime::deadline::scope(ends_at, async {
        let mut tx = db.begin_sums(tenant).await.unwrap();
        sqlx::query("select pg_sleep(60)").execute(&mut *tx).await
    });
    let error = slept.await.unwrap_err();
    assert_eq!(
        error.as_database_error().and_then(sqlx::error::DatabaseError::code).as_deref(),
        Some("57014"),
        "{error}"
    );
}

/// Replicas that start at once all prepare their database: PostgreSQL refuses two grants on one table at the same moment, and an index that is built
/// concurrently waits for every statement that runs, so that those who wait for their turn must not do so within one.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_is_prepared_by_many_at_once() {
    let db = TestDb::new("db", &quittance_db::MIGRATOR).await;
    let indexes = ["one", "two", "three"].map(|name| {
        let sql = AssertSqlSafe(format!("create index concurrently {name} on request_log (tenant_id)")).into_sql_str();
        Migration::new(1_000, name.into(), MigrationType::Simple, sql, true)
    });
    let indexes = indexes.into_iter().zip(1_001..).map(|(index, version)| Migration { version, ..index });
    let all = Migrator::with_migrations(indexes.chain(quittance_db::MIGRATOR.iter().cloned()).collect());
    let all = Arc::new(quittance_db::merge(&[&all]));
    let preparing: Vec<_> = (0..8)
        .map(|_| {
            let (logins, all) = (db.logins.clone(), Arc::clone(&all));
            tokio::spawn(async move { Box::pin(quittance_db::prepare(&logins, &all)).await })
        })
        .collect();
    for one in preparing {
        one.await.unwrap().unwrap();
    }
}

/// A tenant that wants every connection, and keeps what it gets, leaves another's transactions their own.
#[tokio::test]
async fn a_loud_tenant_keeps_no_other_tenant_waiting() {
    let logins = TestDb::new("db", &quittance_db::MIGRATOR).await.logins;
    let db = Db::connect(&logins, 6, Workload::Keys).await.unwrap();
    let (loud, quiet) = (TenantId::at(now()), TenantId::at(now() + chrono::Duration::seconds(1)));
    let got = Arc::new(AtomicUsize::new(0));
    let mut holding = JoinSet::new();
    for _ in 0..50 {
        let (db, got) = (db.clone(), got.clone());
        holding.spawn(async move {
            let _held = db.begin(loud).await.unwrap();
            got.fetch_add(1, Ordering::SeqCst);
            std::future::pending::<()>().await;
        });
    }
    wait_until("the loud tenant has two thirds", || async { got.load(Ordering::SeqCst) == 4 }).await;
    let (mut first, mut second) = (db.begin(quiet).await.unwrap(), db.begin(quiet).await.unwrap());
    for tx in [&mut first, &mut second] {
        assert_eq!(settings(tx, &["quittance.tenant"]).await, [quiet.to_string()]);
    }
    assert_eq!(got.load(Ordering::SeqCst), 4, "what it holds it still holds, and the rest waits");
    assert!(holding.try_join_next().is_none(), "its transactions go on");
}
