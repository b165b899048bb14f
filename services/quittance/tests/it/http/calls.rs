//! Calls that succeed.

use http::{Method, StatusCode, Version};
use prost::bytes::Bytes;
use serde_json::{Value, json};

use super::{Http, request_id};

#[tokio::test]
async fn a_customer_is_created_read_listed_and_changed() {
    for version in [Version::HTTP_11, Version::HTTP_2] {
        let http = Http::start(version, &[]).await;
        created_read_listed_and_changed(&http).await;
        http.stop().await;
    }
}

async fn created_read_listed_and_changed(http: &Http) {
    let key = request_id();
    let body = json!({"name": "Ada Ltd", "number": "C-1", "tax_id": "DE1", "bankAccounts": ["DE02120300000000202051"]});
    let create = || http.request(Method::POST, "/invoicing/v1/customers").header("idempotency-key", &key);
    let created = http.send(create(), body.to_string()).await;
    assert!(created.header("quittance-trace").is_some_and(|trace| trace.len() == 32), "{:?}", created.headers);
    let written = created.header("quittance-written").unwrap().to_owned();
    assert!(written.starts_with("invoicing="), "{written}");
    assert!(created.headers.keys().all(|name| !name.as_str().starts_with("grpc-")), "{:?}", created.headers);
    let customer = created.ok();
    assert_eq!(
        (&customer["name"], &customer["taxId"], &customer["termsId"]),
        (&json!("Ada Ltd"), &json!("DE1"), &json!(""))
    );
    assert_eq!(http.send(create(), body.to_string()).await.ok(), customer, "the same request has the same response");

    let path = format!("/invoicing/v1/customers/{}", customer["customerId"].as_str().unwrap());
    assert_eq!(http.get(&path).await.ok(), customer);
    http.customer("Grace GmbH").await;
    let listed = http.get("/invoicing/v1/customers?query=ada+L&page_size=5").await.ok();
    assert_eq!(listed, json!({"customers": [customer], "nextPageToken": ""}));
    let page = http.get("/invoicing/v1/customers?pageSize=1").await.ok();
    let token = page["nextPageToken"].as_str().unwrap();
    let next = http.get(&format!("/invoicing/v1/customers?pageSize=1&pageToken={token}")).await.ok();
    assert_eq!(next["customers"][0]["name"], "Grace GmbH");

    let id = request_id();
    let masked =
        http.patch(&format!("{path}?requestId={id}&updateMask=name,tax_id"), &json!({"name": "Ada AG"})).await.ok();
    assert_eq!((&masked["name"], &masked["taxId"], &masked["number"]), (&json!("Ada AG"), &json!(""), &json!("C-1")));
    let given = http.patch(&format!("{path}?requestId={}", request_id()), &json!({"number": "C-2"})).await.ok();
    assert_eq!(
        (&given["name"], &given["number"]),
        (&json!("Ada AG"), &json!("C-2")),
        "the fields that are given change"
    );

    // Another service sees what was written, when the call says so.
    let profile = json!({"customerId": customer["customerId"], "limit": {"currencyCode": "EUR", "amount": "100"}});
    let request = http.request(Method::POST, "/credit-risk/v1/profiles").header("idempotency-key", request_id());
    let profile = http.send(request.header("quittance-after", written), profile.to_string()).await.ok();
    assert_eq!(profile["available"]["amount"], "100.00");
}

#[tokio::test]
async fn an_invoice_goes_from_a_draft_to_its_document_and_a_draft_is_deleted() {
    let http = Http::start(Version::HTTP_11, &[]).await;
    let customer = http.customer("Ada Ltd").await;
    let line = json!({"description": "Consulting", "quantity": "8", "unit": "h", "unitPrice": "120", "taxCategory": "S", "taxRate": "19"});
    let draft = json!({"customerId": customer["customerId"], "currencyCode": "EUR", "lines": [line]});
    let create = format!("/invoicing/v1/invoices?requestId={}", request_id());
    let invoice = http.post(&create, &draft).await.ok();
    let path = format!("/invoicing/v1/invoices/{}", invoice["invoiceId"].as_str().unwrap());

    let issue = json!({"requestId": request_id(), "etag": invoice["etag"]});
    let issued = http.post(&format!("{path}:issue"), &issue).await.ok();
    assert_eq!((&issued["state"], &issued["total"]["amount"]), (&json!("INVOICE_STATE_ISSUED"), &json!("1142.40")));
    // Without a body, which has no fields then.
    let rendered = http.send(http.request(Method::POST, &format!("{path}:render")), Bytes::new()).await.ok();
    assert!(rendered["html"].as_str().unwrap().contains("1142.40"), "{rendered}");
    let found = http.get("/invoicing/v1/invoices?states=INVOICE_STATE_ISSUED&states=INVOICE_STATE_PAID&orderBy=due_on+desc&issuedOn.fromOn=2020-01-01").await.ok();
    assert_eq!(found["invoices"].as_array().unwrap().len(), 1);
    let by_number = http.get("/invoicing/v1/invoices?states=1").await.ok();
    assert_eq!(by_number["invoices"].as_array().unwrap().len(), 0, "a state by its number: drafts");
    let aging = http.get("/reporting/v1/aging?currencyCode=EUR");
    let aging =
        super::wait(aging.await, || http.get("/reporting/v1/aging?currencyCode=EUR"), |aging| aging["openCount"] == 1)
            .await;
    assert_eq!(aging["openTotal"]["amount"], "1142.40", "64-bit integers are texts");

    let create = format!("/invoicing/v1/invoices?requestId={}", request_id());
    let draft = http.post(&create, &draft).await.ok();
    let path = format!("/invoicing/v1/invoices/{}", draft["invoiceId"].as_str().unwrap());
    let delete = format!("{path}?requestId={}", request_id());
    assert_eq!(http.send(http.request(Method::DELETE, &delete), Bytes::new()).await.ok(), json!({}));
    assert_eq!(http.get(&path).await.status, StatusCode::NOT_FOUND);
    http.stop().await;
}

#[tokio::test]
async fn an_entry_of_a_batch_fails_alone_and_has_its_details() {
    let http = Http::start(Version::HTTP_2, &[]).await;
    let entry = |name: &str| json!({"requestId": request_id(), "customer": {"name": name, "number": "C-1"}});
    let batch = json!({"requests": [entry("Ada Ltd"), entry("Grace GmbH")], "view": "VIEW_FULL"});
    let done = http.post("/invoicing/v1/customers:batchCreate", &batch).await.ok();
    let results = done["results"].as_array().unwrap();
    assert_eq!(results[0]["customer"]["name"], "Ada Ltd", "{done}");
    let error: &Value = results[1].as_object().unwrap().values().next().unwrap();
    assert_eq!(
        (&error["code"], &error["details"][0]["reason"]),
        (&json!(6), &json!("CUSTOMER_NUMBER_TAKEN")),
        "{done}"
    );
    let id = &results[0]["customer"]["customerId"];
    let read = http.post("/invoicing/v1/customers:batchGet", &json!({"customer_ids": [id]})).await.ok();
    assert_eq!(read["results"][0]["customer"]["customerId"], *id);
    http.stop().await;
}
