use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::{BalanceKind, Detail, Entry, EntryStatus, StatementHead, StatementTail, Warning, WarningCode};

#[derive(Default)]
struct Seen {
    name: String,
    heads: Vec<StatementHead>,
    entries: Vec<Entry>,
    tails: Vec<StatementTail>,
    warnings: Vec<Warning>,
}

fn seen(text: &str) -> Seen {
    let mut seen = Seen::default();
    let name = read(&mut text.as_bytes(), &mut |event| match event {
        Event::Begin(head) => seen.heads.push(head),
        Event::Entry(entry) => seen.entries.push(*entry),
        Event::End(tail) => seen.tails.push(tail),
        Event::Warning(warning) => seen.warnings.push(warning),
    });
    seen.name = name.unwrap();
    seen
}

fn codes(seen: &Seen) -> Vec<WarningCode> {
    seen.warnings.iter().map(|warning| warning.code).collect()
}

/// The entry of a statement line, with a text.
fn entry(line: &str, text: &str) -> Entry {
    let text = if text.is_empty() { String::new() } else { format!(":86:{text}\n") };
    let file = format!(":20:A\n:25:1\n:60F:C260101EUR0,00\n:61:{line}\n{text}:62F:C260101EUR0,00\n-\n");
    seen(&file).entries.pop().unwrap()
}

fn detail(text: &str) -> Detail {
    entry("2603020302C10,00NTRFNONREF", text).details.pop().unwrap_or_default()
}

fn amount(entry: &Entry) -> String {
    entry.amount.value.to_string()
}

const PLAIN: &str = ":20:STARTUMS\r\n:25:ABCDDEFF/DE02120300000000202051EUR\r\n:28C:1/1\r\n:60F:C260301EUR100,00\r\n\
    :61:2603020302C50,5NTRFREF1//BANK1\r\nmore of it\r\n:86:text one\r\n:61:2603030303D20,NMSCNONREF\r\n\
    :62F:C260303EUR130,50\r\n:64:C260303EUR130,50\r\n:86:of the statement\r\n-\r\n";

#[test]
fn a_statement_is_head_entries_and_tail() {
    let seen = seen(PLAIN);
    assert_eq!(seen.name, "mt940");
    let head = seen.heads.first().unwrap();
    assert_eq!((head.id.as_str(), head.account.as_str()), ("STARTUMS", "DE02120300000000202051"));
    assert_eq!(head.currency.unwrap().as_str(), "EUR");
    assert!(!head.advice_only);
    let [first, second] = seen.entries.as_slice() else { panic!() };
    assert_eq!((amount(first).as_str(), first.code.as_str()), ("50.5", "NTRF"));
    assert_eq!((first.customer_reference.as_str(), first.bank_reference.as_str()), ("REF1", "BANK1"));
    assert_eq!(first.information, "more of it");
    assert_eq!(first.details.first().unwrap().remittance, "text one");
    assert_eq!(first.at, Some(Place::Line(5)));
    assert_eq!((amount(second).as_str(), second.customer_reference.as_str()), ("-20", ""));
    assert!(second.details.is_empty());
    let tail = seen.tails.first().unwrap();
    assert_eq!(tail.opening.as_ref().unwrap().amount.value.to_string(), "100.00");
    assert_eq!(tail.closing.as_ref().unwrap().amount.value.to_string(), "130.50");
    assert_eq!(
        tail.balances.iter().map(|it| it.kind).collect::<Vec<_>>(),
        [BalanceKind::Opening, BalanceKind::Closing, BalanceKind::Other]
    );
    assert_eq!(seen.warnings, []);
}

#[test]
fn marks_give_the_side() {
    for (mark, value, reversal, status) in [
        ("C", "7.00", false, EntryStatus::Booked),
        ("D", "-7.00", false, EntryStatus::Booked),
        ("CR", "7.00", false, EntryStatus::Booked),
        ("DR", "-7.00", false, EntryStatus::Booked),
        ("RC", "-7.00", true, EntryStatus::Booked),
        ("RD", "7.00", true, EntryStatus::Booked),
        ("RCR", "-7.00", true, EntryStatus::Booked),
        ("EC", "7.00", false, EntryStatus::Pending),
        ("ED", "-7.00", false, EntryStatus::Pending),
    ] {
        let entry = entry(&format!("2603020302{mark}7,00NTRFX"), "");
        assert_eq!((amount(&entry).as_str(), entry.reversal, entry.status), (value, reversal, status), "{mark}");
    }
}

