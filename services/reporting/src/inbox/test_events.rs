//! Events as tests make them, and apply them.

use std::collections::{BTreeMap, VecDeque};

use prost::Message as _;
use quittance_db::Db;
use quittance_events::{Envelope, apply_events, content_hash};
use quittance_host::Service as _;
use quittance_kernel::{Clock, CustomerId, EventId, TenantId};
use quittance_proto::invoicing::v1::{InvoicingEvent, invoicing_event::Payload};
use quittance_testkit::now;

use super::{CollectionsHandler, InvoicingHandler, PaymentsHandler};
use crate::App;

/// Partitions of a topic.
const PARTITIONS: u128 = 3;

/// Invoicing's events about one customer, from the first position on.
pub(crate) fn invoicing_events(
    tenant: TenantId,
    customer: CustomerId,
    payloads: impl IntoIterator<Item = Payload>,
) -> Vec<Envelope> {
    let envelopes = (1..).zip(payloads).map(|(position, payload)| Envelope {
        position,
        event_id: EventId::at(now()),
        tenant,
        kind: "quittance.invoicing.v1.InvoicingEvent".to_owned(),
        ordering_key: customer.uuid(),
        causation: None,
        origin: None,
        traceparent: None,
        tracestate: None,
        recorded_at: now(),
        positioned_at: None,
        payload: InvoicingEvent { payload: Some(payload) }.encode_to_vec(),
        place: None,
    });
    envelopes.collect()
}

/// Applies events of an area as its consumer does.
pub(crate) async fn apply(db: &Db, area: &'static str, batch: &[Envelope]) {
    let clock = Clock::fixed(now());
    match area {
        "invoicing" => apply_events(db, area, &InvoicingHandler, &clock, batch).await.unwrap(),
        "payments" => apply_events(db, area, &PaymentsHandler, &clock, batch).await.unwrap(),
        _ => apply_events(db, area, &CollectionsHandler, &clock, batch).await.unwrap(),
    }
}

/// Reads partitions by turns that are drawn, in batches of drawn sizes, some of them twice.
pub(crate) async fn apply_interleaved(
    db: &Db,
    events: &BTreeMap<&'static str, Vec<Envelope>>,
    draws: &mut fastrand::Rng,
) {
    let mut partitions: BTreeMap<(&'static str, u128), VecDeque<Envelope>> = BTreeMap::new();
    for (area, events) in events {
        for event in events {
            let partition = event.ordering_key.as_u128() % PARTITIONS;
            partitions.entry((*area, partition)).or_default().push_back(event.clone());
        }
    }
    while !partitions.is_empty() {
        let turns: Vec<_> = partitions.keys().copied().collect();
        let turn = turns[draws.usize(0..turns.len())];
        let queue = partitions.get_mut(&turn).unwrap();
        let count = draws.usize(1..=4).min(queue.len());
        let batch: Vec<Envelope> = queue.drain(..count).collect();
        if queue.is_empty() {
            partitions.remove(&turn);
        }
        apply(db, turn.0, &batch).await;
        if draws.u8(0..4) == 0 {
            apply(db, turn.0, &batch).await;
        }
    }
}

/// The hash of a tenant's read models.
pub(crate) async fn hash(db: &Db, tenant: TenantId) -> String {
    let mut tx = db.begin(tenant).await.unwrap();
    content_hash(&mut tx, App::PROJECTION).await.unwrap()
}
