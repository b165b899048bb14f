//! Finishes what a crash, or an absence of invoicing, left between the halves of a settlement: sends the same requests again.

use std::collections::BTreeSet;

use chrono::Duration;
use quittance_kernel::TenantId;
use quittance_runtime::{Round, error_chain};

use super::settle::{Finished, Unfinished, reverse_batch, settle_batch};
use crate::{
    App, Error,
    db::{self, unfinished::WaitingBatch},
    invoicing::NoAnswer,
};

const BATCHES: i64 = 100;

/// A batch that has waited for less is still in the hands of the call that made it.
fn patience() -> Duration {
    Duration::seconds(2)
}

/// How many tenants may go without an answer before invoicing counts as away for all.
const UNANSWERED: usize = 3;

/// Sends the batches that wait longest again, over all tenants. There is no more to do where invoicing is away. A tenant whose
/// batch fails or gets no answer waits for the next round, and no other with it.
///
/// # Errors
/// In words, once all have had their turn: the failures themselves are logged where they happen.
#[tracing::instrument(name = "payments.finish_pending", skip_all)]
pub(crate) async fn finish_pending(app: &App) -> Result<Round, String> {
    let waiting = db::unfinished::waiting_batches(app.db(), app.now() - patience(), BATCHES).await;
    let waiting = waiting.map_err(|error| error_chain(&error))?;
    if waiting.is_empty() {
        return Ok(Round::Nothing);
    }
    let mut finished = 0;
    let (mut failed, mut unanswered): (BTreeSet<TenantId>, BTreeSet<TenantId>) = (BTreeSet::new(), BTreeSet::new());
    for one in &waiting {
        if failed.contains(&one.tenant) || unanswered.contains(&one.tenant) {
            continue;
        }
        match finish(app, one).await {
            Ok(_) => finished += 1,
            Err(Unfinished::Failed(error)) => {
                tracing::warn!(tenant = %one.tenant, batch = %one.batch, error = error_chain(&error), "a batch could not be finished");
                failed.insert(one.tenant);
            }
            Err(Unfinished::NoAnswer(error @ NoAnswer::Away(_))) => {
                tracing::warn!(
                    tenant = %one.tenant,
                    error = &error as &dyn std::error::Error,
                    waiting = waiting.len(),
                    "invoicing gives no answer; batches wait"
                );
                unanswered.insert(one.tenant);
                if unanswered.len() == UNANSWERED {
                    return Ok(Round::Done);
                }
            }
            Err(Unfinished::NoAnswer(error @ NoAnswer::Refused(_))) => {
                tracing::error!(batch = %one.batch, error = &error as &dyn std::error::Error, "invoicing does not accept a batch");
            }
        }
    }
    if !failed.is_empty() {
        return Err(format!("the batches of {} tenants could not be finished", failed.len()));
    }
    let is_more = finished > 0 && unanswered.is_empty() && i64::try_from(waiting.len()) == Ok(BATCHES);
    Ok(if is_more { Round::More } else { Round::Done })
}

async fn finish(app: &App, waiting: &WaitingBatch) -> Result<Finished, Unfinished> {
    let &WaitingBatch { tenant, batch, is_reversal } = waiting;
    let mut tx = app.db().begin(tenant).await.map_err(Error::from)?;
    let allocations = if is_reversal {
        db::allocation::of_reversal_batch(&mut tx, batch).await
    } else {
        db::allocation::of_batch(&mut tx, batch).await
    };
    let allocations = allocations.map_err(Error::from)?;
    tx.commit().await.map_err(Error::from)?;
    if is_reversal {
        reverse_batch(app, tenant, batch, allocations).await
    } else {
        settle_batch(app, tenant, batch, allocations).await
    }
}
