//! Reads csv files of banks by maps written here. Without the files it says so and does nothing.

use std::fs;
use std::path::PathBuf;

use quittance_bankfiles::csv::{Map, read};
use quittance_bankfiles::{Event, StatementHead};
use rust_decimal::Decimal;

const SHEET: &str = "booked_on = 'Date'\namount = 'Amount'\ncurrency = 'Currency'\ntext = ['Label']\n\
    payer_name = 'Partner Name'\npayer_account = 'Bank Account'\ndate_format = '%m/%d/%Y'\n";

/// File, map, and what it comes to: entries, their sum, warnings.
fn cases() -> Vec<(&'static str, String, usize, &'static str, usize)> {
    let without_currency = |more: &str| SHEET.replace("currency = 'Currency'", "currency_code = 'EUR'") + more;
    let parser = "booked_on = 'Date'\ntext = ['Description']\namount = 'Amount'\ncurrency = 'Currency'\n";
    vec![
        (
            "bankstatementparser/csv_european_decimals.csv",
            "booked_on = 'Buchungstag'\namount = 'Betrag'\ncurrency = 'CCY'\ndelimiter = ';'\ndecimal_separator = ','".to_owned(),
            3,
            "2260.94",
            0,
        ),
        (
            "bankstatementparser/csv_french_headers.csv",
            "booked_on = 'Date opération'\ncredit = 'Crédit'\ndebit = 'Débit'\ncurrency = 'Devise'\ndelimiter = ';'\n\
             decimal_separator = ','"
                .to_owned(),
            3,
            "2260.94",
            0,
        ),
        (
            "bankstatementparser/sample_split_amounts.csv",
            "booked_on = 'Booking Date'\ncredit = 'Credit'\ndebit = 'Debit'\ncurrency = 'CCY'\ndelimiter = ';'\n\
             decimal_separator = ','"
                .to_owned(),
            2,
            "1050.25",
            0,
        ),
        ("bankstatementparser/csv_garbled_amount.csv", parser.to_owned(), 1, "100.00", 1),
        ("bankstatementparser/sample_statement.csv", parser.to_owned(), 2, "1300.00", 0),
        ("oca/txt_xlsx__sample_statement_en.csv", SHEET.to_owned(), 2, "1491.50", 0),
        ("oca/txt_xlsx__multi_currency.csv", SHEET.to_owned(), 2, "1491.50", 0),
        ("oca/txt_xlsx__original_currency_empty.csv", SHEET.to_owned() + "currency_code = 'EUR'", 1, "1525.00", 0),
        (
            "oca/sheet_file__sample_statement_credit_card_inverse_sign_en.csv",
            SHEET.to_owned() + "inverted = true",
            2,
            "1491.50",
            0,
        ),
        (
            "oca/sheet_file__debit_credit.csv",
            without_currency("side = { column = 'D/C', credit = ['C'], debit = ['D'] }"),
            2,
            "1500.00",
            0,
        ),
        ("oca/sheet_file__balance.csv", without_currency(""), 2, "1500.00", 0),
        (
            "oca/sheet_file__original_currency_no_header.csv",
            "booked_on = '1'\namount = '4'\ncurrency = '3'\ndate_format = '%m/%d/%Y'\nno_header = true".to_owned(),
            1,
            "1525.00",
            0,
        ),
        (
            "oca/paypal__statement_es.csv",
            "booked_on = 'Fecha'\namount = 'Neto'\ncurrency = 'Divisa'\ndate_format = '%d/%m/%Y'\ndecimal_separator = ','"
                .to_owned(),
            4,
            "131.08",
            0,
        ),
    ]
}

#[test]
fn csv_files_are_read_by_maps() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/stmt_csv");
    if !folder.exists() {
        println!("stmt_csv: the corpus is not there, nothing is read");
        return;
    }
    let mut bad = Vec::new();
    for (file, map, entries, sum, warnings) in cases() {
        let map: Map = toml::from_str(&map).unwrap();
        let bytes = fs::read(folder.join(file)).unwrap();
        let mut found = (0, Decimal::ZERO, Vec::new());
        let answer = read(&mut bytes.as_slice(), &map, StatementHead::default(), &mut |event| match event {
            Event::Entry(entry) => {
                found.0 += 1;
                found.1 += entry.amount.value;
            }
            Event::Warning(warning) => found.2.push(warning),
            Event::Begin(_) | Event::End(_) => {}
        });
        if answer.is_err() || (found.0, found.1, found.2.len()) != (entries, sum.parse().unwrap(), warnings) {
            bad.push(format!("{file}: {answer:?} {found:?}"));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}
