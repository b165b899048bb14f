//! A document stays what it was when it was issued, whatever becomes of seller and customer.

use quittance_proto::{
    common::v1::Address,
    invoicing::v1::{self as pb},
};
use quittance_testkit::{assert_fault, request_id};
use sqlx::Executor as _;
use tonic::Code;

use crate::{
    settling::{settle, settlement},
    setup::{Service, contact, create, create_and_issue, eur, issue},
};

impl Service {
    /// The page of an invoice.
    pub(crate) async fn html(&self, invoice_id: &str) -> String {
        let request = pb::RenderInvoiceRequest { invoice_id: invoice_id.to_owned() };
        self.invoices().render_invoice(request).await.unwrap().into_inner().html
    }

    async fn note_html(&self, note: &pb::CreditNote) -> String {
        let request = pb::RenderCreditNoteRequest { credit_note_id: note.credit_note_id.clone() };
        self.credit_notes().render_credit_note(request).await.unwrap().into_inner().html
    }

    async fn credit_damage(&self, invoice_id: &str, amount: &str) -> pb::CreditNote {
        let request = pb::CreditInvoiceRequest {
            request_id: request_id(),
            invoice_id: invoice_id.to_owned(),
            reason: pb::CreditReason::Damage.into(),
            amount: eur(amount),
            ..Default::default()
        };
        self.credit_notes().credit_invoice(request).await.unwrap().into_inner().credit_note.unwrap()
    }

    async fn deliver(&self, invoice_id: &str, contact_id: &str) -> Result<(pb::Delivery, String), tonic::Status> {
        let request = pb::DeliverInvoiceRequest {
            request_id: request_id(),
            invoice_id: invoice_id.to_owned(),
            contact_id: contact_id.to_owned(),
            channel: pb::DeliveryChannel::Email.into(),
        };
        let delivery = self.invoices().deliver_invoice(request).await?.into_inner();
        let get = pb::GetDeliveryRequest { delivery_id: delivery.delivery_id.clone() };
        let html = self.invoices().get_delivery(get).await?.into_inner().document_html;
        Ok((delivery, html))
    }

    /// Changes all that a document prints of seller and customer. The customer's only contact is another person.
    async fn change_all(&self, customer: &str) -> pb::Customer {
        let tenant = pb::Tenant {
            name: "Southwind AG".to_owned(),
            address: Some(Address { city: "Bremen".to_owned(), ..Address::default() }),
            tax_id: "DE-NEW".to_owned(),
            enquiries: Some(pb::Enquiries {
                name: "New desk".to_owned(),
                email: "new@southwind.example".to_owned(),
                phone: String::new(),
            }),
            late_payment_consequences: "New consequences.".to_owned(),
            bank_account: "NEW-ACCOUNT".to_owned(),
            terms_and_conditions: "New terms.".to_owned(),
            ..pb::Tenant::default()
        };
        let request = pb::UpdateTenantRequest { request_id: request_id(), tenant: Some(tenant), ..Default::default() };
        self.tenants().update_tenant(request).await.unwrap();
        let customer = pb::Customer {
            customer_id: customer.to_owned(),
            number: "C-NEW".to_owned(),
            name: "Ada & Sons".to_owned(),
            address: Some(Address { city: "Bath".to_owned(), ..Address::default() }),
            tax_id: "GB-NEW".to_owned(),
            contacts: vec![contact("Bob New", true)],
            ..pb::Customer::default()
        };
        let request =
            pb::UpdateCustomerRequest { request_id: request_id(), customer: Some(customer), ..Default::default() };
        self.customers().update_customer(request).await.unwrap().into_inner()
    }
}

/// What documents print of seller and customer before [`Service::change_all`], and after it.
const OLD: [&str; 6] = [
    "Northwind GmbH",
    "accounts@northwind.example",
    "Ada Ltd",
    "Ada Byron",
    "Interest at the statutory rate",
    "DE02 1203",
];
const NEW: [&str; 12] = [
    "Southwind AG",
    "Bremen",
    "DE-NEW",
    "New desk",
    "new@southwind.example",
    "New consequences.",
    "NEW-ACCOUNT",
    "New terms.",
    "C-NEW",
    "Ada &amp; Sons",
    "Bath",
    "GB-NEW",
];

fn assert_all(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "{part} is missing in\n{page}");
    }
}

fn assert_none(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(!page.contains(part), "{part} is in\n{page}");
    }
}

