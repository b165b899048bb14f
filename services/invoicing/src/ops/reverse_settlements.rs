//! `ReverseSettlements`: takes settlements back as entries of their own.

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{Answer, Command, DbError, OneOp, OneResult, Tx, run_one};
use quittance_kernel::{AllocationId, EventId, ItemId, RequestId, TenantId};

use super::Settled;
use crate::{
    App, Error,
    db::{self, ledger::NewEntry},
    domain::{OpenItem, Refusal},
    outbox,
};

/// Takes one settlement back.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Reversal {
    pub(crate) allocation: AllocationId,
    pub(crate) effective_on: NaiveDate,
    pub(crate) reason: String,
}

/// Takes settlements back.
#[derive(Debug, Clone, Hash)]
pub(crate) struct ReverseSettlements {
    pub(crate) request: RequestId,
    pub(crate) reversals: Vec<Reversal>,
}

impl Command for ReverseSettlements {
    const NAME: &'static str = "ReverseSettlements";

    fn request_id(&self) -> RequestId {
        self.request
    }
}

struct Op<A> {
    now: DateTime<Utc>,
    answer: fn(Vec<Settled>) -> A,
}

impl<A: Answer> Op<A> {
    async fn reverse(&self, tx: &mut Tx, command: &ReverseSettlements) -> Result<Vec<Settled>, DbError> {
        let now = self.now;
        let allocations: Vec<AllocationId> = command.reversals.iter().map(|r| r.allocation).collect();
        let known = db::settlement::find_settlements(tx, &allocations).await?;
        let ids: BTreeSet<ItemId> = known.values().map(|r| r.settlement.item).collect();
        let mut items = db::ledger::lock_items(tx, &ids.into_iter().collect::<Vec<_>>()).await?;
        // Read again under the items' locks: another transaction may have reversed some of them meanwhile.
        let known = db::settlement::find_settlements(tx, &allocations).await?;
        let mut done: HashSet<AllocationId> =
            known.values().filter(|r| r.reversed_on.is_some()).map(|r| r.settlement.allocation).collect();
        let (mut reversals, mut entries, mut events, mut touched) = (vec![], vec![], vec![], BTreeSet::new());
        let mut results = Vec::with_capacity(command.reversals.len());
        for reversal in &command.reversals {
            let refused = |refusal| Error::refused(format!("allocation {}", reversal.allocation), refusal);
            let Some(recorded) = known.get(&reversal.allocation) else {
                results.push(Err(refused(Refusal::SettlementNotFound)));
                continue;
            };
            let settlement = &recorded.settlement;
            let Some(view) = items.get_mut(&settlement.item) else {
                results.push(Err(Error::ItemNotFound(settlement.item)));
                continue;
            };
            if done.contains(&reversal.allocation) {
                results.push(Ok((view.item.clone(), view.disputed)));
                continue;
            }
            results.push(view.item.clone().reverse(settlement, reversal.effective_on).map_err(refused).map(
                |(item, moved)| {
                    events.push(outbox::settlement_reversed(
                        settlement,
                        &item,
                        reversal.effective_on,
                        &reversal.reason,
                        now,
                    ));
                    entries.extend(moved.into_iter().map(|entry| NewEntry {
                        id: EventId::at(now).uuid(),
                        item: item.id,
                        customer: item.customer,
                        entry,
                    }));
                    reversals.push((reversal.allocation, reversal.effective_on, reversal.reason.as_str()));
                    touched.insert(item.id);
                    done.insert(reversal.allocation);
                    view.item = item.clone();
                    (item, view.disputed)
                },
            ));
        }
        if !reversals.is_empty() {
            let changed: Vec<&OpenItem> =
                touched.iter().filter_map(|id| items.get(id)).map(|view| &view.item).collect();
            db::ledger::update_items(tx, &changed).await?;
            db::settlement::insert_reversals(tx, &reversals, now).await?;
            db::ledger::insert_entries(tx, &entries, now).await?;
            quittance_events::push(tx, events).await?;
        }
        Ok(results)
    }
}

impl<A: Answer> OneOp for Op<A> {
    type Command = ReverseSettlements;
    type Answer = A;
    type Error = Error;

    async fn run(&self, tx: &mut Tx, command: &ReverseSettlements) -> OneResult<A, Error> {
        let results = self.reverse(tx, command).await?;
        Ok(Ok((self.answer)(results)))
    }
}

/// Takes settlements back.
#[tracing::instrument(name = "invoicing.reverse_settlements", skip_all, fields(count = command.reversals.len()))]
pub(crate) async fn reverse_settlements<A: Answer>(
    app: &App,
    tenant: TenantId,
    command: ReverseSettlements,
    answer: fn(Vec<Settled>) -> A,
) -> Result<A, Error> {
    app.book(tenant).await?;
    let now = app.now();
    let result = run_one(app.db(), tenant, now, &Op { now, answer }, command).await;
    app.relay().wake();
    result
}
