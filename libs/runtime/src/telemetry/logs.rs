//! Logs: one JSON object a line, with the trace id of the work it belongs to, and never a name, an address or a bank detail.

use opentelemetry_sdk::trace::SdkTracer;
use tracing::{Level, Metadata, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::filter_fn,
    fmt::{self, format::JsonFields},
    layer::SubscriberExt as _,
    registry::LookupSpan,
    util::{SubscriberInitExt as _, TryInitError},
};

use super::json::JsonLine;

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For machines: one JSON object a line.
    Json,
    /// For people.
    Text,
}

/// Starts logging to standard error, and passing spans to `tracer`.
pub(super) fn install(format: LogFormat, filter: &str, tracer: Option<SdkTracer>) -> Result<(), String> {
    let filter = EnvFilter::try_new(filter).map_err(|error| format!("log filter {filter:?}: {error}"))?;
    let Some(tracer) = tracer else {
        return tracing_subscriber::registry().with(filter).with(lines(format)).try_init().map_err(text);
    };
    let spans = tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_context_activation(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_filter(filter_fn(is_exported).with_max_level_hint(LevelFilter::INFO));
    tracing_subscriber::registry().with(lines(format).with_filter(filter)).with(spans).try_init().map_err(text)
}

fn lines<S>(format: LogFormat) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let lines = fmt::layer().with_writer(std::io::stderr);
    match format {
        LogFormat::Json => lines.fmt_fields(JsonFields::new()).event_format(JsonLine).boxed(),
        LogFormat::Text => lines.compact().boxed(),
    }
}

/// Our own spans, and errors in them. The log filter is separate: fewer lines must not mean fewer spans.
fn is_exported(metadata: &Metadata<'_>) -> bool {
    let level = *metadata.level();
    metadata.target().starts_with("quittance") && level <= if metadata.is_span() { Level::INFO } else { Level::WARN }
}

fn text(error: TryInitError) -> String {
    error.to_string()
}
