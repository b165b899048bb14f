//! Refusals of invoicing.

use chrono::NaiveDate;
use quittance_kernel::{BadInstallments, BadMetadata, BadSplit, ContactId, Currency, Money, MoneyError};

use rust_decimal::Decimal;

use super::line::LineError;

/// A rule that forbids a change. Nothing is changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Only a draft can be changed or issued.
    #[error("the invoice is {state}: only a draft can be changed or issued")]
    InvoiceNotDraft {
        /// Its state.
        state: &'static str,
    },
    /// Only an issued invoice can be voided, credited, rendered or delivered.
    #[error("the invoice is {state}: it must be issued")]
    InvoiceNotIssued {
        /// Its state.
        state: &'static str,
    },
    /// A settlement or discount on it is not reversed, or a bad debt not recovered.
    #[error(
        "the invoice is settled or written off, in part or in full: reverse its settlements and recover its bad debts first"
    )]
    InvoiceSettled,
    /// The invoice was delivered.
    #[error("the invoice was delivered: credit it instead")]
    InvoiceDelivered,
    /// A gapless series is numbered in the order of issue dates.
    #[error("the series has a document issued on {last_issued_on}: the next is not issued before it")]
    IssuedBeforeSeries {
        /// The issue date of the series' last document.
        last_issued_on: NaiveDate,
    },
    /// The currency is withdrawn, or not introduced yet.
    #[error("{currency} is not in use on {issued_on}: it is withdrawn, or not introduced yet")]
    CurrencyNotInUse {
        /// The currency.
        currency: Currency,
        /// The issue date.
        issued_on: NaiveDate,
    },
    /// The issue date is in the future.
    #[error("the issue date {issued_on} lies after today, {today}")]
    IssuedInFuture {
        /// The date in the request.
        issued_on: NaiveDate,
        /// The tenant's day.
        today: NaiveDate,
    },
    /// A document or an entry would be dated in a closed period.
    #[error("the days to {closed_through} are closed")]
    PeriodClosed {
        /// The last closed day.
        closed_through: NaiveDate,
    },
    /// A period ends before it is closed.
    #[error("a period is closed when it is over: it ends before today, {today}")]
    PeriodNotOver {
        /// The tenant's day.
        today: NaiveDate,
    },
    /// Only the latest closed period is reopened, and once.
    #[error("it is not the latest closed period: a later one is closed, or it is open again")]
    PeriodNotLatest,
    /// More would be credited than is left of the invoice.
    #[error("the credit exceeds what is not credited of the invoice yet, {uncredited}")]
    CreditExceedsInvoice {
        /// What is not credited yet.
        uncredited: Money,
    },
    /// More of a credit would be applied to an item than is open.
    #[error("the credit of {credit} exceeds what is open, {open}")]
    CreditExceedsOpen {
        /// What would be credited.
        credit: Money,
        /// What is open.
        open: Money,
    },
    /// Credits are applied to items of their own customer.
    #[error("the item is another customer's")]
    ItemOfOtherCustomer,
    /// Nothing remains of the credit.
    #[error("nothing remains of the credit")]
    CreditUsedUp,
    /// More of a credit would be used than remains.
    #[error("more would be used than remains of the credit, {remaining}")]
    CreditExceedsRemaining {
        /// What remains.
        remaining: Money,
    },
    /// A credit is not used before it was issued.
    #[error("the credit was issued on {issued_on}: it cannot be used before")]
    EffectiveBeforeCredit {
        /// Its issue date.
        issued_on: NaiveDate,
    },
    /// Only an application or a write-off of a credit is reversed.
    #[error("the entry is neither an application nor a write-off")]
    CreditEntryNotReversible,
    /// An entry is reversed once.
    #[error("the entry was reversed before")]
    CreditEntryReversed,
    /// An entry is not reversed before it is effective.
    #[error("the entry is effective on {effective_on}: it cannot be reversed before")]
    ReversedBeforeEffective {
        /// Its effective date.
        effective_on: NaiveDate,
    },
    /// The invoice has no such line.
    #[error("the invoice has no such line")]
    CreditLineUnknown,
    /// More of a line would be credited than is left of it.
    #[error("of line {line} the quantity that can be credited is {quantity}")]
    CreditLineExceeded {
        /// The line, from 1.
        line: u16,
        /// The quantity that is left.
        quantity: Decimal,
    },
    /// Something of the invoice was credited.
    #[error("the invoice was credited in part: credit the rest instead")]
    InvoiceCreditedInPart,
    /// A credit note is dated before its invoice.
    #[error("the invoice was issued on {invoice_issued_on}: it cannot be credited before")]
    IssuedBeforeInvoice {
        /// The invoice's issue date.
        invoice_issued_on: NaiveDate,
    },
    /// The due date is before the issue date.
    #[error("the due date {due_on} lies before the issue date {issued_on}")]
    DueBeforeIssued {
        /// The due date.
        due_on: NaiveDate,
        /// The issue date.
        issued_on: NaiveDate,
    },
    /// The total is not positive.
    #[error("the total is {total}: it must be greater than zero")]
    TotalNotPositive {
        /// What the lines and taxes sum to.
        total: Money,
    },
    /// The item was voided or credited.
    #[error("the item was voided or credited: nothing can be settled on it")]
    ItemClosed,
    /// The settlement exceeds the open balance.
    #[error("the settlement exceeds what is open, {open}")]
    SettlementExceedsOpen {
        /// The open balance.
        open: Money,
    },
    /// The terms do not grant the discount.
    #[error("the discount is not allowed: {why}")]
    DiscountNotAllowed {
        /// Which condition is not met.
        why: &'static str,
    },
    /// The write-off is not allowed.
    #[error("the write-off is not allowed: {why}")]
    WriteOffNotAllowed {
        /// Which condition is not met.
        why: &'static str,
    },
    /// Nothing of the item is open.
    #[error("nothing of the item is open")]
    NothingOpen,
    /// The new due date is not after the present one.
    #[error("the item is due on {due_on}: it can only be extended beyond that")]
    DueDateNotLater {
        /// The present due date.
        due_on: NaiveDate,
    },
    /// An extension counts from the issue date or from the extension before at the earliest.
    #[error("the due date is extended from {earliest} at the earliest")]
    ExtendedTooEarly {
        /// The earliest day.
        earliest: NaiveDate,
    },
    /// More would be written off than is open.
    #[error("the write-off exceeds what is open, {open}")]
    WriteOffExceedsOpen {
        /// The open balance.
        open: Money,
    },
    /// More would be recovered than was written off.
    #[error("the recovery exceeds what is not recovered of the bad debt, {left}")]
    RecoveryExceedsBadDebt {
        /// What is not recovered.
        left: Money,
    },
    /// A recovery is dated before its write-off.
    #[error("the write-off is effective on {written_off_on}: nothing is recovered before")]
    RecoveredBeforeWrittenOff {
        /// The effective date of the write-off.
        written_off_on: NaiveDate,
    },
    /// The date is in the future.
    #[error("{effective_on} lies after today, {today}")]
    EffectiveInFuture {
        /// The date in the request.
        effective_on: NaiveDate,
        /// The tenant's day.
        today: NaiveDate,
    },
    /// The allocation was settled before with different content.
    #[error("the allocation is settled already, with different content")]
    AllocationDiffers,
    /// A reversal is dated before its settlement.
    #[error("the settlement is effective on {settled_on}: it cannot be reversed before")]
    ReversedBeforeSettled {
        /// The effective date of the settlement.
        settled_on: NaiveDate,
    },
    /// The item has less settled than is to be reversed.
    #[error("the item has less settled than the settlement that is to be reversed")]
    SettlementNotFound,
    /// An amount that must be greater than zero is not.
    #[error("the amount is {amount}: it must be greater than zero")]
    AmountNotPositive {
        /// The amount given.
        amount: Money,
    },
    /// The series has used up its numbers.
    #[error("the series has no number left")]
    SeriesExhausted,
    /// The contact is not one of the customer's.
    #[error("the customer has no contact {0}")]
    ContactNotFound(ContactId),
    /// The series has documents, so that its numbers are fixed.
    #[error("the series has documents or drafts: only its code can be changed")]
    SeriesHasDocuments,
    /// The series is the first of its kind.
    #[error("the series is the default of its kind")]
    SeriesIsDefault,
    /// The change of payment terms does not go with what stays.
    #[error(transparent)]
    Terms(#[from] BadInstallments),
    /// The total cannot be paid in the installments of the terms.
    #[error(transparent)]
    Installments(#[from] BadSplit),
    /// An agreed due date does not go with installments.
    #[error("the invoice is paid in installments, which have due dates of their own: it has no other")]
    DueDateWithInstallments,
    /// There would be too many entries of metadata.
    #[error("the metadata {0}")]
    TooMuchMetadata(#[from] BadMetadata),
    /// A line is wrong.
    #[error("line {}: {error}", index + 1)]
    Line {
        /// The index of the line, from 0.
        index: usize,
        /// The violation.
        error: LineError,
    },
    /// Amounts in two currencies, or an amount beyond the limit of a document.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl Refusal {
    /// The machine-readable reason, as the contract names it.
    pub fn reason(&self) -> &'static str {
        match self {
            Refusal::InvoiceNotDraft { .. } => "INVOICE_NOT_DRAFT",
            Refusal::InvoiceNotIssued { .. } => "INVOICE_NOT_ISSUED",
            Refusal::InvoiceSettled => "INVOICE_SETTLED",
            Refusal::InvoiceDelivered => "INVOICE_DELIVERED",
            Refusal::IssuedBeforeSeries { .. } => "ISSUED_BEFORE_SERIES",
            Refusal::IssuedInFuture { .. } => "ISSUED_IN_FUTURE",
            Refusal::CurrencyNotInUse { .. } => "CURRENCY_NOT_IN_USE",
            Refusal::CreditExceedsInvoice { .. } => "CREDIT_EXCEEDS_INVOICE",
            Refusal::CreditExceedsOpen { .. } => "CREDIT_EXCEEDS_OPEN",
            Refusal::ItemOfOtherCustomer => "ITEM_OF_OTHER_CUSTOMER",
            Refusal::CreditUsedUp => "CREDIT_USED_UP",
            Refusal::CreditExceedsRemaining { .. } => "CREDIT_EXCEEDS_REMAINING",
            Refusal::EffectiveBeforeCredit { .. } => "EFFECTIVE_BEFORE_CREDIT",
            Refusal::CreditEntryNotReversible => "CREDIT_ENTRY_NOT_REVERSIBLE",
            Refusal::CreditEntryReversed => "CREDIT_ENTRY_REVERSED",
            Refusal::PeriodClosed { .. } => "PERIOD_CLOSED",
            Refusal::PeriodNotOver { .. } => "PERIOD_NOT_OVER",
            Refusal::PeriodNotLatest => "PERIOD_NOT_LATEST",
            Refusal::ReversedBeforeEffective { .. } => "REVERSED_BEFORE_EFFECTIVE",
            Refusal::CreditLineUnknown => "CREDIT_LINE_UNKNOWN",
            Refusal::CreditLineExceeded { .. } => "CREDIT_LINE_EXCEEDED",
            Refusal::InvoiceCreditedInPart => "INVOICE_CREDITED_IN_PART",
            Refusal::IssuedBeforeInvoice { .. } => "ISSUED_BEFORE_INVOICE",
            Refusal::DueBeforeIssued { .. } => "DUE_BEFORE_ISSUED",
            Refusal::TotalNotPositive { .. } => "TOTAL_NOT_POSITIVE",
            Refusal::ItemClosed => "ITEM_CLOSED",
            Refusal::SettlementExceedsOpen { .. } => "SETTLEMENT_EXCEEDS_OPEN",
            Refusal::DiscountNotAllowed { .. } => "DISCOUNT_NOT_ALLOWED",
            Refusal::WriteOffNotAllowed { .. } => "WRITE_OFF_NOT_ALLOWED",
            Refusal::NothingOpen => "NOTHING_OPEN",
            Refusal::DueDateNotLater { .. } => "DUE_DATE_NOT_LATER",
            Refusal::ExtendedTooEarly { .. } => "EXTENDED_TOO_EARLY",
            Refusal::WriteOffExceedsOpen { .. } => "WRITE_OFF_EXCEEDS_OPEN",
            Refusal::RecoveryExceedsBadDebt { .. } => "RECOVERY_EXCEEDS_BAD_DEBT",
            Refusal::RecoveredBeforeWrittenOff { .. } => "RECOVERED_BEFORE_WRITTEN_OFF",
            Refusal::EffectiveInFuture { .. } => "EFFECTIVE_IN_FUTURE",
            Refusal::AllocationDiffers => "ALLOCATION_DIFFERS",
            Refusal::ReversedBeforeSettled { .. } => "REVERSED_BEFORE_SETTLED",
            Refusal::SettlementNotFound => "SETTLEMENT_NOT_FOUND",
            Refusal::AmountNotPositive { .. } => "AMOUNT_NOT_POSITIVE",
            Refusal::SeriesExhausted => "SERIES_EXHAUSTED",
            Refusal::ContactNotFound(_) => "CONTACT_NOT_FOUND",
            Refusal::SeriesHasDocuments => "SERIES_HAS_DOCUMENTS",
            Refusal::SeriesIsDefault => "SERIES_IS_DEFAULT",
            Refusal::Terms(error) => error.reason(),
            Refusal::Installments(BadSplit::NotPositive { .. }) => "INSTALLMENT_NOT_POSITIVE",
            Refusal::DueDateWithInstallments => "DUE_DATE_WITH_INSTALLMENTS",
            Refusal::TooMuchMetadata(error) => error.reason(),
            Refusal::Line { error, .. } => error.reason(),
            Refusal::Money(error) | Refusal::Installments(BadSplit::Money(error)) => error.reason(),
        }
    }
}
