//! Open items, statements, verification and stream status.

use quittance_approvals::Decided;
use quittance_db::Tx;
use quittance_events::tenant_stream_status;
use quittance_grpc::{Violations, currency, date, id, known_at};
use quittance_kernel::{CustomerId, EntryId, ExtensionId, ItemId};
use quittance_proto::{
    common::v1 as common,
    instant,
    invoicing::v1::{self as pb, open_item_service_server::OpenItemService},
};
use quittance_service::{Query, parse, query};
use tonic::{Request, Response, Status};

use crate::{
    App, Error,
    db::{self, item::ItemView},
    domain::{Extension, Refusal, Statement, statement},
    ops, wire,
};

#[tonic::async_trait]
impl OpenItemService for App {
    async fn get_open_item(&self, request: Request<pb::GetOpenItemRequest>) -> Result<Response<pb::OpenItem>, Status> {
        let (tenant, id) = query(request)?.id("item_id", |r| &r.item_id, ItemId::parse)?;
        let found = self.read(tenant, async |tx| db::item::find_items(tx, &[id]).await).await?.remove(&id);
        let view = found.ok_or(Error::ItemNotFound(id))?;
        Ok(Response::new(wire::open_item(&view.item, view.disputed)))
    }

    async fn list_open_items(
        &self,
        request: Request<pb::ListOpenItemsRequest>,
    ) -> Result<Response<pb::ListOpenItemsResponse>, Status> {
        Ok(Response::new(self.page_of_items(query(request)?).await?))
    }

    async fn list_entries(
        &self,
        request: Request<pb::ListEntriesRequest>,
    ) -> Result<Response<pb::ListEntriesResponse>, Status> {
        let mut query = query(request)?;
        let page = query.page();
        let Query { tenant, request, mut bad } = query;
        let item = bad.check("item_id", id(&request.item_id, ItemId::parse));
        let after = page.as_ref().and_then(|page| bad.within("", page.after_id(EntryId::parse)));
        let ((page, after), item) = bad.into_result(page.zip(after).zip(item))?;
        let read = async |tx: &mut Tx| db::entry::list_of_item(tx, item, after, page.limit()).await;
        let entries = self.read_list(tenant, read).await?;
        if entries.is_empty() && after.is_none() {
            // Every item has at least its first entry.
            return Err(Error::ItemNotFound(item).into());
        }
        let (entries, next_page_token) =
            page.cut(entries.iter().map(wire::entry).collect(), |entry: &pb::Entry| vec![entry.entry_id.clone()]);
        Ok(Response::new(pb::ListEntriesResponse { entries, next_page_token }))
    }

    async fn extend_due_date(
        &self,
        request: Request<pb::ExtendDueDateRequest>,
    ) -> Result<Response<pb::ExtendDueDateResponse>, Status> {
        let answer = |(extended, view): &(Decided<Extension>, ItemView)| pb::ExtendDueDateResponse {
            extension: extended.as_done().map(wire::extension),
            item: Some(wire::open_item(&view.item, view.disputed)),
            approval: extended.approval(),
        };
        self.run(parse::<ops::ExtendDueDate, _>(request)?, answer).await
    }

    async fn list_due_date_extensions(
        &self,
        request: Request<pb::ListDueDateExtensionsRequest>,
    ) -> Result<Response<pb::ListDueDateExtensionsResponse>, Status> {
        let mut query = query(request)?;
        let page = query.page();
        let Query { tenant, request, mut bad } = query;
        let item = bad.check("item_id", id(&request.item_id, ItemId::parse));
        let after = page.as_ref().and_then(|page| bad.within("", page.after_id(ExtensionId::parse)));
        let ((page, after), item) = bad.into_result(page.zip(after).zip(item))?;
        let read = async |tx: &mut Tx| {
            let found = db::extension::page(tx, item, after, page.limit()).await?;
            let is_known = !found.is_empty() || db::item::find_items(tx, &[item]).await?.contains_key(&item);
            if is_known { Ok(found) } else { Err(Error::ItemNotFound(item)) }
        };
        let found = self.read_list(tenant, read).await?;
        let (extensions, next_page_token) = page
            .cut(found.iter().map(wire::extension).collect(), |one: &pb::DueDateExtension| {
                vec![one.extension_id.clone()]
            });
        Ok(Response::new(pb::ListDueDateExtensionsResponse { extensions, next_page_token }))
    }

    async fn get_statement(
        &self,
        request: Request<pb::GetStatementRequest>,
    ) -> Result<Response<pb::Statement>, Status> {
        let Query { tenant, request, mut bad } = query(request)?;
        let customer = bad.check("customer_id", id(&request.customer_id, CustomerId::parse));
        let currency = bad.check("currency_code", currency(&request.currency_code));
        let from = bad.check("from_on", date(&request.from_on));
        let to = bad.check("to_on", date(&request.to_on));
        if from.zip(to).is_some_and(|(from, to)| to < from) {
            bad.add("to_on", "PERIOD_EMPTY", "lies before from_on");
        }
        let known_at = bad.check("known_at", known_at(request.known_at.as_ref(), self.now()));
        let read = customer.zip(currency).zip(from.zip(to)).zip(known_at);
        let (((customer, currency), (from, to)), known_at) = bad.into_result(read)?;
        let read = async |tx: &mut Tx| {
            db::customer::find(tx, customer).await?.ok_or(Error::CustomerNotFound(customer))?;
            let carried = db::statement::balance_before(tx, customer, currency, from, known_at).await?;
            let credits = db::customer_credit::remaining_on(tx, customer, currency, to, known_at).await?;
            let limit = i64::from(statement::MAX_LINES) + 1;
            let movements = db::statement::movements(tx, customer, currency, (from, to), known_at, limit).await?;
            Ok::<_, Error>((carried, movements, credits))
        };
        let (carried, movements, credits) = self.read(tenant, read).await?;
        if movements.len() > usize::from(statement::MAX_LINES) {
            let mut bad = Violations::default();
            bad.add(
                "to_on",
                "PERIOD_TOO_LONG",
                format!("the period has more than {} movements; ask for a shorter one", statement::MAX_LINES),
            );
            return Err(bad.into());
        }
        let made = Statement::of(from, to, carried, movements, credits)
            .map_err(|e| Error::refused(format!("customer {customer}"), Refusal::from(e)))?;
        Ok(Response::new(pb::Statement { known_at: known_at.map(instant), ..wire::statement(customer, &made) }))
    }

    async fn verify_ledger(
        &self,
        request: Request<common::VerifyLedgerRequest>,
    ) -> Result<Response<common::VerifyLedgerResponse>, Status> {
        let tenant = query(request)?.tenant;
        self.settings_of(tenant).await?;
        let invariants = db::verify::invariants(self.db(), tenant).await.map_err(Error::from)?;
        Ok(Response::new(quittance_grpc::ledger(invariants)))
    }

    async fn get_stream_status(
        &self,
        request: Request<common::GetStreamStatusRequest>,
    ) -> Result<Response<common::StreamStatus>, Status> {
        let status = self.read_unknown(query(request)?.tenant, async |tx| tenant_stream_status(tx).await).await?;
        Ok(Response::new(quittance_grpc::stream_status(status, 0).map_err(Error::from)?))
    }
}
