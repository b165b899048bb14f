//! Invoices and credit notes.

use std::collections::HashMap;

use quittance_db::Tx;
use quittance_grpc::{Page, ids, optional_id, text};
use quittance_kernel::{CreditNoteId, CustomerId, DeliveryId, InvoiceId, TenantId};
use quittance_proto::{
    common::v1::View,
    invoicing::v1::{
        self as pb, credit_note_service_server::CreditNoteService, invoice_service_server::InvoiceService,
    },
};
use quittance_service::{Query, entries, parse, parse_batch, query, response_fits};
use tonic::{Request, Response, Status};

use super::views::{DRAFT, ISSUED_INVOICE, whole_invoices, with_open};
use crate::{App, Error, db, domain::Invoice, ops, wire};

fn batch_response(results: Vec<Result<pb::Invoice, tonic_types::pb::Status>>) -> Response<pb::BatchInvoicesResponse> {
    let results = results.into_iter().map(|result| {
        let result = match result {
            Ok(invoice) => pb::invoice_result::Result::Invoice(invoice),
            Err(error) => pb::invoice_result::Result::Error(error),
        };
        pb::InvoiceResult { result: Some(result) }
    });
    Response::new(pb::BatchInvoicesResponse { results: results.collect() })
}

/// How many invoices of a list are read at once.
const READ_AT_ONCE: u8 = 101;

impl App {
    async fn read_invoice(&self, tenant: TenantId, id: InvoiceId) -> Result<pb::Invoice, Error> {
        let read = async |tx: &mut Tx| {
            let invoice = db::invoice::find(tx, id).await?.ok_or(Error::InvoiceNotFound(id))?;
            with_open(tx, std::slice::from_ref(&invoice)).await
        };
        self.read(tenant, read).await?.pop().ok_or(Error::InvoiceNotFound(id))
    }

    async fn read_invoices(
        &self,
        tenant: TenantId,
        filter: &db::invoice::Filter,
        page: &Page,
    ) -> Result<(Vec<pb::Invoice>, String), Error> {
        let read = async |tx: &mut Tx| {
            let mut filter = filter.clone();
            let mut invoices = Vec::new();
            // An invoice has up to 500 lines: a page of them is filled by its bytes long before its number.
            loop {
                let found = db::invoice::list(tx, &filter).await?;
                let is_last = i64::try_from(found.len()).is_ok_and(|count| count < filter.limit);
                filter.after = found.last().map(|invoice| invoice.id);
                invoices.extend(with_open(tx, &found).await?);
                if is_last || page.is_filled_by(&invoices) {
                    return Ok::<_, Error>(page.cut(invoices, |invoice| vec![invoice.invoice_id.clone()]));
                }
            }
        };
        self.read_list(tenant, read).await
    }

    /// Invoices by their ids, in this order, in one of the views.
    async fn get_invoices(
        &self,
        tenant: TenantId,
        ids: &[InvoiceId],
        view: View,
    ) -> Result<Vec<Result<pb::Invoice, Error>>, Error> {
        let read = async |tx: &mut Tx| {
            let mut found = HashMap::with_capacity(ids.len());
            // Whole invoices may have 100 KiB each: what is too much is refused before all of it is read.
            for some in ids.chunks(READ_AT_ONCE.into()) {
                let invoices: Vec<Invoice> = db::invoice::find_all(tx, some).await?.into_values().collect();
                for invoice in with_open(tx, &invoices).await? {
                    found.insert(invoice.invoice_id.clone(), DRAFT.show(view, invoice));
                }
                response_fits(found.values())?;
            }
            Ok::<_, Error>(found)
        };
        let found = self.read(tenant, read).await?;
        let get = |id: &InvoiceId| found.get(&id.to_string()).cloned().ok_or(Error::InvoiceNotFound(*id));
        Ok(ids.iter().map(get).collect())
    }

    async fn search(&self, tenant: TenantId, beginning: &str) -> Result<Vec<pb::Invoice>, Error> {
        let read = async |tx: &mut Tx| {
            let found = db::invoice::search(tx, beginning).await?;
            with_open(tx, &found).await
        };
        self.read_list(tenant, read).await
    }
}

/// A status as stored: its label, and whether there is an open balance.
fn stored_state(state: pb::InvoiceState) -> (Option<&'static str>, Option<bool>) {
    match state {
        pb::InvoiceState::Unspecified => (None, None),
        pb::InvoiceState::Draft => (Some("draft"), None),
        pb::InvoiceState::Issued => (Some("issued"), Some(true)),
        pb::InvoiceState::Paid => (Some("issued"), Some(false)),
        pb::InvoiceState::Credited => (Some("credited"), None),
        pb::InvoiceState::Voided => (Some("voided"), None),
    }
}

#[tonic::async_trait]
impl InvoiceService for App {
    async fn create_invoice(
        &self,
        request: Request<pb::CreateInvoiceRequest>,
    ) -> Result<Response<pb::Invoice>, Status> {
        self.run_whole(parse::<ops::CreateInvoice, _>(request)?, &DRAFT, whole_invoices).await
    }

