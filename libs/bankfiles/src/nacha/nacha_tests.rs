use chrono::{NaiveDate, NaiveTime};
use proptest::prelude::*;

use super::*;
use crate::WarningCode;

fn read_text(text: &str) -> File {
    read(&mut text.as_bytes()).unwrap()
}

fn codes(file: &File) -> Vec<WarningCode> {
    file.warnings.iter().map(|warning| warning.code).collect()
}

fn account(kind: AccountKind) -> Account {
    Account { routing: "021000021".to_owned(), number: "123456789".to_owned(), kind }
}

fn payment(direction: Direction, cents: i64, addenda: &[&str]) -> NewPayment {
    NewPayment {
        account: account(AccountKind::Checking),
        direction,
        amount: Decimal::new(cents, 2),
        prenotification: cents == 0,
        individual_id: "INV-1".to_owned(),
        name: "Receiver".to_owned(),
        addenda: addenda.iter().map(|text| (*text).to_owned()).collect(),
    }
}

fn batch(sec: Sec, payments: Vec<NewPayment>) -> NewBatch {
    NewBatch {
        sec,
        company: "My Company".to_owned(),
        company_id: "1123456789".to_owned(),
        discretionary: String::new(),
        description: "INVOICES".to_owned(),
        descriptive_date: "SD1300".to_owned(),
        effective_on: NaiveDate::from_ymd_opt(2026, 3, 2).unwrap(),
        originating_bank: "02100002".to_owned(),
        offset: None,
        payments,
    }
}

fn file(batches: Vec<NewBatch>) -> NewFile {
    NewFile {
        destination: "021000021".to_owned(),
        destination_name: "Bank".to_owned(),
        origin: "1123456789".to_owned(),
        origin_name: "My Company".to_owned(),
        created_on: NaiveDate::from_ymd_opt(2026, 3, 1).unwrap(),
        created_at: NaiveTime::from_hms_opt(12, 30, 0).unwrap(),
        id_modifier: 'A',
        reference: String::new(),
        batches,
    }
}

fn good() -> String {
    let remittance = ["RMR*IV*4711**90.00*100.00*10.00\\RMR*CM*C-1**-5.00\\ADX*-1.50*", "01*IV*4713\\"];
    let payments = vec![payment(Direction::Credit, 12_345, &remittance), payment(Direction::Debit, 100, &[])];
    write(&file(vec![batch(Sec::Ctx, payments), batch(Sec::Ppd, vec![payment(Direction::Debit, 0, &[])])])).unwrap()
}

#[test]
fn what_is_written_has_the_layout_of_the_rules() {
    let text = good();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len() % 10, 0);
    assert!(lines.iter().all(|line| line.len() == 94));
    assert!(lines.first().unwrap().starts_with("101 02100002111234567892603011230A094101Bank "));
    assert!(lines.get(1).unwrap().starts_with("5200My Company "));
    let entry = lines.get(2).unwrap();
    assert_eq!(entry.get(..39), Some("622021000021123456789        0000012345"));
    assert_eq!(entry.get(54..94), Some("0002Receiver            1021000020000001"));
    assert_eq!(lines.get(6).unwrap().get(..20), Some("82000000040004200004"));
}

#[test]
fn what_is_written_is_read_back() {
    let file = read_text(&good());
    assert_eq!(codes(&file), []);
    let [first, second] = file.batches.as_slice() else { panic!() };
    assert_eq!((first.sec.as_str(), first.entries), ("CTX", 2));
    assert_eq!((first.credits.to_string(), first.debits.to_string()), ("123.45".to_owned(), "1.00".to_owned()));
    assert_eq!(first.effective_on, NaiveDate::from_ymd_opt(2026, 3, 2));
    let advice = &first.items.first().unwrap().advice;
    let numbers: Vec<&str> = advice.iter().map(|advice| advice.number.as_str()).collect();
    assert_eq!(numbers, ["4711", "C-1", "4713"]);
    let paid: Vec<String> = advice.iter().map(|advice| advice.paid.unwrap().value.to_string()).collect();
    assert_eq!(paid, ["90.00", "-5.00", "-1.50"]);
    assert_eq!(advice.first().unwrap().discount.unwrap().value.to_string(), "10.00");
    assert_eq!(second.items.first().unwrap().code, "28");
    let json = serde_json::to_value(&file).unwrap();
    assert_eq!(json["batches"][1]["debits"], "0.00");
}

