//! Invoices in installments: an item for each, settled, voided and credited on its own or with the whole.

use quittance_kernel::{AllocationId, PaymentId};
use quittance_proto::invoicing::v1 as pb;
use quittance_testkit::{assert_fault, assert_violations, now, request_id};
use tonic::Code;

use crate::setup::{Service, amount, eur, invoice, issue};

fn part(share: Option<pb::installment::Share>, net_days: i32, percent: Option<&str>) -> pb::Installment {
    let discounts = percent.map(|percent| pb::EarlyPaymentDiscount { days: 0, percent: percent.to_owned() });
    pb::Installment { share, net_days, discounts: discounts.into_iter().collect() }
}

fn percent(text: &str) -> Option<pb::installment::Share> {
    Some(pb::installment::Share::Percent(text.to_owned()))
}

fn fixed(text: &str) -> Option<pb::installment::Share> {
    Some(pb::installment::Share::Amount(text.to_owned()))
}

/// 19.00 at once, then 50 % with 2 % off on the day of issue, then the rest.
fn in_three() -> pb::PaymentTerms {
    let installments = vec![part(fixed("19"), 0, None), part(percent("50"), 30, Some("2")), part(None, 60, None)];
    pb::PaymentTerms { installments, ..Default::default() }
}

impl Service {
    /// An issued invoice over 119.00 EUR in three installments.
    async fn issued_in_three(&self, customer: &str) -> pb::Invoice {
        let invoice = pb::Invoice { agreed_terms: Some(in_three()), ..invoice(customer) };
        let request = pb::CreateAndIssueInvoiceRequest { request_id: request_id(), invoice: Some(invoice) };
        self.invoices().create_and_issue_invoice(request).await.unwrap().into_inner()
    }

    async fn entries(&self, item: &str) -> Vec<pb::Entry> {
        let request = pb::ListEntriesRequest { item_id: item.to_owned(), ..Default::default() };
        self.items().list_entries(request).await.unwrap().into_inner().entries
    }

    async fn settle(&self, item: &str, paid: &str, discount: Option<&str>) -> pb::settlement_result::Result {
        let settlement = pb::Settlement {
            allocation_id: AllocationId::at(now()).to_string(),
            item_id: item.to_owned(),
            payment_id: PaymentId::at(now()).to_string(),
            amount: eur(paid),
            discount: discount.and_then(eur),
            effective_on: "2026-03-02".to_owned(),
            ..pb::Settlement::default()
        };
        let request = pb::SettleItemsRequest { request_id: request_id(), settlements: vec![settlement] };
        let response = self.settlements().settle_items(request).await.unwrap().into_inner();
        response.results.into_iter().next().unwrap().result.unwrap()
    }
}

#[tokio::test]
async fn each_installment_is_an_open_item() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let issued = service.issued_in_three(&customer).await;
    let parts =
        issued.installments.iter().map(|i| (i.number, i.due_on.as_str(), amount(&i.amount), amount(&i.open_amount)));
    let expected =
        [(1, "2026-03-02", "19.00", "19.00"), (2, "2026-04-01", "59.50", "59.50"), (3, "2026-05-01", "40.50", "40.50")];
    assert_eq!(parts.collect::<Vec<_>>(), expected);
    assert_eq!((issued.due_on.as_str(), amount(&issued.open_amount)), ("2026-05-01", "119.00"));

    let list = pb::ListOpenItemsRequest { customer_ids: vec![customer.clone()], ..Default::default() };
    let items = service.items().list_open_items(list).await.unwrap().into_inner().items;
    let facts: Vec<_> = items.iter().map(|i| (i.installment, i.number.as_str(), i.document_id.as_str())).collect();
    let (number, id) = (issued.number.as_str(), issued.invoice_id.as_str());
    assert_eq!(facts, [(1, number, id), (2, number, id), (3, number, id)]);
    assert_eq!(items[1].terms.as_ref().unwrap().discounts[0].percent, "2");

    let pb::settlement_result::Result::Item(paid) = service.settle(&items[1].item_id, "58.31", Some("1.19")).await
    else {
        panic!("settled")
    };
    assert_eq!((amount(&paid.open_amount), amount(&paid.discounted)), ("0.00", "1.19"));
    let get = pb::GetInvoiceRequest { invoice_id: issued.invoice_id.clone() };
    let read = service.invoices().get_invoice(get.clone()).await.unwrap().into_inner();
    assert_eq!((amount(&read.open_amount), read.state()), ("59.50", pb::InvoiceState::Issued));
    assert_eq!(read.agreed_terms, Some(in_three()));
    let page = pb::RenderInvoiceRequest { invoice_id: issued.invoice_id.clone() };
    let html = service.invoices().render_invoice(page).await.unwrap().into_inner().html;
    assert!(html.contains("<td>2026-05-01</td><td>40.50</td><td>40.50</td>"), "{html}");
    service.settle(&items[0].item_id, "19.00", None).await;
    service.settle(&items[2].item_id, "40.50", None).await;
    let read = service.invoices().get_invoice(get).await.unwrap().into_inner();
    assert_eq!((amount(&read.open_amount), read.state()), ("0.00", pb::InvoiceState::Paid));
    service.assert_ledger().await;
}

