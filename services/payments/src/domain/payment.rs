//! Payments and their transitions. Every transition keeps amount = applied + pending + unapplied (invariant 2).

use std::cmp::Ordering;

use chrono::{DateTime, NaiveDate, Utc};
use quittance_kernel::{AllocationId, CustomerId, Metadata, Money, PaymentId, RequestId};
use quittance_matching::{AdviceLine, MatchRule, UnappliedReason};

use super::allocation::{Allocation, AllocationState, Share};
use super::method::Method;
use super::new_payment::NewPayment;
use super::outcome::{Finding, MatchOutcome};
use super::refusal::Refusal;

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Payment {
    /// The payment's id.
    pub id: PaymentId,
    /// The payer, known from the caller or matching.
    pub customer: Option<CustomerId>,
    /// The amount. Positive.
    pub amount: Money,
    /// The value date.
    pub received_on: NaiveDate,
    /// The method.
    pub method: Method,
    /// The payer's name as the bank has it.
    pub payer_name: String,
    /// IBAN or local account of the payer.
    pub payer_account: String,
    /// The original remittance information.
    pub text: String,
    /// The source's own id of the payment.
    pub external_reference: Option<String>,
    /// Documents in structured remittance information.
    pub advice: Vec<AdviceLine>,
    /// The caller's own keys and values.
    pub metadata: Metadata,
    /// Settled on items, agreed by invoicing. Includes what is being reversed.
    pub applied: Money,
    /// Allocated, not yet agreed by invoicing.
    pub pending: Money,
    /// Not allocated.
    pub unapplied: Money,
    /// The result of matching, and why money is unapplied.
    pub match_outcome: MatchOutcome,
    /// Grows by one with every transition, perhaps several times in one transaction.
    pub version: u32,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
}

impl Payment {
    /// A new, fully unapplied payment.
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
            metadata: new.metadata,
            applied: Money::zero(new.amount.currency()),
            pending: Money::zero(new.amount.currency()),
            unapplied: new.amount,
            match_outcome: MatchOutcome::default(),
            version: 1,
            recorded_at: now,
            updated_at: now,
        })
    }

    /// Applies a result of matching: allocates its shares, all in one batch, and stores its reasons. `new_id` is called
    /// once for each share.
    ///
    /// # Errors
    /// As [`Payment::allocate`]; a proposal made for this payment satisfies all of its rules.
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

    /// Reserves money for one item until invoicing responds: unapplied becomes pending.
    ///
    /// # Errors
    /// `AmountNotPositive` (a discount of zero is ignored, a negative one refused), `CURRENCY_MISMATCH` of `Money`,
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
            // A small difference: less than the money itself.
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
            tolerance_policy: None,
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
            decided_by: None,
        };
        let left = if unapplied.is_zero() { None } else { self.match_outcome.unapplied_reason };
        Ok((Payment { pending, unapplied, ..self }.next(left), allocation))
    }

    /// Invoicing agreed, and says from when it counts: pending becomes applied.
    ///
    /// # Errors
    /// `AllocationNotFound` and `AllocationNotPending`.
    pub(crate) fn confirm(
        self,
        allocation: Allocation,
        effective_on: NaiveDate,
    ) -> Result<(Payment, Allocation), Refusal> {
        self.expect_pending(&allocation)?;
        let (pending, applied) = shift(allocation.amount, self.pending, self.applied)?;
        let left = self.match_outcome.unapplied_reason;
        let allocation = Allocation { effective_on, state: AllocationState::Applied, ..allocation };
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

    /// Starts the reversal of an allocation. Its money stays applied until invoicing has agreed.
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

    /// Invoicing has reversed the settlement: applied becomes unapplied, from the date from which the reversal counts there.
    ///
    /// # Errors
    /// `AllocationNotFound` and `AllocationNotReversing`.
    pub(crate) fn confirm_reversal(
        self,
        allocation: Allocation,
        effective_on: NaiveDate,
    ) -> Result<(Payment, Allocation), Refusal> {
        self.expect_own(&allocation)?;
        let AllocationState::Reversing { reason, .. } = allocation.state else {
            let state = allocation.state.label();
            return Err(Refusal::AllocationNotReversing { allocation: allocation.id, state });
        };
        let (applied, unapplied) = shift(allocation.amount, self.applied, self.unapplied)?;
        let left = Some(UnappliedReason::UnappliedManually);
        let state = AllocationState::Reversed { effective_on, reason };
        Ok((Payment { applied, unapplied, ..self }.next(left), Allocation { state, ..allocation }))
    }

    /// Invoicing refused the reversal: it stays applied.
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

/// Moves the amount from one part of a payment to another, and returns both.
fn shift(amount: Money, from: Money, to: Money) -> Result<(Money, Money), Refusal> {
    let from = from.checked_sub(amount)?;
    if from.is_negative() { Err(Refusal::Unbalanced(amount)) } else { Ok((from, to.checked_add(amount)?)) }
}

#[cfg(test)]
#[path = "payment_tests.rs"]
mod tests;
