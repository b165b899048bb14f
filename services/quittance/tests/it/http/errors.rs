//! Errors: one form, every wrong field at once.

use std::time::Duration;

use http::{Method, StatusCode, Version, header};
use prost::bytes::Bytes;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{Http, request_id};

#[tokio::test]
async fn what_is_wrong_is_said_in_one_form() {
    let http = Http::start(Version::HTTP_11, &[]).await;
    wrong_fields_are_named_together(&http).await;
    ids_of_requests_are_given_once(&http).await;
    wrong_places_are_said(&http).await;
    who_may_not_call_is_told(&http).await;
    large_requests_are_refused(&http).await;
    a_body_that_does_not_come_ends_with_the_deadline(&http).await;
    http.stop().await;
}

async fn wrong_fields_are_named_together(http: &Http) {
    let create = format!("/invoicing/v1/invoices?requestId={}&page=1&updateMask=x", request_id());
    let body = json!({"customerId": 7, "lines": [{"quantity": "1", "price": "2"}, 3], "roundingRule": {"mode": "UP"}, "billTo": "x"});
    let reply = http.post(&create, &body).await;
    assert_eq!((reply.status, &reply.body["error"]["status"]), (StatusCode::BAD_REQUEST, &json!("INVALID_ARGUMENT")));
    let mut found = reply.violations();
    found.sort_unstable();
    let expected = [
        ("invoice.billTo", "FIELD_UNKNOWN"),
        ("invoice.customer_id", "VALUE_MALFORMED"),
        ("invoice.lines[0].price", "FIELD_UNKNOWN"),
        ("invoice.lines[1]", "VALUE_MALFORMED"),
        ("invoice.rounding_rule.mode", "ENUM_UNKNOWN"),
        ("page", "FIELD_UNKNOWN"),
        ("updateMask", "FIELD_UNKNOWN"),
    ];
    assert_eq!(found, expected, "{}", reply.body);

    // What the service finds has the same form.
    let create = format!("/invoicing/v1/invoices?requestId={}", request_id());
    let reply = http.post(&create, &json!({"customerId": "x", "issuedOn": "2026-02-30"})).await;
    let found = reply.violations();
    assert!(found.contains(&("invoice.issued_on", "DATE_NO_SUCH_DAY")), "{found:?}");
    assert!(found.contains(&("invoice.customer_id", "ID_MALFORMED")), "{found:?}");

    let broken = http.send(http.request(Method::POST, "/invoicing/v1/customers"), "{\"name\": ").await;
    assert_eq!((broken.status, broken.violations()), (StatusCode::BAD_REQUEST, vec![("customer", "JSON_MALFORMED")]));
    let broken = http.send(http.request(Method::POST, "/invoicing/v1/customers:batchGet"), "[]").await;
    assert_eq!(broken.violations(), [("body", "VALUE_MALFORMED")]);
    let query =
        http.get("/invoicing/v1/invoices?pageSize=many&states=OPEN&pageSize=1&pageSize=2&customer_ids=%ff").await;
    let expected = [
        ("page_size", "VALUE_MALFORMED"),
        ("states", "ENUM_UNKNOWN"),
        ("page_size", "PARAMETER_TWICE"),
        ("customer_ids", "JSON_MALFORMED"),
    ];
    assert_eq!(query.violations(), expected);
    let read = http.send(http.request(Method::GET, "/invoicing/v1/customers"), "{}").await;
    assert_eq!(read.violations(), [("body", "FIELD_UNKNOWN")]);
    let zipped = http.request(Method::POST, "/invoicing/v1/customers").header("content-encoding", "gzip");
    assert_eq!(http.send(zipped, "x").await.reason(), "CONTENT_ENCODING_UNSUPPORTED");
}

async fn ids_of_requests_are_given_once(http: &Http) {
    let missing = http.post("/invoicing/v1/customers", &json!({"name": "Ada"})).await;
    assert_eq!(missing.violations(), [("request_id", "FIELD_REQUIRED")]);
    let (one, other) = (request_id(), request_id());
    let path = format!("/invoicing/v1/customers?requestId={one}");
    let both = |key: &str| http.request(Method::POST, &path).header("idempotency-key", key);
    let body = json!({"name": "Ada"}).to_string();
    let differs = http.send(both(&other), body.clone()).await;
    assert_eq!(differs.violations(), [("request_id", "IDEMPOTENCY_KEY_MISMATCH")]);
    let same = http.send(both(&format!("\"{}\"", one.to_uppercase())), body).await.ok();
    let reused = http.post(&path, &json!({"name": "Grace"})).await;
    assert_eq!((reused.status, reused.reason()), (StatusCode::BAD_REQUEST, "REQUEST_ID_REUSED"));

    let path = format!("/invoicing/v1/customers/{}?requestId={}", same["customerId"].as_str().unwrap(), request_id());
    let other = http.patch(&path, &json!({"customerId": other, "name": "Ada Ltd"})).await;
    assert_eq!(other.violations(), [("customer.customer_id", "PATH_MISMATCH")]);
    // What was read may be sent back, in the names of the contract too.
    let whole =
        http.patch(&path, &json!({"customer_id": same["customerId"], "etag": same["etag"], "name": "Ada Ltd"})).await;
    assert_eq!(whole.ok()["name"], "Ada Ltd");
}

