//! `UpdateProfile`.

use quittance_kernel::ProfileId;
use quittance_service::{Etag, Operation};

use super::Write;
use crate::{
    Error,
    app::TenantSettings,
    db,
    domain::{CreditProfile, ProfileChange},
    outbox,
};

/// Changes the limit or the note of a profile.
#[derive(Debug, Hash)]
pub(crate) struct UpdateProfile {
    pub(crate) profile: ProfileId,
    pub(crate) etag: Etag,
    pub(crate) change: ProfileChange,
}

impl Operation for UpdateProfile {
    const NAME: &'static str = "UpdateProfile";
    type Settings = TenantSettings;
    type Output = CreditProfile;

    async fn run(&self, w: &mut Write<'_>) -> Result<CreditProfile, Error> {
        let id = self.profile;
        let profile = db::profile::lock(w.tx, id).await?;
        self.etag.check(format_args!("profile {id}"), profile.version)?;
        let profile =
            profile.change(self.change.clone()).map_err(|refusal| Error::refused(format!("profile {id}"), refusal))?;
        let profile = CreditProfile { updated_at: w.now, ..profile };
        db::profile::update(w.tx, &profile).await?;
        w.publish(outbox::profile_updated(&profile));
        Ok(profile)
    }
}
