//! Commands about credits of customers.

use std::collections::HashSet;

use quittance_grpc::{Violations, id, optional_date, optional_positive_money, optional_text, text};
use quittance_kernel::{CreditId, EntryId, ItemId, Money};
use quittance_proto::invoicing::v1 as pb;

use crate::{
    domain::invoice_content::MAX_REASON,
    ops::{ApplyCredit, MAX_ITEMS, ReverseCreditEntry, WriteOffCredit},
};

fn application(message: pb::CreditApplication) -> Result<(ItemId, Option<Money>), Violations> {
    let mut bad = Violations::default();
    let item = bad.check("item_id", id(&message.item_id, ItemId::parse));
    let amount = bad.check("amount", optional_positive_money(message.amount.as_ref()));
    bad.into_result(item.zip(amount))
}

impl TryFrom<pb::ApplyCreditRequest> for ApplyCredit {
    type Error = Violations;

    fn try_from(request: pb::ApplyCreditRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let credit = bad.check("credit_id", id(&request.credit_id, CreditId::parse));
        if request.applications.len() > usize::from(MAX_ITEMS) {
            bad.add("applications", "LIST_TOO_LONG", format!("has at most {MAX_ITEMS} entries"));
        }
        let mut seen = HashSet::new();
        for (place, application) in request.applications.iter().enumerate() {
            if !seen.insert(application.item_id.to_ascii_lowercase()) {
                bad.add(format!("applications[{place}].item_id"), "LIST_DUPLICATE", "is named twice");
            }
        }
        let items = bad.each("applications", request.applications, application);
        let effective_on = bad.check("effective_on", optional_date(&request.effective_on));
        let reason = bad.check("reason", optional_text(&request.reason, MAX_REASON));
        let command = credit.zip(items).zip(effective_on.zip(reason));
        bad.into_result(command.map(|((credit, items), (effective_on, reason))| Self {
            credit,
            items,
            effective_on,
            reason,
        }))
    }
}

impl TryFrom<pb::WriteOffCreditRequest> for WriteOffCredit {
    type Error = Violations;

    fn try_from(request: pb::WriteOffCreditRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let credit = bad.check("credit_id", id(&request.credit_id, CreditId::parse));
        let amount = bad.check("amount", optional_positive_money(request.amount.as_ref()));
        let effective_on = bad.check("effective_on", optional_date(&request.effective_on));
        let reason = bad.check("reason", text(&request.reason, MAX_REASON));
        let command = credit.zip(amount).zip(effective_on.zip(reason));
        bad.into_result(command.map(|((credit, amount), (effective_on, reason))| Self {
            credit,
            amount,
            effective_on,
            reason,
        }))
    }
}

impl TryFrom<pb::ReverseCreditEntryRequest> for ReverseCreditEntry {
    type Error = Violations;

    fn try_from(request: pb::ReverseCreditEntryRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let credit = bad.check("credit_id", id(&request.credit_id, CreditId::parse));
        let entry = bad.check("entry_id", id(&request.entry_id, EntryId::parse));
        let effective_on = bad.check("effective_on", optional_date(&request.effective_on));
        let reason = bad.check("reason", text(&request.reason, MAX_REASON));
        let command = credit.zip(entry).zip(effective_on.zip(reason));
        bad.into_result(command.map(|((credit, entry), (effective_on, reason))| Self {
            credit,
            entry,
            effective_on,
            reason,
        }))
    }
}
