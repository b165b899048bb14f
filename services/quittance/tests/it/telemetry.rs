//! Traces and metrics of a running suite: one trace from the caller's request to the read model, and every metric where Prometheus scrapes it.

use std::{
    collections::{HashMap, HashSet},
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

use opentelemetry_proto::tonic::{
    collector::{
        metrics::v1::{
            ExportMetricsServiceRequest, ExportMetricsServiceResponse,
            metrics_service_server::{MetricsService, MetricsServiceServer},
        },
        trace::v1::{
            ExportTraceServiceRequest, ExportTraceServiceResponse,
            trace_service_server::{TraceService, TraceServiceServer},
        },
    },
    trace::v1::{Span, span::SpanKind},
};
use quittance_runtime::metrics::{Kind, METRICS, Metric};
use quittance_testkit::{Authority, wait_for};
use serde_json::json;
use tokio::runtime::Runtime;
use tonic::{
    Request, Response, Status,
    transport::{Identity, Server, ServerTlsConfig},
};

use crate::program::{Folder, Up, tenant};

/// The rules of the services that have a tenant; credit risk has none without a profile.
const RULES: usize = 21;

/// A collector that keeps every span, and the names of what was measured.
#[derive(Debug, Clone, Default)]
struct Collector {
    spans: Arc<Mutex<Vec<Span>>>,
    measured: Arc<Mutex<HashSet<String>>>,
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let resources = request.into_inner().resource_spans.into_iter();
        let spans = resources.flat_map(|resource| resource.scope_spans).flat_map(|scope| scope.spans);
        self.spans.lock().unwrap().extend(spans);
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Collector {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let resources = request.into_inner().resource_metrics.into_iter();
        let metrics = resources.flat_map(|resource| resource.scope_metrics).flat_map(|scope| scope.metrics);
        self.measured.lock().unwrap().extend(metrics.map(|metric| metric.name));
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

/// A collector of spans and metrics behind a server, and its address.
fn collect(runtime: &Runtime, mut server: Server) -> (Collector, SocketAddr) {
    let (collector, address) = (Collector::default(), free_address());
    let server = server
        .add_service(TraceServiceServer::new(collector.clone()))
        .add_service(MetricsServiceServer::new(collector.clone()));
    runtime.spawn(async move { server.serve(address).await.unwrap() });
    (collector, address)
}

pub(crate) fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

pub(crate) fn scrape(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: suite\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

/// Scrapes until a condition holds.
fn scrape_until(address: SocketAddr, what: &str, condition: impl Fn(&str) -> bool) -> String {
    wait_for(what, || {
        let text = scrape(address);
        if condition(&text) { Ok(text) } else { Err(text) }
    })
}

#[test]
fn a_request_is_one_trace_up_to_the_read_models_and_everything_is_measured() {
    let runtime = Runtime::new().unwrap();
    let metrics = free_address();
    let (collector, otlp) = collect(&runtime, Server::builder());

    let folder = Folder::new();
    let up = Up::start_with(
        &folder.0,
        &[
            ("QUITTANCE_TELEMETRY__OTLP", &format!("http://{otlp}")),
            ("QUITTANCE_TELEMETRY__METRICS_LISTEN", &metrics.to_string()),
            ("QUITTANCE_TELEMETRY__REFRESH_SECONDS", "1"),
            ("QUITTANCE_TELEMETRY__VERIFY_SECONDS", "1"),
        ],
    );
    up.call("TenantService/CreateTenant", &tenant("Northwind"), None).unwrap();
    let customer = up.call("CustomerService/CreateCustomer", &json!({"customer": {"name": "Ada Ltd"}}), None).unwrap();
    let line = json!({"description": "Consulting", "quantity": "1", "unit": "h", "unit_price": "100", "tax_category": "S", "tax_rate": "19"});
    let invoice = json!({"invoice": {"customer_id": customer["customer_id"], "currency_code": "EUR", "lines": [line]}});
    let invoice = up.call("InvoiceService/CreateAndIssueInvoice", &invoice, None).unwrap();
    let payment = json!({"payment": {"amount": {"currency_code": "EUR", "amount": "119.00"}, "method": "PAYMENT_METHOD_TRANSFER",
        "text": format!("invoice {}", invoice["number"].as_str().unwrap())}});
    up.call_until("PaymentService/RecordPayment", &payment, None);

    let shown = scrape_until(metrics, "what all services read, checked and answered", |text| {
        let settled = "rpc_server_call_duration_seconds_count{rpc_method=\"quittance.invoicing.v1.SettlementService/SettleItems\",rpc_response_status_code=\"OK\",rpc_system_name=\"grpc\"} 1";
        text.contains(settled) && text.matches("\nquittance_invariant_drift{").count() == RULES
    });
    // No token was refused, nothing failed, and there is no broker.
    let is_measured = |metric: &&Metric| {
        !["quittance_refused_tokens", "quittance_bugs"].contains(&metric.name)
            && !metric.name.starts_with("quittance_broker_")
    };
    for metric in METRICS.iter().filter(is_measured) {
        let first = match metric.kind {
            Kind::Histogram => "_bucket{",
            _ if metric.labels.is_empty() => " ",
            _ => "{",
        };
        assert!(shown.contains(&format!("\n{}{first}", metric.prometheus_name())), "{}\n{shown}", metric.name);
    }
    let drifts: Vec<&str> = shown.lines().filter(|line| line.starts_with("quittance_invariant_drift{")).collect();
    assert!(drifts.len() == RULES && drifts.iter().all(|line| line.ends_with(" 0")), "{drifts:#?}");
    scrape_until(metrics, "that everything is read", |text| {
        let lags: Vec<&str> = text.lines().filter(|line| line.starts_with("quittance_consumer_lag_events{")).collect();
        lags.len() == 7 && lags.iter().all(|line| line.ends_with(" 0"))
    });
    up.stop();

    let measured = collector.measured.lock().unwrap();
    assert!(
        METRICS.iter().filter(is_measured).all(|metric| measured.contains(metric.name)),
        "what ends is sent first: {measured:?}"
    );
    one_trace(&collector.spans.lock().unwrap());
}

fn one_trace(spans: &[Span]) {
    let ids: HashSet<(&[u8], &[u8])> = spans.iter().map(|span| (&*span.trace_id, &*span.span_id)).collect();
    let orphans: Vec<&str> = spans
        .iter()
        .filter(|span| !span.parent_span_id.is_empty() && !ids.contains(&(&*span.trace_id, &*span.parent_span_id)))
        .map(|span| span.name.as_str())
        .collect();
    assert!(orphans.is_empty(), "children of nobody: {orphans:?}");

    let settled = spans.iter().find(|span| span.name.ends_with("/SettleItems") && span.kind == SpanKind::Server as i32);
    let settled = settled.expect("payments called invoicing");
    let by_id: HashMap<&[u8], &Span> = spans.iter().map(|span| (&*span.span_id, span)).collect();
    let caller = by_id[&*settled.parent_span_id];
    assert_eq!((caller.kind, &caller.name), (SpanKind::Client as i32, &settled.name));
    let is_below = |span: &&Span| {
        std::iter::successors(Some(*span), |span| by_id.get(&*span.parent_span_id).copied()).any(|span| span == settled)
    };
    let consumers = spans.iter().filter(|span| span.kind == SpanKind::Consumer as i32);
    let consumed: Vec<&str> = consumers.filter(is_below).map(|span| span.name.as_str()).collect();
    assert_eq!(consumed, ["consume quittance.invoicing.v1"; 4], "payments, credit risk, collections and reporting");
}

#[test]
fn spans_and_metrics_reach_a_collector_behind_tls_with_an_authority_of_ours() {
    let runtime = Runtime::new().unwrap();
    let authority = Authority::new();
    let (certificate, key) = authority.sign("collector");
    let identity = Identity::from_pem(std::fs::read(certificate).unwrap(), std::fs::read(key).unwrap());
    let server = Server::builder().tls_config(ServerTlsConfig::new().identity(identity)).unwrap();
    let (collector, otlp) = collect(&runtime, server);

    let folder = Folder::new();
    let up = Up::start_with(
        &folder.0,
        &[
            ("QUITTANCE_TELEMETRY__OTLP", &format!("https://localhost:{}", otlp.port())),
            ("QUITTANCE_TELEMETRY__OTLP_CA", authority.ca().to_str().unwrap()),
        ],
    );
    up.call("TenantService/CreateTenant", &tenant("Northwind"), None).unwrap();
    up.stop();
    let spans = collector.spans.lock().unwrap();
    assert!(spans.iter().any(|span| span.name.ends_with("TenantService/CreateTenant")), "{} spans", spans.len());
    assert!(collector.measured.lock().unwrap().contains("rpc.server.call.duration"), "metrics too");
}
