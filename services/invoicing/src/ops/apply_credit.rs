//! `ApplyCredit`.

use chrono::NaiveDate;
use quittance_kernel::{CreditId, ItemId, Money};
use quittance_service::Operation;

use super::{Write, credits, recording_on, timelines};
use crate::{
    Error,
    app::TenantSettings,
    db::{self, item::ItemView},
    domain::{CreditEntry, CreditUse, CustomerCredit, Source, apply_each, apply_in_order, note_of},
    outbox,
};

/// The most items that one call applies a credit to.
pub(crate) const MAX_ITEMS: u16 = 1_000;

/// Applies a credit on account to items of its customer.
#[derive(Debug, Hash)]
pub(crate) struct ApplyCredit {
    pub(crate) credit: CreditId,
    /// Each once, with its amount, or as much as possible; none: those that are open, the earliest due first.
    pub(crate) items: Vec<(ItemId, Option<Money>)>,
    /// `None` for today.
    pub(crate) effective_on: Option<NaiveDate>,
    /// May be empty.
    pub(crate) reason: String,
}

impl Operation for ApplyCredit {
    const NAME: &'static str = "ApplyCredit";
    type Settings = TenantSettings;
    /// The credit as it is now, its entries, and the item of each.
    type Output = (CustomerCredit, Vec<CreditEntry>, Vec<ItemView>);

    async fn run(&self, w: &mut Write<'_>) -> Result<Self::Output, Error> {
        let id = self.credit;
        let dated_on = self.effective_on.unwrap_or(w.today()?);
        let recording = recording_on(w, dated_on, Source::CreditNote(note_of(id)), &self.reason).await?;
        let mut wanted: Vec<ItemId> = self.items.iter().map(|(item, _)| *item).collect();
        if wanted.is_empty() {
            let open = db::customer_credit::items_for(w.tx, id, MAX_ITEMS.into()).await?;
            wanted = open.ok_or(Error::CreditNotFound(id))?;
        }
        let mut views = db::item::lock_items(w.tx, &wanted).await?;
        let missing = self.items.iter().find(|(item, _)| !views.contains_key(item));
        let credit = credits::lock(w, id).await?;
        if let Some((item, _)) = missing {
            return Err(Error::ItemNotFound(*item));
        }
        timelines::read(w, views.values_mut().map(|view| (&mut view.item, dated_on))).await?;
        let uses = if self.items.is_empty() {
            let items = views.values().map(|view| view.item.clone()).collect();
            apply_in_order(credit, items, dated_on, &recording)
        } else {
            let named = self.items.iter().filter_map(|(item, amount)| Some((views.get(item)?.item.clone(), *amount)));
            apply_each(credit, named, dated_on, &recording)
        };
        let uses = uses.map_err(|refusal| Error::refused(format!("credit {id}"), refusal))?;
        let credit = credits::save(w, &uses).await?;
        for used in &uses {
            w.publish(outbox::credit_applied(used));
        }
        let changed = uses.iter().filter_map(|used| {
            let (item, _) = used.item.as_ref()?;
            Some(ItemView { item: item.clone(), disputed: views.get(&item.id)?.disputed })
        });
        let views = changed.collect();
        Ok((credit, uses.into_iter().map(|CreditUse { entry, .. }| entry).collect(), views))
    }
}
