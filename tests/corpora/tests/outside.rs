//! What must hold of files, books and texts, on collections outside the repository: `make corpora CORPORA=folder`.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::{fs, path::Path, process::Command};

use quittance_corpora::{
    Corpus, CsvCase, ach_files_agree, ambiguous_payments_are_not_applied, bai2_files_agree, camt_files_agree,
    changed_files_are_read_or_refused, csv_files_are_read_by_maps, cut_files_are_warned_about, known,
    lockbox_files_agree, mt940_files_agree, numbers_are_found_in_remittance_texts, ofx_files_agree, published,
    single_and_paired_payments_are_found,
};

#[expect(clippy::disallowed_methods, reason = "tests have no configuration")]
fn setting(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `make corpora CORPORA=folder`"))
}

fn corpus() -> Corpus {
    Corpus::at(Path::new(&setting("CORPORA")))
}

#[test]
fn camt() {
    camt_files_agree(&corpus());
}

#[test]
fn ofx() {
    ofx_files_agree(&corpus());
}

#[test]
fn changed_files() {
    changed_files_are_read_or_refused(&corpus());
}

#[test]
fn cut_files() {
    cut_files_are_warned_about(&corpus());
}

#[test]
fn mt940() {
    mt940_files_agree(&corpus());
}

#[test]
fn bai2() {
    bai2_files_agree(&corpus());
}

#[test]
fn ach() {
    ach_files_agree(&corpus());
}

#[test]
fn lockbox() {
    lockbox_files_agree(&corpus());
}

const SHEET: &str = "booked_on = 'Date'\namount = 'Amount'\ncurrency = 'Currency'\ntext = ['Label']\n\
    payer_name = 'Partner Name'\npayer_account = 'Bank Account'\ndate_format = '%m/%d/%Y'\n";

/// File, map, and what it comes to: entries, their sum, warnings.
fn csv_cases() -> Vec<CsvCase> {
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
fn csv() {
    csv_files_are_read_by_maps(&corpus(), &csv_cases());
}

#[test]
fn a_company_s_single_and_paired_payments() {
    assert_eq!(single_and_paired_payments_are_found(&corpus()), (158, 13));
}

#[test]
fn ambiguous_payments() {
    ambiguous_payments_are_not_applied(&corpus());
}

#[test]
fn remittance_texts() {
    assert_eq!(numbers_are_found_in_remittance_texts(&corpus()), 706);
}

#[test]
fn currencies() {
    assert_eq!(known(), published(&corpus()));
}

/// The figures of a replayed book equal those of an independent program, to the cent.
#[test]
fn a_book_replayed() {
    let corpus = corpus();
    let book = corpus.path("data/ibm_ar/WA_Fn-UseC_-Accounts-Receivable.csv");
    let (truth, map) = (corpus.path("checks/replay-truth"), corpus.path("checks/ibm.toml"));
    let dates = "2012-03-31,2012-06-30,2012-12-31,2013-04-30,2013-08-31,2013-12-31";
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("replay-{}", std::process::id()));
    fs::create_dir_all(&out).unwrap();

    let expected = Command::new(&truth).arg(&book).arg(&map).arg(dates).output().unwrap();
    assert!(expected.status.success(), "{}", String::from_utf8_lossy(&expected.stderr));
    fs::write(out.join("truth.json"), expected.stdout).unwrap();
    let mut replay = Command::new(setting("QUITTANCE_PROGRAM"));
    replay.arg("replay").arg(&book).arg("--map").arg(&map).args(["--report-on", dates, "--out"]).arg(&out);
    let replayed = replay.output().expect("the program runs");
    assert!(replayed.status.success(), "{}", String::from_utf8_lossy(&replayed.stderr));
    let compare =
        Command::new(&truth).arg("--compare").args(["truth.json", "report.json"].map(|f| out.join(f))).output();
    let compared = compare.unwrap();
    assert!(compared.status.success(), "{}", String::from_utf8_lossy(&compared.stdout));
    fs::remove_dir_all(out).unwrap();
}
