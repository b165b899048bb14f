//! Events as tests make them.

use prost::Message as _;
use quittance_events::Envelope;
use quittance_kernel::{CustomerId, EventId, TenantId};
use quittance_proto::invoicing::v1::{InvoicingEvent, invoicing_event::Payload};
use quittance_testkit::now;

/// Invoicing's events about one customer, from the first position on.
pub(super) fn invoicing_events(
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
