//! Invoices in installments: one number, several items, paid in the order of their due dates.

use quittance_proto::{
    common::v1::Money,
    invoicing::v1::{self as inv, invoice_service_client::InvoiceServiceClient},
};
use quittance_testkit::request_id;

use crate::support::{Book, transfer};

/// An invoice over 300.00 in three equal installments, the first due on the day of issue.
async fn in_three(service: &Book, customer: &str) -> inv::Invoice {
    let part = |share, net_days| inv::Installment { share, net_days, discounts: Vec::new() };
    let third = || Some(inv::installment::Share::Amount("100".to_owned()));
    let installments = vec![part(third(), 0), part(third(), 30), part(None, 60)];
    let line = inv::InvoiceLine {
        description: "Work".to_owned(),
        quantity: "1".to_owned(),
        unit_price: "300".to_owned(),
        tax_category: "Z".to_owned(),
        tax_rate: "0".to_owned(),
        ..Default::default()
    };
    let invoice = inv::Invoice {
        customer_id: customer.to_owned(),
        currency_code: "EUR".to_owned(),
        lines: vec![line],
        agreed_terms: Some(inv::PaymentTerms { installments, ..Default::default() }),
        issued_on: "2026-02-01".to_owned(),
        ..Default::default()
    };
    let request = inv::CreateAndIssueInvoiceRequest { request_id: request_id(), invoice: Some(invoice) };
    let mut invoices = InvoiceServiceClient::new(service.server.client());
    let issued = invoices.create_and_issue_invoice(request).await.unwrap().into_inner();
    service.caught_up().await;
    issued
}

/// What is open of each installment, as invoicing says.
async fn open(service: &Book, invoice: &inv::Invoice) -> Vec<String> {
    let request = inv::GetInvoiceRequest { invoice_id: invoice.invoice_id.clone() };
    let mut invoices = InvoiceServiceClient::new(service.server.client());
    let read = invoices.get_invoice(request).await.unwrap().into_inner();
    let amount = |money: Option<Money>| money.unwrap_or_default().amount;
    read.installments.into_iter().map(|installment| amount(installment.open_amount)).collect()
}

#[tokio::test]
async fn installments_are_paid_as_they_fall_due() {
    let service = Book::start().await;
    let customer = service.customer(&["DE1"]).await;
    let invoice = in_three(&service, &customer).await;
    service.record(transfer("100.00", &invoice.number)).await;
    assert_eq!(open(&service, &invoice).await, ["0.00", "100.00", "100.00"]);
    service.caught_up().await;
    service.record(transfer("200.00", &invoice.payment_reference)).await;
    assert_eq!(open(&service, &invoice).await, ["0.00", "0.00", "0.00"]);
    service.verify().await;
}

#[tokio::test]
async fn all_installments_are_paid_at_once() {
    let service = Book::start().await;
    let customer = service.customer(&["DE1"]).await;
    let invoice = in_three(&service, &customer).await;
    service.record(transfer("300.00", &format!("Invoice {}", invoice.number))).await;
    assert_eq!(open(&service, &invoice).await, ["0.00", "0.00", "0.00"]);
    service.verify().await;
}
