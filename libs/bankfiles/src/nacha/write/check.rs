//! Checks of a file to write.

use rust_decimal::Decimal;

use super::{Account, Batch, File, Payment, Sec};
use crate::nacha::record::is_routing;

/// A violation in a file to write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct Problem {
    /// The path, `batches[0].payments[3].name`, with indexes from 0.
    pub field: String,
    /// The problem.
    pub message: String,
}

/// Sums of a batch and of the file have twelve digits.
const MAX_SUM: i64 = 999_999_999_999;

struct Problems(Vec<Problem>);

impl Problems {
    fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(Problem { field: field.into(), message: message.into() });
    }

    fn check(&mut self, right: bool, field: impl Into<String>, message: &str) {
        if !right {
            self.add(field, message);
        }
    }

    fn text(&mut self, field: String, text: &str, widths: std::ops::RangeInclusive<usize>) {
        self.check(
            text.bytes().all(|byte| (b' '..=b'~').contains(&byte)),
            field.clone(),
            "has characters other than printable ASCII",
        );
        let length = text.trim().len();
        if length < *widths.start() {
            self.add(field, "is empty");
        } else if text.len() > *widths.end() {
            self.add(field, format!("has {} characters, at most {} are allowed", text.len(), widths.end()));
        }
    }

    fn account(&mut self, field: &str, account: &Account) {
        self.check(is_routing(&account.routing), format!("{field}.routing"), "is not a routing number of nine digits");
        self.text(format!("{field}.number"), &account.number, 1..=17);
    }
}

/// All violations.
pub(super) fn problems(file: &File) -> Vec<Problem> {
    let mut found = Problems(Vec::new());
    found.check(is_routing(&file.destination), "destination", "is not a routing number of nine digits");
    found.text("destination_name".to_owned(), &file.destination_name, 0..=23);
    found.text("origin".to_owned(), &file.origin, 1..=10);
    found.text("origin_name".to_owned(), &file.origin_name, 0..=23);
    found.text("reference".to_owned(), &file.reference, 0..=8);
    let modifier = file.id_modifier.is_ascii_uppercase() || file.id_modifier.is_ascii_digit();
    found.check(modifier, "id_modifier", "is neither A to Z nor 0 to 9");
    found.check(!file.batches.is_empty(), "batches", "is empty");
    found.check(file.batches.len() <= 999_999, "batches", "are more than 999,999");
    for (place, batch) in file.batches.iter().enumerate() {
        check_batch(&mut found, &format!("batches[{place}]"), batch);
    }
    let sum = file.batches.iter().fold(Decimal::ZERO, |sum, batch| sum.saturating_add(sum_of(batch)));
    found.check(is_within_limit(sum), "batches", "add up to more than twelve digits");
    let records = file.batches.iter().map(records_of).fold(0_usize, usize::saturating_add);
    found.check(records <= 99_999_999, "batches", "have more than 99,999,999 entries and addenda");
    found.0
}

fn check_batch(found: &mut Problems, at: &str, batch: &Batch) {
    found.text(format!("{at}.company"), &batch.company, 1..=16);
    found.text(format!("{at}.company_id"), &batch.company_id, 1..=10);
    found.text(format!("{at}.discretionary"), &batch.discretionary, 0..=20);
    found.text(format!("{at}.description"), &batch.description, 1..=10);
    found.text(format!("{at}.descriptive_date"), &batch.descriptive_date, 0..=6);
    let bank = &batch.originating_bank;
    let is_bank = bank.len() == 8 && bank.bytes().all(|byte| byte.is_ascii_digit());
    found.check(is_bank, format!("{at}.originating_bank"), "is not eight digits");
    if let Some(offset) = &batch.offset {
        found.account(&format!("{at}.offset"), offset);
    }
    found.check(!batch.payments.is_empty(), format!("{at}.payments"), "is empty");
    found.check(records_of(batch) <= 999_999, format!("{at}.payments"), "have more than 999,999 entries and addenda");
    found.check(is_within_limit(sum_of(batch)), format!("{at}.payments"), "add up to more than twelve digits");
    for (place, payment) in batch.payments.iter().enumerate() {
        check_payment(found, &format!("{at}.payments[{place}]"), batch.sec, payment);
    }
}

fn check_payment(found: &mut Problems, at: &str, sec: Sec, payment: &Payment) {
    found.account(&format!("{at}.account"), &payment.account);
    found.text(format!("{at}.individual_id"), &payment.individual_id, 0..=15);
    found.text(format!("{at}.name"), &payment.name, 1..=if sec == Sec::Ctx { 16 } else { 22 });
    let amount = payment.amount;
    let cents = amount.checked_mul(Decimal::ONE_HUNDRED).filter(Decimal::is_integer);
    let is_within_limit = cents.is_some_and(|cents| cents < Decimal::from(10_000_000_000_i64));
    found.check(is_within_limit, format!("{at}.amount"), "has more than two decimals or ten digits");
    found.check(!amount.is_sign_negative() || amount.is_zero(), format!("{at}.amount"), "is negative");
    let zero = amount.is_zero();
    found.check(
        zero == payment.prenotification,
        format!("{at}.amount"),
        "is zero for a prenotification, and only for one",
    );
    let most = sec.max_addenda();
    if payment.addenda.len() > most {
        found
            .add(format!("{at}.addenda"), format!("are {}, {} has at most {most}", payment.addenda.len(), sec.label()));
    }
    for (place, text) in payment.addenda.iter().enumerate() {
        found.text(format!("{at}.addenda[{place}]"), text, 1..=80);
    }
}

fn is_within_limit(sum: Decimal) -> bool {
    sum.checked_mul(Decimal::ONE_HUNDRED).is_some_and(|cents| cents <= Decimal::from(MAX_SUM))
}

/// Credits plus debits, as an offset could put all on one side.
fn sum_of(batch: &Batch) -> Decimal {
    batch.payments.iter().fold(Decimal::ZERO, |sum, payment| sum.saturating_add(payment.amount.abs()))
}

fn records_of(batch: &Batch) -> usize {
    let payments = batch.payments.iter().map(|payment| payment.addenda.len().saturating_add(1));
    payments.fold(2, usize::saturating_add)
}
