use std::sync::LazyLock;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use quittance_kernel::{StrategyId, parse_date};

use super::*;
use crate::domain::strategy::{NewStrategy, Strategy};

const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

fn day(text: &str) -> NaiveDate {
    parse_date(text).unwrap()
}

fn today() -> NaiveDate {
    day("2026-06-30")
}

/// The standard steps. Checking their templates takes long enough to do it once.
static STRATEGY: LazyLock<Strategy> = LazyLock::new(|| {
    let new = NewStrategy {
        name: "standard".to_owned(),
        steps: crate::domain::standard_steps::standard_steps(),
        is_default: true,
    };
    Strategy::create(StrategyId::at(NOW), new, NOW).unwrap()
});

fn customer() -> CustomerId {
    CustomerId::at(NOW)
}

fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::EUR)
}

/// An item that many days past due today.
fn item(customer: CustomerId, days_past_due: i64) -> ItemView {
    let due_on = today() - TimeDelta::days(days_past_due);
    ItemView {
        item: ItemId::at(NOW),
        customer,
        number: format!("INV-{days_past_due}"),
        issued_on: due_on - TimeDelta::days(30),
        due_on,
        open_on_as_of: eur(1_000),
        open_now: eur(1_000),
        disputed: false,
        reminded_offset: None,
        reminded_on: None,
    }
}

fn addressee() -> Addressee {
    Addressee {
        customer_name: "Example Ltd".to_owned(),
        customer_number: "C-1".to_owned(),
        contact: None,
        contact_name: String::new(),
        contact_email: None,
    }
}

fn planned(items: &[ItemView]) -> Vec<PlannedReminder> {
    let customers = items.iter().map(|item| (item.customer, addressee())).collect();
    plan(today(), &STRATEGY, items, &customers).unwrap()
}

/// The offset at which the item alone is reminded.
fn offset(item: ItemView) -> Option<i32> {
    planned(&[item]).first().map(|reminder| reminder.step.offset_days)
}

#[test]
fn an_item_is_reminded_at_the_highest_step_it_has_reached() {
    for (days_past_due, expected) in [
        (-4, None),
        (-3, Some(-3)),
        (0, Some(-3)),
        (1, Some(1)),
        (7, Some(1)),
        (8, Some(8)),
        (31, Some(31)),
        (61, Some(61)),
        (900, Some(61)),
    ] {
        assert_eq!(offset(item(customer(), days_past_due)), expected, "{days_past_due}");
    }
}

#[test]
fn no_step_is_reminded_twice() {
    let reminded = |days, offset| ItemView { reminded_offset: Some(offset), ..item(customer(), days) };
    assert_eq!(offset(reminded(5, 1)), None);
    assert_eq!(offset(reminded(8, 1)), Some(8));
    // A strategy with other steps reminded it at a higher one.
    assert_eq!(offset(reminded(8, 10)), None);
    assert_eq!(offset(reminded(31, 10)), Some(31));
}

#[test]
fn what_is_not_owed_disputed_or_not_yet_issued_is_left_out() {
    let late = || item(customer(), 40);
    assert_eq!(offset(ItemView { open_on_as_of: eur(0), ..late() }), None);
    assert_eq!(offset(ItemView { open_on_as_of: eur(-5), ..late() }), None);
    assert_eq!(offset(ItemView { disputed: true, ..late() }), None);
    assert_eq!(offset(ItemView { issued_on: today() + TimeDelta::days(1), ..late() }), None);
    assert_eq!(offset(ItemView { issued_on: today(), ..late() }), Some(31));
}

/// What has been paid since the date is not claimed, and what was reversed since was not owed then.
#[test]
fn the_past_is_reminded_by_what_is_known_now() {
    let late = || item(customer(), 40);
    assert_eq!(offset(ItemView { open_now: eur(0), ..late() }), None);
    let total = |view| planned(&[view]).first().map(|reminder| reminder.total);
    assert_eq!(total(ItemView { open_now: eur(400), ..late() }), Some(eur(400)));
    assert_eq!(total(ItemView { open_on_as_of: eur(400), ..late() }), Some(eur(400)));
}

#[test]
fn an_item_is_reminded_once_a_day() {
    let reminded = |days| {
        let reminded_on = Some(today() + TimeDelta::days(days));
        offset(ItemView { reminded_offset: Some(1), reminded_on, ..item(customer(), 40) })
    };
    assert_eq!(reminded(-1), Some(31));
    assert_eq!(reminded(0), None);
    assert_eq!(reminded(1), None);
}

