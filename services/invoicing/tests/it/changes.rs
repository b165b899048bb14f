//! Series and payment terms are changed, and deleted where nothing names them.

use prost_types::FieldMask;
use quittance_proto::invoicing::v1 as pb;
use quittance_testkit::{assert_fault, assert_violations, request_id};
use tonic::Code;

use crate::setup::{Service, create, create_and_issue};

fn mask(paths: &[&str]) -> Option<FieldMask> {
    Some(FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() })
}

fn discount(days: i32, percent: &str) -> pb::EarlyPaymentDiscount {
    pb::EarlyPaymentDiscount { days, percent: percent.to_owned() }
}

async fn create_terms(service: &Service, code: &str) -> pb::Terms {
    let payment_terms = pb::PaymentTerms { net_days: 30, discounts: vec![discount(10, "2")], ..Default::default() };
    let terms = pb::Terms { code: code.to_owned(), payment_terms: Some(payment_terms), ..pb::Terms::default() };
    let request = pb::CreateTermsRequest { request_id: request_id(), terms: Some(terms) };
    service.customers().create_terms(request).await.unwrap().into_inner()
}

fn update_terms(terms: pb::Terms, paths: &[&str]) -> pb::UpdateTermsRequest {
    pb::UpdateTermsRequest { request_id: request_id(), terms: Some(terms), update_mask: mask(paths) }
}

fn delete_terms(terms: &pb::Terms) -> pb::DeleteTermsRequest {
    pb::DeleteTermsRequest { request_id: request_id(), terms_id: terms.terms_id.clone(), etag: String::new() }
}

#[tokio::test]
async fn terms_change_and_documents_keep_theirs() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let terms = create_terms(&service, "2/10 net 30").await;
    let mut draft = create(&customer);
    draft.invoice.as_mut().unwrap().terms_id.clone_from(&terms.terms_id);
    let draft = service.invoices().create_invoice(draft).await.unwrap().into_inner();
    let longer = pb::PaymentTerms { net_days: 60, discounts: Vec::new(), ..Default::default() };
    let change = pb::Terms { payment_terms: Some(longer), ..terms.clone() };
    let request = update_terms(change, &["payment_terms.net_days"]);
    let changed = service.customers().update_terms(request.clone()).await.unwrap().into_inner();
    assert_eq!(changed.payment_terms.as_ref().unwrap().net_days, 60);
    assert_eq!(changed.payment_terms.as_ref().unwrap().discounts, [discount(10, "2")], "not in the mask");
    assert_eq!((changed.code.as_str(), changed.etag.as_str()), ("2/10 net 30", "2"));
    assert_eq!(service.customers().update_terms(request).await.unwrap().into_inner(), changed);
    let get = pb::GetTermsRequest { terms_id: terms.terms_id.clone() };
    assert_eq!(service.customers().get_terms(get).await.unwrap().into_inner(), changed);
    let get = pb::GetInvoiceRequest { invoice_id: draft.invoice_id };
    let kept = service.invoices().get_invoice(get).await.unwrap().into_inner();
    assert_eq!(kept.terms.unwrap().net_days, 30);

    let stale = update_terms(pb::Terms { code: "X".to_owned(), ..terms.clone() }, &["code"]);
    assert_fault(&service.customers().update_terms(stale).await.unwrap_err(), Code::Aborted, "ETAG_MISMATCH");
    let short = pb::PaymentTerms { net_days: 7, discounts: Vec::new(), ..Default::default() };
    let short = pb::Terms { payment_terms: Some(short), ..changed.clone() };
    let refused = service.customers().update_terms(update_terms(short, &["payment_terms.net_days"])).await;
    assert_fault(&refused.unwrap_err(), Code::FailedPrecondition, "TERMS_DISCOUNT_AFTER_DUE");
    let other = create_terms(&service, "net 30, other").await;
    let taken = update_terms(pb::Terms { code: other.code, ..changed.clone() }, &["code"]);
    assert_fault(&service.customers().update_terms(taken).await.unwrap_err(), Code::AlreadyExists, "TERMS_CODE_TAKEN");
    let long = pb::PaymentTerms { net_days: 3_651, discounts: vec![discount(-1, "x")], ..Default::default() };
    let bad = pb::Terms { payment_terms: Some(long), code: String::new(), ..changed };
    let bad = service.customers().update_terms(update_terms(bad, &["*"])).await.unwrap_err();
    let fields = ["terms.payment_terms.discounts[0].days", "terms.payment_terms.discounts[0].percent", "terms.code"];
    assert_violations(&bad, &[&fields[..], &["terms.payment_terms.net_days"]].concat());
}

#[tokio::test]
async fn terms_are_deleted_where_nothing_names_them() {
    let service = Service::start().await;
    let terms = create_terms(&service, "A").await;
    let customer = pb::Customer { name: "Bob".to_owned(), terms_id: terms.terms_id.clone(), ..pb::Customer::default() };
    let request = pb::CreateCustomerRequest { request_id: request_id(), customer: Some(customer) };
    let customer = service.customers().create_customer(request).await.unwrap().into_inner();
    let draft = service.invoices().create_invoice(create(&customer.customer_id)).await.unwrap().into_inner();
    let in_use = async || {
        let refused = service.customers().delete_terms(delete_terms(&terms)).await.unwrap_err();
        assert_fault(&refused, Code::FailedPrecondition, "TERMS_IN_USE");
    };
    in_use().await;
    let change = pb::Customer { terms_id: String::new(), ..customer };
    let update_mask = mask(&["terms_id"]);
    let request = pb::UpdateCustomerRequest { request_id: request_id(), customer: Some(change), update_mask };
    service.customers().update_customer(request).await.unwrap();
    in_use().await;
    let delete =
        pb::DeleteInvoiceRequest { request_id: request_id(), invoice_id: draft.invoice_id, ..Default::default() };
    service.invoices().delete_invoice(delete).await.unwrap();
    let delete = delete_terms(&terms);
    service.customers().delete_terms(delete.clone()).await.unwrap();
    service.customers().delete_terms(delete).await.unwrap();
    let gone = service.customers().delete_terms(delete_terms(&terms)).await.unwrap_err();
    assert_fault(&gone, Code::NotFound, "TERMS_NOT_FOUND");
    let kinds = service.events.kinds(10).await;
    assert_eq!(
        kinds.iter().filter(|kind| kind.starts_with("Terms")).collect::<Vec<_>>(),
        ["TermsCreated", "TermsDeleted"]
    );
}

