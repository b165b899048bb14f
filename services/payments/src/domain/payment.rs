//! A payment and where its money is. Every transition keeps amount = applied + pending + unapplied (invariant 2).

use std::cmp::Ordering;

use chrono::{DateTime, NaiveDate, Utc};
use quittance_kernel::{AllocationId, CustomerId, Money, MoneyError, PaymentId, RequestId};
use quittance_matching::{AdviceLine, MatchRule, UnappliedReason};

use super::allocation::{Allocation, AllocationState, Share};
use super::method::Method;
use super::outcome::{Finding, MatchOutcome};

/// Money that came in, as the caller states it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct NewPayment {
    /// Who paid, where the caller knows.
    pub customer: Option<CustomerId>,
    /// Positive.
    pub amount: Money,
    /// The day the money counts (value date); `None`: today.
    pub received_on: Option<NaiveDate>,
    /// How it came.
    pub method: Method,
    /// As the bank names the payer; empty where it does not.
    pub payer_name: String,
    /// IBAN or local account of the payer; empty where unknown.
    pub payer_account: String,
    /// Remittance information, as it came.
    pub text: String,
    /// The source's own id of the payment.
    pub external_reference: Option<String>,
    /// Documents that structured remittance information names.
    pub advice: Vec<AdviceLine>,
}

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Payment {
    /// Its id.
    pub id: PaymentId,
    /// Who paid, as the caller or matching knows.
    pub customer: Option<CustomerId>,
    /// How much came. Positive.
    pub amount: Money,
    /// The day the money counts.
    pub received_on: NaiveDate,
    /// How it came.
    pub method: Method,
    /// As the bank names the payer.
    pub payer_name: String,
    /// IBAN or local account of the payer.
    pub payer_account: String,
    /// Remittance information, as it came.
    pub text: String,
    /// The source's own id of the payment.
    pub external_reference: Option<String>,
    /// Documents that structured remittance information names.
    pub advice: Vec<AdviceLine>,
    /// Settled on items, agreed by invoicing. What is being reversed is still in here.
    pub applied: Money,
    /// Allocated, not yet agreed by invoicing.
    pub pending: Money,
    /// Left over.
    pub unapplied: Money,
    /// What matching found, and why something is left over.
    pub match_outcome: MatchOutcome,
    /// Grows by one with every transition, so it may grow by several in one transaction.
    pub version: u32,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
}

/// Why a change of a payment is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Money cannot have come tomorrow.
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
    /// More is requested than is left.
    #[error("{amount} is more than the {unapplied} that is left unapplied")]
    ExceedsUnapplied {
        /// What was requested.
        amount: Money,
        /// What is left.
        unapplied: Money,
    },
    /// A write-off is for small differences only.
    #[error("a write-off of {write_off} is zero, or not smaller than the {amount} that is applied")]
    WriteOffTooLarge {
        /// What is to be written off.
        write_off: Money,
        /// What is applied.
        amount: Money,
    },
    /// Money cannot pay before it came.
    #[error("it counts from {effective_on}, before the money came on {received_on}")]
    AppliedBeforeReceived {
        /// The date given.
        effective_on: NaiveDate,
        /// The day the money counts.
        received_on: NaiveDate,
    },
    /// An allocation cannot be reversed before its effective date.
    #[error("reversed on {effective_on}, before its effective date {applied_on}")]
    ReversedBeforeApplied {
        /// The date given.
        effective_on: NaiveDate,
        /// The day from which the allocation counts.
        applied_on: NaiveDate,
    },
    /// The allocation is another payment's.
    #[error("allocation {0} is not one of this payment")]
    AllocationNotFound(AllocationId),
    /// The allocation does not wait for invoicing's answer.
    #[error("allocation {allocation} is {state}, not pending")]
    AllocationNotPending {
        /// The allocation.
        allocation: AllocationId,
        /// Where it stands.
        state: &'static str,
    },
    /// The allocation is not agreed, so it cannot be reversed.
    #[error("allocation {allocation} is {state}, not applied")]
    AllocationNotApplied {
        /// The allocation.
        allocation: AllocationId,
        /// Where it stands.
        state: &'static str,
    },
    /// The allocation is not being reversed.
    #[error("allocation {allocation} is {state}, not being reversed")]
    AllocationNotReversing {
        /// The allocation.
        allocation: AllocationId,
        /// Where it stands.
        state: &'static str,
    },
    /// Amounts do not combine, most often because the currencies differ.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// The payment's amounts do not hold the allocation: what was stored breaks invariant 2.
    #[error("the payment's amounts do not hold {0}")]
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

