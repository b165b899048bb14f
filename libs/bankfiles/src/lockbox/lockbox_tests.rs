use proptest::prelude::*;

use super::*;
use crate::{Entry, StatementHead, Warning, WarningCode};

#[derive(Default)]
struct Seen {
    heads: Vec<StatementHead>,
    entries: Vec<Entry>,
    ends: usize,
    warnings: Vec<Warning>,
}

fn seen(text: &str) -> Seen {
    let mut seen = Seen::default();
    read(&mut text.as_bytes(), &mut |event| match event {
        Event::Begin(head) => seen.heads.push(head),
        Event::Entry(entry) => seen.entries.push(*entry),
        Event::End(_) => seen.ends += 1,
        Event::Warning(warning) => seen.warnings.push(warning),
    })
    .unwrap();
    seen
}

fn codes(seen: &Seen) -> Vec<WarningCode> {
    seen.warnings.iter().map(|warning| warning.code).collect()
}

/// Two batches of one lockbox: three checks, the first with two invoices.
fn good() -> String {
    [
        "100MYCOMPANY 1234567890".to_owned() + "2603021800",
        "2MYCOMPANY 12345678900000000000400080".to_owned() + "08001",
        "5001000".to_owned() + "0007777" + "260302" + "MYCOMPANY 1234567890",
        "6001001".to_owned() + "0000050000" + "021000021" + "0000012345" + "0000000180" + "030126" + "ACME INC",
        "4001001601".to_owned() + "0" + "INV-4711       " + "0000030000",
        "4001001602".to_owned() + "9" + "INV-4712       " + "0000020000" + "0000000100",
        "6001002".to_owned() + "0000000150" + "021000021" + "0000012346" + "0000000181",
        "4001002601".to_owned() + "9" + "PO 12",
        "7001000".to_owned() + "0007777" + "260302" + "002" + "0000050150",
        "5002000".to_owned() + "0007777" + "260302" + "MYCOMPANY 1234567890",
        "6002001".to_owned() + "0000000001" + "021000021" + "0000012347" + "0000000182",
        "7002000".to_owned() + "0007777" + "260302" + "001" + "0000000001",
        "8000000".to_owned() + "0007777" + "260302" + "0003" + "0000050151",
        "9000014".to_owned(),
    ]
    .join("\n")
}

#[test]
fn a_deposit_is_a_statement_and_a_check_an_entry() {
    let seen = seen(&good());
    assert_eq!(codes(&seen), []);
    assert_eq!((seen.heads.len(), seen.ends), (1, 1));
    let head = seen.heads.first().unwrap();
    assert_eq!((head.id.as_str(), head.account.as_str()), ("0007777 2026-03-02", "0007777"));
    let [first, second, third] = seen.entries.as_slice() else { panic!() };
    assert_eq!(
        (first.amount.value.to_string(), first.customer_reference.as_str()),
        ("500.00".to_owned(), "0000000180")
    );
    let detail = first.details.first().unwrap();
    assert_eq!((detail.counterparty.name.as_str(), detail.counterparty.bank.as_str()), ("ACME INC", "021000021"));
    let paid =
        |place: usize| detail.advice.get(place).and_then(|advice| advice.paid).map(|paid| paid.value.to_string());
    assert_eq!(detail.advice.iter().map(|advice| advice.number.as_str()).collect::<Vec<_>>(), ["INV-4711", "INV-4712"]);
    assert_eq!((paid(0).as_deref(), paid(1).as_deref()), (Some("300.00"), Some("200.00")));
    assert_eq!(detail.advice.get(1).unwrap().discount.unwrap().value.to_string(), "1.00");
    assert_eq!(second.details.first().unwrap().advice.first().unwrap().number, "PO 12");
    assert_eq!(third.amount.value.to_string(), "0.01");
}

#[test]
fn totals_are_held_against_the_checks() {
    let cases = [("0020000050150", "0010000050150"), ("0000050151", "0000050152"), ("9000014", "9000013")];
    for (from, to) in cases {
        let text = good().replace(from, to);
        assert!(codes(&seen(&text)).contains(&WarningCode::ControlDiffers), "{to}");
    }
    let text = good();
    let (cut, _) = text.split_once("\n8000000").unwrap();
    assert_eq!(codes(&seen(cut)), [WarningCode::Truncated]);
}

#[test]
fn what_has_no_deposit_is_refused() {
    for text in ["", "100MYCOMPANY\n", "hello"] {
        assert!(matches!(read(&mut text.as_bytes(), &mut |_| {}), Err(Refusal::Faults(_))), "{text:?}");
    }
}

proptest! {
    /// Whatever the bytes: no panic, and every statement that begins ends.
    #[test]
    fn any_text_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), at in 0_usize..600, more in "[0-9A-Z \\n]{0,40}") {
        let good = good();
        let (before, after) = good.split_at(at.min(good.len()));
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
}
