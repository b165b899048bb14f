//! Strategies.

use quittance_kernel::StrategyId;
use quittance_proto::collections::v1::{self as pb, strategy_service_server::StrategyService};
use quittance_runtime::blocking;
use quittance_service::{parse, query};
use tonic::{Request, Response, Status};

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

    async fn delete_strategy(&self, request: Request<pb::DeleteStrategyRequest>) -> Result<Response<()>, Status> {
        self.run(parse::<ops::DeleteStrategy, _>(request)?, |()| ()).await
    }

    async fn get_strategy(&self, request: Request<pb::GetStrategyRequest>) -> Result<Response<pb::Strategy>, Status> {
        let (tenant, id) = query(request)?.id("strategy_id", |r| &r.strategy_id, StrategyId::parse)?;
        let strategy = self.read(tenant, async |tx| db::strategy::find(tx, id).await).await?;
        Ok(Response::new(wire::strategy(&strategy)))
    }

    async fn list_strategies(
        &self,
        request: Request<pb::ListStrategiesRequest>,
    ) -> Result<Response<pb::ListStrategiesResponse>, Status> {
        Ok(Response::new(self.page_of_strategies(query(request)?).await?))
    }
}
