//! Domain events as messages of the contract.

use chrono::NaiveDate;
use prost::Message as _;
use quittance_events::Event;
use quittance_kernel::{Bug, CustomerId, TenantId, count};
use quittance_proto::{
    money,
    payments::v1::{self as pb, payments_event::Payload},
};
use uuid::Uuid;

use crate::{
    domain::{Allocation, Alternative, BankImport, MatchingPolicy, Payment},
    wire,
};

fn event(kind: &'static str, key: Uuid, payload: Payload) -> Event {
    let payload = pb::PaymentsEvent { payload: Some(payload) }.encode_to_vec();
    Event::new(kind, key, payload)
}

/// The ordering key of a payment: its own id if no customer is known.
fn payment_key(payment: &Payment) -> Uuid {
    payment.customer.map_or(payment.id.uuid(), CustomerId::uuid)
}

/// Money was received.
pub(crate) fn payment_received(payment: &Payment) -> Event {
    let payload = Payload::PaymentReceived(pb::PaymentReceived {
        payment_id: payment.id.to_string(),
        customer_id: wire::optional(payment.customer),
        amount: Some(money(payment.amount)),
        received_on: payment.received_on.to_string(),
        method: wire::method(payment.method).into(),
        payer_name: payment.payer_name.clone(),
        payer_account: payment.payer_account.clone(),
        text: payment.text.clone(),
        external_reference: payment.external_reference.clone().unwrap_or_default(),
        metadata: payment.metadata.entries().clone(),
    });
    event("quittance.payments.v1.PaymentReceived", payment_key(payment), payload)
}

/// The payer of a payment has become known, if it has. The key is the payment's own, as that of its receipt: one is read before the other.
pub(crate) fn payment_attributed(before: Option<CustomerId>, payment: &Payment) -> Option<Event> {
    let customer = payment.customer.filter(|_| before.is_none())?;
    let payload = Payload::PaymentAttributed(pb::PaymentAttributed {
        payment_id: payment.id.to_string(),
        customer_id: customer.to_string(),
    });
    Some(event("quittance.payments.v1.PaymentAttributed", payment.id.uuid(), payload))
}

/// Money was applied to an item.
pub(crate) fn payment_applied(allocation: &Allocation) -> Event {
    let payload = Payload::PaymentApplied(pb::PaymentApplied {
        payment_id: allocation.payment.to_string(),
        customer_id: allocation.customer.to_string(),
        allocation: Some(wire::allocation(allocation)),
    });
    event("quittance.payments.v1.PaymentApplied", allocation.customer.uuid(), payload)
}

/// Invoicing refused an allocation.
pub(crate) fn allocation_rejected(allocation: &Allocation) -> Event {
    let payload = Payload::AllocationRejected(pb::AllocationRejected {
        payment_id: allocation.payment.to_string(),
        customer_id: allocation.customer.to_string(),
        allocation: Some(wire::allocation(allocation)),
    });
    event("quittance.payments.v1.AllocationRejected", allocation.customer.uuid(), payload)
}

/// A payment waits for a person's decision among these alternatives, or no longer if there are none.
pub(crate) fn match_review_updated(payment: &Payment, alternatives: &[Alternative]) -> Event {
    let likeliest = alternatives.first().map(wire::alternative).unwrap_or_default();
    let payload = Payload::MatchReviewUpdated(pb::MatchReviewUpdated {
        payment_id: payment.id.to_string(),
        customer_id: wire::optional(payment.customer),
        is_open: !alternatives.is_empty(),
        rule: likeliest.rule,
        score: likeliest.score,
        unapplied_reason: likeliest.unapplied_reason,
    });
    event("quittance.payments.v1.MatchReviewUpdated", payment_key(payment), payload)
}

/// The matching policy was replaced. Its tenant is the key.
pub(crate) fn matching_policy_updated(tenant: TenantId, policy: &MatchingPolicy) -> Event {
    let payload =
        Payload::MatchingPolicyUpdated(pb::MatchingPolicyUpdated { matching_policy: Some(wire::policy(policy)) });
    event("quittance.payments.v1.MatchingPolicyUpdated", tenant.uuid(), payload)
}

/// A bank file was imported. What is wrong with its lines may be too much for an event.
pub(crate) fn bank_file_imported(import: &BankImport) -> Result<Event, Bug> {
    let whole = wire::bank_import(import);
    let payload = Payload::BankFileImported(pb::BankFileImported {
        problems: count(whole.problems.len())?,
        suspicious: count(whole.suspicious.len())?,
        bank_import: Some(pb::BankImport { problems: Vec::new(), suspicious: Vec::new(), ..whole }),
    });
    Ok(event("quittance.payments.v1.BankFileImported", import.id.uuid(), payload))
}

/// Money was unapplied from an item.
pub(crate) fn payment_unapplied(allocation: &Allocation, effective_on: NaiveDate, reason: &str) -> Event {
    let payload = Payload::PaymentUnapplied(pb::PaymentUnapplied {
        payment_id: allocation.payment.to_string(),
        customer_id: allocation.customer.to_string(),
        allocation: Some(wire::allocation(allocation)),
        effective_on: effective_on.to_string(),
        reason: reason.to_owned(),
    });
    event("quittance.payments.v1.PaymentUnapplied", allocation.customer.uuid(), payload)
}
