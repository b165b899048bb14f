//! Disputes.

use quittance_grpc::{Page, Violations, optional_id, page_size, parse, tenant};
use quittance_kernel::{CustomerId, DisputeId};
use quittance_proto::collections::v1::{self as pb, dispute_service_server::DisputeService};
use tonic::{Request, Response, Status};

use super::{Door, named};
use crate::{Error, db, ops, wire};

#[tonic::async_trait]
impl DisputeService for Door {
    async fn open_dispute(&self, request: Request<pb::OpenDisputeRequest>) -> Result<Response<pb::Dispute>, Status> {
        let (tenant, command) = parse::<ops::OpenDispute, _>(request)?;
        Ok(Response::new(ops::open_dispute(&self.0, tenant, command, wire::dispute).await?))
    }

    async fn resolve_dispute(
        &self,
        request: Request<pb::ResolveDisputeRequest>,
    ) -> Result<Response<pb::Dispute>, Status> {
        let (tenant, command) = parse::<ops::ResolveDispute, _>(request)?;
        Ok(Response::new(ops::resolve_dispute(&self.0, tenant, command, wire::dispute).await?))
    }

    async fn get_dispute(&self, request: Request<pb::GetDisputeRequest>) -> Result<Response<pb::Dispute>, Status> {
        let id = named("dispute_id", &request.get_ref().dispute_id, DisputeId::parse)?;
        let mut tx = self.0.db().begin(tenant(&request)?).await.map_err(Error::from)?;
        let dispute = db::dispute::find(&mut tx, id).await.map_err(Error::from)?;
        tx.commit().await.map_err(Error::from)?;
        Ok(Response::new(wire::dispute(&dispute.ok_or(Error::DisputeNotFound(id))?)))
    }

    async fn list_disputes(
        &self,
        request: Request<pb::ListDisputesRequest>,
    ) -> Result<Response<pb::ListDisputesResponse>, Status> {
        let tenant = tenant(&request)?;
        let asked = request.into_inner();
        let mut bad = Violations::default();
        let customer = bad.check("customer_id", optional_id(&asked.customer_id, CustomerId::parse));
        let open_only = asked.open_only.to_string();
        let page = bad.within(
            "",
            Page::read(page_size(asked.page_size), &asked.page_token, &["disputes", &asked.customer_id, &open_only]),
        );
        let (customer, page) = bad.into_result(customer.zip(page))?;
        let after = super::after(&page, DisputeId::parse)?;
        let mut tx = self.0.db().begin_filtered(tenant).await.map_err(Error::from)?;
        let disputes =
            db::dispute::list(&mut tx, customer, asked.open_only, after, page.limit()).await.map_err(Error::from)?;
        tx.commit().await.map_err(Error::from)?;
        let (disputes, next_page_token) = page.cut(disputes, |dispute| vec![dispute.id.to_string()]);
        Ok(Response::new(pb::ListDisputesResponse {
            disputes: disputes.iter().map(wire::dispute).collect(),
            next_page_token,
        }))
    }
}
