//! `CreditInvoice`.

use chrono::NaiveDate;
use quittance_kernel::{CreditNoteId, EntryId, InvoiceId, Metadata};
use quittance_service::Operation;

use super::Write;
use crate::{
    Error,
    app::TenantSettings,
    db,
    domain::{CreditNote, CreditReason, OpenItem, Refusal, SeriesKind},
    outbox,
};

/// Credits an issued invoice in full, with a numbered credit note.
#[derive(Debug, Hash)]
pub(crate) struct CreditInvoice {
    pub(crate) invoice: InvoiceId,
    pub(crate) reason: CreditReason,
    /// `None` for today.
    pub(crate) issued_on: Option<NaiveDate>,
    pub(crate) metadata: Metadata,
}

impl Operation for CreditInvoice {
    const NAME: &'static str = "CreditInvoice";
    type Settings = TenantSettings;
    type Output = CreditNote;

    async fn run(&self, w: &mut Write<'_>) -> Result<CreditNote, Error> {
        let id = self.invoice;
        let refused = |refusal| Error::refused(format!("invoice {id}"), refusal);
        let item = db::ledger::lock_item(w.tx, id.into()).await?;
        let invoice = db::invoice::lock(w.tx, id).await?;
        let not_issued = || refused(Refusal::InvoiceNotIssued { state: invoice.state.label() });
        let item = item.ok_or_else(not_issued)?.item;
        let today = w.today()?;
        let issued_on = self.issued_on.unwrap_or(today);
        // Refusals do not wait for the counter.
        CreditNote::check(&invoice, &item, issued_on, today).map_err(refused)?;
        let series = w.settings()?.default_series(SeriesKind::CreditNote)?;
        let mut series = db::series::lock(w.tx, series).await?;
        let number = series.take(issued_on).map_err(refused)?;
        let note = CreditNoteId::at(w.now);
        let metadata = self.metadata.clone();
        let credited =
            CreditNote::in_full(&invoice, &item, note, number, issued_on, today, self.reason, metadata, w.now);
        let (note, invoice, item, entry) = credited.map_err(refused)?;
        let item = OpenItem { updated_at: w.now, ..item };
        db::series::update_all(w.tx, std::slice::from_ref(&series)).await?;
        db::document::insert_credit_note(w.tx, &note, series.id).await?;
        db::invoice::update_state(w.tx, &invoice).await?;
        db::ledger::move_item(w.tx, &item, EntryId::at(w.now), entry, w.now).await?;
        w.publish(outbox::invoice_credited(&note));
        Ok(note)
    }

    fn on_constraint(&self, constraint: &str) -> Option<Error> {
        Error::number_taken(constraint, None)
    }
}
