//! What a seller tolerates, as a message and back.

use quittance_kernel::{Currency, CustomerId, Percent, Tolerance, TolerancePolicy};

use crate::{
    common::v1 as pb,
    value::{money, read_money},
};

/// A policy as a message.
pub fn tolerance_policy(policy: &TolerancePolicy) -> pb::TolerancePolicy {
    let tolerances = policy.tolerances.iter().map(|(currency, tolerance)| pb::Tolerance {
        currency_code: currency.code().to_owned(),
        percent: tolerance.percent.to_string(),
        cap: Some(money(tolerance.cap)),
    });
    pb::TolerancePolicy {
        tolerances: tolerances.collect(),
        blocked_customer_ids: policy.blocked.iter().map(ToString::to_string).collect(),
        discount_grace_days: policy.grace_days.into(),
        accept_late_discount: policy.accept_late_discount,
    }
}

/// A policy that was published.
///
/// # Errors
/// What cannot be read, as a text.
pub fn read_tolerance_policy(message: &pb::TolerancePolicy) -> Result<TolerancePolicy, String> {
    let tolerance = |entry: &pb::Tolerance| {
        let currency = Currency::parse(&entry.currency_code).map_err(|error| error.to_string())?;
        let percent = Percent::parse(&entry.percent).map_err(|error| error.to_string())?;
        let cap = entry.cap.as_ref().ok_or("a tolerance has no cap")?;
        let cap = read_money(cap).map_err(|error| error.to_string())?;
        Ok((currency, Tolerance { percent, cap }))
    };
    let blocked =
        message.blocked_customer_ids.iter().map(|id| CustomerId::parse(id).map_err(|error| error.to_string()));
    Ok(TolerancePolicy {
        tolerances: message.tolerances.iter().map(tolerance).collect::<Result<_, String>>()?,
        blocked: blocked.collect::<Result<_, String>>()?,
        grace_days: u16::try_from(message.discount_grace_days).map_err(|error| error.to_string())?,
        accept_late_discount: message.accept_late_discount,
    })
}

#[cfg(test)]
mod tests {
    use quittance_kernel::Money;

    use super::*;

    #[test]
    fn a_policy_is_read_as_it_was_published() {
        let cap = Money::parse("2.00", Currency::EUR).unwrap();
        let policy = TolerancePolicy {
            tolerances: [(Currency::EUR, Tolerance { percent: Percent::parse("0.5").unwrap(), cap })].into(),
            blocked: [CustomerId::parse("018f4e2a-7d3b-7c55-9a86-000000000001").unwrap()].into(),
            grace_days: 3,
            accept_late_discount: true,
        };
        assert_eq!(read_tolerance_policy(&tolerance_policy(&policy)), Ok(policy));
        let wrong = pb::TolerancePolicy { discount_grace_days: -1, ..pb::TolerancePolicy::default() };
        assert!(read_tolerance_policy(&wrong).is_err());
    }
}
