//! The two times of a report.

use chrono::{DateTime, NaiveDate, Utc};

/// What a report is as of: an effective date, and what was known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AsOf {
    /// What is effective on or before this date.
    pub(crate) on: NaiveDate,
    /// What had become known by this instant; `None`: everything that is known now.
    pub(crate) known_at: Option<DateTime<Utc>>,
}

impl AsOf {
    /// The same knowledge of another date.
    pub(crate) fn on(self, on: NaiveDate) -> Self {
        Self { on, ..self }
    }
}
