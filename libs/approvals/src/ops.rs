//! What happens to approvals: they are requested by a call, approved by the service's own operation, and rejected.

use std::{
    hash::{Hash, Hasher},
    marker::PhantomData,
};

use chrono::NaiveDate;
use prost::Message;
use quittance_db::Tx;
use quittance_events::Event;
use quittance_kernel::{ApprovalId, Bug, CustomerId, Money, TenantId};
use quittance_proto::common::v1 as pb;
use quittance_service::{ApprovedCall, CommonError, Operation, Settings, Write};

use crate::{
    approval::{Approval, Verdict},
    db,
    error::ApprovalError,
    policy::InForce,
    wire::{self, ApprovalMessage},
};

/// A service with calls that may need approval.
pub trait Approves: Settings {
    /// The policy that is in force on a day.
    fn approval_policy(
        tx: &mut Tx,
        today: NaiveDate,
    ) -> impl Future<Output = Result<Option<InForce>, Self::Error>> + Send;

    /// The event that says what happened to an approval: requested, granted or rejected, as its state says.
    fn approval_event(tenant: TenantId, customer: Option<CustomerId>, approval: &ApprovalMessage) -> Event;
}

/// A command whose call may need approval: it is kept as its request, and made from it again when it is approved.
pub trait Approvable: Operation + TryFrom<Self::Request> {
    /// The message of its request.
    type Request: Message + Default;

    /// The request that this command was made from, without its request id.
    fn request(&self) -> Self::Request;
}

/// What a call has done that may need approval.
#[derive(Debug)]
pub enum Decided<T> {
    /// What it was called for.
    Done(T),
    /// Nothing: it waits for a second person.
    Waiting(ApprovalMessage),
}

impl<T> Decided<T> {
    /// What it was called for; `None` while it waits.
    pub fn as_done(&self) -> Option<&T> {
        match self {
            Self::Done(done) => Some(done),
            Self::Waiting(_) => None,
        }
    }

    /// The message of the approval that it waits for.
    pub fn approval(&self) -> Option<pb::Approval> {
        match self {
            Self::Done(_) => None,
            Self::Waiting(approval) => Some(approval.message()),
        }
    }

    /// What an approved call has done.
    ///
    /// # Errors
    /// A bug: an approved call waits for no other approval.
    pub fn into_done(self) -> Result<T, Bug> {
        match self {
            Self::Done(done) => Ok(done),
            Self::Waiting(_) => Err(Bug("an approved call waits for another approval")),
        }
    }
}

/// What a call is about, for the policy and for the person who approves it.
#[derive(Debug, Clone)]
pub struct Intent {
    /// The resource, for example `items/0190b3a0-...`.
    pub subject: String,
    /// The customer that it concerns, if it is one.
    pub customer: Option<CustomerId>,
    /// The amount that the policy's thresholds are compared with; `None` where the method has none.
    pub amount: Option<Money>,
    /// Why it is requested. May be empty.
    pub reason: String,
}

/// Requests the approval of a call, if the policy in force requires one: nothing else may be saved then. `None` where the call needs none, or is approved.
/// Called when everything else about the call is decided, so that only what could be done is requested.
///
/// # Errors
/// `APPROVED_AMOUNT_EXCEEDED`, if the call is approved for less.
pub async fn require<C>(
    w: &mut Write<'_, C::Settings>,
    command: &C,
    intent: Intent,
) -> Result<Option<ApprovalMessage>, <C::Settings as Settings>::Error>
where
    C: Approvable,
    C::Settings: Approves,
{
    if let Some(approved) = w.approved() {
        check_amount(approved.amount, intent.amount)?;
        return Ok(None);
    }
    let today = w.today()?;
    let Some(in_force) = C::Settings::approval_policy(w.tx, today).await? else { return Ok(None) };
    let Some(requirement) = in_force.policy.requirement(C::NAME, intent.amount) else { return Ok(None) };
    let origin = w.origin(0);
    let approval = Approval {
        id: ApprovalId::at(w.now),
        method: C::NAME.to_owned(),
        subject: intent.subject,
        customer: intent.customer,
        request: command.request().encode_to_vec(),
        amount: intent.amount,
        threshold: requirement.threshold,
        policy: in_force.id,
        reason: intent.reason,
        requested_by: origin.actor,
        request_id: origin.request,
        created_at: w.now,
        expires_at: w.now + in_force.policy.validity(),
        decision: None,
    };
    db::insert(w.tx, &approval).await?;
    Ok(Some(publish(w, &approval)?))
}

