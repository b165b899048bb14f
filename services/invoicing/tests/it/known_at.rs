//! Statements as they were known at an instant.

use chrono::{DateTime, Duration, Utc};
use quittance_proto::{instant, invoicing::v1 as pb};
use quittance_testkit::{assert_violations, now, request_id, wait_until};
use sqlx::Executor as _;

use crate::{
    bad_debts::write_off,
    customer_credits,
    settling::{reverse, settle, settlement},
    setup::{Service, amount, invoice},
};

/// The start of an hour of the test.
fn hour(number: usize) -> DateTime<Utc> {
    now() + Duration::hours(i64::try_from(number).unwrap())
}

/// An invoice over 119.00 EUR: 100.00 at once and the rest later.
fn in_two(customer: &str) -> pb::CreateAndIssueInvoiceRequest {
    use pb::{Installment, installment::Share};

    let part = |share, net_days| Installment { share, net_days, discounts: vec![] };
    let installments = vec![part(Some(Share::Amount("100".to_owned())), 0), part(None, 30)];
    let agreed_terms = Some(pb::PaymentTerms { installments, ..pb::PaymentTerms::default() });
    pb::CreateAndIssueInvoiceRequest {
        request_id: request_id(),
        invoice: Some(pb::Invoice { agreed_terms, ..invoice(customer) }),
    }
}

impl Service {
    /// The statements of the day of all entries, and of the day after, on which all is carried.
    async fn statements(&self, customer: &str, known_at: Option<DateTime<Utc>>) -> Vec<pb::Statement> {
        let mut statements = Vec::new();
        for (from_on, to_on) in [("2026-03-01", "2026-03-31"), ("2026-03-04", "2026-03-31")] {
            let request = pb::GetStatementRequest {
                customer_id: customer.to_owned(),
                currency_code: "EUR".to_owned(),
                from_on: from_on.to_owned(),
                to_on: to_on.to_owned(),
                known_at: known_at.map(instant),
            };
            let statement = self.items().get_statement(request).await.unwrap().into_inner();
            assert_eq!(statement.known_at, known_at.map(instant));
            statements.push(pb::Statement { known_at: None, ..statement });
        }
        statements
    }

    async fn execute(&self, statement: &'static str) -> u64 {
        self.db.connect_as("quittance_owner").await.execute(statement).await.unwrap().rows_affected()
    }

    async fn count(&self, query: &'static str) -> i64 {
        let mut owner = self.db.connect_as("quittance_owner").await;
        owner.execute("set row_security = off").await.unwrap();
        sqlx::query_scalar(query).fetch_one(&mut owner).await.unwrap()
    }

    /// Does something at the start of the next hour, which has its position half an hour later.
    async fn next<T>(&self, made: &mut Vec<Vec<pb::Statement>>, customer: &str, work: impl Future<Output = T>) -> T {
        self.clock.set(hour(made.len()));
        let done = work.await;
        wait_until("all events have positions", async || self.count("select count(*) from outbox_queue").await == 0)
            .await;
        self.execute(
            "update outbox_position p
             set positioned_at = o.recorded_at + interval '30 minutes'
             from outbox o
             where o.id = p.outbox_id",
        )
        .await;
        made.push(self.statements(customer, None).await);
        done
    }

    /// Keeps a credit on account, applies it, reverses that, and writes it off.
    async fn use_a_credit(&self, made: &mut Vec<Vec<pb::Statement>>, customer: &str, invoice: &pb::Invoice) {
        let credit = self.credit_on_account(&invoice.invoice_id, Some("30"), true);
        let credit = Box::pin(self.next(made, customer, credit)).await;
        let applying = async {
            let request = pb::ApplyCreditRequest {
                request_id: request_id(),
                credit_id: credit.credit_id.clone(),
                ..Default::default()
            };
            self.customer_credits().apply_credit(request).await.unwrap().into_inner().entries.remove(0)
        };
        let applied = Box::pin(self.next(made, customer, applying)).await;
        let reversing =
            async { self.customer_credits().reverse_credit_entry(customer_credits::reverse(&applied)).await.unwrap() };
        Box::pin(self.next(made, customer, reversing)).await;
        let giving_up = async {
            self.customer_credits().write_off_credit(customer_credits::write_off(&credit, None)).await.unwrap()
        };
        Box::pin(self.next(made, customer, giving_up)).await;
    }
}

