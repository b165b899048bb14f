//! Why a call fails. Knows no transport.

use chrono::NaiveDate;
use quittance_kernel::{DisputeId, ItemId, MoneyError, ReminderId, StrategyId};
use quittance_service::{CommonError, service_error};

use crate::domain::{TemplateError, dispute, strategy};

/// Why a call fails.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// There is no such strategy.
    #[error("strategy {0} does not exist")]
    StrategyNotFound(StrategyId),
    /// The tenant has no default strategy.
    #[error("there is no default strategy")]
    NoDefaultStrategy,
    /// Another strategy has this name.
    #[error("another strategy has the name {0:?}")]
    StrategyNameTaken(String),
    /// There is no such item, or its event has not come yet.
    #[error("item {0} is not known here; if it was issued just now, try again")]
    ItemNotFound(ItemId),
    /// There is no such dispute.
    #[error("dispute {0} does not exist")]
    DisputeNotFound(DisputeId),
    /// There is no such reminder.
    #[error("reminder {0} does not exist")]
    ReminderNotFound(ReminderId),
    /// A run is for today or a date before it.
    #[error("{date} is after today, {today}")]
    DateInFuture {
        /// The date given.
        date: NaiveDate,
        /// The day in the tenant's time zone.
        today: NaiveDate,
    },
    /// The rules refuse a dispute.
    #[error("{subject}: {refusal}")]
    Dispute {
        /// The item or the dispute that it is about.
        subject: String,
        /// Which rule.
        refusal: dispute::Refusal,
    },
    /// The rules refuse a strategy.
    #[error("the strategy: {0}")]
    Strategy(#[from] strategy::Refusal),
    /// A template failed on a reminder although it passed its check.
    #[error("customer {customer}: {error}")]
    Template {
        /// The customer whose reminder it is.
        customer: quittance_kernel::CustomerId,
        /// Why the template fails.
        error: TemplateError,
    },
    /// What a customer owes sums beyond the bound of amounts.
    #[error("the items of a customer: {0}")]
    Money(#[from] MoneyError),
    /// What can go wrong in every call.
    #[error(transparent)]
    Common(#[from] CommonError),
}

service_error!(Error);