impl Payment {
    /// A new payment, all of it unapplied.
    ///
    /// # Errors
    /// `AmountNotPositive` and `ReceivedInFuture`; `today` is the day in the tenant's time zone.
    pub(crate) fn record(
        id: PaymentId,
        new: NewPayment,
        today: NaiveDate,
        now: DateTime<Utc>,
    ) -> Result<Payment, Refusal> {
        let received_on = new.received_on.unwrap_or(today);
        if !new.amount.is_positive() {
            return Err(Refusal::AmountNotPositive);
        }
        if received_on > today {
            return Err(Refusal::ReceivedInFuture { received_on, today });
        }
        Ok(Payment {
            id,
            customer: new.customer,
            amount: new.amount,
            received_on,
            method: new.method,
            payer_name: new.payer_name,
            payer_account: new.payer_account,
            text: new.text,
            external_reference: new.external_reference,
            advice: new.advice,
            applied: Money::zero(new.amount.currency()),
            pending: Money::zero(new.amount.currency()),
            unapplied: new.amount,
            match_outcome: MatchOutcome::default(),
            version: 1,
            recorded_at: now,
        })
    }

    /// Takes over what matching found: allocates its shares, all in one batch, and keeps its reasons. `new_id` is called
    /// once for each share.
    ///
    /// # Errors
    /// As [`Payment::allocate`]; a proposal made for this payment breaks none of its rules.
    pub(crate) fn matched(
        mut self,
        finding: Finding,
        batch: RequestId,
        mut new_id: impl FnMut() -> AllocationId,
    ) -> Result<(Payment, Vec<Allocation>), Refusal> {
        let Finding { rule, evidence, shares, unapplied_reason, customer, alternatives: _ } = finding;
        self.customer = self.customer.or(customer);
        self.match_outcome = MatchOutcome { rule, evidence, unapplied_reason };
        let mut allocations = Vec::with_capacity(shares.len());
        for share in shares {
            let (payment, allocation) = self.allocate(new_id(), batch, share, rule.unwrap_or(MatchRule::Manual))?;
            self = payment;
            allocations.push(allocation);
        }
        Ok((self, allocations))
    }

    /// Sets money aside for one item until invoicing answers: unapplied becomes pending.
    ///
    /// # Errors
    /// `AmountNotPositive` (a discount of zero is none, a negative one is refused), `CURRENCY_MISMATCH` of `Money`,
    /// `ExceedsUnapplied` and `AppliedBeforeReceived`.
    pub(crate) fn allocate(
        self,
        id: AllocationId,
        batch: RequestId,
        share: Share,
        rule: MatchRule,
    ) -> Result<(Payment, Allocation), Refusal> {
        let Share { item, customer, number, amount, discount, write_off, effective_on } = share;
        let discount = discount.filter(|discount| !discount.is_zero());
        if !amount.is_positive() || discount.is_some_and(Money::is_negative) {
            return Err(Refusal::AmountNotPositive);
        }
        if let Some(discount) = discount {
            amount.compare(discount)?;
        }
        if let Some(write_off) = write_off {
            // Small: less than the money itself.
            let is_small = write_off.amount.abs().compare(amount)? == Ordering::Less;
            if write_off.amount.is_zero() || !is_small {
                return Err(Refusal::WriteOffTooLarge { write_off: write_off.amount, amount });
            }
        }
        if amount.compare(self.unapplied)? == Ordering::Greater {
            return Err(Refusal::ExceedsUnapplied { amount, unapplied: self.unapplied });
        }
        if effective_on < self.received_on {
            return Err(Refusal::AppliedBeforeReceived { effective_on, received_on: self.received_on });
        }
        let (unapplied, pending) = shift(amount, self.unapplied, self.pending)?;
        let state = AllocationState::Pending;
        let allocation = Allocation {
            id,
            batch,
            payment: self.id,
            item,
            customer,
            number,
            amount,
            discount,
            write_off,
            effective_on,
            state,
            rule,
        };
        let left = if unapplied.is_zero() { None } else { self.match_outcome.unapplied_reason };
        Ok((Payment { pending, unapplied, ..self }.next(left), allocation))
    }

    /// Invoicing agreed: pending becomes applied.
    ///
    /// # Errors
    /// `AllocationNotFound` and `AllocationNotPending`.
    pub(crate) fn confirm(self, allocation: Allocation) -> Result<(Payment, Allocation), Refusal> {
        self.expect_pending(&allocation)?;
        let (pending, applied) = shift(allocation.amount, self.pending, self.applied)?;
        let left = self.match_outcome.unapplied_reason;
        let allocation = Allocation { state: AllocationState::Applied, ..allocation };
        Ok((Payment { applied, pending, ..self }.next(left), allocation))
    }

