//! Invoicing and credit-risk behind one server, with a tenant.

use quittance_events::Relay;
use quittance_grpc::Client;
use quittance_host::{Service as _, Sources};
use quittance_kernel::{AllocationId, Clock, PaymentId};
use quittance_proto::{
    common::v1::{self as common, Money, WriteOffReason},
    creditrisk::v1::{
        self as pb, credit_service_client::CreditServiceClient, reservation_service_client::ReservationServiceClient,
    },
    invoicing::v1::{
        self as inv, customer_service_client::CustomerServiceClient, invoice_service_client::InvoiceServiceClient,
        open_item_service_client::OpenItemServiceClient, settlement_service_client::SettlementServiceClient,
        tenant_service_client::TenantServiceClient,
    },
};
use quittance_testkit::{Events, TestDb, TestServer, now, request_id, wait_until};
use tonic::Status;

/// Invoicing and credit-risk, with a tenant.
pub(crate) struct Setup {
    pub(crate) server: TestServer,
    /// What credit-risk publishes.
    pub(crate) events: Events,
    pub(crate) db: TestDb,
}

#[expect(clippy::unnecessary_wraps, reason = "message fields are optional")]
pub(crate) fn eur(amount: &str) -> Option<Money> {
    Some(Money { currency_code: "EUR".to_owned(), amount: amount.to_owned() })
}

fn text(money: Option<&Money>) -> &str {
    money.unwrap().amount.as_str()
}

/// Exposure, reserved, available.
pub(crate) fn used(profile: &pb::CreditProfile) -> [&str; 3] {
    [text(profile.exposure.as_ref()), text(profile.reserved.as_ref()), text(profile.available.as_ref())]
}

/// A time to live.
pub(crate) fn seconds(seconds: i64) -> Option<prost_types::Duration> {
    Some(prost_types::Duration { seconds, nanos: 0 })
}

/// An order, with a request id of its own.
pub(crate) fn order(customer: &str, reference: &str, amount: &str) -> pb::AuthorizeOrderRequest {
    pb::AuthorizeOrderRequest {
        request_id: request_id(),
        customer_id: customer.to_owned(),
        amount: eur(amount),
        order_reference: reference.to_owned(),
        time_to_live: None,
    }
}

impl Setup {
    pub(crate) async fn start() -> Self {
        let clock = Clock::fixed(now());
        let invoicing_db = TestDb::new("invoicing", &quittance_invoicing::App::migrator()).await;
        let db = TestDb::new("credit_risk", &quittance_credit_risk::App::migrator()).await;
        let invoicing = quittance_invoicing::App::new(invoicing_db.db.clone(), Relay::default(), clock.clone());
        let app = quittance_credit_risk::App::new(db.db.clone(), Relay::default(), clock.clone());
        let names = [quittance_invoicing::App::GRPC, quittance_credit_risk::App::GRPC].concat();
        let server = TestServer::start(clock.clone(), &names, |_, all| app.add_routes(invoicing.add_routes(all))).await;
        let invoicing_events =
            Events::relay(quittance_invoicing::AREA, invoicing.db(), invoicing.relay(), &clock, &server.shutdown);
        let events = Events::relay(quittance_credit_risk::AREA, app.db(), app.relay(), &clock, &server.shutdown);
        app.spawn(&Sources::none().with(invoicing_events.source()), &server.shutdown).unwrap();
        let setup = Self { server, events, db };
        setup.create_tenant().await;
        setup
    }

    async fn create_tenant(&self) {
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
    }

    pub(crate) fn credit(&self) -> CreditServiceClient<Client> {
        CreditServiceClient::new(self.server.client())
    }

    pub(crate) fn reservations(&self) -> ReservationServiceClient<Client> {
        ReservationServiceClient::new(self.server.client())
    }

    pub(crate) fn settlements(&self) -> SettlementServiceClient<Client> {
        SettlementServiceClient::new(self.server.client())
    }

    pub(crate) fn items(&self) -> OpenItemServiceClient<Client> {
        OpenItemServiceClient::new(self.server.client())
    }

    /// Waits until credit-risk has applied all that invoicing has published.
    pub(crate) async fn caught_up(&self) {
        wait_until("credit-risk reads all of invoicing's events", || async {
            let published =
                self.items().get_stream_status(common::GetStreamStatusRequest {}).await.unwrap().into_inner();
            let read = self.credit().get_stream_status(common::GetStreamStatusRequest {}).await.unwrap().into_inner();
            let position = read.subscriptions.iter().find(|s| s.area == "invoicing").map_or(0, |s| s.position);
            assert!(read.subscriptions.iter().all(|s| s.dead_letters == 0), "{read:?}");
            published.unpositioned == 0 && position == published.head_position
        })
        .await;
    }

