//! What an operation works with.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{DbError, Tx};
use quittance_events::{Event, OutboxEvent, push};

use crate::{CommonError, Envelope, Settings};

/// A transaction in the making, with what every operation asks of its surroundings.
#[derive(Debug)]
pub struct Write<'a, S: Settings> {
    /// The transaction, which sees one tenant.
    pub tx: &'a mut Tx,
    /// The time at which everything in it is recorded.
    pub now: DateTime<Utc>,
    settings: Option<&'a S>,
    calls: Vec<&'a Envelope>,
    events: Vec<OutboxEvent>,
}

impl<'a, S: Settings> Write<'a, S> {
    pub(crate) fn new(tx: &'a mut Tx, now: DateTime<Utc>, settings: Option<&'a S>, calls: Vec<&'a Envelope>) -> Self {
        Self { tx, now, settings, calls, events: Vec::new() }
    }

    /// A part of a consumer's transaction: what an event of another service leads to. Ends with [`Write::save_events`].
    pub fn within(tx: &'a mut Tx, now: DateTime<Utc>) -> Self {
        Self::new(tx, now, None, Vec::new())
    }

    /// What the service knows of the tenant.
    pub fn settings(&self) -> Result<&'a S, S::Error> {
        Ok(self.settings.ok_or_else(|| CommonError::TenantNotFound(self.tx.tenant()))?)
    }

    /// Today in the tenant's time zone.
    pub fn today(&self) -> Result<NaiveDate, S::Error> {
        Ok(self.now.with_timezone(&self.settings()?.time_zone()).date_naive())
    }

    /// Appends an event to the outbox, when everything else is saved. It belongs to the call, or to the first call of a batch.
    pub fn publish(&mut self, event: Event) {
        self.publish_for(0, event);
    }

    /// The same for the command at this place in the batch: the event belongs to the trace of its call.
    pub fn publish_for(&mut self, place: usize, event: Event) {
        let trace = self.calls.get(place).and_then(|call| call.trace.clone());
        self.events.push(OutboxEvent::new(event, self.now, trace));
    }

    /// The same for every command of a batch that was not refused.
    pub fn publish_each<O, E>(&mut self, results: &[Result<O, E>], event: impl Fn(&O) -> Event) {
        for (place, result) in results.iter().enumerate() {
            if let Ok(output) = result {
                self.publish_for(place, event(output));
            }
        }
    }

    /// Appends all events that were published to the outbox; says whether there were any.
    pub async fn save_events(self) -> Result<bool, DbError> {
        let is_any = !self.events.is_empty();
        push(self.tx, self.events).await?;
        Ok(is_any)
    }
}
