//! Bad debts and their recovery.

use quittance_approvals::Decided;
use quittance_db::Tx;
use quittance_grpc::{filter_ids, optional_id, time_range};
use quittance_kernel::{BadDebtId, CustomerId, ItemId};
use quittance_proto::invoicing::v1::{self as pb, bad_debt_service_server::BadDebtService};
use quittance_service::{Query, parse, query, read_places};
use tonic::{Request, Response, Status};

use crate::{
    App, Error,
    db::{self, item::ItemView},
    domain::BadDebt,
    ops, wire,
};

#[tonic::async_trait]
impl BadDebtService for App {
    async fn write_off_item(
        &self,
        request: Request<pb::WriteOffItemRequest>,
    ) -> Result<Response<pb::WriteOffItemResponse>, Status> {
        let answer = |(written_off, view): &(Decided<BadDebt>, ItemView)| pb::WriteOffItemResponse {
            bad_debt: written_off.as_done().map(wire::bad_debt),
            item: Some(wire::open_item(&view.item, view.disputed)),
            approval: written_off.approval(),
        };
        self.run(parse::<ops::WriteOffItem, _>(request)?, answer).await
    }

    async fn record_recovery(
        &self,
        request: Request<pb::RecordRecoveryRequest>,
    ) -> Result<Response<pb::RecordRecoveryResponse>, Status> {
        let answer = |(debt, view): &(BadDebt, ItemView)| pb::RecordRecoveryResponse {
            bad_debt: Some(wire::bad_debt(debt)),
            item: Some(wire::open_item(&view.item, view.disputed)),
        };
        self.run(parse::<ops::RecordRecovery, _>(request)?, answer).await
    }

    async fn get_bad_debt(&self, request: Request<pb::GetBadDebtRequest>) -> Result<Response<pb::BadDebt>, Status> {
        let (tenant, id) = query(request)?.id("bad_debt_id", |r| &r.bad_debt_id, BadDebtId::parse)?;
        let debt = self.read(tenant, async |tx| db::bad_debt::find(tx, id).await).await?;
        Ok(Response::new(wire::bad_debt(&debt.ok_or(Error::BadDebtNotFound(id))?)))
    }

    async fn list_bad_debts(
        &self,
        request: Request<pb::ListBadDebtsRequest>,
    ) -> Result<Response<pb::ListBadDebtsResponse>, Status> {
        let mut query = query(request)?;
        let page = query.ordered_page(|r| &r.order_by, &db::bad_debt::ORDERS);
        let Query { tenant, request, mut bad } = query;
        let customers = filter_ids(&mut bad, "customer_ids", &request.customer_ids, CustomerId::parse);
        let item = bad.check("item_id", optional_id(&request.item_id, ItemId::parse));
        let recorded_at = bad.within("create_time", time_range(request.create_time.as_ref()));
        let checked = customers.zip(item).zip(recorded_at).zip(page);
        let (((customers, item), recorded_at), (page, window)) = bad.into_result(checked)?;
        let filter = db::bad_debt::Filter { customers, item, recorded_at };
        let read = async |tx: &mut Tx| {
            let places = db::bad_debt::list(tx, filter, window).await?;
            read_places(tx, &page, &places, async |tx, ids| {
                let debts = db::bad_debt::find_all(tx, ids).await?;
                Ok::<_, Error>(debts.iter().map(|debt| (debt.id.uuid(), wire::bad_debt(debt))).collect())
            })
            .await
        };
        let (bad_debts, next_page_token) = self.read_list(tenant, read).await?;
        Ok(Response::new(pb::ListBadDebtsResponse { bad_debts, next_page_token }))
    }
}
