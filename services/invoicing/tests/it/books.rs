//! Tenants, series, customers, terms.

use quittance_proto::invoicing::v1 as pb;
use quittance_testkit::{assert_fault, request_id};
use tonic::Code;

use crate::setup::{Service, contact, create_and_issue, tenant_request};

#[tokio::test]
async fn a_book_opens_once_with_its_three_series() {
    let service = Service::start().await;
    let error = service.tenants().create_tenant(tenant_request()).await.unwrap_err();
    assert_fault(&error, Code::AlreadyExists, "TENANT_EXISTS");
    let series = service.tenants().list_series(pb::ListSeriesRequest::default()).await.unwrap().into_inner().series;
    let codes: Vec<&str> = series.iter().map(|s| s.code.as_str()).collect();
    assert_eq!(codes, ["CN", "EXT", "INV"]);
    let read = service.tenants().get_tenant(pb::GetTenantRequest {}).await.unwrap().into_inner();
    assert_eq!((read.name.as_str(), read.tenant_id), ("Northwind GmbH", service.server.tenant.to_string()));
}

#[tokio::test]
async fn without_a_book_nothing_is_found() {
    let service = Service::start_empty().await;
    let error = service.tenants().get_tenant(pb::GetTenantRequest {}).await.unwrap_err();
    assert_fault(&error, Code::NotFound, "TENANT_NOT_FOUND");
    let customer = quittance_kernel::CustomerId::at(quittance_testkit::now()).to_string();
    let error = service.invoices().create_and_issue_invoice(create_and_issue(&customer)).await.unwrap_err();
    assert_fault(&error, Code::NotFound, "TENANT_NOT_FOUND");
}

#[tokio::test]
async fn series_of_ones_own_number_as_they_say() {
    let service = Service::start().await;
    let series = pb::Series {
        code: "SERVICE".to_owned(),
        kind: pb::SeriesKind::Invoice.into(),
        prefix: "S-2026-".to_owned(),
        min_digits: 3,
        next_number: 7,
        ..pb::Series::default()
    };
    let request = pb::CreateSeriesRequest { request_id: request_id(), series: Some(series) };
    let made = service.tenants().create_series(request.clone()).await.unwrap().into_inner();
    let again = pb::CreateSeriesRequest { request_id: request_id(), ..request };
    assert_fault(&service.tenants().create_series(again).await.unwrap_err(), Code::AlreadyExists, "SERIES_EXISTS");
    let customer = service.customer().await;
    let mut request = create_and_issue(&customer);
    request.invoice.as_mut().unwrap().series_id = made.series_id;
    let invoice = service.invoices().create_and_issue_invoice(request).await.unwrap().into_inner();
    assert_eq!(invoice.number, "S-2026-007");
}

#[tokio::test]
async fn customers_are_changed_field_by_field_under_their_etag() {
    let service = Service::start().await;
    let id = service.customer().await;
    let before = service
        .customers()
        .get_customer(pb::GetCustomerRequest { customer_id: id.clone() })
        .await
        .unwrap()
        .into_inner();
    let update = |etag: &str, number: &str| pb::UpdateCustomerRequest {
        request_id: request_id(),
        customer: Some(pb::Customer {
            customer_id: id.clone(),
            number: number.to_owned(),
            etag: etag.to_owned(),
            ..pb::Customer::default()
        }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["number".to_owned()] }),
    };
    let after = service.customers().update_customer(update(&before.etag, "C-1")).await.unwrap().into_inner();
    assert_eq!((after.number.as_str(), after.name.as_str(), after.contacts.len()), ("C-1", "Ada Ltd", 1));
    let error = service.customers().update_customer(update(&before.etag, "C-2")).await.unwrap_err();
    assert_fault(&error, Code::Aborted, "ETAG_MISMATCH");

    let other = pb::Customer {
        name: "Bob".to_owned(),
        number: "C-1".to_owned(),
        contacts: vec![contact("Bob", false)],
        ..pb::Customer::default()
    };
    let request = pb::CreateCustomerRequest { request_id: request_id(), customer: Some(other) };
    let error = service.customers().create_customer(request).await.unwrap_err();
    assert_fault(&error, Code::AlreadyExists, "CUSTOMER_NUMBER_TAKEN");
}

#[tokio::test]
async fn a_batch_of_customers_fails_entry_by_entry() {
    let service = Service::start().await;
    let entry = |name: &str, number: &str| pb::CreateCustomerRequest {
        request_id: request_id(),
        customer: Some(pb::Customer { name: name.to_owned(), number: number.to_owned(), ..pb::Customer::default() }),
    };
    let request = pb::BatchCreateCustomersRequest {
        requests: vec![entry("A", "1"), entry("", "2"), entry("C", "1"), entry("D", "4")],
        ..Default::default()
    };
    let results = service.customers().batch_create_customers(request).await.unwrap().into_inner().results;
    let done: Vec<bool> =
        results.iter().map(|r| matches!(r.result, Some(pb::customer_result::Result::Customer(_)))).collect();
    assert_eq!(done, [true, false, false, true]);
}

#[tokio::test]
async fn lists_are_paged_and_their_tokens_belong_to_their_query() {
    let service = Service::start().await;
    for _ in 0..5 {
        service.customer().await;
    }
    let mut request = pb::ListCustomersRequest { page_size: 2, ..pb::ListCustomersRequest::default() };
    let mut seen = Vec::new();
    loop {
        let page = service.customers().list_customers(request.clone()).await.unwrap().into_inner();
        seen.extend(page.customers.into_iter().map(|c| c.customer_id));
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
        let other = pb::ListCustomersRequest { query: "x".to_owned(), ..request.clone() };
        let error = service.customers().list_customers(other).await.unwrap_err();
        assert_fault(&error, Code::InvalidArgument, "INVALID_ARGUMENT");
    }
    let mut unique = seen.clone();
    unique.dedup();
    assert_eq!((seen.len(), unique.len()), (5, 5));
    let found = pb::ListCustomersRequest { query: "aDA".to_owned(), ..pb::ListCustomersRequest::default() };
    assert_eq!(service.customers().list_customers(found).await.unwrap().into_inner().customers.len(), 5);
}

#[tokio::test]
async fn named_terms_apply_to_the_customers_invoices() {
    let service = Service::start().await;
    let discount = pb::EarlyPaymentDiscount { days: 10, percent: "2".to_owned() };
    let terms = pb::Terms {
        code: "2/10 net 30".to_owned(),
        payment_terms: Some(pb::PaymentTerms { net_days: 30, discounts: vec![discount], ..Default::default() }),
        ..pb::Terms::default()
    };
    let request = pb::CreateTermsRequest { request_id: request_id(), terms: Some(terms) };
    let made = service.customers().create_terms(request).await.unwrap().into_inner();
    let customer = pb::Customer { name: "Ada".to_owned(), terms_id: made.terms_id.clone(), ..pb::Customer::default() };
    let request = pb::CreateCustomerRequest { request_id: request_id(), customer: Some(customer) };
    let customer = service.customers().create_customer(request).await.unwrap().into_inner();
    let invoice = service.issued(&customer.customer_id).await;
    assert_eq!((invoice.issued_on.as_str(), invoice.due_on.as_str()), ("2026-03-02", "2026-04-01"));
    assert_eq!(invoice.terms.unwrap().discounts[0].percent, "2");
}
