//! Collections' events: disputes.

use quittance_db::Tx;
use quittance_events::{Handler, HandlerError, Message};
use quittance_kernel::{DisputeId, ItemId};
use quittance_proto::collections::v1::{self as pb, collections_event::Payload};

use super::{date, uuid};
use crate::db::dispute::{self, DisputeChange};

/// Applies collections' events.
#[derive(Debug)]
pub(crate) struct CollectionsHandler;

impl Handler for CollectionsHandler {
    type Event = pb::CollectionsEvent;

    fn knows(&self, event: &pb::CollectionsEvent) -> bool {
        event.payload.is_some()
    }

    async fn apply(&self, tx: &mut Tx, run: Vec<Message<pb::CollectionsEvent>>) -> Result<(), HandlerError> {
        for message in run {
            let published = match message.event.payload {
                Some(Payload::DisputeOpened(opened)) => opened.dispute,
                Some(Payload::DisputeResolved(resolved)) => resolved.dispute,
                Some(
                    Payload::ReminderRecorded(_)
                    | Payload::StrategyCreated(_)
                    | Payload::StrategyUpdated(_)
                    | Payload::StrategyDeleted(_)
                    | Payload::RunStarted(_)
                    | Payload::RunEnded(_),
                )
                | None => {
                    continue;
                }
            };
            let published = published.unwrap_or_default();
            let change = DisputeChange {
                id: uuid(&published.dispute_id, DisputeId::parse, DisputeId::uuid)?,
                item_id: uuid(&published.item_id, ItemId::parse, ItemId::uuid)?,
                opened_on: date(&published.opened_on)?,
                resolved_on: if published.resolved_on.is_empty() { None } else { Some(date(&published.resolved_on)?) },
                known_at: message.known_at,
            };
            dispute::change(tx, &change).await?;
        }
        Ok(())
    }
}
