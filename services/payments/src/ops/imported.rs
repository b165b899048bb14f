//! Common parts of imports, whatever the format: their payments are matched in batches and settled together.

use std::collections::HashMap;

use quittance_db::StorableResponse;
use quittance_kernel::{Bug, ImportId, PaymentId, TenantId};
use quittance_service::Outcome;
use uuid::Uuid;

use super::{Write, matching::record_matched, settle::settle};
use crate::{
    App, Error, db,
    domain::{Allocation, BankImport, Payment},
    outbox,
};

/// Batch size of matching.
const BATCH: usize = 1_000;
/// The longest remittance information of a payment, in characters.
pub(super) const MAX_TEXT: usize = 4_000;

/// An import, and the batches to send to invoicing.
#[derive(Debug)]
pub(crate) struct Imported {
    pub(crate) import: BankImport,
    pub(crate) waiting: Vec<Allocation>,
}

/// The stored response of a request: the import it created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ImportResponse(ImportId);

impl ImportResponse {
    pub(crate) fn of(imported: &Imported) -> Self {
        Self(imported.import.id)
    }
}

impl StorableResponse for ImportResponse {
    fn to_bytes(&self) -> Vec<u8> {
        self.0.uuid().as_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8], _is_basic: bool) -> Result<Self, String> {
        Uuid::from_slice(bytes).map(|id| Self(ImportId::new(id))).map_err(|error| error.to_string())
    }

    // It is never in a batch.
    fn size(&self) -> usize {
        0
    }
}

/// Records the payments of a file, in batches. Returns the allocations to send to invoicing.
pub(super) async fn record_imported(
    w: &mut Write<'_>,
    payments: Vec<Payment>,
    envelopes: &HashMap<PaymentId, Uuid>,
) -> Result<Vec<Allocation>, Error> {
    let mut waiting = Vec::new();
    for batch in payments.chunks(BATCH) {
        for recorded in record_matched(w, batch.to_vec(), envelopes).await? {
            // The import fails as a whole rather than lose a line.
            let (recorded, review) = recorded.map_err(|_| Bug("a payment refused its own proposal"))?;
            w.publish(outbox::payment_received(&recorded.payment));
            if let Some(review) = review {
                w.publish(review);
            }
            waiting.extend(recorded.waiting);
        }
    }
    Ok(waiting)
}

/// Settles an import's payments, as far as invoicing responds now. Returns the import.
pub(crate) async fn settle_imported(
    app: &App,
    tenant: TenantId,
    outcome: Outcome<Imported, ImportResponse>,
) -> Result<BankImport, Error> {
    if let Some(Imported { import, waiting }) = outcome.output {
        app.matching().wake();
        settle(app, tenant, waiting).await;
        return Ok(import);
    }
    let ImportResponse(id) = outcome.response;
    let mut tx = app.db().begin(tenant).await?;
    let import = db::import::find(&mut tx, id).await?;
    tx.commit().await?;
    import.ok_or(Error::ImportNotFound(id))
}
