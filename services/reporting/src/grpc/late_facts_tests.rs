//! Facts that become known late change the figures of the past, and not what was known of it.

use chrono::{DateTime, Duration, Utc};
use prost::Message as _;
use quittance_events::Envelope;
use quittance_host::Service as _;
use quittance_kernel::{AllocationId, Clock, CustomerId, DisputeId, EventId, ItemId, PaymentId, TenantId};
use quittance_proto::{
    collections::v1::{self as col, collections_event},
    common::v1::Money,
    instant,
    invoicing::v1::{self as inv, invoicing_event},
    payments::v1::{self as pay, payments_event},
    reporting::v1::{self as pb, report_service_server::ReportService as _},
};
use quittance_testkit::{TestDb, assert_violations, now};
use sqlx::{AssertSqlSafe, Executor as _};

use super::known_at_tests::{aging, kpis, listed, request};
use crate::{App, inbox::test_events::apply};

/// The date of the reports, before all that becomes known is known.
const ON: &str = "2025-03-31";

/// The read models of a tenant, and what was published.
struct Book {
    db: TestDb,
    app: App,
    tenant: TenantId,
    customer: CustomerId,
    positions: [i64; 3],
}

fn eur(amount: &str) -> Option<Money> {
    Some(Money { currency_code: "EUR".to_owned(), amount: amount.to_owned() })
}

fn text(money: Option<&Money>) -> &str {
    &money.unwrap().amount
}

/// The instant of the nth day.
fn day(number: i64) -> DateTime<Utc> {
    now() + Duration::days(number)
}

impl Book {
    /// A book with a tenant and a customer, known on day 0.
    async fn new() -> Self {
        let db = TestDb::new("reporting", &App::migrator()).await;
        let app = App::new(db.db.clone(), Clock::fixed(day(100)));
        let (tenant, customer) = (TenantId::at(now()), CustomerId::at(now()));
        let mut book = Self { db, app, tenant, customer, positions: [0; 3] };
        let tenant = inv::Tenant {
            name: "Northwind".to_owned(),
            time_zone: "UTC".to_owned(),
            base_currency_code: "EUR".to_owned(),
            ..inv::Tenant::default()
        };
        book.invoicing(0, invoicing_event::Payload::TenantCreated(inv::TenantCreated { tenant: Some(tenant) })).await;
        let created = inv::Customer { customer_id: customer.to_string(), ..inv::Customer::default() };
        let created = inv::CustomerCreated { customer: Some(created) };
        book.invoicing(0, invoicing_event::Payload::CustomerCreated(created)).await;
        book
    }

    async fn published(&mut self, place: usize, known_on: i64, payload: Vec<u8>) {
        let area = ["invoicing", "payments", "collections"][place];
        self.positions[place] += 1;
        let event = Envelope {
            position: self.positions[place],
            event_id: EventId::at(now()),
            tenant: self.tenant,
            kind: format!("quittance.{area}.v1.Event"),
            ordering_key: self.customer.uuid(),
            causation: None,
            origin: None,
            traceparent: None,
            tracestate: None,
            recorded_at: day(known_on) - Duration::hours(1),
            positioned_at: Some(day(known_on)),
            payload,
            place: None,
        };
        apply(self.app.db(), area, &[event]).await;
    }

    async fn invoicing(&mut self, known_on: i64, payload: invoicing_event::Payload) {
        self.published(0, known_on, inv::InvoicingEvent { payload: Some(payload) }.encode_to_vec()).await;
    }

    async fn payments(&mut self, known_on: i64, payload: payments_event::Payload) {
        self.published(1, known_on, pay::PaymentsEvent { payload: Some(payload) }.encode_to_vec()).await;
    }

    async fn collections(&mut self, known_on: i64, payload: collections_event::Payload) {
        self.published(2, known_on, col::CollectionsEvent { payload: Some(payload) }.encode_to_vec()).await;
    }

