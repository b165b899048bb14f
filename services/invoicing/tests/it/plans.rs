//! How each query reaches its rows.

use std::path::Path;

use quittance_host::Service as _;
use quittance_invoicing::App;
use quittance_testkit::{Plans, assert_plans};

#[tokio::test]
async fn queries_reach_their_rows_by_index() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (db, events) = (own.join("../../libs/db"), own.join("../../libs/events"));
    let plans = Plans {
        service: "invoicing",
        migrator: &App::migrator(),
        workload: App::WORKLOAD,
        crates: &[own, &db, &events],
        filtered: &["purchase_order collate \"C\" >= $2"],
        uneven: &[
            ("invoice.state", "case when k % 100 = 7 then 'draft' else 'issued' end"),
            ("open_item.settled", "case when k % 100 = 7 then 0 else k % 1000 end"),
        ],
    };
    assert_plans(&plans, &own.join("tests/plans.txt")).await;
}
