//! Recorded reminders: the planned ones with their texts.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_kernel::{ContactId, CustomerId, Money, ReminderId, RunId};

use super::{PlannedReminder, ReminderItem, Rendered};

/// A recorded reminder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reminder {
    /// The reminder's id.
    pub id: ReminderId,
    /// The run that recorded it.
    pub run: RunId,
    /// The customer.
    pub customer: CustomerId,
    /// The contact, if there is one.
    pub contact: Option<ContactId>,
    /// The contact's name; empty if no person is known.
    pub contact_name: String,
    /// The e-mail address it is sent to; `None` for post.
    pub contact_email: Option<String>,
    /// The step's offset, in days after the due date.
    pub offset_days: i32,
    /// Name of the level.
    pub step_name: String,
    /// The planned date.
    pub as_of: NaiveDate,
    /// The items, the earliest due first.
    pub items: Vec<ReminderItem>,
    /// Sum of the items.
    pub total: Money,
    /// Subject and text.
    pub rendered: Rendered,
    /// The recorded time.
    pub recorded_at: DateTime<Utc>,
}

impl Reminder {
    /// A planned reminder as recorded by a run.
    pub(crate) fn record(
        id: ReminderId,
        run: RunId,
        planned: PlannedReminder,
        rendered: Rendered,
        now: DateTime<Utc>,
    ) -> Self {
        let PlannedReminder { customer, addressee, step, as_of, items, total } = planned;
        Self {
            id,
            run,
            customer,
            contact: addressee.contact,
            contact_name: addressee.contact_name,
            contact_email: addressee.contact_email,
            offset_days: step.offset_days,
            step_name: step.name,
            as_of,
            items,
            total,
            rendered,
            recorded_at: now,
        }
    }
}
