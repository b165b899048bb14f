//! How lists reach their rows, in each order and by each filter.

use std::path::Path;

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{Column, Order, Range, Window};
use quittance_host::Service as _;
use quittance_kernel::CustomerId;
use quittance_testkit::ListPlans;
use uuid::Uuid;

use super::*;
use crate::App;

fn window(column: Column) -> Window {
    Window { order: Order { column, descending: false }, after: None, limit: 101 }
}

fn date() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, 1).unwrap()
}

fn dates() -> Range<NaiveDate> {
    Range { from: Some(date()), to: Some(date()) }
}

fn times() -> Range<DateTime<Utc>> {
    let at = DateTime::from_timestamp(1_767_225_660, 0);
    Range { from: at, to: at.map(|at| at + chrono::Duration::minutes(1)) }
}

#[tokio::test]
async fn lists_reach_their_rows_by_index() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lists.txt");
    let mut plans = ListPlans::new(("payments", &App::migrator()), App::WORKLOAD, &[], &golden).await;
    for (name, column) in payment_list::ORDERS {
        let all = payment_list::Filter::default();
        plans.explain(&format!("payments by {name}"), |tx| payment_list::places(tx, all, window(column))).await;
    }
    let reference = Some("text 00000100".to_owned());
    let (recorded, updated) = (payment_list::ORDERS[0].1, payment_list::ORDERS[1].1);
    for (name, column, filter) in [
        (
            "a customer",
            recorded,
            payment_list::Filter { customers: vec![CustomerId::new(Uuid::from_u128(7))], ..Default::default() },
        ),
        ("unapplied money", recorded, payment_list::Filter { unapplied_only: true, ..Default::default() }),
        ("a reference", recorded, payment_list::Filter { external_reference: reference, ..Default::default() }),
        ("received_on", recorded, payment_list::Filter { received_on: dates(), ..Default::default() }),
        ("update_time", updated, payment_list::Filter { updated_at: times(), ..Default::default() }),
    ] {
        plans.explain(&format!("payments with {name}"), |tx| payment_list::places(tx, filter, window(column))).await;
    }
    let by_time = import::ORDERS[0].1;
    for (name, time) in [("no filter", Range::default()), ("import_time", times())] {
        plans.explain(&format!("imports with {name}"), |tx| import::places(tx, time, window(by_time))).await;
    }
    plans.finish();
}
