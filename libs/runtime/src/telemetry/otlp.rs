//! Export of spans and metrics to a collector. It never delays work: what is not exported in time is dropped.

use std::time::Duration;

use opentelemetry_otlp::{
    ExporterBuildError, MetricExporter, SpanExporter, WithExportConfig as _, WithTonicConfig as _,
    tonic_types::transport::{Certificate, ClientTlsConfig},
};
use opentelemetry_sdk::{
    Resource,
    metrics::PeriodicReader,
    trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider},
};

use super::TelemetryConfig;

/// Timeout of one batch.
const TIMEOUT: Duration = Duration::from_secs(3);
/// Size of the queue of spans; when it is full, new spans are dropped.
const QUEUE: usize = 8_192;
const BATCH: usize = 1_024;
const SPANS_EVERY: Duration = Duration::from_secs(2);
const METRICS_EVERY: Duration = Duration::from_secs(15);

/// The exporter of spans. A caller's sampling decision is respected; `ratio` is for traces that start here.
pub(super) fn tracer(
    address: &str,
    config: &TelemetryConfig,
    resource: Resource,
) -> Result<SdkTracerProvider, ExporterBuildError> {
    let mut exporter = SpanExporter::builder().with_tonic().with_endpoint(address).with_timeout(TIMEOUT);
    if let Some(tls) = tls(address, config) {
        exporter = exporter.with_tls_config(tls);
    }
    let exporter = exporter.build()?;
    let batches = BatchConfigBuilder::default()
        .with_max_queue_size(QUEUE)
        .with_max_export_batch_size(BATCH)
        .with_scheduled_delay(SPANS_EVERY)
        .build();
    let processor = BatchSpanProcessor::builder(exporter).with_batch_config(batches).build();
    let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(config.sample_ratio)));
    Ok(SdkTracerProvider::builder()
        .with_span_processor(processor)
        .with_sampler(sampler)
        .with_resource(resource)
        .build())
}

/// The exporter of metrics.
pub(super) fn reader(
    address: &str,
    config: &TelemetryConfig,
) -> Result<PeriodicReader<MetricExporter>, ExporterBuildError> {
    let mut exporter = MetricExporter::builder().with_tonic().with_endpoint(address).with_timeout(TIMEOUT);
    if let Some(tls) = tls(address, config) {
        exporter = exporter.with_tls_config(tls);
    }
    Ok(PeriodicReader::builder(exporter.build()?).with_interval(METRICS_EVERY).build())
}

/// The TLS settings for a collector with https: the system's authorities and those of `telemetry.otlp_ca`.
fn tls(address: &str, config: &TelemetryConfig) -> Option<ClientTlsConfig> {
    let is_tls = address.starts_with("https://");
    is_tls.then(|| {
        let tls = ClientTlsConfig::new().with_enabled_roots();
        // Checked with the configuration; if it cannot be read any more, only the system's authorities are trusted.
        match config.otlp_ca.as_deref().map(std::fs::read) {
            Some(Ok(pem)) => tls.ca_certificate(Certificate::from_pem(pem)),
            Some(Err(_)) | None => tls,
        }
    })
}
