//! The state behind the service's calls.

use std::{collections::HashMap, ops::Deref, sync::Arc};

use chrono_tz::Tz;
use quittance_db::{Db, DbError, Tx, row::stored};
use quittance_events::Relay;
use quittance_kernel::{Bug, Clock, SeriesId, parse_time_zone};
use quittance_service::{Settings, State};

use crate::{Error, db, domain::SeriesKind};

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

/// What never changes of a tenant: its time zone and its first series of each kind. What can change is read in the transaction that needs it, because every
/// process keeps these for as long as it runs.
#[derive(Debug)]
pub struct TenantSettings {
    time_zone: Tz,
    default_series: HashMap<SeriesKind, SeriesId>,
}

impl TenantSettings {
    /// The default series of a kind: the first one, which every tenant starts with.
    pub(crate) fn default_series(&self, kind: SeriesKind) -> Result<SeriesId, Bug> {
        self.default_series.get(&kind).copied().ok_or(Bug("a tenant has no default series"))
    }
}

impl Settings for TenantSettings {
    const AREA: &'static str = crate::AREA;
    type Error = Error;

    async fn load(tx: &mut Tx) -> Result<Option<Self>, DbError> {
        let Some(tenant) = db::tenant::find(tx).await? else { return Ok(None) };
        let mut default_series = HashMap::new();
        for one in db::series::list(tx).await? {
            default_series.entry(one.kind).or_insert(one.id);
        }
        let time_zone = stored("tenant", tenant.id.uuid(), parse_time_zone(&tenant.time_zone))?;
        Ok(Some(Self { time_zone, default_series }))
    }

    fn time_zone(&self) -> Tz {
        self.time_zone
    }
}
