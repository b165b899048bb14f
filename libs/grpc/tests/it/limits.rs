//! Callers that do harm, whether they mean to or not: connections that say nothing, a tenant that is loud, streams that never end.

use std::time::{Duration, Instant};

use quittance_grpc::{Limits, ServeOptions, Tokens, connect, error_info};
use quittance_kernel::{Clock, TenantId};
use quittance_proto::common::v1::VerifyLedgerRequest;
use quittance_testkit::{now, wait_until};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tonic::{Code, Request};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

use super::{Replica, SECRET, check};

fn options(limits: Limits) -> ServeOptions {
    ServeOptions { limits, ..ServeOptions::new(Tokens::new(SECRET).verifier(), Clock::system()) }
}

#[tokio::test]
async fn connections_beyond_the_limit_are_closed_and_others_answered() {
    let replica = Replica::start_with("127.0.0.1:0", options(Limits { connections: 10, ..Limits::default() })).await;
    let client = connect(&[&replica.address], "no token", None, Duration::from_secs(5)).unwrap();
    check(&client).await.unwrap();
    let address = replica.address.trim_start_matches("http://").to_owned();
    let mut silent = Vec::new();
    for _ in 0..30 {
        silent.push(TcpStream::connect(&address).await.unwrap());
    }
    let mut closed = 0;
    for stream in &mut silent {
        let read = tokio::time::timeout(Duration::from_millis(200), stream.read(&mut [0; 64])).await;
        closed += usize::from(matches!(read, Ok(Ok(0) | Err(_))));
    }
    assert_eq!(closed, 30 - 9, "nine have a place beside the one that calls");
    check(&client).await.unwrap();
    drop(silent);
    // Their places are free again.
    let other = connect(&[&replica.address], "no token", None, Duration::from_secs(5)).unwrap();
    wait_until("another client has a place", || async { check(&other).await.is_ok() }).await;
    replica.stop().await;
}

#[tokio::test]
async fn a_connection_that_sends_nothing_or_half_a_preface_is_closed() {
    let replica = Replica::start("127.0.0.1:0").await;
    let address = replica.address.trim_start_matches("http://").to_owned();
    let started = Instant::now();
    let (mut silent, mut slow) =
        (TcpStream::connect(&address).await.unwrap(), TcpStream::connect(&address).await.unwrap());
    slow.write_all(b"PRI * HTTP").await.unwrap();
    for stream in [&mut silent, &mut slow] {
        let mut rest = Vec::new();
        // Closed in order, or not: closed.
        let _closed =
            tokio::time::timeout(Duration::from_secs(15), stream.read_to_end(&mut rest)).await.expect("closed");
    }
    assert!(started.elapsed() >= Duration::from_secs(9), "{:?}", started.elapsed());
    replica.stop().await;
}

#[tokio::test]
async fn a_loud_tenant_is_refused_and_others_are_not() {
    // No service answers here: a call that is let in is told so.
    let replica =
        Replica::start_with("127.0.0.1:0", options(Limits { calls_per_tenant: 0, ..Limits::default() })).await;
    let token = Tokens::new(SECRET).sign("t", &["*"], "*", Clock::system().now(), chrono::Duration::hours(1)).unwrap();
    let client = connect(&[&replica.address], &token, Some(TenantId::at(now())), Duration::from_secs(5)).unwrap();
    let mut reports = quittance_proto::reporting::v1::report_service_client::ReportServiceClient::new(client.clone());
    let status = reports.verify_ledger(VerifyLedgerRequest {}).await.unwrap_err();
    assert_eq!((status.code(), error_info(&status).unwrap().reason.as_str()), (Code::ResourceExhausted, "TENANT_BUSY"));
    check(&client).await.expect("health is no tenant's");
    replica.stop().await;
}

#[tokio::test]
async fn who_watches_is_told_the_end_and_keeps_nothing_open() {
    let replica = Replica::start("127.0.0.1:0").await;
    let channel = tonic::transport::Endpoint::from_shared(replica.address.clone()).unwrap().connect().await.unwrap();
    let request = Request::new(HealthCheckRequest { service: String::new() });
    let mut told = HealthClient::new(channel).watch(request).await.unwrap().into_inner();
    assert_eq!(told.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
    let started = Instant::now();
    let stopping = tokio::spawn(replica.stop());
    assert_eq!(told.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
    assert_eq!(told.message().await.unwrap_err().code(), Code::Unavailable);
    stopping.await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
}
