//! Small differences written off with a settlement: they close the item on its day, and are neither money nor discount.

use chrono::NaiveDate;
use quittance_events::{Envelope, apply_events};
use quittance_kernel::{AllocationId, Clock, Currency, CustomerId, ItemId, TenantId, parse_date};
use quittance_proto::{
    common::v1::{Money, WriteOffReason},
    invoicing::v1::{self as inv, invoicing_event::Payload},
};
use quittance_testkit::{TestDb, now};
use rust_decimal::Decimal;

use super::{InvoicingHandler, test_events::invoicing_events};
use crate::{
    db::{aging, kpi, verify},
    domain::AsOf,
};

fn eur(amount: &str) -> Option<Money> {
    Some(Money { currency_code: "EUR".to_owned(), amount: amount.to_owned() })
}

fn day(text: &str) -> NaiveDate {
    parse_date(text).unwrap()
}

/// A day, as known now.
fn as_of(text: &str) -> AsOf {
    AsOf { on: day(text), known_at: None }
}

/// Two items of one customer: paid 0.40 short and 0.25 over on the tenth; the first settlement comes back on the twentieth.
fn history(tenant: TenantId) -> Vec<Envelope> {
    let customer = CustomerId::at(now());
    let mut payloads = Vec::new();
    let mut settled = Vec::new();
    for (total, amount, write_off) in [("100.00", "99.60", "0.40"), ("50.00", "50.25", "-0.25")] {
        let id = ItemId::at(now());
        payloads.push(Payload::InvoiceIssued(inv::InvoiceIssued {
            invoice_id: id.to_string(),
            customer_id: customer.to_string(),
            issued_on: "2025-01-02".to_owned(),
            due_on: "2025-02-01".to_owned(),
            total: eur(total),
            ..inv::InvoiceIssued::default()
        }));
        settled.push(inv::Settlement {
            allocation_id: AllocationId::at(now()).to_string(),
            item_id: id.to_string(),
            amount: eur(amount),
            effective_on: "2025-01-10".to_owned(),
            write_off: eur(write_off),
            write_off_reason: WriteOffReason::SmallDifference.into(),
            ..inv::Settlement::default()
        });
    }
    payloads.extend(settled.iter().map(|settlement| {
        Payload::ItemSettled(inv::ItemSettled { settlement: Some(settlement.clone()), ..inv::ItemSettled::default() })
    }));
    payloads.push(Payload::SettlementReversed(inv::SettlementReversed {
        settlement: settled.first().cloned(),
        effective_on: "2025-01-20".to_owned(),
        ..inv::SettlementReversed::default()
    }));
    invoicing_events(tenant, customer, payloads)
}

#[tokio::test]
async fn a_write_off_closes_an_item_and_is_neither_paid_nor_discounted() {
    let db = TestDb::new("reporting", &<crate::App as quittance_host::Service>::migrator()).await.db;
    let tenant = TenantId::at(now());
    apply_events(&db, "invoicing", &InvoicingHandler, &Clock::fixed(now()), &history(tenant)).await.unwrap();
    let mut tx = db.begin(tenant).await.unwrap();
    let amounts = |texts: [&str; 4]| texts.map(|text| text.parse::<Decimal>().unwrap());
    // Open, paid, discounted; items paid in full.
    for (on, open, paid, items) in [
        ("2025-01-09", "150.00", "0.00", 0),
        ("2025-01-10", "0.00", "149.85", 2),
        ("2025-01-19", "0.00", "149.85", 2),
        ("2025-01-20", "100.00", "50.25", 1),
    ] {
        let to_date = kpi::to_date(&mut tx, Currency::EUR, as_of(on)).await.unwrap();
        let aged = aging::total(&mut tx, Currency::EUR, as_of(on)).await.unwrap();
        let found = [aged.open_total, to_date.paid, to_date.discounted, to_date.credited];
        assert_eq!(found, amounts([open, paid, "0.00", "0.00"]), "{on}");
        assert_eq!(kpi::paid_days(&mut tx, Currency::EUR, as_of(on)).await.unwrap().items, items, "{on}");
        assert_eq!(verify::items_out_of_bounds(&mut tx, day(on)).await.unwrap().violations, 0, "{on}");
    }
    tx.commit().await.unwrap();
}
