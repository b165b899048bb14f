//! The API of all services, called until it answers: by turns at each replica, always with the same request.

use std::{
    collections::BTreeMap,
    net::TcpStream,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
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

/// How long one attempt may take; the client calls again by itself meanwhile where the server is away.
const ATTEMPT: Duration = Duration::from_secs(4);
/// How long a replica that did not answer is left alone while there is another.
const SILENT_FOR: Duration = Duration::from_secs(1);
/// How long a call may stay without an answer before the suite counts as broken.
const PATIENCE: Duration = Duration::from_secs(90);

/// Clients for one tenant, one for each replica.
#[derive(Debug)]
pub struct Api {
    /// The tenant.
    pub tenant: TenantId,
    /// Each replica's port and client.
    clients: BTreeMap<Area, Vec<(u16, Client)>>,
    turn: AtomicUsize,
    /// Attempts that failed, in words.
    failures: Mutex<Vec<String>>,
    /// Replicas that did not answer, and when.
    silent: Mutex<BTreeMap<(Area, usize), Instant>>,
}

impl Api {
    /// Clients for a new tenant.
    pub fn new(cluster: &Cluster) -> anyhow::Result<Self> {
        let tenant = TenantId::at(Clock::system().now());
        let token = cluster.token()?;
        let mut clients = BTreeMap::new();
        for (area, replicas) in &cluster.replicas {
            let connected = replicas.iter().map(|replica| {
                let address = format!("http://127.0.0.1:{}", replica.port);
                Ok((replica.port, connect(&address, &token, Some(tenant), ATTEMPT)?))
            });
            clients.insert(*area, connected.collect::<anyhow::Result<Vec<_>>>()?);
        }
        Ok(Self { tenant, clients, turn: AtomicUsize::new(0), silent: Mutex::default(), failures: Mutex::default() })
    }

    /// Attempts that failed so far, after all that the client did by itself. Each was made again.
    pub fn failures(&self) -> Vec<String> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the service runs here.
    pub fn has(&self, area: Area) -> bool {
        self.clients.contains_key(&area)
    }

    /// One of a service's replicas, by turns; one that did not answer only where no other is left, as a load balancer does it.
    fn replica(&self, area: Area) -> anyhow::Result<(usize, Client)> {
        let clients = self.clients.get(&area).with_context(|| format!("{} runs", area.name()))?;
        let mut silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        let mut answers = |(i, (port, _)): &(usize, &(u16, Client))| match silent.get_mut(&(area, *i)) {
            None => true,
            Some(since) if since.elapsed() < SILENT_FOR => false,
            Some(since) => {
                *since = Instant::now();
                TcpStream::connect(("127.0.0.1", *port)).is_ok()
            }
        };
        let answering: Vec<usize> = clients.iter().enumerate().filter_map(|r| answers(&r).then_some(r.0)).collect();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let i = match answering.len() {
            0 => turn % clients.len(),
            count => answering[turn % count],
        };
        Ok((i, clients[i].1.clone()))
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
            let (i, client) = self.replica(area)?;
            let status = match call(client).await {
                Ok(answer) => {
                    self.silent.lock().unwrap_or_else(PoisonError::into_inner).remove(&(area, i));
                    return Ok(answer.into_inner());
                }
                Err(status) => status,
            };
            self.silent.lock().unwrap_or_else(PoisonError::into_inner).insert((area, i), Instant::now());
            let failure = format!("{what} at {}-{i}: {}", area.name(), describe(&status));
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
