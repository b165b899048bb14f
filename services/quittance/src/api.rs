//! The public API for commands of this program: one client per gRPC service, for one tenant.

use std::time::Duration;

use anyhow::{Context as _, bail};
use quittance_grpc::{Client, connect};
use quittance_kernel::{Clock, RequestId, TenantId};
use quittance_proto::{
    collections::v1::{
        collections_run_service_client::CollectionsRunServiceClient, dispute_service_client::DisputeServiceClient,
        dunning_service_client::DunningServiceClient, strategy_service_client::StrategyServiceClient,
    },
    common::v1::{GetStreamStatusRequest, InvariantResult, StreamStatus, VerifyLedgerRequest},
    creditrisk::v1::{
        credit_service_client::CreditServiceClient, reservation_service_client::ReservationServiceClient,
    },
    invoicing::v1::{
        credit_note_service_client::CreditNoteServiceClient, customer_service_client::CustomerServiceClient,
        invoice_service_client::InvoiceServiceClient, open_item_service_client::OpenItemServiceClient,
        tenant_service_client::TenantServiceClient,
    },
    payments::v1::{bank_import_service_client::BankImportServiceClient, payment_service_client::PaymentServiceClient},
    reporting::v1::report_service_client::ReportServiceClient,
};
use tonic::Status;

/// Timeout of a call.
const DEADLINE: Duration = Duration::from_mins(1);
/// How long a wait for read models may go on without progress.
const STALLED: Duration = Duration::from_mins(1);
/// Polling interval of the stream status.
const LOOK: Duration = Duration::from_millis(5);

/// Clients for one tenant.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    pub(crate) tenants: TenantServiceClient<Client>,
    pub(crate) customers: CustomerServiceClient<Client>,
    pub(crate) invoices: InvoiceServiceClient<Client>,
    pub(crate) credit_notes: CreditNoteServiceClient<Client>,
    pub(crate) items: OpenItemServiceClient<Client>,
    pub(crate) payments: PaymentServiceClient<Client>,
    pub(crate) bank: BankImportServiceClient<Client>,
    pub(crate) credit: CreditServiceClient<Client>,
    pub(crate) reservations: ReservationServiceClient<Client>,
    pub(crate) strategies: StrategyServiceClient<Client>,
    pub(crate) dunning: DunningServiceClient<Client>,
    pub(crate) runs: CollectionsRunServiceClient<Client>,
    pub(crate) disputes: DisputeServiceClient<Client>,
    pub(crate) reports: ReportServiceClient<Client>,
}

/// Waits for the consumers of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    Payments,
    CreditRisk,
    Collections,
    Reporting,
}

impl Api {
    /// Connects when the first call is made.
    pub(crate) fn connect(address: &str, token: &str, tenant: TenantId) -> anyhow::Result<Self> {
        Ok(Self::new(connect(&[address], token, Some(tenant), DEADLINE)?))
    }

    /// Creates the clients over a channel.
    pub(crate) fn new(client: Client) -> Self {
        Self {
            tenants: TenantServiceClient::new(client.clone()),
            customers: CustomerServiceClient::new(client.clone()),
            invoices: InvoiceServiceClient::new(client.clone()),
            credit_notes: CreditNoteServiceClient::new(client.clone()),
            items: OpenItemServiceClient::new(client.clone()),
            payments: PaymentServiceClient::new(client.clone()),
            bank: BankImportServiceClient::new(client.clone()),
            credit: CreditServiceClient::new(client.clone()),
            reservations: ReservationServiceClient::new(client.clone()),
            strategies: StrategyServiceClient::new(client.clone()),
            dunning: DunningServiceClient::new(client.clone()),
            runs: CollectionsRunServiceClient::new(client.clone()),
            disputes: DisputeServiceClient::new(client.clone()),
            reports: ReportServiceClient::new(client),
        }
    }

    /// The stream status of each service, or its error.
    pub(crate) async fn statuses(&mut self) -> Vec<(&'static str, Result<StreamStatus, Status>)> {
        let invoicing = self.items.get_stream_status(GetStreamStatusRequest {}).await.map(tonic::Response::into_inner);
        vec![
            (quittance_invoicing::AREA, invoicing),
            (quittance_payments::AREA, self.status(Reader::Payments).await),
            (quittance_credit_risk::AREA, self.status(Reader::CreditRisk).await),
            (quittance_collections::AREA, self.status(Reader::Collections).await),
            (quittance_reporting::AREA, self.status(Reader::Reporting).await),
        ]
    }

    async fn status(&mut self, reader: Reader) -> Result<StreamStatus, Status> {
        let request = GetStreamStatusRequest {};
        let answer = match reader {
            Reader::Payments => self.payments.get_stream_status(request).await,
            Reader::CreditRisk => self.credit.get_stream_status(request).await,
            Reader::Collections => self.dunning.get_stream_status(request).await,
            Reader::Reporting => self.reports.get_stream_status(request).await,
        };
        Ok(answer?.into_inner())
    }

