//! Invoicing and collections behind one server, with a tenant.

use std::collections::HashSet;

use quittance_events::Relay;
use quittance_grpc::Client;
use quittance_host::{Reads, Service as _, Sources};
use quittance_kernel::{AllocationId, Clock, PaymentId};
use quittance_proto::{
    collections::v1::{
        self as pb, collections_run_service_client::CollectionsRunServiceClient,
        dispute_service_client::DisputeServiceClient, dunning_service_client::DunningServiceClient,
        strategy_service_client::StrategyServiceClient,
    },
    common::v1::{self as common, Money, WriteOffReason},
    invoicing::v1::{
        self as inv, customer_service_client::CustomerServiceClient, invoice_service_client::InvoiceServiceClient,
        open_item_service_client::OpenItemServiceClient, settlement_service_client::SettlementServiceClient,
        tenant_service_client::TenantServiceClient,
    },
};
use quittance_testkit::{Events, TestDb, TestServer, now, request_id, wait_until};
use tonic::Status;

/// Invoicing and collections, with a tenant whose day is Berlin's: the second of March 2026.
pub(crate) struct Setup {
    pub(crate) server: TestServer,
    /// What collections publishes.
    pub(crate) events: Events,
    pub(crate) db: TestDb,
    pub(crate) invoicing: quittance_invoicing::App,
    pub(crate) collections: quittance_collections::App,
}

#[expect(clippy::unnecessary_wraps, reason = "message fields are optional")]
pub(crate) fn eur(amount: &str) -> Option<Money> {
    Some(Money { currency_code: "EUR".to_owned(), amount: amount.to_owned() })
}

pub(crate) fn step(offset_days: i32, name: &str) -> pb::Step {
    pb::Step {
        offset_days,
        name: name.to_owned(),
        subject_template: format!("{name}: {{{{ total }}}} {{{{ currency }}}}"),
        body_template: "Dear {{ contact.name or customer.name }}, {% for item in items %}{{ item.number }} {{ item.open }} {% endfor %}\
            as of {{ as_of }}. {{ seller.name }}, {{ seller.enquiries }}"
            .to_owned(),
    }
}

/// Offset and item numbers' open amounts of a reminder, oldest due first.
pub(crate) fn brief(reminder: &pb::Reminder) -> (i32, Vec<(i32, &str)>) {
    let items =
        reminder.items.iter().map(|item| (item.offset_days, item.open_amount.as_ref().unwrap().amount.as_str()));
    (reminder.offset_days, items.collect())
}

impl Setup {
    /// Starts both services, creates a tenant with a default strategy (three days before, one and eight days after), and waits until collections knows it.
    pub(crate) async fn start() -> Self {
        let setup = Self::start_without_strategy().await;
        setup.create_strategy("standard", vec![step(-3, "upcoming"), step(1, "friendly"), step(8, "firm")]).await;
        setup
    }

    pub(crate) async fn start_without_strategy() -> Self {
        let setup = Self::start_without_tenant().await;
        setup.create_tenant().await;
        setup
    }

    pub(crate) async fn start_without_tenant() -> Self {
        Self::start_services(true).await
    }

    /// The same as [`Setup::start`], where runs are worked off by the replicas that a test starts.
    pub(crate) async fn start_without_worker() -> Self {
        let setup = Self::start_services(false).await;
        setup.create_tenant().await;
        setup.create_strategy("standard", vec![step(-3, "upcoming"), step(1, "friendly"), step(8, "firm")]).await;
        setup
    }

    async fn start_services(works_runs: bool) -> Self {
        let clock = Clock::fixed(now());
        let invoicing_db = TestDb::new("invoicing", &quittance_invoicing::App::migrator()).await;
        let db = TestDb::new("collections", &quittance_collections::App::migrator()).await;
        let invoicing = quittance_invoicing::App::new(invoicing_db.db.clone(), Relay::default(), clock.clone());
        let app = quittance_collections::App::new(db.db.clone(), Relay::default(), clock.clone());
        let names = [quittance_invoicing::App::GRPC, quittance_collections::App::GRPC].concat();
        let server = TestServer::start(clock.clone(), &names, |_, all| app.add_routes(invoicing.add_routes(all))).await;
        let invoicing_events =
            Events::relay(quittance_invoicing::AREA, invoicing.db(), invoicing.relay(), &clock, &server.shutdown);
        let events = Events::relay(quittance_collections::AREA, app.db(), app.relay(), &clock, &server.shutdown);
        let sources = Sources::none().with(invoicing_events.source());
        if works_runs {
            app.spawn(&sources, &server.shutdown).unwrap();
        } else {
            for Reads { area, reader } in quittance_collections::App::READS {
                let source = sources.of(area).unwrap();
                tokio::spawn(reader(&app).consume(db.db.clone(), source, clock.clone(), server.shutdown.clone()));
            }
        }
        Self { server, events, db, invoicing, collections: app }
    }