#[tokio::test]
async fn an_issued_document_keeps_the_parties_of_its_issue() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let old_draft = service.invoices().create_invoice(create(&customer)).await.unwrap().into_inner();
    let draft = service.invoices().create_invoice(create(&customer)).await.unwrap().into_inner();
    let by_draft = service.invoices().issue_invoice(issue(&old_draft.invoice_id)).await.unwrap().into_inner();
    let at_once = service.issued(&customer).await;
    let before = [service.html(&by_draft.invoice_id).await, service.html(&at_once.invoice_id).await];
    for page in &before {
        assert_all(page, &OLD);
    }

    service.change_all(&customer).await;
    for (invoice, page) in [by_draft, at_once.clone()].iter().zip(&before) {
        assert_eq!(&service.html(&invoice.invoice_id).await, page);
        let (delivery, delivered) = service.deliver(&invoice.invoice_id, "").await.unwrap();
        assert_eq!((&delivered, &delivery.contact_id), (page, &invoice.contact_id));
    }
    // A draft is issued with what is then; its contact is gone.
    let late = service.invoices().issue_invoice(issue(&draft.invoice_id)).await.unwrap().into_inner();
    let new = service.issued(&customer).await;
    for id in [&late.invoice_id, &new.invoice_id] {
        let page = service.html(id).await;
        assert_all(&page, &NEW);
        assert_none(&page, &OLD);
    }
    assert_all(&service.html(&new.invoice_id).await, &["Bob New"]);
    // Changed again: every document has its own version.
    service.rename_tenant("Westwind SE").await;
    service.rename_customer(&customer, "Ada & Daughters").await;
    assert_eq!(service.html(&at_once.invoice_id).await, before[1]);
    assert_all(&service.html(&new.invoice_id).await, &NEW);
    service.assert_ledger().await;
}

#[tokio::test]
async fn batches_keep_the_parties_of_their_issue() {
    let service = Service::start().await;
    let (ada, bob) = (service.customer().await, service.customer().await);
    service.rename_customer(&bob, "Bob Inc").await;
    let requests = [&ada, &bob, &ada].map(|customer| create_and_issue(customer)).to_vec();
    let request = pb::BatchCreateAndIssueInvoicesRequest { requests, ..Default::default() };
    let results = service.invoices().batch_create_and_issue_invoices(request).await.unwrap().into_inner().results;
    service.rename_customer(&ada, "Changed").await;
    service.rename_customer(&bob, "Changed").await;
    for (result, name) in results.into_iter().zip(["Ada Ltd", "Bob Inc", "Ada Ltd"]) {
        let Some(pb::invoice_result::Result::Invoice(invoice)) = result.result else { panic!("issued") };
        let page = service.html(&invoice.invoice_id).await;
        assert_all(&page, &[name]);
        assert_none(&page, &["Changed"]);
    }
    service.assert_ledger().await;
}

#[tokio::test]
async fn a_document_is_delivered_to_a_contact_that_came_later() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let invoice = service.issued(&customer).await;
    let changed = service.change_all(&customer).await;
    let (delivery, page) = service.deliver(&invoice.invoice_id, &changed.contacts[0].contact_id).await.unwrap();
    assert_eq!(delivery.contact_id, changed.contacts[0].contact_id);
    assert_all(&page, &["Bob New", "Ada Ltd", "Northwind GmbH"]);
    assert_none(&page, &["Ada Byron", "Ada &amp; Sons", "Southwind AG"]);
    // Who is no longer a contact is delivered to only as the invoice's own.
    let error = service.deliver(&invoice.invoice_id, &invoice.contact_id).await.unwrap_err();
    assert_fault(&error, Code::NotFound, "CONTACT_NOT_FOUND");
    let (delivery, page) = service.deliver(&invoice.invoice_id, "").await.unwrap();
    assert_eq!(delivery.contact_id, invoice.contact_id);
    assert_all(&page, &OLD);
}

#[tokio::test]
async fn a_credit_note_keeps_the_parties_of_its_own_issue() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let invoice = service.issued(&customer).await;
    let first = service.credit_damage(&invoice.invoice_id, "19").await;
    let page = service.note_html(&first).await;
    assert_all(&page, &["<!doctype html>", "Credit note", &first.number, &invoice.number, "Damaged or faulty"]);
    assert_all(&page, &["19.00 EUR of invoice INV-000001 of 2026-03-02 over 119.00 EUR is credited."]);
    assert_all(&page, &["Northwind GmbH", "accounts@northwind.example", "Ada Ltd", "Ada Byron"]);
    service.change_all(&customer).await;
    assert_eq!(service.note_html(&first).await, page);

    let rest = service.credit_damage(&invoice.invoice_id, "100").await;
    let later = service.note_html(&rest).await;
    assert_all(&later, &["Southwind AG", "new@southwind.example", "Ada &amp; Sons", "C-NEW"]);
    assert_none(&later, &["Northwind", "Ada Ltd", "Ada Byron"]);
    assert_all(
        &service.html(&invoice.invoice_id).await,
        &["Credited in full: nothing is to be paid.", "Northwind GmbH"],
    );

    let unknown = quittance_kernel::CreditNoteId::at(quittance_testkit::now()).to_string();
    let request = pb::RenderCreditNoteRequest { credit_note_id: unknown };
    let error = service.credit_notes().render_credit_note(request).await.unwrap_err();
    assert_fault(&error, Code::NotFound, "CREDIT_NOTE_NOT_FOUND");
    service.assert_ledger().await;
}

