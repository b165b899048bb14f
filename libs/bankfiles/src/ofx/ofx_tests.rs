use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::{Entry, EntryStatus, StatementHead, StatementTail};

#[derive(Debug, Default)]
struct Read {
    name: String,
    heads: Vec<StatementHead>,
    entries: Vec<Entry>,
    tails: Vec<StatementTail>,
    warnings: Vec<WarningCode>,
}

fn read_bytes(bytes: &[u8]) -> Result<Read, String> {
    let mut out = Read::default();
    let mut input = bytes;
    out.name = read(&mut input, &mut |event| match event {
        Event::Begin(head) => out.heads.push(head),
        Event::Entry(entry) => out.entries.push(*entry),
        Event::End(tail) => out.tails.push(tail),
        Event::Warning(warning) => out.warnings.push(warning.code),
    })
    .map_err(|refusal| refusal.to_string())?;
    Ok(out)
}

/// An OFX 1 file as many banks write it: values unclosed.
fn sgml(transactions: &str) -> String {
    format!(
        "OFXHEADER:100\r\nDATA:OFXSGML\r\nVERSION:102\r\nENCODING:USASCII\r\nCHARSET:1252\r\n\r\n<OFX><SIGNONMSGSRSV1><SONRS>\
         <STATUS><CODE>0<SEVERITY>INFO</STATUS></SONRS></SIGNONMSGSRSV1><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>EUR\
         <BANKACCTFROM><BANKID>1<ACCTID>4711<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST><DTSTART>20240101\
         {transactions}</BANKTRANLIST><LEDGERBAL><BALAMT>12,50<DTASOF>20240131120000</LEDGERBAL></STMTRS></STMTTRNRS>\
         </BANKMSGSRSV1></OFX>\r\n"
    )
}

const PAYMENT: &str = "<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20240131120000[-5:EST]<TRNAMT>+10.50<FITID>F1<CHECKNUM>7\
                       <NAME>M\u{fc}ller &amp; S\u{f6}hne<MEMO>inv 1 < 2</STMTTRN>";

#[test]
fn unclosed_elements_are_read() {
    let read = read_bytes(sgml(PAYMENT).as_bytes()).unwrap();
    assert!(read.warnings.is_empty(), "{:?}", read.warnings);
    assert_eq!((read.name.as_str(), read.heads[0].account.as_str()), ("ofx1", "4711"));
    let entry = &read.entries[0];
    assert_eq!((entry.amount.value, entry.amount.currency.as_str()), ("10.50".parse().unwrap(), "EUR"));
    assert_eq!((entry.bank_reference.as_str(), entry.customer_reference.as_str()), ("F1", "7"));
    assert_eq!(entry.booked_on, chrono::NaiveDate::from_ymd_opt(2024, 1, 31));
    assert_eq!(entry.details[0].counterparty.name, "Müller & Söhne");
    assert_eq!(entry.details[0].remittance, "inv 1 < 2");
    assert_eq!(read.tails[0].closing.as_ref().map(|balance| balance.amount.value), Some("12.50".parse().unwrap()));
    assert_eq!(read.tails[0].opening, None);
}

#[test]
fn windows_1252_and_utf_8_are_told_apart_by_themselves() {
    let utf8 = sgml(PAYMENT);
    let latin: Vec<u8> = utf8.chars().map(|mark| u8::try_from(mark).unwrap()).collect();
    assert_eq!(read_bytes(&latin).unwrap().entries[0].details[0].counterparty.name, "Müller & Söhne");
}

#[test]
fn values_in_place_of_aggregates_are_read() {
    let text = PAYMENT
        .replace("<TRNAMT>", "<CURRENCY>USD<PAYEE>A Ltd<TRNAMT>")
        .replace("<NAME>M\u{fc}ller &amp; S\u{f6}hne", "");
    let entry = read_bytes(sgml(&text).as_bytes()).unwrap().entries.remove(0);
    assert_eq!((entry.amount.currency.as_str(), entry.details[0].counterparty.name.as_str()), ("USD", "A Ltd"));
}

