//! The map's columns in the file, and their values in a record.

use chrono::NaiveDate;

use super::bad::{BadColumn, BadHeader, BadLine};
use super::map::{DecimalSeparator, Map, WrongDate};
use super::records::{Record, Records};
use crate::{Amount, CurrencyCode, Detail, Entry, Party, Place, parse_amount};

/// The positions of the map's columns.
#[derive(Debug)]
pub(super) struct Columns<'a> {
    map: &'a Map,
    currency_code: Option<CurrencyCode>,
    /// The most fields of a record; `None` without a first record.
    count: Option<usize>,
    booked_on: usize,
    value_on: Option<usize>,
    amount: Option<usize>,
    credit: Option<usize>,
    debit: Option<usize>,
    side: Option<usize>,
    currency: Option<usize>,
    payer_name: Option<usize>,
    payer_account: Option<usize>,
    text: Vec<usize>,
    reference: Option<usize>,
}

impl<'a> Columns<'a> {
    /// Finds the columns in the file's first record.
    ///
    /// # Errors
    /// [`BadHeader`] with all problems.
    pub(super) fn find(map: &'a Map, records: &mut Records<'_>) -> Result<Columns<'a>, BadHeader> {
        let header = if map.no_header { None } else { records.next()? };
        let is_readable = |header: &Record| header.fault.is_none() && !header.fields.is_empty();
        if !map.no_header && !header.as_ref().is_some_and(is_readable) {
            return Err(BadHeader::Unreadable(header.map_or(Place::File, |header| Place::Line(header.line))));
        }
        let mut places = Places { header, faults: Vec::new() };
        let code = map.currency_code.as_deref();
        let currency_code = code.and_then(CurrencyCode::parse);
        if code.is_some() && currency_code.is_none() {
            places.faults.push(BadColumn::Map("the map's currency_code is not three letters"));
        }
        if map.amount.is_some() == (map.credit.is_some() || map.debit.is_some()) {
            places.faults.push(BadColumn::Map("the map has either amount, or credit and debit"));
        }
        if map.side.is_some() && map.amount.is_none() {
            places.faults.push(BadColumn::Map("the map's side requires amount"));
        }
        let columns = Columns {
            map,
            currency_code,
            count: places.header.as_ref().map(|header| header.fields.len()),
            booked_on: places.find(&map.booked_on),
            value_on: places.find_if(map.value_on.as_ref()),
            amount: places.find_if(map.amount.as_ref()),
            credit: places.find_if(map.credit.as_ref()),
            debit: places.find_if(map.debit.as_ref()),
            side: places.find_if(map.side.as_ref().map(|side| &side.column)),
            currency: places.find_if(map.currency.as_ref()),
            payer_name: places.find_if(map.payer_name.as_ref()),
            payer_account: places.find_if(map.payer_account.as_ref()),
            text: map.text.iter().map(|name| places.find(name)).collect(),
            reference: places.find_if(map.reference.as_ref()),
        };
        if places.faults.is_empty() {
            return Ok(columns);
        }
        let at = places.header.map_or(Place::File, |header| Place::Line(header.line));
        Err(BadHeader::Columns(at, places.faults))
    }

    /// The record as a line; `None` if all its fields are empty.
    pub(super) fn line(&'a self, record: Record) -> Result<Option<Line<'a>>, BadLine> {
        if let Some(fault) = record.fault {
            return Err(fault);
        }
        if record.fields.iter().all(String::is_empty) {
            return Ok(None);
        }
        let count = self.count.unwrap_or(usize::MAX);
        if record.fields.iter().skip(count).any(|field| !field.is_empty()) {
            return Err(BadLine::TooManyFields);
        }
        Ok(Some(Line { columns: self, record }))
    }
}

/// A line of a file by column; missing fields are empty.
#[derive(Debug)]
pub struct Line<'l> {
    columns: &'l Columns<'l>,
    record: Record,
}

