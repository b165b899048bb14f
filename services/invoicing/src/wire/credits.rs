//! Credits of customers as messages of the contract.

use quittance_kernel::Actor;
use quittance_proto::{instant, invoicing::v1 as pb, money};

use super::optional;
use crate::domain::{CreditEntry, CreditEntryKind, CustomerCredit, note_of};

/// A credit.
pub(crate) fn customer_credit(credit: &CustomerCredit) -> pb::Credit {
    pb::Credit {
        credit_id: credit.id.to_string(),
        customer_id: credit.customer.to_string(),
        credit_note_id: note_of(credit.id).to_string(),
        number: credit.number.clone(),
        issued_on: credit.issued_on.to_string(),
        amount: Some(money(credit.amounts.amount())),
        remaining: Some(money(credit.amounts.remaining())),
        applied: Some(money(credit.amounts.applied())),
        written_off: Some(money(credit.amounts.written_off())),
        update_time: Some(instant(credit.updated_at)),
    }
}

/// An entry of a credit.
pub(crate) fn credit_entry(entry: &CreditEntry) -> pb::CreditEntry {
    let actor = entry.actor.as_ref();
    pb::CreditEntry {
        entry_id: entry.id.to_string(),
        credit_id: entry.credit.to_string(),
        kind: credit_entry_kind(entry.kind).into(),
        amount: Some(money(entry.amount)),
        item_id: optional(entry.item),
        effective_on: entry.effective_on.to_string(),
        dated_on: if entry.dated_on == entry.effective_on { String::new() } else { entry.dated_on.to_string() },
        reversed_entry_id: optional(entry.reverses),
        record_time: Some(instant(entry.recorded_at)),
        actor: actor.map(|actor| actor.name().to_owned()).unwrap_or_default(),
        on_behalf_of: actor.and_then(Actor::on_behalf_of).unwrap_or_default().to_owned(),
        request_id: optional(entry.request),
        reason: entry.reason.clone(),
    }
}

/// The kind of a credit's entry.
pub(super) const fn credit_entry_kind(kind: CreditEntryKind) -> pb::CreditEntryKind {
    match kind {
        CreditEntryKind::Issued => pb::CreditEntryKind::Issued,
        CreditEntryKind::Applied => pb::CreditEntryKind::Applied,
        CreditEntryKind::ApplicationReversal => pb::CreditEntryKind::ApplicationReversal,
        CreditEntryKind::WrittenOff => pb::CreditEntryKind::WrittenOff,
        CreditEntryKind::WriteOffReversal => pb::CreditEntryKind::WriteOffReversal,
    }
}
