//! Telemetry of a process: logs always; spans and metrics only if an exporter is configured.

mod config;
mod json;
mod logs;
mod otlp;

use std::{net::SocketAddr, time::Duration};

use ::prometheus::Registry;
use opentelemetry::{KeyValue, metrics::MeterProvider as _, trace::TracerProvider as _};
use opentelemetry_sdk::{Resource, metrics::SdkMeterProvider, trace::SdkTracerProvider};
use quittance_kernel::{Clock, EventId};
use tokio::sync::oneshot;

pub use config::TelemetryConfig;
pub use logs::LogFormat;

use crate::{HttpEndpoint, http::Pages, metrics, spans};

/// The instrumentation scope of our spans and metrics.
const SCOPE: &str = "quittance";
/// Timeout of exporting the last spans and metrics at shutdown.
const FLUSH: Duration = Duration::from_secs(5);

/// The running telemetry, to be shut down in order.
#[derive(Debug, Default)]
#[must_use = "the last records are lost unless it is shut down"]
pub struct Telemetry {
    spans: Option<SdkTracerProvider>,
    metrics: Option<SdkMeterProvider>,
    endpoint: Option<HttpEndpoint>,
}

/// Starts logging to standard error, without spans and metrics. `filter` is as in `tracing_subscriber::EnvFilter`, for example `info,sqlx=warn`. Returns an
/// error when it is invalid.
pub fn init_logs(format: LogFormat, filter: &str) -> Result<(), String> {
    logs::install(format, filter, None)
}

/// Starts logging as [`init_logs`], and the configured exporters, under the name `quittance-<service>`. Called once, in a runtime. Fails where
/// the configuration is invalid or the address for metrics is taken; an unavailable collector is not a failure.
pub fn start(service: &str, format: LogFormat, filter: &str, config: &TelemetryConfig) -> Result<Telemetry, String> {
    let resource = Resource::builder_empty()
        .with_service_name(format!("quittance-{service}"))
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .with_attribute(KeyValue::new("service.instance.id", EventId::at(Clock::system().now()).to_string()))
        .build();
    let unreachable = |error| format!("telemetry.otlp: {error}");
    let otlp = config.otlp.as_deref();
    let spans = otlp.map(|address| otlp::tracer(address, config, resource.clone()));
    let spans = spans.transpose().map_err(unreachable)?;
    logs::install(format, filter, spans.as_ref().map(|provider| provider.tracer(SCOPE)))?;
    if spans.is_some() {
        spans::export();
    }
    if otlp.is_none() && config.metrics_listen.is_none() {
        return Ok(Telemetry::default());
    }
    let mut provider = SdkMeterProvider::builder().with_resource(resource);
    if let Some(address) = otlp {
        provider = provider.with_reader(otlp::reader(address, config).map_err(unreachable)?);
    }
    let mut endpoint = None;
    if let Some(address) = &config.metrics_listen {
        let wrong = |error: &dyn std::fmt::Display| format!("telemetry.metrics_listen: {address}: {error}");
        let registry = Registry::new();
        let exporter =
            opentelemetry_prometheus::exporter().with_registry(registry.clone()).scope_info_enabled(false).build();
        provider = provider.with_reader(exporter.map_err(|error| wrong(&error))?);
        let pages = Pages { metrics: Some(registry), readiness: None };
        endpoint = Some(HttpEndpoint::bind(address, pages).map_err(|error| wrong(&error))?);
    }
    let provider = provider.build();
    metrics::install(&provider.meter(SCOPE));
    Ok(Telemetry { spans, metrics: Some(provider), endpoint })
}

impl Telemetry {
    /// The listen address of metrics.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.endpoint.as_ref().map(HttpEndpoint::address)
    }

    /// Exports what is left, for five seconds at most.
    pub async fn shutdown(self) {
        drop(self.endpoint);
        let (spans, metrics) = (self.spans, self.metrics);
        let spans = flush(move || spans.map(|provider| provider.shutdown_with_timeout(FLUSH)));
        let metrics = flush(move || metrics.map(|provider| provider.shutdown_with_timeout(FLUSH)));
        // What was not exported in time is lost, as at any other time.
        let _late = tokio::time::timeout(FLUSH, async { (spans.await, metrics.await) }).await;
    }
}

