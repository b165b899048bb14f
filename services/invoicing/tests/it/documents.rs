//! Invoices and credit notes, from draft to delivery.

use quittance_proto::{common::v1::VerifyLedgerRequest, invoicing::v1 as pb};
use quittance_testkit::{assert_fault, assert_violations, request_id};
use tonic::Code;

use crate::setup::{Service, amount, contact, create, create_and_issue, invoice, issue, line};

#[tokio::test]
async fn a_draft_is_changed_and_issued_and_then_fixed() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let draft = service.invoices().create_invoice(create(&customer)).await.unwrap().into_inner();
    assert_eq!((draft.number.as_str(), amount(&draft.total), draft.state()), ("", "119.00", pb::InvoiceState::Draft));
    let change = pb::UpdateInvoiceRequest {
        request_id: request_id(),
        invoice: Some(pb::Invoice {
            invoice_id: draft.invoice_id.clone(),
            etag: draft.etag.clone(),
            lines: vec![line("2", "10.005", "19"), line("-1", "0.01", "0")],
            ..pb::Invoice::default()
        }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["lines".to_owned()] }),
    };
    let changed = service.invoices().update_invoice(change.clone()).await.unwrap().into_inner();
    assert_eq!(
        (amount(&changed.net_total), amount(&changed.tax_total), amount(&changed.total)),
        ("20.00", "3.80", "23.80")
    );
    let stale = pb::UpdateInvoiceRequest { request_id: request_id(), ..change.clone() };
    assert_fault(&service.invoices().update_invoice(stale).await.unwrap_err(), Code::Aborted, "ETAG_MISMATCH");

    let issued = service.invoices().issue_invoice(issue(&draft.invoice_id)).await.unwrap().into_inner();
    assert_eq!(
        (issued.number.as_str(), issued.state(), amount(&issued.open_amount)),
        ("INV-000001", pb::InvoiceState::Issued, "23.80")
    );
    assert!(issued.payment_reference.starts_with("RF"));
    let error = service.invoices().issue_invoice(issue(&draft.invoice_id)).await.unwrap_err();
    assert_fault(&error, Code::FailedPrecondition, "INVOICE_NOT_DRAFT");
    let late = pb::UpdateInvoiceRequest {
        request_id: request_id(),
        invoice: change.invoice.map(|i| pb::Invoice { etag: String::new(), ..i }),
        ..change
    };
    assert_fault(
        &service.invoices().update_invoice(late).await.unwrap_err(),
        Code::FailedPrecondition,
        "INVOICE_NOT_DRAFT",
    );
    let read = service
        .invoices()
        .get_invoice(pb::GetInvoiceRequest { invoice_id: draft.invoice_id })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(read, issued);
    service.assert_ledger().await;
}

/// Unless it names a contact, an invoice goes to the first of the customer's that pays invoices, else to the first.
#[tokio::test]
async fn an_invoice_goes_to_the_contact_that_pays() {
    let service = Service::start().await;
    let create_customer = |contacts| async {
        let customer = pb::Customer { name: "Ada Ltd".to_owned(), contacts, ..pb::Customer::default() };
        let request = pb::CreateCustomerRequest { request_id: request_id(), customer: Some(customer) };
        service.customers().create_customer(request).await.unwrap().into_inner()
    };
    for (contacts, addressed) in [
        (vec![contact("Reception", false), contact("Accounts", true)], Some(1)),
        (vec![contact("Reception", false), contact("Sales", false)], Some(0)),
        (vec![], None),
    ] {
        let customer = create_customer(contacts).await;
        let invoice = service.invoices().create_invoice(create(&customer.customer_id)).await.unwrap().into_inner();
        let expected = addressed.map_or("", |place: usize| customer.contacts[place].contact_id.as_str());
        assert_eq!(invoice.contact_id, expected);
    }
}

