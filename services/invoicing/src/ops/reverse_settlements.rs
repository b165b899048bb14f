//! `ReverseSettlements`: reverses settlements by new entries.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use quittance_events::Event;
use quittance_kernel::{Actor, Added, AllocationId, ItemId};
use quittance_service::Operation;

use super::{Settled, Verdict, Write, periods::open_days, recording, timelines};
use crate::{
    Error,
    app::TenantSettings,
    db::{self, item::ItemView},
    domain::{Entry, OpenItem, RecordedSettlement, Recording, Refusal, Source},
    outbox,
};

/// Reverses one settlement.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Reversal {
    pub(crate) allocation: AllocationId,
    pub(crate) effective_on: NaiveDate,
    pub(crate) reason: String,
    /// Who reverses it; `None` for payments' own work.
    pub(crate) by: Added<Actor>,
}

/// Reverses settlements, each with its own result.
#[derive(Debug, Hash)]
pub(crate) struct ReverseSettlements {
    pub(crate) reversals: Vec<Reversal>,
}

/// Reversals decided in order, each on the items as changed by the ones before.
struct Reversing<'a> {
    items: HashMap<ItemId, ItemView>,
    recorded: HashMap<AllocationId, RecordedSettlement>,
    done: HashSet<AllocationId>,
    /// Each with the date from which it counts.
    reversed: Vec<(&'a Reversal, NaiveDate)>,
    touched: BTreeSet<ItemId>,
    entries: Vec<Entry>,
    events: Vec<Event>,
}

impl<'a> Reversing<'a> {
    fn reverse(&mut self, reversal: &'a Reversal, recording: &Recording) -> Verdict {
        let refused = |refusal| Error::refused(format!("allocation {}", reversal.allocation), refusal);
        let recorded = self.recorded.get(&reversal.allocation).ok_or_else(|| refused(Refusal::SettlementNotFound))?;
        let settlement = &recorded.settlement;
        let view = self.items.get_mut(&settlement.item).ok_or(Error::ItemNotFound(settlement.item))?;
        if self.done.contains(&reversal.allocation) {
            let counts_on = recorded.reversed_on.unwrap_or(reversal.effective_on);
            return Ok(Settled { view: view.clone(), counts_on });
        }
        let (item, entries) = view.item.clone().reverse(recorded, reversal.effective_on, recording).map_err(refused)?;
        self.events.push(outbox::settlement_reversed(
            settlement,
            &item,
            &entries,
            reversal.effective_on,
            &reversal.reason,
        ));
        let counts_on = entries.first().map_or(reversal.effective_on, |entry| entry.effective_on);
        self.entries.extend(entries);
        self.reversed.push((reversal, counts_on));
        self.touched.insert(item.id);
        self.done.insert(reversal.allocation);
        view.item = item;
        Ok(Settled { view: view.clone(), counts_on })
    }
}

impl Operation for ReverseSettlements {
    const NAME: &'static str = "ReverseSettlements";
    type Settings = TenantSettings;
    type Output = Vec<Verdict>;

    async fn run(&self, w: &mut Write<'_>) -> Result<Vec<Verdict>, Error> {
        let allocations: Vec<AllocationId> = self.reversals.iter().map(|reversal| reversal.allocation).collect();
        let known = db::settlement::find_settlements(w.tx, &allocations).await?;
        let ids: BTreeSet<ItemId> = known.values().map(|recorded| recorded.settlement.item).collect();
        let mut items = db::item::lock_items(w.tx, &ids.into_iter().collect::<Vec<_>>()).await?;
        // Read again under the items' locks: another transaction may have reversed some of them meanwhile.
        let recorded = db::settlement::find_settlements(w.tx, &allocations).await?;
        let dated = self.reversals.iter().filter_map(|reversal| {
            recorded.get(&reversal.allocation).map(|recorded| (recorded.settlement.item, reversal.effective_on))
        });
        timelines::read_for(w, &mut items, dated).await?;
        let open_days = open_days(w, self.reversals.iter().map(|reversal| reversal.effective_on)).await?;
        let is_reversed = recorded.values().filter(|recorded| recorded.reversed_on.is_some());
        let mut reversing = Reversing {
            done: is_reversed.map(|recorded| recorded.settlement.allocation).collect(),
            items,
            recorded,
            reversed: vec![],
            touched: BTreeSet::new(),
            entries: vec![],
            events: vec![],
        };
        let results = self.reversals.iter().map(|reversal| {
            let recording = recording(w, 0, open_days, Source::Allocation(reversal.allocation), &reversal.reason)
                .by(reversal.by.0.as_ref());
            reversing.reverse(reversal, &recording)
        });
        let results = results.collect();
        save(w, &reversing).await?;
        for event in reversing.events {
            w.publish(event);
        }
        Ok(results)
    }
}

async fn save(w: &mut Write<'_>, reversing: &Reversing<'_>) -> Result<(), Error> {
    if reversing.reversed.is_empty() {
        return Ok(());
    }
    let changed = reversing.touched.iter().filter_map(|id| reversing.items.get(id)).map(|view| &view.item);
    let changed: Vec<&OpenItem> = changed.collect();
    let rows = reversing.reversed.iter().map(|(r, counts_on)| (r.allocation, *counts_on, r.reason.as_str()));
    let rows: Vec<(AllocationId, NaiveDate, &str)> = rows.collect();
    db::item::update_items(w.tx, &changed).await?;
    db::settlement::insert_reversals(w.tx, &rows, w.now).await?;
    Ok(db::entry::insert_all(w.tx, &reversing.entries).await?)
}
