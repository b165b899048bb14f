//! Messages as commands, with all violations.

mod books;
mod credits;
mod documents;
mod items;
mod numbers_and_terms;
mod periods;
mod policies;

use quittance_grpc::Violations;
use quittance_kernel::Rounding;
use quittance_proto::invoicing::v1 as pb;

use crate::domain::{BadField, RoundingRule, RoundingScope};

/// Adds the violations found by the domain.
fn checked<T>(bad: &mut Violations, content: Result<T, Vec<BadField>>) -> Option<T> {
    match content {
        Ok(content) => Some(content),
        Err(fields) => {
            for field in fields {
                bad.add(field.field, field.problem.reason(), field.problem.to_string());
            }
            None
        }
    }
}

/// The rule; `None` if both parts are left to the tenant.
fn rounding_rule(rule: Option<pb::RoundingRule>) -> Result<Option<RoundingRule>, (&'static str, String)> {
    let Some(rule) = rule else { return Ok(None) };
    match (rounding_scope(rule.scope()), rounding_mode(rule.mode())) {
        (None, None) => Ok(None),
        (Some(scope), Some(mode)) => Ok(Some(RoundingRule { scope, mode })),
        _ => Err(("ROUNDING_RULE_INCOMPLETE", "has a scope and a mode, or neither".to_owned())),
    }
}

/// The rounded amounts; `None` if they are left to the tenant.
const fn rounding_scope(scope: pb::RoundingScope) -> Option<RoundingScope> {
    match scope {
        pb::RoundingScope::Unspecified => None,
        pb::RoundingScope::PerRate => Some(RoundingScope::PerRate),
        pb::RoundingScope::PerLine => Some(RoundingScope::PerLine),
    }
}

/// The rounding of ties; `None` if it is left to the tenant.
const fn rounding_mode(mode: pb::RoundingMode) -> Option<Rounding> {
    match mode {
        pb::RoundingMode::Unspecified => None,
        pb::RoundingMode::HalfUp => Some(Rounding::HalfUp),
        pb::RoundingMode::HalfEven => Some(Rounding::HalfEven),
    }
}
