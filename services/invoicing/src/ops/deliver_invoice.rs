//! `DeliverInvoice`.

use quittance_kernel::{ContactId, DeliveryId, InvoiceId};
use quittance_service::Operation;
use sha2::{Digest as _, Sha256};

use super::{
    Write,
    render::{Rendered, render_invoice},
};
use crate::{
    Error,
    app::TenantSettings,
    db,
    domain::{Delivery, DeliveryChannel},
    outbox,
};

/// Records the delivery of an invoice, with the document as it was then.
#[derive(Debug, Hash)]
pub(crate) struct DeliverInvoice {
    pub(crate) invoice: InvoiceId,
    pub(crate) contact: Option<ContactId>,
    pub(crate) channel: DeliveryChannel,
}

impl Operation for DeliverInvoice {
    const NAME: &'static str = "DeliverInvoice";
    type Settings = TenantSettings;
    type Output = Delivery;

    async fn run(&self, w: &mut Write<'_>) -> Result<Delivery, Error> {
        // Locked, so that it is not voided during the delivery.
        db::invoice::lock(w.tx, self.invoice).await?;
        let Rendered { html, contact, customer } = render_invoice(w.tx, self.invoice, self.contact).await?;
        let delivery = Delivery {
            id: DeliveryId::at(w.now),
            invoice: self.invoice,
            contact,
            channel: self.channel,
            document_sha256: Sha256::digest(html.as_bytes()).into(),
            delivered_at: w.now,
        };
        db::document::insert_delivery(w.tx, &delivery, &html).await?;
        w.publish(outbox::invoice_delivered(&delivery, customer));
        Ok(delivery)
    }
}