    /// An invoice of March 3, due on March 17, known on a day.
    async fn invoice(&mut self, known_on: i64, total: &str) -> ItemId {
        let id = ItemId::at(now());
        let issued = inv::InvoiceIssued {
            invoice_id: id.to_string(),
            customer_id: self.customer.to_string(),
            number: id.to_string(),
            issued_on: "2025-03-03".to_owned(),
            due_on: "2025-03-17".to_owned(),
            total: eur(total),
            ..inv::InvoiceIssued::default()
        };
        self.invoicing(known_on, invoicing_event::Payload::InvoiceIssued(issued)).await;
        id
    }

    /// A payment of March 20 on an item, known on a day.
    async fn settle(&mut self, known_on: i64, item: ItemId, amount: &str) {
        let settlement = inv::Settlement {
            allocation_id: AllocationId::at(now()).to_string(),
            item_id: item.to_string(),
            amount: eur(amount),
            effective_on: "2025-03-20".to_owned(),
            ..inv::Settlement::default()
        };
        let settled = inv::ItemSettled { settlement: Some(settlement), ..inv::ItemSettled::default() };
        self.invoicing(known_on, invoicing_event::Payload::ItemSettled(settled)).await;
    }

    /// A figure of the aging report of [`ON`] as known on each of these days, and as known now.
    async fn aged<const N: usize>(&self, known_on: [i64; N], figure: fn(&pb::AgingReport) -> String) -> Vec<String> {
        let mut found = Vec::new();
        for known_at in known_on.map(|number| Some(day(number))).into_iter().chain([None]) {
            found.push(figure(&aging(&self.app, self.tenant, ON, known_at).await.unwrap()));
        }
        found
    }
}

#[tokio::test]
async fn a_report_of_last_week_is_the_same_after_a_back_dated_payment() {
    let mut book = Book::new().await;
    let item = book.invoice(1, "1110.00").await;
    let open = |report: &pb::AgingReport| text(report.open_total.as_ref()).to_owned();
    assert_eq!(book.aged([7], open).await, ["1110.00", "1110.00"]);
    book.settle(8, item, "50.00").await;
    let last_week = day(7) + Duration::hours(23);
    let before = aging(&book.app, book.tenant, ON, Some(last_week)).await.unwrap();
    assert_eq!(book.aged([0, 1, 7, 8], open).await, ["0.00", "1110.00", "1110.00", "1060.00", "1060.00"]);
    // The position's time counts, and not when it was recorded, before it was committed.
    book.settle(9, item, "60.00").await;
    assert_eq!(aging(&book.app, book.tenant, ON, Some(last_week)).await.unwrap(), before);
    let recorded = aging(&book.app, book.tenant, ON, Some(day(9) - Duration::minutes(1))).await.unwrap();
    assert_eq!([open(&recorded), open(&before)], ["1060.00", "1110.00"]);
    assert_eq!(book.aged([9], open).await, ["1000.00", "1000.00"]);
}

/// A sale that is voided later leaves the period of its issue when that is known.
#[tokio::test]
async fn a_voided_sale_stands_as_known_before() {
    let mut book = Book::new().await;
    let item = book.invoice(1, "200.00").await;
    book.invoice(1, "300.00").await;
    let voided = inv::InvoiceVoided {
        invoice_id: item.to_string(),
        customer_id: book.customer.to_string(),
        voided_on: "2025-03-21".to_owned(),
        amount: eur("200.00"),
        ..inv::InvoiceVoided::default()
    };
    book.invoicing(5, invoicing_event::Payload::InvoiceVoided(voided)).await;
    let mut found = Vec::new();
    for known_at in [Some(day(4)), Some(day(5)), None] {
        let report = kpis(&book.app, book.tenant, ON, known_at).await;
        let dso = report.dso_period_90.unwrap();
        found.push((dso.denominator, dso.documents, text(report.invoiced_to_date.as_ref()).to_owned()));
    }
    let figures = |sales: &str, documents| (sales.to_owned(), documents, sales.to_owned());
    assert_eq!(found, [figures("500.00", 2), figures("300.00", 1), figures("300.00", 1)]);
}

