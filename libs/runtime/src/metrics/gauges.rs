//! The gauges' values, stored here and read by callbacks, so that a stale value can be removed.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use opentelemetry::{KeyValue, metrics::Meter};

use super::table::{Kind, METRICS, Metric};

type Labels = Vec<String>;

/// The gauges' values, by name and labels.
#[derive(Debug, Clone, Default)]
pub(super) struct Gauges(Arc<Mutex<BTreeMap<&'static str, BTreeMap<Labels, f64>>>>);

impl Gauges {
    /// Registers every gauge of the table that has labels; those without are the process's own.
    pub(super) fn register(&self, meter: &Meter) {
        for metric in METRICS.iter().filter(|metric| metric.kind == Kind::Gauge && !metric.labels.is_empty()) {
            let gauges = self.clone();
            // The meter keeps the callback.
            let _gauge = meter
                .f64_observable_gauge(metric.name)
                .with_unit(metric.unit)
                .with_description(metric.help)
                .with_callback(move |observer| {
                    for (labels, value) in gauges.values().get(metric.name).into_iter().flatten() {
                        let names = metric.labels.iter();
                        let labels: Vec<KeyValue> =
                            names.zip(labels).map(|(name, value)| KeyValue::new(*name, value.clone())).collect();
                        observer.observe(*value, &labels);
                    }
                })
                .build();
        }
    }

    pub(super) fn set(&self, metric: Metric, labels: &[&str], value: f64) {
        let labels = labels.iter().map(|label| (*label).to_owned()).collect();
        self.values().entry(metric.name).or_default().insert(labels, value);
    }

    /// Removes the values of a metric whose labels start with these.
    pub(super) fn forget(&self, metric: Metric, labels: &[&str]) {
        if let Some(values) = self.values().get_mut(metric.name) {
            values.retain(|key, _| !labels.iter().zip(key).all(|(label, key)| label == key));
        }
    }

    fn values(&self) -> MutexGuard<'_, BTreeMap<&'static str, BTreeMap<Labels, f64>>> {
        // A panic cannot leave a value half written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
