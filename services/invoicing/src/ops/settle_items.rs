//! `SettleItems`: money allocated by payments. One half of a settlement across two databases: payments repeats the call with the same request
//! id until it has the response.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use quittance_kernel::{AllocationId, EntryId, ItemId};
use quittance_service::BatchOperation;

use super::{Batch, Write};
use crate::{
    Error,
    app::TenantSettings,
    db::{
        self,
        ledger::{ItemView, NewEntry},
        settlement::RecordedSettlement,
    },
    domain::{Entry, OpenItem, Refusal, Settlement},
    outbox,
};

/// Settles items, each settlement with its own result.
#[derive(Debug, Hash)]
pub(crate) struct SettleItems {
    pub(crate) settlements: Vec<Settlement>,
}

/// The result of one settlement or reversal: the item after it and whether it is disputed, or the refusal.
pub(crate) type Settled = Result<(OpenItem, bool), Error>;

/// Settlements decided in order, each on the items as changed by the ones before.
struct Settling {
    items: HashMap<ItemId, ItemView>,
    recorded: HashMap<AllocationId, RecordedSettlement>,
    settled: Vec<Settlement>,
    touched: BTreeSet<ItemId>,
    entries: Vec<(ItemId, Entry)>,
    now: DateTime<Utc>,
}

impl Settling {
    fn settle(&mut self, settlement: &Settlement) -> Settled {
        let view = self.items.get_mut(&settlement.item).ok_or(Error::ItemNotFound(settlement.item))?;
        let refused = |refusal: Refusal| Error::refused(format!("allocation {}", settlement.allocation), refusal);
        let before = self.settled.iter().find(|s| s.allocation == settlement.allocation);
        let before = before.or(self.recorded.get(&settlement.allocation).map(|recorded| &recorded.settlement));
        if let Some(before) = before {
            settlement.repeats(before).map_err(refused)?;
            return Ok((view.item.clone(), view.disputed));
        }
        let (item, entries) = view.item.clone().settle(settlement).map_err(refused)?;
        self.entries.extend(entries.into_iter().map(|entry| (item.id, entry)));
        self.settled.push(settlement.clone());
        self.touched.insert(item.id);
        view.item = OpenItem { updated_at: self.now, ..item };
        Ok((view.item.clone(), view.disputed))
    }
}

impl BatchOperation for SettleItems {
    const NAME: &'static str = "SettleItems";
    type Settings = TenantSettings;
    type Output = Vec<Settled>;

    async fn run(w: &mut Write<'_>, commands: &[&Self]) -> Batch<Vec<Settled>> {
        let all = || commands.iter().flat_map(|command| &command.settlements);
        let ids: BTreeSet<ItemId> = all().map(|settlement| settlement.item).collect();
        let items = db::ledger::lock_items(w.tx, &ids.into_iter().collect::<Vec<_>>()).await?;
        let allocations: Vec<AllocationId> = all().map(|settlement| settlement.allocation).collect();
        let recorded = db::settlement::find_settlements(w.tx, &allocations).await?;
        let mut settling =
            Settling { items, recorded, settled: vec![], touched: BTreeSet::new(), entries: vec![], now: w.now };
        let mut results = Vec::with_capacity(commands.len());
        for (place, command) in commands.iter().enumerate() {
            let settled = command.settlements.iter().map(|settlement| {
                let before = settling.settled.len();
                let result = settling.settle(settlement);
                if let (Ok((item, _)), true) = (&result, settling.settled.len() > before) {
                    w.publish_for(place, outbox::item_settled(settlement, item.customer, item.open()));
                }
                result
            });
            results.push(Ok(settled.collect()));
        }
        save(w, &settling).await?;
        Ok(results)
    }
}

async fn save(w: &mut Write<'_>, settling: &Settling) -> Result<(), Error> {
    if settling.settled.is_empty() {
        return Ok(());
    }
    let changed = settling.touched.iter().filter_map(|id| settling.items.get(id)).map(|view| &view.item);
    let changed: Vec<&OpenItem> = changed.collect();
    db::ledger::update_items(w.tx, &changed).await?;
    db::settlement::insert_settlements(w.tx, &settling.settled.iter().collect::<Vec<_>>(), w.now).await?;
    let entries = settling.entries.iter().filter_map(|(id, entry)| {
        let customer = settling.items.get(id)?.item.customer;
        Some(NewEntry { id: EntryId::at(w.now), item: *id, customer, entry: *entry })
    });
    let entries: Vec<NewEntry> = entries.collect();
    Ok(db::ledger::insert_entries(w.tx, &entries, w.now).await?)
}