impl Line<'_> {
    fn field(&self, place: usize) -> &str {
        self.record.fields.get(place).map_or("", String::as_str)
    }

    fn field_if(&self, place: Option<usize>) -> &str {
        place.map_or("", |place| self.field(place))
    }

    /// The booking date.
    ///
    /// # Errors
    /// `FieldMissing`, `Date` and `Year`.
    pub fn booked_on(&self) -> Result<NaiveDate, BadLine> {
        self.date(&self.columns.map.booked_on, self.field(self.columns.booked_on))
    }

    /// The value date; the booking date if the line has none.
    ///
    /// # Errors
    /// As [`Line::booked_on`].
    pub fn value_on(&self) -> Result<NaiveDate, BadLine> {
        match (self.field_if(self.columns.value_on), &self.columns.map.value_on) {
            (text, Some(column)) if !text.is_empty() => self.date(column, text),
            (_, _) => self.booked_on(),
        }
    }

    fn date(&self, column: &str, text: &str) -> Result<NaiveDate, BadLine> {
        if text.is_empty() {
            return Err(BadLine::FieldMissing(column.to_owned()));
        }
        self.columns.map.date_format.read(text).map_err(|wrong| match wrong {
            WrongDate::Malformed => BadLine::Date(column.to_owned()),
            WrongDate::Year => BadLine::Year(column.to_owned()),
        })
    }

    /// The currency as written, with its column; `None` if empty.
    pub fn currency(&self) -> Option<(&str, &str)> {
        let text = self.field_if(self.columns.currency);
        self.columns.map.currency.as_deref().map(|column| (column, text)).filter(|(_, text)| !text.is_empty())
    }

    fn currency_code(&self) -> Result<CurrencyCode, BadLine> {
        match self.currency() {
            Some((column, text)) => CurrencyCode::parse(text).ok_or_else(|| BadLine::Currency(column.to_owned())),
            None => self.columns.currency_code.ok_or(BadLine::CurrencyMissing),
        }
    }

    /// The column of the amount, and its text: without plus sign and grouping, with a decimal point, and with the sign by the
    /// map (credits positive). The text may still be invalid, or have too many digits.
    ///
    /// # Errors
    /// `FieldMissing`, `Amount`, `TwoAmounts` and `Side`.
    pub fn amount(&self) -> Result<(&str, String), BadLine> {
        let (columns, map) = (self.columns, self.columns.map);
        if let Some(column) = &map.amount {
            let text = self.plain(columns.amount, column)?.ok_or_else(|| BadLine::FieldMissing(column.clone()))?;
            return Ok((column, self.signed(text)?));
        }
        let credit = self.one_side(columns.credit, map.credit.as_ref())?;
        let debit = self.one_side(columns.debit, map.debit.as_ref())?.map(|(column, text)| (column, negative(&text)));
        match (credit, debit) {
            (Some((credit, text)), Some((debit, other))) => match (is_zero(&text), is_zero(&other)) {
                (false, false) => Err(BadLine::TwoAmounts(credit.to_owned(), debit.to_owned())),
                (true, false) => Ok((debit, other)),
                (_, true) => Ok((credit, text)),
            },
            (Some(side), None) | (None, Some(side)) => Ok(side),
            (None, None) => {
                let column = map.credit.as_ref().or(map.debit.as_ref());
                Err(BadLine::FieldMissing(column.cloned().unwrap_or_default()))
            }
        }
    }

    /// An amount in a credit or debit column; `None` if it is empty.
    fn one_side<'c>(
        &self,
        place: Option<usize>,
        column: Option<&'c String>,
    ) -> Result<Option<(&'c str, String)>, BadLine> {
        let Some(column) = column else { return Ok(None) };
        match self.plain(place, column)? {
            Some(text) if parse_amount(&text, '.').is_err() => Err(BadLine::Amount(column.clone())),
            text => Ok(text.map(|text| (column.as_str(), text))),
        }
    }

    fn plain(&self, place: Option<usize>, column: &str) -> Result<Option<String>, BadLine> {
        match self.field_if(place) {
            "" => Ok(None),
            text => plain_number(text, self.columns.map.decimal_separator)
                .map(Some)
                .ok_or_else(|| BadLine::Amount(column.to_owned())),
        }
    }

    fn signed(&self, text: String) -> Result<String, BadLine> {
        let map = self.columns.map;
        let Some(side) = &map.side else {
            return Ok(match text.strip_prefix('-') {
                Some(rest) if map.inverted => rest.to_owned(),
                None if map.inverted => negative(&text),
                _ => text,
            });
        };
        let word = self.field_if(self.columns.side);
        let says = |words: &[String]| words.iter().any(|known| known.trim().eq_ignore_ascii_case(word));
        match (says(&side.credit), says(&side.debit)) {
            (true, false) => Ok(unsigned(&text).to_owned()),
            (false, true) => Ok(negative(&text)),
            _ => Err(BadLine::Side(side.column.clone())),
        }
    }

    /// The counterparty's name, or empty.
    pub fn payer_name(&self) -> &str {
        self.field_if(self.columns.payer_name)
    }

    /// The counterparty's account, or empty.
    pub fn payer_account(&self) -> &str {
        self.field_if(self.columns.payer_account)
    }

    /// The bank's reference, or empty.
    pub fn reference(&self) -> &str {
        self.field_if(self.columns.reference)
    }

    /// Remittance information: its columns joined with a space.
    pub fn remittance(&self) -> String {
        let texts = self.columns.text.iter().map(|place| self.field(*place));
        texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// Converts the line to an entry.
    pub(super) fn entry(&self) -> Result<Entry, BadLine> {
        let (booked_on, value_on) = (self.booked_on()?, self.value_on()?);
        let currency = self.currency_code()?;
        let (column, text) = self.amount()?;
        let value = parse_amount(&text, '.').map_err(|_| BadLine::Amount(column.to_owned()))?;
        let detail = Detail {
            counterparty: Party {
                name: self.payer_name().to_owned(),
                account: self.payer_account().to_owned(),
                bank: String::new(),
            },
            remittance: self.remittance(),
            ..Detail::default()
        };
        Ok(Entry {
            at: Some(Place::Line(self.record.line)),
            booked_on: Some(booked_on),
            value_on: Some(value_on),
            amount: Amount { value, currency },
            bank_reference: self.reference().to_owned(),
            details: if detail == Detail::default() { Vec::new() } else { vec![detail] },
            ..Entry::default()
        })
    }
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix('-').unwrap_or(text)
}

