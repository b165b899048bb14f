//! Finishes settlements interrupted by a crash or an outage of invoicing: sends the same requests again.

use std::collections::BTreeSet;

use chrono::Duration;
use quittance_kernel::TenantId;
use quittance_runtime::{Round, error_chain};

use super::settle::{Finished, Unfinished, reverse_batch, settle_batch};
use crate::{
    App, Error,
    db::{self, unfinished::WaitingBatch},
    invoicing::NoResponse,
};

const BATCHES: i64 = 100;

/// A younger batch is still handled by the call that created it.
fn patience() -> Duration {
    Duration::seconds(2)
}

/// After how many tenants without a response invoicing is considered unavailable for all.
const UNANSWERED: usize = 3;

/// Sends the oldest waiting batches again, over all tenants. Reports no more work while invoicing is unavailable. A tenant whose
/// batch fails or gets no response waits for the next round, without delaying others.
///
/// # Errors
/// A message, after all were handled: the failures themselves are logged where they happen.
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
            Err(Unfinished::NoResponse(error @ NoResponse::Unavailable(_))) => {
                tracing::warn!(
                    tenant = %one.tenant,
                    error = &error as &dyn std::error::Error,
                    waiting = waiting.len(),
                    "invoicing does not respond; batches wait"
                );
                unanswered.insert(one.tenant);
                if unanswered.len() == UNANSWERED {
                    return Ok(Round::Done);
                }
            }
            Err(Unfinished::NoResponse(error @ NoResponse::Refused(_))) => {
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
