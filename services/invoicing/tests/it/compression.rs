//! Compressed requests and answers, for clients that want them.

use quittance_proto::invoicing::v1::{ListCustomersRequest, customer_service_client::CustomerServiceClient};
use tonic::codec::CompressionEncoding::Gzip;

use crate::setup::Service;

#[tokio::test]
async fn a_client_that_sends_and_accepts_gzip_gets_gzip_and_no_other_does() {
    let service = Service::start().await;
    let mut plain = CustomerServiceClient::new(service.server.client());
    let answer = plain.list_customers(ListCustomersRequest::default()).await.unwrap();
    assert_eq!(answer.metadata().get("grpc-encoding"), None);
    let mut sending = plain.clone().send_compressed(Gzip);
    let answer = sending.list_customers(ListCustomersRequest::default()).await.unwrap();
    assert_eq!(answer.metadata().get("grpc-encoding"), None, "it says nothing of what it accepts");

    let mut both = sending.accept_compressed(Gzip);
    let compressed = both.list_customers(ListCustomersRequest::default()).await.unwrap();
    assert_eq!(compressed.metadata().get("grpc-encoding").unwrap(), "gzip");
    assert_eq!(compressed.into_inner(), answer.into_inner());
}
