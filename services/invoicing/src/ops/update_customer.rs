//! `UpdateCustomer`.

use quittance_kernel::{ContactId, CustomerId};
use quittance_service::{Etag, Operation};

use super::Write;
use crate::{
    Error,
    app::TenantSettings,
    db,
    domain::{Customer, CustomerPatch},
    outbox,
};

/// Changes a customer.
#[derive(Debug, Hash)]
pub(crate) struct UpdateCustomer {
    pub(crate) customer: CustomerId,
    pub(crate) etag: Etag,
    pub(crate) patch: CustomerPatch,
}

impl Operation for UpdateCustomer {
    const NAME: &'static str = "UpdateCustomer";
    type Settings = TenantSettings;
    type Output = Customer;

    async fn run(&self, w: &mut Write<'_>) -> Result<Customer, Error> {
        let id = self.customer;
        let customer = db::customer::lock(w.tx, id).await?;
        self.etag.check(format_args!("customer {id}"), customer.version)?;
        let refused = |refusal| Error::refused(format!("customer {id}"), refusal);
        let content = self.patch.clone().onto(&customer).map_err(refused)?;
        if let Some(terms) = content.terms_id
            && db::terms::find_all(w.tx, &[terms]).await?.is_empty()
        {
            return Err(Error::TermsNotFound(terms));
        }
        let customer = customer.update(content, || ContactId::at(w.now)).map_err(refused)?;
        let customer = Customer { updated_at: w.now, ..customer };
        db::customer::update(w.tx, &customer).await?;
        w.publish(outbox::customer_updated(&customer));
        Ok(customer)
    }

    fn on_constraint(&self, constraint: &str) -> Option<Error> {
        let number = self.patch.number.as_ref()?.as_ref().filter(|_| constraint == "customer_number_key");
        number.map(|number| Error::CustomerNumberTaken(number.clone()))
    }
}
