//! `CreateTerms`: adds payment terms under a code.

use chrono::{DateTime, Utc};
use quittance_db::{Answer, Command, OneOp, OneResult, Tx, run_one};
use quittance_kernel::{RequestId, TenantId, TermsId};

use crate::{
    App, Error, db,
    domain::{NamedTerms, NamedTermsContent},
};

/// Adds terms.
#[derive(Debug, Clone, Hash)]
pub(crate) struct CreateTerms {
    pub(crate) request: RequestId,
    pub(crate) content: NamedTermsContent,
}

impl Command for CreateTerms {
    const NAME: &'static str = "CreateTerms";

    fn request_id(&self) -> RequestId {
        self.request
    }
}

struct Op<A> {
    now: DateTime<Utc>,
    answer: fn(&NamedTerms) -> A,
}

impl<A: Answer> OneOp for Op<A> {
    type Command = CreateTerms;
    type Answer = A;
    type Error = Error;

    async fn run(&self, tx: &mut Tx, command: &CreateTerms) -> OneResult<A, Error> {
        let terms = NamedTerms::new(TermsId::at(self.now), command.content.clone());
        db::customer::insert_terms(tx, &terms).await?;
        Ok(Ok((self.answer)(&terms)))
    }
}

/// Adds terms.
#[tracing::instrument(name = "invoicing.create_terms", skip_all)]
pub(crate) async fn create_terms<A: Answer>(
    app: &App,
    tenant: TenantId,
    command: CreateTerms,
    answer: fn(&NamedTerms) -> A,
) -> Result<A, Error> {
    app.book(tenant).await?;
    let now = app.now();
    let code = command.content.code.clone();
    run_one(app.db(), tenant, now, &Op { now, answer }, command).await.map_err(|error| match error {
        Error::TermsCodeTaken(_) => Error::TermsCodeTaken(code),
        other => other,
    })
}
