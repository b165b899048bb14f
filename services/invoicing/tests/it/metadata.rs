//! Callers' own keys and values.

use std::collections::BTreeMap;

use prost_types::FieldMask;
use quittance_proto::invoicing::v1::{self as pb, invoicing_event::Payload};
use quittance_testkit::{assert_fault, assert_violations, request_id};
use tonic::Code;

use crate::setup::{Service, create, create_and_issue, issue, tenant};

fn entries(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

async fn customer(service: &Service, metadata: BTreeMap<String, String>) -> pb::Customer {
    let customer = pb::Customer { name: "Ada Ltd".to_owned(), metadata, ..pb::Customer::default() };
    let request = pb::CreateCustomerRequest { request_id: request_id(), customer: Some(customer) };
    service.customers().create_customer(request).await.unwrap().into_inner()
}

async fn update(service: &Service, customer: pb::Customer, paths: &[&str]) -> Result<pb::Customer, tonic::Status> {
    let update_mask = Some(FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() });
    let request = pb::UpdateCustomerRequest { request_id: request_id(), customer: Some(customer), update_mask };
    service.customers().update_customer(request).await.map(tonic::Response::into_inner)
}

async fn found(service: &Service, metadata: BTreeMap<String, String>) -> Vec<String> {
    let request = pb::ListCustomersRequest { metadata, ..Default::default() };
    let list = service.customers().list_customers(request).await.unwrap().into_inner();
    list.customers.into_iter().map(|customer| customer.customer_id).collect()
}

#[tokio::test]
async fn customers_are_found_by_all_entries_as_they_are_now() {
    let service = Service::start().await;
    let first = customer(&service, entries(&[("region", "EU"), ("crm.id", "7")])).await;
    let second = customer(&service, entries(&[("region", "EU")])).await;
    customer(&service, BTreeMap::new()).await;
    assert_eq!(first.metadata, entries(&[("crm.id", "7"), ("region", "EU")]));
    let both = [first.customer_id.clone(), second.customer_id.clone()];
    assert_eq!(found(&service, entries(&[("region", "EU")])).await, both);
    assert_eq!(found(&service, entries(&[("region", "EU"), ("crm.id", "7")])).await, both[..1]);
    assert_eq!(found(&service, entries(&[("region", "eu")])).await, [""; 0]);
    assert_eq!(found(&service, BTreeMap::new()).await.len(), 3);

    // A key is set, another removed, and one that is not named stays.
    let change = pb::Customer { metadata: entries(&[("region", "UK"), ("ignored", "x")]), ..first.clone() };
    let changed = update(&service, change, &["metadata.region", "metadata.`crm.id`"]).await.unwrap();
    assert_eq!(changed.metadata, entries(&[("region", "UK")]));
    assert_eq!(found(&service, entries(&[("region", "EU")])).await, both[1..]);
    assert_eq!(found(&service, entries(&[("region", "UK")])).await, both[..1]);
    assert_eq!(found(&service, entries(&[("crm.id", "7")])).await, [""; 0]);
    let none = update(&service, pb::Customer { metadata: BTreeMap::new(), ..changed }, &["metadata"]).await.unwrap();
    assert_eq!(none.metadata, BTreeMap::new());
    assert_eq!(found(&service, entries(&[("region", "UK")])).await, [""; 0]);
    let address = quittance_proto::common::v1::Address { city: "Bergen".to_owned(), ..Default::default() };
    let moved = update(&service, pb::Customer { address: Some(address), ..none }, &["address.city"]).await.unwrap();
    assert_eq!(moved.address.unwrap().city, "Bergen");

    let events: Vec<pb::InvoicingEvent> = service.events.all(10).await;
    let Some(Payload::CustomerCreated(created)) = &events[4].payload else { panic!("{:?}", events[4]) };
    assert_eq!(created.customer.as_ref().unwrap().metadata, first.metadata);
    assert_eq!(created.customer.as_ref().unwrap().address, None, "nothing was given");
}

