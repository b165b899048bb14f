//! `IssueInvoice` and `BatchIssueInvoices`.

use quittance_kernel::InvoiceId;
use quittance_service::{BatchOperation, Etag};

use super::{Batch, Write, issue::issue_all};
use crate::{
    Error,
    app::TenantSettings,
    db,
    domain::{Invoice, IssuedInvoice},
    outbox,
};

/// Issues a draft.
#[derive(Debug, Hash)]
pub(crate) struct IssueInvoice {
    pub(crate) invoice: InvoiceId,
    pub(crate) etag: Etag,
}

impl BatchOperation for IssueInvoice {
    const NAME: &'static str = "IssueInvoice";
    type Settings = TenantSettings;
    type Output = IssuedInvoice;

    async fn run(w: &mut Write<'_>, commands: &[&Self]) -> Batch<IssuedInvoice> {
        let ids: Vec<InvoiceId> = commands.iter().map(|command| command.invoice).collect();
        let found = db::invoice::lock_all(w.tx, &ids).await?;
        let draft = |command: &&Self| -> Result<Invoice, Error> {
            let id = command.invoice;
            let draft = found.get(&id).ok_or(Error::InvoiceNotFound(id))?;
            command.etag.check(format_args!("invoice {id}"), draft.version)?;
            Ok(draft.clone())
        };
        let results = issue_all(w, commands.iter().map(draft).collect()).await?;
        let issued: Vec<&IssuedInvoice> = results.iter().flatten().collect();
        db::issue::update_issued(w.tx, &issued).await?;
        db::issue::open_items(w.tx, &issued).await?;
        w.publish_each(&results, outbox::invoice_issued);
        Ok(results)
    }

    fn on_constraint(&self, constraint: &str) -> Option<Error> {
        Error::number_taken(constraint, None)
    }
}
