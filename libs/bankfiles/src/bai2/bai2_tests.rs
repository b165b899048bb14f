use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::{Entry, StatementHead, StatementTail, Warning, WarningCode};

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

/// A file of one account whose totals are right.
const GOOD: &str = "01,BANK,ME,260302,0600,1,,,2/\n02,ME,BANK,1,260301,,CAD,2/\n03,123,,010,10000,,,015,11500,,/\n\
    16,142,2000,V,260302,,BR1,CR1,Invoice 1, and 2\n88,and 3/\n16,475,500,,BR2,CR2,/\n49,24000,5/\n98,24000,1,7/\n99,24000,1,9/\n";

#[test]
fn an_account_is_a_statement() {
    let seen = seen(GOOD);
    assert_eq!((seen.name.as_str(), codes(&seen)), ("bai2", vec![]));
    let head = seen.heads.first().unwrap();
    assert_eq!((head.account.as_str(), head.currency.unwrap().as_str()), ("123", "CAD"));
    let [credit, debit] = seen.entries.as_slice() else { panic!() };
    assert_eq!((credit.amount.value.to_string(), credit.code.as_str()), ("20.00".to_owned(), "142"));
    assert_eq!((credit.bank_reference.as_str(), credit.customer_reference.as_str()), ("BR1", "CR1"));
    assert_eq!(credit.value_on, Some("2026-03-02".parse().unwrap()));
    assert_eq!(credit.booked_on, Some("2026-03-01".parse().unwrap()));
    assert_eq!(credit.details.first().unwrap().remittance, "Invoice 1, and 2\nand 3");
    assert_eq!((debit.amount.value.to_string(), debit.details.len()), ("-5.00".to_owned(), 0));
    let tail = seen.tails.first().unwrap();
    assert_eq!(tail.opening.as_ref().unwrap().amount.value.to_string(), "100.00");
    assert_eq!(tail.closing.as_ref().unwrap().amount.value.to_string(), "115.00");
}

#[test]
fn every_funds_type_is_skipped_over() {
    for funds in ["", "Z", "0", "1", "2", "V,260302,1200", "S,1,2,3", "D,2,0,100,1,200"] {
        let text = format!(
            "01,,,,,,,,2/\n02,,,1,260301,,,/\n03,1,,100,300,2,{funds},400,5,,/\n16,142,300,{funds},BR,CR,text\n"
        );
        let seen = seen(&text);
        let entry = seen.entries.first().unwrap();
        assert_eq!((entry.bank_reference.as_str(), entry.customer_reference.as_str()), ("BR", "CR"), "{funds}");
        assert!(!codes(&seen).contains(&WarningCode::BadAmount), "{funds}");
    }
}

#[test]
fn continuations_go_on_anywhere() {
    for (account, what) in [
        ("03,1,,010,100,,/\n88,015,200,,/\n", "behind a figure"),
        ("03,1,,010,100,,,/\n88,015,200,,/\n", "behind a delimiter too many"),
        ("03,1,,010/\n88,100,,,015\n88,200/\n", "within a figure"),
        ("03,1,,,,,,010,100,,,015,200,,/\n", "behind an empty figure"),
    ] {
        let seen = seen(&format!("02,,,1,260301,,,/\n{account}16,142,1/\n88,0,BR/\n88,CR,text, more/\n88,last\n"));
        let tail = seen.tails.first().unwrap();
        let figures = (tail.opening.as_ref().unwrap().amount.value, tail.closing.as_ref().unwrap().amount.value);
        assert_eq!((figures.0.to_string(), figures.1.to_string()), ("1.00".to_owned(), "2.00".to_owned()), "{what}");
        let entry = seen.entries.first().unwrap();
        assert_eq!((entry.bank_reference.as_str(), entry.customer_reference.as_str()), ("BR", "CR"));
        assert_eq!(entry.details.first().unwrap().remittance, "text, more\nlast");
    }
}

#[test]
fn decimals_are_the_currencys() {
    for (currency, value) in [("USD", "12.34"), ("JPY", "1234"), ("KWD", "1.234"), ("", "12.34")] {
        let seen = seen(&format!("02,,,1,260301,,,/\n03,1,{currency},010,1234,,/\n49,1234,2/\n"));
        let opening = seen.tails.first().unwrap().opening.clone().unwrap();
        assert_eq!(opening.amount.value.to_string(), value, "{currency}");
        assert!(!codes(&seen).contains(&WarningCode::ControlDiffers));
    }
}

