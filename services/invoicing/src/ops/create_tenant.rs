//! `CreateTenant`: opens a book of receivables.

use chrono::{DateTime, Utc};
use quittance_db::{Answer, Command, OneOp, OneResult, Tx, run_one};
use quittance_kernel::{RequestId, SeriesId, TenantId};

use crate::{
    App, Error, db,
    domain::{Series, Tenant, TenantContent},
    outbox,
};

/// Opens a book.
#[derive(Debug, Clone, Hash)]
pub(crate) struct CreateTenant {
    pub(crate) request: RequestId,
    pub(crate) content: TenantContent,
}

impl Command for CreateTenant {
    const NAME: &'static str = "CreateTenant";

    fn request_id(&self) -> RequestId {
        self.request
    }
}

struct Op<A> {
    now: DateTime<Utc>,
    answer: fn(&Tenant) -> A,
}

impl<A: Answer> OneOp for Op<A> {
    type Command = CreateTenant;
    type Answer = A;
    type Error = Error;

    async fn run(&self, tx: &mut Tx, command: &CreateTenant) -> OneResult<A, Error> {
        let id = tx.tenant();
        let tenant = Tenant::create(id, command.content.clone(), self.now);
        if !db::book::insert_tenant(tx, &tenant).await? {
            return Ok(Err(Error::TenantExists(id)));
        }
        for series in Series::starters(SeriesId::at(self.now), SeriesId::at(self.now), SeriesId::at(self.now)) {
            db::book::insert_series(tx, &series).await?;
        }
        quittance_events::push(tx, vec![outbox::tenant_created(id, &tenant, self.now)]).await?;
        Ok(Ok((self.answer)(&tenant)))
    }
}

/// Opens the book of the call's tenant.
#[tracing::instrument(name = "invoicing.create_tenant", skip_all)]
pub(crate) async fn create_tenant<A: Answer>(
    app: &App,
    tenant: TenantId,
    command: CreateTenant,
    answer: fn(&Tenant) -> A,
) -> Result<A, Error> {
    let now = app.now();
    let result = run_one(app.db(), tenant, now, &Op { now, answer }, command).await;
    app.relay().wake();
    result
}
