//! A book with invoicing and payments behind one server.

use quittance_events::Relay;
use quittance_grpc::Client;
use quittance_host::{Service as _, Sources};
use quittance_kernel::Clock;
use quittance_proto::{
    common::v1::{self as common, Money},
    invoicing::v1::{
        self as inv, customer_service_client::CustomerServiceClient, invoice_service_client::InvoiceServiceClient,
        open_item_service_client::OpenItemServiceClient, policy::Content, policy_service_client::PolicyServiceClient,
        settlement_service_client::SettlementServiceClient, tenant_service_client::TenantServiceClient,
    },
    payments::v1::{
        self as pb, bank_import_service_client::BankImportServiceClient, payment_service_client::PaymentServiceClient,
    },
};
use quittance_testkit::{Events, TestDb, TestServer, now, peer, request_id, wait_until};
use tonic::Status;

/// Invoicing and payments, with a tenant whose day is Berlin's.
pub(crate) struct Book {
    pub(crate) server: TestServer,
    /// What payments publishes.
    pub(crate) events: Events,
    /// What invoicing publishes.
    pub(crate) published: Events,
    pub(crate) db: TestDb,
}

#[expect(clippy::unnecessary_wraps, reason = "fields of messages are optional")]
pub(crate) fn eur(amount: &str) -> Option<Money> {
    Some(Money { currency_code: "EUR".to_owned(), amount: amount.to_owned() })
}

/// A transfer received today.
pub(crate) fn transfer(amount: &str, text: &str) -> pb::Payment {
    pb::Payment {
        amount: eur(amount),
        method: pb::PaymentMethod::Transfer.into(),
        text: text.to_owned(),
        ..pb::Payment::default()
    }
}

/// Where a payment's money is: applied, pending, unapplied.
pub(crate) fn parts(payment: &pb::Payment) -> [&str; 3] {
    [&payment.applied, &payment.pending, &payment.unapplied].map(|part| part.as_ref().unwrap().amount.as_str())
}

/// Why something is left.
pub(crate) fn reason(payment: &pb::Payment) -> &str {
    payment.r#match.as_ref().unwrap().unapplied_reason().as_str_name().strip_prefix("UNAPPLIED_REASON_").unwrap()
}

/// The decisive rule.
pub(crate) fn rule(payment: &pb::Payment) -> pb::MatchRule {
    payment.r#match.as_ref().unwrap().rule()
}

/// A seller.
pub(crate) fn tenant() -> inv::Tenant {
    let enquiries =
        inv::Enquiries { name: "Accounts".to_owned(), email: "ar@example.org".to_owned(), phone: String::new() };
    inv::Tenant {
        name: "Seller".to_owned(),
        base_currency_code: "EUR".to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        enquiries: Some(enquiries),
        late_payment_consequences: "Interest.".to_owned(),
        terms_and_conditions: "Ours.".to_owned(),
        ..inv::Tenant::default()
    }
}

impl Book {
    /// Starts both services, opens the book and waits until payments knows of it.
    pub(crate) async fn start() -> Self {
        let book = Self::start_unopened().await;
        book.create_tenant(book.server.client()).await;
        book
    }

    /// Opens the book of a client's tenant, and waits until payments knows of it.
    pub(crate) async fn create_tenant(&self, client: Client) {
        let request = inv::CreateTenantRequest { request_id: request_id(), tenant: Some(tenant()) };
        TenantServiceClient::new(client).create_tenant(request).await.unwrap();
        self.caught_up().await;
    }

