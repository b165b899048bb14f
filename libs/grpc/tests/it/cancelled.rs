//! A caller that goes away before its answer is there is measured, and what it began is finished.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures::future::BoxFuture;
use http::{Request, Response};
use quittance_grpc::{ServeOptions, Tokens, connect, routes};
use quittance_kernel::{Clock, TenantId};
use quittance_proto::{common::v1::VerifyLedgerRequest, reporting::v1::report_service_client::ReportServiceClient};
use quittance_runtime::telemetry::{self, LogFormat, TelemetryConfig};
use quittance_testkit::{now, wait_until};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::Semaphore,
};
use tonic::{Status, body::Body, server::NamedService};
use tower::Service;

use super::{Replica, SECRET};

const CANCELLED: &str = "rpc_server_call_duration_seconds_count{rpc_method=\"quittance.reporting.v1.ReportService/VerifyLedger\",\
    rpc_response_status_code=\"CANCELLED\",rpc_system_name=\"grpc\"}";

/// Answers when it is allowed to.
#[derive(Clone)]
struct Slow {
    begun: Arc<Semaphore>,
    allowed: Arc<Semaphore>,
    finished: Arc<Semaphore>,
}

impl NamedService for Slow {
    const NAME: &'static str = "quittance.reporting.v1.ReportService";
}

impl Service<Request<Body>> for Slow {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        let Self { begun, allowed, finished } = self.clone();
        Box::pin(async move {
            begun.add_permits(1);
            allowed.acquire().await.unwrap().forget();
            finished.add_permits(1);
            Ok(Status::ok("").into_http())
        })
    }
}

async fn call(address: String, token: String) {
    let client = connect(&[address], &token, Some(TenantId::at(now())), Duration::from_mins(1)).unwrap();
    let _abandoned = ReportServiceClient::new(client).verify_ledger(VerifyLedgerRequest {}).await;
}

/// Takes one of what a semaphore counts.
async fn take(counted: &Semaphore) {
    counted.acquire().await.unwrap().forget();
}

async fn scrape(telemetry: &telemetry::Telemetry) -> String {
    let mut stream = TcpStream::connect(telemetry.metrics_address().unwrap()).await.unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: test\r\n\r\n").await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

// One test: a process starts its telemetry once.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_whose_caller_has_gone_is_measured_as_cancelled() {
    let config = TelemetryConfig { metrics_listen: Some("127.0.0.1:0".to_owned()), ..TelemetryConfig::default() };
    let telemetry = telemetry::start("test", LogFormat::Json, "off", &config).unwrap();
    let [begun, allowed, finished] = [(); 3].map(|()| Arc::new(Semaphore::new(0)));
    let slow = Slow { begun: begun.clone(), allowed: allowed.clone(), finished: finished.clone() };
    let routes = routes(&[]).unwrap().with(|all| all.add_service(slow));
    let options = ServeOptions::new(Tokens::new(SECRET).verifier(), Clock::system());
    let replica = Replica::start_serving("127.0.0.1:0", routes, options).await;
    let token = Tokens::new(SECRET).sign("t", &["*"], "*", Clock::system().now(), chrono::Duration::hours(1)).unwrap();

    let dropped = tokio::spawn(call(replica.address.clone(), token.clone()));
    take(&begun).await;
    dropped.abort();
    wait_until("the call that was dropped is measured", || async {
        scrape(&telemetry).await.contains(&format!("{CANCELLED} 1\n"))
    })
    .await;

    // Its whole process ends, and its connection with it.
    let process = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    process.spawn(call(replica.address.clone(), token));
    take(&begun).await;
    process.shutdown_background();
    wait_until("the call of a process that ended is measured", || async {
        scrape(&telemetry).await.contains(&format!("{CANCELLED} 2\n"))
    })
    .await;

    allowed.add_permits(2);
    take(&finished).await;
    take(&finished).await;
    replica.stop().await;
    telemetry.shutdown().await;
}
