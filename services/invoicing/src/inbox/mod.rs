//! Consumers of other services' events: collections publishes which items are disputed.

use quittance_db::Tx;
use quittance_events::{Handler, HandlerError, Message};
use quittance_kernel::ItemId;
use quittance_proto::collections::v1::{self as pb, collections_event::Payload};

use crate::db;

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
            let (dispute, is_open) = match message.event.payload {
                Some(Payload::DisputeOpened(opened)) => (opened.dispute, true),
                Some(Payload::DisputeResolved(resolved)) => (resolved.dispute, false),
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
            let item = ItemId::parse(&dispute.unwrap_or_default().item_id)
                .map_err(|error| HandlerError::Rejected(error.to_string()))?;
            if !db::item::set_disputed(tx, item, is_open).await? {
                return Err(HandlerError::Rejected(format!("item {item} does not exist")));
            }
        }
        Ok(())
    }
}
