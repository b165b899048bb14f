use chrono::NaiveDate;
use proptest::prelude::*;
use quittance_bankfiles::csv::{DateFormat, DecimalSeparator, Delimiter, Side};
use quittance_kernel::parse_date;

use super::*;

fn day(text: &str) -> NaiveDate {
    parse_date(text).unwrap()
}

/// Dates and amounts alone.
fn short_map() -> Map {
    Map {
        booked_on: "Booked".to_owned(),
        value_on: None,
        amount: Some("Amount".to_owned()),
        credit: None,
        debit: None,
        side: None,
        inverted: false,
        currency: None,
        currency_code: Some("EUR".to_owned()),
        payer_name: None,
        payer_account: None,
        text: Vec::new(),
        reference: None,
        date_format: DateFormat::default(),
        delimiter: Delimiter::default(),
        decimal_separator: DecimalSeparator::Point,
        skip_lines: 0,
        no_header: false,
        utf8_only: true,
    }
}

fn map() -> Map {
    Map {
        value_on: Some("Value".to_owned()),
        currency: Some("Currency".to_owned()),
        payer_name: Some("Payer".to_owned()),
        payer_account: Some("Account".to_owned()),
        text: vec!["Text 1".to_owned(), "Text 2".to_owned()],
        reference: Some("Ref".to_owned()),
        ..short_map()
    }
}

const HEADER: &str = "Booked,Value,Amount,Currency,Payer,Account,Text 1,Text 2,Ref";

fn read_lines(lines: &str) -> ReadFile {
    read(format!("{HEADER}\n{lines}").as_bytes(), &map()).unwrap()
}

fn reason_of(line: &str) -> &'static str {
    let file = read_lines(line);
    assert!(file.lines.is_empty() && file.problems.len() == 1, "{file:?}");
    file.problems[0].reason
}

fn amount(text: &str, separator: DecimalSeparator) -> Result<String, &'static str> {
    let map = Map { decimal_separator: separator, delimiter: Delimiter::try_from(';').unwrap(), ..short_map() };
    let file = read(format!("Booked;Amount\n2026-03-02;{text}").as_bytes(), &map).unwrap();
    match (&file.lines[..], &file.problems[..]) {
        ([line], []) => Ok(line.amount.amount_text()),
        ([], [problem]) => Err(problem.reason),
        _ => panic!("{file:?}"),
    }
}

#[test]
fn every_column_is_read() {
    let file = read_lines("2026-03-02,2026-03-03,-1204.50,USD, Ada ,DE1,INV-1,thanks,R1");
    let expected = BankLine {
        line: 2,
        booked_on: day("2026-03-02"),
        value_on: day("2026-03-03"),
        amount: Money::from_minor(-120_450, Currency::USD),
        payer_name: "Ada".to_owned(),
        payer_account: "DE1".to_owned(),
        text: "INV-1 thanks".to_owned(),
        reference: "R1".to_owned(),
    };
    assert_eq!(file, ReadFile { lines: vec![expected], problems: Vec::new() });
}

#[test]
fn what_is_empty_has_its_default() {
    let file = read_lines("2026-03-02,,5,,,,,thanks,");
    let line = &file.lines[0];
    assert_eq!((line.value_on, line.amount), (day("2026-03-02"), Money::from_minor(500, Currency::EUR)));
    assert_eq!(line.text, "thanks");
    assert_eq!(read_lines("2026-03-02,,5").lines.len(), 1);
    let no_currency = Map { currency_code: None, ..short_map() };
    let file = read(b"Booked,Amount\n2026-03-02,5", &no_currency).unwrap();
    assert_eq!(file.problems[0].reason, "FIELD_REQUIRED");
}

#[test]
fn lines_have_their_physical_number() {
    for end in ["\n", "\r\n"] {
        let text = ["Booked,Amount,Note", "", "2026-03-02,1,\"a", "b\"", "bad,1", ",,", "2026-03-02,2"].join(end);
        let file = read(format!("\u{feff}{text}{end}").as_bytes(), &short_map()).unwrap();
        assert_eq!(file.lines.iter().map(|line| line.line).collect::<Vec<_>>(), [3, 7]);
        assert_eq!(file.problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [5]);
    }
}

