//! `DeleteInvoice`.

use quittance_kernel::InvoiceId;
use quittance_service::{Etag, Operation};

use super::Write;
use crate::{Error, app::TenantSettings, db, outbox};

/// Deletes a draft.
#[derive(Debug, Hash)]
pub(crate) struct DeleteInvoice {
    pub(crate) invoice: InvoiceId,
    pub(crate) etag: Etag,
}

impl Operation for DeleteInvoice {
    const NAME: &'static str = "DeleteInvoice";
    type Settings = TenantSettings;
    type Output = ();

    async fn run(&self, w: &mut Write<'_>) -> Result<(), Error> {
        let id = self.invoice;
        let draft = db::invoice::lock(w.tx, id).await?;
        self.etag.check(format_args!("invoice {id}"), draft.version)?;
        draft.check_draft().map_err(|refusal| Error::refused(format!("invoice {id}"), refusal))?;
        db::invoice::delete(w.tx, id).await?;
        w.publish(outbox::invoice_deleted(&draft));
        Ok(())
    }
}
