//! Protobuf values to kernel values and back.

use chrono::{DateTime, Utc};
use quittance_kernel::{Currency, Money, MoneyError, UnknownCurrency, WriteOffReason};

use crate::common::v1 as pb;

/// Money as a message.
pub fn money(money: Money) -> pb::Money {
    pb::Money { currency_code: money.currency().code().to_owned(), amount: money.amount_text() }
}

/// Money from a message, or what is wrong with it.
pub fn read_money(message: &pb::Money) -> Result<Money, BadMoney> {
    Ok(Money::parse(&message.amount, Currency::parse(&message.currency_code)?)?)
}

/// Why a difference is written off, as a message.
pub fn write_off_reason(reason: Option<WriteOffReason>) -> pb::WriteOffReason {
    match reason {
        None => pb::WriteOffReason::Unspecified,
        Some(WriteOffReason::SmallDifference) => pb::WriteOffReason::SmallDifference,
        Some(WriteOffReason::BankCharges) => pb::WriteOffReason::BankCharges,
    }
}

/// An instant as a message.
pub fn instant(at: DateTime<Utc>) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: at.timestamp(),
        nanos: i32::try_from(at.timestamp_subsec_nanos()).unwrap_or_default(),
    }
}

/// What is wrong with a money field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadMoney {
    /// Its currency.
    #[error(transparent)]
    Currency(#[from] UnknownCurrency),
    /// Its amount.
    #[error(transparent)]
    Amount(#[from] MoneyError),
}

impl BadMoney {
    /// The machine-readable reason.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Currency(_) => "CURRENCY_UNKNOWN",
            Self::Amount(amount) => amount.reason(),
        }
    }
}
