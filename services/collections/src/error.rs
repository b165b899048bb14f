//! Why a call fails. Knows no transport.

use chrono::NaiveDate;
use quittance_db::{DbError, RequestIdReused};
use quittance_kernel::{DisputeId, ItemId, MoneyError, ReminderId, StrategyId, TenantId};

use crate::domain::{TemplateError, dispute, strategy};

/// Why a call fails.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such book, or nothing of it has come yet.
    #[error("tenant {0} is not known here; if it was created just now, try again")]
    TenantNotFound(TenantId),
    /// There is no such strategy.
    #[error("strategy {0} does not exist")]
    StrategyNotFound(StrategyId),
    /// The tenant has no default strategy.
    #[error("there is no default strategy")]
    NoDefaultStrategy,
    /// Another strategy has this name.
    #[error("another strategy has the name {0:?}")]
    StrategyNameTaken(String),
    /// There is no such item, or it has not come yet.
    #[error("item {0} is not known here; if it was issued just now, try again")]
    ItemNotFound(ItemId),
    /// There is no such dispute.
    #[error("dispute {0} does not exist")]
    DisputeNotFound(DisputeId),
    /// There is no such reminder.
    #[error("reminder {0} does not exist")]
    ReminderNotFound(ReminderId),
    /// It changed since it was read.
    #[error("{0} has changed since it was read")]
    Stale(String),
    /// A run looks at what was or is, not at what will be.
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
        /// What it was asked of.
        subject: String,
        /// Why.
        refusal: dispute::Refusal,
    },
    /// The rules refuse a strategy.
    #[error("the strategy: {0}")]
    Strategy(#[from] strategy::Refusal),
    /// A template failed on a reminder although it passed its check.
    #[error("customer {customer}: {error}")]
    Template {
        /// Whose reminder.
        customer: quittance_kernel::CustomerId,
        /// Why.
        error: TemplateError,
    },
    /// What is owed sums beyond all bounds.
    #[error("the items of a customer: {0}")]
    Money(#[from] MoneyError),
    /// The request id was used for something else.
    #[error(transparent)]
    RequestIdReused(#[from] RequestIdReused),
    /// The store.
    #[error("the store failed")]
    Db(DbError),
}

impl From<DbError> for Error {
    /// A broken constraint is a rule of the domain: here it gets its word. What was asked is in the command, so the value stays empty.
    fn from(error: DbError) -> Self {
        match error.constraint() {
            Some("strategy_name_key") => Self::StrategyNameTaken(String::new()),
            _ => Self::Db(error),
        }
    }
}
