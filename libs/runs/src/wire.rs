//! Runs as messages of the contract.

use quittance_kernel::{Actor, Bug, RequestId};
use quittance_proto::{common::v1 as pb, instant, to_struct};

use crate::{
    db::ItemState,
    run::{Item, ItemResult, Run, State},
};

/// A run as it stood at a time, as its message.
#[derive(Debug, Clone, PartialEq)]
pub struct RunMessage(Box<pb::Run>);

impl RunMessage {
    /// The message.
    pub fn message(&self) -> pb::Run {
        pb::Run::clone(&self.0)
    }
}

/// A run of the service of an area.
pub(crate) fn run(area: &str, run: &Run) -> Result<RunMessage, Bug> {
    let package = area.replace('-', "");
    let request = to_struct(&format!("quittance.{package}.v1.{}Request", run.method), &run.request)
        .map_err(|_| Bug("the request of a run is not in the contract"))?;
    let started_by = run.started_by.as_ref();
    let text = |name: Option<&str>| name.unwrap_or_default().to_owned();
    Ok(RunMessage(Box::new(pb::Run {
        run_id: run.id.to_string(),
        method: run.method.clone(),
        as_of: run.as_of.to_string(),
        request: Some(request),
        state: state(run.state).into(),
        total_count: run.counts.total,
        done_count: run.counts.done,
        skipped_count: run.counts.skipped,
        failed_count: run.counts.failed,
        started_by: text(started_by.map(Actor::name)),
        started_on_behalf_of: text(started_by.and_then(Actor::on_behalf_of)),
        request_id: run.request_id.as_ref().map(RequestId::to_string).unwrap_or_default(),
        create_time: Some(instant(run.created_at)),
        end_time: run.ended_at.map(instant),
    })))
}

fn state(state: State) -> pb::RunState {
    match state {
        State::Running => pb::RunState::Running,
        State::Finished => pb::RunState::Finished,
        State::Cancelled => pb::RunState::Cancelled,
    }
}

/// An item of a run.
pub(crate) fn item(run: &Run, item: Item) -> pb::RunItem {
    let subject = format!("{}/{}", run.subjects, item.subject);
    let (state, (reason, message)) = match item.end.as_ref().map(|end| &end.result) {
        None if run.state == State::Cancelled => (pb::RunItemState::Cancelled, Default::default()),
        None => (pb::RunItemState::Pending, Default::default()),
        Some(ItemResult::Done) => (pb::RunItemState::Done, Default::default()),
        Some(ItemResult::Skipped) => (pb::RunItemState::Skipped, Default::default()),
        Some(ItemResult::Failed { reason, message }) => (pb::RunItemState::Failed, (reason.clone(), message.clone())),
    };
    pb::RunItem { subject, state: state.into(), reason, message, end_time: item.end.map(|end| instant(end.at)) }
}

/// The state of a filter of runs; `None` for all.
pub(crate) fn read_state(state: pb::RunState) -> Option<State> {
    match state {
        pb::RunState::Unspecified => None,
        pb::RunState::Running => Some(State::Running),
        pb::RunState::Finished => Some(State::Finished),
        pb::RunState::Cancelled => Some(State::Cancelled),
    }
}

/// Which items of a run a filter shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// Those in this state, or all.
    Only(Option<ItemState>),
    /// None: a running run has no cancelled items, and one that has ended no pending ones.
    Nothing,
}

/// Which items a filter shows of a run in this state.
pub(crate) fn read_item_state(run: State, state: pb::RunItemState) -> Shown {
    match state {
        pb::RunItemState::Unspecified => Shown::Only(None),
        pb::RunItemState::Pending if run == State::Cancelled => Shown::Nothing,
        pb::RunItemState::Cancelled if run != State::Cancelled => Shown::Nothing,
        pb::RunItemState::Pending | pb::RunItemState::Cancelled => Shown::Only(Some(ItemState::Pending)),
        pb::RunItemState::Done => Shown::Only(Some(ItemState::Done)),
        pb::RunItemState::Skipped => Shown::Only(Some(ItemState::Skipped)),
        pb::RunItemState::Failed => Shown::Only(Some(ItemState::Failed)),
    }
}
