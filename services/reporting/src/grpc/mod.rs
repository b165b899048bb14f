//! The gRPC handlers.

mod answers;
#[cfg(test)]
mod known_at_tests;
#[cfg(test)]
mod late_facts_tests;
mod status;
#[cfg(test)]
mod vectors_tests;

use chrono::{DateTime, Utc};
use quittance_events::tenant_stream_status;
use quittance_grpc::{Reading, Violations, currency, id, known_at, optional_date};
use quittance_kernel::CustomerId;
use quittance_proto::{
    common::v1 as common,
    instant,
    reporting::v1::{
        self as pb,
        report_service_server::{ReportService, ReportServiceServer},
    },
};
use quittance_service::{Query, query};
use tonic::{Request, Response, Status, codec::CompressionEncoding::Gzip, service::Routes};
use uuid::Uuid;

use crate::{
    App, Error,
    db::{self, aging::CustomerQuery},
};

use answers::Requested;

pub(crate) use answers::invariants;

/// Full names of the services, for the health service.
pub(crate) const SERVICES: &[&str] = &["quittance.reporting.v1.ReportService"];

/// Adds the service's gRPC service, whose calls wait for what they are to see.
pub(crate) fn add_routes(routes: Routes, app: &App, reading: &Reading) -> Routes {
    routes.add_service(
        reading.before(ReportServiceServer::new(app.clone()).accept_compressed(Gzip).send_compressed(Gzip)),
    )
}

/// The date of a report, and what was known of it.
fn requested(
    bad: &mut Violations,
    effective_on: &str,
    instant: Option<&prost_types::Timestamp>,
    now: DateTime<Utc>,
) -> Option<Requested> {
    let on = bad.check("effective_on", optional_date(effective_on));
    let known_at = bad.check("known_at", known_at(instant, now));
    on.zip(known_at).map(|(on, known_at)| Requested { on, known_at })
}

#[tonic::async_trait]
impl ReportService for App {
    async fn list_currencies(
        &self,
        request: Request<pb::ListCurrenciesRequest>,
    ) -> Result<Response<pb::ListCurrenciesResponse>, Status> {
        let (tenant, page) = query(request)?.unfiltered()?;
        let mut tx = self.view(tenant).await?;
        let mut codes = db::party::currencies(&mut tx).await.map_err(Error::from)?;
        codes.retain(|code| page.after.first().is_none_or(|after| after < code));
        let (currency_codes, next_page_token) = page.cut(codes, |code| vec![code.clone()]);
        Ok(Response::new(pb::ListCurrenciesResponse { currency_codes, next_page_token }))
    }

    async fn get_aging(&self, request: Request<pb::GetAgingRequest>) -> Result<Response<pb::AgingReport>, Status> {
        let Query { tenant, request, mut bad } = query(request)?;
        let requested = requested(&mut bad, &request.effective_on, request.known_at.as_ref(), self.now());
        let currency = bad.check("currency_code", currency(&request.currency_code));
        let (requested, currency) = bad.into_result(requested.zip(currency))?;
        Ok(Response::new(answers::aging_report(self, tenant, requested, currency).await?))
    }

    async fn list_customer_aging(
        &self,
        request: Request<pb::ListCustomerAgingRequest>,
    ) -> Result<Response<pb::ListCustomerAgingResponse>, Status> {
        let mut query = query(request)?;
        let page = query.page();
        let Query { tenant, request, mut bad } = query;
        let requested = requested(&mut bad, &request.effective_on, request.known_at.as_ref(), self.now());
        let currency = bad.check("currency_code", currency(&request.currency_code));
        let ((requested, currency), page) = bad.into_result(requested.zip(currency).zip(page))?;
        let after = page.after_key(|key| match key {
            [number, id] => Uuid::try_parse(id).ok().map(|id| (number.clone(), id)),
            _ => None,
        })?;
        let mut tx = self.view(tenant).await?;
        let as_of = requested.as_of(self, tenant).await?;
        let watermarks = answers::watermarks_of(&mut tx, as_of).await?;
        let query = CustomerQuery { as_of, currency, after, limit: page.limit() };
        let rows = db::aging::by_customer(&mut tx, &query).await.map_err(Error::from)?;
        let customers = rows.iter().map(|row| answers::customer(row, currency)).collect::<Result<_, Error>>()?;
        let (customers, next_page_token) =
            page.cut(customers, |customer| vec![customer.customer_number.clone(), customer.customer_id.clone()]);
        let known_at = as_of.known_at.map(instant);
        Ok(Response::new(pb::ListCustomerAgingResponse { customers, next_page_token, known_at, watermarks }))
    }

    async fn get_customer_balance(
        &self,
        request: Request<pb::GetCustomerBalanceRequest>,
    ) -> Result<Response<pb::CustomerBalance>, Status> {
        let Query { tenant, request, mut bad } = query(request)?;
        let customer = bad.check("customer_id", id(&request.customer_id, CustomerId::parse));
        let requested = requested(&mut bad, &request.effective_on, request.known_at.as_ref(), self.now());
        let (customer, requested) = bad.into_result(customer.zip(requested))?;
        Ok(Response::new(answers::customer_balance(self, tenant, customer, requested).await?))
    }

    async fn get_kpis(&self, request: Request<pb::GetKpisRequest>) -> Result<Response<pb::KpiReport>, Status> {
        let Query { tenant, request, mut bad } = query(request)?;
        let requested = requested(&mut bad, &request.effective_on, request.known_at.as_ref(), self.now());
        let currency = bad.check("currency_code", currency(&request.currency_code));
        let (requested, currency) = bad.into_result(requested.zip(currency))?;
        Ok(Response::new(answers::kpis(self, tenant, requested, currency).await?))
    }

    async fn verify_ledger(
        &self,
        request: Request<common::VerifyLedgerRequest>,
    ) -> Result<Response<common::VerifyLedgerResponse>, Status> {
        Ok(Response::new(quittance_grpc::ledger(invariants(self, query(request)?.tenant).await?)))
    }

    async fn get_stream_status(
        &self,
        request: Request<common::GetStreamStatusRequest>,
    ) -> Result<Response<common::StreamStatus>, Status> {
        let mut tx = self.db().begin(query(request)?.tenant).await.map_err(Error::from)?;
        let status = tenant_stream_status(&mut tx).await.map_err(Error::from)?;
        Ok(Response::new(quittance_grpc::stream_status(status, 0).map_err(Error::from)?))
    }
}
