//! Statements as JSON, printed entry by entry: a file of any size needs no more memory than its longest entry.

use std::io::{self, BufRead, Write};

use quittance_bankfiles::{
    Balance, CurrencyCode, Entry, Event, Place, StatementHead, StatementTail, Sums, Tally, Warning, WarningCode,
};
use serde::Serialize;

use super::Failure;

/// The most warnings kept until they are printed; more are only counted.
const MOST_WARNINGS: usize = 10_000;

/// Reads a statement file and prints its content. Nothing is printed of a refused file.
pub(super) fn print(input: &mut dyn BufRead, output: &mut dyn Write) -> Result<(), Failure> {
    let mut printer = Printer::new(output);
    let format = quittance_bankfiles::read(input, &mut |event| printer.take(event))?;
    printer.finish(&format).map_err(Failure::Output)
}

struct Printer<'a> {
    output: &'a mut dyn Write,
    /// The first error of the output, after which nothing is printed.
    done: io::Result<()>,
    tally: Tally,
    statements: u64,
    entries: u64,
    warnings: Warnings,
}

/// The kept warnings.
#[derive(Default)]
pub(super) struct Warnings {
    kept: Vec<Warning>,
    more: u64,
}

impl Warnings {
    pub(super) fn push(&mut self, warning: Warning) {
        if self.kept.len() < MOST_WARNINGS {
            self.kept.push(warning);
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    /// All kept warnings, and one with the number of the others.
    pub(super) fn finish(mut self) -> Vec<Warning> {
        if self.more > 0 {
            let message = format!("{} more warnings", self.more);
            self.kept.push(Warning { at: Place::File, code: WarningCode::BadField, message });
        }
        self.kept
    }
}

/// A currency's credits and debits.
#[derive(Serialize)]
struct Total {
    currency: CurrencyCode,
    credits: Sums,
    debits: Sums,
}

impl<'a> Printer<'a> {
    fn new(output: &'a mut dyn Write) -> Printer<'a> {
        let (tally, warnings) = (Tally::default(), Warnings::default());
        Printer { output, done: Ok(()), tally, statements: 0, entries: 0, warnings }
    }

    fn take(&mut self, event: Event) {
        // The reader has already warned about wrong totals.
        let _ = self.tally.count(&event, Place::File);
        if self.done.is_err() {
            return;
        }
        self.done = match event {
            Event::Begin(head) => self.begin(&head),
            Event::Entry(entry) => self.entry(&entry),
            Event::End(tail) => self.end(&tail),
            Event::Warning(warning) => {
                self.warnings.push(warning);
                Ok(())
            }
        };
    }

    fn begin(&mut self, head: &StatementHead) -> io::Result<()> {
        self.output.write_all(if self.statements == 0 { b"{\"statements\":[\n" } else { b",\n" })?;
        self.statements = self.statements.saturating_add(1);
        self.entries = 0;
        self.output.write_all(b"{\"id\":")?;
        self.json(&head.id)?;
        self.field("account", &head.account)?;
        self.field("owner", &head.owner)?;
        self.field("currency", &head.currency)?;
        self.field("advice_only", &head.advice_only)?;
        self.output.write_all(b",\"entries\":[")
    }

    fn entry(&mut self, entry: &Entry) -> io::Result<()> {
        self.output.write_all(if self.entries == 0 { b"\n" } else { b",\n" })?;
        self.entries = self.entries.saturating_add(1);
        self.json(entry)
    }

    fn end(&mut self, tail: &StatementTail) -> io::Result<()> {
        let value = |balance: &Option<Balance>| balance.as_ref().map(|balance| balance.amount.value);
        let totals: Vec<Total> =
            self.tally.totals().map(|(currency, credits, debits)| Total { currency, credits, debits }).collect();
        self.output.write_all(b"]")?;
        self.field("opening", &value(&tail.opening))?;
        self.field("closing", &value(&tail.closing))?;
        self.field("balances", &tail.balances)?;
        self.field("totals", &totals)?;
        self.output.write_all(b"}")
    }

    fn finish(mut self, format: &str) -> io::Result<()> {
        std::mem::replace(&mut self.done, Ok(()))?;
        self.output.write_all(if self.statements == 0 { b"{\"statements\":[]" } else { b"\n]" })?;
        let warnings = std::mem::take(&mut self.warnings).finish();
        self.field("warnings", &warnings)?;
        self.field("format", &format)?;
        self.output.write_all(b"}\n")
    }

    fn field(&mut self, name: &str, value: &impl Serialize) -> io::Result<()> {
        write!(self.output, ",\"{name}\":")?;
        self.json(value)
    }

    fn json(&mut self, value: &(impl Serialize + ?Sized)) -> io::Result<()> {
        serde_json::to_writer(&mut *self.output, value).map_err(io::Error::from)
    }
}