/// A number is printed on one line.
#[tokio::test]
async fn a_number_has_no_line_break() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let invoice = pb::Invoice {
        external_number: "A\n77".to_owned(),
        purchase_order: "PO\t1".to_owned(),
        note: "two\nlines".to_owned(),
        ..invoice(&customer)
    };
    let request = pb::CreateInvoiceRequest { request_id: request_id(), invoice: Some(invoice) };
    let error = service.invoices().create_invoice(request).await.unwrap_err();
    assert_violations(&error, &["invoice.external_number", "invoice.purchase_order"]);
}

#[tokio::test]
async fn dates_of_a_series_never_go_back() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let on = |date: &str| {
        let mut request = create_and_issue(&customer);
        request.invoice.as_mut().unwrap().issued_on = date.to_owned();
        request
    };
    service.invoices().create_and_issue_invoice(on("2026-02-10")).await.unwrap();
    let error = service.invoices().create_and_issue_invoice(on("2026-02-09")).await.unwrap_err();
    assert_fault(&error, Code::FailedPrecondition, "ISSUED_BEFORE_SERIES");
    let error = service.invoices().create_and_issue_invoice(on("2026-03-03")).await.unwrap_err();
    assert_fault(&error, Code::FailedPrecondition, "ISSUED_IN_FUTURE");
    let next = service.invoices().create_and_issue_invoice(on("2026-02-10")).await.unwrap().into_inner();
    assert_eq!(next.number, "INV-000002");
}

#[tokio::test]
async fn documents_taken_over_keep_number_and_dates() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let taken_over = |number: &str, issued_on: &str| {
        let mut request = create_and_issue(&customer);
        let invoice = request.invoice.as_mut().unwrap();
        invoice.external_number = number.to_owned();
        invoice.issued_on = issued_on.to_owned();
        invoice.due_on = "2013-02-25".to_owned();
        request
    };
    let newer =
        service.invoices().create_and_issue_invoice(taken_over("7900770", "2013-01-26")).await.unwrap().into_inner();
    assert_eq!(
        (newer.number.as_str(), newer.due_on.as_str(), newer.payment_reference.as_str()),
        ("7900770", "2013-02-25", "")
    );
    let older =
        service.invoices().create_and_issue_invoice(taken_over("A/ 12", "2012-01-26")).await.unwrap().into_inner();
    assert_eq!(older.number, "A/ 12");
    let error = service.invoices().create_and_issue_invoice(taken_over("7900770", "2013-01-26")).await.unwrap_err();
    assert_fault(&error, Code::AlreadyExists, "EXTERNAL_NUMBER_TAKEN");
    let search = pb::SearchInvoicesRequest { query: "790".to_owned(), ..Default::default() };
    assert_eq!(service.invoices().search_invoices(search).await.unwrap().into_inner().invoices.len(), 1);
}

/// The clock stands at 2 March 2026: the lev has ended, and was there a year before; the Caribbean guilder has come.
#[tokio::test]
async fn documents_are_issued_in_currencies_that_are_in_use() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let in_currency = |code: &str, issued_on: &str, number: &str| {
        let mut request = create_and_issue(&customer);
        let invoice = request.invoice.as_mut().unwrap();
        code.clone_into(&mut invoice.currency_code);
        issued_on.clone_into(&mut invoice.issued_on);
        number.clone_into(&mut invoice.external_number);
        request
    };
    let error = service.invoices().create_and_issue_invoice(in_currency("BGN", "", "")).await.unwrap_err();
    assert_fault(&error, Code::FailedPrecondition, "CURRENCY_NOT_IN_USE");
    for (code, issued_on, number) in [("XCG", "", ""), ("BGN", "2025-03-02", "A/1")] {
        let issued = service.invoices().create_and_issue_invoice(in_currency(code, issued_on, number)).await.unwrap();
        assert_eq!(issued.into_inner().currency_code, code);
    }
}

