//! The column map of a csv file, from a request.

use quittance_bankfiles::csv::{DateFormat, DecimalSeparator, Delimiter, Map, Side};
use quittance_grpc::{BATCH_SIZE_OUT_OF_RANGE, Violations, currency, optional_text, text};
use quittance_kernel::reason::FIELD_REQUIRED;
use quittance_proto::payments::v1 as pb;

use super::MAX_NAME;

/// The most columns with remittance information.
const MAX_TEXT_COLUMNS: usize = 10;
/// The most words for credit, and for debit.
const MAX_WORDS: usize = 20;
/// The most lines above the first record.
const MAX_SKIPPED: i32 = 1_000;

type Read<T> = Result<T, (&'static str, String)>;

pub(super) fn csv_map(map: pb::BankCsvMap) -> Result<Map, Violations> {
    let mut bad = Violations::default();
    let booked_on = bad.check("booked_on", text(&map.booked_on, MAX_NAME));
    let is_given = |name: &str| !name.trim().is_empty();
    let has_sides = is_given(&map.credit) || is_given(&map.debit);
    let amount = if has_sides && !is_given(&map.amount) {
        Some(None)
    } else {
        bad.check("amount", text(&map.amount, MAX_NAME)).map(Some)
    };
    if has_sides && is_given(&map.amount) {
        bad.add("amount", "COLUMNS_CONFLICT", "excludes columns for credit and debit");
    }
    let given = |name: String| Some(name).filter(|name| !name.is_empty());
    let mut optional = |field: &str, name: &str| bad.check(field, optional_text(name, MAX_NAME)).map(given);
    let credit = optional("credit", &map.credit);
    let debit = optional("debit", &map.debit);
    let value_on = optional("value_on", &map.value_on);
    let currency_column = optional("currency", &map.currency);
    let payer_name = optional("payer_name", &map.payer_name);
    let payer_account = optional("payer_account", &map.payer_account);
    let reference = optional("reference", &map.reference);
    let columns = names(&mut bad, "text", map.text, MAX_TEXT_COLUMNS);
    let side = match map.side {
        Some(side) if !is_given(&map.amount) => {
            bad.add("side", "COLUMNS_CONFLICT", "requires amount");
            let _ = bad.within("side", self::side(side));
            None
        }
        Some(side) => bad.within("side", self::side(side)).map(Some),
        None => Some(None),
    };
    let currency_code = match map.currency_code.as_str() {
        "" if map.currency.is_empty() => {
            bad.add("currency_code", FIELD_REQUIRED, "is required if no column has the currency");
            None
        }
        "" => Some(None),
        code => bad.check("currency_code", currency(code)).map(Some),
    };
    let date_format = bad.check("date_format", date_format(&map.date_format));
    let delimiter = bad.check("delimiter", delimiter(&map.delimiter));
    let decimal_separator = bad.check("decimal_separator", decimal_separator(&map.decimal_separator));
    let skip_lines = bad.check("skip_lines", skip_lines(map.skip_lines));
    let read = (|| {
        Some(Map {
            booked_on: booked_on?,
            value_on: value_on?,
            amount: amount?,
            credit: credit?,
            debit: debit?,
            side: side?,
            inverted: false,
            currency: currency_column?,
            currency_code: currency_code?.map(|currency| currency.code().to_owned()),
            payer_name: payer_name?,
            payer_account: payer_account?,
            text: columns?,
            reference: reference?,
            date_format: date_format?,
            delimiter: delimiter?,
            decimal_separator: decimal_separator?,
            skip_lines: skip_lines?,
            no_header: false,
            utf8_only: true,
        })
    })();
    bad.into_result(read)
}

fn side(side: pb::BankCsvSide) -> Result<Side, Violations> {
    let mut bad = Violations::default();
    let column = bad.check("column", text(&side.column, MAX_NAME));
    for (field, words) in [("credit", &side.credit), ("debit", &side.debit)] {
        if words.is_empty() {
            bad.add(field, FIELD_REQUIRED, "is required");
        }
    }
    let credit = names(&mut bad, "credit", side.credit, MAX_WORDS);
    let debit = names(&mut bad, "debit", side.debit, MAX_WORDS);
    let read = column.zip(credit.zip(debit)).map(|(column, (credit, debit))| Side { column, credit, debit });
    bad.into_result(read)
}

fn names(bad: &mut Violations, field: &str, names: Vec<String>, most: usize) -> Option<Vec<String>> {
    if names.len() > most {
        bad.add(field, BATCH_SIZE_OUT_OF_RANGE, format!("has at most {most} entries"));
    }
    bad.each(field, names, |name| {
        let mut bad = Violations::default();
        let name = bad.check("", text(&name, MAX_NAME));
        bad.into_result(name)
    })
}

fn date_format(format: &str) -> Read<DateFormat> {
    match format {
        "" => Ok(DateFormat::default()),
        format => DateFormat::parse(format).map_err(|error| ("DATE_FORMAT_INVALID", error.to_string())),
    }
}

/// A punctuation character other than a quote, or a tab; default: a comma.
fn delimiter(text: &str) -> Read<Delimiter> {
    let mut signs = text.chars();
    let delimiter = match (signs.next(), signs.next()) {
        (None, _) => Some(Delimiter::default()),
        (Some(sign), None) => Delimiter::try_from(sign).ok(),
        (Some(_), Some(_)) => None,
    };
    delimiter.ok_or_else(|| ("DELIMITER_UNKNOWN", "is one punctuation character or a tab".to_owned()))
}

fn decimal_separator(text: &str) -> Read<DecimalSeparator> {
    match text {
        "" | "." => Ok(DecimalSeparator::Point),
        "," => Ok(DecimalSeparator::Comma),
        _ => Err(("DECIMAL_SEPARATOR_UNKNOWN", "is a point or a comma".to_owned())),
    }
}

fn skip_lines(lines: i32) -> Read<u64> {
    match u64::try_from(lines) {
        Ok(skipped) if lines <= MAX_SKIPPED => Ok(skipped),
        _ => Err(("OUT_OF_RANGE", format!("is from 0 to {MAX_SKIPPED}"))),
    }
}
