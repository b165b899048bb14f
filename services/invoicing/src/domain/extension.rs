//! Extensions of due dates: dated changes of when an item is due. What was due before, and until when it was, stays known.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_kernel::{Actor, CustomerId, ExtensionId, ItemId, Money, RequestId};

use super::entry::Recording;
use super::open_item::OpenItem;
use super::refusal::Refusal;

/// An extension of an item's due date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Extension {
    /// Its id.
    pub id: ExtensionId,
    /// The item.
    pub item: ItemId,
    /// The debtor.
    pub customer: CustomerId,
    /// The due date before.
    pub previous_due_on: NaiveDate,
    /// The due date from then on.
    pub due_on: NaiveDate,
    /// The day from which the new due date counts: before, the one before does.
    pub effective_on: NaiveDate,
    /// What was open of the item. Positive.
    pub open: Money,
    /// Why.
    pub reason: String,
    /// Who extended it.
    pub actor: Actor,
    /// The request of the call; `None` for a job.
    pub request: Option<RequestId>,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
}

/// How a due date is to be extended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExtensionRequest {
    /// The id of the extension.
    pub id: ExtensionId,
    /// The new due date.
    pub due_on: NaiveDate,
    /// The day from which it counts.
    pub effective_on: NaiveDate,
}

impl Extension {
    /// Extends the due date of an item on which something is open. `latest_on` is the effective date of its latest extension. The reason is the recording's.
    ///
    /// # Errors
    /// `NothingOpen`, `DueDateNotLater`, `EffectiveInFuture`, `PeriodClosed`, `ExtendedTooEarly`.
    pub(crate) fn extend(
        item: OpenItem,
        latest_on: Option<NaiveDate>,
        request: ExtensionRequest,
        recording: &Recording,
    ) -> Result<(Extension, OpenItem), Refusal> {
        let ExtensionRequest { id, due_on, effective_on } = request;
        if item.open().is_zero() {
            return Err(Refusal::NothingOpen);
        }
        if due_on <= item.due_on {
            return Err(Refusal::DueDateNotLater { due_on: item.due_on });
        }
        recording.open_days.check_entry(effective_on)?;
        recording.open_days.check_open(effective_on)?;
        let earliest = latest_on.unwrap_or(item.issued_on);
        if effective_on < earliest {
            return Err(Refusal::ExtendedTooEarly { earliest });
        }
        let extension = Extension {
            id,
            item: item.id,
            customer: item.customer,
            previous_due_on: item.due_on,
            due_on,
            effective_on,
            open: item.open(),
            reason: recording.reason.clone(),
            actor: recording.actor.clone(),
            request: recording.request,
            recorded_at: recording.at,
        };
        Ok((extension, OpenItem { due_on, updated_at: recording.at, ..item }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples::{because, day, now, open_item};

    fn extend(item: &OpenItem, latest: Option<&str>, due: &str, on: &str) -> Result<(Extension, OpenItem), Refusal> {
        let request = ExtensionRequest { id: ExtensionId::at(now()), due_on: day(due), effective_on: day(on) };
        Extension::extend(item.clone(), latest.map(day), request, &because("Agreed by telephone"))
    }

    #[test]
    fn a_due_date_only_moves_on_and_in_the_order_of_its_changes() {
        let item = open_item("100.00", "net 30", "2026-03-02");
        let (first, extended) = extend(&item, None, "2026-05-31", "2026-03-20").unwrap();
        assert_eq!(
            (first.previous_due_on, first.due_on, extended.due_on),
            (item.due_on, day("2026-05-31"), day("2026-05-31"))
        );
        assert_eq!((first.reason.as_str(), first.open), ("Agreed by telephone", item.open()));
        let reason = |result: Result<_, Refusal>| result.unwrap_err().reason();
        assert_eq!(reason(extend(&extended, Some("2026-03-20"), "2026-05-31", "2026-03-21")), "DUE_DATE_NOT_LATER");
        assert_eq!(reason(extend(&extended, Some("2026-03-20"), "2026-06-30", "2026-03-19")), "EXTENDED_TOO_EARLY");
        assert_eq!(reason(extend(&item, None, "2026-05-31", "2026-03-01")), "EXTENDED_TOO_EARLY");
        assert_eq!(reason(extend(&item, None, "2026-05-31", "2027-01-01")), "EFFECTIVE_IN_FUTURE");
        assert!(extend(&extended, Some("2026-03-20"), "2026-06-30", "2026-03-20").is_ok(), "twice on one day");
    }
}
