//! The file: converts its records to batches, and checks its control records.

use std::io::BufRead;

use rust_decimal::Decimal;

use super::batch::{Layout, Side, header, item};
use super::record::{Record, Records, is_routing};
use super::{File, Item, addenda, remittance};
use crate::{Fault, Place, Refusal, Warning, WarningCode};

/// Hashes are truncated to ten digits.
const HASH: u64 = 10_000_000_000;

/// The most warnings: a file of another kind is wrong on every line.
const MAX_WARNINGS: usize = 10_000;

/// The minimum of columns of a batch header, an entry, a return or change.
const HEADER_COLUMNS: usize = 53;
const ENTRY_COLUMNS: usize = 39;
const CHANGE_COLUMNS: usize = 21;

/// The totals of a control record, stated or computed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Totals {
    /// Entry and addenda records.
    records: u64,
    /// Sum of the first eight digits of routing numbers.
    hash: u64,
    debits: Decimal,
    credits: Decimal,
}

#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent flags of the reader's state")]
struct Reader {
    file: File,
    totals: Totals,
    batch: Totals,
    layout: Layout,
    open: bool,
    has_header: bool,
    /// The last entry's addenda texts.
    texts: Vec<String>,
    in_entry: bool,
    controlled: bool,
    last_line: u64,
}

pub(super) fn read(input: &mut dyn BufRead) -> Result<File, Refusal> {
    let mut records = Records::new(input);
    let mut reader = Reader::default();
    let mut faults = Vec::new();
    while let Some(record) = records.next()? {
        reader.last_line = record.at;
        let known = reader.take(&record);
        if !known && faults.len() < 20 {
            faults.push(Fault {
                at: Place::Line(record.at),
                message: "the line is not a record of a NACHA file".to_owned(),
            });
        }
    }
    if !reader.has_header && reader.file.batches.is_empty() {
        let message = "the file has neither a file header (1) nor a batch header (5)".to_owned();
        faults.insert(0, Fault { at: Place::File, message });
        return Err(Refusal::Faults(faults));
    }
    Ok(reader.finish())
}

impl Reader {
    fn warn(&mut self, line: u64, code: WarningCode, message: impl Into<String>) {
        match self.file.warnings.len() {
            count if count < MAX_WARNINGS => {
                self.file.warnings.push(Warning { at: Place::Line(line), code, message: message.into() });
            }
            MAX_WARNINGS => {
                let message = format!("more than {MAX_WARNINGS} warnings: the rest is left out");
                self.file.warnings.push(Warning { at: Place::Line(line), code: WarningCode::Unexpected, message });
            }
            _ => {}
        }
    }

    /// Processes the next record. Returns whether it is one.
    fn take(&mut self, record: &Record) -> bool {
        if record.is_filler() {
            return true;
        }
        if record.too_long {
            self.warn(record.at, WarningCode::BadField, "the record has text after its 94 columns");
        }
        match record.kind() {
            '1' if record.text(2, 3) == "01" => self.file_header(record),
            '5' if record.number(2, 4).is_some() && record.width() >= HEADER_COLUMNS => self.batch_header(record),
            '6' if self.open && record.width() >= ENTRY_COLUMNS => self.entry(record),
            '7' if self.open => self.addenda(record),
            '8' if record.number(2, 4).is_some() => self.batch_control(record),
            '9' if record.number(2, 13).is_some() => self.file_control(record),
            '6' | '7' => {
                self.warn(
                    record.at,
                    WarningCode::Unexpected,
                    "an entry or addenda record is outside a batch or cut off",
                );
            }
            _ => {
                self.warn(record.at, WarningCode::Unexpected, "the line is not a record of a NACHA file");
                return false;
            }
        }
        true
    }

    fn file_header(&mut self, record: &Record) {
        if self.has_header {
            self.warn(record.at, WarningCode::Unexpected, "the file has another file header");
        }
        self.has_header = true;
        let destination = record.text(4, 13);
        if destination.len() == 9 && !is_routing(&destination) {
            self.warn(record.at, WarningCode::BadField, "the immediate destination has a wrong check digit");
        }
    }

    fn batch_header(&mut self, record: &Record) {
        self.end_entry();
        if self.open {
            self.warn(record.at, WarningCode::Missing, "the batch before has no batch control (8)");
            self.end_batch();
        }
        let (batch, layout) = header(record);
        if !(batch.sec.len() == 3 && batch.sec.bytes().all(|byte| byte.is_ascii_uppercase())) {
            self.warn(record.at, WarningCode::BadField, "the standard entry class is not three letters");
        }
        self.file.batches.push(batch);
        (self.layout, self.open, self.batch) = (layout, true, Totals::default());
    }

    fn entry(&mut self, record: &Record) {
        self.end_entry();
        let (item, amount, side) = item(record, self.layout);
        if amount.is_none() {
            self.warn(record.at, WarningCode::BadAmount, "the entry's amount is not digits: taken as zero");
        }
        if side == Side::None {
            self.warn(
                record.at,
                WarningCode::NoSide,
                "the transaction code is not one of this class: the amount is left out",
            );
        }
        if !is_routing(&item.routing) {
            self.warn(record.at, WarningCode::BadField, "the routing number has a wrong check digit");
        }
        self.batch.records = self.batch.records.saturating_add(1);
        let bank = record.number(4, 11).unwrap_or(0);
        self.batch.hash = self.batch.hash.saturating_add(bank) % HASH;
        match side {
            Side::Credit => self.batch.credits = self.batch.credits.saturating_add(item.amount.abs()),
            Side::Debit => self.batch.debits = self.batch.debits.saturating_add(item.amount.abs()),
            Side::None => {}
        }
        if let Some(batch) = self.file.batches.last_mut() {
            batch.entries = batch.entries.saturating_add(1);
            batch.items.push(item);
        }
        self.in_entry = true;
    }

