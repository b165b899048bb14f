//! `UpdateTenant`.

use quittance_service::{CommonError, Etag, Operation};

use super::Write;
use crate::{
    Error,
    app::TenantSettings,
    db,
    domain::{Tenant, TenantPatch},
    outbox,
};

/// Changes the tenant of the call. Documents keep the seller that they were issued with.
#[derive(Debug, Hash)]
pub(crate) struct UpdateTenant {
    pub(crate) etag: Etag,
    pub(crate) patch: TenantPatch,
}

impl Operation for UpdateTenant {
    const NAME: &'static str = "UpdateTenant";
    type Settings = TenantSettings;
    type Output = Tenant;

    async fn run(&self, w: &mut Write<'_>) -> Result<Tenant, Error> {
        let id = w.tx.tenant();
        let tenant = db::tenant::lock(w.tx).await?.ok_or(CommonError::TenantNotFound(id))?;
        self.etag.check(format_args!("tenant {id}"), tenant.version)?;
        let tenant = self.patch.clone().onto(tenant, w.now);
        let tenant = tenant.map_err(|refusal| Error::refused(format!("tenant {id}"), refusal))?;
        db::tenant::update(w.tx, &tenant).await?;
        w.publish(outbox::tenant_updated(&tenant));
        Ok(tenant)
    }
}