    pub(crate) async fn create_tenant(&self) {
        let enquiries =
            inv::Enquiries { name: "Accounts".to_owned(), email: "ar@example.org".to_owned(), phone: String::new() };
        let tenant = inv::Tenant {
            name: "Seller".to_owned(),
            base_currency_code: "EUR".to_owned(),
            time_zone: "Europe/Berlin".to_owned(),
            enquiries: Some(enquiries),
            late_payment_consequences: "Interest.".to_owned(),
            terms_and_conditions: "Ours.".to_owned(),
            ..inv::Tenant::default()
        };
        let request = inv::CreateTenantRequest { request_id: request_id(), tenant: Some(tenant) };
        TenantServiceClient::new(self.server.client()).create_tenant(request).await.unwrap();
        self.caught_up().await;
    }

    /// Lets invoicing read what collections publishes.
    pub(crate) fn publish_to_invoicing(&self) {
        self.invoicing.spawn(&Sources::none().with(self.events.source()), &self.server.shutdown).unwrap();
    }

    pub(crate) fn strategies(&self) -> StrategyServiceClient<Client> {
        StrategyServiceClient::new(self.server.client())
    }

    pub(crate) fn dunning(&self) -> DunningServiceClient<Client> {
        DunningServiceClient::new(self.server.client())
    }

    pub(crate) fn runs(&self) -> CollectionsRunServiceClient<Client> {
        CollectionsRunServiceClient::new(self.server.client())
    }

    pub(crate) fn disputes(&self) -> DisputeServiceClient<Client> {
        DisputeServiceClient::new(self.server.client())
    }

    pub(crate) fn settlements(&self) -> SettlementServiceClient<Client> {
        SettlementServiceClient::new(self.server.client())
    }

    pub(crate) fn items(&self) -> OpenItemServiceClient<Client> {
        OpenItemServiceClient::new(self.server.client())
    }

    /// Waits until collections has applied all that invoicing has published.
    pub(crate) async fn caught_up(&self) {
        wait_until("collections reads all of invoicing's events", || async {
            let published =
                self.items().get_stream_status(common::GetStreamStatusRequest {}).await.unwrap().into_inner();
            let read = self.dunning().get_stream_status(common::GetStreamStatusRequest {}).await.unwrap().into_inner();
            let position = read.subscriptions.iter().find(|s| s.area == "invoicing").map_or(0, |s| s.position);
            assert!(read.subscriptions.iter().all(|s| s.dead_letters == 0), "{read:?}");
            published.unpositioned == 0 && position == published.head_position
        })
        .await;
    }

    pub(crate) async fn customer(&self, name: &str, contacts: Vec<inv::Contact>) -> String {
        let customer = inv::Customer { name: name.to_owned(), contacts, ..inv::Customer::default() };
        let request = inv::CreateCustomerRequest { request_id: request_id(), customer: Some(customer) };
        CustomerServiceClient::new(self.server.client())
            .create_customer(request)
            .await
            .unwrap()
            .into_inner()
            .customer_id
    }

    /// An invoice of the first of January that is due on a day, known to collections.
    pub(crate) async fn invoice(&self, customer: &str, amount: &str, due_on: &str) -> inv::Invoice {
        self.invoice_on(customer, amount, due_on, "").await
    }

    /// Terms with two percent off within ten days.
    pub(crate) async fn discount_terms(&self) -> String {
        let discounts = vec![inv::EarlyPaymentDiscount { days: 10, percent: "2".to_owned() }];
        let payment_terms = Some(inv::PaymentTerms { net_days: 30, discounts, ..Default::default() });
        let terms = inv::Terms { code: "2/10".to_owned(), payment_terms, ..inv::Terms::default() };
        let request = inv::CreateTermsRequest { request_id: request_id(), terms: Some(terms) };
        CustomerServiceClient::new(self.server.client()).create_terms(request).await.unwrap().into_inner().terms_id
    }

