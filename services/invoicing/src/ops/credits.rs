//! What the operations on credits share.

use quittance_kernel::{Bug, CreditId};

use super::Write;
use crate::{
    Error, db,
    domain::{CreditUse, CustomerCredit, Entry, OpenItem},
};

/// Locks a credit. Its items are locked before it, everywhere.
pub(super) async fn lock(w: &mut Write<'_>, id: CreditId) -> Result<CustomerCredit, Error> {
    db::customer_credit::lock(w.tx, id).await?.ok_or(Error::CreditNotFound(id))
}

/// Saves what uses of one credit have made of it and of its items, and returns the credit after the last of them.
pub(super) async fn save(w: &mut Write<'_>, uses: &[CreditUse]) -> Result<CustomerCredit, Error> {
    let last = uses.last().ok_or(Bug("a credit that is saved without a use"))?;
    db::customer_credit::update(w.tx, &last.credit).await?;
    db::customer_credit::insert_entries(w.tx, &uses.iter().map(|used| &used.entry).collect::<Vec<_>>()).await?;
    let (items, entries): (Vec<&OpenItem>, Vec<Entry>) =
        uses.iter().filter_map(|used| used.item.as_ref()).map(|(item, entry)| (item, entry.clone())).unzip();
    if !items.is_empty() {
        db::item::update_items(w.tx, &items).await?;
        db::entry::insert_all(w.tx, &entries).await?;
    }
    Ok(last.credit.clone())
}
