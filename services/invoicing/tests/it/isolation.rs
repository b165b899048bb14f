//! Who may see what: tokens, scopes, tenants, and what SQL shows to the service's own role.

use quittance_kernel::TenantId;
use quittance_proto::{METHODS, invoicing::v1 as pb};
use quittance_testkit::{assert_fault, now};
use tonic::{Code, Request};

use crate::setup::{Service, tenant_request};

/// Calls a method with an empty message, whatever its types are.
async fn call_empty(client: quittance_grpc::Client, path: &'static str) -> Result<tonic::Response<()>, tonic::Status> {
    let mut grpc = tonic::client::Grpc::new(client);
    grpc.ready().await.unwrap();
    let codec = tonic_prost::ProstCodec::<(), ()>::default();
    grpc.unary(Request::new(()), http::uri::PathAndQuery::from_static(path), codec).await
}

#[tokio::test]
async fn every_method_refuses_a_missing_scope_and_a_foreign_tenant_before_anything_is_looked_up() {
    let service = Service::start().await;
    let foreign = TenantId::at(now());
    for (path, scope) in METHODS {
        let without: Vec<&str> = METHODS.iter().map(|(_, s)| *s).filter(|s| s != scope).collect();
        let client = service.server.client_for(Some(service.server.tenant), &["*"], &without.join(" "));
        assert_fault(&call_empty(client, path).await.unwrap_err(), Code::PermissionDenied, "SCOPE_MISSING");
        let own = service.server.tenant.to_string();
        let client = service.server.client_for(Some(foreign), &[&own], "* internal");
        assert_fault(&call_empty(client, path).await.unwrap_err(), Code::PermissionDenied, "TENANT_FORBIDDEN");
        let client = service.server.client_for(None, &["*"], "* internal");
        assert_fault(&call_empty(client, path).await.unwrap_err(), Code::InvalidArgument, "TENANT_MISSING");
    }
}

#[tokio::test]
async fn tokens_are_checked() {
    let service = Service::start().await;
    let lazily = |token: &str| {
        quittance_grpc::connect(
            &[&service.server.address],
            token,
            Some(service.server.tenant),
            std::time::Duration::from_secs(5),
        )
        .unwrap()
    };
    let path = "/quittance.invoicing.v1.TenantService/GetTenant";
    assert_fault(&call_empty(lazily("garbage"), path).await.unwrap_err(), Code::Unauthenticated, "TOKEN_INVALID");
    let good = service.server.token(&["*"], "*");
    service.server.clock.advance(chrono::Duration::days(5_000));
    assert_fault(&call_empty(lazily(&good), path).await.unwrap_err(), Code::Unauthenticated, "TOKEN_INVALID");
}

