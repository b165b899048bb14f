//! The state behind the service's calls.

use std::{ops::Deref, sync::Arc};

use chrono_tz::Tz;
use quittance_db::{Db, DbError, Tx, row::stored};
use quittance_events::Relay;
use quittance_kernel::{Clock, parse_time_zone};
use quittance_service::{Settings, State};

use crate::{Error, db, domain::template::Seller};

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

/// The settings of a tenant.
#[derive(Debug)]
pub struct TenantSettings {
    /// The seller, as reminders name it.
    pub(crate) seller: Seller,
    time_zone: Tz,
}

impl Settings for TenantSettings {
    const AREA: &'static str = crate::AREA;
    type Error = Error;

    async fn load(tx: &mut Tx) -> Result<Option<Self>, DbError> {
        let Some(known) = db::projection::find_tenant(tx).await? else { return Ok(None) };
        let time_zone = stored("tenant", tx.tenant().uuid(), parse_time_zone(&known.time_zone))?;
        Ok(Some(Self { seller: known.seller, time_zone }))
    }

    fn time_zone(&self) -> Tz {
        self.time_zone
    }
}