#[test]
fn type_codes_give_the_side() {
    let text = "03,1,USD,/\n16,399,100,,,\n16,699,100,,,\n16,925,100,,,\n16,970,100,,,\n16,890,,,,,note\n16,800,100,,,\n16,905,100,,,\n";
    let seen = seen(text);
    let values: Vec<String> = seen.entries.iter().map(|entry| entry.amount.value.to_string()).collect();
    assert_eq!(values, ["1.00", "-1.00", "1.00", "-1.00"]);
    assert_eq!(codes(&seen).iter().filter(|code| **code == WarningCode::NoSide).count(), 2);
}

#[test]
fn keys_in_the_text_are_read() {
    let text = "03,1,USD,/\n16,142,100,,,,ORIG CO NAME:ACME INC ORIG ID:77 SEC:CTX IND ID:9\n16,195,100,,,,Wire\n88,EREF: E1\n\
        88,REMI: Inv 5\n88,DBNM: Payer\n88,DACT: 42\n88,CRNM: Me\n16,555,100,,,,Return, Reason: \"R02\"\n";
    let seen = seen(text);
    let details: Vec<_> = seen.entries.iter().filter_map(|entry| entry.details.first()).collect();
    let [ach, wire, back] = details.as_slice() else { panic!() };
    assert_eq!(ach.counterparty.name, "ACME INC");
    assert_eq!((wire.counterparty.name.as_str(), wire.counterparty.account.as_str()), ("Payer", "42"));
    assert_eq!((wire.end_to_end_id.as_str(), wire.remittance.as_str()), ("E1", "Inv 5"));
    assert_eq!(back.return_reason.as_deref(), Some("R02"));
}

#[test]
fn controls_are_held_against_the_records() {
    for (from, to, count) in [
        ("49,24000,5", "49,24001,5", 2),
        ("49,24000,5", "49,,5", 0),
        ("98,24000,1,7", "98,24000,2,8", 2),
        ("99,24000,1,9", "99,1,1,9", 1),
    ] {
        let seen = seen(&GOOD.replace(from, to));
        assert_eq!(codes(&seen), vec![WarningCode::ControlDiffers; count], "{to}");
    }
    let cut = GOOD.split_once("49,").unwrap().0;
    assert_eq!(codes(&seen(cut)), [WarningCode::Truncated]);
}

#[test]
fn what_has_no_account_is_refused() {
    for text in ["", "01,A,B,260302,0600,1,,,2/\n99,0,0,2/\n", "00,1/2\n", "hello"] {
        assert!(matches!(read(&mut text.as_bytes(), &mut |_| {}), Err(Refusal::Faults(_))), "{text:?}");
    }
}

proptest! {
    /// Whatever the bytes: no panic, and every statement that begins ends.
    #[test]
    fn any_text_is_read_or_refused(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        at in 0..GOOD.len(),
        more in "[0-9,/SVDZ\\n+-]{0,40}",
    ) {
        let (before, after) = GOOD.split_at(at);
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

    /// A report written is read back the same, and its controls agree.
    #[test]
    fn entries_are_read_back(cents in prop::collection::vec((0_u32..9_999_999, any::<bool>()), 0..20)) {
        let total: u64 = cents.iter().map(|(cents, _)| u64::from(*cents)).sum();
        let mut text = "01,A,B,260302,0600,1,,,2/\n02,B,A,1,260301,,USD,/\n03,1,,010,0,,/\n".to_owned();
        for (cents, credit) in &cents {
            writeln!(text, "16,{},{cents},,,/", if *credit { 195 } else { 495 }).unwrap();
        }
        let count = cents.len();
        write!(text, "49,{total},{}/\n98,{total},1,{}/\n99,{total},1,{}/\n", count + 2, count + 4, count + 6).unwrap();
        let seen = seen(&text);
        prop_assert_eq!(codes(&seen), vec![]);
        for (entry, (cents, credit)) in seen.entries.iter().zip(&cents) {
            let value = rust_decimal::Decimal::new(i64::from(*cents), 2);
            prop_assert_eq!(entry.amount.value, if *credit { value } else { -value });
        }
        prop_assert_eq!(seen.entries.len(), count);
    }
}
