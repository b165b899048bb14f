//! Finishes what a crash, or an absence of invoicing, left between the halves of a settlement: asks again with the same batch ids.

use chrono::Duration;
use quittance_db::DbError;

use super::settle::{Unfinished, reverse_batch, settle_batch};
use crate::{App, db, invoicing::NoAnswer};

const BATCHES: i64 = 100;

/// A batch that waits for less is still being asked about by whoever made it.
fn patience() -> Duration {
    Duration::seconds(2)
}

/// Asks again about the batches that wait longest, over all tenants. Returns whether there may be more; none where invoicing is away.
#[tracing::instrument(name = "payments.finish_pending", skip_all)]
pub(crate) async fn finish_pending(app: &App) -> Result<bool, DbError> {
    let waiting = db::unfinished::waiting_batches(app.db(), app.now() - patience(), BATCHES).await?;
    let mut finished = 0;
    for one in &waiting {
        let result = if one.is_reversal {
            reverse_batch(app, one.tenant, one.batch).await
        } else {
            settle_batch(app, one.tenant, one.batch).await
        };
        match result {
            Ok(()) => finished += 1,
            Err(Unfinished::Db(error)) => return Err(error),
            Err(Unfinished::NoAnswer(error @ NoAnswer::Away(_))) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    waiting = waiting.len(),
                    "invoicing gives no answer; batches wait"
                );
                return Ok(false);
            }
            Err(Unfinished::NoAnswer(error @ NoAnswer::Refused(_))) => {
                tracing::error!(batch = %one.batch, error = &error as &dyn std::error::Error, "invoicing does not accept a batch");
            }
        }
    }
    Ok(finished > 0 && i64::try_from(waiting.len()) == Ok(BATCHES))
}