#[tokio::test]
async fn a_document_says_what_is_still_to_be_paid() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let invoice = service.issued(&customer).await.invoice_id;
    service.credit_damage(&invoice, "19").await;
    let page = service.html(&invoice).await;
    assert_all(&page, &["<dt>To be paid</dt><dd>100.00 EUR</dd>", "<dt>Credited</dt><dd>19.00 EUR</dd>"]);
    service.settlements().settle_items(settle(vec![settlement(&invoice, "40")])).await.unwrap();
    let (_, page) = service.deliver(&invoice, "").await.unwrap();
    assert_all(&page, &["<dt>To be paid</dt><dd>60.00 EUR</dd>", "<dt>Paid</dt><dd>40.00 EUR</dd>"]);
    service.settlements().settle_items(settle(vec![settlement(&invoice, "60")])).await.unwrap();
    assert_all(&service.html(&invoice).await, &["Paid and credited in full: nothing is to be paid."]);
    let paid = service.issued(&customer).await.invoice_id;
    service.settlements().settle_items(settle(vec![settlement(&paid, "119")])).await.unwrap();
    assert_all(&service.html(&paid).await, &["Paid in full: nothing is to be paid.", "<dd>nothing</dd>"]);
}

/// Documents that were issued by a service that did not keep versions yet have the parties of the upgrade, or of their issue while it went on.
#[tokio::test]
async fn documents_of_before_have_the_first_parties_that_were_replaced_after_them() {
    let service = Service::start().await;
    let customer = service.customer().await;
    service.rename_customer(&customer, "Ada of the upgrade").await;
    let invoice = service.issued(&customer).await.invoice_id;
    let note = service.credit_damage(&invoice, "19").await;
    let mut owner = service.db.connect_as("quittance_owner").await;
    let before = "update invoice set tenant_version = null, customer_version = null;
        update credit_note set tenant_version = null, customer_version = null;
        delete from customer_version";
    owner.execute(before).await.unwrap();
    let pages = [service.html(&invoice).await, service.note_html(&note).await];
    for page in &pages {
        assert_all(page, &["Ada of the upgrade", "Northwind GmbH", "Ada Byron"]);
    }
    service.clock.advance(chrono::Duration::hours(1));
    service.change_all(&customer).await;
    let beside = service.issued(&customer).await.invoice_id;
    owner.execute("update invoice set tenant_version = null, customer_version = null").await.unwrap();
    service.clock.advance(chrono::Duration::hours(1));
    service.rename_customer(&customer, "Ada & Daughters").await;
    assert_eq!([service.html(&invoice).await, service.note_html(&note).await], pages);
    assert_all(&service.html(&beside).await, &NEW);
    service.assert_ledger().await;
}

/// The version of the service before this one keeps nothing itself, and its statements are enough.
#[tokio::test]
async fn changes_by_the_version_before_are_kept_too() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let invoice = service.issued(&customer).await.invoice_id;
    let page = service.html(&invoice).await;
    let mut tx = service.db.db.begin(service.server.tenant).await.unwrap();
    let change = "update customer set name = 'Changed', version = version + 1";
    sqlx::query(change).execute(&mut *tx).await.unwrap();
    sqlx::query("delete from contact").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(service.html(&invoice).await, page);
    service.assert_ledger().await;
}

/// What is kept is never changed.
#[tokio::test]
async fn versions_are_only_added() {
    let service = Service::start().await;
    service.rename_tenant("Southwind AG").await;
    for statement in
        ["update tenant_version set name = 'x'", "delete from tenant_version", "delete from customer_version"]
    {
        let mut tx = service.db.db.begin(service.server.tenant).await.unwrap();
        let error = sqlx::query(statement).execute(&mut *tx).await.unwrap_err();
        assert!(error.to_string().contains("permission denied"), "{error}");
    }
}