#[test]
fn dates_are_read_in_every_width() {
    let day = |text: &str| Some(text.parse().unwrap());
    for (digits, value_on, booked_on) in [
        ("260302", "2026-03-02", "2026-03-02"),
        ("2603020303", "2026-03-02", "2026-03-03"),
        ("2512311231", "2025-12-31", "2025-12-31"),
        ("2601021231", "2026-01-02", "2025-12-31"),
        ("20260302", "2026-03-02", "2026-03-02"),
        ("260302260303", "2026-03-02", "2026-03-03"),
        ("202603020303", "2026-03-02", "2026-03-03"),
        ("2026030220260303", "2026-03-02", "2026-03-03"),
        ("2602300302", "2026-02-28", "2026-03-02"),
        ("260302 0303 ", "2026-03-02", "2026-03-03"),
    ] {
        let entry = entry(&format!("{digits}C1,NTRFX"), "");
        assert_eq!((entry.value_on, entry.booked_on), (day(value_on), day(booked_on)), "{digits}");
    }
    let file = ":20:A\n:60F:C260101EUR0,\n:61:2602300302C1,NTRFX\n:62F:C260101EUR1,\n";
    assert_eq!(codes(&seen(file)), [WarningCode::BadDate]);
}

#[test]
fn amounts_and_wrapped_lines_are_read() {
    for (line, value) in [("260302C15000,NTRFX", "15000"), ("260302C0,NTRFX", "0"), ("260302C,5NTRFX", "0.5")] {
        assert_eq!(amount(&entry(line, "")), value);
    }
    let wrapped = entry("260302C15\n00,50NTRFX//B1", "");
    assert_eq!((amount(&wrapped).as_str(), wrapped.bank_reference.as_str()), ("1500.50", "B1"));
}

#[test]
fn german_subfields_and_keywords() {
    let found = detail(
        "166?00SEPA-GUTSCHRIFT?109075?20EREF+E2E-1?21MREF+M-7?22SVWZ+Invoice 4711 and inv\n?23oice 4712?24RF18539007547034\
         ?30ABCDDEFF?31DE02120300000000202051?32Muster?33GmbH?60 rest",
    );
    assert_eq!(found.counterparty.name, "Muster GmbH");
    assert_eq!(found.counterparty.account, "DE02120300000000202051");
    assert_eq!(found.counterparty.bank, "ABCDDEFF");
    assert_eq!((found.end_to_end_id.as_str(), found.mandate_id.as_str()), ("E2E-1", "M-7"));
    assert_eq!(found.creditor_references, ["RF18539007547034"]);
    assert_eq!(found.remittance, "Invoice 4711 and inv\noice 4712\nRF18539007547034\n rest");
}

#[test]
fn a_full_subfield_goes_on_in_the_next() {
    let found = detail("020~00Przelew~20ABCDEFGHIJKLMNOPQRSTUVWXY 1~21234/2026~32FIRMA~38PL61109010140000071219812874");
    assert_eq!(found.remittance, "ABCDEFGHIJKLMNOPQRSTUVWXY 1234/2026");
    assert_eq!(found.counterparty.account, "PL61109010140000071219812874");
}

#[test]
fn an_id_ends_with_its_line() {
    let found = detail("159?00RETOURE?20EREF+E1?21MTLG:Reject?22SVWZ+?23Invoice 7?");
    assert_eq!((found.end_to_end_id.as_str(), found.remittance.as_str()), ("E1", "MTLG:Reject\nInvoice 7"));
}

