//! Strategies.

use quittance_grpc::{parse, tenant};
use quittance_kernel::StrategyId;
use quittance_proto::collections::v1::{self as pb, strategy_service_server::StrategyService};
use tonic::{Request, Response, Status};

use super::{Door, named};
use crate::{Error, db, ops, wire};

#[tonic::async_trait]
impl StrategyService for Door {
    async fn create_strategy(
        &self,
        request: Request<pb::CreateStrategyRequest>,
    ) -> Result<Response<pb::Strategy>, Status> {
        let (tenant, command) = ops::blocking(|| parse::<ops::CreateStrategy, _>(request)).await?;
        Ok(Response::new(ops::create_strategy(&self.0, tenant, command, wire::strategy).await?))
    }

    async fn update_strategy(
        &self,
        request: Request<pb::UpdateStrategyRequest>,
    ) -> Result<Response<pb::Strategy>, Status> {
        let (tenant, command) = ops::blocking(|| parse::<ops::UpdateStrategy, _>(request)).await?;
        Ok(Response::new(ops::update_strategy(&self.0, tenant, command, wire::strategy).await?))
    }

    async fn get_strategy(&self, request: Request<pb::GetStrategyRequest>) -> Result<Response<pb::Strategy>, Status> {
        let id = named("strategy_id", &request.get_ref().strategy_id, StrategyId::parse)?;
        let mut tx = self.0.db().begin(tenant(&request)?).await.map_err(Error::from)?;
        let strategy = db::strategy::find(&mut tx, Some(id)).await.map_err(Error::from)?;
        tx.commit().await.map_err(Error::from)?;
        Ok(Response::new(wire::strategy(&strategy.ok_or(Error::StrategyNotFound(id))?)))
    }

    async fn list_strategies(
        &self,
        request: Request<pb::ListStrategiesRequest>,
    ) -> Result<Response<pb::ListStrategiesResponse>, Status> {
        let mut tx = self.0.db().begin(tenant(&request)?).await.map_err(Error::from)?;
        let strategies = db::strategy::list(&mut tx).await.map_err(Error::from)?;
        tx.commit().await.map_err(Error::from)?;
        Ok(Response::new(pb::ListStrategiesResponse { strategies: strategies.iter().map(wire::strategy).collect() }))
    }
}
