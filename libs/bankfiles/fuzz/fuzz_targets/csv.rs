//! Any bytes as csv, by one map with a header and one without.

#![no_main]

use libfuzzer_sys::fuzz_target;
use quittance_bankfiles::StatementHead;
use quittance_bankfiles::csv::{DateFormat, DecimalSeparator, Delimiter, Map, read};

fn map(no_header: bool) -> Map {
    let name = |place: u8, name: &str| if no_header { place.to_string() } else { name.to_owned() };
    Map {
        booked_on: name(1, "Date"),
        value_on: None,
        amount: Some(name(2, "Amount")),
        credit: None,
        debit: None,
        side: None,
        inverted: false,
        currency: None,
        currency_code: Some("EUR".to_owned()),
        payer_name: None,
        payer_account: None,
        text: vec![name(3, "Text")],
        reference: None,
        date_format: DateFormat::default(),
        delimiter: Delimiter::default(),
        decimal_separator: DecimalSeparator::Comma,
        skip_lines: 0,
        no_header,
        utf8_only: false,
    }
}

fuzz_target!(|bytes: &[u8]| {
    for no_header in [false, true] {
        let mut input = bytes;
        let _ = read(&mut input, &map(no_header), StatementHead::default(), &mut |_| {});
    }
});
