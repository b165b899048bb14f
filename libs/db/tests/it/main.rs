//! Sessions and transactions on a real PostgreSQL.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use quittance_db::{Db, Tx};
use quittance_kernel::TenantId;
use quittance_testkit::{TestDb, now};

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
        assert_eq!(settings(&mut tx, &PLANNER).await, ["on", "on", "on", "force_custom_plan"]);
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
