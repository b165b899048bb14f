//! Open items, entries and statements as messages of the contract.

use quittance_kernel::{Actor, CustomerId};
use quittance_proto::{instant, invoicing::v1 as pb, money};

use super::{credits::credit_entry_kind, item_terms, optional};
use crate::domain::{
    BadDebt, BadDebtReason, DocumentRef, Entry, EntryKind, Extension, Moved, OpenItem, Source, Statement,
};

/// An open item.
pub(crate) fn open_item(item: &OpenItem, disputed: bool) -> pb::OpenItem {
    let (document_kind, document_id) = match item.document {
        DocumentRef::Invoice(id) => (pb::DocumentKind::Invoice, id.to_string()),
    };
    pb::OpenItem {
        item_id: item.id.to_string(),
        customer_id: item.customer.to_string(),
        number: item.number.clone(),
        issued_on: item.issued_on.to_string(),
        due_on: item.due_on.to_string(),
        total: Some(money(item.amounts.total())),
        open_amount: Some(money(item.open())),
        settled: Some(money(item.amounts.settled())),
        discounted: Some(money(item.amounts.discounted())),
        credited: Some(money(item.amounts.credited())),
        voided: Some(money(item.amounts.voided())),
        disputed,
        written_off: Some(money(item.amounts.written_off())),
        bad_debt: Some(money(item.amounts.bad_debt())),
        update_time: Some(instant(item.updated_at)),
        document_kind: document_kind.into(),
        document_id,
        installment: item.installment.unwrap_or_default().into(),
        terms: Some(item_terms(&item.terms)),
    }
}

/// An entry.
pub(crate) fn entry(entry: &Entry) -> pb::Entry {
    let source = entry.source.map(|source| match source {
        Source::Document(id) => pb::entry::Source::DocumentId(id.to_string()),
        Source::Allocation(id) => pb::entry::Source::AllocationId(id.to_string()),
        Source::CreditNote(id) => pb::entry::Source::CreditNoteId(id.to_string()),
        Source::BadDebt(id) => pb::entry::Source::BadDebtId(id.to_string()),
    });
    let actor = entry.actor.as_ref();
    pb::Entry {
        entry_id: entry.id.to_string(),
        item_id: entry.item.to_string(),
        kind: entry_kind(entry.kind).into(),
        amount: Some(money(entry.amount)),
        effective_on: entry.effective_on.to_string(),
        record_time: Some(instant(entry.recorded_at)),
        actor: actor.map(|actor| actor.name().to_owned()).unwrap_or_default(),
        on_behalf_of: actor.and_then(Actor::on_behalf_of).unwrap_or_default().to_owned(),
        request_id: optional(entry.request),
        reason: entry.reason.clone(),
        source,
        dated_on: if entry.dated_on == entry.effective_on { String::new() } else { entry.dated_on.to_string() },
    }
}

/// A bad debt.
pub(crate) fn bad_debt(debt: &BadDebt) -> pb::BadDebt {
    pb::BadDebt {
        bad_debt_id: debt.id.to_string(),
        item_id: debt.item.to_string(),
        customer_id: debt.customer.to_string(),
        reason: bad_debt_reason(debt.reason).into(),
        note: debt.note.clone(),
        amount: Some(money(debt.amount)),
        recovered: Some(money(debt.recovered)),
        effective_on: debt.effective_on.to_string(),
        create_time: Some(instant(debt.recorded_at)),
    }
}

/// Why a debt is given up.
pub(crate) fn bad_debt_reason(reason: BadDebtReason) -> pb::BadDebtReason {
    match reason {
        BadDebtReason::Uncollectible => pb::BadDebtReason::Uncollectible,
        BadDebtReason::Insolvency => pb::BadDebtReason::Insolvency,
        BadDebtReason::Deceased => pb::BadDebtReason::Deceased,
        BadDebtReason::BusinessClosed => pb::BadDebtReason::BusinessClosed,
        BadDebtReason::Limitation => pb::BadDebtReason::Limitation,
        BadDebtReason::Fraud => pb::BadDebtReason::Fraud,
        BadDebtReason::Settlement => pb::BadDebtReason::Settlement,
        BadDebtReason::CostExceedsValue => pb::BadDebtReason::CostExceedsValue,
    }
}

/// An extension of a due date.
pub(crate) fn extension(extension: &Extension) -> pb::DueDateExtension {
    pb::DueDateExtension {
        extension_id: extension.id.to_string(),
        item_id: extension.item.to_string(),
        customer_id: extension.customer.to_string(),
        previous_due_on: extension.previous_due_on.to_string(),
        due_on: extension.due_on.to_string(),
        effective_on: extension.effective_on.to_string(),
        reason: extension.reason.clone(),
        actor: extension.actor.name().to_owned(),
        on_behalf_of: extension.actor.on_behalf_of().unwrap_or_default().to_owned(),
        request_id: optional(extension.request),
        create_time: Some(instant(extension.recorded_at)),
    }
}

/// A statement of account.
pub(crate) fn statement(customer: CustomerId, statement: &Statement) -> pb::Statement {
    let entries = statement.lines.iter().map(|line| {
        let shown = pb::StatementEntry {
            effective_on: line.movement.effective_on.to_string(),
            number: line.movement.number.clone(),
            amount: Some(money(line.movement.amount)),
            balance: Some(money(line.balance)),
            record_time: Some(instant(line.movement.recorded_at)),
            ..pb::StatementEntry::default()
        };
        match line.movement.moved {
            Moved::Item(item, kind) => {
                pb::StatementEntry { item_id: item.to_string(), kind: entry_kind(kind).into(), ..shown }
            }
            Moved::Credit(credit, kind) => {
                let credit_kind = credit_entry_kind(kind).into();
                pb::StatementEntry { credit_id: credit.to_string(), credit_kind, ..shown }
            }
        }
    });
    pb::Statement {
        customer_id: customer.to_string(),
        from_on: statement.from_on.to_string(),
        to_on: statement.to_on.to_string(),
        opening_balance: Some(money(statement.opening)),
        entries: entries.collect(),
        closing_balance: Some(money(statement.closing)),
        closing_items: Some(money(statement.closing_items)),
        closing_credits: Some(money(statement.closing_credits)),
        known_at: None,
    }
}

fn entry_kind(kind: EntryKind) -> pb::EntryKind {
    match kind {
        EntryKind::Document => pb::EntryKind::Document,
        EntryKind::Settlement => pb::EntryKind::Settlement,
        EntryKind::Discount => pb::EntryKind::Discount,
        EntryKind::SmallDifference => pb::EntryKind::SmallDifference,
        EntryKind::SettlementReversal => pb::EntryKind::SettlementReversal,
        EntryKind::DiscountReversal => pb::EntryKind::DiscountReversal,
        EntryKind::SmallDifferenceReversal => pb::EntryKind::SmallDifferenceReversal,
        EntryKind::BadDebt => pb::EntryKind::BadDebt,
        EntryKind::Recovery => pb::EntryKind::Recovery,
        EntryKind::Credit => pb::EntryKind::Credit,
        EntryKind::CreditReversal => pb::EntryKind::CreditReversal,
        EntryKind::Void => pb::EntryKind::Void,
    }
}
