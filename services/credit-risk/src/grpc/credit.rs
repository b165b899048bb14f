//! Profiles, credit checks, verification and stream status.

use quittance_db::Tx;
use quittance_events::tenant_stream_status;
use quittance_grpc::{currency, id, positive_money};
use quittance_kernel::{CustomerId, TenantId};
use quittance_proto::{
    common::v1 as common,
    creditrisk::v1::{self as pb, credit_service_server::CreditService},
};
use quittance_service::{Query, parse, query};
use tonic::{Request, Response, Status};

use crate::{
    App, Error,
    db::{self, Key},
    domain::CreditProfile,
    ops, wire,
};

impl App {
    async fn read_profile(&self, tenant: TenantId, key: Key) -> Result<CreditProfile, Error> {
        self.read(tenant, async |tx| db::profile::find(tx, key).await).await
    }
}

#[tonic::async_trait]
impl CreditService for App {
    async fn create_profile(
        &self,
        request: Request<pb::CreateProfileRequest>,
    ) -> Result<Response<pb::CreditProfile>, Status> {
        self.run(parse::<ops::CreateProfile, _>(request)?, wire::profile).await
    }

    async fn update_profile(
        &self,
        request: Request<pb::UpdateProfileRequest>,
    ) -> Result<Response<pb::CreditProfile>, Status> {
        self.run(parse::<ops::UpdateProfile, _>(request)?, wire::profile).await
    }

    async fn delete_profile(&self, request: Request<pb::DeleteProfileRequest>) -> Result<Response<()>, Status> {
        self.run(parse::<ops::DeleteProfile, _>(request)?, |()| ()).await
    }

    async fn get_profile(
        &self,
        request: Request<pb::GetProfileRequest>,
    ) -> Result<Response<pb::CreditProfile>, Status> {
        let Query { tenant, request, mut bad } = query(request)?;
        let customer = bad.check("customer_id", id(&request.customer_id, CustomerId::parse));
        let currency = bad.check("currency_code", currency(&request.currency_code));
        let key = bad.into_result(customer.zip(currency))?;
        Ok(Response::new(wire::profile(&self.read_profile(tenant, key).await?)))
    }

    async fn list_profiles(
        &self,
        request: Request<pb::ListProfilesRequest>,
    ) -> Result<Response<pb::ListProfilesResponse>, Status> {
        Ok(Response::new(self.page_of_profiles(query(request)?).await?))
    }

    async fn check_credit(
        &self,
        request: Request<pb::CheckCreditRequest>,
    ) -> Result<Response<pb::CreditCheck>, Status> {
        let Query { tenant, request, mut bad } = query(request)?;
        let customer = bad.check("customer_id", id(&request.customer_id, CustomerId::parse));
        let amount = bad.check("amount", positive_money(request.amount.as_ref()));
        let (customer, amount) = bad.into_result(customer.zip(amount))?;
        let profile = self.read_profile(tenant, (customer, amount.currency())).await?;
        let shortfall =
            profile.shortfall(amount).map_err(|error| Error::refused(format!("customer {customer}"), error))?;
        Ok(Response::new(wire::check(&profile, shortfall)))
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
        let read = async |tx: &mut Tx| {
            Ok::<_, Error>((tenant_stream_status(tx).await?, db::reservation::count_to_expire(tx, self.now()).await?))
        };
        let (status, unfinished) = self.read_unknown(query(request)?.tenant, read).await?;
        Ok(Response::new(quittance_grpc::stream_status(status, unfinished).map_err(Error::from)?))
    }
}
