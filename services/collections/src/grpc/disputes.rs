//! Disputes.

use quittance_kernel::DisputeId;
use quittance_proto::collections::v1::{self as pb, dispute_service_server::DisputeService};
use quittance_service::{parse, query};
use tonic::{Request, Response, Status};

use crate::{App, db, ops, wire};

#[tonic::async_trait]
impl DisputeService for App {
    async fn open_dispute(&self, request: Request<pb::OpenDisputeRequest>) -> Result<Response<pb::Dispute>, Status> {
        self.run(parse::<ops::OpenDispute, _>(request)?, wire::dispute).await
    }

    async fn resolve_dispute(
        &self,
        request: Request<pb::ResolveDisputeRequest>,
    ) -> Result<Response<pb::Dispute>, Status> {
        self.run(parse::<ops::ResolveDispute, _>(request)?, wire::dispute).await
    }

    async fn get_dispute(&self, request: Request<pb::GetDisputeRequest>) -> Result<Response<pb::Dispute>, Status> {
        let (tenant, id) = query(request)?.id("dispute_id", |r| &r.dispute_id, DisputeId::parse)?;
        let dispute = self.read(tenant, async |tx| db::dispute::find(tx, id).await).await?;
        Ok(Response::new(wire::dispute(&dispute)))
    }

    async fn list_disputes(
        &self,
        request: Request<pb::ListDisputesRequest>,
    ) -> Result<Response<pb::ListDisputesResponse>, Status> {
        Ok(Response::new(self.page_of_disputes(query(request)?).await?))
    }
}
