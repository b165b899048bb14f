//! The parser of small differences that are written off.

use quittance_kernel::{WriteOff, WriteOffReason};
use quittance_proto::common::v1 as pb;

use crate::{
    Violations,
    fields::{money, required},
};

/// A small difference with its reason, both or neither: `write_off` and `write_off_reason` of the message.
pub fn write_off(amount: Option<&pb::Money>, reason: i32) -> Result<Option<WriteOff>, Violations> {
    let mut bad = Violations::default();
    let reason = match pb::WriteOffReason::try_from(reason) {
        Ok(pb::WriteOffReason::SmallDifference) => Some(WriteOffReason::SmallDifference),
        Ok(pb::WriteOffReason::BankCharges) => Some(WriteOffReason::BankCharges),
        Ok(pb::WriteOffReason::Unspecified) | Err(_) => None,
    };
    let Some(amount) = amount else {
        if reason.is_some() {
            bad.add("write_off_reason", "WRITE_OFF_REASON_WITHOUT_AMOUNT", "is allowed only with a write-off");
        }
        return bad.into_result(Some(None));
    };
    let amount = bad.check(
        "write_off",
        money(Some(amount)).and_then(|amount| {
            if amount.is_zero() {
                Err(("AMOUNT_ZERO", "must not be zero if it is given".to_owned()))
            } else {
                Ok(amount)
            }
        }),
    );
    let reason = bad.check("write_off_reason", reason.map_or_else(required, Ok));
    bad.into_result(amount.zip(reason).map(|(amount, reason)| Some(WriteOff { amount, reason })))
}