    /// Starts both services without a book.
    pub(crate) async fn start_unopened() -> Self {
        let clock = Clock::fixed(now());
        let invoicing_db = TestDb::new("invoicing", &quittance_invoicing::App::migrator()).await;
        let db = TestDb::new("payments", &quittance_payments::App::migrator()).await;
        let invoicing = quittance_invoicing::App::new(invoicing_db.db.clone(), Relay::default(), clock.clone());
        let names = [quittance_invoicing::App::GRPC, quittance_payments::App::GRPC].concat();
        let mut started = None;
        let server = TestServer::start(clock.clone(), &names, |address, all| {
            let peer = peer(address, quittance_payments::AREA, &clock);
            let payments = quittance_payments::App::new(db.db.clone(), Relay::default(), clock.clone(), peer);
            let all = invoicing.add_routes(all);
            let all = payments.add_routes(all);
            started = Some(payments);
            all
        })
        .await;
        let payments = started.unwrap();
        let published = Events::relay("invoicing", invoicing.db(), invoicing.relay(), &clock, &server.shutdown);
        let events = Events::relay("payments", payments.db(), payments.relay(), &clock, &server.shutdown);
        payments.spawn(&Sources::none().with(published.source()), &server.shutdown).unwrap();
        Self { server, events, published, db }
    }

    /// Payments on the same database that cannot reach invoicing and runs no reconcilers.
    pub(crate) async fn cut_off(&self) -> TestServer {
        let clock = self.server.clock.clone();
        // Nobody listens on the discard port.
        let peer = peer("http://127.0.0.1:9", quittance_payments::AREA, &clock);
        let app = quittance_payments::App::new(self.db.db.clone(), Relay::default(), clock.clone(), peer);
        TestServer::start(clock, quittance_payments::App::GRPC, |_, all| app.add_routes(all)).await
    }

    /// A client of a server of [`Book::cut_off`] for this book.
    pub(crate) fn client_of(&self, server: &TestServer) -> PaymentServiceClient<Client> {
        PaymentServiceClient::new(server.client_for(Some(self.server.tenant), &["*"], "*"))
    }

    pub(crate) fn payments(&self) -> PaymentServiceClient<Client> {
        PaymentServiceClient::new(self.server.client())
    }

    pub(crate) fn imports(&self) -> BankImportServiceClient<Client> {
        BankImportServiceClient::new(self.server.client())
    }

    pub(crate) fn settlements(&self) -> SettlementServiceClient<Client> {
        SettlementServiceClient::new(self.server.client())
    }

    pub(crate) fn items(&self) -> OpenItemServiceClient<Client> {
        OpenItemServiceClient::new(self.server.client())
    }

    /// What waits for a person.
    pub(crate) async fn reviews(&self) -> Vec<pb::MatchReview> {
        let request = pb::ListMatchReviewsRequest::default();
        self.payments().list_match_reviews(request).await.unwrap().into_inner().reviews
    }

    /// Waits until payments has applied all that invoicing has published.
    pub(crate) async fn caught_up(&self) {
        wait_until("payments reads all of invoicing's events", || async {
            let published =
                self.items().get_stream_status(common::GetStreamStatusRequest {}).await.unwrap().into_inner();
            let read = self.payments().get_stream_status(common::GetStreamStatusRequest {}).await.unwrap().into_inner();
            let position = read.subscriptions.iter().find(|s| s.area == "invoicing").map_or(0, |s| s.position);
            published.unpositioned == 0 && position == published.head_position
        })
        .await;
    }

    /// Puts a tolerance policy in force from a date, or from today on, and waits until payments knows it. Returns its id.
    pub(crate) async fn tolerate(&self, policy: common::TolerancePolicy, effective_on: &str) -> String {
        let mut policies = PolicyServiceClient::new(self.server.client());
        let draft = inv::Policy { content: Some(Content::Tolerances(policy)), ..inv::Policy::default() };
        let request = inv::CreatePolicyRequest { request_id: request_id(), policy: Some(draft) };
        let policy_id = policies.create_policy(request).await.unwrap().into_inner().policy_id;
        let request = inv::ActivatePolicyRequest {
            request_id: request_id(),
            policy_id: policy_id.clone(),
            effective_on: effective_on.to_owned(),
            ..inv::ActivatePolicyRequest::default()
        };
        policies.activate_policy(request).await.unwrap();
        self.caught_up().await;
        policy_id
    }

    pub(crate) async fn customer(&self, accounts: &[&str]) -> String {
        let customer = inv::Customer {
            name: "Buyer".to_owned(),
            bank_accounts: accounts.iter().map(|account| (*account).to_owned()).collect(),
            ..inv::Customer::default()
        };
        let request = inv::CreateCustomerRequest { request_id: request_id(), customer: Some(customer) };
        let created = CustomerServiceClient::new(self.server.client()).create_customer(request).await.unwrap();
        created.into_inner().customer_id
    }

