//! How lists reach their rows, in each order and by each filter.

use std::{collections::BTreeMap, path::Path};

use quittance_db::{Column, Range};
use quittance_host::Service as _;
use quittance_kernel::{CustomerId, InvoiceId, ItemId};
use quittance_testkit::{ListPlans, first_page, one_day, one_minute};
use uuid::Uuid;

use super::*;
use crate::App;

#[tokio::test]
async fn lists_reach_their_rows_by_index() {
    let uneven = [
        ("invoice.state", "case when k % 100 = 7 then 'draft' else 'issued' end"),
        ("open_item.settled", "case when k % 100 = 7 then 0 else k % 1000 end"),
        ("customer_credit.applied", "case when k % 100 = 7 then 0 else k % 1000 end"),
        ("metadata_entry.collection", "('{customer,invoice,credit_note}'::text[])[k % 3 + 1]"),
    ];
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lists.txt");
    let mut plans = ListPlans::new(("invoicing", &App::migrator()), App::WORKLOAD, &uneven, &golden).await;
    Box::pin(customers(&mut plans)).await;
    Box::pin(invoices(&mut plans)).await;
    Box::pin(items(&mut plans)).await;
    Box::pin(documents(&mut plans)).await;
    Box::pin(credits(&mut plans)).await;
    plans.finish();
}

/// An entry that some rows of each made-up table have.
fn one_entry() -> BTreeMap<String, String> {
    BTreeMap::from([("text 00000100".to_owned(), "text 00000100".to_owned())])
}

async fn customers(plans: &mut ListPlans) {
    for (name, column) in customer::ORDERS {
        let all = customer::Filter::default();
        plans.explain(&format!("customers by {name}"), |tx| customer::places(tx, all, first_page(column))).await;
    }
    let number = Some("text 00000100".to_owned());
    for (name, filter) in [
        ("number", customer::Filter { number, ..Default::default() }),
        ("one word", customer::Filter { words: vec!["text 0000010".to_owned()], ..Default::default() }),
        ("metadata", customer::Filter { metadata: one_entry(), ..Default::default() }),
        (
            "two words",
            customer::Filter { words: ["text 0000010", "text 00000"].map(str::to_owned).into(), ..Default::default() },
        ),
    ] {
        plans
            .explain(&format!("customers with {name}"), |tx| customer::places(tx, filter, first_page(Column::Id)))
            .await;
    }
    let changed = customer::Filter { updated_at: one_minute(), ..Default::default() };
    let by_time = first_page(customer::ORDERS[1].1);
    plans.explain("customers with update_time", |tx| customer::places(tx, changed, by_time)).await;
}

async fn invoices(plans: &mut ListPlans) {
    use invoice_list::{Filter, ORDERS, StoredState};
    for (name, column) in ORDERS {
        let all = Filter::default();
        plans.explain(&format!("invoices by {name}"), |tx| invoice_list::places(tx, all, first_page(column))).await;
    }
    let (created, updated) = (ORDERS[0].1, ORDERS[1].1);
    let id = Uuid::from_u128(7);
    for (name, column, filter) in [
        ("a customer", created, Filter { customers: vec![CustomerId::new(id)], ..Default::default() }),
        ("two customers", created, Filter { customers: vec![CustomerId::new(id); 2], ..Default::default() }),
        ("a number", created, Filter { ids: Some(vec![id]), ..Default::default() }),
        ("metadata", created, Filter { metadata: one_entry(), ..Default::default() }),
        ("metadata, by update_time", updated, Filter { metadata: one_entry(), ..Default::default() }),
        ("the state draft", created, Filter { states: vec![StoredState::Draft], ..Default::default() }),
        ("the state open", created, Filter { states: vec![StoredState::Open], ..Default::default() }),
        ("issued_on", created, Filter { issued_on: one_day(), ..Default::default() }),
        ("due_on", created, Filter { due_on: one_day(), ..Default::default() }),
        ("update_time", updated, Filter { updated_at: one_minute(), ..Default::default() }),
        ("update_time, in the order of creation", created, Filter { updated_at: one_minute(), ..Default::default() }),
    ] {
        plans
            .explain(&format!("invoices with {name}"), |tx| invoice_list::places(tx, filter, first_page(column)))
            .await;
    }
}