#[test]
fn a_customer_gets_one_reminder_per_currency() {
    let (first, second) = (customer(), customer());
    let dollars = ItemView {
        open_on_as_of: Money::from_minor(500, Currency::USD),
        open_now: Money::from_minor(500, Currency::USD),
        ..item(first, 2)
    };
    let items = [item(second, 70), dollars, item(first, 9), item(first, 35), item(first, -2)];
    let reminders = planned(&items);
    let summary: Vec<_> =
        reminders.iter().map(|reminder| (reminder.customer, reminder.total, reminder.step.offset_days)).collect();
    let usd = Money::from_minor(500, Currency::USD);
    assert_eq!(summary, [(first, eur(3_000), 31), (first, usd, 1), (second, eur(1_000), 61)]);
    let listed: Vec<_> = reminders[0].items.iter().map(|item| (item.number.as_str(), item.offset_days)).collect();
    assert_eq!(listed, [("INV-35", 31), ("INV-9", 8), ("INV--2", -3)]);
    let backwards: Vec<ItemView> = items.into_iter().rev().collect();
    assert_eq!(planned(&backwards), reminders);
}

#[test]
fn an_unknown_customer_waits() {
    assert_eq!(plan(today(), &STRATEGY, &[item(customer(), 40)], &BTreeMap::new()), Ok(Vec::new()));
}

#[test]
fn a_standard_reminder_reads_well() {
    let customer = customer();
    let known = Addressee { contact_name: "Ada Example".to_owned(), ..addressee() };
    let customers = BTreeMap::from([(customer, known)]);
    let reminders = plan(today(), &STRATEGY, &[item(customer, 9), item(customer, 1)], &customers).unwrap();
    let seller = Seller { name: "Seller Inc".to_owned(), enquiries: "accounts@example.com".to_owned() };
    let rendered = reminders[0].render(&seller).unwrap();
    assert_eq!(rendered.subject, "Reminder: 20.00 EUR is more than a week past due");
    let expected = "Dear Ada Example,

our records of 2026-06-30 show that the following is still open:

- INV-9 of 2026-05-22, due on 2026-06-21: 10.00 EUR (9 days past due)
- INV-1 of 2026-05-30, due on 2026-06-29: 10.00 EUR (1 day past due)

Total: 20.00 EUR
Your customer number: C-1

Please arrange payment this week, and quote the document numbers with it so that we can assign it at once. If something \
about these documents is not right, please tell us, and we will look into it.

Questions about this message reach us here: accounts@example.com

Kind regards
Seller Inc";
    assert_eq!(rendered.body, expected);
}

#[test]
fn what_is_not_known_leaves_no_gap() {
    let customer = customer();
    let unnumbered = Addressee { customer_number: String::new(), ..addressee() };
    let customers = BTreeMap::from([(customer, unnumbered)]);
    let reminders = plan(today(), &STRATEGY, &[item(customer, -3)], &customers).unwrap();
    let rendered = reminders[0].render(&Seller { name: "Seller Inc".to_owned(), enquiries: String::new() }).unwrap();
    let expected = "Dear Example Ltd,

this is a short note to help you plan. The following payment is coming up:

- INV--3 of 2026-06-03, due on 2026-07-03: 10.00 EUR

Total: 10.00 EUR

If you have already arranged it, there is nothing more to do. Thank you for your business.

Kind regards
Seller Inc";
    assert_eq!(rendered.body, expected);
}

proptest! {
    /// Running again on the same day reminds of nothing twice, and no reminder mixes customers or currencies.
    #[test]
    fn a_second_run_has_nothing_to_do(
        drawn in prop::collection::vec((0usize..3, -10i64..100, any::<bool>(), prop::option::of(-3i32..70)), 0..20),
    ) {
        let customers = [customer(), customer(), customer()];
        let mut items: Vec<ItemView> = drawn
            .into_iter()
            .map(|(who, days, dollars, reminded_offset)| {
                let currency = if dollars { Currency::USD } else { Currency::EUR };
                let open_on_as_of = Money::from_minor(100, currency);
                ItemView { open_on_as_of, open_now: open_on_as_of, reminded_offset, ..item(customers[who], days) }
            })
            .collect();
        let first = planned(&items);
        for reminder in &first {
            let open = reminder.items.iter().map(|item| item.open);
            prop_assert_eq!(Money::sum(reminder.total.currency(), open), Ok(reminder.total));
            for listed in &reminder.items {
                let item = items.iter_mut().find(|item| item.item == listed.item).unwrap();
                prop_assert_eq!(item.customer, reminder.customer);
                prop_assert!(item.reminded_offset.is_none_or(|reminded| reminded < listed.offset_days));
                item.reminded_offset = Some(listed.offset_days);
            }
        }
        prop_assert_eq!(planned(&items), Vec::new());
    }
}
