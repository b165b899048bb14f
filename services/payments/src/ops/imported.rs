//! What imports of banks' files have in common, whatever the file: their payments are matched in slices and settled together.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use quittance_db::{DbError, Tx};
use quittance_kernel::{ImportId, PaymentId, TenantId};
use uuid::Uuid;

use super::{match_payments::record_matched, settle::settle_waiting};
use crate::{
    App, Error, db,
    domain::{BankImport, Payment},
    outbox,
};

/// Payments that are matched at a time.
const SLICE: usize = 1_000;
/// The longest remittance information a payment keeps, in characters.
pub(super) const MAX_TEXT: usize = 4_000;

/// Records what a file brought, in slices.
pub(super) async fn record_imported(
    tx: &mut Tx,
    payments: Vec<Payment>,
    envelopes: &HashMap<PaymentId, Uuid>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    for slice in payments.chunks(SLICE) {
        let recorded = record_matched(tx, slice.to_vec(), envelopes, now).await?;
        // A proposal that its own payment refuses is a fault of matching: the import fails whole rather than lose a line.
        let id = slice.first().map_or(Uuid::nil(), |first| first.id.uuid());
        let recorded: Vec<Payment> = recorded
            .into_iter()
            .collect::<Result<_, _>>()
            .map_err(|refusal| DbError::Corrupt { table: "payment", id, why: refusal.to_string() })?;
        let events = recorded.iter().map(|payment| outbox::payment_received(payment, now)).collect();
        quittance_events::push(tx, events).await?;
    }
    Ok(())
}

pub(super) fn count(lines: usize) -> i32 {
    i32::try_from(lines).unwrap_or(i32::MAX)
}

/// Settles what an import's payments pay, as far as invoicing answers now. Returns what the import did.
pub(super) async fn settle_import(app: &App, tenant: TenantId, id: ImportId) -> Result<BankImport, Error> {
    app.relay().wake();
    app.matching().wake();
    let mut tx = app.db().begin(tenant).await?;
    let import = db::import::find(&mut tx, id).await?.ok_or(Error::ImportNotFound(id))?;
    let payments = db::import::payments_of(&mut tx, id).await?;
    tx.commit().await?;
    settle_waiting(app, tenant, &payments).await?;
    Ok(import)
}
