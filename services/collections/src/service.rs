//! The service's interface to its host.

use quittance_db::{DbError, Invariant, Workload};
use quittance_events::{Projection, Reader};
use quittance_host::{Parts, Reads, Service};
use quittance_kernel::TenantId;
use quittance_runtime::{Shutdown, Tasks, metrics};
use quittance_service::State;
use sqlx::migrate::Migrator;
use tonic::service::Routes;

use crate::{App, app::TenantSettings, db, grpc, inbox, jobs};

impl Service for App {
    const AREA: &'static str = crate::AREA;
    const READS: &'static [Reads<Self>] =
        &[Reads { area: "invoicing", reader: |_| Reader::new(inbox::InvoicingHandler) }];
    const CALLS: &'static [&'static str] = &[];
    const GRPC: &'static [&'static str] = grpc::SERVICES;
    const WORKLOAD: Workload = Workload::Keys;
    const PROJECTION: &'static Projection = &Projection {
        clear: &["delete from item_entry", "delete from item", "delete from customer", "delete from tenant"],
        content: &[
            "select (to_jsonb(t) - 'tenant_id')::text from tenant t",
            "select (to_jsonb(t) - 'tenant_id')::text from customer t order by id",
            "select (to_jsonb(t) - 'tenant_id')::text from item t order by id",
            "select (to_jsonb(t) - 'tenant_id')::text from item_entry t order by item_id, event_id",
        ],
    };

    type Settings = TenantSettings;

    fn migrator() -> Migrator {
        static OWN: Migrator = sqlx::migrate!("./migrations");
        quittance_db::merge(&[
            &quittance_db::MIGRATOR,
            &quittance_events::MIGRATOR,
            &quittance_webhooks::MIGRATOR,
            &quittance_runs::MIGRATOR,
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

    fn spawn_jobs(&self, shutdown: &Shutdown) -> Tasks {
        jobs::spawn(self, shutdown)
    }

    async fn observe(&self) -> Result<(), DbError> {
        metrics::record_run_items(Self::AREA, quittance_runs::pending_of_all(self.db()).await?);
        Ok(())
    }

    async fn tenants(&self) -> Result<Vec<TenantId>, DbError> {
        db::verify::tenants(self.db()).await
    }

    async fn verify(&self, tenant: TenantId) -> anyhow::Result<Vec<Invariant>> {
        Ok(db::verify::invariants(self.db(), tenant).await?)
    }
}
