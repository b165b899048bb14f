//! Refusals of payments.

use chrono::NaiveDate;
use quittance_kernel::{AllocationId, Money, MoneyError};

/// Why a change of a payment is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The value date is in the future.
    #[error("received on {received_on}, which is after today, {today}")]
    ReceivedInFuture {
        /// The date given.
        received_on: NaiveDate,
        /// The day in the tenant's time zone.
        today: NaiveDate,
    },
    /// An amount is zero or negative.
    #[error("an amount must be greater than zero")]
    AmountNotPositive,
    /// The amount exceeds the unapplied money.
    #[error("{amount} is more than the {unapplied} that is left unapplied")]
    ExceedsUnapplied {
        /// The requested amount.
        amount: Money,
        /// The unapplied amount.
        unapplied: Money,
    },
    /// The write-off is not a small difference.
    #[error("a write-off of {write_off} is zero, or not smaller than the {amount} that is applied")]
    WriteOffTooLarge {
        /// The write-off.
        write_off: Money,
        /// The applied amount.
        amount: Money,
    },
    /// The effective date is before the value date.
    #[error("effective on {effective_on}, before the money was received on {received_on}")]
    AppliedBeforeReceived {
        /// The date given.
        effective_on: NaiveDate,
        /// The value date.
        received_on: NaiveDate,
    },
    /// The effective date is in the future.
    #[error("effective on {effective_on}, which is after today, {today}")]
    EffectiveInFuture {
        /// The date given.
        effective_on: NaiveDate,
        /// The day in the tenant's time zone.
        today: NaiveDate,
    },
    /// Nothing of the payment is applied.
    #[error("nothing of the payment is applied")]
    NothingApplied,
    /// The reversal is before the effective date of the allocation.
    #[error("reversed on {effective_on}, before its effective date {applied_on}")]
    ReversedBeforeApplied {
        /// The date given.
        effective_on: NaiveDate,
        /// The effective date of the allocation.
        applied_on: NaiveDate,
    },
    /// The allocation belongs to another payment.
    #[error("allocation {0} is not one of this payment")]
    AllocationNotFound(AllocationId),
    /// The allocation is not pending.
    #[error("allocation {allocation} is {state}, not pending")]
    AllocationNotPending {
        /// The allocation.
        allocation: AllocationId,
        /// Its state.
        state: &'static str,
    },
    /// The allocation is not applied, so it cannot be reversed.
    #[error("allocation {allocation} is {state}, not applied")]
    AllocationNotApplied {
        /// The allocation.
        allocation: AllocationId,
        /// Its state.
        state: &'static str,
    },
    /// The allocation is not being reversed.
    #[error("allocation {allocation} is {state}, not being reversed")]
    AllocationNotReversing {
        /// The allocation.
        allocation: AllocationId,
        /// Its state.
        state: &'static str,
    },
    /// Amounts cannot be combined, mostly because the currencies differ.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// The payment's amounts do not include the allocation: the stored data violates invariant 2.
    #[error("the payment's amounts do not include {0}")]
    Unbalanced(Money),
}

impl Refusal {
    /// The machine-readable reason.
    pub fn reason(&self) -> &'static str {
        match self {
            Refusal::ReceivedInFuture { .. } => "RECEIVED_IN_FUTURE",
            Refusal::AmountNotPositive => "AMOUNT_NOT_POSITIVE",
            Refusal::ExceedsUnapplied { .. } => "EXCEEDS_UNAPPLIED",
            Refusal::WriteOffTooLarge { .. } => "WRITE_OFF_TOO_LARGE",
            Refusal::AppliedBeforeReceived { .. } => "APPLIED_BEFORE_RECEIVED",
            Refusal::EffectiveInFuture { .. } => "EFFECTIVE_IN_FUTURE",
            Refusal::NothingApplied => "NOTHING_APPLIED",
            Refusal::ReversedBeforeApplied { .. } => "REVERSED_BEFORE_APPLIED",
            Refusal::AllocationNotFound(_) => "ALLOCATION_NOT_FOUND",
            Refusal::AllocationNotPending { .. } => "ALLOCATION_NOT_PENDING",
            Refusal::AllocationNotApplied { .. } => "ALLOCATION_NOT_APPLIED",
            Refusal::AllocationNotReversing { .. } => "ALLOCATION_NOT_REVERSING",
            Refusal::Money(error) => error.reason(),
            Refusal::Unbalanced(_) => "PAYMENT_UNBALANCED",
        }
    }
}
