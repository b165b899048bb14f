//! `CreateCustomer` and `BatchCreateCustomers`.

use chrono::{DateTime, Utc};
use quittance_db::{Answer, Command, DbError, SliceOp, Tx, run_slice};
use quittance_kernel::{ContactId, CustomerId, RequestId, TenantId, TermsId};

use super::{Results, for_all};
use crate::{
    App, Error, db,
    domain::{Customer, CustomerContent},
    outbox,
};

/// Adds a customer. Its content was checked by the door.
#[derive(Debug, Clone, Hash)]
pub(crate) struct CreateCustomer {
    pub(crate) request: RequestId,
    pub(crate) content: CustomerContent,
}

impl Command for CreateCustomer {
    const NAME: &'static str = "CreateCustomer";

    fn request_id(&self) -> RequestId {
        self.request
    }
}

struct Op<A> {
    now: DateTime<Utc>,
    answer: fn(&Customer) -> A,
}

impl<A: Answer> SliceOp for Op<A> {
    type Command = CreateCustomer;
    type Answer = A;
    type Error = Error;

    async fn run(&self, tx: &mut Tx, commands: &[&CreateCustomer]) -> Result<Vec<Result<A, Error>>, DbError> {
        let terms: Vec<TermsId> = commands.iter().filter_map(|c| c.content.terms_id).collect();
        let terms = db::customer::find_terms(tx, &terms).await?;
        let mut created = Vec::with_capacity(commands.len());
        let mut answers = Vec::with_capacity(commands.len());
        for command in commands {
            let unknown = command.content.terms_id.filter(|id| !terms.contains_key(id));
            let decided = match unknown {
                Some(id) => Err(Error::TermsNotFound(id)),
                None => Customer::create(
                    CustomerId::at(self.now),
                    command.content.clone(),
                    || ContactId::at(self.now),
                    self.now,
                )
                .map_err(|refusal| Error::refused("the customer", refusal)),
            };
            answers.push(decided.map(|customer| {
                let answer = (self.answer)(&customer);
                created.push(customer);
                answer
            }));
        }
        db::customer::insert_all(tx, &created).await?;
        quittance_events::push(tx, created.iter().map(|c| outbox::customer_created(c, self.now)).collect()).await?;
        Ok(answers)
    }
}

/// Adds customers.
#[tracing::instrument(name = "invoicing.create_customers", skip_all, fields(count = commands.len()))]
pub(crate) async fn create_customers<A: Answer>(
    app: &App,
    tenant: TenantId,
    commands: Vec<CreateCustomer>,
    answer: fn(&Customer) -> A,
) -> Results<A> {
    if let Err(error) = app.book(tenant).await {
        return for_all(commands.len(), error);
    }
    let now = app.now();
    let mut results = run_slice(app.db(), tenant, now, &Op { now, answer }, &commands).await?;
    app.relay().wake();
    for (result, command) in results.iter_mut().zip(&commands) {
        if let (Err(Error::CustomerNumberTaken(number)), Some(asked)) = (result, &command.content.number) {
            number.clone_from(asked);
        }
    }
    Ok(results)
}
