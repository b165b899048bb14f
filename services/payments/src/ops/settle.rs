//! The two halves of a settlement, one after the other: a batch is sent to invoicing, then its answer is written. What is cut off in between is found
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
    invoicing::{NoAnswer, Reversal},
};

/// Batches that are sent to invoicing at a time: while it writes one, the answer to another is written here.
const AT_ONCE: usize = 2;

/// Why a batch is not finished.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unfinished {
    /// Invoicing gave no answer.
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    /// The answer could not be written.
    #[error(transparent)]
    Failed(#[from] Error),
}

/// What invoicing's answers made of payments and their allocations.
#[derive(Debug, Default)]
pub(crate) struct Finished {
    pub(crate) payments: HashMap<PaymentId, Payment>,
    pub(crate) allocations: HashMap<AllocationId, Allocation>,
}

impl Finished {
    fn merge(&mut self, other: Finished) {
        for (id, payment) in other.payments {
            // Two batches may have been about one payment: the later version knows of both.
            let is_older = self.payments.get(&id).is_some_and(|known| known.version > payment.version);
            if !is_older {
                self.payments.insert(id, payment);
            }
        }
        self.allocations.extend(other.allocations);
    }

    /// A payment and its allocations, as they are after the answers.
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

/// Sends whole batches to invoicing. Where it gives no answer they stay as they are, and a reconciler goes on: what is recorded stands, so that no failure
/// here is the caller's.
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

/// Asks invoicing to settle a batch, which is all allocations made under its id, and writes the answer.
pub(crate) async fn settle_batch(
    app: &App,
    tenant: TenantId,
    batch: RequestId,
    mut allocations: Vec<Allocation>,
) -> Result<Finished, Unfinished> {
    if !allocations.iter().any(|allocation| allocation.state == AllocationState::Pending) {
        return Ok(Finished::default());
    }
    // Each time the same request, whoever sends it.
    allocations.sort_by_key(|allocation| allocation.id);
    let verdicts = app.invoicing().settle(tenant, batch, &allocations).await?;
    let finished = app.run_job(tenant, &FinishSettlements { batch, allocations, verdicts }).await?;
    app.matching().wake();
    Ok(finished)
}

/// Asks invoicing to reverse a batch, which is all allocations that are being reversed under its id, and writes the answer.
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
            Some(Reversal { allocation: allocation.id, effective_on: *effective_on, reason: reason.clone() })
        }
        AllocationState::Pending
        | AllocationState::Applied
        | AllocationState::Rejected { .. }
        | AllocationState::Reversed { .. } => None,
    }
}
