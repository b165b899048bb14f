//! A running invoicing service with an open book.

use quittance_events::Relay;
use quittance_grpc::Client;
use quittance_host::Service as _;
use quittance_invoicing::App;
use quittance_kernel::Clock;
use quittance_proto::{
    common::v1::{Money, VerifyLedgerRequest},
    invoicing::v1::{
        self as pb, bad_debt_service_client::BadDebtServiceClient, credit_note_service_client::CreditNoteServiceClient,
        customer_credit_service_client::CustomerCreditServiceClient, customer_service_client::CustomerServiceClient,
        invoice_service_client::InvoiceServiceClient, open_item_service_client::OpenItemServiceClient,
        settlement_service_client::SettlementServiceClient, tenant_service_client::TenantServiceClient,
    },
};
use quittance_testkit::{Events, TestDb, TestServer, now, request_id};

/// The events of a new tenant.
pub(crate) const NEW_BOOK: [&str; 4] = ["TenantCreated", "SeriesCreated", "SeriesCreated", "SeriesCreated"];

/// The service of one test.
pub(crate) struct Service {
    pub(crate) server: TestServer,
    pub(crate) db: TestDb,
    pub(crate) events: Events,
    pub(crate) clock: Clock,
}

impl Service {
    /// Starts it on a database of its own; no book is open yet.
    pub(crate) async fn start_empty() -> Self {
        let db = TestDb::new("invoicing", &App::migrator()).await;
        let clock = Clock::fixed(now());
        let relay = Relay::default();
        let app = App::new(db.db.clone(), relay.clone(), clock.clone());
        let server = TestServer::start(clock.clone(), App::GRPC, |_, all| app.add_routes(all)).await;
        let events = Events::relay(quittance_invoicing::AREA, &db.db, &relay, &clock, &server.shutdown);
        Self { server, db, events, clock }
    }

    /// Starts it with an open book.
    pub(crate) async fn start() -> Self {
        let service = Self::start_empty().await;
        service.tenants().create_tenant(tenant_request()).await.unwrap();
        service
    }

    fn client(&self) -> Client {
        self.server.client()
    }

    pub(crate) fn tenants(&self) -> TenantServiceClient<Client> {
        TenantServiceClient::new(self.client())
    }

    pub(crate) fn customers(&self) -> CustomerServiceClient<Client> {
        CustomerServiceClient::new(self.client())
    }

    pub(crate) fn invoices(&self) -> InvoiceServiceClient<Client> {
        InvoiceServiceClient::new(self.client())
    }

    pub(crate) fn credit_notes(&self) -> CreditNoteServiceClient<Client> {
        CreditNoteServiceClient::new(self.client())
    }

    pub(crate) fn customer_credits(&self) -> CustomerCreditServiceClient<Client> {
        CustomerCreditServiceClient::new(self.client())
    }

    pub(crate) fn settlements(&self) -> SettlementServiceClient<Client> {
        SettlementServiceClient::new(self.client())
    }

    pub(crate) fn bad_debts(&self) -> BadDebtServiceClient<Client> {
        BadDebtServiceClient::new(self.client())
    }

    pub(crate) fn items(&self) -> OpenItemServiceClient<Client> {
        OpenItemServiceClient::new(self.client())
    }

    /// A customer with a contact.
    pub(crate) async fn customer(&self) -> String {
        let customer = pb::Customer {
            name: "Ada Ltd".to_owned(),
            contacts: vec![contact("Ada Byron", true)],
            ..pb::Customer::default()
        };
        let request = pb::CreateCustomerRequest { request_id: request_id(), customer: Some(customer) };
        self.customers().create_customer(request).await.unwrap().into_inner().customer_id
    }

    /// An issued invoice over 119.00 EUR (100.00 net, 19 % tax).
    pub(crate) async fn issued(&self, customer: &str) -> pb::Invoice {
        self.invoices().create_and_issue_invoice(create_and_issue(customer)).await.unwrap().into_inner()
    }