    /// The same on terms.
    pub(crate) async fn invoice_on(&self, customer: &str, amount: &str, due_on: &str, terms_id: &str) -> inv::Invoice {
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
            issued_on: "2026-01-01".to_owned(),
            due_on: due_on.to_owned(),
            terms_id: terms_id.to_owned(),
            ..inv::Invoice::default()
        };
        let request = inv::CreateAndIssueInvoiceRequest { request_id: request_id(), invoice: Some(invoice) };
        let issued = InvoiceServiceClient::new(self.server.client()).create_and_issue_invoice(request).await.unwrap();
        self.caught_up().await;
        issued.into_inner()
    }

    /// Settles an item, as payments does. Returns the allocation's id.
    pub(crate) async fn settle(&self, item: &str, amount: &str, discount: Option<&str>, effective_on: &str) -> String {
        self.settle_with(item, amount, discount, None, effective_on).await
    }

    /// Settles an item with a small difference. Returns the allocation's id.
    pub(crate) async fn settle_with(
        &self,
        item: &str,
        amount: &str,
        discount: Option<&str>,
        write_off: Option<&str>,
        effective_on: &str,
    ) -> String {
        let allocation_id = AllocationId::at(now()).to_string();
        let settlement = inv::Settlement {
            allocation_id: allocation_id.clone(),
            item_id: item.to_owned(),
            payment_id: PaymentId::at(now()).to_string(),
            amount: eur(amount),
            discount: discount.and_then(eur),
            effective_on: effective_on.to_owned(),
            write_off: write_off.and_then(eur),
            write_off_reason: write_off.map_or(WriteOffReason::Unspecified, |_| WriteOffReason::SmallDifference).into(),
            ..inv::Settlement::default()
        };
        let request = inv::SettleItemsRequest { request_id: request_id(), settlements: vec![settlement] };
        let results = self.settlements().settle_items(request).await.unwrap().into_inner().results;
        assert!(matches!(results[0].result, Some(inv::settlement_result::Result::Item(_))), "{results:?}");
        self.caught_up().await;
        allocation_id
    }

    /// Extends an item's due date from today on.
    pub(crate) async fn extend(&self, item: &str, due_on: &str) {
        let request = inv::ExtendDueDateRequest {
            request_id: request_id(),
            item_id: item.to_owned(),
            due_on: due_on.to_owned(),
            reason: "agreed".to_owned(),
            ..inv::ExtendDueDateRequest::default()
        };
        OpenItemServiceClient::new(self.server.client()).extend_due_date(request).await.unwrap();
        self.caught_up().await;
    }

    pub(crate) async fn reverse(&self, allocation_id: &str, effective_on: &str) {
        let reversal = inv::SettlementReversal {
            allocation_id: allocation_id.to_owned(),
            effective_on: effective_on.to_owned(),
            reason: "returned".to_owned(),
            ..inv::SettlementReversal::default()
        };
        let request = inv::ReverseSettlementsRequest { request_id: request_id(), reversals: vec![reversal] };
        let results = self.settlements().reverse_settlements(request).await.unwrap().into_inner().results;
        assert!(matches!(results[0].result, Some(inv::settlement_result::Result::Item(_))), "{results:?}");
        self.caught_up().await;
    }

    pub(crate) async fn try_create_strategy(&self, name: &str, steps: Vec<pb::Step>) -> Result<pb::Strategy, Status> {
        let strategy = pb::Strategy { name: name.to_owned(), steps, ..pb::Strategy::default() };
        let request = pb::CreateStrategyRequest { request_id: request_id(), strategy: Some(strategy) };
        self.strategies().create_strategy(request).await.map(tonic::Response::into_inner)
    }

    pub(crate) async fn create_strategy(&self, name: &str, steps: Vec<pb::Step>) -> pb::Strategy {
        self.try_create_strategy(name, steps).await.unwrap()
    }

    pub(crate) async fn preview(&self, as_of: &str) -> Vec<pb::Reminder> {
        let request = pb::PreviewDunningRequest { as_of: as_of.to_owned(), ..pb::PreviewDunningRequest::default() };
        self.dunning().preview_dunning(request).await.unwrap().into_inner().reminders
    }

    pub(crate) async fn try_start(&self, as_of: &str) -> Result<common::Run, Status> {
        let request =
            pb::StartDunningRequest { request_id: request_id(), as_of: as_of.to_owned(), strategy_id: String::new() };
        self.dunning().start_dunning(request).await.map(tonic::Response::into_inner)
    }

    /// Starts a run for a date, and waits until it has ended.
    pub(crate) async fn try_run(&self, as_of: &str) -> Result<common::Run, Status> {
        let run = self.try_start(as_of).await?;
        Ok(self.ended(&run.run_id).await)
    }

    /// Watches a run until it has ended.
    pub(crate) async fn ended(&self, run_id: &str) -> common::Run {
        let request = common::WatchRunRequest { run_id: run_id.to_owned() };
        let mut watched = self.runs().watch_run(request).await.unwrap().into_inner();
        let mut last = None;
        while let Some(run) = watched.message().await.unwrap() {
            last = Some(run);
        }
        last.unwrap()
    }

    /// Runs for a date and returns what was recorded, with its words.
    pub(crate) async fn run(&self, as_of: &str) -> Vec<pb::Reminder> {
        let run = self.try_run(as_of).await.unwrap();
        let request = pb::ListRemindersRequest { run_id: run.run_id.clone(), ..pb::ListRemindersRequest::default() };
        let listed = self.dunning().list_reminders(request).await.unwrap().into_inner().reminders;
        let customers: HashSet<&str> = listed.iter().map(|reminder| reminder.customer_id.as_str()).collect();
        assert_eq!(
            (run.state(), usize::try_from(run.done_count).unwrap()),
            (common::RunState::Finished, customers.len())
        );
        let read = self.runs().get_run(common::GetRunRequest { run_id: run.run_id.clone() }).await;
        assert_eq!(read.unwrap().into_inner(), run);
        let runs = self.runs().list_runs(common::ListRunsRequest::default()).await.unwrap().into_inner();
        assert!(runs.runs.contains(&run), "{runs:?}");
        let mut whole = Vec::with_capacity(listed.len());
        for reminder in listed {
            assert_eq!((reminder.subject.as_str(), reminder.body.as_str()), ("", ""));
            let request = pb::GetReminderRequest { reminder_id: reminder.reminder_id };
            whole.push(self.dunning().get_reminder(request).await.unwrap().into_inner());
        }
        whole.sort_by(|one, other| one.customer_id.cmp(&other.customer_id));
        whole
    }

    /// Who is reminded at which offsets of what, on a date, without recording it.
    pub(crate) async fn due(&self, as_of: &str) -> Vec<(i32, Vec<(i32, String)>)> {
        let owned = |reminder: &pb::Reminder| {
            let (offset, items) = brief(reminder);
            (offset, items.into_iter().map(|(offset, open)| (offset, open.to_owned())).collect())
        };
        self.preview(as_of).await.iter().map(owned).collect()
    }

    pub(crate) async fn try_dispute(&self, item: &str, opened_on: &str) -> Result<pb::Dispute, Status> {
        let request = pb::OpenDisputeRequest {
            request_id: request_id(),
            item_id: item.to_owned(),
            reason: pb::DisputeReason::Pricing.into(),
            note: "too much".to_owned(),
            opened_on: opened_on.to_owned(),
        };
        self.disputes().open_dispute(request).await.map(tonic::Response::into_inner)
    }

    pub(crate) async fn try_resolve(&self, dispute: &pb::Dispute, resolved_on: &str) -> Result<pb::Dispute, Status> {
        let request = pb::ResolveDisputeRequest {
            request_id: request_id(),
            dispute_id: dispute.dispute_id.clone(),
            outcome: pb::DisputeOutcome::Rejected.into(),
            resolved_on: resolved_on.to_owned(),
        };
        self.disputes().resolve_dispute(request).await.map(tonic::Response::into_inner)
    }

    /// Checks collections' invariants.
    pub(crate) async fn verify(&self) {
        let found = self.dunning().verify_ledger(common::VerifyLedgerRequest {}).await.unwrap().into_inner();
        assert_eq!(found.invariants.len(), 4);
        for invariant in found.invariants {
            assert_eq!(invariant.violations, 0, "{invariant:?}");
        }
    }
}
