//! `ClosePeriod`.

use chrono::NaiveDate;
use quittance_kernel::PeriodId;
use quittance_service::Operation;

use super::Write;
use crate::{Error, app::TenantSettings, db, domain::Period, outbox};

/// Closes all open days up to one.
#[derive(Debug, Hash)]
pub(crate) struct ClosePeriod {
    pub(crate) end_on: NaiveDate,
}

impl Operation for ClosePeriod {
    const NAME: &'static str = "ClosePeriod";
    type Settings = TenantSettings;
    type Output = Period;

    async fn run(&self, w: &mut Write<'_>) -> Result<Period, Error> {
        let closed_through = db::period::lock_closed_through(w.tx).await?;
        let period = Period::close(PeriodId::at(w.now), closed_through, self.end_on, w.today()?, w.now)
            .map_err(|refusal| Error::refused(format!("the period to {}", self.end_on), refusal))?;
        // The lock keeps entries from being added until the end of the transaction.
        let period = Period { balances: db::period::balances_on(w.tx, self.end_on).await?, ..period };
        db::period::insert(w.tx, &period).await?;
        db::period::set_closed_through(w.tx, Some(period.end_on)).await?;
        w.publish(outbox::period_closed(w.tx.tenant(), &period));
        Ok(period)
    }
}
