//! Batches: their entries fail alone, and their responses fit into what clients take, in every view, and also when they are repeated.

use prost::Message as _;
use quittance_proto::{common::v1::View, invoicing::v1 as pb};
use quittance_testkit::{assert_fault, assert_violations, request_id};
use tonic::Code;

use crate::setup::{Service, create, create_and_issue, issue, line};

/// What clients take by default.
const CLIENT_LIMIT: usize = 4 * 1024 * 1024;

/// A request of 500 lines, about 25 KB; its invoice has about 34 KB.
fn large(customer: &str) -> pb::CreateAndIssueInvoiceRequest {
    let mut request = create_and_issue(customer);
    request.invoice.as_mut().unwrap().lines =
        (0..500).map(|_| pb::InvoiceLine { description: "x".repeat(30), ..line("1", "1", "19") }).collect();
    request
}

fn batch(requests: Vec<pb::CreateAndIssueInvoiceRequest>, view: View) -> pb::BatchCreateAndIssueInvoicesRequest {
    pb::BatchCreateAndIssueInvoicesRequest { requests, view: view.into() }
}

fn invoices(response: pb::BatchInvoicesResponse) -> Vec<pb::Invoice> {
    let invoices = response.results.into_iter().map(|result| match result.result.unwrap() {
        pb::invoice_result::Result::Invoice(invoice) => invoice,
        pb::invoice_result::Result::Error(error) => panic!("{error:?}"),
    });
    invoices.collect()
}

#[tokio::test]
async fn batches_of_every_kind_fail_entry_by_entry() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let mut bad = create(&customer);
    bad.invoice.as_mut().unwrap().lines.clear();
    let nobody = create(&quittance_kernel::CustomerId::at(quittance_testkit::now()).to_string());
    let request = pb::BatchCreateInvoicesRequest {
        requests: vec![create(&customer), bad, nobody, create(&customer)],
        ..Default::default()
    };
    let drafts = results(service.invoices().batch_create_invoices(request).await.unwrap().into_inner());
    assert_eq!(drafts.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, false, true]);
    let ids: Vec<String> = drafts.into_iter().flatten().map(|d| d.invoice_id).collect();

    let change = |id: &str, note: &str| pb::UpdateInvoiceRequest {
        request_id: request_id(),
        invoice: Some(pb::Invoice { invoice_id: id.to_owned(), note: note.to_owned(), ..pb::Invoice::default() }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["note".to_owned()] }),
    };
    let request = pb::BatchUpdateInvoicesRequest {
        requests: vec![change(&ids[0], "a"), change(&ids[0], "b"), change("x", "c")],
        view: View::Full.into(),
    };
    let changed = results(service.invoices().batch_update_invoices(request).await.unwrap().into_inner());
    assert_eq!(
        changed.iter().map(|r| r.as_ref().map(|i| i.note.as_str()).ok()).collect::<Vec<_>>(),
        [Some("a"), Some("b"), None]
    );

    // The same draft twice: the first takes the number, and the refused one leaves no gap.
    let requests = vec![issue(&ids[0]), issue(&ids[0]), issue(&ids[1])];
    let issued = results(
        service
            .invoices()
            .batch_issue_invoices(pb::BatchIssueInvoicesRequest { requests, ..Default::default() })
            .await
            .unwrap()
            .into_inner(),
    );
    let numbers: Vec<Option<&str>> = issued.iter().map(|r| r.as_ref().map(|i| i.number.as_str()).ok()).collect();
    assert_eq!(numbers, [Some("INV-000001"), None, Some("INV-000002")]);

    let mut future = create_and_issue(&customer);
    future.invoice.as_mut().unwrap().issued_on = "2026-03-03".to_owned();
    let requests = vec![future, create_and_issue(&customer)];
    let request = pb::BatchCreateAndIssueInvoicesRequest { requests, ..Default::default() };
    let issued = results(service.invoices().batch_create_and_issue_invoices(request).await.unwrap().into_inner());
    assert_eq!(issued[0].as_ref().unwrap_err().code, Code::FailedPrecondition as i32);
    assert_eq!(issued[1].as_ref().unwrap().number, "INV-000003");
    service.assert_ledger().await;
}

fn results(answer: pb::BatchInvoicesResponse) -> Vec<Result<pb::Invoice, tonic_types::pb::Status>> {
    let results = answer.results.into_iter().map(|result| match result.result.unwrap() {
        pb::invoice_result::Result::Invoice(invoice) => Ok(invoice),
        pb::invoice_result::Result::Error(status) => Err(status),
    });
    results.collect()
}

