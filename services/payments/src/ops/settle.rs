//! The two halves of a settlement, one after the other: ask invoicing about a batch, then write what it said. Whoever is cut off in between leaves
//! what `finish_pending` finds and repeats.

use futures::{StreamExt as _, stream};
use quittance_db::DbError;
use quittance_kernel::{PaymentId, RequestId, TenantId};

use super::finish_allocations::{finish_reversals, finish_settlements};
use crate::{
    App, db,
    domain::{Allocation, AllocationState},
    invoicing::{NoAnswer, Reversal},
};

/// Batches that invoicing is asked about at a time: while it writes one, the answer to another is written here.
const AT_ONCE: usize = 2;

/// Why a batch is not finished.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unfinished {
    /// Invoicing gave no answer.
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    /// The store.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Asks invoicing about everything that waits for it on these payments. Where invoicing is away they stay as they are, and a reconciler goes on.
pub(crate) async fn settle_waiting(app: &App, tenant: TenantId, payments: &[PaymentId]) -> Result<(), DbError> {
    if payments.is_empty() {
        return Ok(());
    }
    let mut tx = app.db().begin(tenant).await?;
    let (settlements, reversals) = db::allocation::waiting_batches(&mut tx, payments).await?;
    tx.commit().await?;
    let settled = stream::iter(settlements)
        .map(|batch| async move { went_on(&settle_batch(app, tenant, batch).await, batch) })
        .buffer_unordered(AT_ONCE)
        .all(std::future::ready)
        .await;
    if settled {
        for batch in reversals {
            if !went_on(&reverse_batch(app, tenant, batch).await, batch) {
                break;
            }
        }
    }
    Ok(())
}

/// Whether to ask about the next batch. What is recorded stands, so no failure here is the caller's.
fn went_on(result: &Result<(), Unfinished>, batch: RequestId) -> bool {
    if let Err(error) = result {
        tracing::warn!(%batch, error = error as &dyn std::error::Error, "a batch waits for invoicing and will be asked for again");
    }
    result.is_ok()
}

/// Asks invoicing to settle a batch and writes what it said.
pub(crate) async fn settle_batch(app: &App, tenant: TenantId, batch: RequestId) -> Result<(), Unfinished> {
    let mut tx = app.db().begin(tenant).await?;
    let allocations = db::allocation::of_batch(&mut tx, batch).await?;
    tx.commit().await?;
    if !allocations.iter().any(|allocation| allocation.state == AllocationState::Pending) {
        return Ok(());
    }
    let verdicts = app.invoicing().settle(tenant, batch, &allocations).await?;
    finish_settlements(app, tenant, batch, &allocations, &verdicts).await?;
    Ok(())
}

/// Asks invoicing to take a batch back and writes what it said.
pub(crate) async fn reverse_batch(app: &App, tenant: TenantId, batch: RequestId) -> Result<(), Unfinished> {
    let mut tx = app.db().begin(tenant).await?;
    let allocations = db::allocation::of_reversal_batch(&mut tx, batch).await?;
    tx.commit().await?;
    let reversals: Vec<Reversal> = allocations.iter().filter_map(reversal).collect();
    if reversals.is_empty() {
        return Ok(());
    }
    let verdicts = app.invoicing().reverse(tenant, batch, &reversals).await?;
    finish_reversals(app, tenant, batch, &allocations, &verdicts).await?;
    Ok(())
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
