//! `SettleItems`: money allocated by payments. One half of a settlement across two databases: payments repeats the call with the same request
//! id until it has the response.

use std::collections::{BTreeSet, HashMap};

use quittance_kernel::{AllocationId, ItemId};
use quittance_service::BatchOperation;

use super::{Batch, Write, recording};
use crate::{
    Error,
    app::TenantSettings,
    db::{self, item::ItemView, settlement::RecordedSettlement},
    domain::{Entry, OpenItem, Recording, Refusal, Settlement, Source},
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
    entries: Vec<Entry>,
}

impl Settling {
    /// The item after the settlement; its entries are added, unless it was settled before.
    fn settle(&mut self, settlement: &Settlement, recording: &Recording) -> Settled {
        let view = self.items.get_mut(&settlement.item).ok_or(Error::ItemNotFound(settlement.item))?;
        let refused = |refusal: Refusal| Error::refused(format!("allocation {}", settlement.allocation), refusal);
        let before = self.settled.iter().find(|s| s.allocation == settlement.allocation);
        let before = before.or(self.recorded.get(&settlement.allocation).map(|recorded| &recorded.settlement));
        if let Some(before) = before {
            settlement.repeats(before).map_err(refused)?;
            return Ok((view.item.clone(), view.disputed));
        }
        let (item, entries) = view.item.clone().settle(settlement, recording).map_err(refused)?;
        self.entries.extend(entries);
        self.settled.push(settlement.clone());
        self.touched.insert(item.id);
        view.item = item;
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
        let items = db::item::lock_items(w.tx, &ids.into_iter().collect::<Vec<_>>()).await?;
        let allocations: Vec<AllocationId> = all().map(|settlement| settlement.allocation).collect();
        let recorded = db::settlement::find_settlements(w.tx, &allocations).await?;
        let mut settling = Settling { items, recorded, settled: vec![], touched: BTreeSet::new(), entries: vec![] };
        let mut results = Vec::with_capacity(commands.len());
        for (place, command) in commands.iter().enumerate() {
            let settled = command.settlements.iter().map(|settlement| {
                let before = settling.entries.len();
                let recording = recording(w, place, Source::Allocation(settlement.allocation), "");
                let result = settling.settle(settlement, &recording);
                let entries = settling.entries.get(before..).unwrap_or_default();
                if let (Ok((item, _)), false) = (&result, entries.is_empty()) {
                    w.publish_for(place, outbox::item_settled(settlement, item, entries));
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
    db::item::update_items(w.tx, &changed).await?;
    db::settlement::insert_settlements(w.tx, &settling.settled.iter().collect::<Vec<_>>(), w.now).await?;
    Ok(db::entry::insert_all(w.tx, &settling.entries).await?)
}
