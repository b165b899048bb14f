//! The documents that `RenderInvoice` and `RenderCreditNote` return, and `DeliverInvoice` stores: with seller and customer as they were at the issue.

use quittance_db::Tx;
use quittance_kernel::{ContactId, CreditNoteId, CustomerId, InvoiceId};

use crate::{
    Error, db,
    domain::{Addressee, CreditNotePage, InvoicePage, Refusal},
};

/// A rendered invoice and its recipient.
pub(crate) struct Rendered {
    pub(crate) html: String,
    pub(crate) contact: Option<ContactId>,
    pub(crate) customer: CustomerId,
}

/// Renders an issued invoice, addressed to this contact, which the customer has now, or to its own.
pub(crate) async fn render_invoice(tx: &mut Tx, id: InvoiceId, contact: Option<ContactId>) -> Result<Rendered, Error> {
    let invoice = db::invoice::find(tx, id).await?.ok_or(Error::InvoiceNotFound(id))?;
    let not_issued = Refusal::InvoiceNotIssued { state: invoice.state.label() };
    let not_issued = Error::refused(format!("invoice {id}"), not_issued);
    let versions = db::parties::versions_of_invoice(tx, id).await?.ok_or(not_issued)?;
    let mut parties = db::parties::find(tx, invoice.customer, versions).await?;
    if let Some(id) = contact {
        let name = db::customer::contact_name(tx, invoice.customer, id).await?.ok_or(Error::ContactNotFound(id))?;
        if parties.buyer.contact(id).is_none() {
            // Added after the issue.
            parties.buyer.contacts.push(Addressee { id, name });
        }
    }
    let contact = contact.or(invoice.contact);
    let items = db::item::find_items_of(tx, &[id]).await?.remove(&id).unwrap_or_default();
    let page = InvoicePage::of(&parties, contact, &invoice, &items)
        .map_err(|refusal| Error::refused(format!("invoice {id}"), refusal))?;
    Ok(Rendered { html: page.render()?, contact, customer: invoice.customer })
}

/// Renders a credit note.
pub(crate) async fn render_credit_note(tx: &mut Tx, id: CreditNoteId) -> Result<String, Error> {
    let not_found = Error::CreditNoteNotFound(id);
    let note = db::document::find_credit_note(tx, id).await?.ok_or(not_found.clone())?;
    let versions = db::parties::versions_of_credit_note(tx, id).await?.ok_or(not_found)?;
    let invoice = db::invoice::find(tx, note.invoice).await?.ok_or(Error::InvoiceNotFound(note.invoice))?;
    let parties = db::parties::find(tx, note.customer, versions).await?;
    let page = CreditNotePage::of(&parties, &note, &invoice)
        .map_err(|refusal| Error::refused(format!("credit note {id}"), refusal))?;
    Ok(page.render()?)
}
