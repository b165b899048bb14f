//! `IssueInvoice`, `CreateAndIssueInvoice` and their batch forms: the hot path.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{Answer, Command, DbError, SliceOp, Tx, is_stale, run_slice};
use quittance_kernel::{InvoiceId, Money, RequestId, TenantId};
use quittance_runtime::trace::Origin;

use super::{
    Results,
    create_drafts::{draft_all, name_external_number},
    for_all,
    issue::{Issued, issue_all},
};
use crate::{
    App, Error,
    app::Book,
    db,
    domain::{Invoice, InvoiceContent, Refusal},
    outbox,
};

/// Issues a draft.
#[derive(Debug, Clone, Hash)]
pub(crate) struct IssueInvoice {
    pub(crate) request: RequestId,
    pub(crate) invoice: InvoiceId,
    pub(crate) etag: String,
    pub(crate) origin: Origin,
}

impl Command for IssueInvoice {
    const NAME: &'static str = "IssueInvoice";

    fn request_id(&self) -> RequestId {
        self.request
    }
}

/// Creates and issues in one step.
#[derive(Debug, Clone, Hash)]
pub(crate) struct CreateAndIssueInvoice {
    pub(crate) request: RequestId,
    pub(crate) content: InvoiceContent,
    pub(crate) origin: Origin,
}

impl Command for CreateAndIssueInvoice {
    const NAME: &'static str = "CreateAndIssueInvoice";

    fn request_id(&self) -> RequestId {
        self.request
    }
}

struct Issuing<A> {
    book: Arc<Book>,
    today: NaiveDate,
    now: DateTime<Utc>,
    answer: fn(&Invoice, Option<Money>) -> A,
}

impl<A: Answer> Issuing<A> {
    /// Tells of the invoices, each in the trace of its command, and answers the commands.
    async fn publish(
        &self,
        tx: &mut Tx,
        issued: Issued,
        origins: impl Iterator<Item = Origin>,
    ) -> Result<Vec<Result<A, Error>>, DbError> {
        let events = issued.results.iter().zip(origins).filter_map(|(result, origin)| {
            let invoice = issued.invoices.get(*result.as_ref().ok()?)?;
            Some(outbox::invoice_issued(invoice, invoice.state.issuance()?, self.now).of(origin))
        });
        quittance_events::push(tx, events.collect()).await?;
        let answer = |place: usize| {
            let open = issued.items.get(place).map(|(item, ..)| item.open());
            issued
                .invoices
                .get(place)
                .map(|invoice| (self.answer)(invoice, open))
                .ok_or(Error::Db(DbError::AnsweredMeanwhile))
        };
        Ok(issued.results.into_iter().map(|result| result.and_then(answer)).collect())
    }
}

struct CreateAndIssue<A>(Issuing<A>);

impl<A: Answer> SliceOp for CreateAndIssue<A> {
    type Command = CreateAndIssueInvoice;
    type Answer = A;
    type Error = Error;

    async fn run(&self, tx: &mut Tx, commands: &[&CreateAndIssueInvoice]) -> Result<Vec<Result<A, Error>>, DbError> {
        let Issuing { book, today, now, .. } = &self.0;
        let contents: Vec<&InvoiceContent> = commands.iter().map(|c| &c.content).collect();
        let drafts = draft_all(tx, book, &contents, *now).await?;
        // Lines need no number: they are written before the counter is held.
        let lines: Vec<Invoice> = drafts.iter().flatten().cloned().collect();
        db::issue::insert_lines(tx, &lines).await?;
        let issued = issue_all(tx, book, drafts, *today, *now).await?;
        if issued.invoices.len() < lines.len() {
            remove_lines_of_refused(tx, &lines, &issued.invoices).await?;
        }
        db::issue::insert_issued(tx, &issued.invoices, &issued.items).await?;
        self.0.publish(tx, issued, commands.iter().map(|command| command.origin)).await
    }
}

/// A draft that was refused when it was issued leaves nothing behind.
async fn remove_lines_of_refused(tx: &mut Tx, drafts: &[Invoice], issued: &[Invoice]) -> Result<(), DbError> {
    let kept: std::collections::HashSet<InvoiceId> = issued.iter().map(|i| i.id).collect();
    let refused: Vec<InvoiceId> = drafts.iter().map(|d| d.id).filter(|id| !kept.contains(id)).collect();
    db::issue::delete_lines(tx, &refused).await
}

struct Issue<A>(Issuing<A>);

impl<A: Answer> SliceOp for Issue<A> {
    type Command = IssueInvoice;
    type Answer = A;
    type Error = Error;

    async fn run(&self, tx: &mut Tx, commands: &[&IssueInvoice]) -> Result<Vec<Result<A, Error>>, DbError> {
        let Issuing { book, today, now, .. } = &self.0;
        let ids: Vec<InvoiceId> = commands.iter().map(|c| c.invoice).collect();
        let found = db::invoice::lock_all(tx, &ids).await?;
        let mut taken = std::collections::HashSet::new();
        let drafts = commands.iter().map(|command| {
            let draft = found.get(&command.invoice).ok_or(Error::InvoiceNotFound(command.invoice))?;
            if is_stale(&command.etag, draft.version) {
                return Err(Error::Stale(format!("invoice {}", draft.id)));
            }
            // Two commands of a slice that issue one draft: the first has it.
            if taken.insert(draft.id) {
                Ok(draft.clone())
            } else {
                Err(Error::refused(draft.id, Refusal::InvoiceNotDraft { state: "issued" }))
            }
        });
        let issued = issue_all(tx, book, drafts.collect(), *today, *now).await?;
        if !issued.invoices.is_empty() {
            db::issue::update_issued(tx, &issued.invoices).await?;
            db::issue::open(tx, &issued.items).await?;
        }
        self.0.publish(tx, issued, commands.iter().map(|command| command.origin)).await
    }
}

/// Creates and issues invoices.
#[tracing::instrument(name = "invoicing.create_and_issue_invoices", skip_all, fields(count = commands.len()))]
pub(crate) async fn create_and_issue_invoices<A: Answer>(
    app: &App,
    tenant: TenantId,
    commands: Vec<CreateAndIssueInvoice>,
    answer: fn(&Invoice, Option<Money>) -> A,
) -> Results<A> {
    let book = match app.book(tenant).await {
        Ok(book) => book,
        Err(error) => return for_all(commands.len(), error),
    };
    let (now, today) = (app.now(), app.today(&book));
    let op = CreateAndIssue(Issuing { book, today, now, answer });
    let mut results = run_slice(app.db(), tenant, now, &op, &commands).await?;
    app.relay().wake();
    for (result, command) in results.iter_mut().zip(&commands) {
        name_external_number(result, &command.content);
    }
    Ok(results)
}

/// Issues drafts.
#[tracing::instrument(name = "invoicing.issue_invoices", skip_all, fields(count = commands.len()))]
pub(crate) async fn issue_invoices<A: Answer>(
    app: &App,
    tenant: TenantId,
    commands: Vec<IssueInvoice>,
    answer: fn(&Invoice, Option<Money>) -> A,
) -> Results<A> {
    let book = match app.book(tenant).await {
        Ok(book) => book,
        Err(error) => return for_all(commands.len(), error),
    };
    let (now, today) = (app.now(), app.today(&book));
    let op = Issue(Issuing { book, today, now, answer });
    let results = run_slice(app.db(), tenant, now, &op, &commands).await?;
    app.relay().wake();
    Ok(results)
}
