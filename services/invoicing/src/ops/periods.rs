//! Which days are open, for the operations that add entries.

use chrono::NaiveDate;
use quittance_policies::db::in_force;

use super::Write;
use crate::{
    Error, db,
    domain::{LateEntries, OpenDays, Policy, PolicyContent},
};

/// Which days are open, for entries of which the earliest is dated on this day. Until the transaction ends no period is closed or reopened.
pub(super) async fn open_days(w: &mut Write<'_>, earliest: NaiveDate) -> Result<OpenDays, Error> {
    let closed_through = db::period::closed_through(w.tx).await?;
    let open = OpenDays::after(closed_through, LateEntries::default());
    if !open.is_closed(earliest) {
        return Ok(open);
    }
    let today = w.today()?;
    let policy: Option<Policy> = in_force(w.tx, PolicyContent::LATE_ENTRIES, today).await?;
    let late = policy.and_then(|policy| match policy.content {
        PolicyContent::LateEntries(late) => Some(late),
        PolicyContent::Approvals(_) | PolicyContent::Tolerances(_) => None,
    });
    Ok(OpenDays::after(closed_through, late.unwrap_or_default()))
}
