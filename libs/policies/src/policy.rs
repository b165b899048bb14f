//! A policy: a draft, or a version that is or was in force.

use std::fmt::Debug;

use chrono::{DateTime, NaiveDate, Utc};
use quittance_kernel::PolicyId;
use serde::{Serialize, de::DeserializeOwned};

use crate::error::PolicyError;

/// What the policies of a service say. It is stored as JSON, which every later version reads.
pub trait Content: Clone + Debug + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The kind: the name of the content in the contract.
    fn kind(&self) -> &'static str;
}

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy<C> {
    /// Its id.
    pub id: PolicyId,
    /// What it says.
    pub content: C,
    /// What it is for. May be empty.
    pub description: String,
    /// Where it stands.
    pub state: State,
    /// When it was created.
    pub created_at: DateTime<Utc>,
}

/// Where a policy stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Nothing is decided by it.
    Draft,
    /// In force from its effective date until another of its kind is.
    Active(Activation),
}

/// From when a policy is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activation {
    /// Counts the policies of its kind in the order of their activation, from 1.
    pub number: u32,
    /// The first day.
    pub effective_on: NaiveDate,
    /// When it was activated.
    pub at: DateTime<Utc>,
}

impl<C> Policy<C> {
    /// A draft.
    pub fn draft(id: PolicyId, content: C, description: String, now: DateTime<Utc>) -> Policy<C> {
        Policy { id, content, description, state: State::Draft, created_at: now }
    }

    /// Its version for updates: a draft and an active policy never change.
    pub fn etag(&self) -> u32 {
        match self.state {
            State::Draft => 1,
            State::Active(_) => 2,
        }
    }

    /// The draft itself.
    ///
    /// # Errors
    /// `NotDraft`.
    pub fn as_draft(self) -> Result<Policy<C>, PolicyError> {
        match self.state {
            State::Draft => Ok(self),
            State::Active(_) => Err(PolicyError::NotDraft(self.id)),
        }
    }

    /// Puts a draft in force from a date; `number` is the next one of its kind.
    ///
    /// # Errors
    /// `NotDraft`, `EffectiveInPast`.
    pub fn activate(
        self,
        number: u32,
        effective_on: NaiveDate,
        today: NaiveDate,
        now: DateTime<Utc>,
    ) -> Result<Policy<C>, PolicyError> {
        let draft = self.as_draft()?;
        if effective_on < today {
            return Err(PolicyError::EffectiveInPast { effective_on, today });
        }
        Ok(Policy { state: State::Active(Activation { number, effective_on, at: now }), ..draft })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_is_activated_once_and_not_for_the_past() {
        let (now, day) = (DateTime::UNIX_EPOCH, |day| NaiveDate::from_ymd_opt(2026, 3, day).unwrap());
        let draft = Policy::draft(PolicyId::at(now), (), String::new(), now);
        let past = draft.clone().activate(1, day(1), day(2), now);
        assert_eq!(past, Err(PolicyError::EffectiveInPast { effective_on: day(1), today: day(2) }));
        let active = draft.clone().activate(1, day(2), day(2), now).unwrap();
        let activation = Activation { number: 1, effective_on: day(2), at: now };
        assert_eq!(active.state, State::Active(activation));
        assert_ne!(active.etag(), draft.etag());
        assert_eq!(active.clone().as_draft(), Err(PolicyError::NotDraft(draft.id)));
        assert_eq!(active.activate(2, day(2), day(2), now), Err(PolicyError::NotDraft(draft.id)));
    }
}
