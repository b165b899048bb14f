//! What every call of the service works with.

use std::{
    collections::HashMap,
    sync::{Arc, RwLock},
};

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use quittance_db::{Db, DbError};
use quittance_events::Relay;
use quittance_kernel::{Clock, TenantId, parse_time_zone};

use crate::{Error, db, domain::template::Seller};

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

/// What is known of a tenant. None of this changes once it is written, so it is read once.
#[derive(Debug)]
pub(crate) struct Book {
    /// Who reminds.
    pub(crate) seller: Seller,
    zone: Tz,
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

    /// What is known of the tenant.
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
        let known = db::projection::find_tenant(&mut tx).await?;
        tx.commit().await?;
        let Some(known) = known else { return Ok(None) };
        let zone = db::stored("tenant", tenant.uuid(), parse_time_zone(&known.time_zone))?;
        Ok(Some(Book { seller: known.seller, zone }))
    }
}