#[test]
fn a_balanced_batch_has_an_offset_for_each_side() {
    let mut unbalanced =
        batch(Sec::Ccd, vec![payment(Direction::Credit, 500, &[]), payment(Direction::Debit, 200, &[])]);
    unbalanced.offset = Some(account(AccountKind::Savings));
    let read = read_text(&write(&file(vec![unbalanced])).unwrap());
    assert_eq!(codes(&read), []);
    let batch = read.batches.first().unwrap();
    assert_eq!((batch.entries, batch.credits, batch.debits), (4, Decimal::new(700, 2), Decimal::new(700, 2)));
}

#[test]
fn everything_that_keeps_a_file_from_being_written_is_told() {
    let mut wrong = payment(Direction::Credit, 1, &["a", "b"]);
    wrong.account.routing = "021000022".to_owned();
    wrong.amount = Decimal::new(1, 3);
    wrong.name = "Müller".to_owned();
    let mut wrong = file(vec![batch(Sec::Ppd, vec![wrong]), batch(Sec::Ppd, vec![])]);
    wrong.id_modifier = 'a';
    let problems = write(&wrong).unwrap_err();
    let fields: Vec<&str> = problems.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "id_modifier",
            "batches[0].payments[0].account.routing",
            "batches[0].payments[0].name",
            "batches[0].payments[0].amount",
            "batches[0].payments[0].addenda",
            "batches[1].payments",
        ]
    );
}

/// A batch of one entry with an addenda.
fn with_addenda(addenda: &str) -> File {
    let entry =
        format!("{:<39}{:<15}{:<22}  1021000020000001", "621021000021123456789        0000001000", "ID", "Someone");
    read_text(&format!("5220{:<46}PPD{:<34}0000001\n{entry}\n{addenda}\n", "My Company", "INVOICES"))
}

#[test]
fn returns_are_told_apart() {
    let file =
        with_addenda("799R01021000020000007      12345678Account closed                              123456780000001");
    let found = file.returns.first().unwrap();
    assert_eq!(
        (found.code.as_str(), found.kind, found.original_trace.as_str()),
        ("R01", ReturnKind::Return, "021000020000007")
    );
    assert_eq!((found.information.as_str(), found.amount.to_string()), ("Account closed", "10.00".to_owned()));
    let file =
        with_addenda("799R68021000020000007      12345678   12345678000000106101Too late             021000020000001");
    let found = file.returns.first().unwrap();
    assert_eq!((found.kind, found.return_reason.as_str()), (ReturnKind::Dishonored, "R01"));
    assert_eq!((found.return_trace.as_str(), found.information.as_str()), ("123456780000001", "Too late"));
    let file =
        with_addenda("799R7102100002000000726030112345678060123456780000001061010210000200000010620212345678000000");
    let found = file.returns.first().unwrap();
    assert_eq!((found.kind, found.dishonored_trace.as_str()), (ReturnKind::Contested, "021000020000001"));
}

#[test]
fn changes_say_what_is_right() {
    let file =
        with_addenda("798C03021000020000007      12345678011000015   987654321                      123456780000001");
    let found = file.changes.first().unwrap();
    assert_eq!((found.routing.as_deref(), found.account.as_deref()), (Some("011000015"), Some("987654321")));
    let file =
        with_addenda("798C05021000020000007      1234567837                                          123456780000001");
    assert_eq!(file.changes.first().unwrap().transaction_code.as_deref(), Some("37"));
    assert_eq!(file.changes.first().unwrap().wrong_account, "123456789");
}

#[test]
fn line_ends_do_not_matter() {
    let text = good();
    let plain = read_text(&text);
    for other in [
        text.replace('\n', ""),
        text.replace('\n', "\r\n"),
        text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n"),
    ] {
        assert_eq!(read_text(&other).batches, plain.batches);
    }
}

