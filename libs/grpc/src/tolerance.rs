//! The parser of what a seller tolerates.

use std::collections::BTreeMap;

use quittance_kernel::{Currency, CustomerId, MAX_BLOCKED, MAX_GRACE_DAYS, Money, Tolerance, TolerancePolicy};
use quittance_proto::common::v1 as pb;

use crate::{
    Violations,
    batch::BATCH_SIZE_OUT_OF_RANGE,
    fields::{currency, id, money, percent},
};

/// The policy in a message.
///
/// # Errors
/// The violations of all fields.
pub fn tolerance_policy(policy: pb::TolerancePolicy) -> Result<TolerancePolicy, Violations> {
    let mut bad = Violations::default();
    let days = u16::try_from(policy.discount_grace_days).ok().filter(|days| *days <= MAX_GRACE_DAYS);
    let days = days.ok_or(("OUT_OF_RANGE", format!("is 0 to {MAX_GRACE_DAYS}")));
    let grace_days = bad.check("discount_grace_days", days);
    let read = bad.each("tolerances", policy.tolerances, |entry| tolerance(&entry));
    let mut tolerances = BTreeMap::new();
    for (place, (currency, tolerance)) in read.iter().flatten().enumerate() {
        if tolerances.insert(*currency, *tolerance).is_some() {
            bad.add(format!("tolerances[{place}].currency_code"), "CURRENCY_TWICE", "each currency is listed once");
        }
    }
    if policy.blocked_customer_ids.len() > MAX_BLOCKED {
        bad.add("blocked_customer_ids", BATCH_SIZE_OUT_OF_RANGE, format!("has at most {MAX_BLOCKED} entries"));
    }
    let blocked = bad.each("blocked_customer_ids", policy.blocked_customer_ids, |text| {
        let mut bad = Violations::default();
        let customer = bad.check("", id(&text, CustomerId::parse));
        bad.into_result(customer)
    });
    let accept_late_discount = policy.accept_late_discount;
    bad.into_result(grace_days.zip(blocked).map(|(grace_days, blocked)| TolerancePolicy {
        tolerances,
        blocked: blocked.into_iter().collect(),
        grace_days,
        accept_late_discount,
    }))
}

fn tolerance(tolerance: &pb::Tolerance) -> Result<(Currency, Tolerance), Violations> {
    let mut bad = Violations::default();
    let currency = bad.check("currency_code", currency(&tolerance.currency_code));
    let percent = bad.check("percent", percent(&tolerance.percent));
    let cap = bad.check("cap", money(tolerance.cap.as_ref()));
    if cap.is_some_and(Money::is_negative) {
        bad.add("cap", "NEGATIVE", "is not negative");
    }
    if let (Some(currency), Some(cap)) = (currency, cap)
        && cap.currency() != currency
    {
        bad.add("cap", "CURRENCY_MISMATCH", "must be in the tolerance's currency");
    }
    bad.into_result(
        currency.zip(percent).zip(cap).map(|((currency, percent), cap)| (currency, Tolerance { percent, cap })),
    )
}
