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
    const READS: &'static [Reads<Self>] = &[
        Reads { area: "invoicing", reader: |_| Reader::new(inbox::InvoicingHandler) },
        Reads { area: "payments", reader: |_| Reader::new(inbox::PaymentsHandler) },
        Reads { area: "collections", reader: |_| Reader::new(inbox::CollectionsHandler) },
    ];
    const CALLS: &'static [&'static str] = &[];
    const GRPC: &'static [&'static str] = grpc::SERVICES;
    const WORKLOAD: Workload = Workload::Sums;
    const PROJECTION: &'static Projection = &Projection {
        clear: &[
            "delete from tenant",
            "delete from customer",
            "delete from currency",
            "delete from item",
            "delete from entry",
            "delete from due_date_extension",
            "delete from payment",
            "delete from cash_entry",
            "delete from credit_entry",
            "delete from allocation_side",
            "delete from dispute",
        ],
        content: &[
            "select (to_jsonb(t) - 'tenant_id')::text from tenant t order by tenant_id",
            "select (to_jsonb(t) - 'tenant_id')::text from customer t order by id",
            "select (to_jsonb(t) - 'tenant_id')::text from currency t order by code",
            "select (to_jsonb(t) - 'tenant_id')::text from item t order by id",
            "select (to_jsonb(t) - 'tenant_id')::text from entry t order by event_id, kind, item_id",
            "select (to_jsonb(t) - 'tenant_id')::text from due_date_extension t order by event_id",
            "select (to_jsonb(t) - 'tenant_id')::text from payment t order by id",
            "select (to_jsonb(t) - 'tenant_id')::text from cash_entry t order by event_id",
            "select (to_jsonb(t) - 'tenant_id')::text from credit_entry t order by entry_id",
            "select (to_jsonb(t) - 'tenant_id')::text from allocation_side t order by allocation_id, event_id",
            "select (to_jsonb(t) - 'tenant_id')::text from dispute t order by id",
        ],
    };

    type Settings = TenantSettings;

    fn migrator() -> Migrator {
        static OWN: Migrator = sqlx::migrate!("./migrations");
        quittance_db::merge(&[&quittance_db::MIGRATOR, &quittance_events::MIGRATOR, &OWN])
    }

    fn new(parts: Parts) -> anyhow::Result<Self> {
        Ok(App::new(parts.db, parts.clock))
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
        Ok(grpc::invariants(self, tenant).await?)
    }
}