#[tokio::test]
async fn a_payer_is_a_customers_once_it_is_known() {
    let mut book = Book::new().await;
    let payment = PaymentId::at(now());
    let received = pay::PaymentReceived {
        payment_id: payment.to_string(),
        amount: eur("80.00"),
        received_on: "2025-03-10".to_owned(),
        ..pay::PaymentReceived::default()
    };
    book.payments(2, payments_event::Payload::PaymentReceived(received)).await;
    let (payment_id, customer_id) = (payment.to_string(), book.customer.to_string());
    let attributed = pay::PaymentAttributed { payment_id, customer_id };
    book.payments(6, payments_event::Payload::PaymentAttributed(attributed)).await;
    let unapplied = |report: &pb::AgingReport| text(report.unapplied.as_ref()).to_owned();
    assert_eq!(book.aged([1, 2, 5, 6], unapplied).await, ["0.00", "80.00", "80.00", "80.00", "80.00"]);
    let mut of_customer = Vec::new();
    for known_at in [Some(day(5)), Some(day(6)), None] {
        let customers = listed(&book.app, book.tenant, ON, known_at).await;
        of_customer.push(customers.first().map(|customer| text(customer.unapplied.as_ref()).to_owned()));
    }
    assert_eq!(of_customer, [None, Some("80.00".to_owned()), Some("80.00".to_owned())]);
}

#[tokio::test]
async fn extensions_and_disputes_count_once_they_are_known() {
    let mut book = Book::new().await;
    let item = book.invoice(1, "100.00").await;
    let extension = inv::DueDateExtension {
        item_id: item.to_string(),
        customer_id: book.customer.to_string(),
        due_on: "2025-04-30".to_owned(),
        effective_on: "2025-03-15".to_owned(),
        ..inv::DueDateExtension::default()
    };
    let extended = inv::DueDateExtended { extension: Some(extension) };
    book.invoicing(3, invoicing_event::Payload::DueDateExtended(extended)).await;
    let mut dispute = col::Dispute {
        dispute_id: DisputeId::at(now()).to_string(),
        item_id: item.to_string(),
        opened_on: "2025-03-12".to_owned(),
        ..col::Dispute::default()
    };
    let opened = col::DisputeOpened { dispute: Some(dispute.clone()) };
    book.collections(5, collections_event::Payload::DisputeOpened(opened)).await;
    dispute.resolved_on = "2025-03-28".to_owned();
    let resolved = col::DisputeResolved { dispute: Some(dispute) };
    book.collections(7, collections_event::Payload::DisputeResolved(resolved)).await;
    let not_due = |report: &pb::AgingReport| text(report.aging.as_ref().unwrap().not_due.as_ref()).to_owned();
    assert_eq!(book.aged([2, 3], not_due).await, ["0.00", "100.00", "100.00"]);
    let disputed = |report: &pb::AgingReport| text(report.disputed.as_ref()).to_owned();
    assert_eq!(book.aged([4, 5, 6, 7], disputed).await, ["0.00", "100.00", "100.00", "0.00", "0.00"]);
}

/// Rows of the version before have no time of their position: entries go by the time they were recorded, disputes by their dates.
#[tokio::test]
async fn what_was_applied_before_goes_by_when_it_was_recorded() {
    let mut book = Book::new().await;
    let item = book.invoice(1, "100.00").await;
    let dispute = col::Dispute {
        dispute_id: DisputeId::at(now()).to_string(),
        item_id: item.to_string(),
        opened_on: "2025-03-12".to_owned(),
        ..col::Dispute::default()
    };
    book.collections(
        5,
        collections_event::Payload::DisputeOpened(col::DisputeOpened { dispute: Some(dispute.clone()) }),
    )
    .await;
    let forget = "update entry set known_at = null; update dispute set known_at = null";
    book.db.connect_as("quittance_owner").await.execute(AssertSqlSafe(forget)).await.unwrap();
    let figures = |report: &pb::AgingReport| text(report.disputed.as_ref()).to_owned();
    assert_eq!(book.aged([0, 1, 5], figures).await, ["0.00", "100.00", "100.00", "100.00"]);
    let before = aging(&book.app, book.tenant, ON, Some(day(1) - Duration::hours(1))).await.unwrap();
    assert_eq!(text(before.open_total.as_ref()), "100.00", "it was recorded an hour before its position");
    // What becomes known now does not change when the dispute was opened.
    let resolved = col::Dispute { resolved_on: "2025-03-28".to_owned(), ..dispute };
    book.collections(7, collections_event::Payload::DisputeResolved(col::DisputeResolved { dispute: Some(resolved) }))
        .await;
    assert_eq!(book.aged([1, 6, 7], figures).await, ["100.00", "100.00", "0.00", "0.00"]);
}

