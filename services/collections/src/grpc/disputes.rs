//! Disputes.

use quittance_grpc::optional_id;
use quittance_kernel::{CustomerId, DisputeId};
use quittance_proto::collections::v1::{self as pb, dispute_service_server::DisputeService};
use quittance_service::{Query, parse, query};
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
        let mut query = query(request)?;
        let page = query.page();
        let Query { tenant, request, mut bad } = query;
        let customer = bad.check("customer_id", optional_id(&request.customer_id, CustomerId::parse));
        let (customer, page) = bad.into_result(customer.zip(page))?;
        let after = page.after_id(DisputeId::parse)?;
        let disputes = self
            .read_list(tenant, async |tx| db::dispute::list(tx, customer, request.open_only, after, page.limit()).await)
            .await?;
        let disputes = disputes.iter().map(wire::dispute).collect();
        let (disputes, next_page_token) = page.cut(disputes, |dispute| vec![dispute.dispute_id.clone()]);
        Ok(Response::new(pb::ListDisputesResponse { disputes, next_page_token }))
    }
}
