//! The columns of the map in the file, and an entry from a record.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::map::{DecimalSeparator, Map};
use super::records::{Record, Records};
use crate::{Amount, CurrencyCode, Detail, Entry, Fault, Party, Place, Refusal, WarningCode, parse_amount};

/// Why one record cannot be read. Says which column, and nothing of what stands in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadRecord {
    #[error("a quote does not close, text follows where it does, or the line is too long")]
    Misquoted,
    #[error("the line has more fields than the first line")]
    TooManyFields,
    #[error("column {0:?} is empty")]
    FieldMissing(String),
    #[error("column {0:?} is no date as the map says")]
    Date(String),
    #[error("column {0:?} is no amount")]
    Amount(String),
    #[error("columns {0:?} and {1:?} both have an amount")]
    TwoAmounts(String, String),
    #[error("column {0:?} says neither credit nor debit")]
    Side(String),
    #[error("column {0:?} is no currency of three letters")]
    Currency(String),
    #[error("no currency is given, neither in the line nor for the file")]
    CurrencyMissing,
}

impl BadRecord {
    /// For machines.
    pub(super) fn code(&self) -> WarningCode {
        match self {
            BadRecord::Misquoted | BadRecord::TooManyFields => WarningCode::BadField,
            BadRecord::FieldMissing(_) => WarningCode::Missing,
            BadRecord::Date(_) => WarningCode::BadDate,
            BadRecord::Amount(_) | BadRecord::TwoAmounts(..) => WarningCode::BadAmount,
            BadRecord::Side(_) => WarningCode::NoSide,
            BadRecord::Currency(_) | BadRecord::CurrencyMissing => WarningCode::BadCurrency,
        }
    }
}

