//! Every input can be wrong: each a clear error with a reason, and nothing written.

use quittance_proto::{common::v1::WriteOffReason, invoicing::v1 as pb};
use quittance_testkit::{assert_fault, assert_violations, request_id};
use tonic::Code;

use crate::setup::{NEW_BOOK, Service, create_and_issue, line};

#[tokio::test]
async fn every_bad_field_is_named_at_once() {
    let service = Service::start().await;
    let invoice = pb::Invoice {
        customer_id: "nobody".to_owned(),
        currency_code: "EURO".to_owned(),
        issued_on: "2026-02-30".to_owned(),
        lines: vec![
            pb::InvoiceLine {
                description: String::new(),
                tax_category: "Q".to_owned(),
                ..line("1,5", "1.1234567", "19")
            },
            line("0", "1", "19"),
        ],
        ..pb::Invoice::default()
    };
    let request = pb::CreateAndIssueInvoiceRequest { request_id: "1".to_owned(), invoice: Some(invoice) };
    let error = service.invoices().create_and_issue_invoice(request).await.unwrap_err();
    let expected = [
        "request_id",
        "invoice.customer_id",
        "invoice.currency_code",
        "invoice.lines[0].quantity",
        "invoice.lines[0].unit_price",
        "invoice.lines[0].tax_category",
        "invoice.lines[0].description",
        "invoice.lines[1].quantity",
        "invoice.issued_on",
    ];
    assert_violations(&error, &expected);
    assert_eq!(service.events.kinds(4).await, NEW_BOOK, "nothing was written");
}

#[tokio::test]
async fn amounts_fit_their_currency() {
    let service = Service::start().await;
    let settlement = |currency: &str, amount: &str| pb::Settlement {
        amount: Some(quittance_proto::common::v1::Money {
            currency_code: currency.to_owned(),
            amount: amount.to_owned(),
        }),
        ..crate::settling::settlement(&quittance_kernel::ItemId::at(quittance_testkit::now()).to_string(), "1")
    };
    let all = vec![
        settlement("EUR", "1.001"),
        settlement("JPY", "1.1"),
        settlement("XXX", "1"),
        settlement("EUR", "-1"),
        settlement("EUR", "1e3"),
    ];
    let request = pb::SettleItemsRequest { request_id: request_id(), settlements: all };
    let error = service.settlements().settle_items(request).await.unwrap_err();
    let fields: Vec<String> = (0..5).map(|i| format!("settlements[{i}].amount")).collect();
    assert_violations(&error, &fields.iter().map(String::as_str).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_write_off_has_an_amount_and_a_known_reason() {
    let service = Service::start().await;
    let settlement = |write_off: Option<&str>, reason: WriteOffReason| pb::Settlement {
        write_off: write_off.and_then(crate::setup::eur),
        write_off_reason: reason.into(),
        ..crate::settling::settlement(&quittance_kernel::ItemId::at(quittance_testkit::now()).to_string(), "1")
    };
    let all = vec![
        settlement(Some("0.10"), WriteOffReason::Unspecified),
        settlement(None, WriteOffReason::BankCharges),
        settlement(Some("0.00"), WriteOffReason::BankCharges),
        settlement(Some("0.001"), WriteOffReason::Unspecified),
        settlement(Some("-0.10"), WriteOffReason::BankCharges),
    ];
    let request = pb::SettleItemsRequest { request_id: request_id(), settlements: all };
    let error = service.settlements().settle_items(request).await.unwrap_err();
    let expected = [
        "settlements[0].write_off_reason",
        "settlements[1].write_off_reason",
        "settlements[2].write_off",
        "settlements[3].write_off",
        "settlements[3].write_off_reason",
    ];
    assert_violations(&error, &expected);
}

#[tokio::test]
async fn frameworks_own_refusals_have_our_form() {
    let service = Service::start().await;
    let mut request = create_and_issue(&service.customer().await);
    request.invoice.as_mut().unwrap().note = "x".repeat(10 * 1024 * 1024);
    let error = service.invoices().create_and_issue_invoice(request).await.unwrap_err();
    assert_fault(&error, Code::ResourceExhausted, "MESSAGE_TOO_LARGE");

    let mut grpc = tonic::client::Grpc::new(service.server.client());
    grpc.ready().await.unwrap();
    let path = http::uri::PathAndQuery::from_static("/quittance.invoicing.v1.InvoiceService/Nothing");
    let codec = tonic_prost::ProstCodec::<pb::GetTenantRequest, pb::Tenant>::default();
    let error = grpc.unary(tonic::Request::new(pb::GetTenantRequest {}), path, codec).await.unwrap_err();
    assert_fault(&error, Code::Unimplemented, "METHOD_UNKNOWN");

    let path = http::uri::PathAndQuery::from_static("/quittance.invoicing.v1.InvoiceService/GetInvoice");
    let codec = tonic_prost::ProstCodec::<Garbage, pb::Invoice>::default();
    let mut grpc = tonic::client::Grpc::new(service.server.client());
    grpc.ready().await.unwrap();
    let error = grpc.unary(tonic::Request::new(Garbage { invoice_id: 7 }), path, codec).await.unwrap_err();
    assert_fault(&error, Code::InvalidArgument, "MESSAGE_MALFORMED");

    let mut late = tonic::Request::new(pb::GetTenantRequest {});
    late.set_timeout(std::time::Duration::from_micros(1));
    let error = service.tenants().get_tenant(late).await.unwrap_err();
    assert!(matches!(error.code(), Code::DeadlineExceeded | Code::Cancelled), "{error:?}");
}

/// A message with another type at the field that `GetInvoice` reads as a text.
#[derive(Clone, PartialEq, prost::Message)]
struct Garbage {
    #[prost(int32, tag = "1")]
    invoice_id: i32,
}

#[tokio::test]
async fn batches_have_limits() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let empty = service
        .invoices()
        .batch_create_and_issue_invoices(pb::BatchCreateAndIssueInvoicesRequest::default())
        .await
        .unwrap_err();
    assert_violations(&empty, &["requests"]);
    let requests = (0..1_001).map(|_| create_and_issue(&customer)).collect();
    let error = service
        .invoices()
        .batch_create_and_issue_invoices(pb::BatchCreateAndIssueInvoicesRequest { requests, ..Default::default() })
        .await
        .unwrap_err();
    assert_violations(&error, &["requests"]);
}
