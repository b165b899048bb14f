use std::fmt::Write as _;
use std::io::BufReader;

use proptest::prelude::*;

use super::*;
use crate::Entry;

fn map(text: &str) -> Map {
    toml::from_str(text).unwrap()
}

fn plain() -> Map {
    map("booked_on = 'Date'\namount = 'Amount'\ntext = ['Text']\ncurrency_code = 'EUR'\n")
}

fn seen_in_chunks(bytes: &[u8], map: &Map, chunk: usize) -> (Vec<Entry>, Vec<(Place, WarningCode)>) {
    let (mut entries, mut warnings) = (Vec::new(), Vec::new());
    let mut input = BufReader::with_capacity(chunk, bytes);
    let name = read(&mut input, map, StatementHead::default(), &mut |event| match event {
        Event::Entry(entry) => entries.push(*entry),
        Event::Warning(warning) => warnings.push((warning.at, warning.code)),
        Event::Begin(_) | Event::End(_) => {}
    });
    assert_eq!(name.unwrap(), "csv");
    (entries, warnings)
}

fn seen(text: &str, map: &Map) -> (Vec<Entry>, Vec<(Place, WarningCode)>) {
    seen_in_chunks(text.as_bytes(), map, 8192)
}

fn amounts(entries: &[Entry]) -> Vec<String> {
    entries.iter().map(|entry| format!("{} {}", entry.amount.value, entry.amount.currency)).collect()
}

#[test]
fn columns_are_found_by_name() {
    let map = map(
        "booked_on = 'Date'\nvalue_on = 'Value'\namount = 'Amount'\ncurrency = 'Cur'\ntext = ['A', 'B']\npayer_name = 'Who'\n\
         payer_account = 'IBAN'\nreference = 'Ref'\ndelimiter = ';'\ndecimal_separator = ','\ndate_format = '%d.%m.%Y'\n",
    );
    let text = "\u{feff}Ref;Date;Value;Amount;Cur;A;B;Who;IBAN\r\nR1;02.03.2026;;1.234,50;eur;x;\"y;\r\nz\";Me;DE1\r\n;;;;;;;;\r\n\r\n\
        R2;03.03.2026;04.03.2026;-5;USD;;;;\r\n";
    let (entries, warnings) = seen(text, &map);
    assert_eq!(warnings, []);
    assert_eq!(amounts(&entries), ["1234.50 EUR", "-5 USD"]);
    let [first, second] = entries.as_slice() else { panic!() };
    assert_eq!((first.at, second.at), (Some(Place::Line(2)), Some(Place::Line(6))));
    assert_eq!((first.value_on, second.value_on), (first.booked_on, "2026-03-04".parse().ok()));
    let detail = first.details.first().unwrap();
    assert_eq!((detail.remittance.as_str(), detail.counterparty.name.as_str()), ("x y;\r\nz", "Me"));
    assert_eq!((detail.counterparty.account.as_str(), first.bank_reference.as_str()), ("DE1", "R1"));
}

#[test]
fn sides_have_columns_or_a_mark_or_a_sign() {
    let two = map("booked_on = 'D'\ncredit = 'In'\ndebit = 'Out'\ncurrency_code = 'EUR'\n");
    let (entries, warnings) =
        seen("D,In,Out\n2026-03-02,5,\n2026-03-02,,7\n2026-03-02,0.00,-8\n2026-03-02,1,2\n2026-03-02,,\n", &two);
    assert_eq!(amounts(&entries), ["5 EUR", "-7 EUR", "-8 EUR"]);
    assert_eq!(warnings, [(Place::Line(5), WarningCode::BadAmount), (Place::Line(6), WarningCode::Missing)]);

    let mark = map(
        "booked_on = 'D'\namount = 'A'\ncurrency_code = 'EUR'\nside = { column = 'S', credit = ['H', 'CR'], debit = ['S'] }\n",
    );
    let (entries, warnings) = seen("D,A,S\n2026-03-02,5,H\n2026-03-02,7,s\n2026-03-02,-8,S\n2026-03-02,1,X\n", &mark);
    assert_eq!(amounts(&entries), ["5 EUR", "-7 EUR", "-8 EUR"]);
    assert_eq!(warnings, [(Place::Line(5), WarningCode::NoSide)]);

    let card = map("booked_on = 'D'\namount = 'A'\ncurrency_code = 'EUR'\ninverted = true\n");
    assert_eq!(amounts(&seen("D,A\n2026-03-02,5\n", &card).0), ["-5 EUR"]);
}

#[test]
fn lines_before_the_header_are_skipped_and_a_header_may_lack() {
    let skipping = Map { skip_lines: 2, ..plain() };
    let (entries, warnings) = seen("\"My bank\n\nDate,Amount,Text\n2026-03-02,5,x\n", &skipping);
    assert_eq!((amounts(&entries), warnings), (vec!["5 EUR".to_owned()], vec![]));
    let bare = map("booked_on = '1'\namount = '3'\ncurrency_code = 'EUR'\nno_header = true\n");
    assert_eq!(amounts(&seen("2026-03-02,x,5\n", &bare).0), ["5 EUR"]);
}

