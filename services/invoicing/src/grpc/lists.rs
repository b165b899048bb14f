//! Lists: filters and orders of requests, and their pages.

use std::collections::HashMap;

use quittance_db::{Column, Tx, Window};
use quittance_grpc::{
    Page, amount_range, date_range, filter_ids, filter_line, filter_metadata, filter_values, optional_id, text,
    time_range,
};
use quittance_kernel::{CustomerId, InvoiceId, ItemId};
use quittance_proto::invoicing::v1 as pb;
use quittance_service::{Query, read_places};
use tonic::Status;
use uuid::Uuid;

use super::views::with_open;
use crate::{
    App, Error,
    db::{self, invoice_list::StoredState},
    domain::{Invoice, NumberSearch},
    wire,
};

/// Whether a list is in the order of a time, the only one of the indexes that have what is closed too; so is one whose order is refused.
pub(super) fn is_by_time(page: Option<&(Page, Window)>) -> bool {
    page.is_none_or(|(_, window)| matches!(window.order.column, Column::Time(_)))
}

/// A state as stored.
const fn stored_state(state: pb::InvoiceState) -> Option<StoredState> {
    match state {
        pb::InvoiceState::Unspecified => None,
        pb::InvoiceState::Draft => Some(StoredState::Draft),
        pb::InvoiceState::Issued => Some(StoredState::Open),
        pb::InvoiceState::Paid => Some(StoredState::Paid),
        pb::InvoiceState::Credited => Some(StoredState::Credited),
        pb::InvoiceState::Voided => Some(StoredState::Voided),
    }
}

/// Invoices by their ids, with their open balances.
async fn read_invoices(tx: &mut Tx, ids: &[Uuid]) -> Result<HashMap<Uuid, pb::Invoice>, Error> {
    let ids: Vec<InvoiceId> = ids.iter().copied().map(InvoiceId::new).collect();
    let invoices: Vec<Invoice> = db::invoice::find_all(tx, &ids).await?.into_values().collect();
    let shown = with_open(tx, &invoices).await?;
    Ok(invoices.iter().map(|invoice| invoice.id.uuid()).zip(shown).collect())
}

impl App {
    /// A page of customers.
    pub(super) async fn page_of_customers(
        &self,
        mut query: Query<pb::ListCustomersRequest>,
    ) -> Result<pb::ListCustomersResponse, Status> {
        let page = query.changes_page(|r| (&r.order_by, r.update_time.is_some()), &db::customer::ORDERS);
        let Query { tenant, request, mut bad } = query;
        let number = bad.check("number", filter_line(&request.number, 100));
        let text = bad.check("query", filter_line(&request.query, 200));
        let updated_at = bad.within("update_time", time_range(request.update_time.as_ref()));
        let metadata = bad.within("", filter_metadata(request.metadata));
        let checked = number.zip(text).zip(updated_at.zip(metadata)).zip(page);
        let (((number, text), (updated_at, metadata)), (page, window)) = bad.into_result(checked)?;
        let read = async |tx: &mut Tx| {
            let words = match &text {
                Some(text) => db::customer::search_words(tx, text).await?,
                None => Vec::new(),
            };
            if words.is_empty() && text.is_some() {
                // Punctuation alone is in no name.
                return Ok((Vec::new(), String::new()));
            }
            let filter = db::customer::Filter { number, words, updated_at, metadata };
            let places = db::customer::list(tx, filter, window).await?;
            read_places(tx, &page, &places, async |tx, ids| {
                let ids: Vec<CustomerId> = ids.iter().copied().map(CustomerId::new).collect();
                let found = db::customer::find_all(tx, &ids).await?;
                Ok::<_, Error>(found.values().map(|found| (found.id.uuid(), wire::customer(found))).collect())
            })
            .await
        };
        let (customers, next_page_token) = self.read_list(tenant, read).await?;
        Ok(pb::ListCustomersResponse { customers, next_page_token })
    }

