//! Lists: their filters, their orders, and searches as people type.

use chrono::Duration;
use quittance_proto::{common::v1 as common, invoicing::v1 as pb};
use quittance_testkit::{assert_violations, now, request_id};

use crate::{
    settling::{settle, settlement},
    setup::{Service, create, create_and_issue, eur, invoice},
};

impl Service {
    async fn named(&self, name: &str, number: &str) -> String {
        let customer = pb::Customer { name: name.to_owned(), number: number.to_owned(), ..pb::Customer::default() };
        let request = pb::CreateCustomerRequest { request_id: request_id(), customer: Some(customer) };
        self.customers().create_customer(request).await.unwrap().into_inner().customer_id
    }

    async fn names(&self, request: pb::ListCustomersRequest) -> Vec<String> {
        let found = self.customers().list_customers(request).await.unwrap().into_inner().customers;
        found.into_iter().map(|customer| customer.name).collect()
    }

    /// The numbers of all pages of a list, with two on a page.
    async fn numbers(&self, mut request: pb::ListInvoicesRequest) -> Vec<String> {
        request.page_size = 2;
        let mut numbers = Vec::new();
        loop {
            let page = self.invoices().list_invoices(request.clone()).await.unwrap().into_inner();
            numbers.extend(page.invoices.into_iter().map(|invoice| invoice.number));
            request.page_token = page.next_page_token;
            if request.page_token.is_empty() {
                return numbers;
            }
        }
    }

    async fn found(&self, query: &str) -> Vec<String> {
        let request = pb::SearchInvoicesRequest { query: query.to_owned(), ..Default::default() };
        let found = self.invoices().search_invoices(request).await.unwrap().into_inner().invoices;
        found.into_iter().map(|invoice| invoice.number).collect()
    }

    async fn issue(&self, request: pb::CreateAndIssueInvoiceRequest) -> pb::Invoice {
        self.clock.advance(Duration::seconds(1));
        self.invoices().create_and_issue_invoice(request).await.unwrap().into_inner()
    }

    async fn pay(&self, item: &str, amount: &str) {
        self.clock.advance(Duration::seconds(1));
        self.settlements().settle_items(settle(vec![settlement(item, amount)])).await.unwrap();
    }
}

fn customers(query: &str) -> pb::ListCustomersRequest {
    pb::ListCustomersRequest { query: query.to_owned(), ..Default::default() }
}

fn dates(from_on: &str, to_on: &str) -> Option<common::DateRange> {
    Some(common::DateRange { from_on: from_on.to_owned(), to_on: to_on.to_owned() })
}

fn since(at: Option<prost_types::Timestamp>) -> Option<common::TimeRange> {
    Some(common::TimeRange { from_time: at, before_time: None })
}

#[tokio::test]
async fn customers_are_found_as_people_type_their_names() {
    let service = Service::start().await;
    for (name, number) in [
        ("Ärzte im Zentrum", "K-001"),
        ("Müller & Söhne KG", "K-002"),
        ("SOCIÉTÉ Générale", "K-010"),
        ("Straßenbau Łódź", ""),
        ("Ελληνικά Ταχυδρομεία", ""),
        ("Газпром Нефть", ""),
    ] {
        service.named(name, number).await;
    }
    for (query, found) in [
        ("ärzte", "Ärzte im Zentrum"),
        ("ARZTE ZEN", "Ärzte im Zentrum"),
        ("MÜLLER", "Müller & Söhne KG"),
        ("sohne mull", "Müller & Söhne KG"),
        ("societe", "SOCIÉTÉ Générale"),
        ("SOCIÉTÉ", "SOCIÉTÉ Générale"),
        ("strassen", "Straßenbau Łódź"),
        ("lodz", "Straßenbau Łódź"),
        ("ΕΛΛΗΝΙΚΑ", "Ελληνικά Ταχυδρομεία"),
        ("газпром", "Газпром Нефть"),
        ("k-010", "SOCIÉTÉ Générale"),
    ] {
        assert_eq!(service.names(customers(query)).await, [found], "{query}");
    }
    for unmatched in ["üller", "muller zentrum", "&", "%", "_"] {
        assert_eq!(service.names(customers(unmatched)).await, Vec::<String>::new(), "{unmatched}");
    }
    let by_name = pb::ListCustomersRequest { order_by: "name desc".to_owned(), page_size: 3, ..Default::default() };
    assert_eq!(service.names(by_name).await, ["Газпром Нефть", "Ελληνικά Ταχυδρομεία", "Straßenbau Łódź"]);
}

