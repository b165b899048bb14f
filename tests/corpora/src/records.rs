//! MT940, BAI2, NACHA and lockbox files, held against what independent readers found in them.

use std::{fs, path::Path};

use quittance_bankfiles::{Event, Place, Refusal, Tally, Warning};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::{Corpus, truths};

/// Opening and closing balance, and count and sum of credits and debits by currency.
type Statement = (Option<Decimal>, Option<Decimal>, Vec<(u64, Decimal, u64, Decimal)>);

/// What a file must come to.
#[derive(Debug, PartialEq)]
enum Want<T> {
    Refused,
    Either,
    Exactly(T),
}

fn decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.trim_start_matches('+').parse().unwrap()),
        other => Some(other.to_string().parse().unwrap()),
    }
}

fn minor(value: &Value, currency: &str) -> Option<Decimal> {
    let places = if matches!(currency, "JPY" | "KRW") { Decimal::ONE } else { Decimal::ONE_HUNDRED };
    Some(decimal(value)? / places)
}

fn count(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

type Read = fn(&mut dyn std::io::BufRead, &mut dyn FnMut(Event)) -> Result<String, Refusal>;

fn statements(bytes: &[u8], read: Read) -> Result<(Vec<Statement>, Vec<Warning>), Refusal> {
    let (mut found, mut warnings, mut tally) = (Vec::new(), Vec::new(), Tally::default());
    read(&mut &*bytes, &mut |event| {
        warnings.extend(tally.count(&event, Place::File));
        match event {
            Event::End(tail) => {
                let sums = tally.totals().map(|(_, credit, debit)| (credit.count, credit.sum, debit.count, debit.sum));
                let balance = |balance: Option<quittance_bankfiles::Balance>| balance.map(|it| it.amount.value);
                found.push((balance(tail.opening), balance(tail.closing), sums.collect()));
            }
            Event::Warning(warning) => warnings.push(warning),
            Event::Begin(_) | Event::Entry(_) => {}
        }
    })?;
    Ok((found, warnings))
}

fn compare(folder: &Path, read: Read, want: fn(&Value) -> Want<Vec<Statement>>) {
    let truths = truths(folder);
    let mut bad = Vec::new();
    for (file, truth) in &truths {
        let found = statements(&fs::read(folder.join(file)).unwrap(), read);
        let wrong = match (want(truth), found) {
            (Want::Either, _) | (Want::Refused, Err(_)) => None,
            (Want::Refused, Ok((_, warnings))) => warnings.is_empty().then(|| "accepted without a warning".to_owned()),
            (Want::Exactly(_), Err(refusal)) => Some(format!("refused: {refusal}")),
            (Want::Exactly(want), Ok((found, _))) => {
                (found != want).then(|| format!("expected {want:?}\n   found {found:?}"))
            }
        };
        bad.extend(wrong.map(|why| format!("{file}: {why}")));
    }
    assert!(bad.is_empty(), "{} of {} disagree:\n{}", bad.len(), truths.len(), bad.join("\n"));
}

fn mt940(truth: &Value) -> Want<Vec<Statement>> {
    let statements: Vec<&Value> = items(&truth["statements"]).collect();
    if statements.is_empty() {
        return Want::Refused;
    }
    if statements.iter().any(|it| count(&it["unparsed_61"]) > 0 || it["reference"].as_str().unwrap_or("").is_empty()) {
        return Want::Either;
    }
    let statement = |it: &&Value| {
        let sums = (
            count(&it["credit_count"]),
            decimal(&it["credit_sum"]).unwrap().abs(),
            count(&it["debit_count"]),
            decimal(&it["debit_sum"]).unwrap().abs(),
        );
        let sums = if count(&it["transactions"]) > 0 { vec![sums] } else { vec![] };
        (decimal(&it["open"]["signed"]), decimal(&it["close"]["signed"]), sums)
    };
    Want::Exactly(statements.iter().map(statement).collect())
}

fn bai2(truth: &Value) -> Want<Vec<Statement>> {
    let groups = items(&truth["groups"]);
    let accounts: Vec<(&Value, &Value)> =
        groups.flat_map(|group| items(&group["accounts"]).map(move |account| (account, group))).collect();
    if accounts.is_empty() {
        return Want::Refused;
    }
    if truth["lib_bai2_0_15"]["ok"] != Value::Bool(true) && truth["oracles_agree"].is_null() {
        return Want::Either;
    }
    let statement = |(account, group): &(&Value, &Value)| {
        let currency = account["currency"].as_str().or(group["currency"].as_str()).unwrap_or("USD");
        let sum = |key: &str| minor(&account[key], currency).unwrap().abs();
        let sums = (
            count(&account["credit_count"]),
            sum("credit_sum_minor"),
            count(&account["debit_count"]),
            sum("debit_sum_minor"),
        );
        let some = sums.0 > 0 || sums.2 > 0 || !sums.1.is_zero() || !sums.3.is_zero();
        let balance = |key: &str| minor(&account[key], currency);
        (balance("opening_010"), balance("closing_015"), if some { vec![sums] } else { vec![] })
    };
    Want::Exactly(accounts.iter().map(statement).collect())
}

/// Every MT940 file of the corpus has the balances and totals its truth states.
pub fn mt940_files_agree(corpus: &Corpus) {
    compare(&corpus.set("mt940"), quittance_bankfiles::mt94x::read, mt940);
}

/// Every BAI2 file of the corpus has the balances and totals its truth states.
pub fn bai2_files_agree(corpus: &Corpus) {
    compare(&corpus.set("bai2"), quittance_bankfiles::bai2::read, bai2);
}

/// Batches, entries, credits, debits.
type Sums = (usize, u64, Decimal, Decimal);

fn ach(truth: &Value) -> Want<Sums> {
    if truth["name_says_invalid"] == Value::Bool(true) || truth["rtf"] == Value::Bool(true) {
        return Want::Either;
    }
    if count(&truth["batches"]) == 0 {
        return Want::Refused;
    }
    let sum = |key: &str| minor(&truth[key], "USD").unwrap();
    let batches = usize::try_from(count(&truth["batches"])).unwrap();
    Want::Exactly((batches, count(&truth["entries"]), sum("credit_minor"), sum("debit_minor")))
}

/// Every NACHA file of the corpus has the batches, sums, returns and changes its truth states.
pub fn ach_files_agree(corpus: &Corpus) {
    let folder = corpus.set("ach");
    let truths = truths(&folder);
    let mut bad = Vec::new();
    for (file, truth) in &truths {
        let found = quittance_bankfiles::nacha::read(&mut &*fs::read(folder.join(file)).unwrap());
        let wrong = match (ach(truth), found) {
            (Want::Either, _) | (Want::Refused, Err(_)) => None,
            (Want::Refused, Ok(found)) => found.warnings.is_empty().then(|| "accepted without a warning".to_owned()),
            (Want::Exactly(_), Err(refusal)) => Some(format!("refused: {refusal}")),
            (Want::Exactly(want), Ok(found)) => {
                let have = (
                    found.batches.len(),
                    found.batches.iter().map(|batch| batch.entries).sum(),
                    found.batches.iter().map(|batch| batch.credits).sum(),
                    found.batches.iter().map(|batch| batch.debits).sum(),
                );
                (have != want).then(|| format!("expected {want:?}\n   found {have:?}"))
            }
        };
        let wrong = wrong.or_else(|| returns_differ(truth, &folder.join(file)));
        bad.extend(wrong.map(|why| format!("{file}: {why}")));
    }
    assert!(bad.is_empty(), "{} of {} disagree:\n{}", bad.len(), truths.len(), bad.join("\n"));
}

/// Returns and changes are compared in every file that is read, also where totals are not.
fn returns_differ(truth: &Value, file: &Path) -> Option<String> {
    if truth["rtf"] == Value::Bool(true) {
        return None;
    }
    let found = quittance_bankfiles::nacha::read(&mut &*fs::read(file).unwrap()).ok()?;
    let list = |key: &str| -> Vec<(String, String)> {
        let text = |item: &Value, key: &str| item[key].as_str().unwrap_or("").to_owned();
        items(&truth[key]).map(|item| (text(item, "code"), text(item, "original_trace"))).collect()
    };
    let returns: Vec<_> = found.returns.iter().map(|it| (it.code.clone(), it.original_trace.clone())).collect();
    let changes: Vec<_> = found.changes.iter().map(|it| (it.code.clone(), it.original_trace.clone())).collect();
    let agree = returns == list("returns") && changes == list("notifications_of_change");
    (!agree).then(|| format!("returns or changes differ: {returns:?} {changes:?}"))
}

/// Every lockbox file of the corpus has the checks its truth states, and no warning.
pub fn lockbox_files_agree(corpus: &Corpus) {
    let folder = corpus.set("lockbox");
    let truths = truths(&folder);
    for (file, truth) in &truths {
        let (found, warnings) =
            statements(&fs::read(folder.join(file)).unwrap(), quittance_bankfiles::lockbox::read).unwrap();
        let sum = minor(&truth["checks_sum_minor"], "USD").unwrap();
        assert_eq!(found, [(None, None, vec![(count(&truth["checks_count"]), sum, 0, Decimal::ZERO)])], "{file}");
        assert_eq!(warnings, [], "{file}");
    }
}
