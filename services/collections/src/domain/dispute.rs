//! Disputes of customers. An item has at most one open dispute.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_kernel::{CustomerId, DisputeId, ItemId};

/// The reason of a dispute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum DisputeReason {
    /// Not given.
    Unspecified,
    /// Price.
    Pricing,
    /// Quantity or short shipment.
    Quantity,
    /// Damaged, quality, or service.
    Quality,
    /// Not received.
    NotReceived,
    /// Billed twice.
    Duplicate,
    /// Tax.
    Tax,
    /// Missing purchase order or proof of delivery.
    Paperwork,
    /// Another reason: see the note.
    Other,
}

impl DisputeReason {
    /// Every reason.
    pub(crate) const ALL: [DisputeReason; 9] = [
        DisputeReason::Unspecified,
        DisputeReason::Pricing,
        DisputeReason::Quantity,
        DisputeReason::Quality,
        DisputeReason::NotReceived,
        DisputeReason::Duplicate,
        DisputeReason::Tax,
        DisputeReason::Paperwork,
        DisputeReason::Other,
    ];

    /// The name in storage.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            DisputeReason::Unspecified => "not_said",
            DisputeReason::Pricing => "pricing",
            DisputeReason::Quantity => "quantity",
            DisputeReason::Quality => "quality",
            DisputeReason::NotReceived => "not_received",
            DisputeReason::Duplicate => "duplicate",
            DisputeReason::Tax => "tax",
            DisputeReason::Paperwork => "paperwork",
            DisputeReason::Other => "other",
        }
    }

    /// The reason with this label, if there is one.
    pub(crate) fn parse(label: &str) -> Option<DisputeReason> {
        DisputeReason::ALL.into_iter().find(|reason| reason.label() == label)
    }
}

/// The outcome of a dispute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum DisputeOutcome {
    /// Rejected: the customer owes it.
    Rejected,
    /// Accepted, in full or in part.
    Accepted,
    /// Paid.
    Paid,
}

impl DisputeOutcome {
    /// Every outcome.
    pub(crate) const ALL: [DisputeOutcome; 3] =
        [DisputeOutcome::Rejected, DisputeOutcome::Accepted, DisputeOutcome::Paid];

    /// The name in storage.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            DisputeOutcome::Rejected => "rejected",
            DisputeOutcome::Accepted => "accepted",
            DisputeOutcome::Paid => "paid",
        }
    }

    /// The outcome with this label, if there is one.
    pub(crate) fn parse(label: &str) -> Option<DisputeOutcome> {
        DisputeOutcome::ALL.into_iter().find(|outcome| outcome.label() == label)
    }
}

/// A dispute to open.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct NewDispute {
    /// The open item.
    pub item: ItemId,
    /// The reason.
    pub reason: DisputeReason,
    /// The customer's statement; may be empty.
    pub note: String,
    /// The first day on which the item is disputed; `None` for today.
    pub opened_on: Option<NaiveDate>,
}

/// A dispute over one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dispute {
    /// The dispute's id.
    pub id: DisputeId,
    /// The open item.
    pub item: ItemId,
    /// The customer who owes the item.
    pub customer: CustomerId,
    /// The reason.
    pub reason: DisputeReason,
    /// The customer's statement; may be empty.
    pub note: String,
    /// The first day on which the item is disputed.
    pub opened_on: NaiveDate,
    /// Its state.
    pub state: State,
    /// The recorded time.
    pub recorded_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
}

/// The state of a dispute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum State {
    /// Open: the item is not reminded.
    Open,
    /// Resolved: the item is reminded again.
    Resolved {
        /// The first day on which the item is not disputed any more.
        resolved_on: NaiveDate,
        /// The outcome.
        outcome: DisputeOutcome,
    },
}

impl State {
    /// The name in storage.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Resolved { .. } => "resolved",
        }
    }

    /// The state with this label and its stored data; `None` if the label is unknown or its data is missing.
    pub(crate) fn parse(label: &str, resolved_on: Option<NaiveDate>, outcome: Option<DisputeOutcome>) -> Option<State> {
        match label {
            "open" => Some(State::Open),
            "resolved" => Some(State::Resolved { resolved_on: resolved_on?, outcome: outcome? }),
            _ => None,
        }
    }

    /// The first day on which the item is not disputed any more.
    pub(crate) const fn resolved_on(self) -> Option<NaiveDate> {
        match self {
            State::Open => None,
            State::Resolved { resolved_on, .. } => Some(resolved_on),
        }
    }

    /// The outcome.
    pub(crate) const fn outcome(self) -> Option<DisputeOutcome> {
        match self {
            State::Open => None,
            State::Resolved { outcome, .. } => Some(outcome),
        }
    }
}

/// Why opening or resolving a dispute is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The item already has an open dispute.
    #[error("dispute {0} over the item is open")]
    DisputeOpen(DisputeId),
    /// The dispute is already resolved.
    #[error("the dispute was resolved on {resolved_on}")]
    DisputeResolved {
        /// The first day on which the item is not disputed any more.
        resolved_on: NaiveDate,
    },
    /// The dispute would end before it was opened.
    #[error("resolved on {resolved_on}, before it was opened on {opened_on}")]
    ResolvedBeforeOpened {
        /// The date given.
        resolved_on: NaiveDate,
        /// The date on which it was opened.
        opened_on: NaiveDate,
    },
    /// A date is after today.
    #[error("{date} is after today, {today}")]
    DateInFuture {
        /// The date given.
        date: NaiveDate,
        /// The day in the tenant's time zone.
        today: NaiveDate,
    },
}

