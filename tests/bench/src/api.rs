//! Invoicing behind its real server: token, tenant, row-level security, events and relay, as in production.

use std::{sync::Arc, time::Instant};

use anyhow::{Context as _, bail};
use quittance_db::{Db, Logins, Workload, run_analysis};
use quittance_events::{Relay, run_relay};
use quittance_grpc::{Client, ServeOptions, Tokens, connect, routes, serve};
use quittance_host::Service as _;
use quittance_kernel::{AllocationId, Clock, PaymentId, TenantId};
use quittance_private_postgres::ScratchPostgres;
use quittance_proto::{
    common::v1::Money,
    invoicing::v1::{
        self as pb, customer_service_client::CustomerServiceClient, invoice_service_client::InvoiceServiceClient,
        settlement_service_client::SettlementServiceClient, tenant_service_client::TenantServiceClient,
    },
};
use quittance_runtime::ShutdownTrigger;
use tokio::{net::TcpListener, sync::Mutex};

use crate::{BATCH, LINES, concurrently, goes_on, one_round, request_id};

/// What one settlement is over: an invoice holds enough of them for the whole run.
const SETTLED: &str = "0.01";

/// A running invoicing service.
pub(crate) struct Api {
    client: Client,
    customers: Vec<String>,
    items: Arc<Mutex<Vec<String>>>,
    trigger: ShutdownTrigger,
}

fn invoice(customer_id: &str) -> pb::Invoice {
    let line = pb::InvoiceLine {
        description: "Consulting services".to_owned(),
        quantity: "1.5".to_owned(),
        unit: "h".to_owned(),
        unit_price: "119.00".to_owned(),
        tax_category: "S".to_owned(),
        tax_rate: "19".to_owned(),
        ..pb::InvoiceLine::default()
    };
    pb::Invoice {
        customer_id: customer_id.to_owned(),
        currency_code: "EUR".to_owned(),
        lines: vec![line; LINES],
        ..pb::Invoice::default()
    }
}

fn create_and_issue(customer_id: &str) -> pb::CreateAndIssueInvoiceRequest {
    pb::CreateAndIssueInvoiceRequest { request_id: request_id(), invoice: Some(invoice(customer_id)) }
}

fn settlement(item_id: &str) -> pb::Settlement {
    let now = Clock::system().now();
    pb::Settlement {
        allocation_id: AllocationId::at(now).to_string(),
        item_id: item_id.to_owned(),
        payment_id: PaymentId::at(now).to_string(),
        amount: Some(Money { currency_code: "EUR".to_owned(), amount: SETTLED.to_owned() }),
        effective_on: now.date_naive().to_string(),
        ..pb::Settlement::default()
    }
}

impl Api {
    /// Starts the service and opens a book with 200 customers.
    pub(crate) async fn start(postgres: &ScratchPostgres) -> anyhow::Result<Self> {
        let login = |role: &str| -> anyhow::Result<sqlx::postgres::PgConnectOptions> {
            Ok(postgres.url(role, "bench_invoicing").parse()?)
        };
        let logins = Logins {
            owner: login("quittance_owner")?,
            app: login("quittance_app")?,
            system: login("quittance_system")?,
            role_password: None,
        };
        quittance_db::prepare(&logins, &quittance_invoicing::App::migrator()).await?;
        let db = Db::connect(&logins, 12, Workload::Keys).await?;
        let (relay, clock) = (Relay::default(), Clock::system());
        let (trigger, shutdown) = ShutdownTrigger::new();
        let app = quittance_invoicing::App::new(db.clone(), relay.clone(), clock.clone());
        let tokens = Tokens::new("a secret for benchmarks, 32 bytes.");
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let all = routes(quittance_invoicing::App::GRPC)?.with(|all| app.add_routes(all));
        let options = ServeOptions::new(tokens.verifier(), clock.clone());
        let served = serve(listener, all, options, &shutdown)?;
        tokio::spawn(run_analysis(db.clone(), "invoicing", shutdown.clone()));
        tokio::spawn(run_relay(db, relay, clock.clone(), shutdown));
        let token = tokens.sign("bench", &["*"], "* internal", clock.now(), chrono::Duration::hours(1))?;
        let address = format!("http://{}", served.address);
        let client = connect(&[&address], &token, Some(TenantId::at(clock.now())), std::time::Duration::from_mins(1))?;
        let mut api = Self { client, customers: vec![], items: Arc::default(), trigger };
        api.open_book().await?;
        Ok(api)
    }

