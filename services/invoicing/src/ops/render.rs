//! The document that `RenderInvoice` returns and `DeliverInvoice` stores.

use quittance_db::Tx;
use quittance_kernel::{ContactId, CustomerId, InvoiceId};

use crate::{
    Error, db,
    domain::{DocumentData, Tenant, document},
};

/// A rendered invoice and its recipient.
pub(crate) struct Rendered {
    pub(crate) html: String,
    pub(crate) contact: Option<ContactId>,
    pub(crate) customer: CustomerId,
}

/// Renders an issued invoice, addressed to this contact or its own.
pub(crate) async fn render(
    tx: &mut Tx,
    tenant: &Tenant,
    id: InvoiceId,
    contact: Option<ContactId>,
) -> Result<Rendered, Error> {
    let invoice = db::invoice::find(tx, id).await?.ok_or(Error::InvoiceNotFound(id))?;
    let customer = db::customer::find(tx, invoice.customer).await?.ok_or(Error::CustomerNotFound(invoice.customer))?;
    if let Some(unknown) = contact.filter(|id| customer.contact(*id).is_none()) {
        return Err(Error::ContactNotFound(unknown));
    }
    let contact = contact.or(invoice.contact);
    let items = db::item::find_items_of(tx, &[id]).await?.remove(&id).unwrap_or_default();
    let data = DocumentData::of(tenant, &customer, contact.and_then(|id| customer.contact(id)), &invoice, &items)
        .map_err(|refusal| Error::refused(format!("invoice {id}"), refusal))?;
    Ok(Rendered { html: document::render(&data)?, contact, customer: customer.id })
}