async fn items(plans: &mut ListPlans) {
    use item::{Filter, ORDERS};
    let all = || Filter {
        customers: Vec::new(),
        due_on: Range::default(),
        issued_on: Range::default(),
        open: None,
        disputed_only: false,
        include_closed: false,
        updated_at: Range::default(),
    };
    for (name, column) in ORDERS {
        plans.explain(&format!("items by {name}"), |tx| item::places(tx, all(), first_page(column))).await;
    }
    let (due, updated) = (ORDERS[0].1, ORDERS[1].1);
    for (name, column, filter) in [
        ("a customer", due, Filter { customers: vec![CustomerId::new(Uuid::from_u128(7))], ..all() }),
        ("due_on", due, Filter { due_on: one_day(), ..all() }),
        ("update_time", updated, Filter { updated_at: one_minute(), ..all() }),
        ("update_time, closed ones too", updated, Filter { updated_at: one_minute(), include_closed: true, ..all() }),
    ] {
        plans.explain(&format!("items with {name}"), |tx| item::places(tx, filter, first_page(column))).await;
    }
}

async fn documents(plans: &mut ListPlans) {
    use document::{DELIVERY_ORDERS, NOTE_ORDERS, NoteFilter};
    let all = || NoteFilter {
        customers: Vec::new(),
        ids: None,
        issued_on: Range::default(),
        issued_at: Range::default(),
        metadata: BTreeMap::new(),
    };
    for (name, column) in NOTE_ORDERS {
        plans
            .explain(&format!("credit notes by {name}"), |tx| document::note_places(tx, all(), first_page(column)))
            .await;
    }
    let by_time = NOTE_ORDERS[0].1;
    for (name, filter) in [
        ("a customer", NoteFilter { customers: vec![CustomerId::new(Uuid::from_u128(7))], ..all() }),
        ("a number", NoteFilter { ids: Some(vec![Uuid::from_u128(7)]), ..all() }),
        ("metadata", NoteFilter { metadata: one_entry(), ..all() }),
        ("issued_on", NoteFilter { issued_on: one_day(), ..all() }),
        ("issue_time", NoteFilter { issued_at: one_minute(), ..all() }),
    ] {
        plans
            .explain(&format!("credit notes with {name}"), |tx| document::note_places(tx, filter, first_page(by_time)))
            .await;
    }
    for (name, filter) in [
        ("no filter", bad_debt::Filter::default()),
        ("a customer", bad_debt::Filter { customers: vec![CustomerId::new(Uuid::from_u128(7))], ..Default::default() }),
        ("an item", bad_debt::Filter { item: Some(ItemId::new(Uuid::from_u128(7))), ..Default::default() }),
        ("create_time", bad_debt::Filter { recorded_at: one_minute(), ..Default::default() }),
    ] {
        let list = |tx: &_| bad_debt::places(tx, filter, first_page(bad_debt::ORDERS[0].1));
        plans.explain(&format!("bad debts with {name}"), list).await;
    }
    let by_time = DELIVERY_ORDERS[0].1;
    let invoice = Some(InvoiceId::new(Uuid::from_u128(7)));
    for (name, invoice, time) in [
        ("no filter", None, Range::default()),
        ("an invoice", invoice, Range::default()),
        ("deliver_time", None, one_minute()),
    ] {
        let list = |tx: &_| document::delivery_places(tx, invoice, time, first_page(by_time));
        plans.explain(&format!("deliveries with {name}"), list).await;
    }
}

async fn credits(plans: &mut ListPlans) {
    use customer_credit::{Filter, ORDERS};
    for (name, column) in ORDERS {
        let all = Filter::default();
        plans.explain(&format!("credits by {name}"), |tx| customer_credit::places(tx, all, first_page(column))).await;
    }
    let (issued, updated) = (ORDERS[0].1, ORDERS[1].1);
    let customers = || vec![CustomerId::new(Uuid::from_u128(7))];
    for (name, column, filter) in [
        ("a customer", issued, Filter { customers: customers(), ..Filter::default() }),
        ("issued_on", issued, Filter { issued_on: one_day(), ..Filter::default() }),
        (
            "update_time, used ones too",
            updated,
            Filter { updated_at: one_minute(), include_used: true, ..Filter::default() },
        ),
        (
            "a customer, used ones too",
            updated,
            Filter { customers: customers(), include_used: true, ..Filter::default() },
        ),
    ] {
        plans
            .explain(&format!("credits with {name}"), |tx| customer_credit::places(tx, filter, first_page(column)))
            .await;
    }
}
