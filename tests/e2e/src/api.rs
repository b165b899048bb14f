//! The API of all services, called until it answers, always with the same request.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use quittance_grpc::{Client, connect, error_info};
use quittance_kernel::{Clock, RequestId, TenantId};
use quittance_proto::{
    collections::v1::dunning_service_client::DunningServiceClient,
    common::v1::{GetStreamStatusRequest, StreamStatus, VerifyLedgerRequest, VerifyLedgerResponse},
    creditrisk::v1::credit_service_client::CreditServiceClient,
    invoicing::v1::open_item_service_client::OpenItemServiceClient,
    payments::v1::payment_service_client::PaymentServiceClient,
    reporting::v1::report_service_client::ReportServiceClient,
};
use tonic::{Code, Response, Status};
use tonic_types::StatusExt as _;

use crate::{Area, Cluster};

/// How long one attempt may take; the client calls again by itself meanwhile, at another replica, where one is away.
const ATTEMPT: Duration = Duration::from_secs(4);
/// How long a call may stay without an answer before the suite counts as broken.
const PATIENCE: Duration = Duration::from_secs(90);

/// Clients for one tenant, one for all replicas of each service.
#[derive(Debug)]
pub struct Api {
    /// The tenant.
    pub tenant: TenantId,
    clients: BTreeMap<Area, Client>,
    /// Attempts that failed, in words.
    failures: Mutex<Vec<String>>,
}

impl Api {
    /// Clients for a new tenant.
    pub fn new(cluster: &Cluster) -> anyhow::Result<Self> {
        let tenant = TenantId::at(Clock::system().now());
        let token = cluster.token()?;
        let mut clients = BTreeMap::new();
        for (area, replicas) in &cluster.replicas {
            let addresses: Vec<String> = replicas.iter().map(|r| format!("http://127.0.0.1:{}", r.port)).collect();
            clients.insert(*area, connect(&addresses, &token, Some(tenant), ATTEMPT)?);
        }
        Ok(Self { tenant, clients, failures: Mutex::default() })
    }

    /// Attempts that failed so far, after all that the client did by itself. Each was made again.
    pub fn failures(&self) -> Vec<String> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the service runs here.
    pub fn has(&self, area: Area) -> bool {
        self.clients.contains_key(&area)
    }

    /// Makes one call, always with the same request, until it is answered. Only failures that say "again" may be
    /// seen meanwhile.
    pub async fn answered<T, F>(&self, area: Area, what: &str, call: impl Fn(Client) -> F) -> anyhow::Result<T>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        let began = Instant::now();
        let mut wait = Duration::from_millis(20);
        loop {
            let client = self.clients.get(&area).with_context(|| format!("{} runs", area.name()))?;
            let status = match call(client.clone()).await {
                Ok(answer) => return Ok(answer.into_inner()),
                Err(status) => status,
            };
            let failure = format!("{what} at {}: {}", area.name(), describe(&status));
            self.failures.lock().unwrap_or_else(PoisonError::into_inner).push(failure);
            allowed(&status).with_context(|| what.to_owned())?;
            if began.elapsed() > PATIENCE {
                bail!(
                    "{what}: no answer for {} seconds, the last failure was {}",
                    PATIENCE.as_secs(),
                    describe(&status)
                );
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(Duration::from_millis(500));
        }
    }

    /// How far a service's own events and its reading of others' have come.
    pub async fn status(&self, area: Area) -> anyhow::Result<StreamStatus> {
        let request = GetStreamStatusRequest {};
        self.answered(area, "GetStreamStatus", |client| async move {
            match area {
                Area::Invoicing => OpenItemServiceClient::new(client).get_stream_status(request).await,
                Area::Payments => PaymentServiceClient::new(client).get_stream_status(request).await,
                Area::CreditRisk => CreditServiceClient::new(client).get_stream_status(request).await,
                Area::Collections => DunningServiceClient::new(client).get_stream_status(request).await,
                Area::Reporting => ReportServiceClient::new(client).get_stream_status(request).await,
            }
        })
        .await
    }

    /// A service's check of its own books.
    pub async fn verify(&self, area: Area) -> anyhow::Result<VerifyLedgerResponse> {
        let request = VerifyLedgerRequest {};
        self.answered(area, "VerifyLedger", |client| async move {
            match area {
                Area::Invoicing => OpenItemServiceClient::new(client).verify_ledger(request).await,
                Area::Payments => PaymentServiceClient::new(client).verify_ledger(request).await,
                Area::CreditRisk => CreditServiceClient::new(client).verify_ledger(request).await,
                Area::Collections => DunningServiceClient::new(client).verify_ledger(request).await,
                Area::Reporting => ReportServiceClient::new(client).verify_ledger(request).await,
            }
        })
        .await
    }
}

/// A new request id.
pub fn request_id() -> String {
    RequestId::at(Clock::system().now()).to_string()
}

/// Fails for a status that no fault may cause.
fn allowed(status: &Status) -> anyhow::Result<()> {
    match status.code() {
        Code::Unavailable if status.get_details_retry_info().is_none() => {
            bail!("UNAVAILABLE without RetryInfo: {}", describe(status))
        }
        Code::Unavailable | Code::DeadlineExceeded | Code::Aborted | Code::ResourceExhausted => Ok(()),
        _ => bail!("{}", describe(status)),
    }
}

/// A status in words.
fn describe(status: &Status) -> String {
    let reason = error_info(status).map(|info| format!("{} {:?}", info.reason, info.metadata)).unwrap_or_default();
    let details = status.get_error_details();
    format!("{:?} {reason}: {} {:?}", status.code(), status.message(), details.bad_request())
}