    async fn open_book(&mut self) -> anyhow::Result<()> {
        let tenant = pb::Tenant {
            name: "Bench".to_owned(),
            base_currency_code: "EUR".to_owned(),
            time_zone: "UTC".to_owned(),
            enquiries: Some(pb::Enquiries {
                name: "A".to_owned(),
                email: "a@example.com".to_owned(),
                phone: String::new(),
            }),
            late_payment_consequences: "x".to_owned(),
            terms_and_conditions: "x".to_owned(),
            ..pb::Tenant::default()
        };
        let request = pb::CreateTenantRequest { request_id: request_id(), tenant: Some(tenant) };
        TenantServiceClient::new(self.client.clone()).create_tenant(request).await?;
        let requests = (0..200).map(|i| pb::CreateCustomerRequest {
            request_id: request_id(),
            customer: Some(pb::Customer { name: format!("Customer {i}"), ..pb::Customer::default() }),
        });
        let request = pb::BatchCreateCustomersRequest { requests: requests.collect(), ..Default::default() };
        let answer =
            CustomerServiceClient::new(self.client.clone()).batch_create_customers(request).await?.into_inner();
        for result in answer.results {
            let Some(pb::customer_result::Result::Customer(customer)) = result.result else {
                bail!("a customer was refused")
            };
            self.customers.push(customer.customer_id);
        }
        Ok(())
    }

    fn customer(&self, i: usize) -> String {
        self.customers[i % self.customers.len()].clone()
    }

    /// Invoices created and issued a second, one call each.
    pub(crate) async fn issue(&self, in_flight: usize) -> anyhow::Result<f64> {
        let started = Instant::now();
        concurrently(in_flight, |caller| {
            let (mut invoices, customer) = (InvoiceServiceClient::new(self.client.clone()), self.customer(caller));
            async move {
                let mut count = 0;
                while goes_on(started) {
                    invoices.create_and_issue_invoice(create_and_issue(&customer)).await?;
                    count += 1;
                }
                Ok(count)
            }
        })
        .await
    }

    /// Invoices created and issued a second, in batches.
    pub(crate) async fn issue_batches(&self) -> anyhow::Result<f64> {
        one_round(|| async {
            let mut invoices = InvoiceServiceClient::new(self.client.clone());
            let requests = (0..BATCH).map(|i| create_and_issue(&self.customer(i))).collect();
            let answer = invoices
                .batch_create_and_issue_invoices(pb::BatchCreateAndIssueInvoicesRequest {
                    requests,
                    ..Default::default()
                })
                .await?
                .into_inner();
            let mut items = Vec::with_capacity(BATCH);
            for result in answer.results {
                let Some(pb::invoice_result::Result::Invoice(invoice)) = result.result else {
                    bail!("an invoice was refused")
                };
                items.push(invoice.invoice_id);
            }
            *self.items.lock().await = items;
            Ok(BATCH)
        })
        .await
    }

    /// Items settled a second, one call each.
    pub(crate) async fn settle(&self, in_flight: usize) -> anyhow::Result<f64> {
        let all = self.items.lock().await.clone();
        let started = Instant::now();
        concurrently(in_flight, |caller| {
            let (mut items, all) = (SettlementServiceClient::new(self.client.clone()), all.clone());
            async move {
                let mut count = 0;
                while goes_on(started) {
                    let item = all.get((caller + count * 67) % all.len()).context("nothing was issued")?;
                    let request =
                        pb::SettleItemsRequest { request_id: request_id(), settlements: vec![settlement(item)] };
                    check(items.settle_items(request).await?.into_inner())?;
                    count += 1;
                }
                Ok(count)
            }
        })
        .await
    }

    /// Items settled a second, in batches.
    pub(crate) async fn settle_batches(&self) -> anyhow::Result<f64> {
        let all = self.items.lock().await.clone();
        one_round(|| async {
            let mut items = SettlementServiceClient::new(self.client.clone());
            let settlements: Vec<pb::Settlement> = all.iter().map(|item| settlement(item)).collect();
            let count = settlements.len();
            check(
                items
                    .settle_items(pb::SettleItemsRequest { request_id: request_id(), settlements })
                    .await?
                    .into_inner(),
            )?;
            Ok(count)
        })
        .await
    }

    /// Ends the service.
    pub(crate) fn stop(self) {
        self.trigger.trigger();
    }
}

fn check(answer: pb::SettleItemsResponse) -> anyhow::Result<()> {
    let is_settled =
        |result: &pb::SettlementResult| matches!(result.result, Some(pb::settlement_result::Result::Item(_)));
    if answer.results.iter().all(is_settled) {
        Ok(())
    } else {
        bail!("a settlement was refused: {:?}", answer.results.first())
    }
}
