//! What every call of the service works with.

use chrono::{DateTime, Utc};
use quittance_db::Db;
use quittance_events::Relay;
use quittance_kernel::Clock;

/// The service: its store and its clock.
#[derive(Debug, Clone)]
pub struct App {
    db: Db,
    relay: Relay,
    clock: Clock,
}

impl App {
    /// A service over its store.
    pub fn new(db: Db, relay: Relay, clock: Clock) -> Self {
        Self { db, relay, clock }
    }

    /// Its store.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// Its clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// What gives its events their positions.
    pub fn relay(&self) -> &Relay {
        &self.relay
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }
}