/// Where the columns of the map are.
pub(super) struct Columns<'a> {
    map: &'a Map,
    currency_code: Option<CurrencyCode>,
    /// How many fields a record may have; `None` where no first record says.
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
    /// [`Refusal`] with all that is wrong.
    pub(super) fn find(map: &'a Map, records: &mut Records<'_>) -> Result<Columns<'a>, Refusal> {
        let header = if map.no_header { None } else { records.next()? };
        let readable = header.as_ref().is_some_and(|header| !header.misquoted && !header.fields.is_empty());
        if !map.no_header && !readable {
            let line = header.map_or(Place::File, |header| Place::Line(header.line));
            return Err(Refusal::one(line, "the file has no first record that names columns"));
        }
        let mut places = Places { header, faults: Vec::new() };
        let code = map.currency_code.as_deref();
        let currency_code = code.and_then(CurrencyCode::parse);
        if code.is_some() && currency_code.is_none() {
            places.fault("the map's currency_code is not three letters");
        }
        if map.amount.is_some() == (map.credit.is_some() || map.debit.is_some()) {
            places.fault("the map has either amount, or credit and debit");
        }
        if map.side.is_some() && map.amount.is_none() {
            places.fault("the map's side goes with amount");
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
        if places.faults.is_empty() { Ok(columns) } else { Err(Refusal::Faults(places.faults)) }
    }

    /// The entry of a record; `None` if all its fields are empty.
    pub(super) fn entry(&self, record: &Record) -> Result<Option<Entry>, BadRecord> {
        if record.misquoted {
            return Err(BadRecord::Misquoted);
        }
        if record.fields.iter().all(String::is_empty) {
            return Ok(None);
        }
        // A delimiter in a text that should have been quoted moves every field after it.
        let count = self.count.unwrap_or(usize::MAX);
        if record.fields.iter().skip(count).any(|field| !field.is_empty()) {
            return Err(BadRecord::TooManyFields);
        }
        let field = |place: usize| record.fields.get(place).map_or("", String::as_str);
        let text_of = |place: Option<usize>| place.map_or("", field).to_owned();
        let booked_on = self.date(&self.map.booked_on, field(self.booked_on))?;
        let value_on = match (self.value_on.map_or("", field), &self.map.value_on) {
            (text, Some(column)) if !text.is_empty() => self.date(column, text)?,
            (_, _) => booked_on,
        };
        let currency = self.currency(self.currency.map_or("", field))?;
        let value = self.value(field)?;
        let remittance: Vec<&str> =
            self.text.iter().map(|place| field(*place)).filter(|text| !text.is_empty()).collect();
        let detail = Detail {
            counterparty: Party {
                name: text_of(self.payer_name),
                account: text_of(self.payer_account),
                bank: String::new(),
            },
            remittance: remittance.join(" "),
            ..Detail::default()
        };
        Ok(Some(Entry {
            at: Some(Place::Line(record.line)),
            booked_on: Some(booked_on),
            value_on: Some(value_on),
            amount: Amount { value, currency },
            bank_reference: text_of(self.reference),
            details: if detail == Detail::default() { Vec::new() } else { vec![detail] },
            ..Entry::default()
        }))
    }

    fn date(&self, column: &str, text: &str) -> Result<NaiveDate, BadRecord> {
        if text.is_empty() {
            return Err(BadRecord::FieldMissing(column.to_owned()));
        }
        self.map.date_format.read(text).ok_or_else(|| BadRecord::Date(column.to_owned()))
    }

    fn currency(&self, text: &str) -> Result<CurrencyCode, BadRecord> {
        match &self.map.currency {
            Some(column) if !text.is_empty() => {
                CurrencyCode::parse(text).ok_or_else(|| BadRecord::Currency(column.clone()))
            }
            _ => self.currency_code.ok_or(BadRecord::CurrencyMissing),
        }
    }

    /// Signed.
    fn value<'f>(&self, field: impl Fn(usize) -> &'f str) -> Result<Decimal, BadRecord> {
        let read = |place: Option<usize>, column: &Option<String>| {
            let text = place.map_or("", &field);
            let column = column.clone().unwrap_or_default();
            if text.is_empty() {
                return Ok((None, column));
            }
            match number(text, self.map.decimal_separator) {
                Some(value) => Ok((Some(value), column)),
                None => Err(BadRecord::Amount(column)),
            }
        };
        if self.amount.is_some() {
            let (value, column) = read(self.amount, &self.map.amount)?;
            let value = value.ok_or(BadRecord::FieldMissing(column))?;
            return self.signed(value, self.side.map_or("", &field));
        }
        let (credit, credit_column) = read(self.credit, &self.map.credit)?;
        let (debit, debit_column) = read(self.debit, &self.map.debit)?;
        match (credit.filter(|value| !value.is_zero()), debit.filter(|value| !value.is_zero())) {
            (Some(_), Some(_)) => Err(BadRecord::TwoAmounts(credit_column, debit_column)),
            (Some(credit), None) => Ok(credit),
            (None, Some(debit)) => Ok(-debit.abs()),
            (None, None) => {
                let column = if credit_column.is_empty() { debit_column } else { credit_column };
                credit.or(debit).ok_or(BadRecord::FieldMissing(column))
            }
        }
    }

    fn signed(&self, value: Decimal, word: &str) -> Result<Decimal, BadRecord> {
        let Some(side) = &self.map.side else {
            return Ok(if self.map.inverted { -value } else { value });
        };
        let says = |words: &[String]| words.iter().any(|known| known.trim().eq_ignore_ascii_case(word));
        match (says(&side.credit), says(&side.debit)) {
            (true, false) => Ok(value.abs()),
            (false, true) => Ok(-value.abs()),
            _ => Err(BadRecord::Side(side.column.clone())),
        }
    }
}

/// Seeks columns and collects what is missing.
struct Places {
    header: Option<Record>,
    faults: Vec<Fault>,
}

impl Places {
    fn fault(&mut self, message: impl Into<String>) {
        let at = self.header.as_ref().map_or(Place::File, |header| Place::Line(header.line));
        self.faults.push(Fault { at, message: message.into() });
    }

    fn find(&mut self, name: &str) -> usize {
        let name = name.trim();
        let found = match &self.header {
            Some(header) => header.fields.iter().position(|column| column == name),
            None => name.parse::<usize>().ok().and_then(|number| number.checked_sub(1)),
        };
        if found.is_none() {
            self.fault(format!("the file has no column {name:?}"));
        }
        found.unwrap_or_default()
    }

    fn find_if(&mut self, name: Option<&String>) -> Option<usize> {
        name.map(|name| self.find(name))
    }
}

fn number(text: &str, separator: DecimalSeparator) -> Option<Decimal> {
    parse_amount(&plain_number(text, separator)?, '.').ok()
}

/// The number without plus sign and grouping and with a point; `None` where a grouping separator stands elsewhere than
/// before three last digits, because then it more likely is the decimal separator: 12,50 is not 1250.
fn plain_number(text: &str, separator: DecimalSeparator) -> Option<String> {
    let unsigned = text.strip_prefix('+').filter(|rest| !rest.starts_with('-')).unwrap_or(text);
    let (whole, decimals) = match unsigned.split_once(separator.character()) {
        Some((whole, decimals)) => (whole, Some(decimals)),
        None => (unsigned, None),
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