/// An approved call moves no more than was approved.
fn check_amount(requested: Option<Money>, now: Option<Money>) -> Result<(), CommonError> {
    match (requested, now) {
        (Some(requested), Some(now)) if requested.currency() != now.currency() || now.amount() > requested.amount() => {
            Err(ApprovalError::Exceeded { requested, now }.into())
        }
        (None, Some(_)) | (Some(_), None) => Err(Bug("an approved call has an amount that its request had not").into()),
        _ => Ok(()),
    }
}

fn publish<S: Approves>(w: &mut Write<'_, S>, approval: &Approval) -> Result<ApprovalMessage, Bug> {
    let shown = wire::approval(S::AREA, approval, w.now)?;
    let event = S::approval_event(w.tx.tenant(), approval.customer, &shown);
    w.publish(event);
    Ok(shown)
}

/// The content of an `ApproveRequest`, for the service's own operation `Approve`.
#[derive(Debug, Hash)]
pub struct ApproveRequest {
    pub(crate) approval: ApprovalId,
    pub(crate) note: String,
}

/// Locks an approval, checks that the caller may approve it, and begins its call: what is done until [`finish`] is the requester's.
///
/// # Errors
/// `APPROVAL_NOT_FOUND`, `APPROVAL_DECIDED`, `APPROVAL_EXPIRED`, `APPROVER_IS_REQUESTER`.
pub async fn begin<S: Approves>(w: &mut Write<'_, S>, request: &ApproveRequest) -> Result<Approval, S::Error> {
    let approval = lock(w, request.approval).await?;
    approval.check_approver(&w.origin(0).actor, w.now).map_err(CommonError::from)?;
    w.begin_approved(ApprovedCall { origin: approval.origin(), amount: approval.amount });
    Ok(approval)
}

/// The command of an approval.
///
/// # Errors
/// A bug: what was kept is not its request.
pub fn command<C: Approvable>(approval: &Approval) -> Result<C, Bug> {
    let request = C::Request::decode(approval.request.as_slice()).ok();
    request.and_then(|request| C::try_from(request).ok()).ok_or(Bug("what an approval has kept is not its request"))
}

/// Stores that an approval is granted, with the resource that its call has made or changed.
pub async fn finish<S: Approves>(
    w: &mut Write<'_, S>,
    request: &ApproveRequest,
    approval: Approval,
    result: String,
) -> Result<ApprovalMessage, S::Error> {
    w.end_approved();
    decide(w, approval, Verdict::Approved { result }, request.note.clone()).await
}

async fn lock<S: Approves>(w: &mut Write<'_, S>, id: ApprovalId) -> Result<Approval, S::Error> {
    Ok(db::lock(w.tx, id).await?.ok_or_else(|| CommonError::from(ApprovalError::NotFound(id)))?)
}

async fn decide<S: Approves>(
    w: &mut Write<'_, S>,
    approval: Approval,
    verdict: Verdict,
    note: String,
) -> Result<ApprovalMessage, S::Error> {
    let approval = approval.decided(verdict, w.origin(0).actor, note, w.now);
    let decision = approval.decision.as_ref().ok_or(Bug("a decided approval has no decision"))?;
    db::decide(w.tx, approval.id, decision).await?;
    Ok(publish(w, &approval)?)
}

/// A command in the service with these settings.
#[derive(Debug)]
pub(crate) struct In<S, C> {
    command: C,
    of: PhantomData<fn() -> S>,
}

impl<S, C> In<S, C> {
    pub(crate) const fn new(command: C) -> Self {
        Self { command, of: PhantomData }
    }
}

impl<S, C: Hash> Hash for In<S, C> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.command.hash(state);
    }
}

/// Rejects an approval: its call is never run.
#[derive(Debug, Hash)]
pub(crate) struct Reject {
    pub(crate) approval: ApprovalId,
    pub(crate) note: String,
}

impl<S: Approves> Operation for In<S, Reject> {
    const NAME: &'static str = "Reject";
    type Settings = S;
    type Output = ApprovalMessage;

    async fn run(&self, w: &mut Write<'_, S>) -> Result<ApprovalMessage, S::Error> {
        let Reject { approval, note } = &self.command;
        let approval = lock(w, *approval).await?;
        approval.check_pending(w.now).map_err(CommonError::from)?;
        decide(w, approval, Verdict::Rejected, note.clone()).await
    }
}
