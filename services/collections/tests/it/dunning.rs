//! Which customers are reminded, when, and with what words.

use std::collections::HashSet;

use quittance_proto::{
    collections::v1 as pb,
    common::v1::RunState,
    invoicing::v1::{
        self as inv, customer_service_client::CustomerServiceClient, invoice_service_client::InvoiceServiceClient,
        tenant_service_client::TenantServiceClient,
    },
};
use quittance_testkit::{assert_fault, assert_violations, request_id};
use tonic::Code;

use crate::support::{Setup, brief, step};

fn contact(name: &str, email: &str, pays_invoices: bool) -> inv::Contact {
    inv::Contact { name: name.to_owned(), email: email.to_owned(), pays_invoices, ..inv::Contact::default() }
}

#[tokio::test]
async fn a_preview_shows_what_a_run_records() {
    let setup = Setup::start().await;
    for (name, due_on) in [("A", "2026-02-20"), ("B", "2026-02-28"), ("C", "2026-03-04"), ("D", "2026-04-01")] {
        let customer = setup.customer(name, vec![]).await;
        setup.invoice(&customer, "100.00", due_on).await;
        setup.invoice(&customer, "20.50", due_on).await;
    }
    let previewed = setup.preview("2026-03-02").await;
    let recorded = setup.run("2026-03-02").await;
    assert_eq!(previewed.iter().map(|r| r.offset_days).collect::<Vec<_>>(), [8, 1, -3]);
    let without_ids = |reminder: &pb::Reminder| pb::Reminder {
        reminder_id: String::new(),
        run_id: String::new(),
        record_time: None,
        ..reminder.clone()
    };
    assert_eq!(previewed, recorded.iter().map(without_ids).collect::<Vec<_>>());
    assert_eq!(previewed[0].subject, "firm: 120.50 EUR");
    assert!(recorded.iter().all(|r| r.record_time.is_some() && !r.reminder_id.is_empty()));
    assert_eq!(setup.preview("2026-03-02").await, []);
    let kinds = setup.events.kinds(6).await;
    assert_eq!(kinds[1..], ["RunStarted", "ReminderRecorded", "ReminderRecorded", "ReminderRecorded", "RunEnded"]);
    setup.verify().await;
}

/// The seller's name is read when it is needed: no process keeps the one of before.
#[tokio::test]
async fn reminders_name_the_seller_as_it_is_now() {
    let setup = Setup::start().await;
    let customer = setup.customer("A", vec![]).await;
    setup.invoice(&customer, "100.00", "2026-02-20").await;
    let before = setup.preview("2026-03-02").await;
    assert!(before[0].body.contains("Seller, Accounts"), "{}", before[0].body);
    let tenant = inv::Tenant { name: "Southwind AG".to_owned(), ..inv::Tenant::default() };
    let request = inv::UpdateTenantRequest {
        request_id: request_id(),
        tenant: Some(tenant),
        ..inv::UpdateTenantRequest::default()
    };
    TenantServiceClient::new(setup.server.client()).update_tenant(request).await.unwrap();
    setup.caught_up().await;
    for reminder in [&setup.preview("2026-03-02").await[0], &setup.run("2026-03-02").await[0]] {
        assert!(reminder.body.contains("Southwind AG, Accounts"), "{}", reminder.body);
    }
}

#[tokio::test]
async fn an_extended_item_is_reminded_by_its_new_due_date() {
    let setup = Setup::start().await;
    let customer = setup.customer("A", vec![]).await;
    let late = setup.invoice(&customer, "100.00", "2026-02-20").await;
    setup.invoice(&customer, "20.50", "2026-02-28").await;
    assert_eq!(setup.due("2026-03-02").await, [(8, vec![(8, "100.00".to_owned()), (1, "20.50".to_owned())])]);
    setup.extend(&late.invoice_id, "2026-03-05").await;
    assert_eq!(setup.due("2026-03-02").await, [(1, vec![(1, "20.50".to_owned()), (-3, "100.00".to_owned())])]);
    setup.verify().await;
}

