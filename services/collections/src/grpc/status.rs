//! Errors as callers see them: the only place that picks codes.

use quittance_grpc::Fault;
use tonic::{Code, Status};

use crate::{Error, domain::TemplateError};

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        let not_found = |reason| Fault::new(Code::NotFound, reason, text.clone());
        let precondition = |reason, subject: String, why: String| {
            Fault::new(Code::FailedPrecondition, reason, text.clone()).precondition(reason, subject, why)
        };
        match error {
            Error::StrategyNotFound(id) => not_found("STRATEGY_NOT_FOUND").with("strategy_id", id),
            Error::NoDefaultStrategy => not_found("STRATEGY_NOT_FOUND"),
            Error::ItemNotFound(id) => not_found("ITEM_NOT_FOUND").with("item_id", id),
            Error::DisputeNotFound(id) => not_found("DISPUTE_NOT_FOUND").with("dispute_id", id),
            Error::ReminderNotFound(id) => not_found("REMINDER_NOT_FOUND").with("reminder_id", id),
            Error::StrategyNameTaken(name) => {
                Fault::new(Code::AlreadyExists, "STRATEGY_NAME_TAKEN", text).with("name", name)
            }
            Error::StrategyHasRuns(id) => precondition("STRATEGY_HAS_RUNS", format!("strategy {id}"), text.clone()),
            Error::StrategyIsDefault(id) => precondition("STRATEGY_IS_DEFAULT", format!("strategy {id}"), text.clone()),
            Error::DateInFuture { date, today } => {
                precondition("DATE_IN_FUTURE", date.to_string(), text.clone()).with("date", date).with("today", today)
            }
            Error::Dispute { subject, refusal } => precondition(refusal.reason(), subject, refusal.to_string()),
            Error::Strategy(refusal) => precondition(refusal.reason(), "the strategy".to_owned(), refusal.to_string()),
            Error::Template { customer, error } => {
                precondition(TemplateError::REASON, format!("customer {customer}"), error.to_string())
            }
            Error::Money(error) => {
                precondition(error.reason(), "the items of a customer".to_owned(), error.to_string())
            }
            Error::Common(error) => return error.into(),
        }
        .into()
    }
}
