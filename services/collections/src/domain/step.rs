//! Steps of a dunning strategy.

use chrono::{NaiveDate, TimeDelta};

/// One step of a strategy.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Step {
    /// Days after the due date; negative: before it.
    pub offset_days: i32,
    /// Name of the level.
    pub name: String,
    /// Subject, a template.
    pub subject_template: String,
    /// Text, a template.
    pub body_template: String,
}

impl Step {
    /// Whether an item with this due date has reached the step.
    pub(crate) fn is_reached(&self, due_on: NaiveDate, as_of: NaiveDate) -> bool {
        let reached_on = due_on.checked_add_signed(TimeDelta::days(self.offset_days.into()));
        reached_on.is_some_and(|reached_on| reached_on <= as_of)
    }
}
