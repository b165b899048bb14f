//! How each query reaches its rows.

use std::path::Path;

use quittance_host::Service as _;
use quittance_testkit::{Plans, assert_plans};

use crate::App;

#[tokio::test]
async fn queries_reach_their_rows_by_index() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let plans = Plans {
        service: "reporting",
        migrator: &App::migrator(),
        workload: App::WORKLOAD,
        crates: &[own],
        filtered: &[],
        uneven: &[],
    };
    assert_plans(&plans, &own.join("src/db/plans.txt")).await;
}
