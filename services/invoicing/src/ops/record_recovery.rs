//! `RecordRecovery`.

use chrono::NaiveDate;
use quittance_kernel::{BadDebtId, Money};
use quittance_service::Operation;

use super::{Write, recording_on, timelines};
use crate::{
    Error,
    app::TenantSettings,
    db::{self, item::ItemView},
    domain::{BadDebt, Source},
    outbox,
};

/// Records that a bad debt, or a part of it, is paid after all.
#[derive(Debug, Hash)]
pub(crate) struct RecordRecovery {
    pub(crate) bad_debt: BadDebtId,
    /// `None` for all that is not recovered.
    pub(crate) amount: Option<Money>,
    /// `None` for today.
    pub(crate) effective_on: Option<NaiveDate>,
    pub(crate) reason: String,
}

impl Operation for RecordRecovery {
    const NAME: &'static str = "RecordRecovery";
    type Settings = TenantSettings;
    type Output = (BadDebt, ItemView);

    async fn run(&self, w: &mut Write<'_>) -> Result<(BadDebt, ItemView), Error> {
        let id = self.bad_debt;
        let dated_on = self.effective_on.unwrap_or(w.today()?);
        let recording = recording_on(w, dated_on, Source::BadDebt(id), &self.reason).await?;
        let item = db::bad_debt::find(w.tx, id).await?.ok_or(Error::BadDebtNotFound(id))?.item;
        let ItemView { item, disputed } = timelines::lock(w, item, dated_on).await?;
        // Read again under the item's lock: another transaction may have recovered some of it meanwhile.
        let debt = db::bad_debt::find(w.tx, id).await?.ok_or(Error::BadDebtNotFound(id))?;
        let (debt, item, entries) = debt
            .recover(item, self.amount, dated_on, &recording)
            .map_err(|refusal| Error::refused(format!("bad debt {id}"), refusal))?;
        db::item::update_items(w.tx, &[&item]).await?;
        db::bad_debt::update_recovered(w.tx, &debt).await?;
        db::entry::insert_all(w.tx, &entries).await?;
        for entry in &entries {
            w.publish(outbox::recovery_recorded(&debt, &item, entry));
        }
        Ok((debt, ItemView { item, disputed }))
    }
}
