//! `WriteOffCredit`.

use chrono::NaiveDate;
use quittance_approvals::{Decided, Intent, require};
use quittance_kernel::{CreditId, Money};
use quittance_service::Operation;

use super::{Write, credits, recording_on};
use crate::{
    Error,
    app::TenantSettings,
    domain::{CreditEntry, CustomerCredit, Source, note_of},
    outbox,
};

/// Writes off what remains of a credit, or a part of it.
#[derive(Debug, Hash)]
pub(crate) struct WriteOffCredit {
    pub(crate) credit: CreditId,
    /// `None` for all that remains.
    pub(crate) amount: Option<Money>,
    /// `None` for today.
    pub(crate) effective_on: Option<NaiveDate>,
    pub(crate) reason: String,
}

impl Operation for WriteOffCredit {
    const NAME: &'static str = "WriteOffCredit";
    type Settings = TenantSettings;
    /// What was done, and the credit as it is now.
    type Output = (Decided<CreditEntry>, CustomerCredit);

    async fn run(&self, w: &mut Write<'_>) -> Result<Self::Output, Error> {
        let id = self.credit;
        let dated_on = self.effective_on.unwrap_or(w.today()?);
        let recording = recording_on(w, dated_on, Source::CreditNote(note_of(id)), &self.reason).await?;
        let credit = credits::lock(w, id).await?;
        let used = credit
            .clone()
            .write_off(self.amount, dated_on, &recording)
            .map_err(|refusal| Error::refused(format!("credit {id}"), refusal))?;
        let intent = Intent {
            subject: format!("credits/{id}"),
            customer: Some(credit.customer),
            amount: Some(used.entry.amount.negated()),
            reason: self.reason.clone(),
        };
        if let Some(approval) = require(w, self, intent).await? {
            return Ok((Decided::Waiting(approval), credit));
        }
        let credit = credits::save(w, std::slice::from_ref(&used)).await?;
        w.publish(outbox::credit_written_off(&used));
        Ok((Decided::Done(used.entry), credit))
    }
}