#[test]
fn controls_are_held_against_the_records() {
    let text = good();
    let batch_control = text.lines().find(|line| line.starts_with('8')).unwrap();
    for (place, what) in [(9, "count"), (19, "hash"), (31, "debits"), (43, "credits")] {
        let mut wrong: Vec<u8> = batch_control.bytes().collect();
        if let Some(digit) = wrong.get_mut(place) {
            *digit = if *digit == b'9' { b'8' } else { *digit + 1 };
        }
        let wrong = text.replace(batch_control, &String::from_utf8(wrong).unwrap());
        assert_eq!(codes(&read_text(&wrong)), [WarningCode::ControlDiffers], "{what}");
    }
    let cut = text.lines().take(3).collect::<Vec<_>>().join("\n");
    assert_eq!(codes(&read_text(&cut)), [WarningCode::Truncated, WarningCode::Truncated]);
    let digit = text.replace("622021000021", "622021000022");
    assert_eq!(codes(&read_text(&digit)), [WarningCode::BadField]);
}

#[test]
fn what_has_no_header_is_refused() {
    for text in ["", "hello", "{\\rtf1 101 ", "9000000"] {
        assert!(matches!(read(&mut text.as_bytes()), Err(Refusal::Faults(_))), "{text:?}");
    }
}

#[test]
fn a_file_of_another_kind_is_told_in_bounds() {
    let file = read_text(&format!("101 021000021\n{}", "x\n".repeat(20_000)));
    assert_eq!(file.warnings.len(), 10_001);
    let file =
        read_text(&format!("{}\n{}", good().lines().take(2).collect::<Vec<_>>().join("\n"), "6\n5220\n".repeat(100)));
    assert_eq!((file.batches.len(), file.batches.first().unwrap().entries), (1, 0));
}

fn any_payment(max_addenda: usize) -> impl Strategy<Value = NewPayment> {
    (
        any::<bool>(),
        any::<bool>(),
        0_i64..9_999_999_999,
        "[A-Za-z0-9]{1,16}",
        prop::collection::vec("[!-~]{1,80}", 0..=max_addenda),
    )
        .prop_map(|(credit, savings, cents, name, addenda)| NewPayment {
            account: account(if savings { AccountKind::Savings } else { AccountKind::Checking }),
            direction: if credit { Direction::Credit } else { Direction::Debit },
            amount: Decimal::new(cents, 2),
            prenotification: cents == 0,
            individual_id: name.chars().take(15).collect(),
            name,
            addenda,
        })
}

fn any_batch() -> impl Strategy<Value = NewBatch> {
    let payments = prop_oneof![
        prop::collection::vec(any_payment(1), 1..6).prop_map(|payments| batch(Sec::Ccd, payments)),
        prop::collection::vec(any_payment(1), 1..6).prop_map(|payments| batch(Sec::Ppd, payments)),
        prop::collection::vec(any_payment(5), 1..6).prop_map(|payments| batch(Sec::Ctx, payments)),
    ];
    (payments, any::<bool>()).prop_map(|(mut batch, balanced)| {
        batch.offset = balanced.then(|| account(AccountKind::Checking));
        batch
    })
}

proptest! {
    /// What is written is read back the same, and the controls agree.
    #[test]
    fn files_are_read_back(batches in prop::collection::vec(any_batch(), 1..4)) {
        let new = file(batches);
        let read = read_text(&write(&new).unwrap());
        prop_assert_eq!(codes(&read), vec![]);
        prop_assert_eq!(read.batches.len(), new.batches.len());
        for (batch, new) in read.batches.iter().zip(&new.batches) {
            prop_assert_eq!(batch.sec.as_str(), new.sec.label());
            for (item, payment) in batch.items.iter().zip(&new.payments) {
                let sign = if payment.direction == Direction::Credit { Decimal::ONE } else { Decimal::NEGATIVE_ONE };
                prop_assert_eq!(item.amount, payment.amount * sign);
                prop_assert_eq!(&item.name, &payment.name);
                prop_assert_eq!(&item.account, &payment.account.number);
                prop_assert_eq!(&item.addenda, &payment.addenda.join("\n"));
            }
            if new.offset.is_some() {
                prop_assert_eq!(batch.credits, batch.debits);
            }
        }
    }

    /// Whatever the bytes: no panic.
    #[test]
    fn any_text_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300), at in 0_usize..1000, more in "[0-9A-Z \\n]{0,40}") {
        let good = good();
        let (before, after) = good.split_at(at.min(good.len()));
        for text in [bytes.clone(), format!("{before}{more}{after}").into_bytes(), [before.as_bytes(), &bytes].concat()] {
            let _ = read(&mut text.as_slice());
        }
    }
}
