//! Whatever can be created can be read, listed and, where it has no history, deleted.

use quittance_proto::invoicing::v1 as pb;
use quittance_testkit::{assert_fault, request_id};
use tonic::Code;

use crate::setup::{Service, create, create_and_issue};

fn delete(invoice_id: &str, etag: &str) -> pb::DeleteInvoiceRequest {
    pb::DeleteInvoiceRequest { request_id: request_id(), invoice_id: invoice_id.to_owned(), etag: etag.to_owned() }
}

#[tokio::test]
async fn a_draft_is_deleted_and_nothing_else() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let mut invoices = service.invoices();
    let draft = invoices.create_invoice(create(&customer)).await.unwrap().into_inner();
    let stale = invoices.delete_invoice(delete(&draft.invoice_id, "7")).await.unwrap_err();
    assert_fault(&stale, Code::Aborted, "ETAG_MISMATCH");
    let request = delete(&draft.invoice_id, &draft.etag);
    invoices.delete_invoice(request.clone()).await.unwrap();
    invoices.delete_invoice(request).await.unwrap();
    let gone = invoices.delete_invoice(delete(&draft.invoice_id, "")).await.unwrap_err();
    assert_fault(&gone, Code::NotFound, "INVOICE_NOT_FOUND");
    let read = invoices.get_invoice(pb::GetInvoiceRequest { invoice_id: draft.invoice_id }).await.unwrap_err();
    assert_fault(&read, Code::NotFound, "INVOICE_NOT_FOUND");
    let kinds = service.events.kinds(7).await;
    assert_eq!(kinds[4..], ["CustomerCreated", "InvoiceDrafted", "InvoiceDeleted"]);

    let issued = service.issued(&customer).await;
    let refused = invoices.delete_invoice(delete(&issued.invoice_id, "")).await.unwrap_err();
    assert_fault(&refused, Code::FailedPrecondition, "INVOICE_NOT_DRAFT");
    let void = pb::VoidInvoiceRequest {
        request_id: request_id(),
        invoice_id: issued.invoice_id.clone(),
        reason: "Issued twice".to_owned(),
        etag: String::new(),
    };
    invoices.void_invoice(void).await.unwrap();
    let refused = invoices.delete_invoice(delete(&issued.invoice_id, "")).await.unwrap_err();
    assert_fault(&refused, Code::FailedPrecondition, "INVOICE_NOT_DRAFT");
    service.assert_ledger().await;
}

/// What a query with a defect would delete, the database does not.
#[tokio::test]
async fn the_database_deletes_drafts_only() {
    let service = Service::start().await;
    let customer = service.customer().await;
    service.issued(&customer).await;
    service.invoices().create_invoice(create(&customer)).await.unwrap();
    let mut tx = service.db.db.begin(service.server.tenant).await.unwrap();
    let done = sqlx::query("delete from invoice").execute(&mut *tx).await.unwrap();
    assert_eq!(done.rows_affected(), 1);
}

#[tokio::test]
async fn deliveries_are_read_and_listed() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let mut invoices = service.invoices();
    let mut delivered = Vec::new();
    for _ in 0..3 {
        let invoice = invoices.create_and_issue_invoice(create_and_issue(&customer)).await.unwrap().into_inner();
        let request = pb::DeliverInvoiceRequest {
            request_id: request_id(),
            invoice_id: invoice.invoice_id,
            contact_id: String::new(),
            channel: pb::DeliveryChannel::Post.into(),
        };
        delivered.push(invoices.deliver_invoice(request).await.unwrap().into_inner());
    }
    let get = pb::GetDeliveryRequest { delivery_id: delivered[1].delivery_id.clone() };
    let read = invoices.get_delivery(get).await.unwrap().into_inner();
    assert!(read.document_html.starts_with("<!doctype html>"));
    assert_eq!(pb::Delivery { document_html: String::new(), ..read }, delivered[1]);
    let unknown = pb::GetDeliveryRequest { delivery_id: customer };
    assert_fault(&invoices.get_delivery(unknown).await.unwrap_err(), Code::NotFound, "DELIVERY_NOT_FOUND");
    let first = pb::ListDeliveriesRequest { page_size: 2, ..pb::ListDeliveriesRequest::default() };
    let page = invoices.list_deliveries(first.clone()).await.unwrap().into_inner();
    assert_eq!(page.deliveries, delivered[..2]);
    let rest = pb::ListDeliveriesRequest { page_token: page.next_page_token, ..first };
    let rest = invoices.list_deliveries(rest).await.unwrap().into_inner();
    assert_eq!((rest.deliveries, rest.next_page_token.as_str()), (delivered[2..].to_vec(), ""));
    let of_one = pb::ListDeliveriesRequest { invoice_id: delivered[1].invoice_id.clone(), ..Default::default() };
    assert_eq!(invoices.list_deliveries(of_one).await.unwrap().into_inner().deliveries, delivered[1..2]);
}

#[tokio::test]
async fn terms_and_series_are_read_by_their_ids_and_listed_in_pages() {
    let service = Service::start().await;
    let mut created = Vec::new();
    for code in ["B", "A", "C"] {
        let terms = pb::Terms {
            code: code.to_owned(),
            payment_terms: Some(pb::PaymentTerms { net_days: 14, discounts: vec![], ..Default::default() }),
            ..pb::Terms::default()
        };
        let request = pb::CreateTermsRequest { request_id: request_id(), terms: Some(terms) };
        created.push(service.customers().create_terms(request).await.unwrap().into_inner());
    }
    let get = pb::GetTermsRequest { terms_id: created[0].terms_id.clone() };
    assert_eq!(service.customers().get_terms(get).await.unwrap().into_inner(), created[0]);
    let unknown = pb::GetTermsRequest { terms_id: request_id() };
    assert_fault(&service.customers().get_terms(unknown).await.unwrap_err(), Code::NotFound, "TERMS_NOT_FOUND");
    let first = pb::ListTermsRequest { page_size: 2, page_token: String::new() };
    let page = service.customers().list_terms(first).await.unwrap().into_inner();
    let next = pb::ListTermsRequest { page_size: 2, page_token: page.next_page_token };
    let rest = service.customers().list_terms(next).await.unwrap().into_inner();
    let codes: Vec<String> = page.terms.into_iter().chain(rest.terms).map(|terms| terms.code).collect();
    assert_eq!((codes, rest.next_page_token.as_str()), (["A", "B", "C"].map(str::to_owned).to_vec(), ""));

    let series = service.tenants().list_series(pb::ListSeriesRequest::default()).await.unwrap().into_inner().series;
    let get = pb::GetSeriesRequest { series_id: series[0].series_id.clone() };
    assert_eq!(service.tenants().get_series(get).await.unwrap().into_inner(), series[0]);
    let unknown = pb::GetSeriesRequest { series_id: request_id() };
    assert_fault(&service.tenants().get_series(unknown).await.unwrap_err(), Code::NotFound, "SERIES_NOT_FOUND");
}