    /// Invoicing refused, for this reason: pending becomes unapplied again.
    ///
    /// # Errors
    /// `AllocationNotFound` and `AllocationNotPending`.
    pub(crate) fn reject(self, allocation: Allocation, reason: String) -> Result<(Payment, Allocation), Refusal> {
        self.expect_pending(&allocation)?;
        let (pending, unapplied) = shift(allocation.amount, self.pending, self.unapplied)?;
        let allocation = Allocation { state: AllocationState::Rejected { reason }, ..allocation };
        let left = Some(UnappliedReason::RefusedByInvoicing);
        Ok((Payment { pending, unapplied, ..self }.next(left), allocation))
    }

    /// Decides to take an allocation back. Its money stays applied until invoicing has agreed.
    ///
    /// # Errors
    /// `AllocationNotFound`, `AllocationNotApplied` and `ReversedBeforeApplied`.
    pub(crate) fn start_reversal(
        self,
        allocation: Allocation,
        batch: RequestId,
        effective_on: NaiveDate,
        reason: String,
    ) -> Result<(Payment, Allocation), Refusal> {
        self.expect_own(&allocation)?;
        if allocation.state != AllocationState::Applied {
            let state = allocation.state.label();
            return Err(Refusal::AllocationNotApplied { allocation: allocation.id, state });
        }
        if effective_on < allocation.effective_on {
            return Err(Refusal::ReversedBeforeApplied { effective_on, applied_on: allocation.effective_on });
        }
        let left = self.match_outcome.unapplied_reason;
        let state = AllocationState::Reversing { batch, effective_on, reason };
        Ok((self.next(left), Allocation { state, ..allocation }))
    }

    /// Invoicing has taken the settlement back: applied becomes unapplied.
    ///
    /// # Errors
    /// `AllocationNotFound` and `AllocationNotReversing`.
    pub(crate) fn confirm_reversal(self, allocation: Allocation) -> Result<(Payment, Allocation), Refusal> {
        self.expect_own(&allocation)?;
        let AllocationState::Reversing { effective_on, reason, .. } = allocation.state else {
            let state = allocation.state.label();
            return Err(Refusal::AllocationNotReversing { allocation: allocation.id, state });
        };
        let (applied, unapplied) = shift(allocation.amount, self.applied, self.unapplied)?;
        let left = Some(UnappliedReason::UnappliedByHand);
        let state = AllocationState::Reversed { effective_on, reason };
        Ok((Payment { applied, unapplied, ..self }.next(left), Allocation { state, ..allocation }))
    }

    /// Invoicing refused to take the settlement back: it stays applied.
    ///
    /// # Errors
    /// `AllocationNotFound` and `AllocationNotReversing`.
    pub(crate) fn cancel_reversal(self, allocation: Allocation) -> Result<(Payment, Allocation), Refusal> {
        self.expect_own(&allocation)?;
        if !matches!(allocation.state, AllocationState::Reversing { .. }) {
            let state = allocation.state.label();
            return Err(Refusal::AllocationNotReversing { allocation: allocation.id, state });
        }
        let left = self.match_outcome.unapplied_reason;
        Ok((self.next(left), Allocation { state: AllocationState::Applied, ..allocation }))
    }

    #[cfg(test)]
    /// Whether invariant 2 holds: amount = applied + pending + unapplied, none of them negative.
    pub(crate) fn is_balanced(&self) -> bool {
        let parts = [self.applied, self.pending, self.unapplied];
        !parts.into_iter().any(Money::is_negative) && Money::sum(self.amount.currency(), parts) == Ok(self.amount)
    }

    fn next(self, unapplied_reason: Option<UnappliedReason>) -> Payment {
        let match_outcome = MatchOutcome { unapplied_reason, ..self.match_outcome };
        Payment { match_outcome, version: self.version.saturating_add(1), ..self }
    }

    fn expect_own(&self, allocation: &Allocation) -> Result<(), Refusal> {
        if allocation.payment == self.id { Ok(()) } else { Err(Refusal::AllocationNotFound(allocation.id)) }
    }

    fn expect_pending(&self, allocation: &Allocation) -> Result<(), Refusal> {
        self.expect_own(allocation)?;
        if allocation.state == AllocationState::Pending {
            Ok(())
        } else {
            Err(Refusal::AllocationNotPending { allocation: allocation.id, state: allocation.state.label() })
        }
    }
}

/// Moves the amount from one part of a payment to another, and returns both as they are then.
fn shift(amount: Money, from: Money, to: Money) -> Result<(Money, Money), Refusal> {
    let from = from.checked_sub(amount)?;
    if from.is_negative() { Err(Refusal::Unbalanced(amount)) } else { Ok((from, to.checked_add(amount)?)) }
}

#[cfg(test)]
#[path = "payment_tests.rs"]
mod tests;
