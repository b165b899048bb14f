//! `CreditInvoice`.

use chrono::NaiveDate;
use quittance_approvals::{Decided, Intent, require};
use quittance_kernel::{Added, CreditNoteId, InvoiceId, Metadata, SeriesId};
use quittance_service::Operation;

use super::{Write, periods::open_days, recording, timelines};
use crate::{
    Error,
    app::TenantSettings,
    db,
    domain::{
        CreditNote, CreditPlan, CreditReason, CreditRequest, CreditScope, CustomerCredit, OpenItem, SeriesKind, Source,
    },
    outbox,
};

/// Credits an issued invoice, in full or in part, with a numbered credit note.
#[derive(Debug, Hash)]
pub(crate) struct CreditInvoice {
    pub(crate) invoice: InvoiceId,
    pub(crate) reason: CreditReason,
    /// `None` for today.
    pub(crate) issued_on: Option<NaiveDate>,
    pub(crate) metadata: Metadata,
    /// What is credited; none: all that is not credited yet.
    pub(crate) scope: Added<CreditScope>,
    /// The series of the credit note; none: the tenant's first.
    pub(crate) series: Added<SeriesId>,
    /// Whether all of it is kept on account.
    pub(crate) keep_on_account: Added<bool>,
}

impl Operation for CreditInvoice {
    const NAME: &'static str = "CreditInvoice";
    type Settings = TenantSettings;
    type Output = Decided<(CreditNote, CustomerCredit)>;

    async fn run(&self, w: &mut Write<'_>) -> Result<Self::Output, Error> {
        let id = self.invoice;
        let refused = |refusal| Error::refused(format!("invoice {id}"), refusal);
        let items = db::item::lock_items_of(w.tx, id).await?;
        let mut items: Vec<OpenItem> = items.into_iter().map(|view| view.item).collect();
        let invoice = db::invoice::lock(w.tx, id).await?;
        let before = db::document::credit_notes_of(w.tx, &invoice).await?;
        let issued_on = self.issued_on.unwrap_or(w.today()?);
        timelines::read(w, items.iter_mut().map(|item| (item, issued_on))).await?;
        let open_days = open_days(w, [issued_on]).await?;
        let request = CreditRequest {
            scope: self.scope.0.as_ref(),
            issued_on,
            open_days,
            reason: self.reason,
            metadata: self.metadata.clone(),
            keep_on_account: self.keep_on_account.0.unwrap_or_default(),
        };
        // Refusals do not wait for the counter.
        let plan = CreditPlan::new(&invoice, &before, request).map_err(refused)?;
        let series = match self.series.0 {
            Some(series) => series,
            None => w.settings()?.default_series(SeriesKind::CreditNote)?,
        };
        let mut series = db::series::lock(w.tx, series).await?;
        if series.kind != SeriesKind::CreditNote {
            return Err(Error::SeriesNotFound(series.id));
        }
        let number = series.take(issued_on).map_err(refused)?;
        let note = CreditNoteId::at(w.now);
        let recording = recording(w, 0, open_days, Source::CreditNote(note), "");
        let credited = plan.issue(&invoice, items, note, number, &recording).map_err(refused)?;
        let intent = Intent {
            subject: format!("invoices/{id}"),
            customer: Some(invoice.customer),
            amount: Some(credited.note.totals.total),
            reason: String::new(),
        };
        if let Some(approval) = require(w, self, intent).await? {
            return Ok(Decided::Waiting(approval));
        }
        db::series::update_all(w.tx, std::slice::from_ref(&series)).await?;
        db::document::insert_credit_note(w.tx, &credited.note, series.id).await?;
        db::invoice::update_state(w.tx, &credited.invoice).await?;
        db::item::update_items(w.tx, &credited.items.iter().collect::<Vec<_>>()).await?;
        db::entry::insert_all(w.tx, &credited.entries).await?;
        db::customer_credit::insert(w.tx, &credited.credit).await?;
        db::customer_credit::insert_entries(w.tx, &credited.credit_entries.iter().collect::<Vec<_>>()).await?;
        w.publish(outbox::invoice_credited(&credited));
        Ok(Decided::Done((credited.note, credited.credit)))
    }

    fn on_constraint(&self, constraint: &str) -> Option<Error> {
        Error::number_taken(constraint, None)
    }
}