    /// A page of invoices.
    pub(super) async fn page_of_invoices(
        &self,
        mut query: Query<pb::ListInvoicesRequest>,
    ) -> Result<pb::ListInvoicesResponse, Status> {
        let page = query.changes_page(|r| (&r.order_by, r.update_time.is_some()), &db::invoice_list::ORDERS);
        let Query { tenant, request, mut bad } = query;
        let states = filter_values(&mut bad, "states", request.states(), stored_state);
        let customers = filter_ids(&mut bad, "customer_ids", &request.customer_ids, CustomerId::parse);
        let number = bad.check("number", filter_line(&request.number, 100));
        let issued_on = bad.within("issued_on", date_range(request.issued_on.as_ref()));
        let due_on = bad.within("due_on", date_range(request.due_on.as_ref()));
        let total = bad.within("total", amount_range(request.total.as_ref()));
        let updated_at = bad.within("update_time", time_range(request.update_time.as_ref()));
        let metadata = bad.within("", filter_metadata(request.metadata));
        let checked = customers.zip(states.zip(number)).zip(issued_on.zip(due_on)).zip(total.zip(updated_at));
        let checked = checked.zip(metadata).zip(page);
        let (((((customers, (states, number)), (issued_on, due_on)), (total, updated_at)), metadata), (page, window)) =
            bad.into_result(checked)?;
        let read = async |tx: &mut Tx| {
            let ids = match &number {
                Some(number) => Some(db::invoice_list::find_number(tx, number).await?),
                None => None,
            };
            let filter =
                db::invoice_list::Filter { customers, states, ids, issued_on, due_on, total, metadata, updated_at };
            let places = db::invoice_list::list(tx, filter, window).await?;
            read_places(tx, &page, &places, read_invoices).await
        };
        let (invoices, next_page_token) = self.read_list(tenant, read).await?;
        Ok(pb::ListInvoicesResponse { invoices, next_page_token })
    }

    /// A page of the invoices that a search finds.
    pub(super) async fn page_of_found_invoices(
        &self,
        mut query: Query<pb::SearchInvoicesRequest>,
    ) -> Result<pb::SearchInvoicesResponse, Status> {
        const NEWEST: (&str, Column) = ("create_time", Column::Id);
        let page = query.ordered_page(|_| "create_time desc", &[NEWEST]);
        let Query { tenant, request, mut bad } = query;
        let quoted = text(&request.query, 100).and_then(|quoted| {
            let count = quoted.chars().filter(|c| c.is_alphanumeric()).count();
            let too_short = || ("QUERY_TOO_SHORT", "has at least two letters or digits".to_owned());
            if count < 2 { Err(too_short()) } else { Ok(quoted) }
        });
        let quoted = bad.check("query", quoted);
        let (quoted, (page, window)) = bad.into_result(quoted.zip(page))?;
        let read = async |tx: &mut Tx| {
            let places = search(tx, &quoted, window).await?;
            read_places(tx, &page, &places, read_invoices).await
        };
        let (invoices, next_page_token) = self.read_list(tenant, read).await?;
        Ok(pb::SearchInvoicesResponse { invoices, next_page_token })
    }

    /// A page of credit notes.
    pub(super) async fn page_of_credit_notes(
        &self,
        mut query: Query<pb::ListCreditNotesRequest>,
    ) -> Result<pb::ListCreditNotesResponse, Status> {
        let page = query.ordered_page(|r| &r.order_by, &db::document::NOTE_ORDERS);
        let Query { tenant, request, mut bad } = query;
        let customers = filter_ids(&mut bad, "customer_ids", &request.customer_ids, CustomerId::parse);
        let number = bad.check("number", filter_line(&request.number, 100));
        let issued_on = bad.within("issued_on", date_range(request.issued_on.as_ref()));
        let issued_at = bad.within("issue_time", time_range(request.issue_time.as_ref()));
        let metadata = bad.within("", filter_metadata(request.metadata));
        let checked = customers.zip(number).zip(issued_on.zip(issued_at)).zip(metadata).zip(page);
        let ((((customers, number), (issued_on, issued_at)), metadata), (page, window)) = bad.into_result(checked)?;
        let read = async |tx: &mut Tx| {
            let ids = match &number {
                Some(number) => Some(db::document::find_note_number(tx, number).await?),
                None => None,
            };
            let filter = db::document::NoteFilter { customers, ids, issued_on, issued_at, metadata };
            let places = db::document::list_credit_notes(tx, filter, window).await?;
            read_places(tx, &page, &places, async |tx, ids| {
                let notes = db::document::find_credit_notes(tx, ids).await?;
                Ok::<_, Error>(notes.iter().map(|note| (note.id.uuid(), wire::credit_note(note))).collect())
            })
            .await
        };
        let (credit_notes, next_page_token) = self.read_list(tenant, read).await?;
        Ok(pb::ListCreditNotesResponse { credit_notes, next_page_token })
    }

