//! Payments' events: received and unapplied money, and its side of every allocation.

use std::collections::{HashMap, HashSet};

use quittance_db::Tx;
use quittance_events::{Handler, HandlerError, Message};
use quittance_kernel::{AllocationId, CustomerId, EventId, ItemId, Money, PaymentId};
use quittance_proto::payments::v1::{self as pb, payments_event::Payload};
use uuid::Uuid;

use super::{date, money, optional_uuid, rejected, uuid};
use crate::db::apply::{self, NewCashEntry, NewPayment, NewSide, Payer};

/// Applies payments' events.
#[derive(Debug)]
pub(crate) struct PaymentsHandler;

#[derive(Default)]
struct Sets {
    currencies: HashSet<String>,
    payments: Vec<NewPayment>,
    cash: Vec<NewCashEntry>,
    /// The payments of which money was moved after their receipt.
    moved: Vec<Uuid>,
    /// The payers that have become known.
    payers: HashMap<Uuid, Payer>,
    sides: Vec<NewSide>,
}

impl Handler for PaymentsHandler {
    type Event = pb::PaymentsEvent;

    fn knows(&self, event: &pb::PaymentsEvent) -> bool {
        event.payload.is_some()
    }

    /// Money may be applied, under its customer's key, before its receipt was read under the payment's own.
    async fn orphans(&self, tx: &mut Tx, run: &[Message<pb::PaymentsEvent>]) -> Result<Vec<EventId>, HandlerError> {
        let mut received: HashSet<Uuid> = HashSet::new();
        let mut moved: Vec<(EventId, Uuid)> = Vec::new();
        for message in run {
            match &message.event.payload {
                Some(Payload::PaymentReceived(published)) => {
                    received.insert(uuid(&published.payment_id, PaymentId::parse, PaymentId::uuid)?);
                }
                Some(Payload::PaymentApplied(published)) => {
                    moved.push((message.event_id, uuid(&published.payment_id, PaymentId::parse, PaymentId::uuid)?));
                }
                Some(Payload::PaymentUnapplied(published)) => {
                    moved.push((message.event_id, uuid(&published.payment_id, PaymentId::parse, PaymentId::uuid)?));
                }
                Some(Payload::PaymentAttributed(published)) => {
                    moved.push((message.event_id, uuid(&published.payment_id, PaymentId::parse, PaymentId::uuid)?));
                }
                Some(
                    Payload::AllocationRejected(_)
                    | Payload::BankFileImported(_)
                    | Payload::MatchReviewUpdated(_)
                    | Payload::MatchingPolicyUpdated(_),
                )
                | None => {}
            }
        }
        moved.retain(|(_, payment)| !received.contains(payment));
        if moved.is_empty() {
            return Ok(Vec::new());
        }
        let payments: Vec<Uuid> = moved.iter().map(|(_, payment)| *payment).collect();
        let known = apply::known_payments(tx, &payments).await?;
        moved.retain(|(_, payment)| !known.contains(payment));
        Ok(moved.into_iter().map(|(event, _)| event).collect())
    }

    async fn apply(&self, tx: &mut Tx, run: Vec<Message<pb::PaymentsEvent>>) -> Result<(), HandlerError> {
        let mut sets = Sets::default();
        for message in &run {
            sets.add(message)?;
        }
        apply::currencies(tx, &sets.currencies).await?;
        apply::payments(tx, &sets.payments).await?;
        apply::hold_payers(tx, &sets.moved).await?;
        apply::cash_entries(tx, &sets.cash).await?;
        apply::payers(tx, &sets.payers).await?;
        apply::sides(tx, "payments", &sets.sides).await?;
        Ok(())
    }
}

impl Sets {
    fn add(&mut self, message: &Message<pb::PaymentsEvent>) -> Result<(), HandlerError> {
        let Some(payload) = &message.event.payload else { return Err(rejected("an event without a payload")) };
        match payload {
            Payload::PaymentReceived(received) => self.received(message, received),
            Payload::PaymentApplied(applied) => {
                let allocation = applied.allocation.as_ref().ok_or_else(|| rejected("an allocation is missing"))?;
                self.moved(message, &applied.payment_id, allocation, &allocation.effective_on, |amount| amount)
            }
            Payload::PaymentUnapplied(unapplied) => {
                let allocation = unapplied.allocation.as_ref().ok_or_else(|| rejected("an allocation is missing"))?;
                self.moved(message, &unapplied.payment_id, allocation, &unapplied.effective_on, Money::negated)
            }
            Payload::PaymentAttributed(attributed) => {
                let payment = uuid(&attributed.payment_id, PaymentId::parse, PaymentId::uuid)?;
                let customer_id = uuid(&attributed.customer_id, CustomerId::parse, CustomerId::uuid)?;
                self.payers.insert(payment, Payer { customer_id, known_at: message.known_at });
                Ok(())
            }
            // No money moved: what is refused is unapplied as it was.
            Payload::AllocationRejected(_)
            | Payload::BankFileImported(_)
            | Payload::MatchReviewUpdated(_)
            | Payload::MatchingPolicyUpdated(_) => Ok(()),
        }
    }

    fn received(
        &mut self,
        message: &Message<pb::PaymentsEvent>,
        received: &pb::PaymentReceived,
    ) -> Result<(), HandlerError> {
        let amount = money(received.amount.as_ref())?;
        let payment = NewPayment {
            id: uuid(&received.payment_id, PaymentId::parse, PaymentId::uuid)?,
            customer_id: optional_uuid(&received.customer_id, CustomerId::parse, CustomerId::uuid)?,
            currency: amount.currency().code().to_owned(),
            amount: amount.amount(),
            received_on: date(&received.received_on)?,
        };
        self.currencies.insert(payment.currency.clone());
        self.cash.push(NewCashEntry {
            event_id: message.event_id.uuid(),
            payment_id: payment.id,
            amount: payment.amount,
            effective_on: payment.received_on,
            recorded_at: message.recorded_at,
            known_at: message.known_at,
            position: message.position,
        });
        self.payments.push(payment);
        Ok(())
    }

    /// Applied money is no longer unapplied; `sign` is negative for a reversal.
    fn moved(
        &mut self,
        message: &Message<pb::PaymentsEvent>,
        payment: &str,
        allocation: &pb::Allocation,
        effective_on: &str,
        sign: fn(Money) -> Money,
    ) -> Result<(), HandlerError> {
        let amount = sign(money(allocation.amount.as_ref())?);
        let payment_id = uuid(payment, PaymentId::parse, PaymentId::uuid)?;
        self.moved.push(payment_id);
        self.cash.push(NewCashEntry {
            event_id: message.event_id.uuid(),
            payment_id,
            amount: amount.negated().amount(),
            effective_on: date(effective_on)?,
            recorded_at: message.recorded_at,
            known_at: message.known_at,
            position: message.position,
        });
        self.sides.push(NewSide {
            allocation_id: uuid(&allocation.allocation_id, AllocationId::parse, AllocationId::uuid)?,
            event_id: message.event_id.uuid(),
            item_id: uuid(&allocation.item_id, ItemId::parse, ItemId::uuid)?,
            amount: amount.amount(),
            recorded_at: message.recorded_at,
        });
        Ok(())
    }
}
