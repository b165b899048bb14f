//! The service's interface to its host.

use std::time::Duration;

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
        &[Reads { area: "invoicing", reader: |app| Reader::new(inbox::InvoicingHandler::new(app)) }];
    const CALLS: &'static [&'static str] = &["invoicing"];
    const GRPC: &'static [&'static str] = grpc::SERVICES;
    const WORKLOAD: Workload = Workload::Keys;
    const PROJECTION: &'static Projection = &Projection {
        clear: &[
            "delete from customer_account",
            "delete from customer",
            "delete from open_item",
            "delete from tolerance_policy",
            "delete from tenant",
        ],
        content: &[
            "select (to_jsonb(t) - 'tenant_id')::text from tenant t",
            "select (to_jsonb(t) - 'tenant_id')::text from tolerance_policy t order by id",
            "select (to_jsonb(t) - 'tenant_id')::text from customer t order by id",
            "select (to_jsonb(t) - 'tenant_id')::text from customer_account t order by customer_id, account",
            "select (to_jsonb(t) - 'tenant_id' || jsonb_build_object('total', trim_scale(total), 'open_amount', trim_scale(open_amount)))::text
             from open_item t
             order by id",
        ],
    };

    type Settings = TenantSettings;

    fn migrator() -> Migrator {
        static OWN: Migrator = sqlx::migrate!("./migrations");
        quittance_db::merge(&[
            &quittance_db::MIGRATOR,
            &quittance_events::MIGRATOR,
            &quittance_webhooks::MIGRATOR,
            &OWN,
        ])
    }

    fn new(parts: Parts) -> anyhow::Result<Self> {
        Ok(App::new(parts.db, parts.relay, parts.clock, parts.peers.of("invoicing")?))
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
        let pending = db::unfinished::pending(self.db()).await?;
        let age = pending.oldest_at.map_or(Duration::ZERO, |at| (self.now() - at).to_std().unwrap_or_default());
        metrics::record_pending(Self::AREA, pending.count, age);
        Ok(())
    }

    async fn tenants(&self) -> Result<Vec<TenantId>, DbError> {
        db::verify::tenants(self.db()).await
    }

    async fn verify(&self, tenant: TenantId) -> anyhow::Result<Vec<Invariant>> {
        Ok(db::verify::invariants(self.db(), tenant).await?)
    }
}