#[tokio::test]
async fn a_preview_is_paged_by_customer_and_currency() {
    let setup = Setup::start().await;
    for name in ["A", "B", "C", "D", "E"] {
        let customer = setup.customer(name, vec![]).await;
        setup.invoice(&customer, "10.00", "2026-02-01").await;
    }
    let all = setup.preview("2026-03-02").await;
    let (mut paged, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = pb::PreviewDunningRequest {
            as_of: "2026-03-02".to_owned(),
            page_size: 2,
            page_token,
            ..pb::PreviewDunningRequest::default()
        };
        let page = setup.dunning().preview_dunning(request).await.unwrap().into_inner();
        paged.extend(page.reminders);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(paged.len(), 5);
    assert_eq!(paged, all);
    let request = pb::PreviewDunningRequest {
        as_of: "2026-03-02".to_owned(),
        page_token: "x".to_owned(),
        ..pb::PreviewDunningRequest::default()
    };
    assert_violations(&setup.dunning().preview_dunning(request).await.unwrap_err(), &["page_token"]);
}

#[tokio::test]
async fn running_twice_records_nothing_twice() {
    let setup = Setup::start().await;
    let customer = setup.customer("A", vec![]).await;
    setup.invoice(&customer, "100.00", "2026-02-28").await;
    let request = pb::StartDunningRequest {
        request_id: request_id(),
        as_of: "2026-03-02".to_owned(),
        strategy_id: String::new(),
    };
    let first = setup.dunning().start_dunning(request.clone()).await.unwrap().into_inner();
    let ended = setup.ended(&first.run_id).await;
    let same = setup.dunning().start_dunning(request).await.unwrap().into_inner();
    assert_eq!(first, same, "the response is the one that was stored");
    assert_eq!(
        (first.total_count, first.state(), ended.done_count, ended.state()),
        (1, RunState::Running, 1, RunState::Finished)
    );
    let other = setup.try_start("2026-03-02").await.unwrap();
    assert_eq!((other.total_count, other.state()), (0, RunState::Finished), "a run without items ends at once");
    assert_ne!(other.run_id, first.run_id);
    // An earlier date does not go back to an earlier step either.
    assert_eq!(setup.run("2026-02-26").await, []);
    setup.verify().await;
}

#[tokio::test]
async fn eight_runs_at_once_record_every_reminder_once() {
    let setup = Setup::start().await;
    for name in ["A", "B", "C"] {
        let customer = setup.customer(name, vec![]).await;
        for _ in 0..3 {
            setup.invoice(&customer, "10.00", "2026-02-20").await;
        }
    }
    let runs: Vec<_> = (0..8)
        .map(|_| {
            let mut client = setup.dunning();
            let request = pb::StartDunningRequest {
                request_id: request_id(),
                as_of: "2026-03-02".to_owned(),
                strategy_id: String::new(),
            };
            tokio::spawn(async move { client.start_dunning(request).await.unwrap().into_inner() })
        })
        .collect();
    let mut recorded = Vec::new();
    for run in runs {
        let run = run.await.unwrap();
        recorded.push(setup.ended(&run.run_id).await);
    }
    assert_eq!(recorded.iter().map(|run| run.done_count).sum::<i32>(), 3, "{recorded:?}");
    assert_eq!(recorded.iter().map(|run| run.failed_count).sum::<i32>(), 0, "{recorded:?}");
    let all = setup.dunning().list_reminders(pb::ListRemindersRequest::default()).await.unwrap().into_inner().reminders;
    let items: HashSet<&str> = all.iter().flat_map(|r| &r.items).map(|item| item.item_id.as_str()).collect();
    assert_eq!((all.len(), items.len()), (3, 9));
    setup.verify().await;
}

/// A run for yesterday does not remind of what was paid today, and a second strategy does not remind again on the same day.
#[tokio::test]
async fn a_run_is_decided_on_what_is_known_now() {
    let setup = Setup::start().await;
    let customer = setup.customer("A", vec![]).await;
    let paid = setup.invoice(&customer, "100.00", "2026-02-20").await;
    let partly = setup.invoice(&customer, "80.00", "2026-02-20").await;
    setup.settle(&paid.invoice_id, "100.00", None, "2026-03-02").await;
    setup.settle(&partly.invoice_id, "30.00", None, "2026-03-02").await;
    assert_eq!(setup.run("2026-03-01").await.iter().map(brief).collect::<Vec<_>>(), [(8, vec![(8, "50.00")])]);
    let firmer = setup.create_strategy("firmer", vec![step(9, "firmer")]).await;
    let run = |as_of: &str| {
        let request = pb::StartDunningRequest {
            request_id: request_id(),
            as_of: as_of.to_owned(),
            strategy_id: firmer.strategy_id.clone(),
        };
        let (mut client, setup) = (setup.dunning(), &setup);
        async move {
            let run = client.start_dunning(request).await.unwrap().into_inner();
            setup.ended(&run.run_id).await.done_count
        }
    };
    assert_eq!(run("2026-03-01").await, 0);
    assert_eq!(run("2026-03-02").await, 1);
    setup.verify().await;
}

#[tokio::test]
async fn levels_escalate_over_dates() {
    let setup = Setup::start().await;
    let customer = setup.customer("A", vec![]).await;
    setup.invoice(&customer, "100.00", "2026-02-10").await;
    setup.invoice(&customer, "50.00", "2026-02-17").await;
    assert_eq!(setup.run("2026-02-06").await, []);
    let steps = [
        // Three days before the first is due: a note that it is coming up.
        ("2026-02-07", Some((-3, vec![(-3, "100.00")]))),
        ("2026-02-10", None),
        ("2026-02-11", Some((1, vec![(1, "100.00")]))),
        ("2026-02-14", Some((-3, vec![(-3, "50.00")]))),
        // Both have reached a step: one reminder, at the higher one.
        ("2026-02-18", Some((8, vec![(8, "100.00"), (1, "50.00")]))),
        ("2026-02-24", None),
        ("2026-02-25", Some((8, vec![(8, "50.00")]))),
        ("2026-03-02", None),
    ];
    for (as_of, expected) in steps {
        let recorded = setup.run(as_of).await;
        assert_eq!(recorded.first().map(brief), expected, "{as_of}");
        assert!(recorded.len() <= 1);
    }
    setup.verify().await;
}

#[tokio::test]
async fn what_is_paid_credited_or_voided_is_not_reminded() {
    let setup = Setup::start().await;
    let customer = setup.customer("A", vec![]).await;
    let paid = setup.invoice(&customer, "100.00", "2026-02-10").await;
    let discounted = setup.invoice_on(&customer, "90.00", "2026-02-10", &setup.discount_terms().await).await;
    let partly = setup.invoice(&customer, "80.00", "2026-02-10").await;
    let voided = setup.invoice(&customer, "70.00", "2026-02-10").await;
    let credited = setup.invoice(&customer, "60.00", "2026-02-10").await;
    setup.settle(&paid.invoice_id, "100.00", None, "2026-02-20").await;
    setup.settle(&discounted.invoice_id, "88.20", Some("1.80"), "2026-01-05").await;
    setup.settle(&partly.invoice_id, "30.00", None, "2026-02-20").await;
    let mut invoices = InvoiceServiceClient::new(setup.server.client());
    let void = inv::VoidInvoiceRequest {
        request_id: request_id(),
        invoice_id: voided.invoice_id,
        reason: "wrong".to_owned(),
        ..inv::VoidInvoiceRequest::default()
    };
    invoices.void_invoice(void).await.unwrap();
    let credit = inv::CreditInvoiceRequest {
        request_id: request_id(),
        invoice_id: credited.invoice_id,
        reason: inv::CreditReason::Goodwill.into(),
        ..inv::CreditInvoiceRequest::default()
    };
    inv::credit_note_service_client::CreditNoteServiceClient::new(setup.server.client())
        .credit_invoice(credit)
        .await
        .unwrap();
    setup.caught_up().await;
    assert_eq!(setup.run("2026-03-02").await.iter().map(brief).collect::<Vec<_>>(), [(8, vec![(8, "50.00")])]);
    setup.verify().await;
}

#[tokio::test]
async fn what_is_written_off_is_not_reminded_until_it_is_reversed() {
    let setup = Setup::start().await;
    let customer = setup.customer("A", vec![]).await;
    let short = setup.invoice(&customer, "100.00", "2026-02-10").await;
    let over = setup.invoice(&customer, "50.00", "2026-02-10").await;
    let first = setup.settle_with(&short.invoice_id, "99.50", None, Some("0.50"), "2026-02-15").await;
    setup.settle_with(&over.invoice_id, "50.25", None, Some("-0.25"), "2026-02-15").await;
    assert_eq!(setup.due("2026-02-14").await, [], "they are closed now");
    assert_eq!(setup.due("2026-02-15").await, []);
    setup.reverse(&first, "2026-02-20").await;
    assert_eq!(setup.due("2026-02-19").await, []);
    assert_eq!(setup.due("2026-02-20").await, [(8, vec![(8, "100.00".to_owned())])]);
    setup.verify().await;
}

#[tokio::test]
async fn a_date_in_the_past_sees_what_was_open_then_and_is_still() {
    let setup = Setup::start().await;
    let customer = setup.customer("A", vec![]).await;
    let invoice = setup.invoice(&customer, "100.00", "2026-02-01").await;
    setup.settle(&invoice.invoice_id, "40.00", None, "2026-02-05").await;
    let last = setup.settle(&invoice.invoice_id, "60.00", None, "2026-02-15").await;
    let one = |offset, open: &str| vec![(offset, vec![(offset, open.to_owned())])];
    assert_eq!(setup.due("2026-02-04").await, [], "it is paid now");
    assert_eq!(setup.due("2026-02-14").await, []);
    assert_eq!(setup.due("2026-03-02").await, []);
    // The last payment is reversed on the twentieth: between the dates nothing was owed.
    setup.reverse(&last, "2026-02-20").await;
    assert_eq!(setup.due("2026-02-04").await, one(1, "60.00"));
    assert_eq!(setup.due("2026-02-14").await, one(8, "60.00"));
    assert_eq!(setup.due("2026-02-16").await, []);
    assert_eq!(setup.due("2026-02-20").await, one(8, "60.00"));
    // Before it was issued there was nothing.
    assert_eq!(setup.due("2025-12-31").await, []);
    setup.verify().await;
}

#[tokio::test]
async fn a_reminder_speaks_to_the_contact_that_pays() {
    let setup = Setup::start().await;
    let contacts = vec![contact("Bob Buyer", "bob@example.com", false), contact("Ada Payer", "ada@example.com", true)];
    let customer = setup.customer("Buyer Ltd", contacts).await;
    let invoice = setup.invoice(&customer, "100.00", "2026-03-01").await;
    let reminder = setup.preview("2026-03-02").await.remove(0);
    assert_eq!((reminder.contact_name.as_str(), reminder.contact_email.as_str()), ("Ada Payer", "ada@example.com"));
    assert_eq!(reminder.contact_id.len(), 36);
    assert_eq!(
        reminder.body,
        format!("Dear Ada Payer, {} 100.00 as of 2026-03-02. Seller, Accounts, ar@example.org", invoice.number)
    );
    // Changed contacts take effect with the next reminder.
    let read = inv::GetCustomerRequest { customer_id: customer.clone() };
    let mut customers = CustomerServiceClient::new(setup.server.client());
    let stored = customers.get_customer(read).await.unwrap().into_inner();
    let update = inv::UpdateCustomerRequest {
        request_id: request_id(),
        customer: Some(inv::Customer { contacts: vec![], ..stored }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["contacts".to_owned()] }),
    };
    customers.update_customer(update).await.unwrap();
    setup.caught_up().await;
    let reminder = setup.run("2026-03-02").await.remove(0);
    assert_eq!(
        (reminder.contact_id.as_str(), reminder.contact_name.as_str(), reminder.contact_email.as_str()),
        ("", "", "")
    );
    assert!(reminder.body.starts_with("Dear Buyer Ltd, "), "{}", reminder.body);
}