/// A number and a payment reference stand on one document, whoever gave them.
#[tokio::test]
async fn no_two_documents_share_a_number_or_a_reference() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let taken_over = |number: &str| {
        let mut request = create_and_issue(&customer);
        request.invoice.as_mut().unwrap().external_number = number.to_owned();
        request
    };
    // Taken over before the series was used: the series cannot give that number any more.
    service.invoices().create_and_issue_invoice(taken_over("INV-000001")).await.unwrap();
    let error = service.invoices().create_and_issue_invoice(create_and_issue(&customer)).await.unwrap_err();
    assert_fault(&error, Code::AlreadyExists, "NUMBER_TAKEN");
    let series = |code: &str, prefix: &str, next_number| pb::CreateSeriesRequest {
        request_id: request_id(),
        series: Some(pb::Series {
            code: code.to_owned(),
            kind: pb::SeriesKind::Invoice.into(),
            prefix: prefix.to_owned(),
            next_number,
            ..pb::Series::default()
        }),
    };
    let second = service.tenants().create_series(series("NEXT", "INV-", 2)).await.unwrap().into_inner();
    let mut request = create_and_issue(&customer);
    request.invoice.as_mut().unwrap().series_id = second.series_id;
    let own = service.invoices().create_and_issue_invoice(request).await.unwrap().into_inner();
    assert_eq!(own.number, "INV-000002");
    let error = service.invoices().create_and_issue_invoice(taken_over("INV-000002")).await.unwrap_err();
    assert_fault(&error, Code::AlreadyExists, "EXTERNAL_NUMBER_TAKEN");
    let error = service.invoices().create_and_issue_invoice(taken_over("INV-000003")).await.unwrap_err();
    assert_fault(&error, Code::AlreadyExists, "EXTERNAL_NUMBER_IN_SERIES");
    for prefix in ["INV-", "INV/", "inv."] {
        let error = service.tenants().create_series(series("THIRD", prefix, 1)).await.unwrap_err();
        assert_fault(&error, Code::AlreadyExists, "SERIES_PREFIX_TAKEN");
    }
    service.assert_ledger().await;
    // What was filled before the rule stays, and is named.
    let mut owner = service.db.connect_as("quittance_owner").await;
    let statement = "update invoice set shares_number = true, number = 'INV-000001' where number = 'INV-000002'";
    sqlx::query(statement).execute(&mut owner).await.unwrap();
    let found = service.items().verify_ledger(VerifyLedgerRequest {}).await.unwrap().into_inner();
    let shared = found.invariants.iter().find(|i| i.rule.contains("printed number")).unwrap();
    assert_eq!((shared.violations, shared.examples[0].as_str()), (1, "INV-000001 stands on 2 documents"));
}

#[tokio::test]
async fn a_void_keeps_the_number_and_closes_the_item() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let invoice = service.issued(&customer).await;
    let void = || pb::VoidInvoiceRequest {
        request_id: request_id(),
        invoice_id: invoice.invoice_id.clone(),
        reason: "wrong customer".to_owned(),
        etag: String::new(),
    };
    let voided = service.invoices().void_invoice(void()).await.unwrap().into_inner();
    assert_eq!(
        (voided.number.as_str(), voided.state(), amount(&voided.open_amount)),
        ("INV-000001", pb::InvoiceState::Voided, "0.00")
    );
    assert_fault(
        &service.invoices().void_invoice(void()).await.unwrap_err(),
        Code::FailedPrecondition,
        "INVOICE_NOT_ISSUED",
    );
    assert_eq!(service.issued(&customer).await.number, "INV-000002");
    service.assert_ledger().await;
}