#[tokio::test]
async fn nothing_is_known_of_the_future_and_reports_say_up_to_when_they_are_final() {
    let mut book = Book::new().await;
    book.invoice(3, "100.00").await;
    let early = aging(&book.app, book.tenant, ON, Some(day(100) + Duration::microseconds(1))).await.unwrap_err();
    assert_violations(&early, &["known_at"]);
    let message = pb::GetCustomerBalanceRequest {
        customer_id: "x".to_owned(),
        effective_on: "x".to_owned(),
        known_at: Some(prost_types::Timestamp { seconds: i64::MAX, nanos: 0 }),
    };
    let bad = book.app.get_customer_balance(request(book.tenant, message)).await.unwrap_err();
    assert_violations(&bad, &["customer_id", "effective_on", "known_at"]);
    let message = pb::GetCustomerBalanceRequest {
        customer_id: book.customer.to_string(),
        known_at: Some(instant(day(2))),
        ..pb::GetCustomerBalanceRequest::default()
    };
    let found = book.app.get_customer_balance(request(book.tenant, message)).await.unwrap().into_inner();
    assert_eq!(found.known_at, Some(instant(day(2))));
    let read: Vec<_> =
        found.watermarks.into_iter().map(|read| (read.area, read.position, read.position_time)).collect();
    assert_eq!(read, [("invoicing".to_owned(), 3, Some(instant(day(3))))]);
}

/// How late an item was paid goes by the due date that was known.
#[tokio::test]
async fn days_late_are_those_of_the_due_date_that_was_known() {
    let mut book = Book::new().await;
    let item = book.invoice(1, "100.00").await;
    book.settle(2, item, "100.00").await;
    let extension = inv::DueDateExtension {
        item_id: item.to_string(),
        customer_id: book.customer.to_string(),
        due_on: "2025-03-19".to_owned(),
        effective_on: "2025-03-16".to_owned(),
        ..inv::DueDateExtension::default()
    };
    let extended = inv::DueDateExtended { extension: Some(extension) };
    book.invoicing(4, invoicing_event::Payload::DueDateExtended(extended)).await;
    let mut late = Vec::new();
    for known_at in [Some(day(1)), Some(day(3)), Some(day(4)), None] {
        late.push(kpis(&book.app, book.tenant, ON, known_at).await.average_days_late.unwrap().value);
    }
    assert_eq!(late, ["", "3.00", "1.00", "1.00"]);
}

/// What was wrong at a month's end, and is right as known now, is found: here an item of a customer that is not known, until it was voided.
#[tokio::test]
async fn verification_looks_at_what_was_known_at_month_ends() {
    let mut book = Book::new().await;
    book.invoice(1, "100.00").await;
    let (item, customer) = (ItemId::at(now()), CustomerId::at(now()));
    for (kind, amount, known_on) in [("invoice", "10", 2), ("void", "-10", 40)] {
        let entry = format!(
            "insert into entry
               (tenant_id, event_id, kind, item_id, customer_id, currency, amount, effective_on, issued_on, due_on, recorded_at, known_at, position)
             values ('{}', gen_random_uuid(), '{kind}', '{item}', '{customer}', 'EUR', {amount}, '2025-03-03', '2025-03-03', '2025-03-03',
               '{known_at}', '{known_at}', {known_on})",
            book.tenant,
            known_at = day(known_on),
        );
        book.db.connect_as("quittance_owner").await.execute(AssertSqlSafe(entry)).await.unwrap();
    }
    let found = super::invariants(&book.app, book.tenant).await.unwrap().pop().unwrap().found;
    // Today and the month ends of March to May, as known then; nothing is dated in them.
    assert_eq!((found.checked, found.violations), (4, 1), "{:?}", found.examples);
    assert!(found.examples[0].starts_with("2026-03-31 EUR as known 2026-04-01T00:00:00"), "{:?}", found.examples);
}
