//! How each query reaches its rows.

use std::path::Path;

use quittance_collections::App;
use quittance_host::Service as _;
use quittance_testkit::{Plans, assert_plans};

#[tokio::test]
async fn queries_reach_their_rows_by_index() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let runs = own.join("../../libs/runs");
    let plans = Plans {
        service: "collections",
        migrator: &App::migrator(),
        workload: App::WORKLOAD,
        crates: &[own, &runs],
        filtered: &[],
        uneven: &[
            ("dispute.state", "case when k % 100 = 7 then 'open' else 'resolved' end"),
            ("run.state", "case when k % 100 = 7 then 'running' else 'finished' end"),
            ("item.closed_on", "case when k % 100 = 7 then null else date '2026-01-01' + k % 365 end"),
        ],
    };
    assert_plans(&plans, &own.join("tests/plans.txt")).await;
}
