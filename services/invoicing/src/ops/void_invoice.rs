//! `VoidInvoice`.

use quittance_kernel::InvoiceId;
use quittance_service::{Etag, Operation};

use super::{Write, recording_on, timelines};
use crate::{
    Error,
    app::TenantSettings,
    db,
    domain::{Invoice, OpenItem, Refusal, Source},
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
    type Output = (Invoice, Vec<OpenItem>);

    async fn run(&self, w: &mut Write<'_>) -> Result<(Invoice, Vec<OpenItem>), Error> {
        let id = self.invoice;
        let refused = |refusal| Error::refused(format!("invoice {id}"), refusal);
        // Items are always locked before documents: a settlement locks only the item.
        let items = db::item::lock_items_of(w.tx, id).await?;
        let invoice = db::invoice::lock(w.tx, id).await?;
        self.etag.check(format_args!("invoice {id}"), invoice.version)?;
        if items.is_empty() {
            return Err(refused(Refusal::InvoiceNotIssued { state: invoice.state.label() }));
        }
        let is_delivered = db::document::is_delivered(w.tx, id).await?;
        let mut items: Vec<OpenItem> = items.into_iter().map(|view| view.item).collect();
        let today = w.today()?;
        timelines::read(w, items.iter_mut().map(|item| (item, today))).await?;
        let today = w.today()?;
        let recording = recording_on(w, today, Source::Document(id), &self.reason).await?;
        let voided = invoice.void(items, is_delivered, &recording);
        let (invoice, items, entries) = voided.map_err(refused)?;
        if db::document::has_credit_notes(w.tx, id).await? {
            return Err(refused(Refusal::InvoiceCreditedInPart));
        }
        db::invoice::update_state(w.tx, &invoice).await?;
        db::item::update_items(w.tx, &items.iter().collect::<Vec<_>>()).await?;
        db::entry::insert_all(w.tx, &entries).await?;
        w.publish(outbox::invoice_voided(&invoice, &entries, &self.reason));
        Ok((invoice, items))
    }
}
