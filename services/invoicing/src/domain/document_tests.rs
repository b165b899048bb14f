use quittance_kernel::{AllocationId, ContactId, Currency, CustomerId, Metadata, PaymentId, TenantId};

use super::*;
use crate::domain::address::Address;
use crate::domain::customer::{ContactContent, CustomerContent};
use crate::domain::entry::Recording;
use crate::domain::invoice_content::InvoicePatch;
use crate::domain::issue::IssuedInvoice;
use crate::domain::line::LineContent;
use crate::domain::open_item::Settlement;
use crate::domain::samples::{
    because, day, draft, eur, issue, issued_in_parts, line_content, now, recording, tenant_content,
};

fn customer() -> Customer {
    let contact = ContactContent {
        id: None,
        name: "Ms Johanna Petersen".to_owned(),
        email: "ap@nordlicht.example".to_owned(),
        phone: String::new(),
        pays_invoices: true,
    };
    let content = CustomerContent {
        number: Some("C-1001".to_owned()),
        name: "Nordlicht & Söhne KG".to_owned(),
        address: Address {
            lines: vec!["Deichstraße 12".to_owned()],
            postal_code: "28195".to_owned(),
            city: "Bremen".to_owned(),
            country_code: "DE".to_owned(),
        },
        tax_id: "DE987654321".to_owned(),
        terms_id: None,
        bank_accounts: vec![],
        contacts: vec![contact],
        metadata: Metadata::default(),
    };
    Customer::create(CustomerId::at(now()), content, || ContactId::at(now()), now()).unwrap()
}

fn data(patch: InvoicePatch) -> DocumentData {
    let draft = draft("100.00", "3/5 2/10 net 30");
    let content = patch.onto(draft.content()).unwrap();
    let (terms, series) = (draft.terms.clone(), draft.series);
    let (invoice, item) = issue(draft.update(content, terms, series).unwrap(), "2026-03-02");
    let (tenant, customer) = (Tenant::create(TenantId::at(now()), Currency::EUR, tenant_content(), now()), customer());
    DocumentData::of(&tenant, &customer, customer.contacts.first(), &invoice, &[item]).unwrap()
}

fn patch() -> InvoicePatch {
    let line = |description: &str, quantity, price, rate| LineContent {
        description: description.to_owned(),
        ..line_content(quantity, price, rate)
    };
    InvoicePatch {
        lines: Some(vec![
            line("Audit of the harbour ledger, February 2026", "12.5", "120", "19"),
            line("Printed report", "3", "19.995", "7"),
            line("Deduction for late delivery", "-1", "50", "19"),
        ]),
        purchase_order: Some("PO-4711".to_owned()),
        note: Some("Thank you for your order.".to_owned()),
        ..InvoicePatch::default()
    }
}

fn assert_shows(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "{part} is missing in\n{page}");
    }
}

/// R001 to R006 of the requirements, and R017: what every invoice has to show.
#[test]
fn a_page_shows_everything_a_payer_needs() {
    let page = render(&data(patch())).unwrap();
    assert_shows(&page, &["<!doctype html>", "</html>", "INV-000001", "2026-03-02"]);
    // R001, R002: every charge with its quantity, price and amount, every tax, and what it all adds up to.
    assert_shows(&page, &["Audit of the harbour ledger, February 2026", "12.5", "120.00", "1500.00"]);
    assert_shows(&page, &["Printed report", "19.995", "59.99", "Deduction for late delivery", "-50.00"]);
    assert_shows(&page, &["Tax 19 %", "1450.00", "275.50", "Tax 7 %", "4.20", "1509.99", "279.70", "1789.69"]);
    // R003, R006: terms, due date, what paying early is worth, how to pay, and what happens when late.
    assert_shows(&page, &["Payment in full within 30 days, by 2026-04-01."]);
    assert_shows(&page, &["Pay 1736.00 EUR by 2026-03-07 to take 3 % early-payment discount"]);
    assert_shows(&page, &["Pay 1753.90 EUR by 2026-03-12 to take 2 % early-payment discount"]);
    assert_shows(&page, &["DE89 3704 0044 0532 0130 00", "INV0 0000 1"]);
    assert_shows(&page, &["Interest of 9 points above the base rate is charged from the first day."]);
    // R004, R005: who answers, and the terms and conditions.
    assert_shows(&page, &["Receivables team", "receivables@hafenlicht.example", "+49 40 123456"]);
    assert_shows(&page, &["Our terms of 1 January 2026 apply."]);
    // R017: a named person. And who sells to whom, and why.
    assert_shows(&page, &["Ms Johanna Petersen", "Nordlicht &amp; Söhne KG", "28195 Bremen", "DE987654321"]);
    assert_shows(&page, &["Hafenlicht Beratung GmbH", "DE123456789", "PO-4711", "Thank you for your order."]);
}

