//! The service's interface to its host.

use quittance_db::{DbError, Invariant, Workload};
use quittance_events::{Projection, Reader};
use quittance_host::{Parts, Reads, Service};
use quittance_kernel::TenantId;
use quittance_service::State;
use sqlx::migrate::Migrator;
use tonic::service::Routes;

use crate::{App, app::TenantSettings, db, grpc, inbox};

impl Service for App {
    const AREA: &'static str = crate::AREA;
    const READS: &'static [Reads<Self>] =
        &[Reads { area: "collections", reader: |_| Reader::new(inbox::CollectionsHandler) }];
    const CALLS: &'static [&'static str] = &[];
    const GRPC: &'static [&'static str] = grpc::SERVICES;
    const WORKLOAD: Workload = Workload::Keys;
    const PROJECTION: &'static Projection = &Projection {
        clear: &["update open_item set disputed = false where disputed"],
        content: &["select id::text from open_item where disputed order by id"],
    };

    type Settings = TenantSettings;

    fn migrator() -> Migrator {
        static OWN: Migrator = sqlx::migrate!("./migrations");
        quittance_db::merge(&[
            &quittance_db::MIGRATOR,
            &quittance_events::MIGRATOR,
            &quittance_webhooks::MIGRATOR,
            &quittance_approvals::MIGRATOR,
            &quittance_policies::MIGRATOR,
            &OWN,
        ])
    }

    fn new(parts: Parts) -> anyhow::Result<Self> {
        Ok(App::new(parts.db, parts.relay, parts.clock))
    }

    fn state(&self) -> &State<TenantSettings> {
        self
    }

    fn add_routes(&self, routes: Routes) -> Routes {
        grpc::add_routes(routes, self, &self.reading())
    }

    async fn tenants(&self) -> Result<Vec<TenantId>, DbError> {
        db::verify::tenants(self.db()).await
    }

    async fn verify(&self, tenant: TenantId) -> anyhow::Result<Vec<Invariant>> {
        Ok(db::verify::invariants(self.db(), tenant).await?)
    }
}
