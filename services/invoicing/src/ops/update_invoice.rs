//! `UpdateInvoice` and `BatchUpdateInvoices`.

use std::collections::{BTreeMap, HashMap};

use quittance_kernel::InvoiceId;
use quittance_service::{BatchOperation, Etag};

use super::{Batch, Write, references::References};
use crate::{
    Error,
    app::TenantSettings,
    db::{self, invoice::ChangedDraft},
    domain::{Invoice, InvoiceContent, InvoicePatch},
    outbox,
};

/// Changes a draft.
#[derive(Debug, Hash)]
pub(crate) struct UpdateInvoice {
    pub(crate) invoice: InvoiceId,
    pub(crate) etag: Etag,
    pub(crate) patch: InvoicePatch,
}

impl UpdateInvoice {
    fn content(&self, draft: &Invoice) -> Result<InvoiceContent, Error> {
        let content = self.patch.clone().onto(draft.content());
        content.map_err(|refusal| Error::refused(format!("invoice {}", draft.id), refusal))
    }

    fn change(&self, draft: &Invoice, references: &References<'_>) -> Result<Invoice, Error> {
        let subject = format!("invoice {}", draft.id);
        self.etag.check(&subject, draft.version)?;
        draft.check_draft().map_err(|refusal| Error::refused(&subject, refusal))?;
        let resolved = references.resolve(&self.content(draft)?)?;
        draft
            .clone()
            .update(resolved.content, resolved.terms, resolved.series)
            .map_err(|refusal| Error::refused(&subject, refusal))
    }
}

impl BatchOperation for UpdateInvoice {
    const NAME: &'static str = "UpdateInvoice";
    type Settings = TenantSettings;
    type Output = Invoice;

    async fn run(w: &mut Write<'_>, commands: &[&Self]) -> Batch<Invoice> {
        let ids: Vec<InvoiceId> = commands.iter().map(|command| command.invoice).collect();
        let mut drafts: HashMap<InvoiceId, Invoice> = db::invoice::lock_all(w.tx, &ids).await?;
        let contents: Vec<InvoiceContent> =
            commands.iter().filter_map(|command| command.content(drafts.get(&command.invoice)?).ok()).collect();
        let references = References::load(w.tx, w.settings()?, &contents.iter().collect::<Vec<_>>()).await?;
        let mut changed: BTreeMap<InvoiceId, ChangedDraft> = BTreeMap::new();
        let mut results = Vec::with_capacity(commands.len());
        // Several commands may change one draft: each sees the changes of the one before.
        for (place, command) in commands.iter().enumerate() {
            let draft = drafts.get_mut(&command.invoice).ok_or(Error::InvoiceNotFound(command.invoice));
            results.push(draft.and_then(|draft| {
                let version_before = draft.version;
                *draft = Invoice { updated_at: w.now, ..command.change(draft, &references)? };
                changed
                    .entry(draft.id)
                    .and_modify(|changed| changed.draft.clone_from(draft))
                    .or_insert_with(|| ChangedDraft { draft: draft.clone(), version_before });
                w.publish_for(place, outbox::invoice_updated(draft));
                Ok(draft.clone())
            }));
        }
        db::invoice::update_drafts(w.tx, &changed.into_values().collect::<Vec<_>>()).await?;
        Ok(results)
    }
}
