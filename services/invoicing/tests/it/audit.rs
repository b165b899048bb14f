//! Who did what, when, why and through which call.

use quittance_grpc::ON_BEHALF_OF_KEY;
use quittance_proto::{
    common::v1::{AuditEntry, ListAuditEntriesRequest, TimeRange},
    invoicing::v1::{
        self as pb, customer_service_client::CustomerServiceClient, invoice_service_client::InvoiceServiceClient,
        invoicing_audit_service_client::InvoicingAuditServiceClient,
    },
};
use quittance_testkit::{assert_fault, request_id};
use tonic::{Code, Request};

use crate::setup::Service;

impl Service {
    pub(crate) async fn audit(&self, request: ListAuditEntriesRequest) -> Vec<AuditEntry> {
        let mut audit = InvoicingAuditServiceClient::new(self.server.client());
        audit.list_audit_entries(request).await.unwrap().into_inner().entries
    }
}

/// A call in which the caller acts for a person.
pub(crate) fn acting_for<M>(person: &str, message: M) -> Request<M> {
    let mut request = Request::new(message);
    request.metadata_mut().insert(ON_BEHALF_OF_KEY, person.parse().unwrap());
    request
}

fn of(subject: String) -> ListAuditEntriesRequest {
    ListAuditEntriesRequest { subject, ..Default::default() }
}

fn by(person: &str) -> ListAuditEntriesRequest {
    ListAuditEntriesRequest { person: person.to_owned(), ..Default::default() }
}

fn methods(entries: &[AuditEntry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.method.as_str()).collect()
}

#[tokio::test]
async fn who_did_what_when_and_why_through_which_call() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let invoice = service.issued(&customer).await;
    let client = service.server.client_for(Some(service.server.tenant), &["*"], "* act-for");
    let change = pb::Customer { customer_id: customer.clone(), name: "Ada & Sons".to_owned(), ..Default::default() };
    let change = pb::UpdateCustomerRequest { request_id: request_id(), customer: Some(change), ..Default::default() };
    CustomerServiceClient::new(client.clone()).update_customer(acting_for("bob", change.clone())).await.unwrap();
    service.clock.advance(chrono::Duration::hours(1));
    let void = pb::VoidInvoiceRequest {
        request_id: request_id(),
        invoice_id: invoice.invoice_id.clone(),
        reason: "Wrong customer".to_owned(),
        etag: String::new(),
    };
    InvoiceServiceClient::new(client).void_invoice(acting_for("eve@example.com", void)).await.unwrap();

    let changed = service.audit(of(format!("customers/{customer}"))).await;
    assert_eq!(methods(&changed), ["UpdateCustomer", "CreateCustomer"]);
    let [update, create] = &changed[..] else { panic!("two entries") };
    assert_eq!((update.actor.as_str(), update.on_behalf_of.as_str()), ("test", "bob"));
    assert_eq!(update.request_id, change.request_id);
    assert_eq!(update.event_type, "quittance.invoicing.v1.CustomerUpdated");
    let field = &update.changes[0];
    assert_eq!(update.changes.len(), 1);
    assert_eq!(
        (field.path.as_str(), field.before.as_str(), field.after.as_str()),
        ("customer.name", "Ada Ltd", "Ada & Sons")
    );
    assert_eq!((create.on_behalf_of.as_str(), create.changes.len()), ("", 0));

    let voided = service.audit(of(format!("invoices/{}", invoice.invoice_id))).await;
    assert_eq!(methods(&voided), ["VoidInvoice", "CreateAndIssueInvoice"]);
    assert_eq!((voided[0].reason.as_str(), voided[0].on_behalf_of.as_str()), ("Wrong customer", "eve@example.com"));
    assert_eq!(service.audit(by("eve@example.com")).await, voided[..1]);
    assert_eq!(methods(&service.audit(by("test")).await).len(), 6, "the platform's own work: the book, a customer");
    assert_eq!(service.audit(by("nobody")).await, []);

    let all = service.audit(ListAuditEntriesRequest::default()).await;
    assert_eq!((all.len(), &all[0], &all[1]), (8, &voided[0], update), "newest first, whoever it was");
    let hour = TimeRange { from_time: voided[0].record_time, before_time: None };
    let last = ListAuditEntriesRequest { record_time: Some(hour), ..Default::default() };
    assert_eq!(service.audit(last).await, voided[..1]);
    let before = TimeRange { from_time: None, before_time: voided[0].record_time };
    let earlier = ListAuditEntriesRequest { record_time: Some(before), ..Default::default() };
    assert_eq!(service.audit(earlier).await, all[1..]);
}

#[tokio::test]
async fn pages_have_every_entry_once() {
    let service = Service::start().await;
    for _ in 0..5 {
        service.customer().await;
    }
    let all = service.audit(ListAuditEntriesRequest::default()).await;
    let mut audit = InvoicingAuditServiceClient::new(service.server.client());
    let mut request = ListAuditEntriesRequest { page_size: 2, ..Default::default() };
    let mut found = Vec::new();
    loop {
        let page = audit.list_audit_entries(request.clone()).await.unwrap().into_inner();
        found.extend(page.entries);
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(found, all);
}

#[tokio::test]
async fn only_trusted_callers_act_for_others() {
    let service = Service::start().await;
    let get = |person: &str| acting_for(person, pb::ListCustomersRequest::default());
    let mut any = CustomerServiceClient::new(service.server.client());
    let error = any.list_customers(get("bob")).await.unwrap_err();
    assert_fault(&error, Code::PermissionDenied, "SCOPE_MISSING");
    let client = service.server.client_for(Some(service.server.tenant), &["*"], "* act-for");
    let mut trusted = CustomerServiceClient::new(client);
    for person in ["", &"x".repeat(201)] {
        let error = trusted.list_customers(get(person)).await.unwrap_err();
        assert_fault(&error, Code::InvalidArgument, "ON_BEHALF_OF_MALFORMED");
    }
}
