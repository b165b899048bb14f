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
    let by_time = quittance_runs::ORDERS[0].1;
    let all = quittance_runs::Filter::default;
    for (name, filter) in [
        ("no filter", all()),
        ("create_time", quittance_runs::Filter { created_at: one_minute(), ..all() }),
        ("running ones", quittance_runs::Filter { state: Some(quittance_runs::State::Running), ..all() }),
    ] {
        let list = |tx: &_| quittance_runs::places(tx, filter, first_page(by_time));
        plans.explain(&format!("runs with {name}"), list).await;
    }
    let by_subject = quittance_runs::ITEM_ORDERS[0].1;
    let run = RunId::new(Uuid::from_u128(7));
    for (name, state) in [("no filter", None), ("failed ones", Some(quittance_runs::ItemState::Failed))] {
        let list = |tx: &_| quittance_runs::item_places(tx, run, state, first_page(by_subject));
        plans.explain(&format!("items of a run with {name}"), list).await;
    }
    for (name, column) in strategy::ORDERS {
        let list = |tx: &_| strategy::places(tx, Range::default(), first_page(column));
        plans.explain(&format!("strategies by {name}"), list).await;
    }
}
