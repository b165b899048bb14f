//! Invoices and credit notes.

use quittance_db::Tx;
use quittance_grpc::{Page, optional_id, text};
use quittance_kernel::{CreditNoteId, CustomerId, InvoiceId, ItemId, Money, TenantId};
use quittance_proto::invoicing::v1::{
    self as pb, credit_note_service_server::CreditNoteService, invoice_service_server::InvoiceService,
};
use quittance_service::{Query, parse, parse_batch, query};
use tonic::{Request, Response, Status};

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
const READ_AT_ONCE: i64 = 101;

/// Invoices with their open balances.
async fn with_open(tx: &mut Tx, invoices: &[Invoice]) -> Result<Vec<pb::Invoice>, Error> {
    let ids: Vec<ItemId> = invoices.iter().filter(|i| i.state.issuance().is_some()).map(|i| i.id.into()).collect();
    let items = db::ledger::find_items(tx, &ids).await?;
    let open = |invoice: &Invoice| -> Option<Money> { items.get(&invoice.id.into()).map(|view| view.item.open()) };
    Ok(invoices.iter().map(|invoice| wire::invoice(invoice, open(invoice))).collect())
}

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
                filter.limit = READ_AT_ONCE.min(page.limit());
                let found = db::invoice::list(tx, &filter).await?;
                let is_last = found.len() < usize::try_from(filter.limit).unwrap_or(usize::MAX);
                filter.after = found.last().map(|invoice| invoice.id);
                invoices.extend(with_open(tx, &found).await?);
                if is_last || page.is_filled_by(&invoices) {
                    return Ok::<_, Error>(page.cut(invoices, |invoice| vec![invoice.invoice_id.clone()]));
                }
            }
        };
        self.read_list(tenant, read).await
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
        self.run_coalesced(parse::<ops::CreateInvoice, _>(request)?, wire::draft).await
    }

    async fn batch_create_invoices(
        &self,
        request: Request<pb::BatchCreateInvoicesRequest>,
    ) -> Result<Response<pb::BatchInvoicesResponse>, Status> {
        let calls = parse_batch::<ops::CreateInvoice, _, _>(request, |batch| batch.requests)?;
        Ok(batch_response(self.run_batch(calls, wire::draft).await?))
    }

    async fn update_invoice(
        &self,
        request: Request<pb::UpdateInvoiceRequest>,
    ) -> Result<Response<pb::Invoice>, Status> {
        self.run_coalesced(parse::<ops::UpdateInvoice, _>(request)?, wire::draft).await
    }

    async fn batch_update_invoices(
        &self,
        request: Request<pb::BatchUpdateInvoicesRequest>,
    ) -> Result<Response<pb::BatchInvoicesResponse>, Status> {
        let calls = parse_batch::<ops::UpdateInvoice, _, _>(request, |batch| batch.requests)?;
        Ok(batch_response(self.run_batch(calls, wire::draft).await?))
    }

    async fn issue_invoice(&self, request: Request<pb::IssueInvoiceRequest>) -> Result<Response<pb::Invoice>, Status> {
        self.run_coalesced(parse::<ops::IssueInvoice, _>(request)?, wire::issued_invoice).await
    }

    async fn batch_issue_invoices(
        &self,
        request: Request<pb::BatchIssueInvoicesRequest>,
    ) -> Result<Response<pb::BatchInvoicesResponse>, Status> {
        let calls = parse_batch::<ops::IssueInvoice, _, _>(request, |batch| batch.requests)?;
        Ok(batch_response(self.run_batch(calls, wire::issued_invoice).await?))
    }

    async fn create_and_issue_invoice(
        &self,
        request: Request<pb::CreateAndIssueInvoiceRequest>,
    ) -> Result<Response<pb::Invoice>, Status> {
        self.run_coalesced(parse::<ops::CreateAndIssueInvoice, _>(request)?, wire::issued_invoice).await
    }

    async fn batch_create_and_issue_invoices(
        &self,
        request: Request<pb::BatchCreateAndIssueInvoicesRequest>,
    ) -> Result<Response<pb::BatchInvoicesResponse>, Status> {
        let calls = parse_batch::<ops::CreateAndIssueInvoice, _, _>(request, |batch| batch.requests)?;
        Ok(batch_response(self.run_batch(calls, wire::issued_invoice).await?))
    }

    async fn void_invoice(&self, request: Request<pb::VoidInvoiceRequest>) -> Result<Response<pb::Invoice>, Status> {
        let call = parse::<ops::VoidInvoice, _>(request)?;
        self.run(call, |(invoice, item)| wire::invoice(invoice, Some(item.open()))).await
    }

    async fn get_invoice(&self, request: Request<pb::GetInvoiceRequest>) -> Result<Response<pb::Invoice>, Status> {
        let (tenant, id) = query(request)?.id("invoice_id", |r| &r.invoice_id, InvoiceId::parse)?;
        Ok(Response::new(self.read_invoice(tenant, id).await?))
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
        let filter =
            db::invoice::Filter { customer, state, open, after: page.after_id(InvoiceId::parse)?, limit: page.limit() };
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