#[tokio::test]
async fn a_changed_customer_is_found_by_its_new_name_and_by_the_time_of_the_change() {
    let service = Service::start().await;
    let first = service.named("Ada Ltd", "").await;
    service.clock.advance(Duration::minutes(1));
    service.named("Babbage Ltd", "").await;
    service.clock.advance(Duration::minutes(1));
    let changed = pb::Customer { customer_id: first, name: "Lovelace Ltd".to_owned(), ..pb::Customer::default() };
    let request = pb::UpdateCustomerRequest { request_id: request_id(), customer: Some(changed), update_mask: None };
    let changed = service.customers().update_customer(request).await.unwrap().into_inner();
    assert_eq!(service.names(customers("ada")).await, Vec::<String>::new());
    assert_eq!(service.names(customers("lovelace")).await, ["Lovelace Ltd"]);
    let latest = pb::ListCustomersRequest { update_time: since(changed.update_time), ..Default::default() };
    assert_eq!(service.names(latest).await, ["Lovelace Ltd"]);
    let in_order = pb::ListCustomersRequest { order_by: "update_time".to_owned(), ..Default::default() };
    assert_eq!(service.names(in_order).await, ["Babbage Ltd", "Lovelace Ltd"]);
}

#[tokio::test]
async fn invoices_are_filtered_and_ordered() {
    let service = Service::start().await;
    let (ada, bob) = (service.customer().await, service.named("Bob", "").await);
    let issued = async |customer: &str, price: &str, issued_on: &str| {
        let mut request = create_and_issue(customer);
        let invoice = request.invoice.as_mut().unwrap();
        invoice.lines[0].unit_price = price.to_owned();
        invoice.issued_on = issued_on.to_owned();
        service.issue(request).await
    };
    let first = issued(&ada, "100", "2026-02-01").await;
    let second = issued(&bob, "10", "2026-02-10").await;
    let third = issued(&ada, "50", "2026-02-20").await;
    service.invoices().create_invoice(create(&ada)).await.unwrap();
    let all = [&first, &second, &third].map(|invoice| invoice.number.clone());
    let [one, two, three] = all.clone();
    let list = pb::ListInvoicesRequest::default;
    assert_eq!(service.numbers(list()).await.len(), 4, "with the draft");
    for (request, expected) in [
        (pb::ListInvoicesRequest { customer_ids: vec![ada.clone()], ..list() }, vec![&one, &three]),
        (pb::ListInvoicesRequest { customer_ids: vec![ada.clone(), bob.clone()], ..list() }, vec![&one, &two, &three]),
        (pb::ListInvoicesRequest { number: two.clone(), ..list() }, vec![&two]),
        (pb::ListInvoicesRequest { number: "nothing".to_owned(), ..list() }, vec![]),
        (pb::ListInvoicesRequest { issued_on: dates("2026-02-10", ""), ..list() }, vec![&two, &three]),
        (pb::ListInvoicesRequest { issued_on: dates("", "2026-02-10"), ..list() }, vec![&one, &two]),
        (pb::ListInvoicesRequest { due_on: dates(&second.due_on, &second.due_on), ..list() }, vec![&two]),
        (pb::ListInvoicesRequest { order_by: "issued_on desc".to_owned(), ..list() }, vec![&three, &two, &one]),
        (pb::ListInvoicesRequest { order_by: "due_on".to_owned(), ..list() }, vec![&one, &two, &three]),
    ] {
        let found: Vec<String> = service.numbers(request.clone()).await.into_iter().filter(|n| !n.is_empty()).collect();
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{request:?}");
    }
    let total = |from: &str, to: &str| pb::ListInvoicesRequest {
        total: Some(common::AmountRange {
            currency_code: "EUR".to_owned(),
            from_amount: from.to_owned(),
            to_amount: to.to_owned(),
        }),
        states: vec![pb::InvoiceState::Issued.into()],
        ..list()
    };
    let amount = |invoice: &pb::Invoice| invoice.total.clone().unwrap().amount;
    assert_eq!(service.numbers(total(&amount(&second), &amount(&third))).await, [two.clone(), three.clone()]);
    let nothing = service.numbers(pb::ListInvoicesRequest { customer_ids: vec![bob], number: one, ..list() }).await;
    assert!(nothing.is_empty());
}

