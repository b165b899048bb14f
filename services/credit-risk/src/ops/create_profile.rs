//! `CreateProfile`.

use std::collections::BTreeSet;

use quittance_kernel::ProfileId;
use quittance_service::Operation;

use super::Write;
use crate::{
    Error,
    app::TenantSettings,
    db,
    domain::{CreditProfile, NewProfile},
    outbox,
};

/// Creates a credit profile. The customer's current debt is its initial exposure.
#[derive(Debug, Hash)]
pub(crate) struct CreateProfile {
    pub(crate) new: NewProfile,
}

impl Operation for CreateProfile {
    const NAME: &'static str = "CreateProfile";
    type Settings = TenantSettings;
    type Output = CreditProfile;

    async fn run(&self, w: &mut Write<'_>) -> Result<CreditProfile, Error> {
        let (customer, currency) = (self.new.customer, self.new.limit.currency());
        // Locked, so that no event changes the customer's debt before the profile exists.
        if db::projection::lock_customers(w.tx, &BTreeSet::from([customer])).await? == 0 {
            return Err(Error::CustomerNotFound(customer));
        }
        let exposure = db::projection::owed(w.tx, (customer, currency)).await?;
        let profile = CreditProfile::create(ProfileId::at(w.now), self.new.clone(), exposure, w.now)
            .map_err(|refusal| Error::refused(format!("customer {customer}"), refusal))?;
        db::profile::insert(w.tx, &profile).await?;
        w.publish(outbox::profile_created(&profile));
        Ok(profile)
    }

    fn on_constraint(&self, constraint: &str) -> Option<Error> {
        (constraint == "profile_customer_currency_key").then_some(Error::ProfileExists)
    }
}
