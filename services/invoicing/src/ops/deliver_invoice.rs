//! `DeliverInvoice` and the rendering it shares with `RenderInvoice`.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use quittance_db::{Answer, Command, OneOp, OneResult, Tx, run_one};
use quittance_kernel::{ContactId, CustomerId, DeliveryId, InvoiceId, RequestId, TenantId};
use sha2::{Digest as _, Sha256};

use crate::{
    App, Error,
    app::Book,
    db,
    domain::{Delivery, DeliveryChannel, DocumentData, document::render},
    outbox,
};

/// Records that a document was handed over.
#[derive(Debug, Clone, Hash)]
pub(crate) struct DeliverInvoice {
    pub(crate) request: RequestId,
    pub(crate) invoice: InvoiceId,
    pub(crate) contact: Option<ContactId>,
    pub(crate) channel: DeliveryChannel,
}

impl Command for DeliverInvoice {
    const NAME: &'static str = "DeliverInvoice";

    fn request_id(&self) -> RequestId {
        self.request
    }
}

struct Op<A> {
    book: Arc<Book>,
    now: DateTime<Utc>,
    answer: fn(&Delivery) -> A,
}

/// An invoice as it is sent, to whom it is addressed, and whose it is.
struct Rendered {
    html: String,
    contact: Option<ContactId>,
    customer: CustomerId,
}

async fn rendered(tx: &mut Tx, book: &Book, id: InvoiceId, contact: Option<ContactId>) -> OneResult<Rendered, Error> {
    let Some(invoice) = db::invoice::find(tx, id).await? else { return Ok(Err(Error::InvoiceNotFound(id))) };
    let Some(customer) = db::customer::find(tx, invoice.customer).await? else {
        return Ok(Err(Error::CustomerNotFound(invoice.customer)));
    };
    if let Some(contact) = contact.filter(|id| customer.contact(*id).is_none()) {
        return Ok(Err(Error::ContactNotFound(contact)));
    }
    let contact = contact.or(invoice.contact);
    let data = match DocumentData::of(&book.tenant, &customer, contact.and_then(|id| customer.contact(id)), &invoice) {
        Ok(data) => data,
        Err(refusal) => return Ok(Err(Error::refused(format!("invoice {id}"), refusal))),
    };
    Ok(render(&data).map(|html| Rendered { html, contact, customer: customer.id }).map_err(Error::from))
}

impl<A: Answer> OneOp for Op<A> {
    type Command = DeliverInvoice;
    type Answer = A;
    type Error = Error;

    async fn run(&self, tx: &mut Tx, command: &DeliverInvoice) -> OneResult<A, Error> {
        // Held, so that it is not voided while it is handed over.
        db::invoice::lock_all(tx, &[command.invoice]).await?;
        let Rendered { html, contact, customer } =
            match rendered(tx, &self.book, command.invoice, command.contact).await? {
                Ok(rendered) => rendered,
                Err(error) => return Ok(Err(error)),
            };
        let delivery = Delivery {
            id: DeliveryId::at(self.now),
            invoice: command.invoice,
            contact,
            channel: command.channel,
            document_sha256: Sha256::digest(html.as_bytes()).into(),
            delivered_at: self.now,
        };
        db::document::insert_delivery(tx, &delivery, &html).await?;
        quittance_events::push(tx, vec![outbox::invoice_delivered(&delivery, customer, self.now)]).await?;
        Ok(Ok((self.answer)(&delivery)))
    }
}

/// Records that a document was handed over, and keeps it.
#[tracing::instrument(name = "invoicing.deliver_invoice", skip_all)]
pub(crate) async fn deliver_invoice<A: Answer>(
    app: &App,
    tenant: TenantId,
    command: DeliverInvoice,
    answer: fn(&Delivery) -> A,
) -> Result<A, Error> {
    let book = app.book(tenant).await?;
    let now = app.now();
    let result = run_one(app.db(), tenant, now, &Op { book, now, answer }, command).await;
    app.relay().wake();
    result
}

/// An issued invoice as it is sent.
pub(crate) async fn render_invoice(app: &App, tenant: TenantId, id: InvoiceId) -> Result<String, Error> {
    let book = app.book(tenant).await?;
    let mut tx = app.db().begin(tenant).await?;
    let rendered = rendered(&mut tx, &book, id, None).await?;
    tx.commit().await?;
    Ok(rendered?.html)
}
