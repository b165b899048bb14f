//! The two halves of a settlement: a batch is sent to invoicing, then its results are written. An interruption in between is found
//! and repeated by [`finish_pending`](super::finish_pending).

use std::collections::{BTreeMap, HashMap};

use futures::{StreamExt as _, stream};
use quittance_kernel::{AllocationId, PaymentId, RequestId, TenantId};

use super::{
    Recorded,
    finish_settlements::{FinishReversals, FinishSettlements},
};
use crate::{
    App, Error,
    domain::{Allocation, AllocationState, Payment},
    invoicing::{NoResponse, Reversal},
};

/// Concurrent batches to invoicing: while it writes one, the results of another are written here.
const AT_ONCE: usize = 2;

/// Why a batch is not finished.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unfinished {
    /// Invoicing did not respond.
    #[error(transparent)]
    NoResponse(#[from] NoResponse),
    /// The results could not be written.
    #[error(transparent)]
    Failed(#[from] Error),
}

/// Payments and their allocations after invoicing's results.
#[derive(Debug, Default)]
pub(crate) struct Finished {
    pub(crate) payments: HashMap<PaymentId, Payment>,
    pub(crate) allocations: HashMap<AllocationId, Allocation>,
}

impl Finished {
    fn merge(&mut self, other: Finished) {
        for (id, payment) in other.payments {
            // Two batches may concern one payment: the later version includes both.
            let is_older = self.payments.get(&id).is_some_and(|known| known.version > payment.version);
            if !is_older {
                self.payments.insert(id, payment);
            }
        }
        self.allocations.extend(other.allocations);
    }

    /// A payment and its allocations after the results.
    pub(crate) fn of(&self, recorded: Recorded) -> Recorded {
        let Recorded { payment, allocations, .. } = recorded;
        let after = |allocation: Allocation| self.allocations.get(&allocation.id).cloned().unwrap_or(allocation);
        Recorded {
            payment: self.payments.get(&payment.id).cloned().unwrap_or(payment),
            allocations: allocations.into_iter().map(after).collect(),
            waiting: Vec::new(),
        }
    }
}

/// Sends whole batches to invoicing. Without a response they stay pending, and a reconciler retries: the payments are already recorded, so failures
/// here are not returned to the caller.
pub(crate) async fn settle(app: &App, tenant: TenantId, waiting: Vec<Allocation>) -> Finished {
    let mut settlements: BTreeMap<RequestId, Vec<Allocation>> = BTreeMap::new();
    let mut reversals: BTreeMap<RequestId, Vec<Allocation>> = BTreeMap::new();
    for allocation in waiting {
        match allocation.state.reversal_batch() {
            Some(batch) => reversals.entry(batch).or_default().push(allocation),
            None => settlements.entry(allocation.batch).or_default().push(allocation),
        }
    }
    let mut finished = Finished::default();
    let mut answers = stream::iter(settlements)
        .map(|(batch, allocations)| async move { (batch, settle_batch(app, tenant, batch, allocations).await) })
        .buffer_unordered(AT_ONCE);
    while let Some((batch, answer)) = answers.next().await {
        match answer {
            Ok(answered) => finished.merge(answered),
            Err(error) => {
                log_unfinished(batch, &error);
                return finished;
            }
        }
    }
    for (batch, allocations) in reversals {
        match reverse_batch(app, tenant, batch, allocations).await {
            Ok(answered) => finished.merge(answered),
            Err(error) => {
                log_unfinished(batch, &error);
                return finished;
            }
        }
    }
    finished
}

fn log_unfinished(batch: RequestId, error: &Unfinished) {
    tracing::warn!(%batch, error = error as &dyn std::error::Error, "a batch waits for invoicing and will be sent again");
}

/// Settles a batch (all allocations with its id) in invoicing, and writes the results.
pub(crate) async fn settle_batch(
    app: &App,
    tenant: TenantId,
    batch: RequestId,
    mut allocations: Vec<Allocation>,
) -> Result<Finished, Unfinished> {
    if !allocations.iter().any(|allocation| allocation.state == AllocationState::Pending) {
        return Ok(Finished::default());
    }
    // The request is always the same, from every sender.
    allocations.sort_by_key(|allocation| allocation.id);
    let verdicts = app.invoicing().settle(tenant, batch, &allocations).await?;
    let finished = app.run_job(tenant, &FinishSettlements { batch, allocations, verdicts }).await?;
    app.matching().wake();
    Ok(finished)
}

/// Reverses a batch (all allocations being reversed under its id) in invoicing, and writes the results.
pub(crate) async fn reverse_batch(
    app: &App,
    tenant: TenantId,
    batch: RequestId,
    mut allocations: Vec<Allocation>,
) -> Result<Finished, Unfinished> {
    allocations.sort_by_key(|allocation| allocation.id);
    let reversals: Vec<Reversal> = allocations.iter().filter_map(reversal).collect();
    if reversals.is_empty() {
        return Ok(Finished::default());
    }
    let verdicts = app.invoicing().reverse(tenant, batch, &reversals).await?;
    let finished = app.run_job(tenant, &FinishReversals { batch, allocations, verdicts }).await?;
    app.matching().wake();
    Ok(finished)
}

fn reversal(allocation: &Allocation) -> Option<Reversal> {
    match &allocation.state {
        AllocationState::Reversing { effective_on, reason, .. } => {
            let (reason, by) = (reason.clone(), allocation.decided_by.clone());
            Some(Reversal { allocation: allocation.id, effective_on: *effective_on, reason, by })
        }
        AllocationState::Pending
        | AllocationState::Applied
        | AllocationState::Rejected { .. }
        | AllocationState::Reversed { .. } => None,
    }
}
