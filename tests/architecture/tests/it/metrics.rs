//! What `docs/metrics.md` says of metrics is what the code says, and the other way round.
use std::{collections::BTreeSet, fs};

use quittance_architecture::root;
use quittance_runtime::metrics::METRICS;

/// Name, kind, unit, labels and meaning.
type Row = [String; 5];

fn said() -> BTreeSet<Row> {
    let page = fs::read_to_string(root().join("docs/metrics.md")).unwrap();
    let rows = page
        .lines()
        .filter(|line| ["quittance", "rpc", "process"].iter().any(|prefix| line.starts_with(&format!("| `{prefix}_"))));
    rows.map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [name, kind, unit, labels, meaning, alert] = cells.as_slice() else { panic!("{line}") };
        assert!(!alert.is_empty(), "{name}: what to alert on");
        [name.replace('`', ""), (*kind).to_owned(), (*unit).to_owned(), labels.replace('`', ""), (*meaning).to_owned()]
    })
    .collect()
}

#[test]
fn every_metric_is_documented_and_every_documented_metric_exists() {
    let is: BTreeSet<Row> = METRICS
        .iter()
        .map(|metric| {
            let name = metric.prometheus_name();
            let texts = [
                name.as_str(),
                metric.kind.label(),
                metric.unit,
                &metric.labels.join(", ").replace('.', "_"),
                metric.help,
            ];
            texts.map(str::to_owned)
        })
        .collect();
    let said = said();
    let missing: Vec<&Row> = is.difference(&said).collect();
    let wrong: Vec<&Row> = said.difference(&is).collect();
    assert!(missing.is_empty() && wrong.is_empty(), "docs/metrics.md lacks {missing:#?} and says instead {wrong:#?}");
}
