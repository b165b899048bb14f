//! What must hold of files, books and texts, on the sample in the repository.

use quittance_corpora::{
    Corpus, CsvCase, ach_files_agree, ambiguous_payments_are_not_applied, bai2_files_agree, camt_files_agree,
    changed_files_are_read_or_refused, csv_files_are_read_by_maps, cut_files_are_warned_about, known,
    lockbox_files_agree, mt940_files_agree, numbers_are_found_in_remittance_texts, ofx_files_agree, published,
    single_and_paired_payments_are_found,
};

#[test]
fn statements_agree() {
    camt_files_agree(&Corpus::sample());
    ofx_files_agree(&Corpus::sample());
}

#[test]
fn damaged_statements_are_not_taken_for_whole_ones() {
    changed_files_are_read_or_refused(&Corpus::sample());
    cut_files_are_warned_about(&Corpus::sample());
}

#[test]
fn records_agree() {
    mt940_files_agree(&Corpus::sample());
    bai2_files_agree(&Corpus::sample());
    ach_files_agree(&Corpus::sample());
    lockbox_files_agree(&Corpus::sample());
}

#[test]
fn csv_files_agree() {
    let signed =
        "booked_on = 'Date'\namount = 'Amount'\ncurrency = 'Currency'\ntext = ['Label']\ndate_format = '%m/%d/%Y'";
    let columns = "booked_on = 'Buchungstag'\ncredit = 'Haben'\ndebit = 'Soll'\ntext = ['Text']\ncurrency_code = 'EUR'\n\
        delimiter = ';'\ndecimal_separator = ','\ndate_format = '%d.%m.%Y'";
    let sides = "booked_on = 'Date'\namount = 'Amount'\ncurrency = 'Currency'\ndate_format = '%m/%d/%Y'\n\
        side = { column = 'D/C', credit = ['C'], debit = ['D'] }";
    let cases: [CsvCase; 3] = [
        ("signed.csv", signed.to_owned(), 2, "1234.25", 0),
        ("two_columns.csv", columns.to_owned(), 2, "1234.25", 1),
        ("sides.csv", sides.to_owned(), 2, "6.00", 0),
    ];
    csv_files_are_read_by_maps(&Corpus::sample(), &cases);
}

#[test]
fn books_and_texts_are_matched() {
    assert_eq!(single_and_paired_payments_are_found(&Corpus::sample()), (2, 1));
    ambiguous_payments_are_not_applied(&Corpus::sample());
    assert_eq!(numbers_are_found_in_remittance_texts(&Corpus::sample()), 5);
}

#[test]
fn currencies_have_the_published_minor_units() {
    let (published, known) = (published(&Corpus::sample()), known());
    assert_eq!(published.len(), 10);
    for (code, minor_units) in published {
        assert_eq!(known.get(&code), Some(&minor_units), "{code}");
    }
}
