//! Measures matching on a generated book: match rate, precision, and speed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Write as _,
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use quittance_kernel::Money;
use quittance_matching::{Book, CustomerIx, Decision, Item, ItemKind, MoneyIn, Number, Origin, Tier, propose};
use serde_json::json;

use super::{
    BenchFlags,
    kinds::{Kind, MIX},
    noisy::{NoisyBook, Payment, make},
};

#[derive(Debug, Default)]
struct Count {
    lines: u64,
    applied: u64,
    wrong: u64,
    amount: i64,
    applied_amount: i64,
}

#[derive(Debug, Default)]
struct Result {
    by_kind: BTreeMap<Kind, Count>,
    by_rule: BTreeMap<&'static str, u64>,
    mistakes: Vec<String>,
    took: Duration,
}

pub(super) fn run(flags: &BenchFlags) -> anyhow::Result<ExitCode> {
    let noisy = make(flags.seed, flags.items as usize, flags.lines as usize);
    if let Some(out) = &flags.out {
        write(&noisy, out)?;
    }
    let before = resident_kib();
    let mut book = book_of(&noisy);
    let held = resident_kib().saturating_sub(before);
    let result = measure(&noisy, &mut book, flags);
    print(&result, held, flags);
    let wrong: u64 = result.by_kind.values().map(|count| count.wrong).sum();
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn book_of(noisy: &NoisyBook) -> Book {
    let mut book = Book::new();
    let mut customers: Vec<CustomerIx> = Vec::new();
    for customer in &noisy.customers {
        let ix = book.add_customer(&customer.name);
        for account in &customer.accounts {
            book.add_account(ix, account, Origin::Record);
        }
        customers.push(ix);
    }
    for item in &noisy.items {
        let tier = item.discount_until.map(|until| Tier { until, amount: item.discount() });
        book.add_item(Item {
            customer: customers[item.customer],
            number: Number::new(&item.number),
            reference: item.reference.clone(),
            currency: noisy.currency,
            kind: ItemKind::Invoice,
            issued_on: item.issued_on,
            due_on: item.due_on,
            open: item.open,
            total: item.open,
            tiers: tier.into_iter().collect(),
            paid_on: None,
            tolerates: true,
            part_of: None,
        });
    }
    book
}

fn measure(noisy: &NoisyBook, book: &mut Book, flags: &BenchFlags) -> Result {
    let policy = flags.policy.policy();
    let mut result = Result::default();
    for (at, payment) in noisy.payments.iter().enumerate() {
        let money = MoneyIn {
            customer: None,
            currency: noisy.currency,
            amount: payment.amount,
            value_on: payment.value_on,
            payer_name: &payment.payer_name,
            payer_account: &payment.payer_account,
            text: &payment.text,
            advice: &[],
        };
        let started = Instant::now();
        let proposal = propose(&money, book, &policy);
        let parts = proposal.best.as_ref().map_or(&[][..], |best| &best.parts);
        book.apply(&money, &proposal);
        result.took += started.elapsed();
        let count = result.by_kind.entry(payment.kind).or_default();
        count.lines += 1;
        count.amount += payment.amount;
        if proposal.decision != Decision::Apply {
            if flags.explain && payment.kind.is_decidable() {
                result.mistakes.push(format!(
                    "WAITS {:?} {:?} {} {:?} {:?}",
                    payment.kind,
                    payment.text,
                    payment.amount,
                    proposal.reason,
                    proposal.alternatives.first()
                ));
            }
            continue;
        }
        count.applied += 1;
        count.applied_amount += payment.amount;
        if let Some(best) = &proposal.best {
            *result.by_rule.entry(best.rule.label()).or_default() += 1;
        }
        let applied: BTreeSet<usize> = parts.iter().map(|part| part.item.index()).collect();
        if applied != payment.pays.iter().copied().collect() {
            count.wrong += 1;
            result.mistakes.push(mistake(at, payment, noisy, &applied));
        }
    }
    result
}

fn mistake(at: usize, payment: &Payment, noisy: &NoisyBook, applied: &BTreeSet<usize>) -> String {
    let name = |at: &usize| noisy.items.get(*at).map_or("", |item| item.number.as_str());
    let (paid, applied): (Vec<&str>, Vec<&str>) =
        (payment.pays.iter().map(name).collect(), applied.iter().map(name).collect());
    format!("line {at} ({:?}) {:?}: pays {paid:?}, applied to {applied:?}", payment.kind, payment.text)
}

#[expect(clippy::cast_precision_loss, reason = "percentages for people")]
fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 100.0 } else { part as f64 * 100.0 / whole as f64 }
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn print(result: &Result, held_kib: u64, flags: &BenchFlags) {
    let all: u32 = MIX.iter().map(|(_, share)| share).sum();
    println!("seed {}, {} items, {} lines", flags.seed, flags.items, flags.lines);
    println!("\n{:<14} {:>6} {:>8} {:>9} {:>7} {:>7}", "kind", "mix %", "lines", "matched %", "applied", "wrong");
    for (kind, share) in MIX {
        let empty = Count::default();
        let count = result.by_kind.get(&kind).unwrap_or(&empty);
        let matched = percent(count.applied - count.wrong, count.lines);
        let share = share * 100 / all;
        println!(
            "{:<14} {share:>6} {:>8} {matched:>9.1} {:>7} {:>7}",
            format!("{kind:?}"),
            count.lines,
            count.applied,
            count.wrong
        );
    }
    println!();
    for (rule, lines) in &result.by_rule {
        println!("{rule:<20} {lines:>8}");
    }
    let sum = |of: fn(&Count) -> u64, decidable: bool| -> u64 {
        result.by_kind.iter().filter(|(kind, _)| !decidable || kind.is_decidable()).map(|(_, count)| of(count)).sum()
    };
    let (lines, applied, wrong) = (sum(|c| c.lines, false), sum(|c| c.applied, false), sum(|c| c.wrong, false));
    let decidable = sum(|c| c.lines, true);
    let right = sum(|c| c.applied - c.wrong, true);
    let amounts = |of: fn(&Count) -> i64| result.by_kind.values().map(of).sum::<i64>().unsigned_abs();
    println!("\nmatch rate by line    {:>6.1} % of {lines}", percent(applied - wrong, lines));
    println!("           by value   {:>6.1} %", percent(amounts(|c| c.applied_amount), amounts(|c| c.amount)));
    println!("           decidable  {:>6.1} % of {decidable} (aim 90)", percent(right, decidable));
    println!("precision             {:>8.3} % of {applied} applied (aim 100)", percent(applied - wrong, applied));
    let rate = lines as f64 / result.took.as_secs_f64().max(1e-9);
    println!("speed                 {rate:>8.0} lines a second on one core (aim 20000 on two)");
    println!("memory of the book    {held_kib:>8} KiB");
    for mistake in &result.mistakes {
        println!("{mistake}");
    }
}

