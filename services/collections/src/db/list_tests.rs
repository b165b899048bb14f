//! How lists reach their rows, in each order and by each filter.

use std::path::Path;

use quittance_db::Range;
use quittance_host::Service as _;
use quittance_kernel::{CustomerId, ItemId, RunId};
use quittance_testkit::{ListPlans, first_page, one_day, one_minute};
use uuid::Uuid;

use super::*;
use crate::App;

#[tokio::test]
async fn lists_reach_their_rows_by_index() {
    let uneven = [("dispute.state", "case when k % 100 = 7 then 'open' else 'resolved' end")];
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lists.txt");
    let mut plans = ListPlans::new(("collections", &App::migrator()), App::WORKLOAD, &uneven, &golden).await;
    Box::pin(disputes(&mut plans)).await;
    Box::pin(dunning(&mut plans)).await;
    plans.finish();
}

async fn disputes(plans: &mut ListPlans) {
    use dispute::{Filter, ORDERS};
    let all = || Filter {
        customers: Vec::new(),
        item: None,
        reasons: Vec::new(),
        open_only: false,
        opened_on: Range::default(),
        updated_at: Range::default(),
    };
    for (name, column) in ORDERS {
        plans.explain(&format!("disputes by {name}"), |tx| dispute::places(tx, all(), first_page(column))).await;
    }
    let (recorded, updated) = (ORDERS[0].1, ORDERS[1].1);
    for (name, column, filter) in [
        ("a customer", recorded, Filter { customers: vec![CustomerId::new(Uuid::from_u128(7))], ..all() }),
        ("an item", recorded, Filter { item: Some(ItemId::new(Uuid::from_u128(7))), ..all() }),
        ("open ones", recorded, Filter { open_only: true, ..all() }),
        ("opened_on", recorded, Filter { opened_on: one_day(), ..all() }),
        ("update_time", updated, Filter { updated_at: one_minute(), ..all() }),
    ] {
        plans.explain(&format!("disputes with {name}"), |tx| dispute::places(tx, filter, first_page(column))).await;
    }
}

async fn dunning(plans: &mut ListPlans) {
    use reminder::Filter;
    let all = || Filter {
        run: None,
        customers: Vec::new(),
        item: None,
        as_of: Range::default(),
        recorded_at: Range::default(),
    };
    let by_time = reminder::ORDERS[0].1;
    for (name, filter) in [
        ("no filter", all()),
        ("a run", Filter { run: Some(RunId::new(Uuid::from_u128(7))), ..all() }),
        ("a customer", Filter { customers: vec![CustomerId::new(Uuid::from_u128(7))], ..all() }),
        ("an item", Filter { item: Some(ItemId::new(Uuid::from_u128(7))), ..all() }),
        ("record_time", Filter { recorded_at: one_minute(), ..all() }),
    ] {
        plans.explain(&format!("reminders with {name}"), |tx| reminder::places(tx, filter, first_page(by_time))).await;
    }
    let by_time = dunning::RUN_ORDERS[0].1;
    for (name, time) in [("no filter", Range::default()), ("run_time", one_minute())] {
        let list = |tx: &_| dunning::run_places(tx, Range::default(), time, first_page(by_time));
        plans.explain(&format!("runs with {name}"), list).await;
    }
    for (name, column) in strategy::ORDERS {
        let list = |tx: &_| strategy::places(tx, Range::default(), first_page(column));
        plans.explain(&format!("strategies by {name}"), list).await;
    }
}