/// Runs blocking work on its own thread, so that it cannot keep the process from exiting.
fn flush<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> oneshot::Receiver<()> {
    let (done, is_done) = oneshot::channel();
    std::thread::spawn(move || {
        work();
        // The receiver is gone.
        let _late = done.send(());
    });
    is_done
}

/// An error with all its causes, in one line.
pub fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpStream,
    };

    use super::*;

    async fn get(address: SocketAddr, path: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    // One test: a process starts its telemetry once.
    #[tokio::test(flavor = "multi_thread")]
    async fn metrics_are_shown_and_a_collector_that_is_away_stops_nothing() {
        let config = TelemetryConfig {
            otlp: Some("http://127.0.0.1:9".to_owned()),
            metrics_listen: Some("127.0.0.1:0".to_owned()),
            ..TelemetryConfig::default()
        };
        let started = Instant::now();
        let telemetry = start("test", LogFormat::Json, "off", &config).unwrap();
        for _ in 0..10_000 {
            tracing::info_span!("work")
                .in_scope(|| metrics::record_call("test/Call", "OK".to_owned(), Duration::from_millis(3)));
        }
        metrics::record_pool_wait("books", "app", Duration::from_millis(1));
        metrics::record_pool("books", "app", 3, 7);
        metrics::record_outbox("test", 2, Duration::from_secs(4));
        metrics::record_unpublished("test", 0);
        metrics::record_webhooks("test", 4, 1);
        metrics::record_lag("test", "other", 0, 12);
        metrics::record_held("test", "other", metrics::HeldCounts { dead_letters: 1, parked: 2, waiting: 3 });
        metrics::record_pending("test", 5, Duration::from_secs(6));
        metrics::record_run_items("test", 8);
        metrics::record_drift("test", 1, "what is in is out", 0);
        metrics::record_verified("test", Clock::system().now());
        metrics::record_reconciled("test", "tidy_up");
        metrics::record_refused_token("Expired");
        metrics::record_commands("test", "Tidy", metrics::OperationResult::Done, 3);
        metrics::record_transaction("test", "Tidy", Duration::from_millis(4));
        metrics::record_bug();
        let round_trip = Some(Duration::from_millis(2));
        metrics::record_broker_client("test", "publisher", metrics::BrokerClient { round_trip, ..Default::default() });

        let address = telemetry.metrics_address().unwrap();
        let shown = get(address, "/metrics").await;
        for metric in metrics::METRICS {
            assert!(
                shown.contains(&format!("# TYPE {} {}\n", metric.prometheus_name(), metric.kind.label())),
                "{}\n{shown}",
                metric.name
            );
        }
        assert!(
            shown.contains(
                "rpc_server_call_duration_seconds_bucket{rpc_method=\"test/Call\",rpc_response_status_code=\"OK\",rpc_system_name=\"grpc\",le=\"0.005\"} 10000\n"
            ),
            "{shown}"
        );
        assert!(shown.contains("quittance_outbox_age_seconds{service=\"test\"} 4\n"), "{shown}");
        assert!(shown.contains("service_name=\"quittance-test\""), "{shown}");

        metrics::remove_observed("test");
        let shown = get(address, "/metrics").await;
        assert!(!shown.contains("quittance_outbox_age_seconds{"), "what is not known is not shown\n{shown}");
        assert!(!shown.contains("quittance_consumer_lag_events{"), "{shown}");
        assert!(shown.contains("quittance_pool_connections{"), "{shown}");

        assert!(get(address, "/healthz").await.starts_with("HTTP/1.1 200"));
        assert!(get(address, "/other").await.starts_with("HTTP/1.1 404"));
        telemetry.shutdown().await;
        assert!(started.elapsed() < FLUSH + Duration::from_secs(5), "{:?}", started.elapsed());
        assert!(TcpStream::connect(address).await.is_err());
    }
}
