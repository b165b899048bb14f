//! Collections' events: disputes.

use quittance_db::Tx;
use quittance_events::{Handler, HandlerError, Message};
use quittance_kernel::{DisputeId, ItemId};
use quittance_proto::collections::v1::{self as pb, collections_event::Payload};

use super::{date, uuid};
use crate::db::apply;

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
            let dispute = match message.event.payload {
                Some(Payload::DisputeOpened(opened)) => opened.dispute,
                Some(Payload::DisputeResolved(resolved)) => resolved.dispute,
                Some(
                    Payload::ReminderRecorded(_)
                    | Payload::StrategyCreated(_)
                    | Payload::StrategyUpdated(_)
                    | Payload::StrategyDeleted(_),
                )
                | None => {
                    continue;
                }
            };
            let dispute = dispute.unwrap_or_default();
            let id = uuid(&dispute.dispute_id, DisputeId::parse, DisputeId::uuid)?;
            let item = uuid(&dispute.item_id, ItemId::parse, ItemId::uuid)?;
            let resolved_on = if dispute.resolved_on.is_empty() { None } else { Some(date(&dispute.resolved_on)?) };
            apply::dispute(tx, id, item, date(&dispute.opened_on)?, resolved_on).await?;
        }
        Ok(())
    }
}