async fn create_series(service: &Service, code: &str, prefix: &str) -> pb::Series {
    let series = pb::Series {
        code: code.to_owned(),
        prefix: prefix.to_owned(),
        kind: pb::SeriesKind::Invoice.into(),
        ..pb::Series::default()
    };
    let request = pb::CreateSeriesRequest { request_id: request_id(), series: Some(series) };
    service.tenants().create_series(request).await.unwrap().into_inner()
}

fn update_series(series: pb::Series, paths: &[&str]) -> pb::UpdateSeriesRequest {
    pb::UpdateSeriesRequest { request_id: request_id(), series: Some(series), update_mask: mask(paths) }
}

fn delete_series(series: &pb::Series) -> pb::DeleteSeriesRequest {
    pb::DeleteSeriesRequest { request_id: request_id(), series_id: series.series_id.clone(), etag: String::new() }
}

#[tokio::test]
async fn numbers_of_a_series_are_fixed_by_its_first_document() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let series = create_series(&service, "EXPORT", "EX-").await;
    let change = pb::Series { prefix: "EXP-".to_owned(), next_number: 100, min_digits: 3, ..series.clone() };
    let changed = service.tenants().update_series(update_series(change, &["*"])).await.unwrap().into_inner();
    assert_eq!((changed.prefix.as_str(), changed.next_number, changed.etag.as_str()), ("EXP-", 100, "2"));
    let mut request = create_and_issue(&customer);
    request.invoice.as_mut().unwrap().series_id.clone_from(&series.series_id);
    let issued = service.invoices().create_and_issue_invoice(request).await.unwrap().into_inner();
    assert_eq!(issued.number, "EXP-100");
    let series = pb::Series { code: "SALES".to_owned(), prefix: "S-".to_owned(), ..changed };
    let fixed = service.tenants().update_series(update_series(series.clone(), &["prefix"])).await.unwrap_err();
    assert_fault(&fixed, Code::FailedPrecondition, "SERIES_HAS_DOCUMENTS");
    let renamed = service.tenants().update_series(update_series(series.clone(), &["code"])).await.unwrap().into_inner();
    assert_eq!((renamed.code.as_str(), renamed.prefix.as_str(), renamed.next_number), ("SALES", "EXP-", 101));
    let stale = service.tenants().update_series(update_series(series, &["code"])).await.unwrap_err();
    assert_fault(&stale, Code::Aborted, "ETAG_MISMATCH");
    let taken = pb::Series { code: "INV".to_owned(), ..renamed.clone() };
    let taken = service.tenants().update_series(update_series(taken, &["code"])).await.unwrap_err();
    assert_fault(&taken, Code::AlreadyExists, "SERIES_EXISTS");
    let other = create_series(&service, "OTHER", "O-").await;
    let collides = pb::Series { prefix: "EXP".to_owned(), ..other };
    let collides = service.tenants().update_series(update_series(collides, &["prefix"])).await.unwrap_err();
    assert_fault(&collides, Code::AlreadyExists, "SERIES_PREFIX_TAKEN");
    let bad = pb::Series { code: "small".to_owned(), min_digits: 13, etag: String::new(), ..renamed.clone() };
    let bad = service.tenants().update_series(update_series(bad, &["code", "min_digits"])).await.unwrap_err();
    assert_violations(&bad, &["series.code", "series.min_digits"]);
    let refused = service.tenants().delete_series(delete_series(&renamed)).await.unwrap_err();
    assert_fault(&refused, Code::FailedPrecondition, "SERIES_HAS_DOCUMENTS");
    service.assert_ledger().await;
}

#[tokio::test]
async fn a_series_is_deleted_where_nothing_is_in_it() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let listed = async || {
        let list = service.tenants().list_series(pb::ListSeriesRequest::default()).await.unwrap().into_inner();
        list.series
    };
    for default in listed().await {
        let refused = service.tenants().delete_series(delete_series(&default)).await.unwrap_err();
        assert_fault(&refused, Code::FailedPrecondition, "SERIES_IS_DEFAULT");
    }
    let series = create_series(&service, "EXPORT", "EX-").await;
    let mut request = create(&customer);
    request.invoice.as_mut().unwrap().series_id.clone_from(&series.series_id);
    let draft = service.invoices().create_invoice(request).await.unwrap().into_inner();
    let refused = service.tenants().delete_series(delete_series(&series)).await.unwrap_err();
    assert_fault(&refused, Code::FailedPrecondition, "SERIES_HAS_DOCUMENTS");
    let delete =
        pb::DeleteInvoiceRequest { request_id: request_id(), invoice_id: draft.invoice_id, ..Default::default() };
    service.invoices().delete_invoice(delete).await.unwrap();
    service.tenants().delete_series(delete_series(&series)).await.unwrap();
    assert_eq!(listed().await.len(), 3);
    let get = pb::GetSeriesRequest { series_id: series.series_id };
    assert_fault(&service.tenants().get_series(get).await.unwrap_err(), Code::NotFound, "SERIES_NOT_FOUND");
}
