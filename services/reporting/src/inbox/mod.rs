//! Handlers of events. Each folds a run of events into sets and writes each set once.

mod collections;
#[cfg(test)]
mod credit_tests;
#[cfg(test)]
pub(crate) mod interleaving_tests;
mod invoicing;
#[cfg(test)]
mod payers_tests;
mod payments;
#[cfg(test)]
pub(crate) mod test_events;
#[cfg(test)]
mod withdrawn_tests;
#[cfg(test)]
mod write_off_tests;

pub(crate) use collections::CollectionsHandler;
pub(crate) use invoicing::InvoicingHandler;
pub(crate) use payments::PaymentsHandler;

use chrono::NaiveDate;
use quittance_events::HandlerError;
use quittance_kernel::{BadId, Money, parse_date};
use quittance_proto::{common::v1 as common, read_money};
use uuid::Uuid;

/// The error of an invalid event.
fn rejected(error: impl std::fmt::Display) -> HandlerError {
    HandlerError::Rejected(error.to_string())
}

fn uuid<T>(text: &str, parse: fn(&str) -> Result<T, BadId>, uuid: fn(T) -> Uuid) -> Result<Uuid, HandlerError> {
    parse(text).map(uuid).map_err(rejected)
}

fn optional_uuid<T>(
    text: &str,
    parse: fn(&str) -> Result<T, BadId>,
    to_uuid: fn(T) -> Uuid,
) -> Result<Option<Uuid>, HandlerError> {
    if text.is_empty() { Ok(None) } else { uuid(text, parse, to_uuid).map(Some) }
}

fn date(text: &str) -> Result<NaiveDate, HandlerError> {
    parse_date(text).map_err(rejected)
}

fn money(value: Option<&common::Money>) -> Result<Money, HandlerError> {
    read_money(value.ok_or_else(|| rejected("an amount is missing"))?).map_err(rejected)
}
