//! The tenant is changed: field by field, under its etag, and in every process at once.

use prost_types::FieldMask;
use quittance_events::Relay;
use quittance_host::Service as _;
use quittance_invoicing::App;
use quittance_proto::{
    common::v1::{Address, ListAuditEntriesRequest},
    invoicing::v1::{
        self as pb, invoice_service_client::InvoiceServiceClient,
        invoicing_audit_service_client::InvoicingAuditServiceClient, invoicing_event::Payload,
        tenant_service_client::TenantServiceClient,
    },
};
use quittance_testkit::{TestServer, assert_fault, assert_violations, request_id};
use tokio::task::JoinSet;
use tonic::Code;

use crate::setup::{NEW_BOOK, Service, create, create_and_issue, issue, tenant};

fn update(tenant: pb::Tenant, paths: &[&str]) -> pb::UpdateTenantRequest {
    let mask = FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() };
    pb::UpdateTenantRequest { request_id: request_id(), tenant: Some(tenant), update_mask: Some(mask) }
}

impl Service {
    async fn tenant(&self) -> pb::Tenant {
        self.tenants().get_tenant(pb::GetTenantRequest {}).await.unwrap().into_inner()
    }

    /// A second process of the service on the same database.
    async fn replica(&self) -> TestServer {
        let app = App::new(self.db.db.clone(), Relay::default(), self.clock.clone());
        TestServer::start(self.clock.clone(), App::GRPC, |_, all| app.add_routes(all)).await
    }
}

#[tokio::test]
async fn a_tenant_is_changed_field_by_field_under_its_etag() {
    let service = Service::start().await;
    let before = service.tenant().await;
    assert_eq!((before.etag.as_str(), &before.update_time), ("1", &before.create_time));
    service.clock.advance(chrono::Duration::hours(1));
    let wanted = pb::Tenant {
        name: "Southwind AG".to_owned(),
        address: Some(Address { city: "Bremen".to_owned(), country_code: "DE".to_owned(), ..Address::default() }),
        enquiries: Some(pb::Enquiries { phone: "+49 421 1".to_owned(), ..pb::Enquiries::default() }),
        rounding_rule: Some(pb::RoundingRule { mode: pb::RoundingMode::HalfEven.into(), ..Default::default() }),
        metadata: [("region".to_owned(), "north".to_owned())].into(),
        tax_id: "DE1".to_owned(),
        etag: before.etag.clone(),
        ..pb::Tenant::default()
    };
    let request = update(wanted, &["name", "address.city", "enquiries.phone", "rounding_rule.mode", "metadata.region"]);
    let after = service.tenants().update_tenant(request.clone()).await.unwrap().into_inner();
    let mut expected = pb::Tenant { name: "Southwind AG".to_owned(), etag: "2".to_owned(), ..before.clone() };
    expected.address = Some(Address { city: "Bremen".to_owned(), ..Address::default() });
    expected.enquiries.as_mut().unwrap().phone = "+49 421 1".to_owned();
    expected.rounding_rule.as_mut().unwrap().mode = pb::RoundingMode::HalfEven.into();
    expected.metadata = [("region".to_owned(), "north".to_owned())].into();
    expected.update_time = after.update_time;
    assert_eq!(after, expected);
    assert_eq!(after.update_time.unwrap().seconds, before.create_time.unwrap().seconds + 3_600);
    assert_eq!(service.tenant().await, after);
    assert_eq!(service.tenants().update_tenant(request).await.unwrap().into_inner(), after, "the same request again");
    assert_eq!(service.tenant().await.etag, "2", "had one effect");

    let stale = update(pb::Tenant { etag: before.etag.clone(), ..tenant() }, &["name"]);
    assert_fault(&service.tenants().update_tenant(stale).await.unwrap_err(), Code::Aborted, "ETAG_MISMATCH");

    let events = service.events.all::<pb::InvoicingEvent>(5).await;
    let Some(Payload::TenantUpdated(published)) = &events[4].payload else { panic!("{:?}", events[4]) };
    assert_eq!(published.tenant.as_ref(), Some(&after));
}

