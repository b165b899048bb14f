//! The databases as the last landed program left them are migrated by today's, and its books still hold.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Read as _,
    path::Path,
};

use flate2::read::GzDecoder;
use quittance_db::{Db, Logins, Workload};
use quittance_grpc::Client;
use quittance_host::Service as _;
use quittance_kernel::{Clock, TenantId};
use quittance_private_postgres::{Durability, OWNER, Options, ScratchPostgres};
use quittance_proto::{
    collections::v1::{
        ListRemindersRequest, collections_run_service_client::CollectionsRunServiceClient,
        dunning_service_client::DunningServiceClient,
    },
    common::v1::{InvariantResult, ListRunItemsRequest, ListRunsRequest, RunItemState, RunState, VerifyLedgerRequest},
    creditrisk::v1::credit_service_client::CreditServiceClient,
    invoicing::v1::{
        CreateAndIssueInvoiceRequest, Invoice, InvoiceLine, ListCustomersRequest,
        customer_service_client::CustomerServiceClient, invoice_service_client::InvoiceServiceClient,
        open_item_service_client::OpenItemServiceClient,
    },
    payments::v1::payment_service_client::PaymentServiceClient,
    reporting::v1::report_service_client::ReportServiceClient,
};
use quittance_testkit::{logins_on, request_id};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, migrate::Migrator, types::Uuid};

use crate::services::{self, Databases};

/// The queue of a suite that has told everything is empty.
const EMPTY: [&str; 1] = ["outbox_queue"];
/// Reporting only reads: it tells nothing, and is asked for no change.
const EMPTY_IN_REPORTING: [&str; 4] = ["outbox", "outbox_position", "outbox_queue", "request_log"];

/// Rules about what the landed version did not have.
const OF_LATER_VERSIONS: [&str; 2] = [
    "invoicing: an item that was extended is due when its last extension says, and each extension follows on the one before",
    "invoicing: what was open at the end of a closed period is what it was when it was closed",
];

/// A server of our own with what landed.
struct Landed {
    server: ScratchPostgres,
}

impl Landed {
    async fn start() -> Self {
        let start = || ScratchPostgres::start(&Options::new(Durability::None));
        let server = tokio::task::spawn_blocking(start).await.unwrap().unwrap();
        let landed = Self { server };
        // The dumps grant rights to them.
        let mut conn = landed.connect("postgres").await;
        sqlx::raw_sql("create role quittance_app login; create role quittance_system login")
            .execute(&mut conn)
            .await
            .unwrap();
        landed
    }

    fn logins(&self, database: &str) -> Logins {
        logins_on(&self.server.url(OWNER, database))
    }

    async fn connect(&self, database: &str) -> PgConnection {
        PgConnection::connect_with(&self.logins(database).owner).await.unwrap()
    }

    /// Restores a database as it landed and brings it up to date.
    async fn restore(&self, database: &str, migrator: &Migrator, workload: Workload) -> Db {
        let mut conn = self.connect("postgres").await;
        sqlx::raw_sql(AssertSqlSafe(format!("create database {database}"))).execute(&mut conn).await.unwrap();
        let mut conn = self.connect(database).await;
        sqlx::raw_sql(AssertSqlSafe(dump(database))).execute(&mut conn).await.unwrap();
        self.assert_filled(database).await;
        let logins = self.logins(database);
        Box::pin(quittance_db::prepare(&logins, migrator)).await.unwrap();
        Db::connect(&logins, 4, workload).await.unwrap()
    }

    /// Every table has rows: a migration that breaks on data, or a sum over it, cannot pass on nothing.
    async fn assert_filled(&self, database: &str) {
        let mut conn = self.connect(database).await;
        let tables: Vec<String> =
            sqlx::query_scalar("select tablename::text from pg_tables where schemaname = 'public' order by tablename")
                .fetch_all(&mut conn)
                .await
                .unwrap();
        let mut empty = Vec::new();
        for table in &tables {
            let some = AssertSqlSafe(format!("select exists (select from {table})"));
            let some: bool = sqlx::query_scalar(some).fetch_one(&mut conn).await.unwrap();
            if !some {
                empty.push(table.as_str());
            }
        }
        assert!(tables.len() > 5, "{database} has {tables:?}");
        let expected = if database == "quittance_reporting" { &EMPTY_IN_REPORTING[..] } else { &EMPTY };
        assert_eq!(empty, expected, "{database}: scripts/land fills every other table");
    }

    async fn tenants(&self) -> Vec<TenantId> {
        let mut conn = self.connect("quittance_invoicing").await;
        let ids: Vec<Uuid> =
            sqlx::query_scalar("select tenant_id from tenant order by tenant_id").fetch_all(&mut conn).await.unwrap();
        ids.iter().map(|id| TenantId::parse(&id.to_string()).unwrap()).collect()
    }

    /// A clock that stands at the last moment of what landed: no result depends on when the test runs.
    async fn clock(&self) -> Clock {
        let mut conn = self.connect("quittance_invoicing").await;
        Clock::fixed(sqlx::query_scalar("select max(recorded_at) from outbox").fetch_one(&mut conn).await.unwrap())
    }
}

fn dump(database: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("landed/{database}.sql.gz"));
    let mut text = String::new();
    GzDecoder::new(fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text
}