#[tokio::test]
async fn a_batch_of_large_invoices_is_answered_and_can_be_repeated() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let requests: Vec<_> = (0..100).map(|_| large(&customer)).collect();
    let whole = service.invoices().batch_create_and_issue_invoices(batch(requests.clone(), View::Full)).await;
    assert_fault(&whole.map(drop).unwrap_err(), Code::ResourceExhausted, "RESPONSE_TOO_LARGE");
    assert_eq!(service.events.kinds(5).await[4..], ["CustomerCreated"], "nothing was written");

    let mut client = service.invoices();
    let answered = client.batch_create_and_issue_invoices(batch(requests.clone(), View::Unspecified)).await.unwrap();
    let answered = answered.into_inner();
    assert!(answered.encoded_len() < CLIENT_LIMIT / 10, "{} bytes", answered.encoded_len());
    let again = client.batch_create_and_issue_invoices(batch(requests.clone(), View::Basic)).await.unwrap();
    assert_eq!(again.into_inner(), answered);
    let first = &invoices(answered)[0];
    assert_eq!((first.number.as_str(), first.total.as_ref().unwrap().amount.as_str()), ("INV-000001", "595.00"));
    assert!(first.lines.is_empty() && first.taxes.is_empty());

    // Repeated with another view it is the same request: nothing is issued twice.
    let whole = client.batch_create_and_issue_invoices(batch(requests.clone(), View::Full)).await;
    assert_fault(&whole.map(drop).unwrap_err(), Code::ResourceExhausted, "RESPONSE_TOO_LARGE");
    let whole = client.batch_create_and_issue_invoices(batch(requests[..2].to_vec(), View::Full)).await.unwrap();
    let whole = invoices(whole.into_inner());
    assert_eq!((whole[0].number.as_str(), whole[0].lines.len()), ("INV-000001", 500));
    let single = client.create_and_issue_invoice(requests[0].clone()).await.unwrap().into_inner();
    assert_eq!(single, whole[0]);
    service.assert_ledger().await;
}

#[tokio::test]
async fn what_was_first_answered_whole_is_basic_in_a_batch() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let requests: Vec<_> = (0..3).map(|_| create_and_issue(&customer)).collect();
    let mut client = service.invoices();
    let single = client.create_and_issue_invoice(requests[0].clone()).await.unwrap().into_inner();
    assert_eq!(client.create_and_issue_invoice(requests[0].clone()).await.unwrap().into_inner(), single);
    let basic = client.batch_create_and_issue_invoices(batch(requests.clone(), View::Basic)).await.unwrap();
    let basic = invoices(basic.into_inner());
    assert_eq!((&basic[0].invoice_id, basic[0].lines.len()), (&single.invoice_id, 0));
    let unknown = pb::BatchCreateAndIssueInvoicesRequest { requests, view: 99 };
    assert_violations(&client.batch_create_and_issue_invoices(unknown).await.unwrap_err(), &["view"]);
}

#[tokio::test]
async fn many_are_read_by_their_ids() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let mut client = service.invoices();
    let requests: Vec<_> = (0..130).map(|_| large(&customer)).collect();
    let mut ids = Vec::new();
    for some in requests.chunks(65) {
        let issued = client.batch_create_and_issue_invoices(batch(some.to_vec(), View::Basic)).await.unwrap();
        ids.extend(invoices(issued.into_inner()).into_iter().map(|invoice| invoice.invoice_id));
    }
    let get = |ids: &[String], view: View| pb::BatchGetInvoicesRequest { invoice_ids: ids.to_vec(), view: view.into() };
    let found = client.batch_get_invoices(get(&ids, View::Basic)).await.unwrap().into_inner();
    let found: Vec<String> = invoices(found).into_iter().map(|invoice| invoice.invoice_id).collect();
    assert_eq!(found, ids);
    let too_large = client.batch_get_invoices(get(&ids, View::Full)).await.map(drop).unwrap_err();
    assert_fault(&too_large, Code::ResourceExhausted, "RESPONSE_TOO_LARGE");
    let whole = client.batch_get_invoices(get(&ids[1..2], View::Full)).await.unwrap().into_inner();
    assert_eq!(invoices(whole)[0].lines.len(), 500);
    let unknown = quittance_kernel::InvoiceId::at(quittance_testkit::now()).to_string();
    let some = client.batch_get_invoices(get(&[ids[0].clone(), unknown], View::Basic)).await.unwrap().into_inner();
    let Some(pb::invoice_result::Result::Error(error)) = &some.results[1].result else { panic!("{some:?}") };
    assert_eq!(error.code, Code::NotFound as i32);
    let bad = client.batch_get_invoices(get(&["x".to_owned(), ids[0].clone()], View::Basic)).await.unwrap_err();
    assert_violations(&bad, &["invoice_ids[0]"]);

    // A page ends where its bytes do, and the next one goes on.
    let (mut listed, mut page_token, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let request = pb::ListInvoicesRequest { page_size: 1_000, page_token, ..Default::default() };
        let page = client.list_invoices(request).await.unwrap().into_inner();
        assert!(page.encoded_len() < CLIENT_LIMIT, "{} bytes", page.encoded_len());
        listed.extend(page.invoices.into_iter().map(|invoice| invoice.invoice_id));
        pages += 1;
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    ids.sort();
    assert_eq!(listed, ids);
    assert!(pages > 1, "{pages} pages");
}

#[tokio::test]
async fn the_errors_of_a_batch_fit_too() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let bad = || {
        let mut request = create_and_issue(&customer);
        request.invoice.as_mut().unwrap().lines = (0..60).map(|_| line("x", "y", "z")).collect();
        request
    };
    let requests: Vec<_> = (0..1_000).map(|_| bad()).collect();
    let answered = service.invoices().batch_create_and_issue_invoices(batch(requests, View::Basic)).await.unwrap();
    assert!(answered.get_ref().encoded_len() < CLIENT_LIMIT / 2, "{} bytes", answered.get_ref().encoded_len());
}
