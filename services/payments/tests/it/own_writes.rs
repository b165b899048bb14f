//! A caller sees what it has written, also where another service keeps it.

use quittance_grpc::{AFTER_KEY, Client, WRITTEN_KEY};
use quittance_kernel::{EventId, TenantId};
use quittance_proto::{
    invoicing::v1::{
        self as inv, customer_service_client::CustomerServiceClient, tenant_service_client::TenantServiceClient,
    },
    payments::v1::{self as pb, payment_service_client::PaymentServiceClient},
};
use quittance_testkit::{assert_fault, now, request_id};
use tonic::{Code, Request};

use crate::support::{Book, tenant, transfer};

fn record(payment: pb::Payment) -> pb::RecordPaymentRequest {
    pb::RecordPaymentRequest { request_id: request_id(), payment: Some(payment) }
}

/// A tenant is created, a customer, and a payment of that customer, each at once after the other.
async fn in_a_row(client: Client) {
    let request = inv::CreateTenantRequest { request_id: request_id(), tenant: Some(tenant()) };
    TenantServiceClient::new(client.clone()).create_tenant(request).await.unwrap();
    Box::pin(PaymentServiceClient::new(client.clone()).record_payment(record(transfer("5", "")))).await.unwrap();
    let customer = inv::Customer { name: "Buyer".to_owned(), ..inv::Customer::default() };
    let request = inv::CreateCustomerRequest { request_id: request_id(), customer: Some(customer) };
    let customer = CustomerServiceClient::new(client.clone()).create_customer(request).await.unwrap().into_inner();
    let payment = pb::Payment { customer_id: customer.customer_id, ..transfer("5", "") };
    Box::pin(PaymentServiceClient::new(client).record_payment(record(payment))).await.unwrap();
}

#[tokio::test]
async fn calls_in_a_row_see_each_other() {
    let book = Book::start_unopened().await;
    for _ in 0..40 {
        Box::pin(in_a_row(book.server.client_for(Some(TenantId::at(now())), &["*"], "*"))).await;
    }
}

#[tokio::test]
async fn what_was_written_is_said_again_when_a_request_is_repeated() {
    let book = Book::start().await;
    let customer = inv::Customer { name: "Buyer".to_owned(), ..inv::Customer::default() };
    let request = inv::CreateCustomerRequest { request_id: request_id(), customer: Some(customer) };
    let mut written = Vec::new();
    for _ in 0..2 {
        let mut client = CustomerServiceClient::new(book.server.client());
        let response = client.create_customer(request.clone()).await.unwrap();
        written.push(response.metadata().get(WRITTEN_KEY).unwrap().to_str().unwrap().to_owned());
    }
    assert!(written[0].starts_with("invoicing=") && written[0] == written[1], "{written:?}");
    let mut client = CustomerServiceClient::new(book.server.client());
    let read = client.list_customers(inv::ListCustomersRequest::default());
    assert!(!read.await.unwrap().metadata().contains_key(WRITTEN_KEY), "a read writes nothing");
    // The settlement is invoicing's.
    let invoice = book.invoice(&book.customer(&[]).await, "100").await;
    let recorded = book.payments().record_payment(record(transfer("100", &invoice.number))).await.unwrap();
    let both = recorded.metadata().get(WRITTEN_KEY).unwrap().to_str().unwrap();
    assert!(both.contains("invoicing@payments=") && both.contains(",payments="), "{both}");
}

#[tokio::test]
async fn what_does_not_come_is_waited_for_until_the_deadline() {
    let book = Book::start().await;
    let call = async |after: String| {
        let mut request = Request::new(pb::ListPaymentsRequest::default());
        request.set_timeout(std::time::Duration::from_millis(300));
        request.metadata_mut().insert(AFTER_KEY, after.parse().unwrap());
        book.payments().list_payments(request).await
    };
    let lost = EventId::at(now());
    assert_fault(&call(format!("invoicing={lost}")).await.unwrap_err(), Code::Unavailable, "WRITE_NOT_READ_YET");
    assert_fault(&call("invoicing".to_owned()).await.unwrap_err(), Code::InvalidArgument, "AFTER_MALFORMED");
    for read in [format!("payments={lost}"), format!("reporting={lost}")] {
        assert!(call(read).await.is_ok(), "its own writes are in its database, and others it does not read");
    }
}
