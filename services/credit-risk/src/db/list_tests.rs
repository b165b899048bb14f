//! How lists reach their rows, in each order and by each filter.

use std::path::Path;

use quittance_db::Range;
use quittance_host::Service as _;
use quittance_kernel::CustomerId;
use quittance_testkit::{ListPlans, first_page, one_minute};
use uuid::Uuid;

use super::*;
use crate::App;

#[tokio::test]
async fn lists_reach_their_rows_by_index() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lists.txt");
    let mut plans = ListPlans::new(("credit_risk", &App::migrator()), App::WORKLOAD, &[], &golden).await;
    Box::pin(profiles(&mut plans)).await;
    Box::pin(reservations(&mut plans)).await;
    plans.finish();
}

async fn profiles(plans: &mut ListPlans) {
    use profile::{Filter, ORDERS};
    let all = || Filter { customers: Vec::new(), currency: None, updated_at: Range::default() };
    for (name, column) in ORDERS {
        plans.explain(&format!("profiles by {name}"), |tx| profile::places(tx, all(), first_page(column))).await;
    }
    for (name, filter) in [
        ("a customer", Filter { customers: vec![CustomerId::new(Uuid::from_u128(7))], ..all() }),
        ("update_time", Filter { updated_at: one_minute(), ..all() }),
    ] {
        plans
            .explain(&format!("profiles with {name}"), |tx| profile::places(tx, filter, first_page(ORDERS[1].1)))
            .await;
    }
}

async fn reservations(plans: &mut ListPlans) {
    use reservation::{Filter, ORDERS};
    let all =
        || Filter { customers: Vec::new(), states: Vec::new(), order_reference: None, updated_at: Range::default() };
    for (name, column) in ORDERS {
        plans
            .explain(&format!("reservations by {name}"), |tx| reservation::places(tx, all(), first_page(column)))
            .await;
    }
    let (created, updated) = (ORDERS[0].1, ORDERS[1].1);
    for (name, column, filter) in [
        ("a customer", created, Filter { customers: vec![CustomerId::new(Uuid::from_u128(7))], ..all() }),
        ("a state", created, Filter { states: vec!["active"], ..all() }),
        ("an order", created, Filter { order_reference: Some("text 00000100".to_owned()), ..all() }),
        ("update_time", updated, Filter { updated_at: one_minute(), ..all() }),
    ] {
        plans
            .explain(&format!("reservations with {name}"), |tx| reservation::places(tx, filter, first_page(column)))
            .await;
    }
}
