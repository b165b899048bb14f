//! Matches the lines of a file with a book from two files.

use std::{
    collections::HashMap,
    fs::File,
    io::{BufWriter, Write as _},
    path::Path,
    process::ExitCode,
};

use anyhow::{Context as _, bail};
use chrono::NaiveDate;
use quittance_kernel::{CreditorReference, Currency, Money, Percent, Rounding, parse_date};
use quittance_matching::UnappliedReason;
use quittance_matching::{
    Book, CustomerIx, Evidence, Explanation, Item, ItemIx, ItemKind, MoneyIn, Number, Origin, Part, Proposal, Tier,
    propose,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::RunFlags;

#[derive(Debug, Deserialize)]
struct CustomerRow {
    customer_id: String,
    name: String,
    accounts: String,
}

#[derive(Debug, Deserialize)]
struct ItemRow {
    item_id: String,
    customer_id: String,
    number: String,
    issued_on: String,
    due_on: String,
    currency: String,
    open_amount: String,
    #[serde(default)]
    discount_percent: String,
    #[serde(default)]
    discount_until: String,
}

#[derive(Debug, Deserialize)]
struct LineRow {
    line_id: String,
    value_date: String,
    currency: String,
    amount: String,
    #[serde(default)]
    payer_name: String,
    #[serde(default)]
    payer_account: String,
    #[serde(default)]
    text: String,
}

struct Line {
    row: LineRow,
    value_on: NaiveDate,
    currency: Currency,
    amount: i64,
}

/// A book with the ids of items and customers in its files.
#[derive(Default)]
struct NamedBook {
    book: Book,
    customers: Vec<String>,
    by_id: HashMap<String, CustomerIx>,
    items: Vec<String>,
}

pub(super) fn run(flags: &RunFlags) -> anyhow::Result<ExitCode> {
    let (mut named, lines) = match read(flags) {
        Ok(read) => read,
        Err(error) => {
            eprintln!("quittance: {error:#}");
            return Ok(crate::exit::usage());
        }
    };
    let policy = flags.policy.policy();
    let out = File::create(&flags.out).with_context(|| format!("making {}", flags.out.display()))?;
    let mut out = BufWriter::new(out);
    let progress = crate::progress::bar(lines.len(), "lines");
    for line in &lines {
        if line.amount <= 0 {
            // Outgoing money pays nothing.
            let none = json!({"line_id": line.row.line_id, "decision": "none", "rule": null, "score": 0.0, "allocations": [],
                              "alternatives": [], "why": "the amount is not positive"});
            serde_json::to_writer(&mut out, &none)?;
            writeln!(out)?;
            continue;
        }
        let money = MoneyIn {
            customer: None,
            currency: line.currency,
            amount: line.amount,
            value_on: line.value_on,
            payer_name: &line.row.payer_name,
            payer_account: &line.row.payer_account,
            text: &line.row.text,
            advice: &[],
        };
        let proposal = propose(&money, &named.book, &policy);
        serde_json::to_writer(&mut out, &named.json(line, &proposal))?;
        writeln!(out)?;
        named.book.apply(&money, &proposal);
        progress.inc(1);
    }
    out.flush()?;
    progress.finish_and_clear();
    Ok(ExitCode::SUCCESS)
}

fn read(flags: &RunFlags) -> anyhow::Result<(NamedBook, Vec<Line>)> {
    let mut named = NamedBook::default();
    each(&flags.customers, |row: CustomerRow| {
        named.add_customer(row);
        Ok(())
    })?;
    each(&flags.items, |row| named.add_item(row))?;
    let mut lines = Vec::new();
    each(&flags.lines, |row: LineRow| {
        let currency = Currency::parse(&row.currency)?;
        let amount = minor(&row.amount, currency)?;
        lines.push(Line { value_on: parse_date(&row.value_date)?, currency, amount, row });
        Ok(())
    })?;
    Ok((named, lines))
}

fn each<Row: serde::de::DeserializeOwned>(
    path: &Path,
    mut take: impl FnMut(Row) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(file);
    for (record, row) in (1..).zip(reader.deserialize()) {
        row.map_err(anyhow::Error::from)
            .and_then(&mut take)
            .with_context(|| format!("{}, record {record}", path.display()))?;
    }
    Ok(())
}

fn minor(text: &str, currency: Currency) -> anyhow::Result<i64> {
    Ok(i64::try_from(Money::parse(text.trim(), currency)?.to_minor())?)
}

impl NamedBook {
    fn add_customer(&mut self, row: CustomerRow) {
        let customer = self.book.add_customer(&row.name);
        for account in row.accounts.split(';') {
            self.book.add_account(customer, account, Origin::Record);
        }
        self.customers.push(row.customer_id.clone());
        self.by_id.insert(row.customer_id, customer);
    }

    fn add_item(&mut self, row: ItemRow) -> anyhow::Result<()> {
        let currency = Currency::parse(&row.currency)?;
        let open = minor(&row.open_amount, currency)?;
        let Some(customer) = self.by_id.get(&row.customer_id).copied() else {
            bail!("customer {} does not exist", row.customer_id);
        };
        let mut tiers = Vec::new();
        if !row.discount_percent.trim().is_empty() && !row.discount_until.trim().is_empty() {
            let percent = Percent::parse(row.discount_percent.trim())?;
            let discount = Money::from_minor(open, currency).times(percent.fraction(), Rounding::HalfUp)?;
            let amount = i64::try_from(discount.to_minor())?;
            if amount > 0 {
                tiers.push(Tier { until: parse_date(row.discount_until.trim())?, amount });
            }
        }
        self.book.add_item(Item {
            customer,
            number: Number::new(&row.number),
            // As our documents have it.
            reference: CreditorReference::from_base(&row.number),
            currency,
            kind: ItemKind::Invoice,
            issued_on: parse_date(&row.issued_on)?,
            due_on: parse_date(&row.due_on)?,
            open,
            total: open,
            tiers,
            paid_on: None,
            tolerates: true,
            part_of: None,
        });
        self.items.push(row.item_id);
        Ok(())
    }

    fn item_name(&self, item: ItemIx) -> &str {
        self.items.get(item.index()).map_or("", String::as_str)
    }

    fn json(&self, line: &Line, proposal: &Proposal) -> Value {
        let best = proposal.best.as_ref();
        let first = best.or(proposal.alternatives.first());
        let text = |minor: i64| Money::from_minor(minor, line.currency).amount_text();
        let part = |part: &Part| {
            json!({"item_id": self.item_name(part.item), "amount": text(part.amount), "discount": text(part.discount),
                   "write_off": text(part.write_off)})
        };
        let explanation = |explanation: &Explanation| {
            json!({"rule": explanation.rule.label(), "score": f64::from(explanation.score) / 1000.0,
                   "allocations": explanation.parts.iter().map(part).collect::<Vec<_>>(),
                   "left_over": text(explanation.left_over), "left_open": text(explanation.left_open),
                   "evidence": explanation.evidence.iter().map(|evidence| self.evidence(evidence)).collect::<Vec<_>>(),
                   "why": explanation.doubt.map(UnappliedReason::label)})
        };
        let evidence: Vec<String> =
            first.iter().flat_map(|first| &first.evidence).map(|evidence| self.evidence(evidence)).collect();
        let why = match (best, proposal.reason) {
            (Some(_), None) => evidence.join("; "),
            (_, Some(reason)) => format!("{}: {}", reason.label(), evidence.join("; ")),
            (None, None) => String::new(),
        };
        json!({
            "line_id": line.row.line_id,
            "decision": proposal.decision.label(),
            "rule": first.map(|first| first.rule.label()),
            "score": first.map_or(0.0, |first| f64::from(first.score) / 1000.0),
            "customer_id": proposal.customer.and_then(|customer| self.customers.get(customer.index())),
            "allocations": best.map(|best| best.parts.iter().map(part).collect::<Vec<_>>()).unwrap_or_default(),
            "left_over": best.map(|best| text(best.left_over)),
            "left_open": best.map(|best| text(best.left_open)),
            "evidence": evidence,
            "alternatives": proposal.alternatives.iter().map(explanation).collect::<Vec<_>>(),
            "why": why,
        })
    }

    fn evidence(&self, evidence: &Evidence) -> String {
        match evidence {
            Evidence::Reference(reference, false) => format!("reference {reference}"),
            Evidence::Reference(reference, true) => format!("reference {reference}, repaired"),
            Evidence::Number(item, how) => format!("number of {} {how}", self.item_name(*item)),
            Evidence::Advice(item) => format!("remittance advice names {}", self.item_name(*item)),
            Evidence::Payer(how) => format!("payer by {how}"),
            Evidence::Amount(how) => format!("amount {how}"),
            Evidence::SimilarName(customer, percent) => {
                let name = self.customers.get(customer.index()).map_or("", String::as_str);
                format!("name {percent}% like that of {name}")
            }
        }
    }
}
