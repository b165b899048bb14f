//! What every call of the service works with.

use chrono::NaiveDate;
use quittance_db::{Db, Tx};
use quittance_kernel::{Clock, TenantId, parse_time_zone};

use crate::Error;

/// The service: its store and its clock.
#[derive(Debug, Clone)]
pub struct App {
    db: Db,
    clock: Clock,
}

impl App {
    /// A service over its store.
    pub fn new(db: Db, clock: Clock) -> Self {
        Self { db, clock }
    }

    /// Its store.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// Its clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// A view of the tenant's read models that does not change while it is looked at.
    pub(crate) async fn view(&self, tenant: TenantId) -> Result<Tx, Error> {
        let mut tx = self.db.begin(tenant).await?;
        sqlx::raw_sql("set transaction isolation level repeatable read, read only").execute(&mut *tx).await?;
        Ok(tx)
    }

    /// The same, for sums over the whole book.
    pub(crate) async fn view_sums(&self, tenant: TenantId) -> Result<Tx, Error> {
        let mut tx = self.db.begin_sums(tenant).await?;
        sqlx::raw_sql("set transaction isolation level repeatable read, read only").execute(&mut *tx).await?;
        Ok(tx)
    }

    /// The date asked for, or today in the tenant's time zone.
    pub(crate) async fn date_or_today(&self, tx: &mut Tx, asked: Option<NaiveDate>) -> Result<NaiveDate, Error> {
        if let Some(date) = asked {
            return Ok(date);
        }
        let tenant = tx.tenant();
        let zone = crate::db::party::time_zone(tx).await?.ok_or(Error::TenantNotFound(tenant))?;
        let zone = parse_time_zone(&zone).map_err(|error| quittance_db::DbError::Corrupt {
            table: "tenant",
            id: tenant.uuid(),
            why: error.to_string(),
        })?;
        Ok(self.clock.today(zone))
    }
}
