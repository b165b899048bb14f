//! `UpdateProfile`.

use chrono::{DateTime, Utc};
use quittance_db::{Answer, Command, OneOp, OneResult, Tx, is_stale, run_one};
use quittance_kernel::{ProfileId, RequestId, TenantId};

use crate::{
    App, Error, db,
    domain::{CreditProfile, ProfileChange},
    outbox,
};

/// Changes a limit or its note.
#[derive(Debug, Clone, Hash)]
pub(crate) struct UpdateProfile {
    pub(crate) request: RequestId,
    pub(crate) profile: ProfileId,
    pub(crate) etag: String,
    pub(crate) change: ProfileChange,
}

impl Command for UpdateProfile {
    const NAME: &'static str = "UpdateProfile";

    fn request_id(&self) -> RequestId {
        self.request
    }
}

struct Op<A> {
    now: DateTime<Utc>,
    answer: fn(&CreditProfile) -> A,
}

async fn decide(tx: &mut Tx, command: &UpdateProfile) -> OneResult<CreditProfile, Error> {
    let id = command.profile;
    let Some(profile) = db::profile::lock(tx, id).await? else { return Ok(Err(Error::ProfileNotFound(id))) };
    if is_stale(&command.etag, profile.version) {
        return Ok(Err(Error::Stale(format!("profile {id}"))));
    }
    Ok(profile.change(command.change.clone()).map_err(|refusal| Error::refused(format!("profile {id}"), refusal)))
}

impl<A: Answer> OneOp for Op<A> {
    type Command = UpdateProfile;
    type Answer = A;
    type Error = Error;

    async fn run(&self, tx: &mut Tx, command: &UpdateProfile) -> OneResult<A, Error> {
        let profile = match decide(tx, command).await? {
            Ok(decided) => decided,
            Err(error) => return Ok(Err(error)),
        };
        db::profile::update(tx, &profile).await?;
        quittance_events::push(tx, vec![outbox::profile_updated(&profile, self.now)]).await?;
        Ok(Ok((self.answer)(&profile)))
    }
}

/// Changes a limit or its note.
#[tracing::instrument(name = "creditrisk.update_profile", skip_all)]
pub(crate) async fn update_profile<A: Answer>(
    app: &App,
    tenant: TenantId,
    command: UpdateProfile,
    answer: fn(&CreditProfile) -> A,
) -> Result<A, Error> {
    let now = app.now();
    let result = run_one(app.db(), tenant, now, &Op { now, answer }, command).await;
    app.relay().wake();
    result
}
