//! `CreditInvoice`: credits an issued invoice in full.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{Answer, Command, OneOp, OneResult, Tx, run_one};
use quittance_kernel::{CreditNoteId, EventId, InvoiceId, ItemId, RequestId, SeriesId, TenantId};

use crate::{
    App, Error,
    app::Book,
    db,
    domain::{CreditNote, CreditReason, Entry, Invoice, OpenItem, Refusal, Series, SeriesKind},
    outbox,
};

/// Credits an invoice.
#[derive(Debug, Clone, Hash)]
pub(crate) struct CreditInvoice {
    pub(crate) request: RequestId,
    pub(crate) invoice: InvoiceId,
    pub(crate) reason: CreditReason,
    pub(crate) issued_on: Option<NaiveDate>,
}

impl Command for CreditInvoice {
    const NAME: &'static str = "CreditInvoice";

    fn request_id(&self) -> RequestId {
        self.request
    }
}

struct Op<A> {
    book: Arc<Book>,
    today: NaiveDate,
    now: DateTime<Utc>,
    answer: fn(&CreditNote) -> A,
}

struct Credited {
    note: CreditNote,
    invoice: Invoice,
    item: OpenItem,
    entry: Entry,
    series: Series,
}

impl<A: Answer> Op<A> {
    async fn decide(&self, tx: &mut Tx, command: &CreditInvoice) -> OneResult<Credited, Error> {
        let id = command.invoice;
        let subject = format!("invoice {id}");
        let item = db::ledger::lock_items(tx, &[ItemId::from(id)]).await?.remove(&ItemId::from(id));
        let Some(invoice) = db::invoice::lock_all(tx, &[id]).await?.remove(&id) else {
            return Ok(Err(Error::InvoiceNotFound(id)));
        };
        let Some(item) = item.map(|view| view.item) else {
            return Ok(Err(Error::refused(subject, Refusal::InvoiceNotIssued { state: invoice.state.label() })));
        };
        let issued_on = command.issued_on.unwrap_or(self.today);
        // What is refused anyway does not wait for the counter.
        if let Err(refusal) = CreditNote::check(&invoice, &item, issued_on, self.today) {
            return Ok(Err(Error::refused(subject, refusal)));
        }
        let series_id = self.book.default_series(SeriesKind::CreditNote).unwrap_or(SeriesId::new(id.uuid()));
        let Some(mut series) = db::book::lock_series(tx, &[series_id]).await?.pop() else {
            return Ok(Err(Error::SeriesNotFound(series_id)));
        };
        let decided = series.take(issued_on).and_then(|number| {
            CreditNote::in_full(
                &invoice,
                &item,
                CreditNoteId::at(self.now),
                number,
                issued_on,
                self.today,
                command.reason,
                self.now,
            )
        });
        Ok(decided
            .map(|(note, invoice, item, entry)| Credited { note, invoice, item, entry, series })
            .map_err(|refusal| Error::refused(subject, refusal)))
    }
}

impl<A: Answer> OneOp for Op<A> {
    type Command = CreditInvoice;
    type Answer = A;
    type Error = Error;

    async fn run(&self, tx: &mut Tx, command: &CreditInvoice) -> OneResult<A, Error> {
        let Credited { note, invoice, item, entry, series } = match self.decide(tx, command).await? {
            Ok(credited) => credited,
            Err(error) => return Ok(Err(error)),
        };
        db::book::update_series(tx, std::slice::from_ref(&series)).await?;
        db::document::insert_credit_note(tx, &note, series.id).await?;
        db::invoice::update_state(tx, &invoice).await?;
        db::ledger::move_item(tx, &item, EventId::at(self.now).uuid(), entry, self.now).await?;
        quittance_events::push(tx, vec![outbox::invoice_credited(&note, self.now)]).await?;
        Ok(Ok((self.answer)(&note)))
    }
}

/// Credits an invoice.
#[tracing::instrument(name = "invoicing.credit_invoice", skip_all)]
pub(crate) async fn credit_invoice<A: Answer>(
    app: &App,
    tenant: TenantId,
    command: CreditInvoice,
    answer: fn(&CreditNote) -> A,
) -> Result<A, Error> {
    let book = app.book(tenant).await?;
    let (now, today) = (app.now(), app.today(&book));
    let result = run_one(app.db(), tenant, now, &Op { book, today, now, answer }, command).await;
    app.relay().wake();
    result
}
