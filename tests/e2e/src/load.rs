//! A bounded load, drawn from a seed: a few workers that invoice, take in payments, take them off again and remind.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::Context as _;
use chrono::{Days, NaiveDate};
use fastrand::Rng;
use quittance_kernel::Clock;
use quittance_proto::{
    collections::v1::{
        self as collections, dunning_service_client::DunningServiceClient,
        strategy_service_client::StrategyServiceClient,
    },
    common::v1::Money,
    invoicing::v1::{
        self as invoicing, customer_service_client::CustomerServiceClient,
        invoice_service_client::InvoiceServiceClient, tenant_service_client::TenantServiceClient,
    },
    payments::v1::{self as payments, payment_service_client::PaymentServiceClient},
};
use rust_decimal::Decimal;
use tokio::task::JoinSet;

use crate::{
    Api, Area, Cluster, Model,
    model::{KnownInvoice, KnownPayment},
    request_id,
};

const CUSTOMERS: usize = 5;
/// Workers that call at the same time.
const WORKERS: usize = 4;
/// Between two calls of a worker, at most.
const PAUSE_MS: u64 = 200;
const ISSUED_DAYS_AGO: u64 = 60;

/// What the load works with.
#[derive(Debug, Clone)]
pub struct Load {
    /// The API.
    pub api: Arc<Api>,
    model: Arc<Mutex<Model>>,
    customers: Arc<Vec<Customer>>,
    today: NaiveDate,
}

/// A customer whose money comes from an account.
#[derive(Debug)]
struct Customer {
    id: String,
    account: String,
}

/// Calls under way in the background.
#[derive(Debug)]
pub struct Running {
    workers: JoinSet<anyhow::Result<()>>,
    stop: Arc<AtomicBool>,
}

impl Load {
    /// Opens a book with customers and a strategy.
    pub async fn open(cluster: &Cluster) -> anyhow::Result<Self> {
        let api = Arc::new(Api::new(cluster)?);
        let today = Clock::system().today(chrono_tz::UTC);
        open_book(&api).await?;
        let mut customers = Vec::new();
        for i in 0..CUSTOMERS {
            customers.push(create_customer(&api, i).await?);
        }
        if cluster.replicas.contains_key(&Area::Collections) {
            create_strategy(&api).await?;
        }
        Ok(Self { api, model: Arc::default(), customers: Arc::new(customers), today })
    }

    /// What was answered so far.
    pub fn model(&self) -> MutexGuard<'_, Model> {
        self.model.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls that failed so far, after all that the client did by itself. Each was made again.
    pub fn failures(&self) -> Vec<String> {
        self.api.failures()
    }

    /// The day on which everything happens.
    pub fn today(&self) -> NaiveDate {
        self.today
    }

