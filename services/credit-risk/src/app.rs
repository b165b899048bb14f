//! What every call of the service works with.

use std::{ops::Deref, sync::Arc};

use chrono_tz::Tz;
use quittance_db::{Db, DbError, Tx};
use quittance_events::Relay;
use quittance_kernel::Clock;
use quittance_service::{Settings, State};

use crate::Error;

/// The service.
#[derive(Debug, Clone)]
pub struct App(Arc<State<TenantSettings>>);

impl App {
    /// A service over its store.
    pub fn new(db: Db, relay: Relay, clock: Clock) -> Self {
        Self(Arc::new(State::new(db, relay, clock)))
    }
}

impl Deref for App {
    type Target = State<TenantSettings>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// Credit depends on nothing of a tenant: every tenant that a caller may act for is served, whether its events have come or not.
#[derive(Debug)]
pub struct TenantSettings;

impl Settings for TenantSettings {
    const AREA: &'static str = crate::AREA;
    type Error = Error;

    async fn load(_tx: &mut Tx) -> Result<Option<Self>, DbError> {
        Ok(Some(Self))
    }

    /// UTC, for want of another: no operation asks for the date.
    fn time_zone(&self) -> Tz {
        chrono_tz::UTC
    }
}