impl Refusal {
    /// The machine-readable reason.
    pub fn reason(&self) -> &'static str {
        match self {
            Refusal::DisputeOpen(_) => "DISPUTE_OPEN",
            Refusal::DisputeResolved { .. } => "DISPUTE_RESOLVED",
            Refusal::ResolvedBeforeOpened { .. } => "RESOLVED_BEFORE_OPENED",
            Refusal::DateInFuture { .. } => "DATE_IN_FUTURE",
        }
    }
}

impl Dispute {
    /// Opens a dispute. `customer` is the item's, `open` its open dispute if it has one, `today` the day in the tenant's
    /// time zone.
    ///
    /// # Errors
    /// `DisputeOpen` and `DateInFuture`.
    pub(crate) fn open(
        id: DisputeId,
        new: NewDispute,
        customer: CustomerId,
        open: Option<DisputeId>,
        today: NaiveDate,
        now: DateTime<Utc>,
    ) -> Result<Dispute, Refusal> {
        let NewDispute { item, reason, note, opened_on } = new;
        if let Some(open) = open {
            return Err(Refusal::DisputeOpen(open));
        }
        let opened_on = not_in_future(opened_on.unwrap_or(today), today)?;
        Ok(Dispute {
            id,
            item,
            customer,
            reason,
            note,
            opened_on,
            state: State::Open,
            recorded_at: now,
            updated_at: now,
        })
    }

    /// Ends the dispute; `None` for `resolved_on` means today.
    ///
    /// # Errors
    /// `DisputeResolved`, `DateInFuture` and `ResolvedBeforeOpened`.
    pub(crate) fn resolve(
        self,
        outcome: DisputeOutcome,
        resolved_on: Option<NaiveDate>,
        today: NaiveDate,
    ) -> Result<Dispute, Refusal> {
        match self.state {
            State::Resolved { resolved_on, .. } => Err(Refusal::DisputeResolved { resolved_on }),
            State::Open => {
                let resolved_on = not_in_future(resolved_on.unwrap_or(today), today)?;
                if resolved_on < self.opened_on {
                    return Err(Refusal::ResolvedBeforeOpened { resolved_on, opened_on: self.opened_on });
                }
                Ok(Dispute { state: State::Resolved { resolved_on, outcome }, ..self })
            }
        }
    }
}

fn not_in_future(date: NaiveDate, today: NaiveDate) -> Result<NaiveDate, Refusal> {
    if date > today { Err(Refusal::DateInFuture { date, today }) } else { Ok(date) }
}

#[cfg(test)]
mod tests {
    use quittance_kernel::parse_date;

    use super::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn day(text: &str) -> NaiveDate {
        parse_date(text).unwrap()
    }

    fn open(opened_on: Option<&str>, other: Option<DisputeId>) -> Result<Dispute, Refusal> {
        let opened_on = opened_on.map(day);
        let new = NewDispute { item: ItemId::at(NOW), reason: DisputeReason::Pricing, note: String::new(), opened_on };
        Dispute::open(DisputeId::at(NOW), new, CustomerId::at(NOW), other, day("2026-03-10"), NOW)
    }

    fn resolve(dispute: Dispute, resolved_on: Option<&str>) -> Result<Dispute, Refusal> {
        dispute.resolve(DisputeOutcome::Rejected, resolved_on.map(day), day("2026-03-20"))
    }

    #[test]
    fn a_dispute_is_resolved_on_the_day_named_or_today() {
        let dispute = open(None, None).unwrap();
        assert_eq!((dispute.opened_on, dispute.state), (day("2026-03-10"), State::Open));
        let resolved = resolve(dispute, None).unwrap();
        assert_eq!(resolved.state.resolved_on(), Some(day("2026-03-20")));
        let same_day = resolve(open(None, None).unwrap(), Some("2026-03-10")).unwrap();
        assert_eq!(same_day.state.resolved_on(), Some(day("2026-03-10")));
    }

    #[test]
    fn refusals_have_their_reasons() {
        let reason = |result: Result<Dispute, Refusal>| result.unwrap_err().reason();
        assert_eq!(reason(open(None, Some(DisputeId::at(NOW)))), "DISPUTE_OPEN");
        assert_eq!(reason(open(Some("2026-03-11"), None)), "DATE_IN_FUTURE");
        let dispute = open(Some("2026-03-05"), None).unwrap();
        assert_eq!(reason(resolve(dispute.clone(), Some("2026-03-21"))), "DATE_IN_FUTURE");
        assert_eq!(reason(resolve(dispute.clone(), Some("2026-03-04"))), "RESOLVED_BEFORE_OPENED");
        let resolved = resolve(dispute, None).unwrap();
        assert_eq!(reason(resolve(resolved, None)), "DISPUTE_RESOLVED");
    }

    #[test]
    fn labels_round_trip() {
        for reason in DisputeReason::ALL {
            assert_eq!(DisputeReason::parse(reason.label()), Some(reason));
        }
        for outcome in DisputeOutcome::ALL {
            assert_eq!(DisputeOutcome::parse(outcome.label()), Some(outcome));
            for state in [State::Open, State::Resolved { resolved_on: day("2026-03-10"), outcome }] {
                assert_eq!(State::parse(state.label(), state.resolved_on(), state.outcome()), Some(state));
            }
        }
        assert_eq!(State::parse("resolved", None, None), None);
    }
}
