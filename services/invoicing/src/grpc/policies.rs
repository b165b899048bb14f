//! Policies and approvals.

use chrono::Days;
use quittance_db::Tx;
use quittance_grpc::{id, optional_date};
use quittance_kernel::PolicyId;
use quittance_policies::{PolicyError, db};
use quittance_proto::{
    common::v1::PolicyState,
    invoicing::v1::{
        self as pb, invoicing_approval_service_server::InvoicingApprovalService, policy_service_server::PolicyService,
    },
};
use quittance_service::{CommonError, Query, Settings as _, parse, query, read_places};
use tonic::{Request, Response, Status};

use crate::{
    App, Error,
    db::simulation::{self, MAX_SIMULATED, SimulatedDays},
    domain::{Policy, PolicyContent, simulate_approvals, simulate_late_entries, simulate_tolerances},
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

/// The days before the last one that a policy is simulated against, unless the caller says otherwise.
const SIMULATED_DAYS: u64 = 90;

/// Whether a period has no more than a policy is simulated against.
fn fits(count: usize) -> Result<(), Error> {
    if count <= MAX_SIMULATED { Ok(()) } else { Err(Error::SimulationTooLarge) }
}

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

    async fn simulate_policy(
        &self,
        request: Request<pb::SimulatePolicyRequest>,
    ) -> Result<Response<pb::SimulatePolicyResponse>, Status> {
        let Query { tenant, request, mut bad } = query(request)?;
        let settings = self.settings_of(tenant).await?;
        let today = self.now().with_timezone(&settings.time_zone()).date_naive();
        let id = bad.check("policy_id", id(&request.policy_id, PolicyId::parse));
        let from = bad.check("from_on", optional_date(&request.from_on));
        let to = bad.check("to_on", optional_date(&request.to_on));
        let days = to.zip(from).map(|(to, from)| {
            let to = to.unwrap_or(today);
            (from.unwrap_or(to.checked_sub_days(Days::new(SIMULATED_DAYS)).unwrap_or(to)), to)
        });
        if days.is_some_and(|(from, to)| to < from) {
            bad.add("to_on", "PERIOD_EMPTY", "lies before from_on");
        }
        let (id, (from_on, to_on)) = bad.into_result(id.zip(days))?;
        let days = SimulatedDays { from_on, to_on, time_zone: settings.time_zone().name().to_owned() };
        let simulate = async |tx: &mut Tx| {
            let policy: Option<Policy> = db::find(tx, id).await?;
            let policy = policy.ok_or_else(|| Error::Common(CommonError::from(PolicyError::NotFound(id))))?;
            match policy.content {
                PolicyContent::Approvals(policy) => {
                    let calls = simulation::calls(tx, &days).await?;
                    fits(calls.len())?;
                    Ok::<_, Error>(wire::simulated_approvals(&simulate_approvals(
                        &policy,
                        &ops::Approve::METHODS,
                        calls,
                    )))
                }
                PolicyContent::Tolerances(policy) => {
                    let rests = simulation::rests(tx, &policy, &days).await?;
                    fits(rests.len())?;
                    let simulated = simulate_tolerances(&policy, rests);
                    let simulated = simulated.map_err(|refusal| Error::refused(format!("policy {id}"), refusal))?;
                    Ok(wire::simulated_tolerances(&simulated))
                }
                PolicyContent::LateEntries(policy) => {
                    let entries = simulation::late_entries(tx, &days).await?;
                    Ok(wire::simulated_late_entries(entries, simulate_late_entries(policy, entries)))
                }
            }
        };
        Ok(Response::new(self.read_list(tenant, simulate).await?))
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
