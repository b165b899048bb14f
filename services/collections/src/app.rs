//! The state behind the service's calls.

use std::{ops::Deref, sync::Arc};

use chrono_tz::Tz;
use quittance_db::{Db, DbError, Tx, row::stored};
use quittance_events::Relay;
use quittance_kernel::{Clock, parse_time_zone};
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

/// What never changes of a tenant. What can change, as the seller that reminders name, is read in the transaction that needs it.
#[derive(Debug)]
pub struct TenantSettings {
    time_zone: Tz,
}

impl Settings for TenantSettings {
    const AREA: &'static str = crate::AREA;
    type Error = Error;

    async fn load(tx: &mut Tx) -> Result<Option<Self>, DbError> {
        let Some(known) = db::projection::find_tenant(tx).await? else { return Ok(None) };
        let time_zone = stored("tenant", tx.tenant().uuid(), parse_time_zone(&known.time_zone))?;
        Ok(Some(Self { time_zone }))
    }

    fn time_zone(&self) -> Tz {
        self.time_zone
    }
}