    /// An invoice over an amount, issued on a day, two percent within ten days; payments does not know of it yet.
    pub(crate) async fn issue(&self, customer: &str, amount: &str, issued_on: &str) -> inv::Invoice {
        let line = inv::InvoiceLine {
            description: "Work".to_owned(),
            quantity: "1".to_owned(),
            unit_price: amount.to_owned(),
            tax_category: "Z".to_owned(),
            tax_rate: "0".to_owned(),
            ..inv::InvoiceLine::default()
        };
        let invoice = inv::Invoice {
            customer_id: customer.to_owned(),
            currency_code: "EUR".to_owned(),
            lines: vec![line],
            terms_id: self.terms().await,
            issued_on: issued_on.to_owned(),
            ..inv::Invoice::default()
        };
        let request = inv::CreateAndIssueInvoiceRequest { request_id: request_id(), invoice: Some(invoice) };
        InvoiceServiceClient::new(self.server.client()).create_and_issue_invoice(request).await.unwrap().into_inner()
    }

    async fn terms(&self) -> String {
        let mut client = CustomerServiceClient::new(self.server.client());
        let known = client.list_terms(inv::ListTermsRequest::default()).await.unwrap().into_inner().terms;
        if let Some(terms) = known.into_iter().next() {
            return terms.terms_id;
        }
        let discounts = vec![inv::EarlyPaymentDiscount { days: 10, percent: "2".to_owned() }];
        let payment_terms = Some(inv::PaymentTerms { net_days: 30, discounts, ..Default::default() });
        let terms = inv::Terms { code: "2/10".to_owned(), payment_terms, ..inv::Terms::default() };
        let request = inv::CreateTermsRequest { request_id: request_id(), terms: Some(terms) };
        client.create_terms(request).await.unwrap().into_inner().terms_id
    }

    /// An invoice of the first of February that payments knows of: its discount is over by now.
    pub(crate) async fn invoice(&self, customer: &str, amount: &str) -> inv::Invoice {
        let invoice = self.issue(customer, amount, "2026-02-01").await;
        self.caught_up().await;
        invoice
    }

    pub(crate) async fn void(&self, invoice: &inv::Invoice) {
        let request = inv::VoidInvoiceRequest {
            request_id: request_id(),
            invoice_id: invoice.invoice_id.clone(),
            reason: "wrong".to_owned(),
            ..inv::VoidInvoiceRequest::default()
        };
        InvoiceServiceClient::new(self.server.client()).void_invoice(request).await.unwrap();
    }

    pub(crate) async fn try_record(&self, payment: pb::Payment) -> Result<pb::Payment, Status> {
        let request = pb::RecordPaymentRequest { request_id: request_id(), payment: Some(payment) };
        self.payments().record_payment(request).await.map(tonic::Response::into_inner)
    }

    pub(crate) async fn record(&self, payment: pb::Payment) -> pb::Payment {
        self.try_record(payment).await.unwrap()
    }

    pub(crate) async fn get(&self, payment_id: &str) -> pb::Payment {
        let request = pb::GetPaymentRequest { payment_id: payment_id.to_owned() };
        self.payments().get_payment(request).await.unwrap().into_inner()
    }

    /// What is open on an invoice, as invoicing says.
    pub(crate) async fn open(&self, invoice: &inv::Invoice) -> String {
        let request = inv::GetOpenItemRequest { item_id: invoice.invoice_id.clone() };
        self.items().get_open_item(request).await.unwrap().into_inner().open_amount.unwrap().amount
    }

    /// Both services' books hold.
    pub(crate) async fn verify(&self) {
        let ours = self.payments().verify_ledger(common::VerifyLedgerRequest {}).await.unwrap().into_inner();
        let theirs = self.items().verify_ledger(common::VerifyLedgerRequest {}).await.unwrap().into_inner();
        for invariant in ours.invariants.into_iter().chain(theirs.invariants) {
            assert_eq!(invariant.violations, 0, "{invariant:?}");
        }
    }
}