#[test]
fn closed_elements_comments_and_cards_are_read() {
    let text = "<?xml version='1.0' encoding='UTF-8'?><?OFX OFXHEADER='200' VERSION='211'?>\n<OFX><CREDITCARDMSGSRSV1>\
        <CCSTMTTRNRS><CCSTMTRS><CURDEF>USD</CURDEF><CCACCTFROM><ACCTID>4111</ACCTID></CCACCTFROM><BANKTRANLIST>\
        <!-- <STMTTRN> --><STMTTRN><TRNTYPE>DEBIT</TRNTYPE><DTPOSTED>20240101</DTPOSTED><TRNAMT>-5</TRNAMT><FITID>1</FITID>\
        <NAME></NAME><PAYEE><NAME><![CDATA[A & B]]></NAME></PAYEE><MEMO/></STMTTRN></BANKTRANLIST>\
        <BANKTRANLISTP><STMTTRNP><TRNAMT>-1</TRNAMT><DTTRAN>20240102</DTTRAN></STMTTRNP></BANKTRANLISTP></CCSTMTRS>\
        </CCSTMTTRNRS></CREDITCARDMSGSRSV1></OFX>";
    let read = read_bytes(text.as_bytes()).unwrap();
    assert_eq!((read.name.as_str(), read.entries.len()), ("ofx2", 2));
    assert_eq!(read.entries[0].details[0].counterparty.name, "A & B");
    assert_eq!((read.entries[0].amount.value, read.entries[1].status), (Decimal::from(-5), EntryStatus::Pending));
}

#[test]
fn what_is_wrong_is_read_and_told() {
    let transaction = |inside: &str| format!("<STMTTRN><TRNTYPE>POS<DTPOSTED>20240101{inside}<FITID>1</STMTTRN>");
    let text =
        [transaction("<TRNAMT>$120"), transaction(""), transaction("<TRNAMT>1,5").replace("0101", "0230")].concat();
    let read = read_bytes(sgml(&text).replace("12,50", "").as_bytes()).unwrap();
    assert_eq!(read.entries.len(), 1);
    let expected = [WarningCode::BadAmount, WarningCode::Missing, WarningCode::BadDate, WarningCode::BadAmount];
    assert_eq!(read.warnings, expected);
}

#[test]
fn what_holds_no_statement_is_refused_with_the_servers_words() {
    let text =
        "<OFX><BANKMSGSRSV1><STMTTRNRS><STATUS><CODE>2000<SEVERITY>ERROR<MESSAGE>Not today</STATUS></STMTTRNRS></OFX>";
    assert!(read_bytes(text.as_bytes()).unwrap_err().contains("2000: Not today"));
    assert!(read_bytes(b"<OFX></OFX>").unwrap_err().contains("no statement"));
    assert!(read_bytes(b"<!DOCTYPE OFX><OFX>").unwrap_err().contains("document type"));
}

#[test]
fn a_file_cut_short_keeps_its_whole_entries() {
    let whole = sgml(&PAYMENT.repeat(2));
    let cut = whole.rfind("<FITID>").unwrap();
    let read = read_bytes(&whole.as_bytes()[..cut]).unwrap();
    assert_eq!((read.entries.len(), read.tails.len()), (1, 1));
    assert_eq!(read.warnings, [WarningCode::Truncated]);
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400), text in "[<>/!OFXSTMR&;#x0-9\\[-]{0,200}") {
        let _ = read_bytes(&bytes);
        let _ = read_bytes(text.as_bytes());
    }

    #[test]
    fn a_changed_file_is_read_or_refused(place in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let mut bytes = sgml(PAYMENT).into_bytes();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        let cut = cut.index(bytes.len());
        for part in [&bytes[..], &bytes[..cut]] {
            if let Ok(read) = read_bytes(part) {
                prop_assert_eq!(read.heads.len(), read.tails.len());
            }
        }
    }

    /// What is written into a file is what comes out of it, with closed and with unclosed elements.
    #[test]
    fn transactions_come_back(transactions in proptest::collection::vec((-10_000_000_i64..10_000_000, 0_u32..4, "[!-~äöü€]([ -~äöü€]{0,30}[!-~])?"), 0..6), closed in any::<bool>()) {
        let leaf = |name: &str, text: &str| if closed { format!("<{name}>{text}</{name}>") } else { format!("<{name}>{text}\r\n") };
        let write = |(units, scale, text): &(i64, u32, String)| {
            let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let amount = Decimal::new(*units, *scale).to_string();
            ["<STMTTRN>", &leaf("DTPOSTED", "20240101"), &leaf("TRNAMT", &amount), &leaf("MEMO", &escaped), "</STMTTRN>"].concat()
        };
        let written: Vec<String> = transactions.iter().map(write).collect();
        let written = written.concat();
        let read = read_bytes(sgml(&written).as_bytes()).unwrap();
        prop_assert_eq!(read.entries.len(), transactions.len());
        for (entry, (units, scale, text)) in read.entries.iter().zip(&transactions) {
            prop_assert_eq!(entry.amount.value, Decimal::new(*units, *scale));
            prop_assert_eq!(&entry.information, text);
        }
    }
}
