//! Accounting periods as messages of the contract.

use quittance_proto::{instant, invoicing::v1 as pb, money};

use super::optional;
use crate::domain::Period;

/// A period.
pub(crate) fn period(period: &Period) -> pb::Period {
    let state = if period.reopened.is_some() { pb::PeriodState::Reopened } else { pb::PeriodState::Closed };
    let balances = period
        .balances
        .iter()
        .map(|balance| pb::PeriodBalance { items: Some(money(balance.items)), credits: Some(money(balance.credits)) });
    pb::Period {
        period_id: period.id.to_string(),
        start_on: optional(period.start_on),
        end_on: period.end_on.to_string(),
        state: state.into(),
        balances: balances.collect(),
        close_time: Some(instant(period.closed_at)),
        reopen_time: period.reopened.as_ref().map(|reopened| instant(reopened.at)),
        reopen_reason: period.reopened.as_ref().map(|reopened| reopened.reason.clone()).unwrap_or_default(),
    }
}
