//! Whatever history is published, in whatever order its partitions are read, in whatever batches and however often: the read model is the same.

use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use proptest::prelude::*;
use prost::Message as _;
use quittance_events::{Envelope, list_held};
use quittance_kernel::{EventId, TenantId};
use quittance_proto::{
    collections::v1::{self as col, collections_event},
    common::v1::{Money, WriteOffReason},
    invoicing::v1::{self as inv, invoicing_event},
    payments::v1::{self as pay, payments_event},
};
use quittance_testkit::{TestDb, now};
use uuid::Uuid;

use super::test_events::{apply, apply_interleaved, hash};

/// The first id; those of a history are counted from here.
const FIRST_ID: u128 = 0x018b_cfe5_6800_7000_8000_0000_0000_0000;
const AREAS: [&str; 3] = ["invoicing", "payments", "collections"];

/// A history under construction. Ids are counted, so that the same seed makes the same history.
pub(crate) struct History {
    draws: fastrand::Rng,
    ids: u128,
    /// When the last event got its position, in seconds after the start.
    known: i64,
    /// What follows later: the events of each in their order. While one is made it is in `chain`.
    chains: Vec<Chain>,
    chain: Option<Chain>,
    pub(crate) events: BTreeMap<&'static str, Vec<Envelope>>,
}

