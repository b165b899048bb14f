//! Domain values as messages of the contract, for responses and events.

use quittance_proto::{collections::v1 as pb, instant, money};

use crate::domain::{
    Dispute, DisputeOutcome, DisputeReason, PlannedReminder, Reminder, ReminderItem, Step, Strategy,
    standard_steps::standard_steps,
};

/// An optional id.
pub(crate) fn optional<T: ToString>(id: Option<T>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}

/// A strategy.
pub(crate) fn strategy(strategy: &Strategy) -> pb::Strategy {
    pb::Strategy {
        strategy_id: strategy.id.to_string(),
        name: strategy.name.clone(),
        steps: strategy.steps.iter().map(step).collect(),
        is_default: strategy.is_default,
        etag: strategy.version.to_string(),
        create_time: Some(instant(strategy.created_at)),
        update_time: Some(instant(strategy.updated_at)),
    }
}

/// A standard strategy to start with, as input of `CreateStrategy`: reminders 3 days before the due date, and 1, 8, 31 and 61 days after it,
/// from polite to firm.
pub fn standard_strategy() -> pb::Strategy {
    pb::Strategy {
        name: "standard".to_owned(),
        steps: standard_steps().iter().map(step).collect(),
        is_default: true,
        ..pb::Strategy::default()
    }
}

fn step(step: &Step) -> pb::Step {
    pb::Step {
        offset_days: step.offset_days,
        name: step.name.clone(),
        subject_template: step.subject_template.clone(),
        body_template: step.body_template.clone(),
    }
}

fn item(item: &ReminderItem) -> pb::ReminderItem {
    pb::ReminderItem {
        item_id: item.item.to_string(),
        number: item.number.clone(),
        due_on: item.due_on.to_string(),
        open_amount: Some(money(item.open)),
        offset_days: item.offset_days,
    }
}

/// A reminder without its text, as in lists and events.
pub(crate) fn reminder(reminder: &Reminder) -> pb::Reminder {
    pb::Reminder {
        reminder_id: reminder.id.to_string(),
        run_id: reminder.run.to_string(),
        customer_id: reminder.customer.to_string(),
        contact_id: optional(reminder.contact),
        contact_name: reminder.contact_name.clone(),
        contact_email: reminder.contact_email.clone().unwrap_or_default(),
        offset_days: reminder.offset_days,
        step_name: reminder.step_name.clone(),
        as_of: reminder.as_of.to_string(),
        items: reminder.items.iter().map(item).collect(),
        total: Some(money(reminder.total)),
        subject: String::new(),
        body: String::new(),
        record_time: Some(instant(reminder.recorded_at)),
        error_reason: String::new(),
        error_message: String::new(),
    }
}

/// A reminder with its text.
pub(crate) fn whole_reminder(whole: &Reminder) -> pb::Reminder {
    pb::Reminder { subject: whole.rendered.subject.clone(), body: whole.rendered.body.clone(), ..reminder(whole) }
}

/// A reminder that a run would record.
pub(crate) fn planned(planned: &PlannedReminder) -> pb::Reminder {
    pb::Reminder {
        customer_id: planned.customer.to_string(),
        contact_id: optional(planned.addressee.contact),
        contact_name: planned.addressee.contact_name.clone(),
        contact_email: planned.addressee.contact_email.clone().unwrap_or_default(),
        offset_days: planned.step.offset_days,
        step_name: planned.step.name.clone(),
        as_of: planned.as_of.to_string(),
        items: planned.items.iter().map(item).collect(),
        total: Some(money(planned.total)),
        ..pb::Reminder::default()
    }
}

/// A dispute.
pub(crate) fn dispute(dispute: &Dispute) -> pb::Dispute {
    let outcome = match dispute.state.outcome() {
        None => pb::DisputeOutcome::Unspecified,
        Some(DisputeOutcome::Rejected) => pb::DisputeOutcome::Rejected,
        Some(DisputeOutcome::Accepted) => pb::DisputeOutcome::Accepted,
        Some(DisputeOutcome::Paid) => pb::DisputeOutcome::Paid,
    };
    pb::Dispute {
        dispute_id: dispute.id.to_string(),
        item_id: dispute.item.to_string(),
        customer_id: dispute.customer.to_string(),
        reason: dispute_reason(dispute.reason).into(),
        note: dispute.note.clone(),
        opened_on: dispute.opened_on.to_string(),
        resolved_on: optional(dispute.state.resolved_on()),
        outcome: outcome.into(),
        record_time: Some(instant(dispute.recorded_at)),
        update_time: Some(instant(dispute.updated_at)),
    }
}

fn dispute_reason(reason: DisputeReason) -> pb::DisputeReason {
    match reason {
        DisputeReason::Unspecified => pb::DisputeReason::Unspecified,
        DisputeReason::Pricing => pb::DisputeReason::Pricing,
        DisputeReason::Quantity => pb::DisputeReason::Quantity,
        DisputeReason::Quality => pb::DisputeReason::Quality,
        DisputeReason::NotReceived => pb::DisputeReason::NotReceived,
        DisputeReason::Duplicate => pb::DisputeReason::Duplicate,
        DisputeReason::Tax => pb::DisputeReason::Tax,
        DisputeReason::Paperwork => pb::DisputeReason::Paperwork,
        DisputeReason::Other => pb::DisputeReason::Other,
    }
}
