//! `CreateTenant`.

use quittance_kernel::{Currency, SeriesId};
use quittance_service::Operation;

use super::Write;
use crate::{
    Error,
    app::TenantSettings,
    db,
    domain::{Series, Tenant, TenantContent},
    outbox,
};

/// Creates the tenant of the call, with a first series for each kind of document.
#[derive(Debug, Hash)]
pub(crate) struct CreateTenant {
    pub(crate) base_currency: Currency,
    pub(crate) content: TenantContent,
}

impl Operation for CreateTenant {
    const NAME: &'static str = "CreateTenant";
    const NEEDS_TENANT: bool = false;
    type Settings = TenantSettings;
    type Output = Tenant;

    async fn run(&self, w: &mut Write<'_>) -> Result<Tenant, Error> {
        let tenant = Tenant::create(w.tx.tenant(), self.base_currency, self.content.clone(), w.now);
        if !db::tenant::insert(w.tx, &tenant).await? {
            return Err(Error::TenantExists(tenant.id));
        }
        w.publish(outbox::tenant_created(&tenant));
        for series in Series::starters(std::array::from_fn(|_| SeriesId::at(w.now)), w.now) {
            db::series::insert(w.tx, &series).await?;
            w.publish(outbox::series_created(tenant.id, &series));
        }
        Ok(tenant)
    }
}
