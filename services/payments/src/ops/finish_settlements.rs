//! Writes invoicing's results for a batch. Idempotent and safe to run concurrently: the payments are locked in the order of their ids, and only what
//! still waits for this batch is changed.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Duration, Utc};
use quittance_kernel::{PaymentId, RequestId};
use quittance_service::{Event, Operation};

use super::{Write, matching::keys, settle::Finished};
use crate::{
    Error,
    app::TenantSettings,
    db::{self, payment::StoredPayment},
    domain::{Allocation, AllocationState, MatchRule, Payment, Refusal},
    invoicing::{Verdict, Verdicts},
    outbox,
};

/// After this many refusals a payment is matched again only when invoicing publishes a change for its match keys.
const MAX_REFUSALS: i32 = 6;

/// Writes invoicing's results for a batch of settlements.
#[derive(Debug)]
pub(crate) struct FinishSettlements {
    pub(crate) batch: RequestId,
    /// The allocations as sent to invoicing.
    pub(crate) allocations: Vec<Allocation>,
    pub(crate) verdicts: Verdicts,
}

impl Operation for FinishSettlements {
    const NAME: &'static str = "FinishSettlements";
    type Settings = TenantSettings;
    type Output = Finished;

    async fn run(&self, w: &mut Write<'_>) -> Result<Finished, Error> {
        let (mut finishing, current) = Finishing::load(w, &self.allocations).await?;
        for allocation in &current {
            let is_waiting = allocation.state == AllocationState::Pending && allocation.batch == self.batch;
            if let Some(verdict) = self.verdicts.get(&allocation.id).filter(|_| is_waiting) {
                finishing.settle(allocation.clone(), verdict)?;
            }
        }
        finishing.save(w, current).await
    }
}

/// Writes invoicing's results for a batch of reversals.
#[derive(Debug)]
pub(crate) struct FinishReversals {
    pub(crate) batch: RequestId,
    /// The allocations as sent to invoicing.
    pub(crate) allocations: Vec<Allocation>,
    pub(crate) verdicts: Verdicts,
}

impl Operation for FinishReversals {
    const NAME: &'static str = "FinishReversals";
    type Settings = TenantSettings;
    type Output = Finished;

    async fn run(&self, w: &mut Write<'_>) -> Result<Finished, Error> {
        let (mut finishing, current) = Finishing::load(w, &self.allocations).await?;
        for allocation in &current {
            let is_waiting = allocation.state.reversal_batch() == Some(self.batch);
            if let Some(verdict) = self.verdicts.get(&allocation.id).filter(|_| is_waiting) {
                finishing.reverse(allocation.clone(), verdict)?;
            }
        }
        finishing.save(w, current).await
    }
}

/// The payments of a batch while its results are written.
struct Finishing {
    payments: HashMap<PaymentId, StoredPayment>,
    /// Payments whose match was refused, and whether the local data was out of date.
    refused: HashMap<PaymentId, bool>,
    changed: Vec<Allocation>,
    events: Vec<Event>,
    now: DateTime<Utc>,
}

impl Finishing {
    /// Locks the payments and loads the allocations as they are now.
    async fn load(w: &mut Write<'_>, requested: &[Allocation]) -> Result<(Self, Vec<Allocation>), Error> {
        let payments: BTreeSet<PaymentId> = requested.iter().map(|a| a.payment).collect();
        let payments = db::payment::lock_all(w.tx, &payments.into_iter().collect::<Vec<_>>()).await?;
        let ids: Vec<_> = requested.iter().map(|a| a.id).collect();
        let current = db::allocation::find_all(w.tx, &ids).await?;
        Ok((Self { payments, refused: HashMap::new(), changed: vec![], events: vec![], now: w.now }, current))
    }

    /// Applies a transition to the allocation's payment.
    fn change(
        &mut self,
        allocation: Allocation,
        transition: impl FnOnce(Payment, Allocation) -> Result<(Payment, Allocation), Refusal>,
    ) -> Result<Allocation, Error> {
        let id = allocation.payment;
        let stored = self.payments.get_mut(&id).ok_or(Error::PaymentNotFound(id))?;
        let (payment, allocation) = transition(stored.payment.clone(), allocation)
            .map_err(|refusal| Error::refused(format!("payment {id}"), refusal))?;
        stored.payment = payment;
        self.changed.push(allocation.clone());
        Ok(allocation)
    }

    fn settle(&mut self, allocation: Allocation, verdict: &Verdict) -> Result<(), Error> {
        match verdict {
            Ok(counts_on) => {
                let applied = self.change(allocation, |payment, allocation| payment.confirm(allocation, *counts_on))?;
                self.events.push(outbox::payment_applied(&applied));
            }
            Err(refusal) => {
                let reason = refusal.reason.clone();
                let rejected = self.change(allocation, |payment, allocation| payment.reject(allocation, reason))?;
                self.events.push(outbox::allocation_rejected(&rejected));
                if rejected.rule != MatchRule::Manual {
                    *self.refused.entry(rejected.payment).or_default() |= refusal.is_out_of_date;
                }
            }
        }
        Ok(())
    }

    fn reverse(&mut self, allocation: Allocation, verdict: &Verdict) -> Result<(), Error> {
        let counts_on = match verdict {
            Ok(counts_on) => *counts_on,
            Err(refusal) => {
                tracing::warn!(allocation = %allocation.id, reason = refusal.reason, "invoicing did not reverse a settlement");
                self.change(allocation, Payment::cancel_reversal)?;
                return Ok(());
            }
        };
        let reversed =
            self.change(allocation, |payment, allocation| payment.confirm_reversal(allocation, counts_on))?;
        if let AllocationState::Reversed { effective_on, reason } = &reversed.state {
            self.events.push(outbox::payment_unapplied(&reversed, *effective_on, reason));
        }
        Ok(())
    }

    async fn save(mut self, w: &mut Write<'_>, current: Vec<Allocation>) -> Result<Finished, Error> {
        let touched: HashSet<PaymentId> = self.changed.iter().map(|a| a.payment).collect();
        for stored in self.payments.values_mut().filter(|stored| touched.contains(&stored.payment.id)) {
            stored.payment.updated_at = self.now;
        }
        let after: HashMap<PaymentId, Payment> =
            self.payments.iter().map(|(id, stored)| (*id, stored.payment.clone())).collect();
        self.payments.retain(|id, _| touched.contains(id));
        for id in self.refused.iter().filter_map(|(id, is_out_of_date)| is_out_of_date.then_some(id)) {
            // The next matching will use current data.
            if let Some(stored) = self.payments.get_mut(id).filter(|stored| !stored.is_manual) {
                stored.refusals += 1;
                stored.match_due_at = (stored.refusals <= MAX_REFUSALS)
                    .then(|| self.now + Duration::seconds(1 << stored.refusals.clamp(0, MAX_REFUSALS)));
            }
        }
        let payments: Vec<StoredPayment> = self.payments.into_values().collect();
        let refused =
            payments.iter().filter(|stored| self.refused.contains_key(&stored.payment.id) && !stored.is_manual);
        let keys: Vec<(PaymentId, String)> = refused.flat_map(|stored| keys(&stored.payment)).collect();
        db::payment::update_all(w.tx, &payments).await?;
        db::allocation::update_states(w.tx, &self.changed, self.now).await?;
        db::match_key::insert(w.tx, &keys).await?;
        for event in self.events {
            w.publish(event);
        }
        let allocations = current.into_iter().chain(self.changed).map(|allocation| (allocation.id, allocation));
        Ok(Finished { payments: after, allocations: allocations.collect() })
    }
}
