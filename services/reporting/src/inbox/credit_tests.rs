//! Credits on account: a column of their own, which pays items without making their sales undone.

use quittance_events::apply_events;
use quittance_kernel::{Clock, CreditId, Currency, CustomerId, EntryId, ItemId, TenantId, parse_date};
use quittance_proto::{
    common::v1::Money,
    invoicing::v1::{self as inv, CreditEntryKind, EntryKind, invoicing_event::Payload},
};
use quittance_testkit::{TestDb, now};
use rust_decimal::Decimal;

use super::{InvoicingHandler, test_events::invoicing_events};
use crate::{
    db::{aging, kpi},
    domain::AsOf,
};

fn eur(amount: &str) -> Option<Money> {
    Some(Money { currency_code: "EUR".to_owned(), amount: amount.to_owned() })
}

fn credit_entry(credit: CreditId, kind: CreditEntryKind, amount: &str, on: &str) -> inv::CreditEntry {
    inv::CreditEntry {
        entry_id: EntryId::at(now()).to_string(),
        credit_id: credit.to_string(),
        kind: kind.into(),
        amount: eur(amount),
        effective_on: on.to_owned(),
        ..inv::CreditEntry::default()
    }
}

fn entry(item: ItemId, kind: EntryKind, amount: &str, on: &str) -> inv::Entry {
    inv::Entry {
        item_id: item.to_string(),
        kind: kind.into(),
        amount: eur(amount),
        effective_on: on.to_owned(),
        ..inv::Entry::default()
    }
}

#[tokio::test]
async fn credits_on_account_are_shown_beside_what_is_open() {
    let db = TestDb::new("reporting", &<crate::App as quittance_host::Service>::migrator()).await.db;
    let (tenant, customer) = (TenantId::at(now()), CustomerId::at(now()));
    let [paid, open] = [ItemId::at(now()), ItemId::at(now())];
    let credit = CreditId::at(now());
    let shown = Some(inv::Credit {
        credit_id: credit.to_string(),
        customer_id: customer.to_string(),
        ..inv::Credit::default()
    });
    let issued = |item: ItemId, number: &str, on: &str| {
        Payload::InvoiceIssued(inv::InvoiceIssued {
            invoice_id: item.to_string(),
            customer_id: customer.to_string(),
            number: number.to_owned(),
            issued_on: on.to_owned(),
            due_on: on.to_owned(),
            total: eur("100.00"),
            ..inv::InvoiceIssued::default()
        })
    };
    let named = inv::Customer { customer_id: customer.to_string(), ..inv::Customer::default() };
    let payloads = [
        Payload::CustomerCreated(inv::CustomerCreated { customer: Some(named) }),
        issued(paid, "INV-1", "2025-01-10"),
        issued(open, "INV-2", "2025-02-10"),
        // Of 120, 20 were open of its own invoice.
        Payload::InvoiceCredited(inv::InvoiceCredited {
            invoice_id: paid.to_string(),
            customer_id: customer.to_string(),
            issued_on: "2025-03-01".to_owned(),
            amount: eur("120.00"),
            entries: vec![entry(paid, EntryKind::Credit, "-20.00", "2025-03-01")],
            credit: shown.clone(),
            credit_entries: vec![
                credit_entry(credit, CreditEntryKind::Issued, "120.00", "2025-03-01"),
                credit_entry(credit, CreditEntryKind::Applied, "-20.00", "2025-03-01"),
            ],
            ..inv::InvoiceCredited::default()
        }),
        Payload::CreditApplied(inv::CreditApplied {
            credit: shown.clone(),
            entries: vec![entry(open, EntryKind::Credit, "-100.00", "2025-03-05")],
            credit_entries: vec![credit_entry(credit, CreditEntryKind::Applied, "-100.00", "2025-03-05")],
            ..inv::CreditApplied::default()
        }),
        Payload::CreditEntryReversed(inv::CreditEntryReversed {
            credit: shown.clone(),
            entries: vec![entry(open, EntryKind::CreditReversal, "100.00", "2025-03-09")],
            credit_entries: vec![credit_entry(credit, CreditEntryKind::ApplicationReversal, "100.00", "2025-03-09")],
            ..inv::CreditEntryReversed::default()
        }),
        Payload::CreditWrittenOff(inv::CreditWrittenOff {
            credit: shown,
            credit_entries: vec![credit_entry(credit, CreditEntryKind::WrittenOff, "-30.00", "2025-03-10")],
        }),
    ];
    let events = invoicing_events(tenant, customer, payloads);
    apply_events(&db, "invoicing", &InvoicingHandler, &Clock::fixed(now()), &events).await.unwrap();
    let mut tx = db.begin(tenant).await.unwrap();
    let amount = |text: &str| text.parse::<Decimal>().unwrap();
    // Open, on account, sales, and credited.
    for (on, open, credits, sales, credited) in [
        ("2025-02-28", "200", "0", "200", "0"),
        ("2025-03-01", "180", "100", "200", "120"),
        ("2025-03-05", "80", "0", "200", "120"),
        ("2025-03-09", "180", "100", "200", "120"),
        ("2025-03-10", "180", "70", "200", "120"),
    ] {
        let as_of = AsOf { on: parse_date(on).unwrap(), known_at: None };
        let total = aging::total(&mut tx, Currency::EUR, as_of).await.unwrap();
        assert_eq!((total.open_total, total.credits), (amount(open), amount(credits)), "{on}");
        let query = aging::CustomerQuery { as_of, currency: Currency::EUR, after: None, limit: 10 };
        let by_customer = aging::by_customer(&mut tx, &query).await.unwrap();
        let listed: Vec<_> = by_customer.iter().map(|row| (row.aging.open_total, row.aging.credits)).collect();
        assert_eq!(listed, [(amount(open), amount(credits))], "{on}");
        let of_customer = aging::of_customer(&mut tx, customer, as_of).await.unwrap();
        let listed: Vec<_> = of_customer.iter().map(|(_, row)| (row.aging.open_total, row.aging.credits)).collect();
        assert_eq!(listed, [(amount(open), amount(credits))], "{on}");
        let by_month = kpi::sales_by_month(&mut tx, Currency::EUR, as_of).await.unwrap();
        assert_eq!(by_month.into_values().sum::<Decimal>(), amount(sales), "{on}");
        assert_eq!(kpi::to_date(&mut tx, Currency::EUR, as_of).await.unwrap().credited, amount(credited), "{on}");
    }
    let before = AsOf { on: parse_date("2025-03-10").unwrap(), known_at: Some(now() - chrono::Duration::seconds(1)) };
    assert_eq!(aging::total(&mut tx, Currency::EUR, before).await.unwrap().credits, Decimal::ZERO);
    tx.commit().await.unwrap();
}
