//! Lists of runs and of their items.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{Column, DbError, List, Place, Range, Tx, Window, row::known};
use quittance_kernel::RunId;
use uuid::Uuid;

use super::TABLE;
use crate::run::{End, Item, ItemResult, State};

/// The filters of a list of runs.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only in this state.
    pub state: Option<State>,
    /// Only of this method.
    pub method: Option<String>,
    /// Only for these dates.
    pub as_of: Range<NaiveDate>,
    /// Only those started in this time.
    pub created_at: Range<DateTime<Utc>>,
}

/// The orders of a list of runs.
pub const ORDERS: [(&str, Column); 1] = [("create_time", Column::Time("created_at"))];

/// The statement for the places of the runs of a page.
pub fn places(tx: &Tx, filter: Filter, window: Window) -> List {
    let mut list = List::new(tx, TABLE, ["tenant_id", "id"], window);
    match filter.state {
        None => {}
        Some(State::Running) => list.only("state = 'running'"),
        Some(State::Finished) => list.only("state = 'finished'"),
        Some(State::Cancelled) => list.only("state = 'cancelled'"),
    }
    list.compare("method = ", filter.method);
    list.within(["as_of >= ", "as_of <= "], filter.as_of);
    list.within(["created_at >= ", "created_at < "], filter.created_at);
    list
}

/// The state of items, as they are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemState {
    /// Not done yet, or never where the run was cancelled.
    Pending,
    /// Done.
    Done,
    /// Nothing was left to do.
    Skipped,
    /// Could not be done.
    Failed,
}

/// The only order of a list of items.
pub const ITEM_ORDERS: [(&str, Column); 1] = [("subject", Column::Id)];

/// The statement for the places of the items of a page, in the order of their subjects' ids.
pub fn item_places(tx: &Tx, run: RunId, state: Option<ItemState>, window: Window) -> List {
    let mut list = List::new(tx, "run_item", ["tenant_id", "subject_id"], window);
    list.compare("run_id = ", Some(run.uuid()));
    match state {
        None => {}
        Some(ItemState::Pending) => list.only("state = 'pending'"),
        Some(ItemState::Done) => list.only("state = 'done'"),
        Some(ItemState::Skipped) => list.only("state = 'skipped'"),
        Some(ItemState::Failed) => list.only("state = 'failed'"),
    }
    list
}

/// The items of these resources.
pub(crate) async fn find_items(tx: &mut Tx, run: RunId, places: &[Place]) -> Result<Vec<Item>, DbError> {
    let subjects: Vec<Uuid> = places.iter().map(|place| place.id).collect();
    let rows = sqlx::query!(
        "select i.subject_id, i.state, i.reason, i.message, i.ended_at
         from unnest($3::uuid[]) with ordinality as requested (subject_id, place)
         join run_item i on i.tenant_id = $1 and i.run_id = $2 and i.subject_id = requested.subject_id
         order by requested.place",
        tx.tenant().uuid(),
        run.uuid(),
        &subjects,
    )
    .fetch_all(&mut **tx)
    .await?;
    let items = rows.into_iter().map(|row| {
        let result = match (row.state.as_str(), row.reason, row.message) {
            ("pending", None, None) => None,
            ("done", None, None) => Some(ItemResult::Done),
            ("skipped", None, None) => Some(ItemResult::Skipped),
            ("failed", Some(reason), Some(message)) => Some(ItemResult::Failed { reason, message }),
            _ => known("run_item", row.subject_id, "state", None)?,
        };
        let end = result.zip(row.ended_at).map(|(result, at)| End { result, at });
        Ok(Item { subject: row.subject_id, end })
    });
    items.collect()
}
