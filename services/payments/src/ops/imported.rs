//! What imports of banks' files have in common, whatever the file: their payments are matched in batches and settled together.

use std::collections::HashMap;

use quittance_db::Answer;
use quittance_kernel::{Bug, ImportId, PaymentId, TenantId};
use quittance_service::Outcome;
use uuid::Uuid;

use super::{Write, matching::record_matched, settle::settle};
use crate::{
    App, Error, db,
    domain::{Allocation, BankImport, Payment},
    outbox,
};

/// Payments that are matched at a time.
const BATCH: usize = 1_000;
/// The longest remittance information a payment keeps, in characters.
pub(super) const MAX_TEXT: usize = 4_000;

/// An import, and what is to be sent to invoicing.
#[derive(Debug)]
pub(crate) struct Imported {
    pub(crate) import: BankImport,
    pub(crate) waiting: Vec<Allocation>,
}

/// What is kept with a request: which import it made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeptImport(ImportId);

impl KeptImport {
    pub(crate) fn of(imported: &Imported) -> Self {
        Self(imported.import.id)
    }
}

impl Answer for KeptImport {
    fn to_bytes(&self) -> Vec<u8> {
        self.0.uuid().as_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        Uuid::from_slice(bytes).map(|id| Self(ImportId::new(id))).map_err(|error| error.to_string())
    }
}

/// Records what a file brought, in batches. Returns what is to be sent to invoicing.
pub(super) async fn record_imported(
    w: &mut Write<'_>,
    payments: Vec<Payment>,
    envelopes: &HashMap<PaymentId, Uuid>,
) -> Result<Vec<Allocation>, Error> {
    let mut waiting = Vec::new();
    for batch in payments.chunks(BATCH) {
        for recorded in record_matched(w, batch.to_vec(), envelopes).await? {
            // The import fails whole rather than lose a line.
            let recorded = recorded.map_err(|_| Bug("a payment refused what was found for it"))?;
            w.publish(outbox::payment_received(&recorded.payment));
            waiting.extend(recorded.waiting);
        }
    }
    Ok(waiting)
}

pub(super) fn count(lines: usize) -> Result<i32, Bug> {
    i32::try_from(lines).map_err(|_| Bug("a file has more lines than an import takes"))
}

/// Settles what an import's payments pay, as far as invoicing answers now. Returns what the import did.
pub(crate) async fn settle_imported(
    app: &App,
    tenant: TenantId,
    outcome: Outcome<Imported, KeptImport>,
) -> Result<BankImport, Error> {
    if let Some(Imported { import, waiting }) = outcome.output {
        app.matching().wake();
        settle(app, tenant, waiting).await;
        return Ok(import);
    }
    let KeptImport(id) = outcome.answer;
    let mut tx = app.db().begin(tenant).await?;
    let import = db::import::find(&mut tx, id).await?;
    tx.commit().await?;
    import.ok_or(Error::ImportNotFound(id))
}
