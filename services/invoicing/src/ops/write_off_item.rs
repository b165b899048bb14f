//! `WriteOffItem`.

use chrono::NaiveDate;
use quittance_approvals::{Decided, Intent, require};
use quittance_kernel::{BadDebtId, ItemId, Money};
use quittance_service::Operation;

use super::{Write, recording_on, timelines};
use crate::{
    Error,
    app::TenantSettings,
    db::{self, item::ItemView},
    domain::{BadDebt, BadDebtReason, Source, WriteOffRequest},
    outbox,
};

/// Writes off what is open of an item, or a part of it, as a bad debt.
#[derive(Debug, Hash)]
pub(crate) struct WriteOffItem {
    pub(crate) item: ItemId,
    /// `None` for all that is open.
    pub(crate) amount: Option<Money>,
    pub(crate) reason: BadDebtReason,
    /// For the record.
    pub(crate) note: String,
    /// `None` for today.
    pub(crate) effective_on: Option<NaiveDate>,
}

impl Operation for WriteOffItem {
    const NAME: &'static str = "WriteOffItem";
    type Settings = TenantSettings;
    /// What was done, and the item as it is now.
    type Output = (Decided<BadDebt>, ItemView);

    async fn run(&self, w: &mut Write<'_>) -> Result<Self::Output, Error> {
        let id = BadDebtId::at(w.now);
        let dated_on = self.effective_on.unwrap_or(w.today()?);
        let recording = recording_on(w, dated_on, Source::BadDebt(id), &self.note).await?;
        let view = timelines::lock(w, self.item, dated_on).await?;
        let request = WriteOffRequest { id, amount: self.amount, reason: self.reason, dated_on };
        let (debt, item, entries) = BadDebt::write_off(view.item.clone(), request, &recording)
            .map_err(|refusal| Error::refused(format!("item {}", self.item), refusal))?;
        let intent = Intent {
            subject: format!("items/{}", self.item),
            customer: Some(debt.customer),
            amount: Some(debt.amount),
            reason: self.note.clone(),
        };
        if let Some(approval) = require(w, self, intent).await? {
            return Ok((Decided::Waiting(approval), view));
        }
        db::item::update_items(w.tx, &[&item]).await?;
        db::bad_debt::insert(w.tx, &debt).await?;
        db::entry::insert_all(w.tx, &entries).await?;
        w.publish(outbox::item_written_off(&debt, &item, &entries));
        Ok((Decided::Done(debt), ItemView { item, disputed: view.disputed }))
    }
}