#[tokio::test]
async fn documents_carry_metadata_to_events_and_lists() {
    let service = Service::start().await;
    let buyer = customer(&service, BTreeMap::new()).await.customer_id;
    let project = entries(&[("project", "Apollo")]);
    let mut request = create(&buyer);
    request.invoice.as_mut().unwrap().metadata.clone_from(&project);
    let draft = service.invoices().create_invoice(request).await.unwrap().into_inner();
    let issued = service.invoices().issue_invoice(issue(&draft.invoice_id)).await.unwrap().into_inner();
    assert_eq!(issued.metadata, project);
    let mut at_once = create_and_issue(&buyer);
    at_once.invoice.as_mut().unwrap().metadata.clone_from(&project);
    let at_once = service.invoices().create_and_issue_invoice(at_once).await.unwrap().into_inner();
    service.issued(&buyer).await;
    let list = pb::ListInvoicesRequest { metadata: project.clone(), ..Default::default() };
    let mut list = service.invoices().list_invoices(list).await.unwrap().into_inner().invoices;
    // The clock stands: which of them was created first is not known.
    list.sort_by(|one, other| one.number.cmp(&other.number));
    assert_eq!(list, [issued.clone(), at_once.clone()]);

    let reason = pb::CreditReason::Pricing.into();
    let (request_id, invoice_id) = (request_id(), issued.invoice_id.clone());
    let credit =
        pb::CreditInvoiceRequest { request_id, invoice_id, reason, metadata: project.clone(), ..Default::default() };
    let note = service.credit_notes().credit_invoice(credit).await.unwrap().into_inner().credit_note.unwrap();
    assert_eq!(note.metadata, project);
    let list = |metadata| pb::ListCreditNotesRequest { metadata, ..Default::default() };
    let notes = service.credit_notes().list_credit_notes(list(project.clone())).await.unwrap().into_inner();
    assert_eq!(notes.credit_notes, [note]);
    let others = list(entries(&[("project", "X")]));
    let others = service.credit_notes().list_credit_notes(others).await.unwrap().into_inner();
    assert_eq!(others.credit_notes, []);

    let events: Vec<pb::InvoicingEvent> = service.events.all(10).await;
    let Some(Payload::InvoiceDrafted(drafted)) = &events[5].payload else { panic!("{:?}", events[5]) };
    assert_eq!(drafted.invoice.as_ref(), Some(&draft), "all of the draft");
    let Some(Payload::InvoiceIssued(published)) = &events[6].payload else { panic!("{:?}", events[6]) };
    let whole = (&published.lines, &published.taxes, &published.metadata, &published.series_id);
    assert_eq!(whole, (&issued.lines, &issued.taxes, &project, &issued.series_id));
    assert_eq!(published.rounding_rule, issued.rounding_rule);
    let Some(Payload::InvoiceCredited(credited)) = &events[9].payload else { panic!("{:?}", events[9]) };
    assert_eq!((&credited.lines, &credited.taxes, &credited.metadata), (&issued.lines, &issued.taxes, &project));
    assert_eq!((&credited.net_total, credited.reason()), (&issued.net_total, pb::CreditReason::Pricing));
    service.assert_ledger().await;
}

#[tokio::test]
async fn a_tenant_has_metadata_and_what_is_out_of_bounds_is_refused() {
    let service = Service::start_empty().await;
    let with = |metadata| pb::CreateTenantRequest {
        request_id: request_id(),
        tenant: Some(pb::Tenant { metadata, ..tenant() }),
    };
    let bad = with(entries(&[("cost centre", "1"), ("empty", ""), ("long", &"x".repeat(501))]));
    let bad = service.tenants().create_tenant(bad).await.unwrap_err();
    assert_violations(&bad, &["tenant.metadata.cost centre", "tenant.metadata.empty", "tenant.metadata.long"]);
    let many = (0..51).map(|n| (format!("k{n}"), "x".to_owned())).collect();
    assert_violations(&service.tenants().create_tenant(with(many)).await.unwrap_err(), &["tenant.metadata"]);
    let region = entries(&[("region", "EU")]);
    let created = service.tenants().create_tenant(with(region.clone())).await.unwrap().into_inner();
    let read = service.tenants().get_tenant(pb::GetTenantRequest {}).await.unwrap().into_inner();
    assert_eq!((created.metadata, read.metadata), (region.clone(), region));
    let fifty = (0..50).map(|n| (format!("k{n}"), "x".to_owned())).collect();
    let full = customer(&service, fifty).await;
    let more = pb::Customer { metadata: entries(&[("more", "x")]), ..full };
    let refused = update(&service, more, &["metadata.more"]).await.unwrap_err();
    assert_fault(&refused, Code::FailedPrecondition, "METADATA_TOO_MANY_ENTRIES");
    let list = pb::ListCustomersRequest { metadata: entries(&[("a b", "")]), ..Default::default() };
    assert_violations(&service.customers().list_customers(list).await.unwrap_err(), &["metadata.a b", "metadata.a b"]);
}
