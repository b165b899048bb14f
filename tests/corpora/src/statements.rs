//! CAMT and OFX files, held against what independent readers found in them.

use std::{fs, path::Path};

use quittance_bankfiles::{Balance, Event, Sums, Tally, Warning};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::{Corpus, truths};

/// A currency's credits and debits: counts, and sums without a sign.
type Total = (String, u64, Decimal, u64, Decimal);

#[derive(Debug, Default, PartialEq)]
struct Statement {
    opening: Option<Decimal>,
    closing: Option<Decimal>,
    totals: Vec<Total>,
}

/// What a truth wants of a file.
enum Want {
    /// Exactly this.
    Statements(Vec<Statement>),
    /// To be refused, or warned about.
    Complaint,
    /// Anything but a crash.
    Either,
}

fn found(bytes: &[u8]) -> Result<(Vec<Statement>, Vec<Warning>), String> {
    let (mut statements, mut warnings, mut tally) = (Vec::new(), Vec::new(), Tally::default());
    let mut input = bytes;
    quittance_bankfiles::read(&mut input, &mut |event| {
        let _ = tally.count(&event, quittance_bankfiles::Place::File);
        match event {
            Event::End(tail) => {
                let value = |balance: Option<Balance>| balance.map(|balance| balance.amount.value);
                let line = |(currency, credits, debits): (_, Sums, Sums)| {
                    (format!("{currency}"), credits.count, credits.sum, debits.count, debits.sum)
                };
                statements.push(Statement {
                    opening: value(tail.opening),
                    closing: value(tail.closing),
                    totals: tally.totals().map(line).collect(),
                });
            }
            Event::Warning(warning) => warnings.push(warning),
            Event::Begin(_) | Event::Entry(_) => {}
        }
    })
    .map_err(|refusal| refusal.to_string())?;
    Ok((statements, warnings))
}

fn compare(folder: &Path, want: fn(&Value) -> Want, same: fn(&[Statement], &[Statement]) -> bool) {
    let truths = truths(folder);
    let mut differing = Vec::new();
    for (file, truth) in &truths {
        let found = found(&fs::read(folder.join(file)).unwrap());
        let agrees = match (want(truth), &found) {
            (Want::Either, _) | (Want::Complaint, Err(_)) => true,
            (Want::Complaint, Ok((_, warnings))) => !warnings.is_empty(),
            (Want::Statements(_), Err(_)) => false,
            (Want::Statements(want), Ok((found, _))) => same(&want, found),
        };
        if !agrees {
            differing.push(format!("{file}: {found:?}"));
        }
    }
    assert!(differing.is_empty(), "{} of {} disagree:\n{}", differing.len(), truths.len(), differing.join("\n"));
}

fn decimal(value: &Value) -> Option<Decimal> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text.parse().ok()
}

fn sum(value: &Value, name: &str) -> Decimal {
    decimal(&value[name]).unwrap().abs()
}

fn camt(truth: &Value) -> Want {
    let groups = truth["groups"].as_array().map(Vec::as_slice).unwrap_or_default();
    if truth["message"].as_str().is_some_and(|message| message.ends_with(".001.01")) {
        return Want::Either;
    }
    if truth["wellformed"] != true || groups.is_empty() {
        return Want::Complaint;
    }
    let positive = |value: &Value| value.as_u64().unwrap_or(0) > 0;
    if groups
        .iter()
        .any(|group| positive(&group["unparseable_amounts"]) || positive(&group["entries_without_indicator"]))
    {
        return Want::Either;
    }
    Want::Statements(groups.iter().map(camt_group).collect())
}

fn camt_group(group: &Value) -> Statement {
    let balances = group["balances"].as_array().unwrap();
    let first = |kind: &str| balances.iter().find(|balance| balance["type"] == kind).map(|balance| &balance["signed"]);
    let mut totals: Vec<Total> = group["by_currency"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(currency, sums)| {
            let count = |name: &str| sums[name].as_u64().unwrap();
            let (credits, debits) = (sum(sums, "credit_sum"), sum(sums, "debit_sum"));
            (currency.clone(), count("credit_count"), credits, count("debit_count"), debits)
        })
        .collect();
    totals.sort();
    let opening = first("OPBD").or_else(|| first("PRCD")).and_then(decimal);
    Statement { opening, closing: first("CLBD").and_then(decimal), totals }
}

fn ofx(truth: &Value) -> Want {
    let has_statement = truth["kinds"].as_array().unwrap().iter().any(|kind| kind.as_str().unwrap().contains("STMTRS"));
    if !has_statement || truth["unparseable_amounts"].as_array().is_some_and(|amounts| !amounts.is_empty()) {
        return Want::Complaint;
    }
    if truth["lib_ofxparse"].get("error").is_some() {
        return Want::Either;
    }
    let count = |name: &str| truth[name].as_u64().unwrap();
    let total = (String::new(), count("credits"), sum(truth, "credit_sum"), count("debits"), sum(truth, "debit_sum"));
    Want::Statements(vec![Statement { totals: vec![total], ..Statement::default() }])
}

/// The truths of OFX count a file's statements together.
fn together(statements: &[Statement]) -> (u64, Decimal, u64, Decimal) {
    statements.iter().flat_map(|statement| &statement.totals).fold(
        (0, Decimal::ZERO, 0, Decimal::ZERO),
        |(credits, credit_sum, debits, debit_sum), total| {
            (credits + total.1, credit_sum + total.2, debits + total.3, debit_sum + total.4)
        },
    )
}

/// Every CAMT file of the corpus has the balances and totals its truth states, or is refused or warned about.
pub fn camt_files_agree(corpus: &Corpus) {
    compare(&corpus.set("camt"), camt, |want, found| want == found);
}

/// Every OFX file of the corpus has the totals its truth states, or is refused or warned about.
pub fn ofx_files_agree(corpus: &Corpus) {
    compare(&corpus.set("ofx"), ofx, |want, found| together(want) == together(found));
}

/// Changed anywhere, a file is read or refused: nothing panics.
pub fn changed_files_are_read_or_refused(corpus: &Corpus) {
    for folder in ["camt", "ofx"].map(|name| corpus.set(name)) {
        let mut seed = 1_u64;
        let mut draw = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(seed >> 33).unwrap() % below
        };
        for file in truths(&folder).keys() {
            let bytes = fs::read(folder.join(file)).unwrap();
            for _ in 0..if bytes.len() > 20_000 { 1 } else { 8 } {
                let mut changed = bytes.clone();
                for _ in 0..=draw(4) {
                    let place = draw(changed.len());
                    changed[place] = b"<>&/\"0-,x\0\xff"[draw(11)];
                }
                let _ = found(&changed);
            }
        }
    }
}

/// Cut anywhere, a file is read in part or refused: nothing panics, and nothing whole is made of a part.
pub fn cut_files_are_warned_about(corpus: &Corpus) {
    for folder in ["camt", "ofx"].map(|name| corpus.set(name)) {
        for file in truths(&folder).keys() {
            let bytes = fs::read(folder.join(file)).unwrap();
            if bytes.len() > 20_000 {
                continue;
            }
            let end = bytes.iter().rposition(|byte| *byte == b'<').unwrap_or(0);
            // Some fifty cuts a file.
            for cut in (0..end).step_by(bytes.len() / 52 + 1) {
                if let Ok((_, warnings)) = found(&bytes[..cut]) {
                    assert!(!warnings.is_empty(), "{file} cut at {cut}");
                }
            }
        }
    }
}
