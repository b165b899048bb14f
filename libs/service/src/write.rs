//! The transaction of an operation.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{DbError, Tx};
use quittance_events::{Event, Origin, OutboxEvent, push};
use quittance_kernel::{EventId, Money};

use crate::{CommonError, Envelope, Settings};

/// A call that was kept until a second person approved it, and is run by the call that approves it.
#[derive(Debug, Clone)]
pub struct ApprovedCall {
    /// Who called, through which method: what the call does is theirs.
    pub origin: Origin,
    /// The amount that was approved; `None` where the method has none.
    pub amount: Option<Money>,
}

/// A running transaction, with what every operation needs.
#[derive(Debug)]
pub struct Write<'a, S: Settings> {
    /// The transaction, scoped to one tenant.
    pub tx: &'a mut Tx,
    /// The recorded time of everything in it.
    pub now: DateTime<Utc>,
    settings: Option<&'a S>,
    operation: &'static str,
    calls: Vec<&'a Envelope>,
    approved: Option<ApprovedCall>,
    started: Option<Origin>,
    events: Vec<OutboxEvent>,
}

impl<'a, S: Settings> Write<'a, S> {
    pub(crate) fn new(
        tx: &'a mut Tx,
        now: DateTime<Utc>,
        settings: Option<&'a S>,
        operation: &'static str,
        calls: Vec<&'a Envelope>,
    ) -> Self {
        Self { tx, now, settings, operation, calls, approved: None, started: None, events: Vec::new() }
    }

    /// A part of a consumer's transaction, caused by another service's event. Ends with [`Write::save_events`].
    pub fn within(tx: &'a mut Tx, now: DateTime<Utc>, operation: &'static str) -> Self {
        Self::new(tx, now, None, operation, Vec::new())
    }

    /// Runs an approved call from here on, in the name of its caller.
    pub fn begin_approved(&mut self, call: ApprovedCall) {
        self.approved = Some(call);
    }

    /// Ends it: what follows is the running call's own.
    pub fn end_approved(&mut self) {
        self.approved = None;
    }

    /// The approved call that is run; `None` outside of one.
    pub fn approved(&self) -> Option<&ApprovedCall> {
        self.approved.as_ref()
    }

    /// Does what follows in the name of the one who started it: a job works off what a call has started.
    pub fn in_name_of(&mut self, origin: Origin) {
        self.started = Some(origin);
    }

    /// Who caused what the command at this index of the batch does: its caller, the caller of the approved call that is run, or for a job the one who started it,
    /// or this service.
    pub fn origin(&self, place: usize) -> Origin {
        if let Some(started) = &self.started {
            return started.clone();
        }
        if let Some(approved) = &self.approved {
            return approved.origin.clone();
        }
        match self.calls.get(place) {
            Some(call) => {
                Origin { actor: call.actor.clone(), method: self.operation.into(), request: Some(call.request) }
            }
            None => Origin::job(S::AREA, self.operation),
        }
    }

    /// The settings of the tenant.
    pub fn settings(&self) -> Result<&'a S, S::Error> {
        Ok(self.settings.ok_or_else(|| CommonError::TenantNotFound(self.tx.tenant()))?)
    }

    /// Today in the tenant's time zone.
    pub fn today(&self) -> Result<NaiveDate, S::Error> {
        Ok(self.now.with_timezone(&self.settings()?.time_zone()).date_naive())
    }

    /// Queues an event for the outbox, in the trace of the call, or of the first call of a batch.
    pub fn publish(&mut self, event: Event) {
        self.publish_for(0, event);
    }

    /// As [`Write::publish`], in the trace of the call at this index of the batch.
    pub fn publish_for(&mut self, place: usize, event: Event) {
        let trace = self.calls.get(place).and_then(|call| call.trace.clone());
        self.events.push(OutboxEvent::new(event, self.now, self.origin(place), trace));
    }

    /// The same for every command of a batch that was not refused.
    pub fn publish_each<O, E>(&mut self, results: &[Result<O, E>], event: impl Fn(&O) -> Event) {
        for (place, result) in results.iter().enumerate() {
            if let Ok(output) = result {
                self.publish_for(place, event(output));
            }
        }
    }

    /// Appends all published events to the outbox; returns the last one, if there were any.
    pub async fn save_events(self) -> Result<Option<EventId>, DbError> {
        push(self.tx, self.events).await
    }
}
