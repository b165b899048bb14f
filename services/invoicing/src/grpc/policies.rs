//! Policies and approvals.

use quittance_db::Tx;
use quittance_kernel::PolicyId;
use quittance_policies::{PolicyError, db};
use quittance_proto::{
    common::v1::PolicyState,
    invoicing::v1::{
        self as pb, invoicing_approval_service_server::InvoicingApprovalService, policy_service_server::PolicyService,
    },
};
use quittance_service::{CommonError, Query, parse, query, read_places};
use tonic::{Request, Response, Status};

use crate::{
    App, Error,
    domain::{Policy, PolicyContent},
    ops, wire,
};

/// The kind of a filter; `None` for all.
fn kind(kind: &str) -> Result<Option<String>, (&'static str, String)> {
    let kinds = PolicyContent::KINDS;
    if !kind.is_empty() && !kinds.contains(&kind) {
        return Err(("POLICY_KIND_UNKNOWN", format!("is not one of {}", kinds.join(", "))));
    }
    Ok(Some(kind.to_owned()).filter(|kind| !kind.is_empty()))
}

quittance_approvals::approval_service!(InvoicingApprovalService, App, ops::Approve);

#[tonic::async_trait]
impl PolicyService for App {
    async fn create_policy(&self, request: Request<pb::CreatePolicyRequest>) -> Result<Response<pb::Policy>, Status> {
        self.run(parse::<ops::CreatePolicy, _>(request)?, wire::policy).await
    }

    async fn delete_policy(&self, request: Request<pb::DeletePolicyRequest>) -> Result<Response<()>, Status> {
        self.run(parse::<ops::DeletePolicy, _>(request)?, |()| ()).await
    }

    async fn activate_policy(
        &self,
        request: Request<pb::ActivatePolicyRequest>,
    ) -> Result<Response<pb::ActivatePolicyResponse>, Status> {
        let call = parse::<ops::ActivatePolicy, _>(request)?;
        self.run(call, |(activated, policy)| pb::ActivatePolicyResponse {
            policy: Some(wire::policy(policy)),
            approval: activated.approval(),
        })
        .await
    }

    async fn get_policy(&self, request: Request<pb::GetPolicyRequest>) -> Result<Response<pb::Policy>, Status> {
        let (tenant, id) = query(request)?.id("policy_id", |r| &r.policy_id, PolicyId::parse)?;
        let policy: Option<Policy> = self.read(tenant, async |tx| db::find(tx, id).await).await?;
        let policy = policy.ok_or_else(|| Error::Common(CommonError::from(PolicyError::NotFound(id))))?;
        Ok(Response::new(wire::policy(&policy)))
    }

    async fn list_policies(
        &self,
        request: Request<pb::ListPoliciesRequest>,
    ) -> Result<Response<pb::ListPoliciesResponse>, Status> {
        let mut query = query(request)?;
        let page = query.ordered_page(|r| &r.order_by, &db::ORDERS);
        let Query { tenant, request, mut bad } = query;
        let kind = bad.check("kind", kind(&request.kind));
        let (kind, (page, window)) = bad.into_result(kind.zip(page))?;
        let is_active = match request.state() {
            PolicyState::Unspecified => None,
            PolicyState::Draft => Some(false),
            PolicyState::Active => Some(true),
        };
        let read = async |tx: &mut Tx| {
            let places = db::list(tx, db::Filter { kind, is_active }, window).await?;
            read_places(tx, &page, &places, async |tx, ids| {
                let policies: Vec<Policy> = db::find_all(tx, ids).await?;
                Ok::<_, Error>(policies.iter().map(|policy| (policy.id.uuid(), wire::policy(policy))).collect())
            })
            .await
        };
        let (policies, next_page_token) = self.read_list(tenant, read).await?;
        Ok(Response::new(pb::ListPoliciesResponse { policies, next_page_token }))
    }
}