    /// A customer that credit-risk knows.
    pub(crate) async fn customer(&self) -> String {
        let customer = inv::Customer { name: "Buyer".to_owned(), ..inv::Customer::default() };
        let request = inv::CreateCustomerRequest { request_id: request_id(), customer: Some(customer) };
        let created = CustomerServiceClient::new(self.server.client()).create_customer(request).await.unwrap();
        self.caught_up().await;
        created.into_inner().customer_id
    }

    /// A customer with a limit.
    pub(crate) async fn customer_with_limit(&self, limit: &str) -> String {
        let customer = self.customer().await;
        self.try_profile(&customer, limit).await.unwrap();
        customer
    }

    pub(crate) async fn try_profile(&self, customer: &str, limit: &str) -> Result<pb::CreditProfile, Status> {
        let profile =
            pb::CreditProfile { customer_id: customer.to_owned(), limit: eur(limit), ..pb::CreditProfile::default() };
        let request = pb::CreateProfileRequest { request_id: request_id(), profile: Some(profile) };
        self.credit().create_profile(request).await.map(tonic::Response::into_inner)
    }

    pub(crate) async fn profile(&self, customer: &str) -> pb::CreditProfile {
        let request = pb::GetProfileRequest { customer_id: customer.to_owned(), currency_code: "EUR".to_owned() };
        self.credit().get_profile(request).await.unwrap().into_inner()
    }

    /// Waits until a customer's exposure, reserved and available are these.
    pub(crate) async fn until_used(&self, customer: &str, expected: [&str; 3]) {
        wait_until(&format!("{expected:?} is used"), || async { used(&self.profile(customer).await) == expected })
            .await;
    }

    pub(crate) async fn try_authorize(
        &self,
        customer: &str,
        reference: &str,
        amount: &str,
    ) -> Result<pb::Reservation, Status> {
        self.reservations().authorize_order(order(customer, reference, amount)).await.map(tonic::Response::into_inner)
    }

    pub(crate) async fn authorize(&self, customer: &str, reference: &str, amount: &str) -> pb::Reservation {
        self.try_authorize(customer, reference, amount).await.unwrap()
    }

    pub(crate) async fn try_confirm(&self, reservation: &pb::Reservation) -> Result<pb::Reservation, Status> {
        let request = pb::ConfirmReservationRequest {
            request_id: request_id(),
            reservation_id: reservation.reservation_id.clone(),
        };
        self.reservations().confirm_reservation(request).await.map(tonic::Response::into_inner)
    }

    pub(crate) async fn try_release(&self, reservation: &pb::Reservation) -> Result<pb::Reservation, Status> {
        let request = pb::ReleaseReservationRequest {
            request_id: request_id(),
            reservation_id: reservation.reservation_id.clone(),
        };
        self.reservations().release_reservation(request).await.map(tonic::Response::into_inner)
    }

    pub(crate) async fn reservation(&self, reservation: &pb::Reservation) -> pb::Reservation {
        let request = pb::GetReservationRequest { reservation_id: reservation.reservation_id.clone() };
        self.reservations().get_reservation(request).await.unwrap().into_inner()
    }

    /// An invoice, not waited for. `reservation` is its order's.
    pub(crate) async fn issue(
        &self,
        customer: &str,
        amount: &str,
        reservation: Option<&pb::Reservation>,
    ) -> inv::Invoice {
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
            reservation_id: reservation.map(|r| r.reservation_id.clone()).unwrap_or_default(),
            ..inv::Invoice::default()
        };
        let request = inv::CreateAndIssueInvoiceRequest { request_id: request_id(), invoice: Some(invoice) };
        InvoiceServiceClient::new(self.server.client()).create_and_issue_invoice(request).await.unwrap().into_inner()
    }

    /// An invoice that credit-risk knows.
    pub(crate) async fn invoice(
        &self,
        customer: &str,
        amount: &str,
        reservation: Option<&pb::Reservation>,
    ) -> inv::Invoice {
        let invoice = self.issue(customer, amount, reservation).await;
        self.caught_up().await;
        invoice
    }

    /// Settles an item, as payments does. Returns the allocation's id.
    pub(crate) async fn settle(&self, item: &str, amount: &str) -> String {
        self.settle_and_write_off(item, amount, None).await
    }

    /// Settles an item with a small difference. Returns the allocation's id.
    pub(crate) async fn settle_and_write_off(&self, item: &str, amount: &str, write_off: Option<&str>) -> String {
        let allocation_id = AllocationId::at(now()).to_string();
        let settlement = inv::Settlement {
            allocation_id: allocation_id.clone(),
            item_id: item.to_owned(),
            payment_id: PaymentId::at(now()).to_string(),
            amount: eur(amount),
            effective_on: "2026-03-02".to_owned(),
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

    /// Checks credit-risk's invariants.
    pub(crate) async fn verify(&self) {
        let found = self.credit().verify_ledger(common::VerifyLedgerRequest {}).await.unwrap().into_inner();
        assert_eq!(found.invariants.len(), 2);
        for invariant in found.invariants {
            assert_eq!(invariant.violations, 0, "{invariant:?}");
        }
    }
}
