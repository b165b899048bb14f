//! Resource usage of the process on Linux; elsewhere nothing is reported.

use std::{fs, time::Instant};

use opentelemetry::metrics::Meter;

use super::{
    count,
    table::{self, Metric},
};

/// Units of time in `/proc/self/stat`, in a second: 100 on every Linux (`USER_HZ`).
const TICKS: f64 = 100.0;
const KIB: f64 = 1_024.0;

/// Registers the gauges.
pub(super) fn register(meter: &Meter) {
    let started = Instant::now();
    gauge(meter, table::PROCESS_MEMORY, || Some(field("VmRSS:")? * KIB));
    gauge(meter, table::PROCESS_THREADS, || field("Threads:"));
    gauge(meter, table::PROCESS_FILES, || {
        // Minus the folder itself, which is open while counting.
        fs::read_dir("/proc/self/fd").ok().map(|files| count(i64::try_from(files.count()).unwrap_or(i64::MAX)) - 1.0)
    });
    gauge(meter, table::PROCESS_UPTIME, move || Some(started.elapsed().as_secs_f64()));
    let metric = table::PROCESS_CPU;
    let _counter = meter
        .f64_observable_counter(metric.name)
        .with_unit(metric.unit)
        .with_description(metric.help)
        .with_callback(|observer| {
            if let Some(seconds) = fs::read_to_string("/proc/self/stat").ok().as_deref().and_then(cpu_seconds) {
                observer.observe(seconds, &[]);
            }
        })
        .build();
}

fn gauge(meter: &Meter, metric: Metric, read: impl Fn() -> Option<f64> + Send + Sync + 'static) {
    // The meter keeps the callback.
    let _gauge = meter
        .f64_observable_gauge(metric.name)
        .with_unit(metric.unit)
        .with_description(metric.help)
        .with_callback(move |observer| {
            if let Some(value) = read() {
                observer.observe(value, &[]);
            }
        })
        .build();
}

/// A number of `/proc/self/status`.
fn field(name: &str) -> Option<f64> {
    number(&fs::read_to_string("/proc/self/status").ok()?, name)
}

fn number(status: &str, name: &str) -> Option<f64> {
    status.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}

/// The time of user and system, fields 14 and 15. The program's name, which is the second, may hold blanks and parentheses.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let mut after_name = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || after_name.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / TICKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linux_is_read() {
        let stat = "17 (a (b) c) S 1 17 17 0 -1 4194560 1 2 3 4 250 50 0 0 20 0 9 0 100 200 300";
        assert_eq!(cpu_seconds(stat), Some(3.0));
        assert_eq!(cpu_seconds("17"), None);
        let status = "Name:\tx\nVmRSS:\t   2048 kB\nThreads:\t9\n";
        assert_eq!((number(status, "VmRSS:"), number(status, "Threads:")), (Some(2048.0), Some(9.0)));
        assert_eq!(number(status, "FDSize:"), None);
    }
}
