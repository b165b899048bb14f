//! A call that waits for a second person, or waited for one.

use chrono::{DateTime, Utc};
use quittance_events::Origin;
use quittance_kernel::{Actor, ApprovalId, CustomerId, Money, PolicyId, RequestId};

use crate::error::ApprovalError;

/// A call that waits for a second person, or waited for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Its id.
    pub id: ApprovalId,
    /// The method that was called, for example `WriteOffItem`.
    pub method: String,
    /// The resource that the call is about, for example `items/0190b3a0-...`.
    pub subject: String,
    /// The customer that it concerns, if it is one.
    pub customer: Option<CustomerId>,
    /// The encoded request, without its request id.
    pub request: Vec<u8>,
    /// The amount that needs approval; `None` where the method has none.
    pub amount: Option<Money>,
    /// The amount above which it needs approval; `None` where every amount does.
    pub threshold: Option<Money>,
    /// The policy that requires it.
    pub policy: PolicyId,
    /// Why it was requested. May be empty.
    pub reason: String,
    /// Who requested it.
    pub requested_by: Actor,
    /// The request id of the call; `None` for a job.
    pub request_id: Option<RequestId>,
    /// When it was requested.
    pub created_at: DateTime<Utc>,
    /// From when on it cannot be approved any more.
    pub expires_at: DateTime<Utc>,
    /// What was decided; `None` until then.
    pub decision: Option<Decision>,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What.
    pub verdict: Verdict,
    /// Who decided.
    pub by: Actor,
    /// Why. May be empty where it was approved.
    pub note: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Approved or rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Approved: the call was run.
    Approved {
        /// The resource that it made or changed, for example `badDebts/0190b3a0-...`.
        result: String,
    },
    /// Rejected: the call is never run.
    Rejected,
}

/// Where an approval stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It waits.
    Pending,
    /// The call was run.
    Approved,
    /// The call is never run.
    Rejected,
    /// It was not decided in time.
    Expired,
}

impl Approval {
    /// Where it stands at a time.
    pub fn state(&self, now: DateTime<Utc>) -> State {
        match self.decision.as_ref().map(|decision| &decision.verdict) {
            Some(Verdict::Approved { .. }) => State::Approved,
            Some(Verdict::Rejected) => State::Rejected,
            None if now >= self.expires_at => State::Expired,
            None => State::Pending,
        }
    }

    /// Who called, through which method: what the call does when it is run is theirs.
    pub fn origin(&self) -> Origin {
        Origin { actor: self.requested_by.clone(), method: self.method.clone().into(), request: self.request_id }
    }

    /// Whether this person may approve it now.
    ///
    /// # Errors
    /// `Decided`, `Expired`, `ApproverIsRequester`.
    pub(crate) fn check_approver(&self, by: &Actor, now: DateTime<Utc>) -> Result<(), ApprovalError> {
        self.check_pending(now)?;
        if by.to_string() == self.requested_by.to_string() {
            return Err(ApprovalError::ApproverIsRequester(self.id));
        }
        Ok(())
    }

    /// Whether it can be rejected now. Its requester may do that too, to withdraw it.
    ///
    /// # Errors
    /// `Decided`, `Expired`.
    pub(crate) fn check_pending(&self, now: DateTime<Utc>) -> Result<(), ApprovalError> {
        match self.state(now) {
            State::Pending => Ok(()),
            State::Approved | State::Rejected => Err(ApprovalError::Decided(self.id)),
            State::Expired => Err(ApprovalError::Expired(self.id)),
        }
    }

    /// The approval with a decision.
    pub(crate) fn decided(self, verdict: Verdict, by: Actor, note: String, now: DateTime<Utc>) -> Approval {
        Approval { decision: Some(Decision { verdict, by, note, at: now }), ..self }
    }
}

#[cfg(test)]
mod tests {
    use chrono::Duration;
    use quittance_kernel::Currency;

    use super::*;

    fn actor(name: &str) -> Actor {
        Actor::parse(name).unwrap()
    }

    fn approval(now: DateTime<Utc>) -> Approval {
        Approval {
            id: ApprovalId::at(now),
            method: "WriteOffItem".to_owned(),
            subject: "items/1".to_owned(),
            customer: None,
            request: Vec::new(),
            amount: Some(Money::zero(Currency::EUR)),
            threshold: None,
            policy: PolicyId::at(now),
            reason: String::new(),
            requested_by: actor("portal").acting_for("ada").unwrap(),
            request_id: None,
            created_at: now,
            expires_at: now + Duration::days(14),
            decision: None,
        }
    }

    #[test]
    fn another_person_approves_once_and_in_time() {
        let now = DateTime::UNIX_EPOCH;
        let pending = approval(now);
        assert_eq!(pending.check_approver(&actor("grace"), now), Ok(()));
        assert_eq!(pending.check_approver(&actor("portal").acting_for("grace").unwrap(), now), Ok(()));
        for same in [actor("portal").acting_for("ada").unwrap(), actor("app").acting_for("ada").unwrap(), actor("ada")]
        {
            assert_eq!(pending.check_approver(&same, now), Err(ApprovalError::ApproverIsRequester(pending.id)));
        }
        let end = pending.expires_at;
        assert_eq!(pending.check_approver(&actor("grace"), end), Err(ApprovalError::Expired(pending.id)));
        assert_eq!((pending.state(now), pending.state(end)), (State::Pending, State::Expired));
        for (verdict, state) in
            [(Verdict::Approved { result: "x/1".to_owned() }, State::Approved), (Verdict::Rejected, State::Rejected)]
        {
            let decided = pending.clone().decided(verdict, actor("grace"), String::new(), now);
            assert_eq!(decided.state(end), state, "a decision does not expire");
            assert_eq!(decided.check_approver(&actor("grace"), now), Err(ApprovalError::Decided(pending.id)));
            assert_eq!(decided.check_pending(now), Err(ApprovalError::Decided(pending.id)));
        }
    }
}
