//! What browsers do: gRPC-Web, and asking whether a page may call.

use http::{Method, StatusCode, Version};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use prost::bytes::Bytes;
use quittance_grpc::error_info;
use quittance_proto::invoicing::v1::{
    CreateCustomerRequest, Customer, GetCustomerRequest, customer_service_client::CustomerServiceClient,
};
use serde_json::json;
use tonic::{Code, Request};
use tonic_web::GrpcWebClientService;

use super::{Http, Reply, request_id};

#[tokio::test]
async fn grpc_web_calls_have_messages_errors_and_metadata() {
    let http = Http::start(Version::HTTP_11, &[]).await;
    // The generated client, over HTTP/1.1 as a browser's.
    let service = GrpcWebClientService::new(Client::builder(TokioExecutor::new()).build_http());
    let mut client = CustomerServiceClient::with_origin(service, http.up.address.parse().unwrap());
    let customer = Some(Customer { name: "Ada Ltd".to_owned(), ..Customer::default() });
    let mut create = Request::new(CreateCustomerRequest { request_id: request_id(), customer });
    let metadata = |request: &mut tonic::metadata::MetadataMap| {
        request.insert("authorization", format!("Bearer {}", http.token).parse().unwrap());
        request.insert("quittance-tenant", http.tenant.parse().unwrap());
    };
    metadata(create.metadata_mut());
    let created = client.create_customer(create).await.unwrap();
    assert!(created.metadata().contains_key("quittance-trace") && created.metadata().contains_key("quittance-written"));
    let path = format!("/invoicing/v1/customers/{}", created.get_ref().customer_id);
    assert_eq!(http.get(&path).await.ok()["name"], "Ada Ltd", "the same customer in JSON");

    let mut missing = Request::new(GetCustomerRequest { customer_id: request_id() });
    metadata(missing.metadata_mut());
    let status = client.get_customer(missing).await.unwrap_err();
    assert_eq!((status.code(), error_info(&status).unwrap().reason.as_str()), (Code::NotFound, "CUSTOMER_NOT_FOUND"));
    let nameless = client.get_customer(GetCustomerRequest { customer_id: request_id() }).await.unwrap_err();
    assert_eq!(nameless.code(), Code::Unauthenticated);
    http.stop().await;
}

async fn preflight(http: &Http, origin: &str) -> Reply {
    let request =
        http::Request::builder().method(Method::OPTIONS).uri(format!("{}/invoicing/v1/customers", http.up.address));
    let request = request.header("origin", origin).header("access-control-request-method", "POST");
    http.send(request.header("access-control-request-headers", "authorization,idempotency-key"), Bytes::new()).await
}

#[tokio::test]
async fn only_pages_of_configured_origins_may_call() {
    let (ours, other) = ("https://app.example.com", "https://other.example.com");
    let origins = [("QUITTANCE_CORS__ALLOWED_ORIGINS", "https://app.example.com,http://localhost:5173")];
    let http = Http::start(Version::HTTP_11, &origins).await;
    let allowed = preflight(&http, ours).await;
    assert_eq!((allowed.status, allowed.header("access-control-allow-origin")), (StatusCode::OK, Some(ours)));
    let headers = allowed.header("access-control-allow-headers").unwrap();
    assert!(
        ["authorization", "quittance-tenant", "idempotency-key", "x-grpc-web"]
            .iter()
            .all(|name| headers.contains(name)),
        "{headers}"
    );
    assert_eq!(preflight(&http, other).await.header("access-control-allow-origin"), None);

    let request = http.request(Method::POST, "/invoicing/v1/customers").header("origin", ours);
    let created = http.send(request.header("idempotency-key", request_id()), json!({"name": "Ada"}).to_string()).await;
    assert_eq!(created.header("access-control-allow-origin"), Some(ours));
    let exposed = created.header("access-control-expose-headers").unwrap();
    assert!(
        ["quittance-trace", "quittance-written", "retry-after", "grpc-status"]
            .iter()
            .all(|name| exposed.contains(name)),
        "{exposed}"
    );
    created.ok();
    let request =
        http.request(Method::POST, "/quittance.invoicing.v1.CustomerService/GetCustomer").header("origin", ours);
    let by_grpc_web =
        http.send(request.header("content-type", "application/grpc-web+proto"), Bytes::from_static(&[0; 5])).await;
    assert_eq!(by_grpc_web.header("access-control-allow-origin"), Some(ours));
    http.stop().await;
}

#[tokio::test]
async fn by_default_no_page_may_call_and_a_star_allows_all() {
    let http = Http::start(Version::HTTP_11, &[]).await;
    let asked = preflight(&http, "https://app.example.com").await;
    assert_eq!((asked.status, asked.header("access-control-allow-origin")), (StatusCode::METHOD_NOT_ALLOWED, None));
    http.stop().await;
    let http = Http::start(Version::HTTP_11, &[("QUITTANCE_CORS__ALLOWED_ORIGINS", "*")]).await;
    assert_eq!(preflight(&http, "https://anybody.example").await.header("access-control-allow-origin"), Some("*"));
    http.stop().await;
}