#[tokio::test]
async fn another_tenants_documents_do_not_exist() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let invoice = service.issued(&customer).await;
    let credit = pb::CreditInvoiceRequest {
        request_id: quittance_testkit::request_id(),
        invoice_id: invoice.invoice_id.clone(),
        reason: pb::CreditReason::Return.into(),
        amount: crate::setup::eur("1"),
        ..Default::default()
    };
    let note = service.credit_notes().credit_invoice(credit).await.unwrap().into_inner().credit_note.unwrap();
    let stranger = TenantId::at(now());
    let client = service.server.client_for(Some(stranger), &["*"], "* internal");
    let mut tenants = pb::tenant_service_client::TenantServiceClient::new(client.clone());
    tenants.create_tenant(tenant_request()).await.unwrap();
    let mut invoices = pb::invoice_service_client::InvoiceServiceClient::new(client.clone());
    let id = invoice.invoice_id.clone();
    let error = invoices.get_invoice(pb::GetInvoiceRequest { invoice_id: id.clone() }).await.unwrap_err();
    assert_fault(&error, Code::NotFound, "INVOICE_NOT_FOUND");
    assert_fault(
        &invoices.render_invoice(pb::RenderInvoiceRequest { invoice_id: id.clone() }).await.unwrap_err(),
        Code::NotFound,
        "INVOICE_NOT_FOUND",
    );
    assert_fault(
        &invoices.issue_invoice(crate::setup::issue(&id)).await.unwrap_err(),
        Code::NotFound,
        "INVOICE_NOT_FOUND",
    );
    assert!(invoices.list_invoices(pb::ListInvoicesRequest::default()).await.unwrap().into_inner().invoices.is_empty());
    let search = pb::SearchInvoicesRequest { query: "INV".to_owned(), ..Default::default() };
    assert!(invoices.search_invoices(search).await.unwrap().into_inner().invoices.is_empty());
    let mut notes = pb::credit_note_service_client::CreditNoteServiceClient::new(client.clone());
    let note = pb::RenderCreditNoteRequest { credit_note_id: note.credit_note_id };
    let error = notes.render_credit_note(note).await.unwrap_err();
    assert_fault(&error, Code::NotFound, "CREDIT_NOTE_NOT_FOUND");
    let mut items = pb::open_item_service_client::OpenItemServiceClient::new(client.clone());
    assert_fault(
        &items.get_open_item(pb::GetOpenItemRequest { item_id: id.clone() }).await.unwrap_err(),
        Code::NotFound,
        "ITEM_NOT_FOUND",
    );
    assert!(items.list_open_items(pb::ListOpenItemsRequest::default()).await.unwrap().into_inner().items.is_empty());
    let mut settlements = pb::settlement_service_client::SettlementServiceClient::new(client.clone());
    let settled = settlements
        .settle_items(crate::settling::settle(vec![crate::settling::settlement(&id, "1")]))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(crate::settling::outcomes(settled.results), ["ITEM_NOT_FOUND"]);
    let mut customers = pb::customer_service_client::CustomerServiceClient::new(client);
    let error = customers.get_customer(pb::GetCustomerRequest { customer_id: customer.clone() }).await.unwrap_err();
    assert_fault(&error, Code::NotFound, "CUSTOMER_NOT_FOUND");
    assert_fault(
        &invoices.create_and_issue_invoice(crate::setup::create_and_issue(&customer)).await.unwrap_err(),
        Code::NotFound,
        "CUSTOMER_NOT_FOUND",
    );
}

#[tokio::test]
async fn the_services_role_sees_no_row_of_any_table_without_a_tenant() {
    let service = Service::start().await;
    let customer = service.customer().await;
    service.issued(&customer).await;
    let mut owner = service.db.connect_as("quittance_owner").await;
    let tables: Vec<String> = sqlx::query_scalar(
        "select c.table_name::text from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
         where c.column_name = 'tenant_id' and c.table_schema = 'public' and t.table_type = 'BASE TABLE' order by 1",
    )
    .fetch_all(&mut owner)
    .await
    .unwrap();
    assert!(tables.len() > 12, "{tables:?}");
    let mut app = service.db.connect_as("quittance_app").await;
    for table in &tables {
        let forced: bool =
            sqlx::query_scalar("select relrowsecurity and relforcerowsecurity from pg_class where oid = $1::regclass")
                .bind(table)
                .fetch_one(&mut owner)
                .await
                .unwrap();
        assert!(forced, "{table} is not under row-level security");
        let seen: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from {table}")))
            .fetch_one(&mut app)
            .await
            .unwrap();
        assert_eq!(seen, 0, "{table}");
    }
    let invoices: i64 = sqlx::query_scalar("select count(*) from invoice").fetch_one(&mut owner).await.unwrap();
    assert_eq!(invoices, 1, "there was something to see");
    let error = sqlx::query("update series set next_number = 1").execute(&mut app).await.unwrap();
    assert_eq!(error.rows_affected(), 0);
    assert!(
        sqlx::query("delete from entry").execute(&mut app).await.is_err(),
        "tables that record money are insert-only"
    );
}
