//! `CreateAndIssueInvoice` and `BatchCreateAndIssueInvoices`: the hot path.

use quittance_service::BatchOperation;

use super::{Batch, Write, draft::draft_all, issue::issue_all};
use crate::{
    Error,
    app::TenantSettings,
    db,
    domain::{InvoiceContent, IssuedInvoice},
    outbox,
};

/// Creates a draft and issues it, in one step.
#[derive(Debug, Hash)]
pub(crate) struct CreateAndIssueInvoice {
    pub(crate) content: InvoiceContent,
}

impl BatchOperation for CreateAndIssueInvoice {
    const NAME: &'static str = "CreateAndIssueInvoice";
    type Settings = TenantSettings;
    type Output = IssuedInvoice;

    async fn run(w: &mut Write<'_>, commands: &[&Self]) -> Batch<IssuedInvoice> {
        let contents: Vec<&InvoiceContent> = commands.iter().map(|command| &command.content).collect();
        let drafts = draft_all(w, &contents).await?;
        let results = issue_all(w, drafts).await?;
        let issued: Vec<&IssuedInvoice> = results.iter().flatten().collect();
        db::issue::insert_issued(w.tx, &issued).await?;
        w.publish_each(&results, outbox::invoice_issued);
        Ok(results)
    }

    fn on_constraint(&self, constraint: &str) -> Option<Error> {
        Error::number_taken(constraint, self.content.external_number.as_deref())
    }
}
