//! `ReverseCreditEntry`.

use chrono::NaiveDate;
use quittance_kernel::{CreditId, EntryId};
use quittance_service::Operation;

use super::{Write, credits, recording_on, timelines};
use crate::{
    Error,
    app::TenantSettings,
    db::{self, item::ItemView},
    domain::{CreditEntry, CustomerCredit, Refusal, Source, note_of},
    outbox,
};

/// Reverses an application or a write-off of a credit in full.
#[derive(Debug, Hash)]
pub(crate) struct ReverseCreditEntry {
    pub(crate) credit: CreditId,
    pub(crate) entry: EntryId,
    /// `None` for today.
    pub(crate) effective_on: Option<NaiveDate>,
    pub(crate) reason: String,
}

impl Operation for ReverseCreditEntry {
    const NAME: &'static str = "ReverseCreditEntry";
    type Settings = TenantSettings;
    /// The credit as it is now, the reversal, and the item, if there is one.
    type Output = (CustomerCredit, CreditEntry, Option<ItemView>);

    async fn run(&self, w: &mut Write<'_>) -> Result<Self::Output, Error> {
        let id = self.credit;
        let refused = |refusal| Error::refused(format!("entry {}", self.entry), refusal);
        let dated_on = self.effective_on.unwrap_or(w.today()?);
        let recording = recording_on(w, dated_on, Source::CreditNote(note_of(id)), &self.reason).await?;
        let found = db::customer_credit::find_entry(w.tx, id, self.entry).await?;
        let view = match found.and_then(|(entry, _)| entry.item) {
            Some(item) => Some(timelines::lock(w, item, dated_on).await?),
            None => None,
        };
        let credit = credits::lock(w, id).await?;
        // Read again under the locks: another transaction may have reversed it meanwhile.
        let found = db::customer_credit::find_entry(w.tx, id, self.entry).await?;
        let (entry, is_reversed) = found.ok_or(Error::CreditEntryNotFound(self.entry))?;
        if is_reversed {
            return Err(refused(Refusal::CreditEntryReversed));
        }
        let item = view.as_ref().map(|view| view.item.clone());
        let used = credit.reverse(&entry, item, dated_on, &recording).map_err(refused)?;
        let credit = credits::save(w, std::slice::from_ref(&used)).await?;
        w.publish(outbox::credit_entry_reversed(&used));
        let after = used.item.zip(view).map(|((item, _), before)| ItemView { item, disputed: before.disputed });
        Ok((credit, used.entry, after))
    }
}
