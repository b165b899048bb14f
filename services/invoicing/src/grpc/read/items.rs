//! Commands about open items.

use quittance_grpc::{Violations, check_batch, date, id, positive_money, text, write_off};
use quittance_kernel::{AllocationId, ItemId, PaymentId};
use quittance_proto::invoicing::v1 as pb;

use crate::{
    domain::{Settlement, invoice_content::MAX_REASON},
    ops::{Reversal, ReverseSettlements, SettleItems},
};

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
    let write_off = bad.within("", write_off(message.write_off.as_ref(), message.write_off_reason));
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