    /// Starts workers that make at most so many calls in all.
    pub fn run(&self, seed: u64, calls: usize) -> Running {
        let (stop, left) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(calls)));
        let mut rng = Rng::with_seed(seed);
        let mut workers = JoinSet::new();
        for _ in 0..WORKERS {
            let (load, mut rng) = (self.clone(), rng.fork());
            let (stop, left) = (Arc::clone(&stop), Arc::clone(&left));
            workers.spawn(async move {
                let take = |left: usize| left.checked_sub(1);
                while !stop.load(Ordering::Relaxed)
                    && left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
                {
                    load.one(&mut rng).await?;
                    tokio::time::sleep(Duration::from_millis(rng.u64(0..PAUSE_MS))).await;
                }
                Ok(())
            });
        }
        Running { workers, stop }
    }

    /// One call of whatever kind is drawn.
    async fn one(&self, rng: &mut Rng) -> anyhow::Result<()> {
        match rng.u32(0..100) {
            0..40 => Box::pin(self.invoice(rng)).await?,
            40..75 => Box::pin(self.pay(rng)).await?,
            75..83 => Box::pin(self.pay_without_a_match(rng)).await?,
            83..95 => Box::pin(self.unapply(rng)).await?,
            _ => self.remind().await?,
        }
        self.model().calls += 1;
        Ok(())
    }

    /// Issues an invoice that may be overdue.
    pub async fn invoice(&self, rng: &mut Rng) -> anyhow::Result<()> {
        let customer = rng.usize(0..self.customers.len());
        // A series does not go back in time: all are issued on one day, and due on any since then.
        let issued_on = self.today.checked_sub_days(Days::new(ISSUED_DAYS_AGO)).context("a date")?;
        let due_on = issued_on.checked_add_days(Days::new(rng.u64(0..ISSUED_DAYS_AGO * 2))).context("a date")?;
        let total = Decimal::new(rng.i64(100..500_000), 2);
        let line = invoicing::InvoiceLine {
            description: "Work".to_owned(),
            quantity: "1".to_owned(),
            unit_price: total.to_string(),
            tax_category: "Z".to_owned(),
            tax_rate: "0".to_owned(),
            ..invoicing::InvoiceLine::default()
        };
        let invoice = invoicing::Invoice {
            customer_id: self.customers[customer].id.clone(),
            currency_code: "EUR".to_owned(),
            lines: vec![line],
            issued_on: issued_on.to_string(),
            due_on: due_on.to_string(),
            ..invoicing::Invoice::default()
        };
        let request = invoicing::CreateAndIssueInvoiceRequest { request_id: request_id(), invoice: Some(invoice) };
        let call = |client| {
            let request = request.clone();
            async move { InvoiceServiceClient::new(client).create_and_issue_invoice(request).await }
        };
        let made = self.api.answered(Area::Invoicing, "CreateAndIssueInvoice", call).await?;
        let known = KnownInvoice { number: made.number, total, promised: Decimal::ZERO, customer };
        self.model().invoices.insert(made.invoice_id, known);
        Ok(())
    }

    /// Takes in all or part of what an invoice has left. Nothing where all invoices are paid.
    pub async fn pay(&self, rng: &mut Rng) -> anyhow::Result<()> {
        let (id, invoice, amount) = {
            let mut model = self.model();
            let Some((id, invoice)) = model.draw_payable(rng.usize(..)) else { return Ok(()) };
            let left = invoice.total - invoice.promised;
            let part = (left / Decimal::from(3)).round_dp(2);
            let amount = if rng.u8(0..3) == 0 && part > Decimal::ZERO { part } else { left };
            // Another worker sees at once that this much is under way.
            if let Some(invoice) = model.invoices.get_mut(&id) {
                invoice.promised += amount;
            }
            (id, invoice, amount)
        };
        let text = format!("invoice {}, thank you", invoice.number);
        let account = self.customers[invoice.customer].account.clone();
        self.record(amount, &text, account, Some(id)).await
    }

    async fn pay_without_a_match(&self, rng: &mut Rng) -> anyhow::Result<()> {
        self.record(Decimal::new(rng.i64(1..90_000), 2), "with kind regards", String::new(), None).await
    }

    async fn record(&self, amount: Decimal, text: &str, account: String, names: Option<String>) -> anyhow::Result<()> {
        let payment = payments::Payment {
            amount: Some(Money { currency_code: "EUR".to_owned(), amount: amount.to_string() }),
            received_on: self.today.to_string(),
            method: payments::PaymentMethod::Transfer.into(),
            text: text.to_owned(),
            payer_account: account,
            ..payments::Payment::default()
        };
        let request = payments::RecordPaymentRequest { request_id: request_id(), payment: Some(payment) };
        let call = |client| {
            let request = request.clone();
            async move { PaymentServiceClient::new(client).record_payment(request).await }
        };
        let made = self.api.answered(Area::Payments, "RecordPayment", call).await?;
        self.model().payments.insert(made.payment_id, KnownPayment { amount, names, is_unapplied: false });
        Ok(())
    }

    /// Takes a payment that is applied off its invoice. Nothing where none is.
    async fn unapply(&self, rng: &mut Rng) -> anyhow::Result<()> {
        let drawn = {
            let model = self.model();
            let named: Vec<&String> =
                model.payments.iter().filter(|(_, p)| p.applied() > Decimal::ZERO).map(|(id, _)| id).collect();
            rng.choice(named).cloned()
        };
        let Some(payment_id) = drawn else { return Ok(()) };
        let get = |client| {
            let request = payments::GetPaymentRequest { payment_id: payment_id.clone() };
            async move { PaymentServiceClient::new(client).get_payment(request).await }
        };
        let payment = self.api.answered(Area::Payments, "GetPayment", get).await?;
        let is_applied = !payment.allocations.is_empty()
            && payment.allocations.iter().all(|a| a.state() == payments::AllocationState::Applied);
        let request = {
            let mut model = self.model();
            let known = model.payments.get_mut(&payment_id).context("a payment that was answered")?;
            // Still on its way, or another worker's.
            if !is_applied || known.is_unapplied {
                return Ok(());
            }
            known.is_unapplied = true;
            payments::UnapplyPaymentRequest {
                request_id: request_id(),
                payment_id: payment_id.clone(),
                reason: "It was meant for another.".to_owned(),
                effective_on: self.today.to_string(),
                ..payments::UnapplyPaymentRequest::default()
            }
        };
        let call = |client| {
            let request = request.clone();
            async move { PaymentServiceClient::new(client).unapply_payment(request).await }
        };
        self.api.answered(Area::Payments, "UnapplyPayment", call).await?;
        Ok(())
    }

    async fn remind(&self) -> anyhow::Result<()> {
        let request = collections::StartDunningRequest {
            request_id: request_id(),
            as_of: self.today.to_string(),
            strategy_id: String::new(),
        };
        let call = |client| {
            let request = request.clone();
            async move { DunningServiceClient::new(client).start_dunning(request).await }
        };
        let run = self.api.answered(Area::Collections, "StartDunning", call).await?;
        self.model().runs.insert(run.run_id);
        Ok(())
    }
}

