//! Accounting periods.

use quittance_db::Tx;
use quittance_kernel::PeriodId;
use quittance_proto::invoicing::v1::{self as pb, period_service_server::PeriodService};
use quittance_service::{Query, parse, query, read_places};
use tonic::{Request, Response, Status};

use crate::{App, Error, db, ops, wire};

#[tonic::async_trait]
impl PeriodService for App {
    async fn close_period(&self, request: Request<pb::ClosePeriodRequest>) -> Result<Response<pb::Period>, Status> {
        self.run(parse::<ops::ClosePeriod, _>(request)?, wire::period).await
    }

    async fn reopen_period(
        &self,
        request: Request<pb::ReopenPeriodRequest>,
    ) -> Result<Response<pb::ReopenPeriodResponse>, Status> {
        let call = parse::<ops::ReopenPeriod, _>(request)?;
        self.run(call, |(reopened, period)| pb::ReopenPeriodResponse {
            period: Some(wire::period(period)),
            approval: reopened.approval(),
        })
        .await
    }

    async fn get_period(&self, request: Request<pb::GetPeriodRequest>) -> Result<Response<pb::Period>, Status> {
        let (tenant, id) = query(request)?.id("period_id", |r| &r.period_id, PeriodId::parse)?;
        let found = self.read(tenant, async |tx| db::period::find_all(tx, &[id.uuid()]).await).await?;
        Ok(Response::new(wire::period(found.first().ok_or(Error::PeriodNotFound(id))?)))
    }

    async fn list_periods(
        &self,
        request: Request<pb::ListPeriodsRequest>,
    ) -> Result<Response<pb::ListPeriodsResponse>, Status> {
        let mut query = query(request)?;
        let page = query.ordered_page(|r| &r.order_by, &db::period::ORDERS);
        let Query { tenant, request, bad } = query;
        let (page, window) = bad.into_result(page)?;
        let is_closed = match request.state() {
            pb::PeriodState::Unspecified => None,
            pb::PeriodState::Closed => Some(true),
            pb::PeriodState::Reopened => Some(false),
        };
        let read = async |tx: &mut Tx| {
            let places = db::period::list(tx, is_closed, window).await?;
            read_places(tx, &page, &places, async |tx, ids| {
                let periods = db::period::find_all(tx, ids).await?;
                Ok::<_, Error>(periods.iter().map(|period| (period.id.uuid(), wire::period(period))).collect())
            })
            .await
        };
        let (periods, next_page_token) = self.read_list(tenant, read).await?;
        Ok(Response::new(pb::ListPeriodsResponse { periods, next_page_token }))
    }
}