#[tokio::test]
async fn a_mask_may_be_absent_or_name_all() {
    let service = Service::start().await;
    let given = pb::Tenant { bank_account: "DE99".to_owned(), ..pb::Tenant::default() };
    let request = pb::UpdateTenantRequest { request_id: request_id(), tenant: Some(given), update_mask: None };
    let changed = service.tenants().update_tenant(request).await.unwrap().into_inner();
    assert_eq!((changed.bank_account.as_str(), changed.name.as_str()), ("DE99", "Northwind GmbH"));

    let all = pb::Tenant { name: "Southwind AG".to_owned(), bank_account: String::new(), ..tenant() };
    let changed = service.tenants().update_tenant(update(all, &["*"])).await.unwrap().into_inner();
    assert_eq!((changed.bank_account.as_str(), changed.name.as_str()), ("", "Southwind AG"));
    assert_eq!((changed.base_currency_code.as_str(), changed.time_zone.as_str()), ("EUR", "Europe/Berlin"));
}

#[tokio::test]
async fn every_bad_field_is_named_at_once_and_nothing_changes() {
    let service = Service::start().await;
    let bad = pb::Tenant {
        name: " ".to_owned(),
        address: Some(Address { country_code: "Germany".to_owned(), ..Address::default() }),
        enquiries: Some(pb::Enquiries { email: "nobody".to_owned(), ..pb::Enquiries::default() }),
        rounding_rule: Some(pb::RoundingRule { mode: pb::RoundingMode::HalfUp.into(), ..Default::default() }),
        metadata: [("a b".to_owned(), "x".to_owned())].into(),
        ..pb::Tenant::default()
    };
    let request = pb::UpdateTenantRequest { request_id: "1".to_owned(), ..update(bad, &["*"]) };
    let error = service.tenants().update_tenant(request).await.unwrap_err();
    let fields = [
        "request_id",
        "tenant.metadata.a b",
        "tenant.rounding_rule",
        "tenant.name",
        "tenant.late_payment_consequences",
        "tenant.terms_and_conditions",
        "tenant.address.country_code",
        "tenant.enquiries.name",
        "tenant.enquiries.email",
    ];
    assert_violations(&error, &fields);
    for path in ["base_currency_code", "time_zone", "tenant_id", "create_time"] {
        let error = service.tenants().update_tenant(update(tenant(), &[path])).await.unwrap_err();
        assert_violations(&error, &["update_mask"]);
        let details = String::from_utf8_lossy(error.details());
        assert!(details.contains("FIELD_NOT_UPDATABLE"), "{path}: {details}");
    }
    let parts = update(pb::Tenant::default(), &["rounding_rule.scope", "enquiries.name"]);
    let error = service.tenants().update_tenant(parts).await.unwrap_err();
    assert_violations(&error, &["tenant.rounding_rule.scope", "tenant.enquiries.name"]);
    assert_eq!(service.events.kinds(4).await, NEW_BOOK, "nothing was written");
}

#[tokio::test]
async fn a_tenant_that_does_not_exist_is_not_changed() {
    let service = Service::start_empty().await;
    let error = service.tenants().update_tenant(update(tenant(), &["name"])).await.unwrap_err();
    assert_fault(&error, Code::NotFound, "TENANT_NOT_FOUND");
}

/// The database itself holds what never changes.
#[tokio::test]
async fn the_database_changes_neither_base_currency_nor_time_zone() {
    let service = Service::start().await;
    for column in ["base_currency", "time_zone", "created_at"] {
        let mut tx = service.db.db.begin(service.server.tenant).await.unwrap();
        let change = format!("update tenant set {column} = {column}");
        let error = sqlx::query(sqlx::AssertSqlSafe(change)).execute(&mut *tx).await.unwrap_err();
        assert!(error.to_string().contains("permission denied"), "{error}");
    }
}

#[tokio::test]
async fn an_audit_entry_says_what_was_before_and_after() {
    let service = Service::start().await;
    service.rename_tenant("Southwind AG").await;
    let mut audit = InvoicingAuditServiceClient::new(service.server.client());
    let subject = format!("tenants/{}", service.server.tenant);
    let request = ListAuditEntriesRequest { subject, ..Default::default() };
    let entries = audit.list_audit_entries(request).await.unwrap().into_inner().entries;
    let methods: Vec<&str> = entries.iter().map(|entry| entry.method.as_str()).collect();
    assert_eq!(methods, ["UpdateTenant", "CreateTenant"]);
    let [change] = &entries[0].changes[..] else { panic!("{:?}", entries[0]) };
    let change = (change.path.as_str(), change.before.as_str(), change.after.as_str());
    assert_eq!(change, ("tenant.name", "Northwind GmbH", "Southwind AG"));
}

