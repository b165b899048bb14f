//! Commands about open items.

use quittance_grpc::{MAX_BATCH, Violations, date, id, positive_money, request_id, text};
use quittance_kernel::{AllocationId, ItemId, PaymentId};
use quittance_proto::invoicing::v1 as pb;

use super::{MAX_REASON, pair};
use crate::{
    domain::Settlement,
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
    let effective_on = bad.check("effective_on", date(&message.effective_on));
    let read = allocation.zip(item).zip(payment.zip(amount)).zip(discount.zip(effective_on));
    bad.into_result(read.map(|(((allocation, item), (payment, amount)), (discount, effective_on))| Settlement {
        allocation,
        payment,
        item,
        amount,
        discount,
        effective_on,
    }))
}

/// Between one and as many entries as a batch may have.
fn check_count(bad: &mut Violations, field: &str, count: usize) {
    if count == 0 || count > MAX_BATCH {
        bad.add(field, "BATCH_SIZE_OUT_OF_RANGE", format!("has 1 to {MAX_BATCH} entries, not {count}"));
    }
}

impl TryFrom<pb::SettleItemsRequest> for SettleItems {
    type Error = Violations;

    fn try_from(request: pb::SettleItemsRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let id = bad.check("request_id", request_id(&request.request_id));
        check_count(&mut bad, "settlements", request.settlements.len());
        let settlements = bad.each("settlements", request.settlements, settlement);
        bad.into_result(pair(id, settlements).map(|(request, settlements)| Self { request, settlements }))
    }
}

impl TryFrom<pb::ReverseSettlementsRequest> for ReverseSettlements {
    type Error = Violations;

    fn try_from(request: pb::ReverseSettlementsRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let request_id = bad.check("request_id", request_id(&request.request_id));
        check_count(&mut bad, "reversals", request.reversals.len());
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
        bad.into_result(pair(request_id, reversals).map(|(request, reversals)| Self { request, reversals }))
    }
}
