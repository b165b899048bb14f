//! Disputes.

use quittance_grpc::{Page, Violations, optional_id, page_size};
use quittance_kernel::{CustomerId, DisputeId};
use quittance_proto::collections::v1::{self as pb, dispute_service_server::DisputeService};
use quittance_service::{parse, tenant};
use tonic::{Request, Response, Status};

use super::named;
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
        let id = named("dispute_id", &request.get_ref().dispute_id, DisputeId::parse)?;
        let dispute = self.read(tenant(&request)?, async |tx| db::dispute::find(tx, id).await).await?;
        Ok(Response::new(wire::dispute(&dispute)))
    }

    async fn list_disputes(
        &self,
        request: Request<pb::ListDisputesRequest>,
    ) -> Result<Response<pb::ListDisputesResponse>, Status> {
        let tenant = tenant(&request)?;
        let request = request.into_inner();
        let mut bad = Violations::default();
        let customer = bad.check("customer_id", optional_id(&request.customer_id, CustomerId::parse));
        let open_only = request.open_only.to_string();
        let page = bad.within(
            "",
            Page::read(
                page_size(request.page_size),
                &request.page_token,
                &["disputes", &request.customer_id, &open_only],
            ),
        );
        let (customer, page) = bad.into_result(customer.zip(page))?;
        let after = super::after(&page, DisputeId::parse)?;
        let disputes = self
            .read_list(tenant, async |tx| db::dispute::list(tx, customer, request.open_only, after, page.limit()).await)
            .await?;
        let (disputes, next_page_token) = page.cut(disputes, |dispute| vec![dispute.id.to_string()]);
        Ok(Response::new(pb::ListDisputesResponse {
            disputes: disputes.iter().map(wire::dispute).collect(),
            next_page_token,
        }))
    }
}
