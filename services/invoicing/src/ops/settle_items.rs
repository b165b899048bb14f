//! `SettleItems`: money that payments has allocated. The other half of a settlement across two databases: payments repeats the call with the same id
//! until it has the answer.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use quittance_db::{Answer, Command, DbError, OneOp, OneResult, Tx, run_one};
use quittance_kernel::{AllocationId, EventId, ItemId, RequestId, TenantId};

use crate::{
    App, Error,
    db::{
        self,
        ledger::{ItemView, NewEntry},
        settlement::RecordedSettlement,
    },
    domain::{Entry, OpenItem, Refusal, Settlement},
    outbox,
};

/// Settles items.
#[derive(Debug, Clone, Hash)]
pub(crate) struct SettleItems {
    pub(crate) request: RequestId,
    pub(crate) settlements: Vec<Settlement>,
}

impl Command for SettleItems {
    const NAME: &'static str = "SettleItems";

    fn request_id(&self) -> RequestId {
        self.request
    }
}

/// What became of one entry: the item after it and whether it is disputed, or why not.
pub(crate) type Settled = Result<(OpenItem, bool), Error>;

struct Op<A> {
    now: DateTime<Utc>,
    answer: fn(Vec<Settled>) -> A,
}

/// The entries of a batch, decided one after the other on the items as the ones before left them.
struct Ledger {
    items: HashMap<ItemId, ItemView>,
    recorded: HashMap<AllocationId, RecordedSettlement>,
    settled: Vec<Settlement>,
    touched: BTreeSet<ItemId>,
    entries: Vec<(ItemId, Entry)>,
    events: Vec<quittance_events::OutboxEvent>,
}

impl Ledger {
    fn settle(&mut self, settlement: &Settlement, now: DateTime<Utc>) -> Settled {
        let view = self.items.get_mut(&settlement.item).ok_or(Error::ItemNotFound(settlement.item))?;
        let refused = |refusal: Refusal| Error::refused(format!("allocation {}", settlement.allocation), refusal);
        let before = self.settled.iter().find(|s| s.allocation == settlement.allocation);
        let before = before.or(self.recorded.get(&settlement.allocation).map(|r| &r.settlement));
        if let Some(before) = before {
            settlement.repeats(before).map_err(refused)?;
            return Ok((view.item.clone(), view.disputed));
        }
        let (item, entries) = view.item.clone().settle(settlement).map_err(refused)?;
        self.events.push(outbox::item_settled(settlement, item.customer, item.open(), now));
        self.entries.extend(entries.into_iter().map(|entry| (item.id, entry)));
        self.settled.push(settlement.clone());
        self.touched.insert(item.id);
        view.item = item.clone();
        Ok((item, view.disputed))
    }
}

impl<A: Answer> OneOp for Op<A> {
    type Command = SettleItems;
    type Answer = A;
    type Error = Error;

    async fn run(&self, tx: &mut Tx, command: &SettleItems) -> OneResult<A, Error> {
        let ids: BTreeSet<ItemId> = command.settlements.iter().map(|s| s.item).collect();
        let items = db::ledger::lock_items(tx, &ids.into_iter().collect::<Vec<_>>()).await?;
        let allocations: Vec<AllocationId> = command.settlements.iter().map(|s| s.allocation).collect();
        let recorded = db::settlement::find_settlements(tx, &allocations).await?;
        let mut ledger =
            Ledger { items, recorded, settled: vec![], touched: BTreeSet::new(), entries: vec![], events: vec![] };
        let results = command.settlements.iter().map(|settlement| ledger.settle(settlement, self.now)).collect();
        save(tx, &ledger, self.now).await?;
        quittance_events::push(tx, ledger.events).await?;
        Ok(Ok((self.answer)(results)))
    }
}

async fn save(tx: &mut Tx, ledger: &Ledger, now: DateTime<Utc>) -> Result<(), DbError> {
    if ledger.settled.is_empty() {
        return Ok(());
    }
    let changed: Vec<&OpenItem> =
        ledger.touched.iter().filter_map(|id| ledger.items.get(id)).map(|view| &view.item).collect();
    db::ledger::update_items(tx, &changed).await?;
    db::settlement::insert_settlements(tx, &ledger.settled.iter().collect::<Vec<_>>(), now).await?;
    let entries = ledger.entries.iter().filter_map(|(id, entry)| {
        let customer = ledger.items.get(id)?.item.customer;
        Some(NewEntry { id: EventId::at(now).uuid(), item: *id, customer, entry: *entry })
    });
    db::ledger::insert_entries(tx, &entries.collect::<Vec<_>>(), now).await
}

/// Settles items.
#[tracing::instrument(name = "invoicing.settle_items", skip_all, fields(count = command.settlements.len()))]
pub(crate) async fn settle_items<A: Answer>(
    app: &App,
    tenant: TenantId,
    command: SettleItems,
    answer: fn(Vec<Settled>) -> A,
) -> Result<A, Error> {
    app.book(tenant).await?;
    let now = app.now();
    let result = run_one(app.db(), tenant, now, &Op { now, answer }, command).await;
    app.relay().wake();
    result
}
