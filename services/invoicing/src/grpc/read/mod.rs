//! Messages as commands, with all violations.

mod books;
mod documents;
mod items;

use quittance_kernel::Rounding;
use quittance_proto::invoicing::v1 as pb;

use crate::domain::{RoundingRule, RoundingScope};

/// The rule; `None` if both parts are left to the tenant.
fn rounding_rule(rule: Option<pb::RoundingRule>) -> Result<Option<RoundingRule>, (&'static str, String)> {
    let Some(rule) = rule else { return Ok(None) };
    let scope = match rule.scope() {
        pb::RoundingScope::Unspecified => None,
        pb::RoundingScope::PerRate => Some(RoundingScope::PerRate),
        pb::RoundingScope::PerLine => Some(RoundingScope::PerLine),
    };
    let mode = match rule.mode() {
        pb::RoundingMode::Unspecified => None,
        pb::RoundingMode::HalfUp => Some(Rounding::HalfUp),
        pb::RoundingMode::HalfEven => Some(Rounding::HalfEven),
    };
    match (scope, mode) {
        (None, None) => Ok(None),
        (Some(scope), Some(mode)) => Ok(Some(RoundingRule { scope, mode })),
        _ => Err(("ROUNDING_RULE_INCOMPLETE", "has a scope and a mode, or neither".to_owned())),
    }
}
