//! Strategies.

use quittance_kernel::StrategyId;
use quittance_proto::collections::v1::{self as pb, strategy_service_server::StrategyService};
use quittance_runtime::blocking;
use quittance_service::{parse, tenant};
use tonic::{Request, Response, Status};

use super::named;
use crate::{App, db, ops, wire};

#[tonic::async_trait]
impl StrategyService for App {
    async fn create_strategy(
        &self,
        request: Request<pb::CreateStrategyRequest>,
    ) -> Result<Response<pb::Strategy>, Status> {
        self.run(blocking(|| parse::<ops::CreateStrategy, _>(request)).await?, wire::strategy).await
    }

    async fn update_strategy(
        &self,
        request: Request<pb::UpdateStrategyRequest>,
    ) -> Result<Response<pb::Strategy>, Status> {
        self.run(blocking(|| parse::<ops::UpdateStrategy, _>(request)).await?, wire::strategy).await
    }

    async fn get_strategy(&self, request: Request<pb::GetStrategyRequest>) -> Result<Response<pb::Strategy>, Status> {
        let id = named("strategy_id", &request.get_ref().strategy_id, StrategyId::parse)?;
        let strategy = self.read(tenant(&request)?, async |tx| db::strategy::find(tx, id).await).await?;
        Ok(Response::new(wire::strategy(&strategy)))
    }

    async fn list_strategies(
        &self,
        request: Request<pb::ListStrategiesRequest>,
    ) -> Result<Response<pb::ListStrategiesResponse>, Status> {
        let strategies = self.read(tenant(&request)?, async |tx| db::strategy::list(tx).await).await?;
        Ok(Response::new(pb::ListStrategiesResponse { strategies: strategies.iter().map(wire::strategy).collect() }))
    }
}
