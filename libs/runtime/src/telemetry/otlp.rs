//! Spans and metrics on their way to a collector. Whether it is there makes no difference to the work: what it does not take in time is dropped.

use std::time::Duration;

use opentelemetry_otlp::{ExporterBuildError, MetricExporter, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::{
    Resource,
    metrics::PeriodicReader,
    trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider},
};

/// How long a collector may take for one batch.
const TIMEOUT: Duration = Duration::from_secs(3);
/// Spans that wait for the collector; those that come when it is full are dropped.
const QUEUE: usize = 8_192;
const BATCH: usize = 1_024;
const SPANS_EVERY: Duration = Duration::from_secs(2);
const METRICS_EVERY: Duration = Duration::from_secs(15);

/// What spans go to. A caller that has decided whether a trace is sampled is followed; `ratio` is for those that start here.
pub(super) fn tracer(address: &str, ratio: f64, resource: Resource) -> Result<SdkTracerProvider, ExporterBuildError> {
    let exporter = SpanExporter::builder().with_tonic().with_endpoint(address).with_timeout(TIMEOUT).build()?;
    let batches = BatchConfigBuilder::default()
        .with_max_queue_size(QUEUE)
        .with_max_export_batch_size(BATCH)
        .with_scheduled_delay(SPANS_EVERY)
        .build();
    let processor = BatchSpanProcessor::builder(exporter).with_batch_config(batches).build();
    let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(ratio)));
    Ok(SdkTracerProvider::builder()
        .with_span_processor(processor)
        .with_sampler(sampler)
        .with_resource(resource)
        .build())
}

/// What metrics go to.
pub(super) fn reader(address: &str) -> Result<PeriodicReader<MetricExporter>, ExporterBuildError> {
    let exporter = MetricExporter::builder().with_tonic().with_endpoint(address).with_timeout(TIMEOUT).build()?;
    Ok(PeriodicReader::builder(exporter).with_interval(METRICS_EVERY).build())
}
