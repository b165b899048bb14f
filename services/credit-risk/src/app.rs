//! The state behind the service's calls.

use std::{ops::Deref, sync::Arc};

use chrono_tz::Tz;
use quittance_db::{Db, DbError, Tx};
use quittance_events::Relay;
use quittance_kernel::Clock;
use quittance_service::{Settings, State};

use crate::{Error, db};

/// The service.
#[derive(Debug, Clone)]
pub struct App(Arc<State<TenantSettings>>);

impl App {
    /// A service over its database.
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

/// Credit needs no settings, but knows which tenants there are.
#[derive(Debug)]
pub struct TenantSettings;

impl Settings for TenantSettings {
    const AREA: &'static str = crate::AREA;
    type Error = Error;

    async fn load(tx: &mut Tx) -> Result<Option<Self>, DbError> {
        Ok(db::projection::is_tenant_known(tx).await?.then_some(Self))
    }

    /// UTC, as no operation uses the date.
    fn time_zone(&self) -> Tz {
        chrono_tz::UTC
    }
}