    async fn batch_create_invoices(
        &self,
        request: Request<pb::BatchCreateInvoicesRequest>,
    ) -> Result<Response<pb::BatchInvoicesResponse>, Status> {
        let view = request.get_ref().view();
        let calls = parse_batch::<ops::CreateInvoice, _, _>(request, |batch| batch.requests)?;
        Ok(batch_response(self.run_batch_viewed(calls, view, &DRAFT, whole_invoices).await?))
    }

    async fn update_invoice(
        &self,
        request: Request<pb::UpdateInvoiceRequest>,
    ) -> Result<Response<pb::Invoice>, Status> {
        self.run_whole(parse::<ops::UpdateInvoice, _>(request)?, &DRAFT, whole_invoices).await
    }

    async fn batch_update_invoices(
        &self,
        request: Request<pb::BatchUpdateInvoicesRequest>,
    ) -> Result<Response<pb::BatchInvoicesResponse>, Status> {
        let view = request.get_ref().view();
        let calls = parse_batch::<ops::UpdateInvoice, _, _>(request, |batch| batch.requests)?;
        Ok(batch_response(self.run_batch_viewed(calls, view, &DRAFT, whole_invoices).await?))
    }

    async fn delete_invoice(&self, request: Request<pb::DeleteInvoiceRequest>) -> Result<Response<()>, Status> {
        self.run(parse::<ops::DeleteInvoice, _>(request)?, |()| ()).await
    }

    async fn issue_invoice(&self, request: Request<pb::IssueInvoiceRequest>) -> Result<Response<pb::Invoice>, Status> {
        self.run_whole(parse::<ops::IssueInvoice, _>(request)?, &ISSUED_INVOICE, whole_invoices).await
    }

    async fn batch_issue_invoices(
        &self,
        request: Request<pb::BatchIssueInvoicesRequest>,
    ) -> Result<Response<pb::BatchInvoicesResponse>, Status> {
        let view = request.get_ref().view();
        let calls = parse_batch::<ops::IssueInvoice, _, _>(request, |batch| batch.requests)?;
        Ok(batch_response(self.run_batch_viewed(calls, view, &ISSUED_INVOICE, whole_invoices).await?))
    }

    async fn create_and_issue_invoice(
        &self,
        request: Request<pb::CreateAndIssueInvoiceRequest>,
    ) -> Result<Response<pb::Invoice>, Status> {
        self.run_whole(parse::<ops::CreateAndIssueInvoice, _>(request)?, &ISSUED_INVOICE, whole_invoices).await
    }

    async fn batch_create_and_issue_invoices(
        &self,
        request: Request<pb::BatchCreateAndIssueInvoicesRequest>,
    ) -> Result<Response<pb::BatchInvoicesResponse>, Status> {
        let view = request.get_ref().view();
        let calls = parse_batch::<ops::CreateAndIssueInvoice, _, _>(request, |batch| batch.requests)?;
        Ok(batch_response(self.run_batch_viewed(calls, view, &ISSUED_INVOICE, whole_invoices).await?))
    }

    async fn void_invoice(&self, request: Request<pb::VoidInvoiceRequest>) -> Result<Response<pb::Invoice>, Status> {
        let call = parse::<ops::VoidInvoice, _>(request)?;
        self.run(call, |(invoice, item)| wire::invoice(invoice, Some(item.open()))).await
    }

    async fn get_invoice(&self, request: Request<pb::GetInvoiceRequest>) -> Result<Response<pb::Invoice>, Status> {
        let (tenant, id) = query(request)?.id("invoice_id", |r| &r.invoice_id, InvoiceId::parse)?;
        Ok(Response::new(self.read_invoice(tenant, id).await?))
    }

    async fn batch_get_invoices(
        &self,
        request: Request<pb::BatchGetInvoicesRequest>,
    ) -> Result<Response<pb::BatchInvoicesResponse>, Status> {
        let Query { tenant, request, mut bad } = query(request)?;
        let ids = ids(&mut bad, "invoice_ids", &request.invoice_ids, InvoiceId::parse);
        let ids = bad.into_result(ids)?;
        Ok(batch_response(entries(self.get_invoices(tenant, &ids, request.view()).await?)))
    }

    async fn list_invoices(
        &self,
        request: Request<pb::ListInvoicesRequest>,
    ) -> Result<Response<pb::ListInvoicesResponse>, Status> {
        let mut query = query(request)?;
        let page = query.page();
        let Query { tenant, request, mut bad } = query;
        let customer = bad.check("customer_id", optional_id(&request.customer_id, CustomerId::parse));
        let (customer, page) = bad.into_result(customer.zip(page))?;
        let (state, open) = stored_state(request.state());
        let filter = db::invoice::Filter {
            customer,
            state,
            open,
            after: page.after_id(InvoiceId::parse)?,
            limit: page.limit().min(READ_AT_ONCE.into()),
        };
        let (invoices, next_page_token) = self.read_invoices(tenant, &filter, &page).await?;
        Ok(Response::new(pb::ListInvoicesResponse { invoices, next_page_token }))
    }