#[tokio::test]
async fn a_run_is_for_today_at_the_latest_and_needs_a_strategy() {
    let setup = Setup::start_without_strategy().await;
    assert_fault(&setup.try_run("2026-03-02").await.unwrap_err(), Code::NotFound, "STRATEGY_NOT_FOUND");
    let unknown = "01890000-0000-7000-8000-000000000000".to_owned();
    let request = pb::PreviewDunningRequest {
        as_of: "2026-03-02".to_owned(),
        strategy_id: unknown.clone(),
        ..pb::PreviewDunningRequest::default()
    };
    assert_fault(&setup.dunning().preview_dunning(request).await.unwrap_err(), Code::NotFound, "STRATEGY_NOT_FOUND");
    setup.create_strategy("standard", vec![crate::support::step(1, "friendly")]).await;
    assert_fault(&setup.try_run("2026-03-03").await.unwrap_err(), Code::FailedPrecondition, "DATE_IN_FUTURE");
    // Half past eleven in the evening, UTC, is the next day in Berlin.
    setup.server.clock.set("2026-03-02T23:30:00Z".parse().unwrap());
    assert_eq!(setup.try_run("2026-03-03").await.unwrap().total_count, 0);
    let request = pb::GetReminderRequest { reminder_id: unknown };
    assert_fault(&setup.dunning().get_reminder(request).await.unwrap_err(), Code::NotFound, "REMINDER_NOT_FOUND");
}
