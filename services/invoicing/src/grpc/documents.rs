//! Invoices and credit notes.

use std::collections::HashMap;

use quittance_db::Tx;
use quittance_grpc::ids;
use quittance_kernel::{CreditNoteId, DeliveryId, InvoiceId, TenantId};
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

/// How many whole invoices are read at once.
const READ_AT_ONCE: u8 = 101;

impl App {
    async fn read_invoice(&self, tenant: TenantId, id: InvoiceId) -> Result<pb::Invoice, Error> {
        let read = async |tx: &mut Tx| {
            let invoice = db::invoice::find(tx, id).await?.ok_or(Error::InvoiceNotFound(id))?;
            with_open(tx, std::slice::from_ref(&invoice)).await
        };
        self.read(tenant, read).await?.pop().ok_or(Error::InvoiceNotFound(id))
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
        self.run(call, |(invoice, items)| wire::invoice(invoice, items)).await
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
        Ok(Response::new(self.page_of_invoices(query(request)?).await?))
    }

    async fn search_invoices(
        &self,
        request: Request<pb::SearchInvoicesRequest>,
    ) -> Result<Response<pb::SearchInvoicesResponse>, Status> {
        Ok(Response::new(self.page_of_found_invoices(query(request)?).await?))
    }

    async fn render_invoice(
        &self,
        request: Request<pb::RenderInvoiceRequest>,
    ) -> Result<Response<pb::RenderInvoiceResponse>, Status> {
        let (tenant, id) = query(request)?.id("invoice_id", |r| &r.invoice_id, InvoiceId::parse)?;
        let rendered = self.read(tenant, async |tx| ops::render_invoice(tx, id, None).await).await?;
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
        Ok(Response::new(self.page_of_deliveries(query(request)?).await?))
    }
}

#[tonic::async_trait]
impl CreditNoteService for App {
    async fn credit_invoice(
        &self,
        request: Request<pb::CreditInvoiceRequest>,
    ) -> Result<Response<pb::CreditInvoiceResponse>, Status> {
        let call = parse::<ops::CreditInvoice, _>(request)?;
        self.run(call, |credited| pb::CreditInvoiceResponse {
            credit_note: credited.as_done().map(|(note, _)| wire::credit_note(note)),
            credit: credited.as_done().map(|(_, credit)| wire::customer_credit(credit)),
            approval: credited.approval(),
        })
        .await
    }

    async fn get_credit_note(
        &self,
        request: Request<pb::GetCreditNoteRequest>,
    ) -> Result<Response<pb::CreditNote>, Status> {
        let (tenant, id) = query(request)?.id("credit_note_id", |r| &r.credit_note_id, CreditNoteId::parse)?;
        let note = self.read(tenant, async |tx| db::document::find_credit_note(tx, id).await).await?;
        Ok(Response::new(wire::credit_note(&note.ok_or(Error::CreditNoteNotFound(id))?)))
    }

    async fn render_credit_note(
        &self,
        request: Request<pb::RenderCreditNoteRequest>,
    ) -> Result<Response<pb::RenderCreditNoteResponse>, Status> {
        let (tenant, id) = query(request)?.id("credit_note_id", |r| &r.credit_note_id, CreditNoteId::parse)?;
        let html = self.read(tenant, async |tx| ops::render_credit_note(tx, id).await).await?;
        Ok(Response::new(pb::RenderCreditNoteResponse { html }))
    }

    async fn list_credit_notes(
        &self,
        request: Request<pb::ListCreditNotesRequest>,
    ) -> Result<Response<pb::ListCreditNotesResponse>, Status> {
        Ok(Response::new(self.page_of_credit_notes(query(request)?).await?))
    }
}