#[tokio::test]
async fn entries_say_what_caused_them_and_who() {
    let service = Service::start().await;
    let issued = service.issued_in_three(&service.customer().await).await;
    let item = issued.installments[0].item_id.clone();
    service.settle(&item, "19.00", None).await;
    let entries = service.entries(&item).await;
    let [opened, paid] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!((opened.kind(), amount(&opened.amount)), (pb::EntryKind::Document, "19.00"));
    assert_eq!(opened.source, Some(pb::entry::Source::DocumentId(issued.invoice_id.clone())));
    assert_eq!((opened.actor.as_str(), opened.request_id.is_empty()), ("test", false));
    assert_eq!((paid.kind(), amount(&paid.amount)), (pb::EntryKind::Settlement, "-19.00"));
    assert!(matches!(paid.source, Some(pb::entry::Source::AllocationId(_))));
    let request = pb::ListEntriesRequest { item_id: issued.invoice_id, ..Default::default() };
    assert_fault(&service.items().list_entries(request).await.unwrap_err(), Code::NotFound, "ITEM_NOT_FOUND");
}

#[tokio::test]
async fn what_is_voided_or_credited_is_voided_or_credited_whole() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let issued = service.issued_in_three(&customer).await;
    let void = |invoice_id: &str| pb::VoidInvoiceRequest {
        request_id: request_id(),
        invoice_id: invoice_id.to_owned(),
        reason: "Wrong customer".to_owned(),
        etag: String::new(),
    };
    let voided = service.invoices().void_invoice(void(&issued.invoice_id)).await.unwrap().into_inner();
    assert_eq!((voided.state(), amount(&voided.open_amount)), (pb::InvoiceState::Voided, "0.00"));
    for installment in &issued.installments {
        assert_eq!(service.entries(&installment.item_id).await[1].reason, "Wrong customer");
    }
    let issued = service.issued_in_three(&customer).await;
    let credit = pb::CreditInvoiceRequest {
        request_id: request_id(),
        invoice_id: issued.invoice_id.clone(),
        reason: pb::CreditReason::Return.into(),
        ..Default::default()
    };
    let note = service.credit_notes().credit_invoice(credit).await.unwrap().into_inner().credit_note.unwrap();
    assert_eq!(amount(&note.total), "119.00");
    let credited = service.entries(&issued.installments[2].item_id).await;
    assert_eq!(credited[1].source, Some(pb::entry::Source::CreditNoteId(note.credit_note_id)));

    let settled = service.issued_in_three(&customer).await;
    service.settle(&settled.installments[1].item_id, "1.00", None).await;
    let error = service.invoices().void_invoice(void(&settled.invoice_id)).await.unwrap_err();
    assert_fault(&error, Code::FailedPrecondition, "INVOICE_SETTLED");
    service.assert_ledger().await;
}

#[tokio::test]
async fn an_invoice_follows_the_changes_of_its_installments() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let first = service.issued_in_three(&customer).await;
    let second = service.issued(&customer).await;
    service.clock.advance(chrono::Duration::hours(1));
    service.settle(&first.installments[2].item_id, "1.00", None).await;
    let by_update = pb::ListInvoicesRequest { order_by: "update_time".to_owned(), ..Default::default() };
    let listed = service.invoices().list_invoices(by_update).await.unwrap().into_inner().invoices;
    let ids: Vec<&str> = listed.iter().map(|invoice| invoice.invoice_id.as_str()).collect();
    assert_eq!(ids, [second.invoice_id.as_str(), first.invoice_id.as_str()], "each once, where it changed last");
    let open = |states: Vec<i32>| pb::ListInvoicesRequest { states, ..Default::default() };
    let issued = service.invoices().list_invoices(open(vec![pb::InvoiceState::Issued.into()])).await.unwrap();
    assert_eq!(issued.into_inner().invoices.len(), 2);
    for (place, paid) in [(0, "19.00"), (1, "59.50"), (2, "39.50")] {
        service.settle(&first.installments[place].item_id, paid, None).await;
    }
    let paid = service.invoices().list_invoices(open(vec![pb::InvoiceState::Paid.into()])).await.unwrap();
    assert_eq!(paid.into_inner().invoices.len(), 1);
}

