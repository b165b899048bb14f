//! How each query reaches its rows.

use std::path::Path;

use quittance_credit_risk::App;
use quittance_host::Service as _;
use quittance_testkit::{Plans, assert_plans};

#[tokio::test]
async fn queries_reach_their_rows_by_index() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let plans = Plans {
        service: "credit_risk",
        migrator: &App::migrator(),
        workload: App::WORKLOAD,
        crates: &[own],
        filtered: &[],
        uneven: &[("reservation.state", "case when k % 100 = 7 then 'active' else 'invoiced' end")],
    };
    assert_plans(&plans, &own.join("tests/plans.txt")).await;
}