async fn wrong_places_are_said(http: &Http) {
    let id = request_id();
    let missing = http.get(&format!("/invoicing/v1/customers/{id}")).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    let error = &missing.body["error"];
    assert_eq!((&error["code"], &error["status"]), (&json!(404), &json!("NOT_FOUND")), "{error}");
    assert_eq!(error["details"][0]["@type"], "type.googleapis.com/google.rpc.ErrorInfo");
    assert_eq!(missing.reason(), "CUSTOMER_NOT_FOUND");
    assert!(missing.header("quittance-trace").is_some());
    for path in
        ["/", "/invoicing/v1", "/invoicing/v1/customers/", "/invoicing/v2/customers", "/invoicing/v1/customers/x:do"]
    {
        let nothing = http.get(path).await;
        assert_eq!((nothing.status, nothing.reason()), (StatusCode::NOT_FOUND, "PATH_UNKNOWN"), "{path}");
    }
    let internal = http.post("/quittance.invoicing.v1.SettlementService/SettleItems", &json!({})).await;
    assert_eq!(internal.reason(), "PATH_UNKNOWN");
    let put = http.send(http.request(Method::PUT, "/invoicing/v1/customers"), "{}").await;
    assert_eq!((put.status, put.reason()), (StatusCode::METHOD_NOT_ALLOWED, "HTTP_METHOD_UNKNOWN"));
    let mut allowed: Vec<&str> = put.header("allow").unwrap().split(", ").collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["GET", "POST"]);
}

async fn who_may_not_call_is_told(http: &Http) {
    let path = format!("{}/invoicing/v1/customers", http.up.address);
    let nameless = http::Request::get(&path).header("quittance-tenant", &http.tenant);
    let reply = http.send(nameless, Bytes::new()).await;
    assert_eq!((reply.status, reply.reason()), (StatusCode::UNAUTHORIZED, "TOKEN_MISSING"));
    assert_eq!(reply.headers[header::WWW_AUTHENTICATE], "Bearer");
    let tenantless = http::Request::get(&path).header("authorization", format!("Bearer {}", http.token));
    let reply = http.send(tenantless, Bytes::new()).await;
    assert_eq!((reply.status, reply.reason()), (StatusCode::BAD_REQUEST, "TENANT_MISSING"));
    // Who may not call hears nothing about the body.
    let reply = http.send(http::Request::post(&path), "{").await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    for _ in 0..50 {
        let hurried = http.request(Method::GET, "/invoicing/v1/customers").header("grpc-timeout", "1u");
        let reply = http.send(hurried, Bytes::new()).await;
        assert_eq!((reply.status, reply.reason()), (StatusCode::GATEWAY_TIMEOUT, "DEADLINE_EXCEEDED"));
    }
    // An event that no service has read: after ten seconds it is said.
    let after = format!("invoicing={}", request_id());
    let early = http.request(Method::GET, "/reporting/v1/currencies").header("quittance-after", after);
    let reply = http.send(early, Bytes::new()).await;
    assert_eq!((reply.status, reply.reason()), (StatusCode::SERVICE_UNAVAILABLE, "WRITE_NOT_READ_YET"));
    assert_eq!(reply.headers[header::RETRY_AFTER], "1", "{}", reply.body);
}

async fn large_requests_are_refused(http: &Http) {
    // As text more than a body may have, and as bytes more than a message may have.
    for (field, length) in [("fileName", 6 << 20), ("content", 5_900_000)] {
        let mut body = json!({"requestId": request_id(), "fileName": "x"});
        body[field] = Value::from("A".repeat(length));
        let reply = http.post("/payments/v1/bankImports:importFile", &body).await;
        assert_eq!((reply.status, reply.reason()), (StatusCode::PAYLOAD_TOO_LARGE, "MESSAGE_TOO_LARGE"), "{field}");
    }
    // A file of 3 MiB, the largest, is read: it has no entries.
    let body = json!({"requestId": request_id(), "fileName": "x", "content": "A".repeat(4 << 20)});
    let reply = http.post("/payments/v1/bankImports:importFile", &body).await;
    assert!(reply.status.is_client_error() && reply.reason() != "MESSAGE_TOO_LARGE", "{}", reply.body);
}

async fn a_body_that_does_not_come_ends_with_the_deadline(http: &Http) {
    let head = format!(
        "POST /invoicing/v1/customers HTTP/1.1\r\nhost: here\r\nauthorization: Bearer {}\r\nquittance-tenant: {}\r\n\
         grpc-timeout: 300m\r\ncontent-length: 100\r\n\r\n{{\"name\":",
        http.token, http.tenant
    );
    let mut stream = TcpStream::connect(http.up.address.trim_start_matches("http://")).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut response = [0; 32];
    tokio::time::timeout(Duration::from_secs(5), stream.read_exact(&mut response)).await.expect("in time").unwrap();
    assert!(response.starts_with(b"HTTP/1.1 504 "), "{}", String::from_utf8_lossy(&response));
}