#[test]
fn what_callers_write_is_shown_and_never_run() {
    let line = LineContent { description: "<script>alert('x')</script>".to_owned(), ..line_content("1", "100", "19") };
    let note = Some("<img src=x onerror=\"alert(1)\">".to_owned());
    let page = render(&data(InvoicePatch { lines: Some(vec![line]), note, ..InvoicePatch::default() })).unwrap();
    assert!(!page.contains("<script") && !page.contains("<img"), "{page}");
    assert_shows(&page, &["&lt;script&gt;alert(", "&lt;img src=x onerror="]);
}

#[test]
fn a_page_leaves_out_what_there_is_not() {
    let bare = DocumentData {
        payment_reference: None,
        discounts: vec![],
        purchase_order: String::new(),
        note: String::new(),
        ..data(patch())
    };
    let page = render(&bare).unwrap();
    for part in ["Reference", "Your order", "early-payment discount"] {
        assert!(!page.contains(part), "{part} is in\n{page}");
    }
}

#[test]
fn a_draft_has_no_page_and_a_voided_invoice_says_so() {
    let (tenant, customer) = (Tenant::create(TenantId::at(now()), Currency::EUR, tenant_content(), now()), customer());
    let draft = draft("100.00", "net 30");
    let refusal = DocumentData::of(&tenant, &customer, None, &draft, &[]).unwrap_err();
    assert_eq!(refusal.reason(), "INVOICE_NOT_ISSUED");
    let (invoice, item) = issue(draft, "2026-03-02");
    let on_third = Recording { today: day("2026-03-03"), ..because("Wrong customer") };
    let (voided, items, _) = invoice.void(vec![item], false, &on_third).unwrap();
    let page = render(&DocumentData::of(&tenant, &customer, None, &voided, &items).unwrap()).unwrap();
    assert_shows(&page, &["Voided on 2026-03-03: nothing is to be paid.", "<dt>To be paid</dt><dd>nothing</dd>"]);
}

#[test]
fn installments_are_listed_with_what_is_still_to_be_paid() {
    let (tenant, customer) = (Tenant::create(TenantId::at(now()), Currency::EUR, tenant_content(), now()), customer());
    let IssuedInvoice { invoice, mut items, .. } =
        issued_in_parts("100.00", "30% due on receipt; 70% 2/10 net 30", "2026-03-02");
    let settlement = Settlement {
        allocation: AllocationId::at(now()),
        payment: PaymentId::at(now()),
        item: items[0].id,
        amount: eur("35.70"),
        discount: None,
        write_off: None,
        effective_on: day("2026-03-03"),
        decided_by: None,
        tolerance_policy: None,
    };
    items[0] = items[0].clone().settle(&settlement, None, &recording()).unwrap().0;
    let page = render(&DocumentData::of(&tenant, &customer, None, &invoice, &items).unwrap()).unwrap();
    assert_shows(&page, &["Payment in 2 installments, the last by 2026-04-01.", "<dd>83.30 EUR</dd>"]);
    assert_shows(&page, &["<td>2026-03-02</td><td>35.70</td><td>0.00</td>", "<td>83.30</td><td>83.30</td>"]);
    assert_shows(&page, &["Pay 81.63 EUR by 2026-03-12 to take 2 % early-payment discount."]);
}

#[test]
fn terms_are_told_in_words() {
    let terms_text = |text: &str, agreed: Option<&str>| {
        let invoice = Invoice { agreed_due_on: agreed.map(day), ..draft("100.00", text) };
        let (invoice, _) = issue(invoice, "2026-03-02");
        payment_terms(&invoice, invoice.issued().unwrap())
    };
    assert_eq!(terms_text("due on receipt", None), "Payment in full on receipt, by 2026-03-02.");
    assert_eq!(terms_text("net 30", None), "Payment in full within 30 days, by 2026-04-01.");
    assert_eq!(terms_text("net 30", Some("2026-05-01")), "Payment in full as agreed, by 2026-05-01.");
}

#[test]
fn prices_have_the_decimals_of_the_currency_or_more() {
    assert_eq!(price_text("10.5".parse().unwrap(), Currency::EUR), "10.50");
    assert_eq!(price_text("10.1250".parse().unwrap(), Currency::EUR), "10.125");
    assert_eq!(price_text("10".parse().unwrap(), Currency::JPY), "10");
}