impl Running {
    /// Has the workers end after the call each of them makes, and waits for that.
    pub async fn end(mut self) -> anyhow::Result<()> {
        self.stop.store(true, Ordering::Relaxed);
        while let Some(worker) = self.workers.join_next().await {
            worker??;
        }
        Ok(())
    }
}

async fn open_book(api: &Api) -> anyhow::Result<()> {
    let enquiries = invoicing::Enquiries {
        name: "Accounts".to_owned(),
        email: "accounts@example.org".to_owned(),
        phone: String::new(),
    };
    let tenant = invoicing::Tenant {
        name: "Seller".to_owned(),
        base_currency_code: "EUR".to_owned(),
        time_zone: "UTC".to_owned(),
        enquiries: Some(enquiries),
        late_payment_consequences: "Interest.".to_owned(),
        terms_and_conditions: "Ours.".to_owned(),
        ..invoicing::Tenant::default()
    };
    let request = invoicing::CreateTenantRequest { request_id: request_id(), tenant: Some(tenant) };
    let call = |client| {
        let request = request.clone();
        async move { TenantServiceClient::new(client).create_tenant(request).await }
    };
    api.answered(Area::Invoicing, "CreateTenant", call).await?;
    crate::check::wait_until_read(api).await
}

async fn create_customer(api: &Api, i: usize) -> anyhow::Result<Customer> {
    let account = format!("DE{i:02}00000000000000{i:04}");
    let customer = invoicing::Customer {
        name: format!("Buyer {i}"),
        bank_accounts: vec![account.clone()],
        ..invoicing::Customer::default()
    };
    let request = invoicing::CreateCustomerRequest { request_id: request_id(), customer: Some(customer) };
    let call = |client| {
        let request = request.clone();
        async move { CustomerServiceClient::new(client).create_customer(request).await }
    };
    let made = api.answered(Area::Invoicing, "CreateCustomer", call).await?;
    Ok(Customer { id: made.customer_id, account })
}

async fn create_strategy(api: &Api) -> anyhow::Result<()> {
    let request = collections::CreateStrategyRequest {
        request_id: request_id(),
        strategy: Some(quittance_collections::standard_strategy()),
    };
    let call = |client| {
        let request = request.clone();
        async move { StrategyServiceClient::new(client).create_strategy(request).await }
    };
    api.answered(Area::Collections, "CreateStrategy", call).await?;
    Ok(())
}