/// Memory of this process; 0 if the system does not report it.
fn resident_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").trim().parse().ok()).unwrap_or(0)
}

/// Writes the book in the format of `match run`, and its truth.
fn write(noisy: &NoisyBook, out: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(out).with_context(|| out.display().to_string())?;
    let text = |minor: i64| Money::from_minor(minor, noisy.currency).amount_text();
    let currency = noisy.currency.code();
    let mut customers = csv::Writer::from_path(out.join("customers.csv"))?;
    customers.write_record(["customer_id", "name", "accounts"])?;
    for (at, customer) in noisy.customers.iter().enumerate() {
        customers.write_record([&format!("C{at}"), &customer.name, &customer.accounts.join(";")])?;
    }
    customers.flush()?;
    let mut items = csv::Writer::from_path(out.join("items.csv"))?;
    items.write_record([
        "item_id",
        "customer_id",
        "number",
        "issued_on",
        "due_on",
        "currency",
        "open_amount",
        "discount_percent",
        "discount_until",
    ])?;
    for (at, item) in noisy.items.iter().enumerate() {
        let until = item.discount_until.map(|until| until.to_string()).unwrap_or_default();
        let percent = if until.is_empty() { "" } else { "2" };
        items.write_record([
            &format!("I{at}"),
            &format!("C{}", item.customer),
            &item.number,
            &item.issued_on.to_string(),
            &item.due_on.to_string(),
            currency,
            &text(item.open),
            percent,
            &until,
        ])?;
    }
    items.flush()?;
    let mut lines = csv::Writer::from_path(out.join("lines.csv"))?;
    lines.write_record(["line_id", "value_date", "currency", "amount", "payer_name", "payer_account", "text"])?;
    let mut truth = fs::File::create(out.join("truth.jsonl"))?;
    for (at, payment) in noisy.payments.iter().enumerate() {
        lines.write_record([
            &format!("L{at}"),
            &payment.value_on.to_string(),
            currency,
            &text(payment.amount),
            &payment.payer_name,
            &payment.payer_account,
            &payment.text,
        ])?;
        let pays: Vec<String> = payment.pays.iter().map(|item| format!("I{item}")).collect();
        writeln!(
            truth,
            "{}",
            json!({"line_id": format!("L{at}"), "kind": format!("{:?}", payment.kind), "items": pays})
        )?;
    }
    lines.flush()?;
    Ok(())
}