#[tokio::test]
async fn terms_with_installments_have_rules() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let create = async |change: fn(&mut pb::Invoice)| {
        let mut invoice = pb::Invoice { agreed_terms: Some(in_three()), ..invoice(&customer) };
        change(&mut invoice);
        let request = pb::CreateInvoiceRequest { request_id: request_id(), invoice: Some(invoice) };
        service.invoices().create_invoice(request).await
    };
    let error = create(|invoice| invoice.due_on = "2026-06-01".to_owned()).await.unwrap_err();
    assert_fault(&error, Code::FailedPrecondition, "DUE_DATE_WITH_INSTALLMENTS");
    let error = create(|invoice| invoice.lines[0].unit_price = "15".to_owned()).await.unwrap_err();
    assert_fault(&error, Code::FailedPrecondition, "INSTALLMENT_NOT_POSITIVE");
    let error = create(|invoice| invoice.terms_id = uuid::Uuid::from_u128(7).to_string()).await.unwrap_err();
    assert_violations(&error, &["invoice.agreed_terms"]);
    assert!(format!("{error:?}").contains("AGREED_TERMS_WITH_TERMS_ID"), "{error:?}");
    let error = create(|invoice| invoice.agreed_terms.as_mut().unwrap().net_days = 3).await.unwrap_err();
    assert_violations(&error, &["invoice.agreed_terms"]);
    assert!(format!("{error:?}").contains("INSTALLMENTS_NOT_ALONE"), "{error:?}");
    let wrong = |invoice: &mut pb::Invoice| {
        let installments = vec![part(percent("101"), -1, None), part(fixed("x"), 0, Some("y"))];
        invoice.agreed_terms = Some(pb::PaymentTerms { installments, ..Default::default() });
    };
    let fields = [
        "invoice.agreed_terms.installments[0].percent",
        "invoice.agreed_terms.installments[0].net_days",
        "invoice.agreed_terms.installments[1].amount",
        "invoice.agreed_terms.installments[1].discounts[0].percent",
    ];
    assert_violations(&create(wrong).await.unwrap_err(), &fields);
    for (installments, reason) in [
        (vec![part(percent("100"), 0, None)], "INSTALLMENTS_OUT_OF_RANGE"),
        (vec![part(percent("50"), 0, None), part(percent("49"), 30, None)], "INSTALLMENTS_NOT_THE_WHOLE"),
        (vec![part(percent("50"), 30, None), part(None, 0, None)], "INSTALLMENTS_NOT_IN_ORDER"),
        (vec![part(fixed("0"), 0, None), part(None, 0, None)], "AMOUNT_NOT_POSITIVE"),
    ] {
        let agreed_terms = Some(pb::PaymentTerms { installments, ..Default::default() });
        let invoice = pb::Invoice { agreed_terms, ..invoice(&customer) };
        let request = pb::CreateInvoiceRequest { request_id: request_id(), invoice: Some(invoice) };
        let error = service.invoices().create_invoice(request).await.unwrap_err();
        assert!(format!("{error:?}").contains(reason), "{reason}: {error:?}");
    }
}

/// Named terms may have installments too; a draft goes from agreed terms to named ones and back.
#[tokio::test]
async fn a_draft_has_named_or_agreed_terms() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let terms = pb::Terms { code: "3 parts".to_owned(), payment_terms: Some(in_three()), ..Default::default() };
    let request = pb::CreateTermsRequest { request_id: request_id(), terms: Some(terms) };
    let named = service.customers().create_terms(request).await.unwrap().into_inner();
    assert_eq!(named.payment_terms, Some(in_three()));
    let draft = pb::Invoice { terms_id: named.terms_id.clone(), ..invoice(&customer) };
    let request = pb::CreateInvoiceRequest { request_id: request_id(), invoice: Some(draft) };
    let draft = service.invoices().create_invoice(request).await.unwrap().into_inner();
    assert_eq!((draft.terms.as_ref(), draft.agreed_terms.as_ref()), (Some(&in_three()), None));
    let update = async |change: pb::Invoice| {
        let invoice = pb::Invoice { invoice_id: draft.invoice_id.clone(), ..change };
        let request = pb::UpdateInvoiceRequest { request_id: request_id(), invoice: Some(invoice), update_mask: None };
        service.invoices().update_invoice(request).await.unwrap().into_inner()
    };
    let net = pb::PaymentTerms { net_days: 7, ..Default::default() };
    let agreed = update(pb::Invoice { agreed_terms: Some(net.clone()), ..Default::default() }).await;
    assert_eq!((agreed.terms, agreed.agreed_terms, agreed.terms_id.as_str()), (Some(net.clone()), Some(net), ""));
    let back = update(pb::Invoice { terms_id: named.terms_id.clone(), ..Default::default() }).await;
    assert_eq!((back.terms, back.agreed_terms, back.terms_id), (Some(in_three()), None, named.terms_id));
    let issued = service.invoices().issue_invoice(issue(&draft.invoice_id)).await.unwrap().into_inner();
    assert_eq!(issued.installments.len(), 3);
    service.assert_ledger().await;
}