#[test]
fn a_name_behind_the_reference_is_the_other_side() {
    let found = entry("260302D1,N0440121470966      J. Jansen", "Terug").details.pop().unwrap();
    assert_eq!((found.counterparty.name.as_str(), found.counterparty.account.as_str()), ("J. Jansen", "0121470966"));
    let found = entry("260302D1,N544NONREF\nNL70ABNA0987654321", "/BENM//NAME/Me/REMI/x").details.pop().unwrap();
    assert_eq!((found.counterparty.name.as_str(), found.counterparty.account.as_str()), ("Me", "NL70ABNA0987654321"));
}

#[test]
fn returns_have_a_reason() {
    assert_eq!(detail("109?00RUECKLASTSCHRIFT?20SVWZ+RETURN?34914").return_reason.as_deref(), Some("MS03"));
    assert_eq!(detail("109?00RUECKLASTSCHRIFT?20SVWZ+AM04 X?34999").return_reason.as_deref(), Some("AM04"));
    assert_eq!(detail("166?00GUTSCHRIFT?20SVWZ+AM04?34914").return_reason, None);
}

#[test]
fn dutch_codes() {
    let found = detail(
        "/TRTP/SEPA OVERBOEKING/IBAN/NL91ABNA0417164300/BIC/ABNANL2A/NAME/J. Jansen/REMI/Factuur\n 12/34/EREF/NOTPROVIDED",
    );
    assert_eq!(found.counterparty.name, "J. Jansen");
    assert_eq!(found.counterparty.account, "NL91ABNA0417164300");
    assert_eq!((found.remittance.as_str(), found.end_to_end_id.as_str()), ("Factuur 12/34", ""));
    let found = detail("/RTRN/MS03//EREF/E1//MARF/M-1//CNTP/NL91ABNA0417164300/ABNANL2A/J.Jansen///REMI/USTD//Nr 1/");
    assert_eq!(found.return_reason.as_deref(), Some("MS03"));
    assert_eq!((found.counterparty.bank.as_str(), found.counterparty.name.as_str()), ("ABNANL2A", "J.Jansen"));
    assert_eq!((found.remittance.as_str(), found.mandate_id.as_str()), ("Nr 1", "M-1"));
    let found = detail("/EREF/E1//REMI/STRD/CUR/9001123412341234/");
    assert_eq!(found.creditor_references, ["9001123412341234"]);
    let found = detail("/ORDP//NAME/A. Payer/REMI/For 1/ISDT/2026-03-02");
    assert_eq!((found.counterparty.name.as_str(), found.remittance.as_str()), ("A. Payer", "For 1"));
}

#[test]
fn plain_texts_keep_their_lines() {
    assert_eq!(detail("Invoice 1\nInvoice 2").remittance, "Invoice 1\nInvoice 2");
    assert_eq!(detail("#2034 paid").remittance, "#2034 paid");
    assert_eq!(detail("EREF+A1 SVWZ+Invoice 7").end_to_end_id, "A1");
    assert_eq!(detail("ESR 210000000003139471430009017").creditor_references, ["210000000003139471430009017"]);
}

#[test]
fn blocks_and_hyphens_within_them() {
    let file = "{1:F01ABCDDEFFAXXX0000000000}{2:O9421200260302ABCDDEFF}{4:\r\n:20:M1\r\n:25:1\r\n:28C:1\r\n:34F:EUR0,\r\n\
        :13D:2603021200+0100\r\n:61:260302C1,NTRFX\r\n:86:A\r\n-\r\nB\r\n:90C:2EUR1,\r\n-}{5:}\r\n{1:F01}{2:I940X}{4:\r\n:20:M2\r\n\
        :60F:C260101EUR0,\r\n:62F:C260101EUR0,\r\n-}";
    let seen = seen(file);
    assert_eq!(seen.name, "mt942");
    assert_eq!(seen.heads.iter().map(|head| head.advice_only).collect::<Vec<_>>(), [true, false]);
    assert_eq!(seen.entries.first().unwrap().details.first().unwrap().remittance, "A\n-\nB");
    assert_eq!(codes(&seen), [WarningCode::ControlDiffers]);
}

