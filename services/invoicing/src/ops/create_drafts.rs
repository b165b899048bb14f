//! `CreateInvoice` and `BatchCreateInvoices`: drafts.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use quittance_db::{Answer, Command, DbError, SliceOp, Tx, run_slice};
use quittance_kernel::{InvoiceId, RequestId, TenantId};

use super::{Results, for_all, resolve::References};
use crate::{
    App, Error,
    app::Book,
    db,
    domain::{Invoice, InvoiceContent},
    outbox,
};

/// Creates a draft.
#[derive(Debug, Clone, Hash)]
pub(crate) struct CreateInvoice {
    pub(crate) request: RequestId,
    pub(crate) content: InvoiceContent,
}

impl Command for CreateInvoice {
    const NAME: &'static str = "CreateInvoice";

    fn request_id(&self) -> RequestId {
        self.request
    }
}

struct Op<A> {
    book: Arc<Book>,
    now: DateTime<Utc>,
    answer: fn(&Invoice) -> A,
}

/// Drafts of these contents, or why there is none.
pub(crate) async fn draft_all(
    tx: &mut Tx,
    book: &Book,
    contents: &[&InvoiceContent],
    now: DateTime<Utc>,
) -> Result<Vec<Result<Invoice, Error>>, DbError> {
    let references = References::read(tx, book, contents).await?;
    let brings_number = contents.iter().any(|content| content.external_number.is_some());
    let series = if brings_number { db::book::list_series(tx).await? } else { Vec::new() };
    let drafts = contents.iter().map(|content| {
        let given = |number: &String| {
            series.iter().find(|series| series.will_give(number)).map(|s| (number.clone(), s.code.clone()))
        };
        if let Some((number, series)) = content.external_number.as_ref().and_then(given) {
            return Err(Error::ExternalNumberInSeries { number, series });
        }
        let resolved = references.resolve(content)?;
        Invoice::draft(InvoiceId::at(now), resolved.content, resolved.terms, resolved.series, book.tenant.rounding, now)
            .map_err(|refusal| Error::refused("the invoice", refusal))
    });
    Ok(drafts.collect())
}

impl<A: Answer> SliceOp for Op<A> {
    type Command = CreateInvoice;
    type Answer = A;
    type Error = Error;

    async fn run(&self, tx: &mut Tx, commands: &[&CreateInvoice]) -> Result<Vec<Result<A, Error>>, DbError> {
        let contents: Vec<&InvoiceContent> = commands.iter().map(|c| &c.content).collect();
        let decided = draft_all(tx, &self.book, &contents, self.now).await?;
        let mut drafts = Vec::with_capacity(decided.len());
        let answers = decided.into_iter().map(|draft| {
            draft.map(|draft| {
                let answer = (self.answer)(&draft);
                drafts.push(draft);
                answer
            })
        });
        let answers = answers.collect();
        if !drafts.is_empty() {
            db::invoice::insert_drafts(tx, &drafts).await?;
            quittance_events::push(tx, drafts.iter().map(|d| outbox::invoice_drafted(d, self.now)).collect()).await?;
        }
        Ok(answers)
    }
}

/// Creates drafts.
#[tracing::instrument(name = "invoicing.create_invoices", skip_all, fields(count = commands.len()))]
pub(crate) async fn create_invoices<A: Answer>(
    app: &App,
    tenant: TenantId,
    commands: Vec<CreateInvoice>,
    answer: fn(&Invoice) -> A,
) -> Results<A> {
    let book = match app.book(tenant).await {
        Ok(book) => book,
        Err(error) => return for_all(commands.len(), error),
    };
    let now = app.now();
    let mut results = run_slice(app.db(), tenant, now, &Op { book, now, answer }, &commands).await?;
    app.relay().wake();
    for (result, command) in results.iter_mut().zip(&commands) {
        name_external_number(result, &command.content);
    }
    Ok(results)
}

/// Says which number is taken: the constraint does not.
pub(crate) fn name_external_number<A>(result: &mut Result<A, Error>, content: &InvoiceContent) {
    if let (Err(error @ (Error::ExternalNumberTaken(_) | Error::NumberTaken)), Some(asked)) =
        (result, &content.external_number)
    {
        *error = Error::ExternalNumberTaken(asked.clone());
    }
}
