//! The state behind the service's calls.

use std::{ops::Deref, sync::Arc};

use chrono::NaiveDate;
use chrono_tz::Tz;
use quittance_db::{Db, DbError, Tx, row::stored};
use quittance_events::Relay;
use quittance_kernel::{Clock, TenantId, parse_time_zone};
use quittance_service::{Settings, State};

use crate::{Error, db};

/// The service.
#[derive(Debug, Clone)]
pub struct App(Arc<State<TenantSettings>>);

impl App {
    /// A service over its database.
    pub fn new(db: Db, clock: Clock) -> Self {
        // It publishes nothing.
        Self(Arc::new(State::new(db, Relay::default(), clock)))
    }

    /// A consistent snapshot of the tenant's read models. A tenant that does not exist is an error: it has no empty reports.
    pub(crate) async fn view(&self, tenant: TenantId) -> Result<Tx, Error> {
        self.settings_of(tenant).await?;
        let mut tx = self.db().begin(tenant).await?;
        sqlx::raw_sql("set transaction isolation level repeatable read, read only").execute(&mut *tx).await?;
        Ok(tx)
    }

    /// The same, for sums over all of the tenant's rows.
    pub(crate) async fn view_sums(&self, tenant: TenantId) -> Result<Tx, Error> {
        self.settings_of(tenant).await?;
        let mut tx = self.db().begin_sums(tenant).await?;
        sqlx::raw_sql("set transaction isolation level repeatable read, read only").execute(&mut *tx).await?;
        Ok(tx)
    }

    /// The date that a request names, or today in the tenant's time zone.
    pub(crate) async fn date_or_today(&self, tenant: TenantId, named: Option<NaiveDate>) -> Result<NaiveDate, Error> {
        match named {
            Some(date) => Ok(date),
            None => Ok(self.clock().today(self.settings_of(tenant).await?.time_zone)),
        }
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
    time_zone: Tz,
}

impl Settings for TenantSettings {
    const AREA: &'static str = crate::AREA;
    type Error = Error;

    async fn load(tx: &mut Tx) -> Result<Option<Self>, DbError> {
        let Some(name) = db::party::time_zone(tx).await? else { return Ok(None) };
        Ok(Some(Self { time_zone: stored("tenant", tx.tenant().uuid(), parse_time_zone(&name))? }))
    }

    fn time_zone(&self) -> Tz {
        self.time_zone
    }
}
