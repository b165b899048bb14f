//! `Approve`.

use quittance_approvals::{ApprovalMessage, ApproveRequest, begin, command, finish};
use quittance_kernel::Bug;
use quittance_service::Operation;

use super::{ActivatePolicy, CreditInvoice, ExtendDueDate, ReopenPeriod, Write, WriteOffCredit, WriteOffItem};
use crate::{Error, app::TenantSettings};

/// Approves a call of another person, and runs it.
#[derive(Debug, Hash)]
pub(crate) struct Approve {
    pub(crate) request: ApproveRequest,
}

impl Approve {
    /// The methods that can need approval.
    pub(crate) const METHODS: [&'static str; 6] = [
        ActivatePolicy::NAME,
        CreditInvoice::NAME,
        ExtendDueDate::NAME,
        ReopenPeriod::NAME,
        WriteOffCredit::NAME,
        WriteOffItem::NAME,
    ];
}

impl Operation for Approve {
    const NAME: &'static str = "Approve";
    type Settings = TenantSettings;
    type Output = ApprovalMessage;

    async fn run(&self, w: &mut Write<'_>) -> Result<ApprovalMessage, Error> {
        let approval = begin(w, &self.request).await?;
        let result = match approval.method.as_str() {
            ActivatePolicy::NAME => {
                let (activated, policy) = Box::pin(command::<ActivatePolicy>(&approval)?.run(w)).await?;
                activated.into_done()?;
                format!("policies/{}", policy.id)
            }
            CreditInvoice::NAME => {
                let credited = Box::pin(command::<CreditInvoice>(&approval)?.run(w)).await?;
                format!("creditNotes/{}", credited.into_done()?.0.id)
            }
            ExtendDueDate::NAME => {
                let (extended, _) = Box::pin(command::<ExtendDueDate>(&approval)?.run(w)).await?;
                format!("items/{}", extended.into_done()?.item)
            }
            ReopenPeriod::NAME => {
                let (reopened, period) = Box::pin(command::<ReopenPeriod>(&approval)?.run(w)).await?;
                reopened.into_done()?;
                format!("periods/{}", period.id)
            }
            WriteOffCredit::NAME => {
                let (written_off, _) = Box::pin(command::<WriteOffCredit>(&approval)?.run(w)).await?;
                format!("credits/{}", written_off.into_done()?.credit)
            }
            WriteOffItem::NAME => {
                let (written_off, _) = Box::pin(command::<WriteOffItem>(&approval)?.run(w)).await?;
                format!("badDebts/{}", written_off.into_done()?.id)
            }
            _ => return Err(Bug("an approval of a method that needs none").into()),
        };
        finish(w, &self.request, approval, result).await
    }

    /// Of the calls that it runs.
    fn on_constraint(&self, constraint: &str) -> Option<Error> {
        Error::number_taken(constraint, None)
    }
}
