//! Allocations of payments to items, and their states.

use chrono::NaiveDate;
use quittance_kernel::{Actor, AllocationId, CustomerId, ItemId, Money, PaymentId, PolicyId, RequestId, WriteOff};
use quittance_matching::MatchRule;

/// A share of a payment for one item, before it is allocated.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Share {
    /// The open item.
    pub item: ItemId,
    /// The item's customer.
    pub customer: CustomerId,
    /// The document's number.
    pub number: String,
    /// Money.
    pub amount: Money,
    /// Early-payment discount granted with it.
    pub discount: Option<Money>,
    /// A small difference within tolerance.
    pub write_off: Option<WriteOff>,
    /// The effective date; see [`counts_on`].
    pub effective_on: NaiveDate,
}

/// The effective date of money received on one day for an item issued on another: the later of the two.
pub(crate) fn counts_on(received_on: NaiveDate, issued_on: NaiveDate) -> NaiveDate {
    received_on.max(issued_on)
}

/// The allocation of a part of a payment to one item. [`super::payment::Payment`] has its transitions, because each of them also
/// moves money of the payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Allocation {
    /// Its id, which makes its settlement in invoicing idempotent.
    pub id: AllocationId,
    /// The request to invoicing that settles it.
    pub batch: RequestId,
    /// The payment.
    pub payment: PaymentId,
    /// The open item.
    pub item: ItemId,
    /// The item's customer.
    pub customer: CustomerId,
    /// The document's number.
    pub number: String,
    /// Money. Positive.
    pub amount: Money,
    /// Early-payment discount granted with it; positive if present.
    pub discount: Option<Money>,
    /// A small difference within tolerance.
    pub write_off: Option<WriteOff>,
    /// The effective date.
    pub effective_on: NaiveDate,
    /// Its state.
    pub state: AllocationState,
    /// The rule that found it.
    pub rule: MatchRule,
    /// Who applied it manually, or reverses it; `None` for matching.
    pub decided_by: Option<Actor>,
    /// The tolerance policy in force when it was decided; `None` if none was.
    pub tolerance_policy: Option<PolicyId>,
}

/// The state of an allocation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum AllocationState {
    /// Decided here; invoicing has not responded yet.
    Pending,
    /// Agreed by invoicing.
    Applied,
    /// Refused by invoicing; the money is unapplied.
    Rejected {
        /// Invoicing's reason.
        reason: String,
    },
    /// Being reversed; invoicing has not responded yet, so the money is still applied.
    Reversing {
        /// The request to invoicing that reverses it.
        batch: RequestId,
        /// The effective date of the reversal.
        effective_on: NaiveDate,
        /// The reason, for the record.
        reason: String,
    },
    /// Reversed; the money is unapplied.
    Reversed {
        /// The effective date of the reversal.
        effective_on: NaiveDate,
        /// The reason, for the record.
        reason: String,
    },
}

impl AllocationState {
    /// The name in storage.
    pub(crate) const fn label(&self) -> &'static str {
        match self {
            AllocationState::Pending => "pending",
            AllocationState::Applied => "applied",
            AllocationState::Rejected { .. } => "rejected",
            AllocationState::Reversing { .. } => "reversing",
            AllocationState::Reversed { .. } => "reversed",
        }
    }

    /// The state with this label and its stored data; `None` if the label is unknown or its data is missing.
    pub(crate) fn parse(
        label: &str,
        batch: Option<RequestId>,
        effective_on: Option<NaiveDate>,
        reason: Option<String>,
    ) -> Option<AllocationState> {
        match label {
            "pending" => Some(AllocationState::Pending),
            "applied" => Some(AllocationState::Applied),
            "rejected" => Some(AllocationState::Rejected { reason: reason? }),
            "reversing" => {
                Some(AllocationState::Reversing { batch: batch?, effective_on: effective_on?, reason: reason? })
            }
            "reversed" => Some(AllocationState::Reversed { effective_on: effective_on?, reason: reason? }),
            _ => None,
        }
    }

    /// The request that reverses the allocation, if one is in progress.
    pub(crate) const fn reversal_batch(&self) -> Option<RequestId> {
        match self {
            AllocationState::Reversing { batch, .. } => Some(*batch),
            AllocationState::Pending
            | AllocationState::Applied
            | AllocationState::Rejected { .. }
            | AllocationState::Reversed { .. } => None,
        }
    }

    /// The effective date of the reversal, if decided.
    pub(crate) const fn reversed_on(&self) -> Option<NaiveDate> {
        match self {
            AllocationState::Reversing { effective_on, .. } | AllocationState::Reversed { effective_on, .. } => {
                Some(*effective_on)
            }
            AllocationState::Pending | AllocationState::Applied | AllocationState::Rejected { .. } => None,
        }
    }

    /// The reason of its refusal or reversal.
    pub(crate) fn reason(&self) -> Option<&str> {
        match self {
            AllocationState::Rejected { reason }
            | AllocationState::Reversing { reason, .. }
            | AllocationState::Reversed { reason, .. } => Some(reason),
            AllocationState::Pending | AllocationState::Applied => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use quittance_kernel::parse_date;

    use super::*;

    #[test]
    fn states_round_trip_through_their_parts() {
        let batch = RequestId::at(DateTime::UNIX_EPOCH);
        let effective_on = parse_date("2026-03-02").unwrap();
        let reason = "SETTLEMENT_EXCEEDS_OPEN".to_owned();
        for state in [
            AllocationState::Pending,
            AllocationState::Applied,
            AllocationState::Rejected { reason: reason.clone() },
            AllocationState::Reversing { batch, effective_on, reason: reason.clone() },
            AllocationState::Reversed { effective_on, reason },
        ] {
            let reason = state.reason().map(str::to_owned);
            let read = AllocationState::parse(state.label(), state.reversal_batch(), state.reversed_on(), reason);
            assert_eq!(read, Some(state));
        }
    }

    #[test]
    fn missing_data_is_no_state() {
        for label in ["rejected", "reversing", "reversed", "unknown"] {
            assert_eq!(AllocationState::parse(label, None, None, None), None, "{label}");
        }
    }

    #[test]
    fn nothing_is_paid_before_it_is_owed() {
        let (early, late) = (parse_date("2026-03-02").unwrap(), parse_date("2026-03-05").unwrap());
        assert_eq!(counts_on(early, late), late);
        assert_eq!(counts_on(late, early), late);
    }
}