#[tokio::test]
async fn a_statement_as_known_at_an_instant_is_the_one_that_was_made_then() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let mut made = vec![service.statements(&customer, None).await];
    let service = &service;
    let issued = service.next(&mut made, &customer, service.issued(&customer)).await;
    let voided = service.next(&mut made, &customer, service.issued(&customer)).await;
    let in_parts = async { service.invoices().create_and_issue_invoice(in_two(&customer)).await.unwrap().into_inner() };
    let parts = service.next(&mut made, &customer, in_parts).await;
    let paid = settlement(&issued.invoice_id, "50");
    let settling = async { service.settlements().settle_items(settle(vec![paid.clone()])).await.unwrap() };
    service.next(&mut made, &customer, settling).await;
    let reversing = async { service.settlements().reverse_settlements(reverse(&paid, "2026-03-02")).await.unwrap() };
    service.next(&mut made, &customer, reversing).await;
    let giving_up = async {
        let request = write_off(&issued.invoice_id, Some("19"));
        service.bad_debts().write_off_item(request).await.unwrap().into_inner().bad_debt.unwrap()
    };
    let debt = service.next(&mut made, &customer, giving_up).await;
    let recovering = async {
        let request = pb::RecordRecoveryRequest {
            request_id: request_id(),
            bad_debt_id: debt.bad_debt_id.clone(),
            reason: "A quota is paid.".to_owned(),
            ..Default::default()
        };
        service.bad_debts().record_recovery(request).await.unwrap()
    };
    service.next(&mut made, &customer, recovering).await;
    let voiding = async {
        let request = pb::VoidInvoiceRequest {
            request_id: request_id(),
            invoice_id: voided.invoice_id.clone(),
            reason: "Wrong customer".to_owned(),
            etag: String::new(),
        };
        service.invoices().void_invoice(request).await.unwrap()
    };
    service.next(&mut made, &customer, voiding).await;
    let crediting = async {
        let request = pb::CreditInvoiceRequest {
            request_id: request_id(),
            invoice_id: parts.invoice_id.clone(),
            reason: pb::CreditReason::Return.into(),
            ..Default::default()
        };
        service.credit_notes().credit_invoice(request).await.unwrap()
    };
    service.next(&mut made, &customer, crediting).await;
    Box::pin(service.use_a_credit(&mut made, &customer, &issued)).await;

    service.clock.set(hour(made.len()));
    let mut balances = Vec::new();
    for (number, expected) in made.iter().enumerate().skip(1) {
        let known_at = hour(number) + Duration::minutes(30);
        assert_eq!(&service.statements(&customer, Some(known_at)).await, expected, "hour {number}");
        let earlier = known_at - Duration::microseconds(1);
        assert_eq!(service.statements(&customer, Some(earlier)).await, made[number - 1], "before hour {number}");
        let [first, second] = &expected[..] else { panic!("two statements") };
        assert_eq!([&first.closing_balance; 2], [&second.closing_balance, &second.opening_balance]);
        balances.push(amount(&first.closing_balance).to_owned());
    }
    let expected = [
        "119.00", "238.00", "357.00", "307.00", "357.00", "338.00", "357.00", "238.00", "119.00", "89.00", "89.00",
        "89.00", "119.00",
    ];
    assert_eq!(balances, expected);

    // Every entry has its event: none is known by the time at which it was recorded.
    let without_event = service.count(
        "select count(*)
         from entry e
         join open_item i on i.tenant_id = e.tenant_id and i.id = e.item_id
         where not exists (
           select
           from outbox x
           where x.tenant_id = e.tenant_id and x.recorded_at = e.recorded_at
             and x.subject in ('items/' || i.id, 'invoices/' || coalesce(i.document_id, i.id), 'credits/' || e.source_id))",
    );
    assert_eq!(without_event.await, 0);
    let without_event = service.count(
        "select count(*)
         from customer_credit_entry e
         join credit_note n on n.tenant_id = e.tenant_id and n.id = e.credit_id
         where not exists (
           select
           from outbox x
           where x.tenant_id = e.tenant_id and x.recorded_at = e.recorded_at and x.subject in ('credits/' || e.credit_id, 'invoices/' || n.invoice_id))",
    );
    assert_eq!(without_event.await, 0);
}

/// Also not what has been recorded by the instant: it is committed, and its time is not known yet.
#[tokio::test]
async fn what_has_no_position_is_not_known() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let before = service.statements(&customer, None).await;
    service.issued(&customer).await;
    let after = service.statements(&customer, None).await;
    wait_until("all events have positions", async || service.count("select count(*) from outbox_queue").await == 0)
        .await;
    assert_eq!(service.statements(&customer, Some(now())).await, after);
    assert!(service.execute("delete from outbox_position").await > 0);
    assert_eq!(service.statements(&customer, Some(now())).await, before);
    assert_ne!(before, after);
    // Recorded before events had subjects.
    service.execute("alter table outbox no force row level security; update outbox set subject = null").await;
    assert_eq!(service.statements(&customer, Some(now())).await, after);
    assert_eq!(service.statements(&customer, Some(now() - Duration::microseconds(1))).await, before);
}

#[tokio::test]
async fn nothing_is_known_of_the_future() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let request = pb::GetStatementRequest {
        customer_id: customer,
        currency_code: "EUR".to_owned(),
        from_on: "2026-03-01".to_owned(),
        to_on: "2026-03-31".to_owned(),
        known_at: Some(instant(now() + Duration::microseconds(1))),
    };
    assert_violations(&service.items().get_statement(request).await.unwrap_err(), &["known_at"]);
}
