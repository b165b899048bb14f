//! `VoidInvoice`.

use quittance_kernel::{EntryId, InvoiceId};
use quittance_service::{Etag, Operation};

use super::Write;
use crate::{
    Error,
    app::TenantSettings,
    db,
    domain::{Invoice, OpenItem, Refusal},
    outbox,
};

/// Cancels an issued invoice that is neither settled nor delivered. It keeps its number.
#[derive(Debug, Hash)]
pub(crate) struct VoidInvoice {
    pub(crate) invoice: InvoiceId,
    pub(crate) reason: String,
    pub(crate) etag: Etag,
}

impl Operation for VoidInvoice {
    const NAME: &'static str = "VoidInvoice";
    type Settings = TenantSettings;
    type Output = (Invoice, OpenItem);

    async fn run(&self, w: &mut Write<'_>) -> Result<(Invoice, OpenItem), Error> {
        let id = self.invoice;
        let refused = |refusal| Error::refused(format!("invoice {id}"), refusal);
        // Items are always locked before documents: a settlement locks only the item.
        let item = db::ledger::lock_item(w.tx, id.into()).await?;
        let invoice = db::invoice::lock(w.tx, id).await?;
        self.etag.check(format_args!("invoice {id}"), invoice.version)?;
        let not_issued = || refused(Refusal::InvoiceNotIssued { state: invoice.state.label() });
        let item = item.ok_or_else(not_issued)?.item;
        let is_delivered = db::document::is_delivered(w.tx, id).await?;
        let voided = invoice.void(&item, is_delivered, w.today()?, self.reason.clone());
        let (invoice, item, entry) = voided.map_err(refused)?;
        let item = OpenItem { updated_at: w.now, ..item };
        db::invoice::update_state(w.tx, &invoice).await?;
        db::ledger::move_item(w.tx, &item, EntryId::at(w.now), entry, w.now).await?;
        w.publish(outbox::invoice_voided(&invoice, &entry, &self.reason));
        Ok((invoice, item))
    }
}