    fn addenda(&mut self, record: &Record) {
        self.batch.records = self.batch.records.saturating_add(1);
        let layout = self.layout;
        if !self.in_entry {
            self.warn(record.at, WarningCode::Missing, "the addenda record has no entry before it");
        }
        let mut none = Item::default();
        let entry = self.file.batches.last_mut().and_then(|batch| batch.items.last_mut());
        let item = entry.filter(|_| self.in_entry).unwrap_or(&mut none);
        match record.text(2, 3).as_str() {
            "98" if record.width() >= CHANGE_COLUMNS => self.file.changes.push(addenda::change(record, item, layout)),
            "99" if record.width() >= CHANGE_COLUMNS => self.file.returns.push(addenda::returned(record, item, layout)),
            _ => {}
        }
        if let Some(name) = addenda::name(record).filter(|_| item.name.is_empty()) {
            item.name = name;
        }
        self.texts.extend(addenda::information(record));
    }

    fn end_entry(&mut self) {
        let texts = std::mem::take(&mut self.texts);
        if !std::mem::take(&mut self.in_entry) {
            return;
        }
        let Some(item) = self.file.batches.last_mut().and_then(|batch| batch.items.last_mut()) else { return };
        if !texts.is_empty() {
            item.advice = remittance::advice(&texts);
            item.addenda = texts.iter().map(|text| text.trim()).collect::<Vec<_>>().join("\n");
        }
    }

    fn batch_control(&mut self, record: &Record) {
        self.end_entry();
        if !self.open {
            self.warn(record.at, WarningCode::Unexpected, "a batch control (8) is outside a batch");
            return;
        }
        let wide = self.layout == Layout::Advice;
        let stated = Totals {
            records: record.number(5, 10).unwrap_or(0),
            hash: record.number(11, 20).unwrap_or(0),
            debits: if wide { record.amount(21, 40) } else { record.amount(21, 32) }.unwrap_or_default(),
            credits: if wide { record.amount(41, 60) } else { record.amount(33, 44) }.unwrap_or_default(),
        };
        self.check(record.at, "batch", stated, self.batch);
        self.end_batch();
    }

    fn end_batch(&mut self) {
        let found = std::mem::take(&mut self.batch);
        if let Some(batch) = self.file.batches.last_mut() {
            (batch.credits, batch.debits) = (found.credits, found.debits);
            batch.credits.rescale(2);
            batch.debits.rescale(2);
        }
        self.open = false;
        self.totals.records = self.totals.records.saturating_add(found.records);
        self.totals.hash = self.totals.hash.saturating_add(found.hash) % HASH;
        self.totals.debits = self.totals.debits.saturating_add(found.debits);
        self.totals.credits = self.totals.credits.saturating_add(found.credits);
    }

    fn file_control(&mut self, record: &Record) {
        self.end_entry();
        if self.open {
            self.warn(record.at, WarningCode::Missing, "the batch before has no batch control (8)");
            self.end_batch();
        }
        let all_advice = !self.file.batches.is_empty() && self.file.batches.iter().all(|batch| batch.sec == "ADV");
        let stated = Totals {
            records: record.number(14, 21).unwrap_or(0),
            hash: record.number(22, 31).unwrap_or(0),
            debits: if all_advice { record.amount(32, 51) } else { record.amount(32, 43) }.unwrap_or_default(),
            credits: if all_advice { record.amount(52, 71) } else { record.amount(44, 55) }.unwrap_or_default(),
        };
        let batches = u64::try_from(self.file.batches.len()).unwrap_or(u64::MAX);
        let stated_batches = record.number(2, 7).unwrap_or(0);
        if stated_batches != batches {
            let text = format!("the file control states {stated_batches} batches, the file has {batches}");
            self.warn(record.at, WarningCode::ControlDiffers, text);
        }
        self.check(record.at, "file", stated, self.totals);
        self.controlled = true;
    }

    fn check(&mut self, at: u64, level: &str, stated: Totals, found: Totals) {
        let mut differ = |what: &str, stated: String, found: String| {
            if stated != found {
                let text = format!("the {level} control states {what} {stated}, the records give {found}");
                self.warn(at, WarningCode::ControlDiffers, text);
            }
        };
        differ("a count of", stated.records.to_string(), found.records.to_string());
        differ("an entry hash of", stated.hash.to_string(), found.hash.to_string());
        let dollars = |value: Decimal| value.normalize().to_string();
        differ("debits of", dollars(stated.debits), dollars(found.debits));
        differ("credits of", dollars(stated.credits), dollars(found.credits));
    }

    fn finish(mut self) -> File {
        self.end_entry();
        let line = self.last_line;
        if self.open {
            self.warn(line, WarningCode::Truncated, "the file ends within a batch");
            self.end_batch();
        }
        if !self.has_header {
            self.warn(1, WarningCode::Missing, "the file has no file header (1)");
        }
        if !self.controlled {
            self.warn(line, WarningCode::Truncated, "the file ends without a file control (9)");
        }
        if self.file.batches.iter().all(|batch| batch.items.is_empty()) {
            self.warn(line, WarningCode::Empty, "the file has no entries");
        }
        self.file
    }
}