    /// Changes the customer's name.
    pub(crate) async fn rename_customer(&self, customer: &str, name: &str) -> pb::Customer {
        let customer =
            pb::Customer { customer_id: customer.to_owned(), name: name.to_owned(), ..pb::Customer::default() };
        let request =
            pb::UpdateCustomerRequest { request_id: request_id(), customer: Some(customer), ..Default::default() };
        self.customers().update_customer(request).await.unwrap().into_inner()
    }

    /// Changes the tenant's name.
    pub(crate) async fn rename_tenant(&self, name: &str) -> pb::Tenant {
        let tenant = pb::Tenant { name: name.to_owned(), ..pb::Tenant::default() };
        let request = pb::UpdateTenantRequest { request_id: request_id(), tenant: Some(tenant), ..Default::default() };
        self.tenants().update_tenant(request).await.unwrap().into_inner()
    }

    pub(crate) async fn item(&self, id: &str) -> pb::OpenItem {
        self.items().get_open_item(pb::GetOpenItemRequest { item_id: id.to_owned() }).await.unwrap().into_inner()
    }

    /// Every invariant holds, and something was checked.
    pub(crate) async fn assert_ledger(&self) {
        let found = self.items().verify_ledger(VerifyLedgerRequest {}).await.unwrap().into_inner();
        for invariant in &found.invariants {
            assert_eq!(invariant.violations, 0, "{invariant:?}");
        }
        assert!(found.invariants.iter().any(|i| i.checked > 0), "{found:?}");
    }
}

pub(crate) fn tenant() -> pb::Tenant {
    pb::Tenant {
        name: "Northwind GmbH".to_owned(),
        base_currency_code: "EUR".to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        enquiries: Some(pb::Enquiries {
            name: "Accounts".to_owned(),
            email: "accounts@northwind.example".to_owned(),
            phone: "+49 40 1234".to_owned(),
        }),
        late_payment_consequences: "Interest at the statutory rate accrues from the day after the due date.".to_owned(),
        terms_and_conditions: "Our general terms of 1 January apply.".to_owned(),
        bank_account: "DE02 1203 0000 0000 2020 51".to_owned(),
        ..pb::Tenant::default()
    }
}

pub(crate) fn tenant_request() -> pb::CreateTenantRequest {
    pb::CreateTenantRequest { request_id: request_id(), tenant: Some(tenant()) }
}

pub(crate) fn contact(name: &str, pays_invoices: bool) -> pb::Contact {
    pb::Contact { name: name.to_owned(), email: "ada@ada.example".to_owned(), pays_invoices, ..pb::Contact::default() }
}

pub(crate) fn line(quantity: &str, unit_price: &str, rate: &str) -> pb::InvoiceLine {
    pb::InvoiceLine {
        description: "Consulting".to_owned(),
        quantity: quantity.to_owned(),
        unit: "h".to_owned(),
        unit_price: unit_price.to_owned(),
        tax_category: if rate == "0" { "Z" } else { "S" }.to_owned(),
        tax_rate: rate.to_owned(),
        ..pb::InvoiceLine::default()
    }
}

pub(crate) fn invoice(customer: &str) -> pb::Invoice {
    pb::Invoice {
        customer_id: customer.to_owned(),
        currency_code: "EUR".to_owned(),
        lines: vec![line("1", "100", "19")],
        ..pb::Invoice::default()
    }
}

pub(crate) fn create(customer: &str) -> pb::CreateInvoiceRequest {
    pb::CreateInvoiceRequest { request_id: request_id(), invoice: Some(invoice(customer)) }
}

pub(crate) fn create_and_issue(customer: &str) -> pb::CreateAndIssueInvoiceRequest {
    pb::CreateAndIssueInvoiceRequest { request_id: request_id(), invoice: Some(invoice(customer)) }
}

pub(crate) fn issue(invoice_id: &str) -> pb::IssueInvoiceRequest {
    pb::IssueInvoiceRequest { request_id: request_id(), invoice_id: invoice_id.to_owned(), etag: String::new() }
}

pub(crate) fn eur(amount: &str) -> Option<Money> {
    Some(Money { currency_code: "EUR".to_owned(), amount: amount.to_owned() })
}

pub(crate) fn amount(money: &Option<Money>) -> &str {
    money.as_ref().map_or("", |money| money.amount.as_str())
}
