//! `UpdateInvoice` and `BatchUpdateInvoices`: changes drafts.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};
use quittance_db::{Answer, Command, DbError, SliceOp, Tx, is_stale, run_slice};
use quittance_kernel::{InvoiceId, RequestId, TenantId};

use super::{Results, for_all, resolve::References};
use crate::{
    App, Error,
    app::Book,
    db,
    domain::{Invoice, InvoiceContent, InvoicePatch, Refusal},
    outbox,
};

/// Changes a draft.
#[derive(Debug, Clone, Hash)]
pub(crate) struct UpdateInvoice {
    pub(crate) request: RequestId,
    pub(crate) invoice: InvoiceId,
    pub(crate) etag: String,
    pub(crate) patch: InvoicePatch,
}

impl Command for UpdateInvoice {
    const NAME: &'static str = "UpdateInvoice";

    fn request_id(&self) -> RequestId {
        self.request
    }
}

struct Op<A> {
    book: Arc<Book>,
    now: DateTime<Utc>,
    answer: fn(&Invoice) -> A,
}

/// The draft a command is about, and its content with the changes.
fn change(command: &UpdateInvoice, found: &HashMap<InvoiceId, Invoice>) -> Result<(Invoice, InvoiceContent), Error> {
    let draft = found.get(&command.invoice).ok_or(Error::InvoiceNotFound(command.invoice))?;
    if is_stale(&command.etag, draft.version) {
        return Err(Error::Stale(format!("invoice {}", draft.id)));
    }
    if draft.state.issuance().is_some() {
        return Err(Error::refused(
            format!("invoice {}", draft.id),
            Refusal::InvoiceNotDraft { state: draft.state.label() },
        ));
    }
    Ok((draft.clone(), command.patch.clone().onto(draft.content())))
}

impl<A: Answer> SliceOp for Op<A> {
    type Command = UpdateInvoice;
    type Answer = A;
    type Error = Error;

    async fn run(&self, tx: &mut Tx, commands: &[&UpdateInvoice]) -> Result<Vec<Result<A, Error>>, DbError> {
        let ids: Vec<InvoiceId> = commands.iter().map(|c| c.invoice).collect();
        let mut found = db::invoice::lock_all(tx, &ids).await?;
        let contents: Vec<InvoiceContent> = commands
            .iter()
            .filter_map(|c| found.get(&c.invoice).map(|draft| c.patch.clone().onto(draft.content())))
            .collect();
        let references = References::read(tx, &self.book, &contents.iter().collect::<Vec<_>>()).await?;
        let mut answers = Vec::with_capacity(commands.len());
        // Several commands may change one draft: each sees what the one before it made.
        for command in commands {
            let decided = change(command, &found).and_then(|(draft, content)| {
                let resolved = references.resolve(&content)?;
                let subject = format!("invoice {}", draft.id);
                draft
                    .update(resolved.content, resolved.terms, resolved.series)
                    .map_err(|refusal| Error::refused(subject, refusal))
            });
            let answer = match decided {
                Ok(draft) => {
                    db::invoice::update_drafts(tx, std::slice::from_ref(&draft)).await?;
                    quittance_events::push(tx, vec![outbox::invoice_updated(&draft, self.now)]).await?;
                    let answer = (self.answer)(&draft);
                    found.insert(draft.id, draft);
                    Ok(answer)
                }
                Err(error) => Err(error),
            };
            answers.push(answer);
        }
        Ok(answers)
    }
}

/// Changes drafts.
#[tracing::instrument(name = "invoicing.update_invoices", skip_all, fields(count = commands.len()))]
pub(crate) async fn update_invoices<A: Answer>(
    app: &App,
    tenant: TenantId,
    commands: Vec<UpdateInvoice>,
    answer: fn(&Invoice) -> A,
) -> Results<A> {
    let book = match app.book(tenant).await {
        Ok(book) => book,
        Err(error) => return for_all(commands.len(), error),
    };
    let now = app.now();
    let results = run_slice(app.db(), tenant, now, &Op { book, now, answer }, &commands).await?;
    app.relay().wake();
    Ok(results)
}
