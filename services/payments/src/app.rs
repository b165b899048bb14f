//! What every call of the service works with.

use std::{
    collections::HashMap,
    sync::{Arc, RwLock},
};

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use quittance_db::Db;
use quittance_events::Relay;
use quittance_grpc::Peer;
use quittance_kernel::{Clock, TenantId, parse_time_zone};
use quittance_runtime::Wake;

use crate::{Error, db, invoicing::Invoicing};

/// The service: its store, its clock, the way to invoicing, what it remembers.
#[derive(Debug, Clone)]
pub struct App {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    db: Db,
    relay: Relay,
    matching: Wake,
    clock: Clock,
    invoicing: Invoicing,
    zones: RwLock<HashMap<TenantId, Tz>>,
}

impl App {
    /// A service over its store, which settles with the invoicing service behind `invoicing`.
    pub fn new(db: Db, relay: Relay, clock: Clock, invoicing: Peer) -> Self {
        let invoicing = Invoicing::new(invoicing);
        Self {
            inner: Arc::new(Inner { db, relay, matching: Wake::default(), clock, invoicing, zones: RwLock::default() }),
        }
    }

    /// Its store.
    pub fn db(&self) -> &Db {
        &self.inner.db
    }

    /// Its clock.
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    /// What gives its events their positions.
    pub fn relay(&self) -> &Relay {
        &self.inner.relay
    }

    /// Wakes the reconciler that matches payments again.
    pub(crate) fn matching(&self) -> &Wake {
        &self.inner.matching
    }

    pub(crate) fn invoicing(&self) -> &Invoicing {
        &self.inner.invoicing
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.inner.clock.now()
    }

    /// Today in the tenant's time zone, which never changes and is read once.
    pub(crate) async fn today(&self, tenant: TenantId) -> Result<NaiveDate, Error> {
        let known = self.inner.zones.read().ok().and_then(|zones| zones.get(&tenant).copied());
        let zone = match known {
            Some(zone) => zone,
            None => self.load_zone(tenant).await?,
        };
        Ok(self.inner.clock.today(zone))
    }

    async fn load_zone(&self, tenant: TenantId) -> Result<Tz, Error> {
        let mut tx = self.db().begin(tenant).await?;
        let name = db::projection::time_zone(&mut tx).await?.ok_or(Error::TenantNotFound(tenant))?;
        tx.commit().await?;
        let zone = db::stored("tenant", tenant.uuid(), parse_time_zone(&name))?;
        if let Ok(mut zones) = self.inner.zones.write() {
            zones.insert(tenant, zone);
        }
        Ok(zone)
    }
}