/// What every service finds in the books of a tenant.
async fn verify(client: Client) -> Vec<(&'static str, InvariantResult)> {
    let request = VerifyLedgerRequest {};
    let answers = [
        ("invoicing", OpenItemServiceClient::new(client.clone()).verify_ledger(request).await),
        ("payments", PaymentServiceClient::new(client.clone()).verify_ledger(request).await),
        ("credit-risk", CreditServiceClient::new(client.clone()).verify_ledger(request).await),
        ("collections", DunningServiceClient::new(client.clone()).verify_ledger(request).await),
        ("reporting", ReportServiceClient::new(client).verify_ledger(request).await),
    ];
    answers
        .into_iter()
        .flat_map(|(area, answer)| answer.unwrap().into_inner().invariants.into_iter().map(move |found| (area, found)))
        .collect()
}

/// The next number of the tenant's series follows on the last one that landed.
async fn issue_one(client: Client) {
    let mut customers = CustomerServiceClient::new(client.clone());
    let found = customers.list_customers(ListCustomersRequest::default()).await.unwrap().into_inner();
    let line = InvoiceLine {
        description: "Issued after the upgrade".to_owned(),
        quantity: "1".to_owned(),
        unit_price: "10".to_owned(),
        tax_category: "S".to_owned(),
        tax_rate: "19".to_owned(),
        ..InvoiceLine::default()
    };
    let invoice = Invoice {
        customer_id: found.customers[0].customer_id.clone(),
        currency_code: "EUR".to_owned(),
        lines: vec![line],
        ..Invoice::default()
    };
    let request = CreateAndIssueInvoiceRequest { request_id: request_id(), invoice: Some(invoice) };
    let issued = InvoiceServiceClient::new(client).create_and_issue_invoice(request).await.unwrap().into_inner();
    assert!(!issued.number.is_empty(), "{issued:?}");
}

/// Runs that landed are finished runs, with the customers that they reminded as their items and the request that would start them again. How many there are.
async fn landed_runs(client: Client) -> usize {
    let mut runs = CollectionsRunServiceClient::new(client.clone());
    let found = runs.list_runs(ListRunsRequest::default()).await.unwrap().into_inner().runs;
    for run in &found {
        assert_eq!((run.method.as_str(), run.state()), ("StartDunning", RunState::Finished), "{run:?}");
        let fields = &run.request.as_ref().unwrap().fields;
        let text = |name: &str| match fields[name].kind.as_ref().unwrap() {
            prost_types::value::Kind::StringValue(text) => text.as_str(),
            other => panic!("{other:?}"),
        };
        assert_eq!((text("asOf"), text("strategyId").len()), (run.as_of.as_str(), 36));
        let request = ListRemindersRequest { run_id: run.run_id.clone(), ..ListRemindersRequest::default() };
        let mut dunning = DunningServiceClient::new(client.clone());
        let reminders = dunning.list_reminders(request).await.unwrap().into_inner().reminders;
        let reminded: BTreeSet<String> =
            reminders.into_iter().map(|reminder| format!("customers/{}", reminder.customer_id)).collect();
        let request = ListRunItemsRequest { run_id: run.run_id.clone(), ..ListRunItemsRequest::default() };
        let items = runs.list_run_items(request).await.unwrap().into_inner().items;
        assert!(items.iter().all(|item| item.state() == RunItemState::Done), "{items:?}");
        assert_eq!(items.into_iter().map(|item| item.subject).collect::<BTreeSet<_>>(), reminded);
        assert_eq!(usize::try_from(run.total_count).unwrap(), reminded.len());
    }
    found.len()
}

#[tokio::test]
async fn landed_databases_migrate_and_their_books_hold() {
    let landed = Landed::start().await;
    let databases = Databases {
        invoicing: landed.restore("quittance_invoicing", &quittance_invoicing::App::migrator(), Workload::Keys).await,
        payments: landed.restore("quittance_payments", &quittance_payments::App::migrator(), Workload::Keys).await,
        credit_risk: landed
            .restore("quittance_credit_risk", &quittance_credit_risk::App::migrator(), Workload::Keys)
            .await,
        collections: landed
            .restore("quittance_collections", &quittance_collections::App::migrator(), Workload::Keys)
            .await,
        reporting: landed.restore("quittance_reporting", &quittance_reporting::App::migrator(), Workload::Sums).await,
    };
    let server = services::start(databases, landed.clock().await).await;
    let tenants = landed.tenants().await;
    assert!(tenants.len() > 1, "there are two books: {tenants:?}");
    let mut checked: BTreeMap<String, i64> = BTreeMap::new();
    let mut runs = 0;
    for tenant in tenants {
        let client = server.client_for(Some(tenant), &["*"], "*");
        for (area, invariant) in verify(client.clone()).await {
            assert_eq!(invariant.violations, 0, "{area}: {invariant:?}");
            *checked.entry(format!("{area}: {}", invariant.rule)).or_default() += invariant.checked;
        }
        runs += landed_runs(client.clone()).await;
        issue_one(client.clone()).await;
        let after = OpenItemServiceClient::new(client).verify_ledger(VerifyLedgerRequest {}).await.unwrap();
        assert!(after.get_ref().invariants.iter().all(|invariant| invariant.violations == 0), "{after:?}");
    }
    assert!(runs > 0, "no runs landed");
    let unchecked: Vec<_> = checked.iter().filter(|(_, count)| **count == 0).map(|(rule, _)| rule.as_str()).collect();
    assert_eq!(unchecked, OF_LATER_VERSIONS, "what landed says something about every other rule");
}