    /// A page of deliveries.
    pub(super) async fn page_of_deliveries(
        &self,
        mut query: Query<pb::ListDeliveriesRequest>,
    ) -> Result<pb::ListDeliveriesResponse, Status> {
        let page = query.ordered_page(|r| &r.order_by, &db::document::DELIVERY_ORDERS);
        let Query { tenant, request, mut bad } = query;
        let invoice = bad.check("invoice_id", optional_id(&request.invoice_id, InvoiceId::parse));
        let delivered_at = bad.within("deliver_time", time_range(request.deliver_time.as_ref()));
        let ((invoice, delivered_at), (page, window)) = bad.into_result(invoice.zip(delivered_at).zip(page))?;
        let read = async |tx: &mut Tx| {
            let places = db::document::list_deliveries(tx, invoice, delivered_at, window).await?;
            read_places(tx, &page, &places, async |tx, ids| {
                let deliveries = db::document::find_deliveries(tx, ids).await?;
                Ok::<_, Error>(deliveries.iter().map(|found| (found.id.uuid(), wire::delivery(found))).collect())
            })
            .await
        };
        let (deliveries, next_page_token) = self.read_list(tenant, read).await?;
        Ok(pb::ListDeliveriesResponse { deliveries, next_page_token })
    }

    /// A page of open items.
    pub(super) async fn page_of_items(
        &self,
        mut query: Query<pb::ListOpenItemsRequest>,
    ) -> Result<pb::ListOpenItemsResponse, Status> {
        let page = query.changes_page(|r| (&r.order_by, r.update_time.is_some()), &db::item::ORDERS);
        let Query { tenant, request, mut bad } = query;
        let customers = filter_ids(&mut bad, "customer_ids", &request.customer_ids, CustomerId::parse);
        let due_on = bad.within("due_on", date_range(request.due_on.as_ref()));
        let issued_on = bad.within("issued_on", date_range(request.issued_on.as_ref()));
        let open = bad.within("open_amount", amount_range(request.open_amount.as_ref()));
        let updated_at = bad.within("update_time", time_range(request.update_time.as_ref()));
        if request.include_closed && !is_by_time(page.as_ref()) {
            bad.add("include_closed", "ORDER_UNKNOWN", "closed items are listed by update_time only");
        }
        let checked = customers.zip(due_on.zip(issued_on)).zip(open.zip(updated_at)).zip(page);
        let (((customers, (due_on, issued_on)), (open, updated_at)), (page, window)) = bad.into_result(checked)?;
        let (disputed_only, include_closed) = (request.disputed_only, request.include_closed);
        let filter = db::item::Filter { customers, due_on, issued_on, open, disputed_only, include_closed, updated_at };
        let read = async |tx: &mut Tx| {
            let places = db::item::list(tx, filter, window).await?;
            read_places(tx, &page, &places, async |tx, ids| {
                let ids: Vec<ItemId> = ids.iter().copied().map(ItemId::new).collect();
                let views = db::item::find_items(tx, &ids).await?;
                let shown =
                    views.values().map(|view| (view.item.id.uuid(), wire::open_item(&view.item, view.disputed)));
                Ok::<_, Error>(shown.collect())
            })
            .await
        };
        let (items, next_page_token) = self.read_list(tenant, read).await?;
        Ok(pb::ListOpenItemsResponse { items, next_page_token })
    }
}

/// Where the invoices stand that a quoted text means, newest first.
async fn search(tx: &mut Tx, quoted: &str, window: Window) -> Result<Vec<quittance_db::Place>, Error> {
    let (key, series) = db::invoice_list::search_formats(tx, quoted).await?;
    let after = window.after.map(|place| InvoiceId::new(place.id));
    let ids = db::invoice_list::search(tx, &NumberSearch::of(quoted, &key, &series), after, window.limit).await?;
    Ok(ids.into_iter().map(quittance_db::Place::by_id).collect())
}