#[test]
fn a_quoted_text_keeps_its_line_breaks() {
    let file = read_lines("2026-03-02,,1,,\"Ada, \"\"Ltd\"\"\",,\"INV-1\r\nINV-2\",,");
    assert_eq!(file.lines[0].payer_name, "Ada, \"Ltd\"");
    assert_eq!(file.lines[0].text, "INV-1\r\nINV-2");
}

#[test]
fn what_is_wrong_is_named() {
    for (line, reason) in [
        (",,5", "FIELD_REQUIRED"),
        ("2026-03-02,,", "FIELD_REQUIRED"),
        ("02.03.2026,,5", "DATE_MALFORMED"),
        ("26-03-02,,5", "DATE_YEAR_OUT_OF_RANGE"),
        ("2026-02-30,,5", "DATE_MALFORMED"),
        ("2026-03-02,soon,5", "DATE_MALFORMED"),
        ("2026-03-02,,five", "AMOUNT_NOT_A_NUMBER"),
        ("2026-03-02,,5.001", "AMOUNT_TOO_MANY_DECIMALS"),
        ("2026-03-02,,1234567890123456", "AMOUNT_TOO_LARGE"),
        ("2026-03-02,,5.", "AMOUNT_NOT_A_NUMBER"),
        ("2026-03-02,,.5", "AMOUNT_NOT_A_NUMBER"),
        ("2026-03-02,,--5", "AMOUNT_NOT_A_NUMBER"),
        ("2026-03-02,,5.000", "AMOUNT_TOO_MANY_DECIMALS"),
        ("2026-03-02,,123456789012345678901234567890", "AMOUNT_TOO_LARGE"),
        ("2026-03-02,,5,EURO", "CURRENCY_UNKNOWN"),
        ("2026-03-02,,5,eur", "CURRENCY_UNKNOWN"),
        ("2026-03-02,,five,ABC", "CURRENCY_UNKNOWN"),
        ("2026-03-02,,5,EUR,Ada,DE1,a,b,R1,extra", "LINE_TOO_MANY_FIELDS"),
        ("2026-03-02,,5,EUR,\"Ada", "LINE_MISQUOTED"),
    ] {
        assert_eq!(reason_of(line), reason, "{line}");
    }
    let file = read_lines("bad,,5\n2026-03-02,,5\nbad,,5");
    assert_eq!((file.lines.len(), file.problems.len()), (1, 2));
    assert_eq!(file.problems[0].description, "column \"Booked\" is not a date in the map's format");
    assert_eq!(
        read_lines("2026-03-02,,x").problems[0].description,
        "column \"Amount\": an amount is digits with an optional minus before and an optional point and decimals after"
    );
    let latin1 = read(b"Booked,Amount,Note\n2026-03-02,5,M\xFCller\n2026-03-02,6,x", &short_map()).unwrap();
    assert_eq!((latin1.lines.len(), latin1.problems[0].reason), (1, "LINE_NOT_UTF8"));
}

#[test]
fn decimals_and_groups_have_separators() {
    use DecimalSeparator::{Comma, Point};
    for (text, separator, read) in [
        ("1234.56", Point, Ok("1234.56")),
        ("1,234.56", Point, Ok("1234.56")),
        ("-1,234,567.8", Point, Ok("-1234567.80")),
        ("12,34,567.00", Point, Ok("1234567.00")),
        ("+12", Point, Ok("12.00")),
        ("1.234,56", Comma, Ok("1234.56")),
        ("-1.234.567", Comma, Ok("-1234567.00")),
        ("12,50", Comma, Ok("12.50")),
        ("12,50", Point, Err("AMOUNT_NOT_A_NUMBER")),
        ("12.50", Comma, Err("AMOUNT_NOT_A_NUMBER")),
        ("1234,567", Point, Err("AMOUNT_NOT_A_NUMBER")),
        (",123", Point, Err("AMOUNT_NOT_A_NUMBER")),
        ("1.2,3", Point, Err("AMOUNT_NOT_A_NUMBER")),
        ("1.234,56", Point, Err("AMOUNT_NOT_A_NUMBER")),
        ("1,2345,678", Point, Err("AMOUNT_NOT_A_NUMBER")),
        ("+-5", Point, Err("AMOUNT_NOT_A_NUMBER")),
        ("5 EUR", Point, Err("AMOUNT_NOT_A_NUMBER")),
    ] {
        assert_eq!(amount(text, separator).as_deref(), read.as_ref().map(|text| *text), "{text}");
    }
}

