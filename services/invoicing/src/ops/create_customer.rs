//! `CreateCustomer` and `BatchCreateCustomers`.

use quittance_kernel::{ContactId, CustomerId, TermsId};
use quittance_service::BatchOperation;

use super::{Batch, Write};
use crate::{
    Error,
    app::TenantSettings,
    db,
    domain::{Customer, CustomerContent},
    outbox,
};

/// Adds a customer.
#[derive(Debug, Hash)]
pub(crate) struct CreateCustomer {
    pub(crate) content: CustomerContent,
}

impl BatchOperation for CreateCustomer {
    const NAME: &'static str = "CreateCustomer";
    type Settings = TenantSettings;
    type Output = Customer;

    async fn run(w: &mut Write<'_>, commands: &[&Self]) -> Batch<Customer> {
        let now = w.now;
        let named: Vec<TermsId> = commands.iter().filter_map(|command| command.content.terms_id).collect();
        let terms = db::terms::find_all(w.tx, &named).await?;
        let create = |command: &&Self| {
            if let Some(unknown) = command.content.terms_id.filter(|id| !terms.contains_key(id)) {
                return Err(Error::TermsNotFound(unknown));
            }
            Customer::create(CustomerId::at(now), command.content.clone(), || ContactId::at(now), now)
                .map_err(|refusal| Error::refused("the customer", refusal))
        };
        let results: Vec<Result<Customer, Error>> = commands.iter().map(create).collect();
        let created: Vec<&Customer> = results.iter().flatten().collect();
        db::customer::insert_all(w.tx, &created).await?;
        w.publish_each(&results, outbox::customer_created);
        Ok(results)
    }

    fn on_constraint(&self, constraint: &str) -> Option<Error> {
        let number = self.content.number.as_ref().filter(|_| constraint == "customer_number_key");
        number.map(|number| Error::CustomerNumberTaken(number.clone()))
    }
}