    /// The newest position of each area's events, once all have one and no work is unfinished.
    async fn heads(&mut self) -> Result<Option<Vec<(&'static str, i64)>>, Status> {
        let invoicing = self.items.get_stream_status(GetStreamStatusRequest {}).await?.into_inner();
        let payments = self.status(Reader::Payments).await?;
        let collections = self.status(Reader::Collections).await?;
        let settled = [&invoicing, &payments, &collections].iter().all(|s| s.unpositioned == 0 && s.unfinished == 0);
        let heads = vec![
            (quittance_invoicing::AREA, invoicing.head_position),
            (quittance_payments::AREA, payments.head_position),
            (quittance_collections::AREA, collections.head_position),
        ];
        Ok(settled.then_some(heads))
    }

    /// Waits until these consumers have applied all of invoicing's events up to now.
    pub(crate) async fn wait_for_invoicing(&mut self, readers: &[Reader]) -> anyhow::Result<()> {
        let mut head = None;
        for reader in readers {
            let mut watch = Watch::new();
            loop {
                let target = if let Some(head) = head {
                    head
                } else {
                    let status = self.items.get_stream_status(GetStreamStatusRequest {}).await?.into_inner();
                    if status.unpositioned > 0 {
                        watch.check(&status, "positions of invoicing's events").await?;
                        continue;
                    }
                    *head.insert(status.head_position)
                };
                let status = self.status(*reader).await?;
                if position(&status, quittance_invoicing::AREA) >= target {
                    break;
                }
                watch.check(&status, &format!("{reader:?} to read invoicing's events up to {target}")).await?;
            }
        }
        Ok(())
    }

    /// Waits until all work is finished and every read model has caught up with every event. Fails if there is no progress.
    pub(crate) async fn wait_for_everything(&mut self) -> anyhow::Result<()> {
        let mut watch = Watch::new();
        loop {
            if let Some(heads) = self.heads().await? {
                let reporting = self.status(Reader::Reporting).await?;
                let behind: Vec<_> = heads.iter().filter(|(area, head)| position(&reporting, area) < *head).collect();
                // Read models that caught up may have caused new events: the heads must not have moved.
                if behind.is_empty() && self.heads().await?.as_ref() == Some(&heads) {
                    return refuse_held(&reporting);
                }
                watch.check(&reporting, &format!("reporting, which is behind on {behind:?}")).await?;
            } else {
                let payments = self.status(Reader::Payments).await?;
                watch.check(&payments, "unfinished work and positions").await?;
            }
        }
    }

    /// The result of every invariant of each service.
    pub(crate) async fn verify(&mut self) -> Result<Vec<(&'static str, InvariantResult)>, Status> {
        let request = VerifyLedgerRequest {};
        let answers = [
            (quittance_invoicing::AREA, self.items.verify_ledger(request).await?.into_inner()),
            (quittance_payments::AREA, self.payments.verify_ledger(request).await?.into_inner()),
            (quittance_credit_risk::AREA, self.credit.verify_ledger(request).await?.into_inner()),
            (quittance_collections::AREA, self.dunning.verify_ledger(request).await?.into_inner()),
            (quittance_reporting::AREA, self.reports.verify_ledger(request).await?.into_inner()),
        ];
        Ok(answers
            .into_iter()
            .flat_map(|(area, answer)| answer.invariants.into_iter().map(move |i| (area, i)))
            .collect())
    }
}

fn position(status: &StreamStatus, area: &str) -> i64 {
    status.subscriptions.iter().find(|s| s.area == area).map_or(0, |s| s.position)
}

/// Fails on parked events and dead letters: they make every figure doubtful.
fn refuse_held(status: &StreamStatus) -> anyhow::Result<()> {
    match status.subscriptions.iter().find(|s| s.parked + s.dead_letters + s.waiting > 0) {
        None => Ok(()),
        Some(s) => {
            bail!(
                "{} parked events, {} that wait and {} dead letters of {} are not in the reports",
                s.parked,
                s.waiting,
                s.dead_letters,
                s.area
            )
        }
    }
}

/// Detects a wait without progress.
struct Watch {
    last: Option<StreamStatus>,
    still_since: std::time::Instant,
}

impl Watch {
    fn new() -> Self {
        Self { last: None, still_since: std::time::Instant::now() }
    }

    async fn check(&mut self, status: &StreamStatus, what: &str) -> anyhow::Result<()> {
        if self.last.as_ref() != Some(status) {
            self.last = Some(status.clone());
            self.still_since = std::time::Instant::now();
        }
        if self.still_since.elapsed() > STALLED {
            bail!("waited for {what}, without progress for {} seconds", STALLED.as_secs());
        }
        tokio::time::sleep(LOOK).await;
        Ok(())
    }
}

/// A new request id.
pub(crate) fn request_id() -> String {
    RequestId::at(Clock::system().now()).to_string()
}

/// The error of a failed entry of a batch.
pub(crate) fn entry_error(what: &str, status: &tonic_types::pb::Status) -> anyhow::Error {
    anyhow::anyhow!("{what}: {}", status.message)
}

/// Turns a failed call into an error that names its reason.
pub(crate) trait Called<T> {
    /// The response, or an error with what failed.
    fn called(self, what: &str) -> anyhow::Result<T>;
}

impl<T> Called<T> for Result<tonic::Response<T>, Status> {
    fn called(self, what: &str) -> anyhow::Result<T> {
        self.map(tonic::Response::into_inner)
            .map_err(|status| anyhow::anyhow!(crate::call::describe(&status)))
            .with_context(|| what.to_owned())
    }
}