#[test]
fn dates_are_read_in_their_format() {
    let map = Map { date_format: DateFormat::parse("%d.%m.%Y").unwrap(), ..short_map() };
    let file = read(b"Booked,Amount\n02.03.2026,1\n02.03.26,1\n2.3.2026,1", &map).unwrap();
    assert_eq!(file.lines.iter().map(|line| line.booked_on).collect::<Vec<_>>(), [day("2026-03-02"); 2]);
    assert_eq!(file.problems[0].reason, "DATE_YEAR_OUT_OF_RANGE");
}

#[test]
fn sides_have_columns_or_a_mark() {
    let columns = Map { amount: None, credit: Some("In".to_owned()), debit: Some("Out".to_owned()), ..short_map() };
    let file = read(
        b"Booked,In,Out\n2026-03-02,5,\n2026-03-02,0.00,7\n2026-03-02,,-8\n2026-03-02,1,2\n2026-03-02,,\n2026-03-02,1.234,0",
        &columns,
    )
    .unwrap();
    let amounts: Vec<String> = file.lines.iter().map(|line| line.amount.amount_text()).collect();
    assert_eq!(amounts, ["5.00", "-7.00", "-8.00"]);
    let reasons: Vec<_> = file.problems.iter().map(|problem| (problem.line, problem.reason)).collect();
    assert_eq!(reasons, [(5, "AMOUNT_ON_BOTH_SIDES"), (6, "FIELD_REQUIRED"), (7, "AMOUNT_TOO_MANY_DECIMALS")]);

    let side = Side { column: "Side".to_owned(), credit: vec!["H".to_owned()], debit: vec!["S".to_owned()] };
    let file = read(
        b"Statement\n\nBooked,Amount,Side\n2026-03-02,5,h\n2026-03-02,7,S\n2026-03-02,1,X",
        &Map { side: Some(side), skip_lines: 2, ..short_map() },
    )
    .unwrap();
    let amounts: Vec<String> = file.lines.iter().map(|line| line.amount.amount_text()).collect();
    assert_eq!(amounts, ["5.00", "-7.00"]);
    assert_eq!((file.problems[0].line, file.problems[0].reason), (6, "SIDE_UNKNOWN"));
}

/// Lines are known by what they say: what stands around a field in other than plain blanks stays.
#[test]
fn hard_spaces_belong_to_a_field() {
    let file = read_lines("2026-03-02,,1,, \u{a0}Ada\t,DE1,\"\u{2003}x \",,");
    assert_eq!((file.lines[0].payer_name.as_str(), file.lines[0].text.as_str()), ("\u{a0}Ada", "\u{2003}x"));
}

/// A column that the map does not name may hold anything.
#[test]
fn a_long_line_is_read() {
    let text = format!("Booked,Note,Amount\n2026-03-02,{},5\n2026-03-02,y,6", "x".repeat(1_000_000));
    assert_eq!(read(text.as_bytes(), &short_map()).unwrap().lines.len(), 2);
}

#[test]
fn other_files_are_refused() {
    for content in [&b""[..], b"\r\n\n", b"PK\x03\x04\x00\x00", b"B\x00o\x00", b"\"Booked,Amount", b"\xFF,Amount"] {
        assert_eq!(read(content, &short_map()).map_err(|error| error.reason()), Err("FILE_NOT_CSV"));
    }
    let error = read(b"Booked;Amount\n", &short_map()).unwrap_err();
    assert_eq!((error.reason(), error.to_string().as_str()), ("COLUMN_MISSING", "the file has no column \"Booked\""));
    assert_eq!(read(b"Booked,Amount", &short_map()), Ok(ReadFile::default()));
}

proptest! {
    #[test]
    fn any_file_is_read_without_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        close in "(2026-03-0[0-9]|[0-9.,-]{0,6}|[,\"\n\r é]){0,40}",
    ) {
        let _ = read(&bytes, &map());
        let _ = read(format!("{HEADER}\n{close}").as_bytes(), &map());
    }

    /// A bad line among good ones spoils only itself.
    #[test]
    fn good_lines_are_always_read(bad in "[a-z\",;é ]{1,20}", before in 0usize..4, after in 0usize..4) {
        let good = "2026-03-02,5\n";
        let text = format!("Booked,Amount\n{}{bad}\n{}", good.repeat(before), good.repeat(after));
        let file = read(text.as_bytes(), &short_map()).unwrap();
        prop_assert_eq!(file.lines.len(), before + after);
    }
}
