//! Commands about open items.

use quittance_grpc::{
    Violations, check_batch, date, id, optional_date, optional_id, optional_positive_money, optional_text,
    positive_money, required, text, write_off,
};
use quittance_kernel::{Actor, Added, AllocationId, BadDebtId, ItemId, PaymentId, PolicyId};
use quittance_proto::invoicing::v1 as pb;

use crate::{
    domain::{BadDebtReason, Settlement, invoice_content::MAX_REASON},
    ops::{ExtendDueDate, RecordRecovery, Reversal, ReverseSettlements, SettleItems, WriteOffItem},
};

fn settlement(message: pb::Settlement) -> Result<Settlement, Violations> {
    let mut bad = Violations::default();
    let allocation = bad.check("allocation_id", id(&message.allocation_id, AllocationId::parse));
    let item = bad.check("item_id", id(&message.item_id, ItemId::parse));
    let payment = bad.check("payment_id", id(&message.payment_id, PaymentId::parse));
    let amount = bad.check("amount", positive_money(message.amount.as_ref()));
    let discount = bad.check("discount", optional_positive_money(message.discount.as_ref()));
    let write_off = bad.within("", write_off(message.write_off.as_ref(), message.write_off_reason));
    let effective_on = bad.check("effective_on", date(&message.effective_on));
    let decided_by = bad.within("", decided_by(&message.actor, &message.on_behalf_of));
    let policy = optional_id(&message.tolerance_policy_id, PolicyId::parse);
    let decided_by = decided_by.zip(bad.check("tolerance_policy_id", policy));
    let ids = allocation.zip(item).zip(payment);
    let amounts = amount.zip(discount).zip(write_off);
    let read = ids.zip(amounts).zip(effective_on.zip(decided_by));
    bad.into_result(read.map(|((ids, amounts), (effective_on, decided_by))| {
        let (((allocation, item), payment), ((amount, discount), write_off)) = (ids, amounts);
        let (decided_by, tolerance_policy) = decided_by;
        Settlement {
            allocation,
            payment,
            item,
            amount,
            discount,
            write_off,
            effective_on,
            decided_by,
            tolerance_policy,
        }
    }))
}

/// Who decided in payments; `None` if it was its own work.
fn decided_by(actor: &str, on_behalf_of: &str) -> Result<Option<Actor>, Violations> {
    let mut bad = Violations::default();
    let person = Some(on_behalf_of).filter(|person| !person.is_empty());
    let named = (!actor.is_empty()).then(|| Actor::named(actor, person)).transpose();
    let named = named.map_err(|error| ("TEXT_TOO_LONG", error.to_string()));
    let named = bad.check("actor", named);
    bad.into_result(named)
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
            let by = bad.within("", decided_by(&reversal.actor, &reversal.on_behalf_of));
            let read = allocation.zip(effective_on).zip(reason.zip(by));
            bad.into_result(read.map(|((allocation, effective_on), (reason, by))| Reversal {
                allocation,
                effective_on,
                reason,
                by: Added(by),
            }))
        });
        bad.into_result(reversals.map(|reversals| Self { reversals }))
    }
}

impl TryFrom<pb::WriteOffItemRequest> for WriteOffItem {
    type Error = Violations;

    fn try_from(request: pb::WriteOffItemRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let reason = match request.reason() {
            pb::BadDebtReason::Unspecified => required(),
            pb::BadDebtReason::Uncollectible => Ok(BadDebtReason::Uncollectible),
            pb::BadDebtReason::Insolvency => Ok(BadDebtReason::Insolvency),
            pb::BadDebtReason::Deceased => Ok(BadDebtReason::Deceased),
            pb::BadDebtReason::BusinessClosed => Ok(BadDebtReason::BusinessClosed),
            pb::BadDebtReason::Limitation => Ok(BadDebtReason::Limitation),
            pb::BadDebtReason::Fraud => Ok(BadDebtReason::Fraud),
            pb::BadDebtReason::Settlement => Ok(BadDebtReason::Settlement),
            pb::BadDebtReason::CostExceedsValue => Ok(BadDebtReason::CostExceedsValue),
        };
        let item = bad.check("item_id", id(&request.item_id, ItemId::parse));
        let amount = bad.check("amount", optional_positive_money(request.amount.as_ref()));
        let reason = bad.check("reason", reason);
        let note = bad.check("note", optional_text(&request.note, MAX_REASON));
        let effective_on = bad.check("effective_on", optional_date(&request.effective_on));
        let command = item.zip(amount).zip(reason.zip(note)).zip(effective_on);
        bad.into_result(command.map(|(((item, amount), (reason, note)), effective_on)| Self {
            item,
            amount,
            reason,
            note,
            effective_on,
        }))
    }
}

impl TryFrom<pb::ExtendDueDateRequest> for ExtendDueDate {
    type Error = Violations;

    fn try_from(request: pb::ExtendDueDateRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let item = bad.check("item_id", id(&request.item_id, ItemId::parse));
        let due_on = bad.check("due_on", date(&request.due_on));
        let effective_on = bad.check("effective_on", optional_date(&request.effective_on));
        let reason = bad.check("reason", text(&request.reason, MAX_REASON));
        let command = item.zip(due_on).zip(effective_on.zip(reason));
        bad.into_result(command.map(|((item, due_on), (effective_on, reason))| Self {
            item,
            due_on,
            effective_on,
            reason,
        }))
    }
}

impl TryFrom<pb::RecordRecoveryRequest> for RecordRecovery {
    type Error = Violations;

    fn try_from(request: pb::RecordRecoveryRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let bad_debt = bad.check("bad_debt_id", id(&request.bad_debt_id, BadDebtId::parse));
        let amount = bad.check("amount", optional_positive_money(request.amount.as_ref()));
        let effective_on = bad.check("effective_on", optional_date(&request.effective_on));
        let reason = bad.check("reason", text(&request.reason, MAX_REASON));
        let command = bad_debt.zip(amount).zip(effective_on.zip(reason));
        bad.into_result(command.map(|((bad_debt, amount), (effective_on, reason))| Self {
            bad_debt,
            amount,
            effective_on,
            reason,
        }))
    }
}
