use quittance_kernel::{AllocationId, CreditNoteId, Metadata, PaymentId};

use super::*;
use crate::domain::credit_note::{CreditPlan, CreditReason, CreditRequest};
use crate::domain::credit_scope::CreditScope;
use crate::domain::entry::Recording;
use crate::domain::invoice_content::InvoicePatch;
use crate::domain::issue::IssuedInvoice;
use crate::domain::line::LineContent;
use crate::domain::open_item::Settlement;
use crate::domain::samples::{
    because, day, days_to, draft, eur, issue, issued_in_parts, line_content, now, parties, recording,
};

fn data(patch: InvoicePatch) -> InvoicePage {
    let draft = draft("100.00", "3/5 2/10 net 30");
    let content = patch.onto(draft.content()).unwrap();
    let (terms, series) = (draft.terms.clone(), draft.series);
    let (invoice, item) = issue(draft.update(content, terms, series).unwrap(), "2026-03-02");
    let parties = parties();
    InvoicePage::of(&parties, Some(parties.buyer.contacts[0].id), &invoice, &[item]).unwrap()
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

/// The page of an invoice, addressed to the company.
fn page(invoice: &Invoice, items: &[OpenItem]) -> String {
    InvoicePage::of(&parties(), None, invoice, items).unwrap().render().unwrap()
}

fn settlement(item: &OpenItem, amount: &str) -> Settlement {
    Settlement {
        allocation: AllocationId::at(now()),
        payment: PaymentId::at(now()),
        item: item.id,
        amount: eur(amount),
        discount: None,
        write_off: None,
        effective_on: day("2026-03-03"),
        decided_by: None,
        tolerance_policy: None,
    }
}

/// The invoice and its item after a credit.
fn credited(invoice: &Invoice, item: OpenItem, amount: &str) -> (Invoice, OpenItem) {
    let scope = CreditScope::Amount(eur(amount));
    let on = day("2026-03-03");
    let request = CreditRequest {
        scope: Some(&scope),
        issued_on: on,
        open_days: days_to("2026-03-03"),
        reason: CreditReason::Pricing,
        metadata: Metadata::default(),
        keep_on_account: false,
    };
    let items = vec![item];
    let plan = CreditPlan::new(invoice, &[], request).unwrap();
    let id = CreditNoteId::at(now());
    let mut credited = plan.issue(invoice, items, id, "CN-000001".to_owned(), &recording()).unwrap();
    (credited.invoice, credited.items.remove(0))
}

fn assert_shows(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "{part} is missing in\n{page}");
    }
}

/// R001 to R006 of the requirements, and R017: what every invoice has to show.
#[test]
fn a_page_shows_everything_a_payer_needs() {
    let page = data(patch()).render().unwrap();
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
    let page = data(InvoicePatch { lines: Some(vec![line]), note, ..InvoicePatch::default() }).render().unwrap();
    assert!(!page.contains("<script") && !page.contains("<img"), "{page}");
    assert_shows(&page, &["&lt;script&gt;alert(", "&lt;img src=x onerror="]);
}

#[test]
fn a_page_leaves_out_what_there_is_not() {
    let bare = InvoicePatch { purchase_order: None, note: None, ..patch() };
    let bare = InvoicePage { payment_reference: None, discounts: vec![], ..data(bare) };
    let page = bare.render().unwrap();
    for part in ["Reference", "Your order", "early-payment discount"] {
        assert!(!page.contains(part), "{part} is in\n{page}");
    }
}

#[test]
fn a_draft_has_no_page_and_a_voided_invoice_says_so() {
    let draft = draft("100.00", "net 30");
    let refusal = InvoicePage::of(&parties(), None, &draft, &[]).unwrap_err();
    assert_eq!(refusal.reason(), "INVOICE_NOT_ISSUED");
    let (invoice, item) = issue(draft, "2026-03-02");
    let on_third = Recording { open_days: days_to("2026-03-03"), ..because("Wrong customer") };
    let (voided, items, _) = invoice.void(vec![item], false, &on_third).unwrap();
    let page = page(&voided, &items);
    assert_shows(&page, &["Voided on 2026-03-03: nothing is to be paid.", "<dt>To be paid</dt><dd>nothing</dd>"]);
}

#[test]
fn installments_are_listed_with_what_is_still_to_be_paid() {
    let IssuedInvoice { invoice, mut items, .. } =
        issued_in_parts("100.00", "30% due on receipt; 70% 2/10 net 30", "2026-03-02");
    let settlement = settlement(&items[0], "35.70");
    items[0] = items[0].clone().settle(&settlement, None, &recording()).unwrap().0;
    let page = page(&invoice, &items);
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
fn a_page_says_what_was_paid_and_what_is_left() {
    let (invoice, item) = issue(draft("100.00", "2/10 net 30"), "2026-03-02");
    let sold = page(&invoice, std::slice::from_ref(&item));
    assert!(!sold.contains("<dt>Paid</dt>") && !sold.contains("<dt>Credited</dt>"), "{sold}");

    let (half, _) = item.clone().settle(&settlement(&item, "19.00"), None, &recording()).unwrap();
    let in_part = page(&invoice, std::slice::from_ref(&half));
    assert_shows(&in_part, &["<dt>To be paid</dt><dd>100.00 EUR</dd>", "<dt>Paid</dt><dd>19.00 EUR</dd>"]);
    assert_shows(&in_part, &["Pay 97.62 EUR by 2026-03-12 to take 2 % early-payment discount."]);
    assert!(!in_part.contains("nothing"), "{in_part}");

    let (all, _) = half.settle(&settlement(&item, "100.00"), None, &recording()).unwrap();
    let paid = page(&invoice, &[all]);
    assert_shows(&paid, &["Paid in full: nothing is to be paid.", "<dt>To be paid</dt><dd>nothing</dd>"]);
    assert_shows(&paid, &["<dt>Paid</dt><dd>119.00 EUR</dd>"]);
    assert!(!paid.contains("early-payment discount"), "{paid}");
}

#[test]
fn a_page_says_what_was_credited_and_what_is_left() {
    let (invoice, item) = issue(draft("100.00", "2/10 net 30"), "2026-03-02");
    let (invoice, item) = credited(&invoice, item, "19.00");
    let in_part = page(&invoice, std::slice::from_ref(&item));
    assert_shows(&in_part, &["<dt>To be paid</dt><dd>100.00 EUR</dd>", "<dt>Credited</dt><dd>19.00 EUR</dd>"]);
    // The discount is on what is left.
    assert_shows(&in_part, &["Pay 98.00 EUR by 2026-03-12 to take 2 % early-payment discount."]);
    let (rest, _) = item.clone().settle(&settlement(&item, "100.00"), None, &recording()).unwrap();
    assert_shows(&page(&invoice, &[rest]), &["Paid and credited in full: nothing is to be paid."]);
}