/// Events to come: area, ordering key, kind and payload.
type Chain = VecDeque<(&'static str, Uuid, String, Vec<u8>)>;

fn eur(cents: u64) -> Option<Money> {
    Some(Money { currency_code: "EUR".to_owned(), amount: format!("{}.{:02}", cents / 100, cents % 100) })
}

impl History {
    pub(crate) fn draw(seed: u64, salt: u128) -> Self {
        let draws = fastrand::Rng::with_seed(seed);
        let mut history =
            Self { draws, ids: salt << 32, known: 0, chains: Vec::new(), chain: None, events: BTreeMap::new() };
        let tenant = inv::Tenant {
            name: "Northwind".to_owned(),
            time_zone: "UTC".to_owned(),
            base_currency_code: "EUR".to_owned(),
            ..inv::Tenant::default()
        };
        let key = history.id();
        history.invoicing(
            key,
            "TenantCreated",
            invoicing_event::Payload::TenantCreated(inv::TenantCreated { tenant: Some(tenant.clone()) }),
        );
        for number in 0..history.draws.u32(1..6) {
            history.customer(number);
        }
        history.tell_late();
        let tenant = Some(inv::Tenant { name: "Southwind".to_owned(), ..tenant });
        let updated = invoicing_event::Payload::TenantUpdated(inv::TenantUpdated { tenant });
        history.invoicing(key, "TenantUpdated", updated);
        history
    }

    fn id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(FIRST_ID + self.ids)
    }

    fn day(&mut self) -> String {
        format!("2025-{:02}-{:02}", self.draws.u32(1..13), self.draws.u32(1..29))
    }

    /// Tells something now, or later.
    fn later(&mut self, tell: impl FnOnce(&mut Self)) {
        if self.draws.bool() {
            return tell(self);
        }
        self.chain = Some(Chain::new());
        tell(self);
        self.chains.extend(self.chain.take());
    }

    fn tell_late(&mut self) {
        while !self.chains.is_empty() {
            let place = self.draws.usize(..self.chains.len());
            match self.chains[place].pop_front() {
                Some((area, key, kind, payload)) => self.push(area, key, &kind, payload),
                None => drop(self.chains.swap_remove(place)),
            }
        }
    }

    fn push(&mut self, area: &'static str, ordering_key: Uuid, kind: &str, payload: Vec<u8>) {
        if let Some(chain) = &mut self.chain {
            return chain.push_back((area, ordering_key, kind.to_owned(), payload));
        }
        let event_id = EventId::new(self.id());
        let events = self.events.entry(area).or_default();
        let position = i64::try_from(events.len()).unwrap() + 1;
        // Long after it was recorded, some in one batch with the one before.
        self.known += self.draws.i64(0..3);
        events.push(Envelope {
            position,
            event_id,
            tenant: TenantId::new(Uuid::nil()),
            kind: format!("quittance.{area}.v1.{kind}"),
            ordering_key,
            causation: None,
            origin: None,
            traceparent: None,
            tracestate: None,
            recorded_at: now() + chrono::Duration::seconds(position),
            positioned_at: Some(now() + chrono::Duration::days(1) + chrono::Duration::seconds(self.known)),
            payload,
            place: None,
        });
    }

    fn invoicing(&mut self, key: Uuid, kind: &str, payload: invoicing_event::Payload) {
        self.push("invoicing", key, kind, inv::InvoicingEvent { payload: Some(payload) }.encode_to_vec());
    }

    fn payments(&mut self, key: Uuid, kind: &str, payload: payments_event::Payload) {
        self.push("payments", key, kind, pay::PaymentsEvent { payload: Some(payload) }.encode_to_vec());
    }

    fn collections(&mut self, key: Uuid, kind: &str, payload: collections_event::Payload) {
        self.push("collections", key, kind, col::CollectionsEvent { payload: Some(payload) }.encode_to_vec());
    }

    fn customer(&mut self, number: u32) {
        let id = self.id();
        let named = |name: String| {
            Some(inv::Customer {
                customer_id: id.to_string(),
                number: format!("C-{number}"),
                name,
                ..inv::Customer::default()
            })
        };
        let created = inv::CustomerCreated { customer: named("before".to_owned()) };
        self.invoicing(id, "CustomerCreated", invoicing_event::Payload::CustomerCreated(created));
        for invoice in 0..self.draws.u32(0..5) {
            self.invoice(id, &format!("{number}-{invoice}"));
        }
        let updated = inv::CustomerUpdated { customer: named(format!("after {number}")) };
        self.invoicing(id, "CustomerUpdated", invoicing_event::Payload::CustomerUpdated(updated));
    }

    fn invoice(&mut self, customer: Uuid, number: &str) {
        let id = self.id();
        let total = self.draws.u64(1..100_000);
        let issued = inv::InvoiceIssued {
            invoice_id: id.to_string(),
            customer_id: customer.to_string(),
            number: number.to_owned(),
            issued_on: self.day(),
            due_on: self.day(),
            total: eur(total),
            ..inv::InvoiceIssued::default()
        };
        self.invoicing(customer, "InvoiceIssued", invoicing_event::Payload::InvoiceIssued(issued));
        if self.draws.bool() {
            self.later(|history| history.dispute(customer, id));
        }
        if self.draws.bool() {
            self.later(|history| history.extension(customer, id));
        }
        match self.draws.u8(0..5) {
            4 => self.later(|history| history.credit(customer, id, total)),
            0 => self.later(|history| history.void(customer, id, total)),
            1 => {}
            _ => self.paid(customer, id, self.ids.is_multiple_of(2), total),
        }
    }

    fn void(&mut self, customer: Uuid, item: Uuid, total: u64) {
        let voided = inv::InvoiceVoided {
            invoice_id: item.to_string(),
            customer_id: customer.to_string(),
            voided_on: self.day(),
            amount: eur(total),
            ..inv::InvoiceVoided::default()
        };
        self.invoicing(customer, "InvoiceVoided", invoicing_event::Payload::InvoiceVoided(voided));
    }

    fn extension(&mut self, customer: Uuid, item: Uuid) {
        let extension = inv::DueDateExtension {
            item_id: item.to_string(),
            customer_id: customer.to_string(),
            due_on: self.day(),
            effective_on: self.day(),
            ..inv::DueDateExtension::default()
        };
        let extended = inv::DueDateExtended { extension: Some(extension) };
        self.invoicing(customer, "DueDateExtended", invoicing_event::Payload::DueDateExtended(extended));
    }

    /// A credit of all of an item, or of a part.
    fn credit(&mut self, customer: Uuid, item: Uuid, total: u64) {
        let amount = if self.draws.bool() { total } else { self.draws.u64(1..=total) };
        let credited = inv::InvoiceCredited {
            invoice_id: item.to_string(),
            customer_id: customer.to_string(),
            issued_on: self.day(),
            amount: eur(amount),
            ..inv::InvoiceCredited::default()
        };
        let credited = if self.draws.bool() { self.on_account(credited, amount) } else { credited };
        self.invoicing(customer, "InvoiceCredited", invoicing_event::Payload::InvoiceCredited(credited));
    }

    /// The same with its credit, all of which is on account.
    fn on_account(&mut self, credited: inv::InvoiceCredited, amount: u64) -> inv::InvoiceCredited {
        let credit_id = self.id().to_string();
        let entry = inv::CreditEntry {
            entry_id: self.id().to_string(),
            credit_id: credit_id.clone(),
            kind: inv::CreditEntryKind::Issued.into(),
            amount: eur(amount),
            effective_on: credited.issued_on.clone(),
            ..inv::CreditEntry::default()
        };
        let credit = inv::Credit { credit_id, customer_id: credited.customer_id.clone(), ..inv::Credit::default() };
        inv::InvoiceCredited { credit: Some(credit), credit_entries: vec![entry], ..credited }
    }

    fn dispute(&mut self, customer: Uuid, item: Uuid) {
        let mut dispute = col::Dispute {
            dispute_id: self.id().to_string(),
            item_id: item.to_string(),
            customer_id: customer.to_string(),
            opened_on: self.day(),
            ..col::Dispute::default()
        };
        let opened = col::DisputeOpened { dispute: Some(dispute.clone()) };
        self.collections(customer, "DisputeOpened", collections_event::Payload::DisputeOpened(opened));
        if self.draws.bool() {
            dispute.resolved_on = self.day();
            let resolved = col::DisputeResolved { dispute: Some(dispute) };
            self.collections(customer, "DisputeResolved", collections_event::Payload::DisputeResolved(resolved));
        }
    }

    /// A payment whose customer is not known at first has its own key, what it pays the customer's.
    fn paid(&mut self, customer: Uuid, item: Uuid, is_known: bool, total: u64) {
        let (payment, allocation) = (self.id(), self.id());
        let amount = if self.draws.bool() { total } else { self.draws.u64(1..=total) };
        let writes_off = amount < total && total - amount < amount && self.draws.bool();
        let received = pay::PaymentReceived {
            payment_id: payment.to_string(),
            customer_id: if is_known { customer.to_string() } else { String::new() },
            amount: eur(amount),
            received_on: self.day(),
            ..pay::PaymentReceived::default()
        };
        let key = if is_known { customer } else { payment };
        self.payments(key, "PaymentReceived", payments_event::Payload::PaymentReceived(received));
        if !is_known {
            self.later(|history| history.attributed(payment, customer));
        }
        let settlement = inv::Settlement {
            allocation_id: allocation.to_string(),
            item_id: item.to_string(),
            payment_id: payment.to_string(),
            amount: eur(amount),
            discount: None,
            effective_on: self.day(),
            write_off: eur(total - amount).filter(|_| writes_off),
            write_off_reason: if writes_off { WriteOffReason::SmallDifference } else { WriteOffReason::Unspecified }
                .into(),
            ..inv::Settlement::default()
        };
        let published = pay::Allocation {
            allocation_id: allocation.to_string(),
            item_id: item.to_string(),
            amount: eur(amount),
            effective_on: settlement.effective_on.clone(),
            ..pay::Allocation::default()
        };
        let settled = inv::ItemSettled {
            settlement: Some(settlement.clone()),
            open_amount: eur(if writes_off { 0 } else { total - amount }),
            customer_id: customer.to_string(),
            entries: Vec::new(),
        };
        self.invoicing(customer, "ItemSettled", invoicing_event::Payload::ItemSettled(settled));
        let applied = pay::PaymentApplied {
            payment_id: payment.to_string(),
            customer_id: customer.to_string(),
            allocation: Some(published.clone()),
        };
        self.payments(customer, "PaymentApplied", payments_event::Payload::PaymentApplied(applied));
        if self.draws.bool() {
            return;
        }
        self.later(|history| history.reversed(customer, payment, settlement, published));
    }

    fn reversed(&mut self, customer: Uuid, payment: Uuid, settlement: inv::Settlement, published: pay::Allocation) {
        let reversed = inv::SettlementReversed {
            settlement: Some(settlement),
            effective_on: published.effective_on.clone(),
            customer_id: customer.to_string(),
            ..inv::SettlementReversed::default()
        };
        self.invoicing(customer, "SettlementReversed", invoicing_event::Payload::SettlementReversed(reversed));
        let unapplied = pay::PaymentUnapplied {
            payment_id: payment.to_string(),
            customer_id: customer.to_string(),
            effective_on: published.effective_on.clone(),
            allocation: Some(published),
            reason: "returned".to_owned(),
        };
        self.payments(customer, "PaymentUnapplied", payments_event::Payload::PaymentUnapplied(unapplied));
    }

    fn attributed(&mut self, payment: Uuid, customer: Uuid) {
        let attributed = pay::PaymentAttributed { payment_id: payment.to_string(), customer_id: customer.to_string() };
        self.payments(payment, "PaymentAttributed", payments_event::Payload::PaymentAttributed(attributed));
    }

    pub(crate) fn of_tenant(&self, tenant: TenantId) -> BTreeMap<&'static str, Vec<Envelope>> {
        let owned = |event: &Envelope| Envelope { tenant, ..event.clone() };
        self.events.iter().map(|(area, events)| (*area, events.iter().map(owned).collect())).collect()
    }
}

