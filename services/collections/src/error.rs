//! Errors of collections, independent of transport.

use chrono::NaiveDate;
use quittance_kernel::{DisputeId, ItemId, MoneyError, ReminderId, StrategyId};
use quittance_service::{CommonError, service_error};

use crate::domain::{TemplateError, dispute, strategy};

/// Why a call fails.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The strategy does not exist.
    #[error("strategy {0} does not exist")]
    StrategyNotFound(StrategyId),
    /// The tenant has no default strategy.
    #[error("there is no default strategy")]
    NoDefaultStrategy,
    /// Another strategy has this name.
    #[error("another strategy has the name {0:?}")]
    StrategyNameTaken(String),
    /// Runs used the strategy.
    #[error("runs used strategy {0}")]
    StrategyHasRuns(StrategyId),
    /// The strategy is the default, and there are others.
    #[error("strategy {0} is the default: make another one the default first")]
    StrategyIsDefault(StrategyId),
    /// The item does not exist, or its event has not arrived yet.
    #[error("item {0} is not known here; if it was issued just now, try again")]
    ItemNotFound(ItemId),
    /// The dispute does not exist.
    #[error("dispute {0} does not exist")]
    DisputeNotFound(DisputeId),
    /// The reminder does not exist.
    #[error("reminder {0} does not exist")]
    ReminderNotFound(ReminderId),
    /// The date of a run is after today.
    #[error("{date} is after today, {today}")]
    DateInFuture {
        /// The date given.
        date: NaiveDate,
        /// The day in the tenant's time zone.
        today: NaiveDate,
    },
    /// A rule refuses the change of a dispute.
    #[error("{subject}: {refusal}")]
    Dispute {
        /// The item or the dispute.
        subject: String,
        /// The rule.
        refusal: dispute::Refusal,
    },
    /// A rule refuses the strategy.
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
    /// A customer's items sum beyond the limit of amounts.
    #[error("the items of a customer: {0}")]
    Money(#[from] MoneyError),
    /// An error common to all calls.
    #[error(transparent)]
    Common(#[from] CommonError),
}

service_error!(Error);