fn negative(text: &str) -> String {
    format!("-{}", unsigned(text))
}

fn is_zero(number: &str) -> bool {
    number.bytes().all(|byte| matches!(byte, b'-' | b'0' | b'.'))
}

/// Finds columns and collects missing ones.
struct Places {
    header: Option<Record>,
    faults: Vec<BadColumn>,
}

impl Places {
    fn find(&mut self, column: &str) -> usize {
        let name = column.trim();
        let found = match &self.header {
            Some(header) => header.fields.iter().position(|column| column == name),
            None => name.parse::<usize>().ok().and_then(|number| number.checked_sub(1)),
        };
        if found.is_none() {
            self.faults.push(BadColumn::Missing(column.to_owned()));
        }
        found.unwrap_or_default()
    }

    fn find_if(&mut self, name: Option<&String>) -> Option<usize> {
        name.map(|name| self.find(name))
    }
}

/// The number without plus sign and grouping, with a decimal point; `None` if a grouping separator is not
/// before the last three digits, because then it is rather the decimal separator: 12,50 is not 1250.
fn plain_number(text: &str, separator: DecimalSeparator) -> Option<String> {
    let signed = text.strip_prefix('+').filter(|rest| !rest.starts_with('-')).unwrap_or(text);
    // At most one sign.
    if unsigned(signed).contains('-') {
        return None;
    }
    let (whole, decimals) = match signed.split_once(separator.character()) {
        Some((whole, decimals)) => (whole, Some(decimals)),
        None => (signed, None),
    };
    if let Some((before, last)) = whole.rsplit_once(separator.grouping()) {
        let digits = before.strip_prefix('-').unwrap_or(before);
        let mut groups = digits.split(separator.grouping()).skip(1);
        let first_is_short = digits.find(separator.grouping()).unwrap_or(digits.len()) <= 3;
        // In India groups before the last have two digits.
        if last.len() != 3 || digits.is_empty() || !first_is_short || !groups.all(|group| matches!(group.len(), 2 | 3))
        {
            return None;
        }
    }
    let whole = whole.replace(separator.grouping(), "");
    Some(decimals.map_or_else(|| whole.clone(), |decimals| format!("{whole}.{decimals}")))
}