    async fn search_invoices(
        &self,
        request: Request<pb::SearchInvoicesRequest>,
    ) -> Result<Response<pb::SearchInvoicesResponse>, Status> {
        let Query { tenant, request, mut bad } = query(request)?;
        let query = text(&request.query, 100).and_then(|query| {
            if query.chars().count() < 2 {
                Err(("QUERY_TOO_SHORT", "has at least 2 characters".to_owned()))
            } else {
                Ok(query)
            }
        });
        let query = bad.check("query", query);
        let query = bad.into_result(query)?;
        Ok(Response::new(pb::SearchInvoicesResponse { invoices: self.search(tenant, &query).await? }))
    }

    async fn render_invoice(
        &self,
        request: Request<pb::RenderInvoiceRequest>,
    ) -> Result<Response<pb::RenderInvoiceResponse>, Status> {
        let (tenant, id) = query(request)?.id("invoice_id", |r| &r.invoice_id, InvoiceId::parse)?;
        let settings = self.settings_of(tenant).await?;
        let rendered = self.read(tenant, async |tx| ops::render(tx, &settings.tenant, id, None).await).await?;
        Ok(Response::new(pb::RenderInvoiceResponse { html: rendered.html }))
    }

    async fn deliver_invoice(
        &self,
        request: Request<pb::DeliverInvoiceRequest>,
    ) -> Result<Response<pb::Delivery>, Status> {
        self.run(parse::<ops::DeliverInvoice, _>(request)?, wire::delivery).await
    }

    async fn get_delivery(&self, request: Request<pb::GetDeliveryRequest>) -> Result<Response<pb::Delivery>, Status> {
        let (tenant, id) = query(request)?.id("delivery_id", |r| &r.delivery_id, DeliveryId::parse)?;
        let (delivery, document_html) = self.read(tenant, async |tx| db::document::find_delivery(tx, id).await).await?;
        Ok(Response::new(pb::Delivery { document_html, ..wire::delivery(&delivery) }))
    }

    async fn list_deliveries(
        &self,
        request: Request<pb::ListDeliveriesRequest>,
    ) -> Result<Response<pb::ListDeliveriesResponse>, Status> {
        let mut query = query(request)?;
        let page = query.page();
        let Query { tenant, request, mut bad } = query;
        let invoice = bad.check("invoice_id", optional_id(&request.invoice_id, InvoiceId::parse));
        let (invoice, page) = bad.into_result(invoice.zip(page))?;
        let after = page.after_id(DeliveryId::parse)?;
        let deliveries = self
            .read_list(tenant, async |tx| db::document::list_deliveries(tx, invoice, after, page.limit()).await)
            .await?;
        let deliveries = deliveries.iter().map(wire::delivery).collect();
        let (deliveries, next_page_token) = page.cut(deliveries, |delivery| vec![delivery.delivery_id.clone()]);
        Ok(Response::new(pb::ListDeliveriesResponse { deliveries, next_page_token }))
    }
}

#[tonic::async_trait]
impl CreditNoteService for App {
    async fn credit_invoice(
        &self,
        request: Request<pb::CreditInvoiceRequest>,
    ) -> Result<Response<pb::CreditNote>, Status> {
        self.run(parse::<ops::CreditInvoice, _>(request)?, wire::credit_note).await
    }

    async fn get_credit_note(
        &self,
        request: Request<pb::GetCreditNoteRequest>,
    ) -> Result<Response<pb::CreditNote>, Status> {
        let (tenant, id) = query(request)?.id("credit_note_id", |r| &r.credit_note_id, CreditNoteId::parse)?;
        let note = self.read(tenant, async |tx| db::document::find_credit_note(tx, id).await).await?;
        Ok(Response::new(wire::credit_note(&note.ok_or(Error::CreditNoteNotFound(id))?)))
    }

    async fn list_credit_notes(
        &self,
        request: Request<pb::ListCreditNotesRequest>,
    ) -> Result<Response<pb::ListCreditNotesResponse>, Status> {
        let mut query = query(request)?;
        let page = query.page();
        let Query { tenant, request, mut bad } = query;
        let customer = bad.check("customer_id", optional_id(&request.customer_id, CustomerId::parse));
        let (customer, page) = bad.into_result(customer.zip(page))?;
        let after = page.after_id(CreditNoteId::parse)?;
        let notes = self
            .read_list(tenant, async |tx| db::document::list_credit_notes(tx, customer, after, page.limit()).await)
            .await?;
        let notes = notes.iter().map(wire::credit_note).collect();
        let (credit_notes, next_page_token) = page.cut(notes, |note| vec![note.credit_note_id.clone()]);
        Ok(Response::new(pb::ListCreditNotesResponse { credit_notes, next_page_token }))
    }
}