/// No process answers with what it knew before another one changed the tenant.
#[tokio::test]
async fn every_replica_uses_the_changed_tenant_at_once() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let replica = service.replica().await;
    let client = replica.client_for(Some(service.server.tenant), &["*"], "*");
    let mut tenants = TenantServiceClient::new(client.clone());
    let mut invoices = InvoiceServiceClient::new(client);
    // It knows the tenant from before.
    assert_eq!(tenants.get_tenant(pb::GetTenantRequest {}).await.unwrap().into_inner().name, "Northwind GmbH");
    invoices.create_and_issue_invoice(create_and_issue(&customer)).await.unwrap();

    let change = pb::Tenant {
        name: "Southwind AG".to_owned(),
        rounding_rule: Some(pb::RoundingRule {
            scope: pb::RoundingScope::PerLine.into(),
            mode: pb::RoundingMode::HalfEven.into(),
        }),
        ..pb::Tenant::default()
    };
    service.tenants().update_tenant(update(change, &["name", "rounding_rule"])).await.unwrap();
    assert_eq!(tenants.get_tenant(pb::GetTenantRequest {}).await.unwrap().into_inner().name, "Southwind AG");
    let issued = invoices.create_and_issue_invoice(create_and_issue(&customer)).await.unwrap().into_inner();
    assert_eq!(issued.rounding_rule.unwrap().scope(), pb::RoundingScope::PerLine);
    let draft = invoices.create_invoice(create(&customer)).await.unwrap().into_inner();
    assert_eq!(draft.rounding_rule.unwrap().mode(), pb::RoundingMode::HalfEven);
    let page = pb::RenderInvoiceRequest { invoice_id: issued.invoice_id };
    let html = invoices.render_invoice(page).await.unwrap().into_inner().html;
    assert!(html.contains("Southwind AG") && !html.contains("Northwind"), "{html}");
}

/// Whatever a document meets, it is issued with one state of seller and customer, and keeps it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_are_issued_while_seller_and_customer_change() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let mut calls = JoinSet::new();
    for caller in 0..8 {
        let (mut invoices, mut tenants, mut customers) = (service.invoices(), service.tenants(), service.customers());
        let customer = customer.clone();
        calls.spawn(async move {
            let mut issued = Vec::new();
            for round in 0..6 {
                let name = format!("{caller}-{round}");
                match caller % 4 {
                    0 => {
                        let tenant = pb::Tenant { name: format!("Seller {name}"), ..pb::Tenant::default() };
                        tenants.update_tenant(update(tenant, &["name"])).await.unwrap();
                    }
                    1 => {
                        let change = pb::Customer {
                            customer_id: customer.clone(),
                            name: format!("Buyer {name}"),
                            ..pb::Customer::default()
                        };
                        let request = pb::UpdateCustomerRequest {
                            request_id: request_id(),
                            customer: Some(change),
                            ..Default::default()
                        };
                        customers.update_customer(request).await.unwrap();
                    }
                    2 => {
                        let draft = invoices.create_invoice(create(&customer)).await.unwrap().into_inner();
                        issued.push(invoices.issue_invoice(issue(&draft.invoice_id)).await.unwrap().into_inner());
                    }
                    _ => {
                        let request = create_and_issue(&customer);
                        issued.push(invoices.create_and_issue_invoice(request).await.unwrap().into_inner());
                    }
                }
            }
            issued
        });
    }
    let issued: Vec<pb::Invoice> = calls.join_all().await.into_iter().flatten().collect();
    assert_eq!(issued.len(), 24);
    let mut pages = Vec::new();
    for invoice in &issued {
        pages.push(service.html(&invoice.invoice_id).await);
    }
    service.rename_tenant("Nobody").await;
    service.rename_customer(&customer, "Nobody").await;
    for (invoice, page) in issued.iter().zip(pages) {
        assert_eq!(service.html(&invoice.invoice_id).await, page);
    }
    service.assert_ledger().await;
}
