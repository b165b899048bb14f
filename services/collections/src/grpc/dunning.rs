//! Reminders, the start of dunning runs, verification and stream status.

use chrono::NaiveDate;
use quittance_db::{DbError, Tx};
use quittance_events::tenant_stream_status;
use quittance_grpc::{date, optional_id, reason_of};
use quittance_kernel::{Bug, CustomerId, ReminderId, StrategyId};
use quittance_proto::{
    collections::v1::{self as pb, dunning_service_server::DunningService},
    common::v1 as common,
};
use quittance_runs::{RunMessage, pending};
use quittance_service::{Query, parse, query};
use tonic::{Request, Response, Status};

use crate::{
    App, Error, db,
    domain::Rendered,
    ops::{self, Previewed},
    wire,
};

/// Customer and currency where the page before ended.
fn customer_and_currency(key: &[String]) -> Option<(CustomerId, String)> {
    let [customer, currency] = key else { return None };
    Some((CustomerId::parse(customer).ok()?, currency.clone()))
}

/// A reminder of a preview: with its text, or why a run would fail to record it.
fn shown(Previewed { customer, planned, rendered }: Previewed, as_of: NaiveDate) -> pb::Reminder {
    let unplanned =
        || pb::Reminder { customer_id: customer.to_string(), as_of: as_of.to_string(), ..pb::Reminder::default() };
    let reminder = planned.as_ref().map_or_else(unplanned, wire::planned);
    match rendered {
        Ok(Rendered { subject, body }) => pb::Reminder { subject, body, ..reminder },
        Err(error) => {
            let status = Status::from(error);
            let error_message = status.message().to_owned();
            pb::Reminder { error_reason: reason_of(&status), error_message, ..reminder }
        }
    }
}

#[tonic::async_trait]
impl DunningService for App {
    async fn preview_dunning(
        &self,
        request: Request<pb::PreviewDunningRequest>,
    ) -> Result<Response<pb::PreviewDunningResponse>, Status> {
        let mut query = query(request)?;
        let page = query.page();
        let Query { tenant, request, mut bad } = query;
        let as_of = bad.check("as_of", date(&request.as_of));
        let strategy = bad.check("strategy_id", optional_id(&request.strategy_id, StrategyId::parse));
        let ((as_of, strategy), page) = bad.into_result(as_of.zip(strategy).zip(page))?;
        let limit = usize::try_from(page.limit()).map_err(|_| Error::from(Bug("a page has a negative limit")))?;
        let after = page.after_key(customer_and_currency)?;
        let after = after.as_ref().map(|(customer, currency)| (*customer, currency.as_str()));
        let reminders = ops::preview_dunning(self, tenant, strategy, as_of, after, limit).await?;
        let reminders = reminders.into_iter().map(|previewed| shown(previewed, as_of)).collect();
        let (reminders, next_page_token) = page.cut(reminders, |reminder| {
            let currency = reminder.total.as_ref().map(|total| total.currency_code.clone());
            vec![reminder.customer_id.clone(), currency.unwrap_or_default()]
        });
        Ok(Response::new(pb::PreviewDunningResponse { reminders, next_page_token }))
    }

    async fn start_dunning(&self, request: Request<pb::StartDunningRequest>) -> Result<Response<common::Run>, Status> {
        let run = self.run(parse::<ops::StartDunning, _>(request)?, RunMessage::message).await?;
        self.runs().wake();
        Ok(run)
    }

    async fn list_reminders(
        &self,
        request: Request<pb::ListRemindersRequest>,
    ) -> Result<Response<pb::ListRemindersResponse>, Status> {
        Ok(Response::new(self.page_of_reminders(query(request)?).await?))
    }

    async fn get_reminder(&self, request: Request<pb::GetReminderRequest>) -> Result<Response<pb::Reminder>, Status> {
        let (tenant, id) = query(request)?.id("reminder_id", |r| &r.reminder_id, ReminderId::parse)?;
        let reminder = self.read(tenant, async |tx| db::reminder::find(tx, id).await).await?;
        Ok(Response::new(wire::whole_reminder(&reminder)))
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
        let read = async |tx: &mut Tx| Ok::<_, DbError>((tenant_stream_status(tx).await?, pending(tx).await?));
        let (status, unfinished) = self.read_unknown(query(request)?.tenant, read).await?;
        Ok(Response::new(quittance_grpc::stream_status(status, unfinished).map_err(Error::from)?))
    }
}
