//! `VoidInvoice`: takes an issued invoice back that nobody has seen or paid.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{Answer, Command, OneOp, OneResult, Tx, is_stale, run_one};
use quittance_kernel::{EventId, InvoiceId, ItemId, Money, RequestId, TenantId};

use crate::{
    App, Error, db,
    domain::{Entry, Invoice, OpenItem, Refusal},
    outbox,
};

/// Voids an invoice.
#[derive(Debug, Clone, Hash)]
pub(crate) struct VoidInvoice {
    pub(crate) request: RequestId,
    pub(crate) invoice: InvoiceId,
    pub(crate) reason: String,
    pub(crate) etag: String,
}

impl Command for VoidInvoice {
    const NAME: &'static str = "VoidInvoice";

    fn request_id(&self) -> RequestId {
        self.request
    }
}

struct Op<A> {
    today: NaiveDate,
    now: DateTime<Utc>,
    answer: fn(&Invoice, Option<Money>) -> A,
}

impl<A: Answer> Op<A> {
    async fn decide(&self, tx: &mut Tx, command: &VoidInvoice) -> OneResult<(Invoice, OpenItem, Entry), Error> {
        let id = command.invoice;
        // The order of locks is items before documents everywhere: a settlement holds the item only.
        let item = db::ledger::lock_items(tx, &[ItemId::from(id)]).await?.remove(&ItemId::from(id));
        let Some(invoice) = db::invoice::lock_all(tx, &[id]).await?.remove(&id) else {
            return Ok(Err(Error::InvoiceNotFound(id)));
        };
        if is_stale(&command.etag, invoice.version) {
            return Ok(Err(Error::Stale(format!("invoice {id}"))));
        }
        let subject = format!("invoice {id}");
        let Some(view) = item else {
            return Ok(Err(Error::refused(subject, Refusal::InvoiceNotIssued { state: invoice.state.label() })));
        };
        let delivered = db::document::is_delivered(tx, id).await?;
        let decided = invoice.void(&view.item, delivered, self.today, command.reason.clone());
        Ok(decided.map_err(|refusal| Error::refused(subject, refusal)))
    }
}

impl<A: Answer> OneOp for Op<A> {
    type Command = VoidInvoice;
    type Answer = A;
    type Error = Error;

    async fn run(&self, tx: &mut Tx, command: &VoidInvoice) -> OneResult<A, Error> {
        let (invoice, item, entry) = match self.decide(tx, command).await? {
            Ok(decided) => decided,
            Err(error) => return Ok(Err(error)),
        };
        db::invoice::update_state(tx, &invoice).await?;
        db::ledger::move_item(tx, &item, EventId::at(self.now).uuid(), entry, self.now).await?;
        let event = outbox::invoice_voided(&invoice, entry.effective_on, &command.reason, self.now);
        quittance_events::push(tx, vec![event]).await?;
        Ok(Ok((self.answer)(&invoice, Some(item.open()))))
    }
}

/// Voids an invoice.
#[tracing::instrument(name = "invoicing.void_invoice", skip_all)]
pub(crate) async fn void_invoice<A: Answer>(
    app: &App,
    tenant: TenantId,
    command: VoidInvoice,
    answer: fn(&Invoice, Option<Money>) -> A,
) -> Result<A, Error> {
    let book = app.book(tenant).await?;
    let (now, today) = (app.now(), app.today(&book));
    let result = run_one(app.db(), tenant, now, &Op { today, now, answer }, command).await;
    app.relay().wake();
    result
}
