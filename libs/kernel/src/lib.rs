//! The vocabulary every part of Quittance shares: typed ids, exact money and percentages, dates, payment terms, aging
//! buckets, creditor references, metadata, write-offs, actors and the clock. No I/O, no floats, and no knowledge of any transport or database.

pub mod actor;
pub mod aging;
pub mod clock;
pub mod creditor_reference;
pub mod currency;
pub mod date;
pub mod id;
pub mod metadata;
pub mod money;
pub mod payment_terms;
pub mod percent;
pub mod ratio;
pub mod reason;
pub mod rounding;
pub mod terms;
#[cfg(test)]
mod terms_vectors_tests;
pub mod tolerance;
pub mod write_off;

mod added;
mod bug;
mod split;
mod wide;

pub use actor::{Actor, BadActor};
pub use added::Added;
pub use aging::{BadBuckets, Buckets};
pub use bug::{Bug, count};
pub use clock::{Clock, UnknownTimeZone, parse_time_zone};
pub use creditor_reference::{BadCreditorReference, CreditorReference};
pub use currency::{Currency, UnknownCurrency};
pub use date::{BadDate, DayCount, days_between, interest, last_day_of_month, month_start, months_back, parse_date};
pub use id::{
    AllocationId, ApprovalId, BadDebtId, BadId, ContactId, CreditId, CreditNoteId, CustomerId, DeliveryId, DisputeId,
    EntryId, EventId, ExtensionId, ImportId, InvoiceId, ItemId, PaymentId, PeriodId, PolicyId, ProfileId, ReminderId,
    RequestId, ReservationId, ReversalId, RunId, SeriesId, StrategyId, TenantId, TermsId, WebhookId,
};
pub use metadata::{BadMetadata, Metadata, MetadataChange};
pub use money::{Money, MoneyError};
pub use payment_terms::{BadInstallments, BadSplit, Installment, Installments, PaymentTerms, Share};
pub use percent::{BadPercent, Percent};
pub use ratio::Ratio;
pub use rounding::Rounding;
pub use terms::{BadTerms, Discount, Terms};
pub use tolerance::{MAX_BLOCKED, MAX_GRACE_DAYS, Tolerance, TolerancePolicy};
pub use write_off::{WriteOff, WriteOffReason};
