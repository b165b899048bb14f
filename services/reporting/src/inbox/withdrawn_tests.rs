//! Invoices that are voided or credited in full leave the period of their issue: sales are what was to be collected.

use chrono::NaiveDate;
use quittance_events::{Envelope, apply_events};
use quittance_kernel::{Clock, Currency, CustomerId, ItemId, TenantId, parse_date};
use quittance_proto::{
    common::v1::Money,
    invoicing::v1::{self as inv, invoicing_event::Payload},
};
use quittance_testkit::{TestDb, now};
use rust_decimal::Decimal;

use super::{InvoicingHandler, test_events::invoicing_events};
use crate::{db::kpi, domain::AsOf};

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

fn amount(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// Three invoices: one is voided and one credited in full, both in March, and the third is credited in part.
fn history(tenant: TenantId) -> Vec<Envelope> {
    let customer = CustomerId::at(now());
    let ids: [ItemId; 3] = std::array::from_fn(|_| ItemId::at(now()));
    let issued = |place: usize, total: &str, on: &str| {
        Payload::InvoiceIssued(inv::InvoiceIssued {
            invoice_id: ids[place].to_string(),
            customer_id: customer.to_string(),
            number: format!("INV-{place}"),
            issued_on: on.to_owned(),
            due_on: on.to_owned(),
            total: eur(total),
            ..inv::InvoiceIssued::default()
        })
    };
    let credited = |place: usize, credit: &str, on: &str| {
        Payload::InvoiceCredited(inv::InvoiceCredited {
            invoice_id: ids[place].to_string(),
            customer_id: customer.to_string(),
            issued_on: on.to_owned(),
            amount: eur(credit),
            ..inv::InvoiceCredited::default()
        })
    };
    let voided = Payload::InvoiceVoided(inv::InvoiceVoided {
        invoice_id: ids[0].to_string(),
        customer_id: customer.to_string(),
        voided_on: "2025-03-20".to_owned(),
        amount: eur("100.00"),
        ..inv::InvoiceVoided::default()
    });
    let payloads = [
        issued(0, "100.00", "2025-01-10"),
        issued(1, "200.00", "2025-02-10"),
        credited(1, "80.00", "2025-02-20"),
        issued(2, "300.00", "2025-03-05"),
        voided,
        credited(1, "120.00", "2025-03-25"),
        credited(2, "50.00", "2025-03-26"),
    ];
    invoicing_events(tenant, customer, payloads)
}

#[tokio::test]
async fn what_is_withdrawn_leaves_the_period_of_its_issue() {
    let db = TestDb::new("reporting", &<crate::App as quittance_host::Service>::migrator()).await.db;
    let tenant = TenantId::at(now());
    apply_events(&db, "invoicing", &InvoicingHandler, &Clock::fixed(now()), &history(tenant)).await.unwrap();
    let mut tx = db.begin(tenant).await.unwrap();
    // Sales of January, February and March.
    for (on, sales) in [
        ("2025-03-19", ["100.00", "200.00", "300.00"]),
        ("2025-03-24", ["0.00", "200.00", "300.00"]),
        ("2025-03-31", ["0.00", "0.00", "300.00"]),
    ] {
        let by_month = kpi::sales_by_month(&mut tx, Currency::EUR, as_of(on)).await.unwrap();
        assert_eq!(by_month.into_values().collect::<Vec<_>>(), sales.map(amount), "{on}");
    }
    for (from, to, sales, documents, before) in [
        ("2025-01-01", "2025-03-19", "600.00", 3, "0.00"),
        ("2025-01-01", "2025-03-31", "300.00", 1, "0.00"),
        ("2025-02-01", "2025-03-31", "300.00", 1, "100.00"),
        ("2025-03-01", "2025-03-24", "300.00", 1, "100.00"),
        ("2025-03-01", "2025-03-31", "300.00", 1, "220.00"),
    ] {
        let found = kpi::sales(&mut tx, Currency::EUR, day(from), as_of(to)).await.unwrap();
        let expected = (amount(sales), documents, amount(before));
        assert_eq!((found.amount, found.documents, found.withdrawn_before), expected, "{from} {to}");
    }
    tx.commit().await.unwrap();
}
