//! `CreateInvoice` and `BatchCreateInvoices`.

use quittance_service::BatchOperation;

use super::{Batch, Write, draft::draft_all};
use crate::{
    Error,
    app::TenantSettings,
    db,
    domain::{Invoice, InvoiceContent},
    outbox,
};

/// Creates a draft.
#[derive(Debug, Hash)]
pub(crate) struct CreateInvoice {
    pub(crate) content: InvoiceContent,
}

impl BatchOperation for CreateInvoice {
    const NAME: &'static str = "CreateInvoice";
    type Settings = TenantSettings;
    type Output = Invoice;

    async fn run(w: &mut Write<'_>, commands: &[&Self]) -> Batch<Invoice> {
        let contents: Vec<&InvoiceContent> = commands.iter().map(|command| &command.content).collect();
        let results = draft_all(w, &contents).await?;
        let drafts: Vec<&Invoice> = results.iter().flatten().collect();
        db::invoice::insert_drafts(w.tx, &drafts).await?;
        w.publish_each(&results, outbox::invoice_drafted);
        Ok(results)
    }

    fn on_constraint(&self, constraint: &str) -> Option<Error> {
        Error::number_taken(constraint, self.content.external_number.as_deref())
    }
}
