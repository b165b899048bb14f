//! Reminders, dunning runs, verification and stream status.

use quittance_events::tenant_stream_status;
use quittance_grpc::{Page, Violations, date, optional_id, page_size};
use quittance_kernel::{Bug, CustomerId, ReminderId, RunId, StrategyId};
use quittance_proto::{
    collections::v1::{self as pb, dunning_service_server::DunningService},
    common::v1 as common,
};
use quittance_service::{parse, tenant};
use tonic::{Request, Response, Status};

use super::named;
use crate::{App, Error, db, ops, wire};

/// Customer and currency where the page before ended.
fn after_customer(page: &Page) -> Result<Option<(CustomerId, &str)>, Violations> {
    let mut bad = Violations::default();
    let after = match page.after.as_slice() {
        [] => Ok(None),
        [customer, currency] => {
            CustomerId::parse(customer).map(|customer| Some((customer, currency.as_str()))).map_err(|_| ())
        }
        _ => Err(()),
    };
    let after = bad.check("page_token", after.map_err(|()| ("PAGE_TOKEN_INVALID", "is not a page token".to_owned())));
    bad.into_result(after)
}

#[tonic::async_trait]
impl DunningService for App {
    async fn preview_dunning(
        &self,
        request: Request<pb::PreviewDunningRequest>,
    ) -> Result<Response<pb::PreviewDunningResponse>, Status> {
        let tenant = tenant(&request)?;
        let request = request.into_inner();
        let mut bad = Violations::default();
        let as_of = bad.check("as_of", date(&request.as_of));
        let strategy = bad.check("strategy_id", optional_id(&request.strategy_id, StrategyId::parse));
        let query = ["preview", request.as_of.as_str(), request.strategy_id.as_str()];
        let page = bad.within("", Page::read(page_size(request.page_size), &request.page_token, &query));
        let ((as_of, strategy), page) = bad.into_result(as_of.zip(strategy).zip(page))?;
        let limit = usize::try_from(page.limit()).map_err(|_| Error::from(Bug("a page has a negative limit")))?;
        let reminders = ops::preview_dunning(self, tenant, strategy, as_of, after_customer(&page)?, limit).await?;
        let (reminders, next_page_token) = page.cut(reminders, |(planned, _)| {
            vec![planned.customer.to_string(), planned.total.currency().code().to_owned()]
        });
        let reminders = reminders.into_iter().map(|(planned, rendered)| wire::planned(&planned, rendered)).collect();
        Ok(Response::new(pb::PreviewDunningResponse { reminders, next_page_token }))
    }

    async fn run_dunning(&self, request: Request<pb::RunDunningRequest>) -> Result<Response<pb::DunningRun>, Status> {
        self.run(parse::<ops::RunDunning, _>(request)?, wire::run).await
    }

    async fn list_reminders(
        &self,
        request: Request<pb::ListRemindersRequest>,
    ) -> Result<Response<pb::ListRemindersResponse>, Status> {
        let tenant = tenant(&request)?;
        let request = request.into_inner();
        let mut bad = Violations::default();
        let run = bad.check("run_id", optional_id(&request.run_id, RunId::parse));
        let customer = bad.check("customer_id", optional_id(&request.customer_id, CustomerId::parse));
        let query = ["reminders", request.run_id.as_str(), request.customer_id.as_str()];
        let page = bad.within("", Page::read(page_size(request.page_size), &request.page_token, &query));
        let ((run, customer), page) = bad.into_result(run.zip(customer).zip(page))?;
        let after = super::after(&page, ReminderId::parse)?;
        let reminders =
            self.read_list(tenant, async |tx| db::reminder::list(tx, run, customer, after, page.limit()).await).await?;
        let (reminders, next_page_token) = page.cut(reminders, |reminder| vec![reminder.id.to_string()]);
        Ok(Response::new(pb::ListRemindersResponse {
            reminders: reminders.iter().map(wire::reminder).collect(),
            next_page_token,
        }))
    }

    async fn get_reminder(&self, request: Request<pb::GetReminderRequest>) -> Result<Response<pb::Reminder>, Status> {
        let id = named("reminder_id", &request.get_ref().reminder_id, ReminderId::parse)?;
        let reminder = self.read(tenant(&request)?, async |tx| db::reminder::find(tx, id).await).await?;
        Ok(Response::new(wire::whole_reminder(&reminder)))
    }

    async fn verify_ledger(
        &self,
        request: Request<common::VerifyLedgerRequest>,
    ) -> Result<Response<common::VerifyLedgerResponse>, Status> {
        let invariants = db::verify::invariants(self.db(), tenant(&request)?).await.map_err(Error::from)?;
        Ok(Response::new(quittance_grpc::ledger(invariants)))
    }

    async fn get_stream_status(
        &self,
        request: Request<common::GetStreamStatusRequest>,
    ) -> Result<Response<common::StreamStatus>, Status> {
        let status = self.read(tenant(&request)?, async |tx| tenant_stream_status(tx).await).await?;
        Ok(Response::new(quittance_grpc::stream_status(status, 0)))
    }
}
