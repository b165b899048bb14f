//! Lists: filters and orders of requests, and their pages.

use quittance_db::Tx;
use quittance_grpc::{date_range, filter_ids, filter_values, optional_id, time_range};
use quittance_kernel::{CustomerId, ItemId, RunId};
use quittance_proto::collections::v1 as pb;
use quittance_service::{Query, read_places};
use tonic::Status;

use super::read::dispute_reason;
use crate::{App, Error, db, wire};

impl App {
    /// A page of strategies.
    pub(super) async fn page_of_strategies(
        &self,
        mut query: Query<pb::ListStrategiesRequest>,
    ) -> Result<pb::ListStrategiesResponse, Status> {
        let page = query.changes_page(|r| (&r.order_by, r.update_time.is_some()), &db::strategy::ORDERS);
        let Query { tenant, request, mut bad } = query;
        let updated_at = bad.within("update_time", time_range(request.update_time.as_ref()));
        let (updated_at, (page, window)) = bad.into_result(updated_at.zip(page))?;
        let read = async |tx: &mut Tx| {
            let places = db::strategy::list(tx, updated_at, window).await?;
            read_places(tx, &page, &places, async |tx, ids| {
                let strategies = db::strategy::find_all(tx, ids).await?;
                Ok::<_, Error>(strategies.iter().map(|found| (found.id.uuid(), wire::strategy(found))).collect())
            })
            .await
        };
        let (strategies, next_page_token) = self.read_list(tenant, read).await?;
        Ok(pb::ListStrategiesResponse { strategies, next_page_token })
    }

    /// A page of reminders.
    pub(super) async fn page_of_reminders(
        &self,
        mut query: Query<pb::ListRemindersRequest>,
    ) -> Result<pb::ListRemindersResponse, Status> {
        let page = query.ordered_page(|r| &r.order_by, &db::reminder::ORDERS);
        let Query { tenant, request, mut bad } = query;
        let run = bad.check("run_id", optional_id(&request.run_id, RunId::parse));
        let customers = filter_ids(&mut bad, "customer_ids", &request.customer_ids, CustomerId::parse);
        let item = bad.check("item_id", optional_id(&request.item_id, ItemId::parse));
        let as_of = bad.within("as_of", date_range(request.as_of.as_ref()));
        let recorded_at = bad.within("record_time", time_range(request.record_time.as_ref()));
        let checked = run.zip(customers).zip(item).zip(as_of.zip(recorded_at)).zip(page);
        let ((((run, customers), item), (as_of, recorded_at)), (page, window)) = bad.into_result(checked)?;
        let filter = db::reminder::Filter { run, customers, item, as_of, recorded_at };
        let read = async |tx: &mut Tx| {
            let places = db::reminder::list(tx, filter, window).await?;
            read_places(tx, &page, &places, async |tx, ids| {
                let reminders = db::reminder::find_all(tx, ids).await?;
                Ok::<_, Error>(reminders.iter().map(|found| (found.id.uuid(), wire::reminder(found))).collect())
            })
            .await
        };
        let (reminders, next_page_token) = self.read_list(tenant, read).await?;
        Ok(pb::ListRemindersResponse { reminders, next_page_token })
    }

    /// A page of disputes.
    pub(super) async fn page_of_disputes(
        &self,
        mut query: Query<pb::ListDisputesRequest>,
    ) -> Result<pb::ListDisputesResponse, Status> {
        let page = query.changes_page(|r| (&r.order_by, r.update_time.is_some()), &db::dispute::ORDERS);
        let Query { tenant, request, mut bad } = query;
        let customers = filter_ids(&mut bad, "customer_ids", &request.customer_ids, CustomerId::parse);
        let item = bad.check("item_id", optional_id(&request.item_id, ItemId::parse));
        let reasons = filter_values(&mut bad, "reasons", request.reasons(), |reason| Some(dispute_reason(reason)));
        let opened_on = bad.within("opened_on", date_range(request.opened_on.as_ref()));
        let updated_at = bad.within("update_time", time_range(request.update_time.as_ref()));
        let checked = customers.zip(item).zip(reasons).zip(opened_on.zip(updated_at)).zip(page);
        let ((((customers, item), reasons), (opened_on, updated_at)), (page, window)) = bad.into_result(checked)?;
        let open_only = request.open_only;
        let filter = db::dispute::Filter { customers, item, reasons, open_only, opened_on, updated_at };
        let read = async |tx: &mut Tx| {
            let places = db::dispute::list(tx, filter, window).await?;
            read_places(tx, &page, &places, async |tx, ids| {
                let disputes = db::dispute::find_all(tx, ids).await?;
                Ok::<_, Error>(disputes.iter().map(|found| (found.id.uuid(), wire::dispute(found))).collect())
            })
            .await
        };
        let (disputes, next_page_token) = self.read_list(tenant, read).await?;
        Ok(pb::ListDisputesResponse { disputes, next_page_token })
    }
}
