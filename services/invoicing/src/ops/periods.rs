//! Which days are open, for the operations that add entries.

use chrono::NaiveDate;
use quittance_policies::db::in_force;

use super::Write;
use crate::{
    Error, db,
    domain::{LateEntries, OpenDays, Policy, PolicyContent},
};

/// The days on which something can be dated, for documents and entries of these dates. Until the transaction ends no period is closed or reopened.
pub(super) async fn open_days(
    w: &mut Write<'_>,
    dates: impl IntoIterator<Item = NaiveDate>,
) -> Result<OpenDays, Error> {
    let today = w.today()?;
    let closed_through = db::period::closed_through(w.tx).await?;
    let open_days = OpenDays::new(today, closed_through, LateEntries::default());
    if !dates.into_iter().any(|date| open_days.is_closed(date)) {
        return Ok(open_days);
    }
    let policy: Option<Policy> = in_force(w.tx, PolicyContent::LATE_ENTRIES, today).await?;
    let late = policy.and_then(|policy| match policy.content {
        PolicyContent::LateEntries(late) => Some(late),
        PolicyContent::Approvals(_) | PolicyContent::Tolerances(_) => None,
    });
    Ok(OpenDays::new(today, closed_through, late.unwrap_or_default()))
}