#[test]
fn any_interleaving_makes_the_same_read_model() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let migrator = <crate::App as quittance_host::Service>::migrator();
    let db = runtime.block_on(TestDb::new("reporting", &migrator)).db;
    let count = AtomicU64::new(0);
    let contents: Mutex<HashSet<String>> = Mutex::default();
    proptest!(ProptestConfig::with_cases(24), |(seed: u64, order: u64)| {
        let salt = u128::from(count.fetch_add(1, Ordering::Relaxed)) + 1;
        let history = History::draw(seed, salt);
        let (straight, mixed) = (TenantId::new(Uuid::from_u128(salt << 1)), TenantId::new(Uuid::from_u128((salt << 1) + 1)));
        let (first, second) = runtime.block_on(async {
            for (area, events) in history.of_tenant(straight) {
                apply(&db, area, &events).await;
            }
            apply_interleaved(&db, &history.of_tenant(mixed), &mut fastrand::Rng::with_seed(order)).await;
            (hash(&db, straight).await, hash(&db, mixed).await)
        });
        prop_assert_eq!(&first, &second);
        contents.lock().unwrap().insert(first);
        for area in AREAS {
            for state in ["dead", "parked", "waiting"] {
                let held = runtime.block_on(list_held(&db, area, state, 0)).unwrap();
                prop_assert!(held.is_empty(), "{state}: {held:?}");
            }
        }
    });
    assert!(contents.into_inner().unwrap().len() > 12, "the histories differ");
}