#[tokio::test]
async fn what_was_delivered_is_credited_and_not_voided() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let mut request = create_and_issue(&customer);
    request.invoice.as_mut().unwrap().lines =
        vec![line("3", "0.335", "7"), line("1", "33.33", "19"), line("1", "1.11", "19")];
    let issued = service.invoices().create_and_issue_invoice(request).await.unwrap().into_inner();
    let deliver = pb::DeliverInvoiceRequest {
        request_id: request_id(),
        invoice_id: issued.invoice_id.clone(),
        channel: pb::DeliveryChannel::Email.into(),
        ..pb::DeliverInvoiceRequest::default()
    };
    let delivery = service.invoices().deliver_invoice(deliver).await.unwrap().into_inner();
    assert_eq!(delivery.document_sha256.len(), 64);
    assert!(!delivery.contact_id.is_empty(), "the invoice goes to the contact who pays");
    let void = pb::VoidInvoiceRequest {
        request_id: request_id(),
        invoice_id: issued.invoice_id.clone(),
        reason: "x".to_owned(),
        etag: String::new(),
    };
    assert_fault(
        &service.invoices().void_invoice(void).await.unwrap_err(),
        Code::FailedPrecondition,
        "INVOICE_DELIVERED",
    );

    let credit = || pb::CreditInvoiceRequest {
        request_id: request_id(),
        invoice_id: issued.invoice_id.clone(),
        reason: pb::CreditReason::Return.into(),
        ..Default::default()
    };
    let note = service.credit_notes().credit_invoice(credit()).await.unwrap().into_inner().credit_note.unwrap();
    assert_eq!(
        (note.number.as_str(), &note.total, &note.tax_total, &note.taxes),
        ("CN-000001", &issued.total, &issued.tax_total, &issued.taxes)
    );
    assert_eq!(amount(&service.item(&issued.invoice_id).await.open_amount), "0.00");
    assert_fault(
        &service.credit_notes().credit_invoice(credit()).await.unwrap_err(),
        Code::FailedPrecondition,
        "INVOICE_NOT_ISSUED",
    );
    let read = service
        .credit_notes()
        .get_credit_note(pb::GetCreditNoteRequest { credit_note_id: note.credit_note_id.clone() })
        .await;
    assert_eq!(read.unwrap().into_inner(), note);
    let listed =
        service.credit_notes().list_credit_notes(pb::ListCreditNotesRequest::default()).await.unwrap().into_inner();
    assert_eq!(listed.credit_notes, [note]);
    service.assert_ledger().await;
}

#[tokio::test]
async fn the_document_says_all_that_a_payer_needs() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let mut request = create_and_issue(&customer);
    request.invoice.as_mut().unwrap().lines[0].description = "<script>alert('x')</script>".to_owned();
    let issued = service.invoices().create_and_issue_invoice(request).await.unwrap().into_inner();
    let html = service
        .invoices()
        .render_invoice(pb::RenderInvoiceRequest { invoice_id: issued.invoice_id })
        .await
        .unwrap()
        .into_inner()
        .html;
    let parts = [
        "INV-000001",
        "119.00",
        "Ada Byron",
        "2026-04-01",
        "accounts@northwind.example",
        "Interest at the statutory rate",
        "Our general terms",
    ];
    for part in parts {
        assert!(html.contains(part), "{part} is missing");
    }
    assert!(!html.contains("<script>alert"));
    let draft = service.invoices().create_invoice(create(&customer)).await.unwrap().into_inner();
    let error =
        service.invoices().render_invoice(pb::RenderInvoiceRequest { invoice_id: draft.invoice_id }).await.unwrap_err();
    assert_fault(&error, Code::FailedPrecondition, "INVOICE_NOT_ISSUED");
}

#[tokio::test]
async fn invoices_are_listed_by_state() {
    let service = Service::start().await;
    let customer = service.customer().await;
    service.issued(&customer).await;
    service
        .invoices()
        .create_invoice(pb::CreateInvoiceRequest { request_id: request_id(), invoice: Some(invoice(&customer)) })
        .await
        .unwrap();
    let count = async |states: &[pb::InvoiceState]| {
        let request = pb::ListInvoicesRequest {
            customer_ids: vec![customer.clone()],
            states: states.iter().map(|state| (*state).into()).collect(),
            ..pb::ListInvoicesRequest::default()
        };
        service.invoices().list_invoices(request).await.unwrap().into_inner().invoices.len()
    };
    let counts = [
        count(&[]).await,
        count(&[pb::InvoiceState::Draft]).await,
        count(&[pb::InvoiceState::Issued]).await,
        count(&[pb::InvoiceState::Paid]).await,
    ];
    assert_eq!(counts, [2, 1, 1, 0]);
}
