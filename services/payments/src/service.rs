//! What the service is to whoever runs it.

use std::time::Duration;

use quittance_db::{DbError, Invariant, Workload};
use quittance_events::{HandlerError, HeldEvent, Projection, Rebuild, RebuildError, Rebuilt, requeue};
use quittance_host::{Histories, Parts, Service, Sources};
use quittance_kernel::TenantId;
use quittance_runtime::{Shutdown, Tasks, metrics};
use sqlx::migrate::Migrator;
use tonic::service::Routes;

use crate::{App, db, inbox};

impl Service for App {
    const AREA: &'static str = crate::AREA;
    const READS: &'static [&'static str] = &["invoicing"];
    const CALLS: &'static [&'static str] = &["invoicing"];
    const GRPC: &'static [&'static str] = crate::SERVICES;
    const WORKLOAD: Workload = Workload::Keys;
    const PROJECTION: &'static Projection = &Projection {
        clear: &["delete from customer_account", "delete from customer", "delete from open_item", "delete from tenant"],
        content: &[
            "select (to_jsonb(t) - 'tenant_id')::text from tenant t",
            "select (to_jsonb(t) - 'tenant_id')::text from customer t order by id",
            "select (to_jsonb(t) - 'tenant_id')::text from customer_account t order by customer_id, account",
            "select (to_jsonb(t) - 'tenant_id')::text from open_item t order by id",
        ],
    };

    fn migrator() -> Migrator {
        crate::migrator()
    }

    fn new(parts: Parts) -> anyhow::Result<Self> {
        Ok(App::new(parts.db, parts.relay, parts.clock, parts.peers.of("invoicing")?))
    }

    fn add_routes(&self, routes: Routes) -> Routes {
        crate::add_routes(routes, self)
    }

    fn spawn(&self, sources: &Sources, shutdown: &Shutdown) -> anyhow::Result<Tasks> {
        Ok(crate::spawn(self, sources.of("invoicing")?, shutdown))
    }

    async fn requeue(&self, held: &HeldEvent) -> Result<bool, HandlerError> {
        match held.area.as_str() {
            "invoicing" => requeue(self.db(), &inbox::InvoicingHandler::new(self), &held.envelope).await,
            _ => Ok(false),
        }
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

    async fn rebuild(
        &self,
        histories: &Histories,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Rebuilt, RebuildError> {
        let rebuild = Rebuild::begin(self.db(), Self::PROJECTION).await?;
        let rebuild = rebuild
            .apply("invoicing", &inbox::InvoicingHandler::new(self), histories.read("invoicing").await?, progress)
            .await?;
        rebuild.finish().await
    }
}
