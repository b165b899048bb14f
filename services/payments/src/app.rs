//! The state behind the service's calls.

use std::{ops::Deref, sync::Arc};

use chrono_tz::Tz;
use quittance_db::{Db, DbError, Tx, row::stored};
use quittance_events::Relay;
use quittance_grpc::Peer;
use quittance_kernel::{Clock, parse_time_zone};
use quittance_runtime::Wake;
use quittance_service::{Settings, State};

use crate::{Error, db, invoicing::Invoicing};

/// The service: its state, and the client of invoicing.
#[derive(Debug, Clone)]
pub struct App(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    state: State<TenantSettings>,
    matching: Wake,
    invoicing: Invoicing,
}

impl App {
    /// A service over its database, which settles through the client `invoicing`.
    pub fn new(db: Db, relay: Relay, clock: Clock, invoicing: Peer) -> Self {
        let state = State::new(db, relay, clock);
        Self(Arc::new(Inner { state, matching: Wake::default(), invoicing: Invoicing::new(invoicing) }))
    }

    /// Wakes the reconciler that rematches payments.
    pub(crate) fn matching(&self) -> &Wake {
        &self.0.matching
    }

    pub(crate) fn invoicing(&self) -> &Invoicing {
        &self.0.invoicing
    }
}

impl Deref for App {
    type Target = State<TenantSettings>;

    fn deref(&self) -> &Self::Target {
        &self.0.state
    }
}

/// The settings of a tenant.
#[derive(Debug)]
pub struct TenantSettings {
    time_zone: Tz,
}

impl Settings for TenantSettings {
    const AREA: &'static str = crate::AREA;
    type Error = Error;

    async fn load(tx: &mut Tx) -> Result<Option<Self>, DbError> {
        let Some(name) = db::projection::time_zone(tx).await? else { return Ok(None) };
        Ok(Some(Self { time_zone: stored("tenant", tx.tenant().uuid(), parse_time_zone(&name))? }))
    }

    fn time_zone(&self) -> Tz {
        self.time_zone
    }
}
