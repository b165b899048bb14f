//! Customers and invoices in their views, and how they are read whole.

use quittance_db::Tx;
use quittance_kernel::{Bug, CustomerId, InvoiceId};
use quittance_proto::invoicing::v1 as pb;
use quittance_service::{Viewed, Views};

use crate::{
    Error, db,
    domain::{Customer, Invoice, IssuedInvoice},
    wire,
};

/// The views of a customer.
pub(super) const CUSTOMER: Views<Customer, pb::Customer> = Views {
    basic: |customer| Viewed::basic(wire::basic_customer(customer)),
    full: |customer| Viewed::full(wire::customer(customer)),
    strip: |whole| {
        whole.address = None;
        whole.bank_accounts.clear();
        whole.contacts.clear();
        whole.metadata.clear();
    },
};

/// The views of a draft.
pub(super) const DRAFT: Views<Invoice, pb::Invoice> = Views {
    basic: |draft| Viewed::basic(wire::basic_invoice(draft, &[])),
    full: |draft| Viewed::full(wire::invoice(draft, &[])),
    strip: strip_invoice,
};

/// The views of an invoice just issued.
pub(super) const ISSUED_INVOICE: Views<IssuedInvoice, pb::Invoice> = Views {
    basic: |issued| Viewed::basic(wire::basic_invoice(&issued.invoice, &issued.items)),
    full: |issued| Viewed::full(wire::invoice(&issued.invoice, &issued.items)),
    strip: strip_invoice,
};

/// Leaves out what the basic view has not.
fn strip_invoice(whole: &mut pb::Invoice) {
    whole.lines.clear();
    whole.taxes.clear();
    whole.terms = None;
    whole.agreed_terms = None;
    whole.installments.clear();
    whole.rounding_rule = None;
    whole.note.clear();
    whole.metadata.clear();
}

/// Invoices with their open balances.
pub(super) async fn with_open(tx: &mut Tx, invoices: &[Invoice]) -> Result<Vec<pb::Invoice>, Error> {
    let ids: Vec<InvoiceId> = invoices.iter().filter(|i| i.state.issuance().is_some()).map(|i| i.id).collect();
    let items = db::item::find_items_of(tx, &ids).await?;
    let items = |invoice: &Invoice| items.get(&invoice.id).map_or(&[][..], Vec::as_slice);
    Ok(invoices.iter().map(|invoice| wire::invoice(invoice, items(invoice))).collect())
}

/// The whole of these invoices.
pub(super) async fn whole_invoices(tx: &mut Tx, invoices: &[pb::Invoice]) -> Result<Vec<pb::Invoice>, Error> {
    let parsed = invoices.iter().map(|invoice| InvoiceId::parse(&invoice.invoice_id));
    let ids: Vec<InvoiceId> = parsed.collect::<Result<_, _>>().map_err(|_| Bug("a kept response has no id"))?;
    let found = db::invoice::find_all(tx, &ids).await?;
    let in_order: Vec<Invoice> = ids.iter().filter_map(|id| found.get(id).cloned()).collect();
    with_open(tx, &in_order).await
}

/// The whole of these customers.
pub(super) async fn whole_customers(tx: &mut Tx, customers: &[pb::Customer]) -> Result<Vec<pb::Customer>, Error> {
    let parsed = customers.iter().map(|customer| CustomerId::parse(&customer.customer_id));
    let ids: Vec<CustomerId> = parsed.collect::<Result<_, _>>().map_err(|_| Bug("a kept response has no id"))?;
    let found = db::customer::find_all(tx, &ids).await?;
    Ok(ids.iter().filter_map(|id| found.get(id)).map(wire::customer).collect())
}
