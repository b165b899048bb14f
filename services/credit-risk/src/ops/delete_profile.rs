//! `DeleteProfile`.

use quittance_kernel::ProfileId;
use quittance_service::{Etag, Operation};

use super::Write;
use crate::{Error, app::TenantSettings, db, outbox};

/// Deletes a profile that never had a reservation. The customer has no limit then.
#[derive(Debug, Hash)]
pub(crate) struct DeleteProfile {
    pub(crate) profile: ProfileId,
    pub(crate) etag: Etag,
}

impl Operation for DeleteProfile {
    const NAME: &'static str = "DeleteProfile";
    type Settings = TenantSettings;
    type Output = ();

    async fn run(&self, w: &mut Write<'_>) -> Result<(), Error> {
        let id = self.profile;
        let profile = db::profile::lock(w.tx, id).await?;
        self.etag.check(format_args!("profile {id}"), profile.version)?;
        db::profile::delete(w.tx, id).await?;
        w.publish(outbox::profile_deleted(&profile));
        Ok(())
    }

    fn on_constraint(&self, constraint: &str) -> Option<Error> {
        (constraint == "reservation_profile_exists").then_some(Error::ProfileHasReservations(self.profile))
    }
}