#[tokio::test]
async fn a_reader_who_asks_for_what_changed_sees_each_change() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let first = service.issue(create_and_issue(&customer)).await;
    let second = service.issue(create_and_issue(&customer)).await;
    service.clock.advance(Duration::seconds(1));
    let draft = service.invoices().create_invoice(create(&customer)).await.unwrap().into_inner();
    let since_draft = pb::ListInvoicesRequest { update_time: since(draft.update_time), ..Default::default() };
    assert_eq!(service.numbers(since_draft.clone()).await, [""]);
    service.pay(&second.invoice_id, "119.00").await;
    service.pay(&first.invoice_id, "19.00").await;
    service.clock.advance(Duration::seconds(1));
    let issue = pb::IssueInvoiceRequest { request_id: request_id(), invoice_id: draft.invoice_id, etag: String::new() };
    let third = service.invoices().issue_invoice(issue).await.unwrap().into_inner();
    assert_eq!(service.numbers(since_draft).await, [&*second.number, &*first.number, &*third.number]);
    let states = vec![pb::InvoiceState::Paid.into(), pb::InvoiceState::Draft.into()];
    let latest = pb::ListInvoicesRequest { order_by: "update_time desc".to_owned(), states, ..Default::default() };
    assert_eq!(service.numbers(latest).await, [&*second.number]);

    let items = async |include_closed| {
        let request =
            pb::ListOpenItemsRequest { include_closed, order_by: "update_time".to_owned(), ..Default::default() };
        let items = service.items().list_open_items(request).await.unwrap().into_inner().items;
        items.into_iter().map(|item| item.number).collect::<Vec<_>>()
    };
    assert_eq!(items(true).await, [&*second.number, &*first.number, &*third.number]);
    assert_eq!(items(false).await, [&*first.number, &*third.number]);
    let open = pb::ListOpenItemsRequest {
        open_amount: Some(common::AmountRange {
            currency_code: "EUR".to_owned(),
            to_amount: "100.00".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let found = service.items().list_open_items(open).await.unwrap().into_inner().items;
    assert_eq!(found.iter().map(|item| item.open_amount.clone()).collect::<Vec<_>>(), [eur("100.00")]);
}

#[tokio::test]
async fn credit_notes_are_filtered_by_date_and_customer() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let invoice = service.issued(&customer).await;
    let request = pb::CreditInvoiceRequest {
        request_id: request_id(),
        invoice_id: invoice.invoice_id,
        reason: pb::CreditReason::Pricing.into(),
        ..Default::default()
    };
    let note = service.credit_notes().credit_invoice(request).await.unwrap().into_inner().credit_note.unwrap();
    let today = now().date_naive().to_string();
    let found = async |request: pb::ListCreditNotesRequest| {
        service.credit_notes().list_credit_notes(request).await.unwrap().into_inner().credit_notes
    };
    let list = pb::ListCreditNotesRequest::default;
    for request in [
        pb::ListCreditNotesRequest { customer_ids: vec![customer.clone()], ..list() },
        pb::ListCreditNotesRequest { number: note.number.clone(), ..list() },
        pb::ListCreditNotesRequest {
            issued_on: dates(&today, &today),
            order_by: "issued_on desc".to_owned(),
            ..list()
        },
        pb::ListCreditNotesRequest { issue_time: since(note.issue_time), ..list() },
    ] {
        assert_eq!(found(request).await, std::slice::from_ref(&note));
    }
    assert!(found(pb::ListCreditNotesRequest { issued_on: dates("", "2026-01-01"), ..list() }).await.is_empty());
}

#[tokio::test]
async fn numbers_are_found_by_what_people_quote_of_them() {
    let service = Service::start().await;
    let customer = service.customer().await;
    for _ in 0..12 {
        service.issue(create_and_issue(&customer)).await;
    }
    let mut other = create_and_issue(&customer);
    other.invoice = Some(pb::Invoice {
        external_number: "RG 2013/0790-É".to_owned(),
        purchase_order: "PO.4500-0071".to_owned(),
        ..invoice(&customer)
    });
    let other = service.issue(other).await.number;
    for quoted in ["INV-000010", "inv-000010", "000010", "10", "inv 10", "Inv000010"] {
        assert_eq!(service.found(quoted).await, ["INV-000010"], "{quoted}");
    }
    assert_eq!(service.found("INV-00001").await, ["INV-000012", "INV-000011", "INV-000010", "INV-000001"]);
    assert_eq!(service.found("inv").await.len(), 12);
    for quoted in [
        "rg 2013",
        "RG2013/0790",
        "0790",
        "790",
        "13/0790-é",
        "rg 2013 0790 e",
        "po 4500",
        "71",
        "4500-0071",
        ".4500-0071",
    ] {
        assert_eq!(service.found(quoted).await, [&*other], "{quoted}");
    }
    for nothing in ["4501-0071", "0791", "xx", "2014-0790"] {
        assert_eq!(service.found(nothing).await, Vec::<String>::new(), "{nothing}");
    }
    let invoices = service.invoices().list_invoices(pb::ListInvoicesRequest::default()).await.unwrap().into_inner();
    let reference = &invoices.invoices[4].payment_reference;
    assert_eq!(service.found(reference).await, ["INV-000005"]);
    assert_eq!(service.found(&reference.to_lowercase()).await, ["INV-000005"]);
    let mut request = pb::SearchInvoicesRequest { query: "inv".to_owned(), page_size: 5, ..Default::default() };
    let mut pages = Vec::new();
    loop {
        let page = service.invoices().search_invoices(request.clone()).await.unwrap().into_inner();
        pages.push(page.invoices.len());
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    assert_eq!(pages, [5, 5, 2]);
}

#[tokio::test]
async fn every_wrong_filter_is_said_at_once() {
    let service = Service::start().await;
    let request = pb::ListInvoicesRequest {
        customer_ids: vec!["x".to_owned()],
        states: vec![0, 99],
        issued_on: dates("2026-02-02", "2026-02-01"),
        total: Some(common::AmountRange { currency_code: "XXX".to_owned(), ..Default::default() }),
        update_time: Some(common::TimeRange {
            from_time: Some(prost_types::Timestamp { seconds: i64::MAX, nanos: 0 }),
            before_time: None,
        }),
        order_by: "total".to_owned(),
        page_size: -1,
        ..Default::default()
    };
    let error = service.invoices().list_invoices(request).await.unwrap_err();
    assert_violations(
        &error,
        &[
            "states[1]",
            "page_size",
            "order_by",
            "states[0]",
            "customer_ids[0]",
            "issued_on.to_on",
            "total.currency_code",
            "update_time.from_time",
        ],
    );
    let closed = pb::ListOpenItemsRequest { include_closed: true, ..Default::default() };
    let error = service.items().list_open_items(closed).await.unwrap_err();
    assert_violations(&error, &["include_closed"]);
    let short = pb::SearchInvoicesRequest { query: "-1-".to_owned(), ..Default::default() };
    assert_violations(&service.invoices().search_invoices(short).await.unwrap_err(), &["query"]);
    let token = pb::ListCustomersRequest { page_token: "AAAA".to_owned(), ..Default::default() };
    assert_violations(&service.customers().list_customers(token).await.unwrap_err(), &["page_token"]);
}
