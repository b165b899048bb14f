//! `CreateProfile`.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use quittance_db::{Answer, Command, OneOp, OneResult, Tx, run_one};
use quittance_kernel::{ProfileId, RequestId, TenantId};

use crate::{
    App, Error, db,
    domain::{CreditProfile, NewProfile},
    outbox,
};

/// Gives a customer a limit.
#[derive(Debug, Clone, Hash)]
pub(crate) struct CreateProfile {
    pub(crate) request: RequestId,
    pub(crate) new: NewProfile,
}

impl Command for CreateProfile {
    const NAME: &'static str = "CreateProfile";

    fn request_id(&self) -> RequestId {
        self.request
    }
}

struct Op<A> {
    now: DateTime<Utc>,
    answer: fn(&CreditProfile) -> A,
}

impl<A: Answer> Op<A> {
    async fn decide(&self, tx: &mut Tx, new: &NewProfile) -> OneResult<CreditProfile, Error> {
        // Held, so that no event changes what the customer owes before the profile is there to be changed with it.
        if db::projection::lock_customers(tx, &BTreeSet::from([new.customer])).await? == 0 {
            return Ok(Err(Error::CustomerNotFound(new.customer)));
        }
        let exposure = db::projection::owed(tx, (new.customer, new.limit.currency())).await?;
        let created = CreditProfile::create(ProfileId::at(self.now), new.clone(), exposure, self.now);
        Ok(created.map_err(|refusal| Error::refused(format!("customer {}", new.customer), refusal)))
    }
}

impl<A: Answer> OneOp for Op<A> {
    type Command = CreateProfile;
    type Answer = A;
    type Error = Error;

    async fn run(&self, tx: &mut Tx, command: &CreateProfile) -> OneResult<A, Error> {
        let profile = match self.decide(tx, &command.new).await? {
            Ok(decided) => decided,
            Err(error) => return Ok(Err(error)),
        };
        db::profile::insert(tx, &profile).await?;
        quittance_events::push(tx, vec![outbox::profile_created(&profile, self.now)]).await?;
        Ok(Ok((self.answer)(&profile)))
    }
}

/// Gives a customer a limit. What the customer owes already is its exposure from the start.
#[tracing::instrument(name = "creditrisk.create_profile", skip_all)]
pub(crate) async fn create_profile<A: Answer>(
    app: &App,
    tenant: TenantId,
    command: CreateProfile,
    answer: fn(&CreditProfile) -> A,
) -> Result<A, Error> {
    let now = app.now();
    let result = run_one(app.db(), tenant, now, &Op { now, answer }, command).await;
    app.relay().wake();
    result
}
