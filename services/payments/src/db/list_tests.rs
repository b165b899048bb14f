//! How lists reach their rows, in each order and by each filter.

use std::{collections::BTreeMap, path::Path};

use quittance_db::Range;
use quittance_host::Service as _;
use quittance_kernel::CustomerId;
use quittance_testkit::{ListPlans, first_page, one_day, one_minute};
use uuid::Uuid;

use super::*;
use crate::App;

#[tokio::test]
async fn lists_reach_their_rows_by_index() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lists.txt");
    let of_payments = [("metadata_entry.collection", "'payment'")];
    let mut plans = ListPlans::new(("payments", &App::migrator()), App::WORKLOAD, &of_payments, &golden).await;
    for (name, column) in payment_list::ORDERS {
        let all = payment_list::Filter::default();
        plans.explain(&format!("payments by {name}"), |tx| payment_list::places(tx, all, first_page(column))).await;
    }
    let reference = Some("text 00000100".to_owned());
    let entry = BTreeMap::from([("text 00000100".to_owned(), "text 00000100".to_owned())]);
    let (recorded, updated) = (payment_list::ORDERS[0].1, payment_list::ORDERS[1].1);
    for (name, column, filter) in [
        (
            "a customer",
            recorded,
            payment_list::Filter { customers: vec![CustomerId::new(Uuid::from_u128(7))], ..Default::default() },
        ),
        ("unapplied money", recorded, payment_list::Filter { unapplied_only: true, ..Default::default() }),
        ("a reference", recorded, payment_list::Filter { external_reference: reference, ..Default::default() }),
        ("metadata", recorded, payment_list::Filter { metadata: entry, ..Default::default() }),
        ("received_on", recorded, payment_list::Filter { received_on: one_day(), ..Default::default() }),
        ("update_time", updated, payment_list::Filter { updated_at: one_minute(), ..Default::default() }),
    ] {
        plans
            .explain(&format!("payments with {name}"), |tx| payment_list::places(tx, filter, first_page(column)))
            .await;
    }
    let by_time = import::ORDERS[0].1;
    for (name, time) in [("no filter", Range::default()), ("import_time", one_minute())] {
        plans.explain(&format!("imports with {name}"), |tx| import::places(tx, time, first_page(by_time))).await;
    }
    plans.finish();
}