#[test]
fn a_time_that_breaks_is_no_tag() {
    let text = format!("{}12\n:20:37 on site", "x".repeat(63));
    let file = format!(":20:A\n:60F:C260101EUR0,\n:61:260302C1,NTRFX\n:86:{text}\n:62F:C260101EUR1,\n");
    let seen = seen(&file);
    assert_eq!(seen.heads.len(), 1);
    assert!(seen.entries.first().unwrap().details.first().unwrap().remittance.ends_with("37 on site"));
}

#[test]
fn what_is_wrong_is_told_and_the_rest_read() {
    let seen = seen(":25:1\n:60F:C260101EUR0,\n:61:260302X1,NTRF\n:61:260302C1,NTRFX\n:62F:C2601011,\n:20:B\n");
    assert_eq!(seen.entries.len(), 1);
    let expected = [WarningCode::Missing, WarningCode::BadField, WarningCode::BadAmount, WarningCode::Empty];
    assert_eq!(codes(&seen), expected);
}

#[test]
fn pages_of_one_message_are_one_statement_and_accounts_are_two() {
    let pages = seen(":20:A\n:25:1\n:60F:C260101EUR1,\n:62M:C260101EUR2,\n:60M:C260101EUR2,\n:62F:C260101EUR3,\n");
    assert_eq!((pages.heads.len(), codes(&pages)), (1, vec![]));
    let tail = pages.tails.first().unwrap();
    let values = [&tail.opening, &tail.closing].map(|it| it.as_ref().unwrap().amount.value.to_string());
    assert_eq!(values, ["1", "3"]);
    let accounts =
        seen(":20:A\n:25:1\n:60F:C260101EUR1,\n:62F:C260101EUR1,\n:25:2\n:60F:C260101EUR2,\n:62F:C260101EUR2,\n");
    assert_eq!(accounts.heads.iter().map(|head| head.account.as_str()).collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(codes(&accounts), [WarningCode::Missing]);
}

#[test]
fn what_has_no_message_is_refused() {
    for text in ["", "hello\n", "<xml/>", ":99:x\n", ":86:091\n-\n"] {
        assert!(matches!(read(&mut text.as_bytes(), &mut |_| {}), Err(Refusal::Faults(_))), "{text:?}");
    }
}

proptest! {
    /// Whatever the bytes: no panic, and every statement that begins ends.
    #[test]
    fn any_text_is_read_or_refused(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        at in 0..PLAIN.len(),
        more in "[:?/0-9A-Z+,\\n{}-]{0,40}",
    ) {
        let (before, after) = PLAIN.split_at(at);
        for text in [bytes.clone(), format!("{before}{more}{after}").into_bytes(), [before.as_bytes(), &bytes].concat()] {
            let (mut begun, mut ended) = (0, 0);
            let _ = read(&mut text.as_slice(), &mut |event| match event {
                Event::Begin(_) => begun += 1,
                Event::End(_) => ended += 1,
                Event::Entry(_) => assert_eq!(begun, ended + 1),
                Event::Warning(_) => {}
            });
            prop_assert_eq!(begun, ended);
        }
    }

    /// A statement written is read back the same.
    #[test]
    fn entries_are_read_back(cents in prop::collection::vec(-9_999_999_i64..9_999_999, 0..20)) {
        let mut text = ":20:A\n:25:1\n:60F:C260101EUR0,00\n".to_owned();
        for cents in &cents {
            let mark = if *cents < 0 { "D" } else { "C" };
            write!(text, ":61:2603020302{mark}{},{:02}NTRFNONREF\n:86:text\n", cents.abs() / 100, cents.abs() % 100).unwrap();
        }
        let total: i64 = cents.iter().sum();
        let mark = if total < 0 { "D" } else { "C" };
        write!(text, ":62F:{mark}260302EUR{},{:02}\n-\n", total.abs() / 100, total.abs() % 100).unwrap();
        let seen = seen(&text);
        let read: Vec<i64> = seen.entries.iter().map(|entry| (entry.amount.value * rust_decimal::Decimal::ONE_HUNDRED).try_into().unwrap()).collect();
        prop_assert_eq!(read, cents);
        prop_assert_eq!(seen.warnings, vec![]);
    }
}
