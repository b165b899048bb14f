//! What changes need to know of the past of their items.

use std::collections::HashMap;

use chrono::NaiveDate;
use quittance_kernel::ItemId;

use super::Write;
use crate::{
    Error,
    db::{self, item::ItemView},
    domain::OpenItem,
};

/// Reads the whole timelines of the items for which something is dated before what is known of them; for most, nothing is.
pub(super) async fn read(
    w: &mut Write<'_>,
    changes: impl Iterator<Item = (&mut OpenItem, NaiveDate)>,
) -> Result<(), Error> {
    let back_dated = changes.filter(|(item, dated)| !item.timeline.covers(*dated)).map(|(item, _)| (item.id, item));
    let mut back_dated: HashMap<ItemId, &mut OpenItem> = back_dated.collect();
    if back_dated.is_empty() {
        return Ok(());
    }
    let ids: Vec<ItemId> = back_dated.keys().copied().collect();
    for (id, timeline) in db::entry::timelines(w.tx, &ids).await? {
        if let Some(item) = back_dated.get_mut(&id) {
            item.timeline = timeline;
        }
    }
    Ok(())
}

/// As [`read`], for changes of these dates to some of the items, any number to each.
pub(super) async fn read_for(
    w: &mut Write<'_>,
    items: &mut HashMap<ItemId, ItemView>,
    changes: impl Iterator<Item = (ItemId, NaiveDate)>,
) -> Result<(), Error> {
    let mut earliest: HashMap<ItemId, NaiveDate> = HashMap::new();
    for (item, dated) in changes {
        let first = earliest.entry(item).or_insert(dated);
        *first = dated.min(*first);
    }
    let items = items.values_mut().map(|view| &mut view.item);
    read(w, items.filter_map(|item| earliest.get(&item.id).map(|dated| (item, *dated)))).await
}

/// Locks an item for a change of this date, with what of its past the change needs.
pub(super) async fn lock(w: &mut Write<'_>, id: ItemId, dated: NaiveDate) -> Result<ItemView, Error> {
    let mut view = db::item::lock_items(w.tx, &[id]).await?.remove(&id).ok_or(Error::ItemNotFound(id))?;
    read(w, std::iter::once((&mut view.item, dated))).await?;
    Ok(view)
}
