//! The state behind the service's calls.

use std::{ops::Deref, sync::Arc};

use chrono_tz::Tz;
use quittance_db::{Db, DbError, Tx, row::stored};
use quittance_events::Relay;
use quittance_kernel::{Clock, parse_time_zone};
use quittance_runtime::Wake;
use quittance_service::{Settings, State};

use crate::{Error, db};

/// The service.
#[derive(Debug, Clone)]
pub struct App(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    state: State<TenantSettings>,
    runs: Wake,
}

impl App {
    /// A service over its database.
    pub fn new(db: Db, relay: Relay, clock: Clock) -> Self {
        Self(Arc::new(Inner { state: State::new(db, relay, clock), runs: Wake::default() }))
    }

    /// Wakes the reconciler that works off runs.
    pub(crate) fn runs(&self) -> &Wake {
        &self.0.runs
    }
}

impl Deref for App {
    type Target = State<TenantSettings>;

    fn deref(&self) -> &Self::Target {
        &self.0.state
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
