//! Credits of customers and what they are used for.

use quittance_approvals::Decided;
use quittance_db::Tx;
use quittance_grpc::{date_range, filter_ids, id, time_range};
use quittance_kernel::{CreditId, CustomerId, EntryId};
use quittance_proto::invoicing::v1::{self as pb, customer_credit_service_server::CustomerCreditService};
use quittance_service::{Query, parse, query, read_places};
use tonic::{Request, Response, Status};

use super::lists::is_by_time;
use crate::{
    App, Error,
    db::{self, item::ItemView},
    domain::{CreditEntry, CustomerCredit},
    ops, wire,
};

fn shown(view: &ItemView) -> pb::OpenItem {
    wire::open_item(&view.item, view.disputed)
}

#[tonic::async_trait]
impl CustomerCreditService for App {
    async fn apply_credit(
        &self,
        request: Request<pb::ApplyCreditRequest>,
    ) -> Result<Response<pb::ApplyCreditResponse>, Status> {
        let answer = |(credit, entries, items): &(CustomerCredit, Vec<CreditEntry>, Vec<ItemView>)| {
            let credit = Some(wire::customer_credit(credit));
            let entries = entries.iter().map(wire::credit_entry).collect();
            pb::ApplyCreditResponse { credit, entries, items: items.iter().map(shown).collect() }
        };
        self.run(parse::<ops::ApplyCredit, _>(request)?, answer).await
    }

    async fn write_off_credit(
        &self,
        request: Request<pb::WriteOffCreditRequest>,
    ) -> Result<Response<pb::WriteOffCreditResponse>, Status> {
        let answer = |(written_off, credit): &(Decided<CreditEntry>, CustomerCredit)| pb::WriteOffCreditResponse {
            credit: Some(wire::customer_credit(credit)),
            entry: written_off.as_done().map(wire::credit_entry),
            approval: written_off.approval(),
        };
        self.run(parse::<ops::WriteOffCredit, _>(request)?, answer).await
    }

    async fn reverse_credit_entry(
        &self,
        request: Request<pb::ReverseCreditEntryRequest>,
    ) -> Result<Response<pb::ReverseCreditEntryResponse>, Status> {
        let answer =
            |(credit, entry, view): &(CustomerCredit, CreditEntry, Option<ItemView>)| pb::ReverseCreditEntryResponse {
                credit: Some(wire::customer_credit(credit)),
                entry: Some(wire::credit_entry(entry)),
                item: view.as_ref().map(shown),
            };
        self.run(parse::<ops::ReverseCreditEntry, _>(request)?, answer).await
    }

    async fn get_credit(&self, request: Request<pb::GetCreditRequest>) -> Result<Response<pb::Credit>, Status> {
        let (tenant, id) = query(request)?.id("credit_id", |r| &r.credit_id, CreditId::parse)?;
        let mut found = self.read(tenant, async |tx| db::customer_credit::find_all(tx, &[id.uuid()]).await).await?;
        Ok(Response::new(wire::customer_credit(&found.pop().ok_or(Error::CreditNotFound(id))?)))
    }

    async fn list_credits(
        &self,
        request: Request<pb::ListCreditsRequest>,
    ) -> Result<Response<pb::ListCreditsResponse>, Status> {
        let mut query = query(request)?;
        let page = query.changes_page(|r| (&r.order_by, r.update_time.is_some()), &db::customer_credit::ORDERS);
        let Query { tenant, request, mut bad } = query;
        let customers = filter_ids(&mut bad, "customer_ids", &request.customer_ids, CustomerId::parse);
        let issued_on = bad.within("issued_on", date_range(request.issued_on.as_ref()));
        let updated_at = bad.within("update_time", time_range(request.update_time.as_ref()));
        if request.include_used && !is_by_time(page.as_ref()) {
            bad.add("include_used", "ORDER_UNKNOWN", "used credits are listed by update_time only");
        }
        let checked = customers.zip(issued_on).zip(updated_at).zip(page);
        let (((customers, issued_on), updated_at), (page, window)) = bad.into_result(checked)?;
        let include_used = request.include_used;
        let filter = db::customer_credit::Filter { customers, issued_on, include_used, updated_at };
        let read = async |tx: &mut Tx| {
            let places = db::customer_credit::list(tx, filter, window).await?;
            read_places(tx, &page, &places, async |tx, ids| {
                let credits = db::customer_credit::find_all(tx, ids).await?;
                let shown = credits.iter().map(|credit| (credit.id.uuid(), wire::customer_credit(credit)));
                Ok::<_, Error>(shown.collect())
            })
            .await
        };
        let (credits, next_page_token) = self.read_list(tenant, read).await?;
        Ok(Response::new(pb::ListCreditsResponse { credits, next_page_token }))
    }

    async fn list_credit_entries(
        &self,
        request: Request<pb::ListCreditEntriesRequest>,
    ) -> Result<Response<pb::ListCreditEntriesResponse>, Status> {
        let mut query = query(request)?;
        let page = query.page();
        let Query { tenant, request, mut bad } = query;
        let credit = bad.check("credit_id", id(&request.credit_id, CreditId::parse));
        let after = page.as_ref().and_then(|page| bad.within("", page.after_id(EntryId::parse)));
        let ((page, after), credit) = bad.into_result(page.zip(after).zip(credit))?;
        let read = async |tx: &mut Tx| db::customer_credit::entries_of(tx, credit, after, page.limit()).await;
        let entries = self.read_list(tenant, read).await?;
        if entries.is_empty() && after.is_none() {
            // Every credit has at least its first entry.
            return Err(Error::CreditNotFound(credit).into());
        }
        let entries = entries.iter().map(wire::credit_entry).collect();
        let (entries, next_page_token) = page.cut(entries, |entry: &pb::CreditEntry| vec![entry.entry_id.clone()]);
        Ok(Response::new(pb::ListCreditEntriesResponse { entries, next_page_token }))
    }
}