#[test]
fn a_bad_line_stops_no_other() {
    let text = "Date,Amount,Text\n13-03-02,5,x\n2026-03-02,\"1,50\",x\n2026-03-02,5,\"x\n2026-03-02,,x\n2026-03-02,5,x,y\n2026-03-02,9,x\n";
    let (entries, warnings) = seen(text, &plain());
    assert_eq!(amounts(&entries), ["9 EUR"]);
    let expected = [
        (2, WarningCode::BadDate),
        (3, WarningCode::BadAmount),
        (4, WarningCode::BadField),
        (5, WarningCode::Missing),
        (6, WarningCode::BadField),
    ];
    assert_eq!(warnings, expected.map(|(line, code)| (Place::Line(line), code)));
}

#[test]
fn groups_of_digits_are_told_from_decimals() {
    for (text, value) in [
        ("1,234.50", "1234.50"),
        ("12,34,567.00", "1234567.00"),
        ("+5", "5"),
        ("-1,000", "-1000"),
        ("1,234,567", "1234567"),
    ] {
        let (entries, _) = seen(&format!("Date,Amount,Text\n2026-03-02,\"{text}\",x\n"), &plain());
        assert_eq!(amounts(&entries), [format!("{value} EUR")], "{text}");
    }
    for text in ["12,50", "1,2345", ",123", "1.2.3", "EUR 5", "+-5"] {
        let (_, warnings) = seen(&format!("Date,Amount,Text\n2026-03-02,\"{text}\",x\n"), &plain());
        assert!(warnings.contains(&(Place::Line(2), WarningCode::BadAmount)), "{text}");
    }
}

#[test]
fn every_missing_column_is_told() {
    let mut map = plain();
    map.reference = Some("Ref".to_owned());
    map.currency_code = Some("EURO".to_owned());
    let Err(Refusal::Faults(faults)) = read(&mut &b"Date,Text\n"[..], &map, StatementHead::default(), &mut |_| {})
    else {
        panic!()
    };
    assert_eq!(faults.len(), 3);
    assert!(read(&mut &b""[..], &plain(), StatementHead::default(), &mut |_| {}).is_err());
}

#[test]
fn a_map_is_checked_when_it_is_read() {
    for text in [
        "amount = 'A'",
        "booked_on = 'D'\ncolour = 'red'",
        "booked_on = 'D'\ndate_format = '%d.%m.%y'",
        "booked_on = 'D'\ndelimiter = '\"'",
        "booked_on = 'D'\ndecimal_separator = ';'",
    ] {
        assert!(toml::from_str::<Map>(text).is_err(), "{text}");
    }
}

#[test]
fn long_files_and_lines_are_read_in_bounded_pieces() {
    let mut text = "Date,Amount,Text\n".to_owned();
    for number in 0..20_000 {
        let _ = writeln!(text, "2026-03-02,{number},some text to fill the line with");
    }
    write!(text, "2026-03-02,1,{}\n2026-03-02,7,end\n", "x".repeat(1_000_000)).unwrap();
    let (entries, warnings) = seen(&text, &plain());
    assert_eq!((entries.len(), warnings), (20_001, vec![(Place::Line(20_002), WarningCode::BadField)]));
    assert_eq!(entries.last().unwrap().at, Some(Place::Line(20_003)));
}

proptest! {
    /// Whatever the bytes and however they arrive: no panic, and the same answer.
    #[test]
    fn any_bytes_are_read_or_refused(text in "(Date,Amount,Text\n)?[-0-9,\"\n\r;a. ]{0,120}", chunk in 1_usize..20) {
        let bare = map("booked_on = '1'\namount = '2'\ncurrency_code = 'EUR'\nno_header = true\n");
        prop_assert_eq!(seen(&text, &bare), seen_in_chunks(text.as_bytes(), &bare, chunk));
        let _ = read(&mut text.as_bytes(), &plain(), StatementHead::default(), &mut |_| {});
    }

    /// Entries written are read back the same.
    #[test]
    fn entries_are_read_back(lines in prop::collection::vec((any::<i32>(), "[a-z\"\n,]{0,12}"), 0..20)) {
        let mut text = "Date,Amount,Text\n".to_owned();
        for (cents, remittance) in &lines {
            let value = rust_decimal::Decimal::new(i64::from(*cents), 2);
            let _ = writeln!(text, "2026-03-02,{value},\"{}\"", remittance.replace('"', "\"\""));
        }
        let (entries, _) = seen(&text, &plain());
        prop_assert_eq!(entries.len(), lines.len());
        for (entry, (cents, remittance)) in entries.iter().zip(&lines) {
            prop_assert_eq!(entry.amount.value, rust_decimal::Decimal::new(i64::from(*cents), 2));
            let read = entry.details.first().map_or("", |detail| detail.remittance.as_str());
            prop_assert_eq!(read, remittance.trim());
        }
    }
}
