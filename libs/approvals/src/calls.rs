//! The calls about a service's approvals that are the same in every service.

use std::collections::HashMap;

use quittance_db::Place;
use quittance_grpc::{optional_line, time_range};
use quittance_kernel::ApprovalId;
use quittance_proto::common::v1 as pb;
use quittance_service::{CommonError, Query, State, parse, query};
use tonic::{Request, Response, Status};

use crate::{
    approval::Approval,
    db,
    error::ApprovalError,
    ops::{Approves, In, Reject},
    wire::{self, ApprovalMessage},
};

/// The longest subject or method of a filter, in characters.
const MAX_FILTER: usize = 200;

/// `GetApproval`.
pub async fn get<S: Approves>(
    state: &State<S>,
    request: Request<pb::GetApprovalRequest>,
) -> Result<Response<pb::Approval>, Status> {
    let (tenant, id) = query(request)?.id("approval_id", |r| &r.approval_id, ApprovalId::parse)?;
    let found = state.read(tenant, async |tx| db::find(tx, id).await).await.map_err(Into::into)?;
    let approval = found.ok_or_else(|| CommonError::from(ApprovalError::NotFound(id)))?;
    let shown = wire::approval(S::AREA, &approval, state.now()).map_err(CommonError::from)?;
    Ok(Response::new(shown.message()))
}

/// `ListApprovals`.
pub async fn list<S: Approves>(
    state: &State<S>,
    request: Request<pb::ListApprovalsRequest>,
) -> Result<Response<pb::ListApprovalsResponse>, Status> {
    let now = state.now();
    let mut query = query(request)?;
    let page = query.ordered_page(|r| &r.order_by, &db::ORDERS);
    let Query { tenant, request, mut bad } = query;
    let subject = bad.check("subject", optional_line(&request.subject, MAX_FILTER));
    let method = bad.check("method", optional_line(&request.method, MAX_FILTER));
    let created_at = bad.within("create_time", time_range(request.create_time.as_ref()));
    let checked = subject.zip(method).zip(created_at).zip(page);
    let (((subject, method), created_at), (page, window)) = bad.into_result(checked)?;
    let given = |text: String| Some(text).filter(|text| !text.is_empty());
    let filter = db::Filter {
        state: wire::read_state(request.state()).map(|state| (state, now)),
        subject: given(subject),
        method: given(method),
        created_at,
    };
    let listed = state.read_list(tenant, async |tx| db::list(tx, filter, window).await).await.map_err(Into::into)?;
    let keys: HashMap<String, Vec<String>> =
        listed.iter().map(|(place, _)| (place.id.to_string(), place.key())).collect();
    let shown = |(_, approval): &(Place, Approval)| wire::approval(S::AREA, approval, now).map(|shown| shown.message());
    let messages = listed.iter().map(shown).collect::<Result<Vec<_>, _>>().map_err(CommonError::from)?;
    let (approvals, next_page_token) =
        page.cut(messages, |approval| keys.get(&approval.approval_id).cloned().unwrap_or_default());
    Ok(Response::new(pb::ListApprovalsResponse { approvals, next_page_token }))
}

/// `Reject`.
pub async fn reject<S: Approves>(
    state: &State<S>,
    request: Request<pb::RejectRequest>,
) -> Result<Response<pb::Approval>, Status> {
    state.run(parse::<In<S, Reject>, _>(request)?, ApprovalMessage::message).await
}
