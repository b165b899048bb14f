//! Commands about open items.

use quittance_grpc::{Violations, check_batch, date, id, money, positive_money, text};
use quittance_kernel::{AllocationId, ItemId, Money, PaymentId, WriteOff, WriteOffReason};
use quittance_proto::{common::v1 as common, invoicing::v1 as pb};

use crate::{
    domain::{Settlement, invoice_content::MAX_REASON},
    ops::{Reversal, ReverseSettlements, SettleItems},
};

/// Money that is not zero, with either sign.
fn difference(value: &common::Money) -> Result<Money, (&'static str, String)> {
    let difference = money(Some(value))?;
    if difference.is_zero() {
        return Err(("AMOUNT_ZERO", "must not be zero if it is given".to_owned()));
    }
    Ok(difference)
}

fn write_off_reason(label: &str) -> Result<WriteOffReason, (&'static str, String)> {
    WriteOffReason::parse(label)
        .ok_or_else(|| ("WRITE_OFF_REASON_UNKNOWN", "is SMALL_DIFFERENCE or BANK_CHARGES with a write-off".to_owned()))
}

/// Amount and reason, both or neither.
fn write_off(amount: Option<&common::Money>, reason: &str) -> Result<Option<WriteOff>, Violations> {
    let mut bad = Violations::default();
    let Some(amount) = amount else {
        if !reason.is_empty() {
            bad.add("write_off_reason", "WRITE_OFF_REASON_WITHOUT_AMOUNT", "is allowed only with a write-off");
        }
        return bad.into_result(Some(None));
    };
    let amount = bad.check("write_off", difference(amount));
    let reason = bad.check("write_off_reason", write_off_reason(reason));
    bad.into_result(amount.zip(reason).map(|(amount, reason)| Some(WriteOff { amount, reason })))
}

fn settlement(message: pb::Settlement) -> Result<Settlement, Violations> {
    let mut bad = Violations::default();
    let allocation = bad.check("allocation_id", id(&message.allocation_id, AllocationId::parse));
    let item = bad.check("item_id", id(&message.item_id, ItemId::parse));
    let payment = bad.check("payment_id", id(&message.payment_id, PaymentId::parse));
    let amount = bad.check("amount", positive_money(message.amount.as_ref()));
    let discount = match &message.discount {
        None => Some(None),
        Some(discount) => bad.check("discount", positive_money(Some(discount))).map(Some),
    };
    let write_off = bad.within("", write_off(message.write_off.as_ref(), &message.write_off_reason));
    let effective_on = bad.check("effective_on", date(&message.effective_on));
    let ids = allocation.zip(item).zip(payment);
    let amounts = amount.zip(discount).zip(write_off);
    let read = ids.zip(amounts).zip(effective_on);
    bad.into_result(read.map(|((ids, amounts), effective_on)| {
        let (((allocation, item), payment), ((amount, discount), write_off)) = (ids, amounts);
        Settlement { allocation, payment, item, amount, discount, write_off, effective_on }
    }))
}

impl TryFrom<pb::SettleItemsRequest> for SettleItems {
    type Error = Violations;

    fn try_from(request: pb::SettleItemsRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        check_batch(&mut bad, "settlements", request.settlements.len());
        let settlements = bad.each("settlements", request.settlements, settlement);
        bad.into_result(settlements.map(|settlements| Self { settlements }))
    }
}

impl TryFrom<pb::ReverseSettlementsRequest> for ReverseSettlements {
    type Error = Violations;

    fn try_from(request: pb::ReverseSettlementsRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        check_batch(&mut bad, "reversals", request.reversals.len());
        let reversals = bad.each("reversals", request.reversals, |reversal| {
            let mut bad = Violations::default();
            let allocation = bad.check("allocation_id", id(&reversal.allocation_id, AllocationId::parse));
            let effective_on = bad.check("effective_on", date(&reversal.effective_on));
            let reason = bad.check("reason", text(&reversal.reason, MAX_REASON));
            let read = allocation.zip(effective_on).zip(reason);
            bad.into_result(read.map(|((allocation, effective_on), reason)| Reversal {
                allocation,
                effective_on,
                reason,
            }))
        });
        bad.into_result(reversals.map(|reversals| Self { reversals }))
    }
}
