//! `SettleItems`: money allocated by payments. One half of a settlement across two databases: payments repeats the call with the same request
//! id until it has the response.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use quittance_kernel::{AllocationId, ItemId, PolicyId, TolerancePolicy};
use quittance_service::BatchOperation;

use super::{Batch, Write, periods::open_days, policies, recording, timelines};
use crate::{
    Error,
    app::TenantSettings,
    db::{self, item::ItemView},
    domain::{Entry, OpenItem, RecordedSettlement, Recording, Refusal, Settlement, Source},
    outbox,
};

/// Settles items, each settlement with its own result.
#[derive(Debug, Hash)]
pub(crate) struct SettleItems {
    pub(crate) settlements: Vec<Settlement>,
}

/// An item after a settlement or reversal.
#[derive(Debug, Clone)]
pub(crate) struct Settled {
    pub(crate) view: ItemView,
    /// From when the settlement or reversal counts.
    pub(crate) counts_on: NaiveDate,
}

/// The result of one settlement or reversal, or the refusal.
pub(crate) type Verdict = Result<Settled, Error>;

/// Settlements decided in order, each on the items as changed by the ones before.
struct Settling {
    items: HashMap<ItemId, ItemView>,
    recorded: HashMap<AllocationId, RecordedSettlement>,
    /// The policies that settlements depend on.
    tolerances: HashMap<PolicyId, TolerancePolicy>,
    settled: Vec<RecordedSettlement>,
    touched: BTreeSet<ItemId>,
    entries: Vec<Entry>,
}

impl Settling {
    /// The item after the settlement; its entries are added, unless it was settled before.
    fn settle(&mut self, settlement: &Settlement, recording: &Recording) -> Verdict {
        let view = self.items.get_mut(&settlement.item).ok_or(Error::ItemNotFound(settlement.item))?;
        let refused = |refusal: Refusal| Error::refused(format!("allocation {}", settlement.allocation), refusal);
        let before = self.settled.iter().find(|recorded| recorded.settlement.allocation == settlement.allocation);
        if let Some(before) = before.or(self.recorded.get(&settlement.allocation)) {
            settlement.repeats(&before.settlement).map_err(refused)?;
            return Ok(Settled { view: view.clone(), counts_on: before.counts_on });
        }
        let tolerances = match settlement.tolerance_policy.filter(|_| settlement.needs_tolerance()) {
            Some(id) => Some(self.tolerances.get(&id).ok_or(Error::TolerancePolicyNotFound(id))?),
            None => None,
        };
        let (item, entries) = view.item.clone().settle(settlement, tolerances, recording).map_err(refused)?;
        let counts_on = entries.first().map_or(settlement.effective_on, |entry| entry.effective_on);
        self.entries.extend(entries);
        self.settled.push(RecordedSettlement { settlement: settlement.clone(), counts_on, reversed_on: None });
        self.touched.insert(item.id);
        view.item = item;
        Ok(Settled { view: view.clone(), counts_on })
    }
}

impl BatchOperation for SettleItems {
    const NAME: &'static str = "SettleItems";
    type Settings = TenantSettings;
    type Output = Vec<Verdict>;

    async fn run(w: &mut Write<'_>, commands: &[&Self]) -> Batch<Vec<Verdict>> {
        let all = || commands.iter().flat_map(|command| &command.settlements);
        let ids: BTreeSet<ItemId> = all().map(|settlement| settlement.item).collect();
        let mut items = db::item::lock_items(w.tx, &ids.into_iter().collect::<Vec<_>>()).await?;
        timelines::read_for(w, &mut items, all().map(|settlement| (settlement.item, settlement.effective_on))).await?;
        let allocations: Vec<AllocationId> = all().map(|settlement| settlement.allocation).collect();
        let recorded = db::settlement::find_settlements(w.tx, &allocations).await?;
        let named = all().filter(|settlement| settlement.needs_tolerance());
        let tolerances = named.filter_map(|settlement| settlement.tolerance_policy).collect();
        let tolerances = policies::active_tolerances(w, tolerances).await?;
        let open_days = open_days(w, all().map(|settlement| settlement.effective_on)).await?;
        let (settled, touched, entries) = (vec![], BTreeSet::new(), vec![]);
        let mut settling = Settling { items, recorded, tolerances, settled, touched, entries };
        let mut results = Vec::with_capacity(commands.len());
        for (place, command) in commands.iter().enumerate() {
            let settled = command.settlements.iter().map(|settlement| {
                let before = settling.entries.len();
                let recording = recording(w, place, open_days, Source::Allocation(settlement.allocation), "")
                    .by(settlement.decided_by.as_ref());
                let result = settling.settle(settlement, &recording);
                let entries = settling.entries.get(before..).unwrap_or_default();
                if let (Ok(Settled { view, .. }), false) = (&result, entries.is_empty()) {
                    w.publish_for(place, outbox::item_settled(settlement, &view.item, entries));
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
    db::settlement::insert_settlements(w.tx, &settling.settled, w.now).await?;
    Ok(db::entry::insert_all(w.tx, &settling.entries).await?)
}
