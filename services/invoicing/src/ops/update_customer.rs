//! `UpdateCustomer`.

use chrono::{DateTime, Utc};
use quittance_db::{Answer, Command, OneOp, OneResult, Tx, is_stale, run_one};
use quittance_kernel::{ContactId, CustomerId, RequestId, TenantId};

use crate::{
    App, Error, db,
    domain::{Customer, CustomerPatch},
    outbox,
};

/// Changes a customer.
#[derive(Debug, Clone, Hash)]
pub(crate) struct UpdateCustomer {
    pub(crate) request: RequestId,
    pub(crate) customer: CustomerId,
    pub(crate) etag: String,
    pub(crate) patch: CustomerPatch,
}

impl Command for UpdateCustomer {
    const NAME: &'static str = "UpdateCustomer";

    fn request_id(&self) -> RequestId {
        self.request
    }
}

struct Op<A> {
    now: DateTime<Utc>,
    answer: fn(&Customer) -> A,
}

impl<A: Answer> Op<A> {
    async fn decide(&self, tx: &mut Tx, command: &UpdateCustomer) -> OneResult<Customer, Error> {
        let Some(customer) = db::customer::lock(tx, command.customer).await? else {
            return Ok(Err(Error::CustomerNotFound(command.customer)));
        };
        if is_stale(&command.etag, customer.version) {
            return Ok(Err(Error::Stale(format!("customer {}", command.customer))));
        }
        let content = command.patch.clone().onto(&customer);
        if let Some(id) = content.terms_id
            && db::customer::find_terms(tx, &[id]).await?.is_empty()
        {
            return Ok(Err(Error::TermsNotFound(id)));
        }
        let decided = customer.update(content, || ContactId::at(self.now));
        Ok(decided.map_err(|refusal| Error::refused(format!("customer {}", command.customer), refusal)))
    }
}

impl<A: Answer> OneOp for Op<A> {
    type Command = UpdateCustomer;
    type Answer = A;
    type Error = Error;

    async fn run(&self, tx: &mut Tx, command: &UpdateCustomer) -> OneResult<A, Error> {
        let customer = match self.decide(tx, command).await? {
            Ok(decided) => decided,
            Err(error) => return Ok(Err(error)),
        };
        db::customer::update(tx, &customer).await?;
        quittance_events::push(tx, vec![outbox::customer_updated(&customer, self.now)]).await?;
        Ok(Ok((self.answer)(&customer)))
    }
}

/// Changes a customer.
#[tracing::instrument(name = "invoicing.update_customer", skip_all)]
pub(crate) async fn update_customer<A: Answer>(
    app: &App,
    tenant: TenantId,
    command: UpdateCustomer,
    answer: fn(&Customer) -> A,
) -> Result<A, Error> {
    let now = app.now();
    let number = command.patch.number.clone().flatten().unwrap_or_default();
    let result = run_one(app.db(), tenant, now, &Op { now, answer }, command).await;
    app.relay().wake();
    result.map_err(|error| match error {
        Error::CustomerNumberTaken(_) => Error::CustomerNumberTaken(number),
        other => other,
    })
}
