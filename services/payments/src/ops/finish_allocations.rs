//! Writes what invoicing said to a batch. Safe to repeat and safe for two at once: the payments are held in the order of their ids, and only what still
//! waits for this batch changes.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Duration, Utc};
use quittance_db::{DbError, Tx};
use quittance_events::OutboxEvent;
use quittance_kernel::{PaymentId, RequestId, TenantId};

use super::match_payments::keys;
use crate::{
    App,
    db::{self, payment::Held},
    domain::{Allocation, AllocationState, MatchRule, Payment, Refusal},
    invoicing::Verdicts,
    outbox,
};

/// After so many refusals a payment is matched again only when invoicing tells something new about what it waits for.
const MAX_REFUSALS: i32 = 6;

/// The payments of a batch while its verdicts are written.
struct Finishing {
    held: HashMap<PaymentId, Held>,
    /// Payments whose match was refused, and whether what was known here lagged behind.
    refused: HashMap<PaymentId, bool>,
    changed: Vec<Allocation>,
    events: Vec<OutboxEvent>,
    now: DateTime<Utc>,
}

impl Finishing {
    /// Holds the payments and reads the allocations as they are now.
    async fn begin(tx: &mut Tx, asked: &[Allocation], now: DateTime<Utc>) -> Result<(Self, Vec<Allocation>), DbError> {
        let payments: BTreeSet<PaymentId> = asked.iter().map(|a| a.payment).collect();
        let held = db::payment::lock_all(tx, &payments.into_iter().collect::<Vec<_>>()).await?;
        let ids: Vec<_> = asked.iter().map(|a| a.id).collect();
        let current = db::allocation::find_all(tx, &ids).await?;
        Ok((Self { held, refused: HashMap::new(), changed: vec![], events: vec![], now }, current))
    }

    /// Takes a transition of the allocation's payment over.
    fn change(
        &mut self,
        allocation: Allocation,
        transition: impl FnOnce(Payment, Allocation) -> Result<(Payment, Allocation), Refusal>,
    ) -> Result<Allocation, DbError> {
        let id = allocation.payment.uuid();
        let corrupt = |why: String| DbError::Corrupt { table: "payment", id, why };
        let held = self
            .held
            .get_mut(&allocation.payment)
            .ok_or_else(|| corrupt("an allocation's payment is missing".to_owned()))?;
        let (payment, allocation) =
            transition(held.payment.clone(), allocation).map_err(|refusal| corrupt(refusal.to_string()))?;
        held.payment = payment;
        self.changed.push(allocation.clone());
        Ok(allocation)
    }

    fn settle(&mut self, allocation: Allocation, verdict: &Result<(), String>) -> Result<(), DbError> {
        match verdict {
            Ok(()) => {
                let applied = self.change(allocation, Payment::confirm)?;
                self.events.push(outbox::payment_applied(&applied, self.now));
            }
            Err(reason) => {
                let rejected =
                    self.change(allocation, |payment, allocation| payment.reject(allocation, reason.clone()))?;
                // What was known here lagged behind: another look will find what is true then.
                let was_behind =
                    matches!(reason.as_str(), "ITEM_NOT_FOUND" | "SETTLEMENT_EXCEEDS_OPEN" | "WRITE_OFF_NOT_ALLOWED");
                if rejected.rule != MatchRule::Manual {
                    *self.refused.entry(rejected.payment).or_default() |= was_behind;
                }
            }
        }
        Ok(())
    }

    fn take_back(&mut self, allocation: Allocation, verdict: &Result<(), String>) -> Result<(), DbError> {
        if let Err(reason) = verdict {
            tracing::warn!(allocation = %allocation.id, reason, "invoicing did not take a settlement back");
            self.change(allocation, Payment::cancel_reversal)?;
            return Ok(());
        }
        let reversed = self.change(allocation, Payment::confirm_reversal)?;
        if let AllocationState::Reversed { effective_on, reason } = &reversed.state {
            self.events.push(outbox::payment_unapplied(&reversed, *effective_on, reason, self.now));
        }
        Ok(())
    }

    async fn save(mut self, tx: &mut Tx) -> Result<(), DbError> {
        let touched: HashSet<PaymentId> = self.changed.iter().map(|a| a.payment).collect();
        self.held.retain(|id, _| touched.contains(id));
        for id in self.refused.iter().filter_map(|(id, was_behind)| was_behind.then_some(id)) {
            if let Some(held) = self.held.get_mut(id).filter(|held| !held.by_hand) {
                held.refusals += 1;
                held.match_due_at = (held.refusals <= MAX_REFUSALS)
                    .then(|| self.now + Duration::seconds(1 << held.refusals.clamp(0, MAX_REFUSALS)));
            }
        }
        let held: Vec<Held> = self.held.into_values().collect();
        let refused = held.iter().filter(|held| self.refused.contains_key(&held.payment.id) && !held.by_hand);
        let keys: Vec<(PaymentId, String)> = refused.flat_map(|held| keys(&held.payment)).collect();
        db::payment::update_all(tx, &held).await?;
        db::allocation::update_states(tx, &self.changed, self.now).await?;
        db::sought_key::insert(tx, &keys).await?;
        quittance_events::push(tx, self.events).await
    }
}

/// Writes what invoicing said to a batch of settlements.
#[tracing::instrument(name = "payments.finish_settlements", skip_all, fields(count = asked.len()))]
pub(crate) async fn finish_settlements(
    app: &App,
    tenant: TenantId,
    batch: RequestId,
    asked: &[Allocation],
    verdicts: &Verdicts,
) -> Result<(), DbError> {
    let mut tx = app.db().begin(tenant).await?;
    let (mut finishing, current) = Finishing::begin(&mut tx, asked, app.now()).await?;
    for allocation in current {
        let is_waiting = allocation.state == AllocationState::Pending && allocation.batch == batch;
        if let Some(verdict) = verdicts.get(&allocation.id).filter(|_| is_waiting) {
            finishing.settle(allocation, verdict)?;
        }
    }
    finishing.save(&mut tx).await?;
    tx.commit().await?;
    app.relay().wake();
    app.matching().wake();
    Ok(())
}

/// Writes what invoicing said to a batch of reversals.
#[tracing::instrument(name = "payments.finish_reversals", skip_all, fields(count = asked.len()))]
pub(crate) async fn finish_reversals(
    app: &App,
    tenant: TenantId,
    batch: RequestId,
    asked: &[Allocation],
    verdicts: &Verdicts,
) -> Result<(), DbError> {
    let mut tx = app.db().begin(tenant).await?;
    let (mut finishing, current) = Finishing::begin(&mut tx, asked, app.now()).await?;
    for allocation in current {
        let is_waiting = allocation.state.reversal_batch() == Some(batch);
        if let Some(verdict) = verdicts.get(&allocation.id).filter(|_| is_waiting) {
            finishing.take_back(allocation, verdict)?;
        }
    }
    finishing.save(&mut tx).await?;
    tx.commit().await?;
    app.relay().wake();
    app.matching().wake();
    Ok(())
}
