//! What every call of the service works with.

use std::{
    collections::HashMap,
    sync::{Arc, RwLock},
};

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use quittance_db::{Db, DbError};
use quittance_events::Relay;
use quittance_kernel::{Clock, SeriesId, TenantId, parse_time_zone};

use crate::{
    Error, db,
    domain::{SeriesKind, Tenant},
};

/// The service: its store, its clock, what it remembers.
#[derive(Debug, Clone)]
pub struct App {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    db: Db,
    relay: Relay,
    clock: Clock,
    books: RwLock<HashMap<TenantId, Arc<Book>>>,
}

/// A tenant with its first series of each kind. None of this changes once it is written, so it is read once.
#[derive(Debug)]
pub(crate) struct Book {
    /// The seller.
    pub(crate) tenant: Tenant,
    zone: Tz,
    /// The first series of each kind.
    series: HashMap<SeriesKind, SeriesId>,
}

impl Book {
    /// The series that documents of a kind are numbered in unless they name one.
    pub(crate) fn default_series(&self, kind: SeriesKind) -> Option<SeriesId> {
        self.series.get(&kind).copied()
    }
}

impl App {
    /// A service over its store.
    pub fn new(db: Db, relay: Relay, clock: Clock) -> Self {
        Self { inner: Arc::new(Inner { db, relay, clock, books: RwLock::default() }) }
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

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.inner.clock.now()
    }

    /// Today in the tenant's time zone.
    pub(crate) fn today(&self, book: &Book) -> NaiveDate {
        self.inner.clock.today(book.zone)
    }

    /// The tenant's book.
    pub(crate) async fn book(&self, tenant: TenantId) -> Result<Arc<Book>, Error> {
        let known = self.inner.books.read().ok().and_then(|books| books.get(&tenant).cloned());
        if let Some(book) = known {
            return Ok(book);
        }
        let book = Arc::new(self.load_book(tenant).await?.ok_or(Error::TenantNotFound(tenant))?);
        if let Ok(mut books) = self.inner.books.write() {
            books.insert(tenant, Arc::clone(&book));
        }
        Ok(book)
    }

    async fn load_book(&self, tenant: TenantId) -> Result<Option<Book>, DbError> {
        let mut tx = self.db().begin(tenant).await?;
        let Some(seller) = db::book::find_tenant(&mut tx).await? else { return Ok(None) };
        let mut series = HashMap::new();
        for one in db::book::list_series(&mut tx).await? {
            series.entry(one.kind).or_insert(one.id);
        }
        tx.commit().await?;
        let zone = db::stored("tenant", tenant.uuid(), parse_time_zone(&seller.time_zone))?;
        Ok(Some(Book { tenant: seller, zone, series }))
    }
}
