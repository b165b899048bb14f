//! A run, and the items that it consists of.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_events::Origin;
use quittance_kernel::{Actor, RequestId, RunId};
use uuid::Uuid;

/// Work over many resources that a call has started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// The method that started it, for example `StartDunning`.
    pub method: String,
    /// The encoded request, without its request id; what it left to a default is filled in.
    pub request: Vec<u8>,
    /// The date that it is for.
    pub as_of: NaiveDate,
    /// The collection of the resources, for example `customers`.
    pub subjects: String,
    /// Where it stands.
    pub state: State,
    /// How many items it has, and what became of them.
    pub counts: Counts,
    /// Who started it; `None` where that was not kept.
    pub started_by: Option<Actor>,
    /// The request id of the call; `None` where that was not kept.
    pub request_id: Option<RequestId>,
    /// When it was started.
    pub created_at: DateTime<Utc>,
    /// When it was finished or cancelled; `None` until then.
    pub ended_at: Option<DateTime<Utc>>,
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Its items are being worked off.
    Running,
    /// Every item has ended.
    Finished,
    /// What was not done when it was cancelled is not done.
    Cancelled,
}

/// How many items a run has, and what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// All items.
    pub total: i32,
    /// What was done.
    pub done: i32,
    /// What had nothing left to do.
    pub skipped: i32,
    /// What failed.
    pub failed: i32,
}

/// An item of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    /// The id of its resource.
    pub(crate) subject: Uuid,
    /// What became of it; `None` until then.
    pub(crate) end: Option<End>,
}

/// What became of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct End {
    /// What.
    pub(crate) result: ItemResult,
    /// When.
    pub(crate) at: DateTime<Utc>,
}

/// What became of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ItemResult {
    /// It was done.
    Done,
    /// Nothing was left to do for it.
    Skipped,
    /// It could not be done.
    Failed {
        /// The reason that a call of its own would return.
        reason: String,
        /// The same for people.
        message: String,
    },
}

impl Run {
    /// Who called, through which method: what the run does is theirs. A job of the area where that was not kept.
    pub fn origin(&self, area: &str) -> Origin {
        let actor = self.started_by.clone().unwrap_or_else(|| Actor::job(area));
        Origin { actor, method: self.method.clone().into(), request: self.request_id }
    }
}
