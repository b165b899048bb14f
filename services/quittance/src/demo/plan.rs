//! The year, generated from a seed: invoices, and payments with their dates, amounts and texts. Pure.

use chrono::{Datelike as _, Duration, NaiveDate, Weekday};
use fastrand::Rng;

const NAMES: [&str; 24] = [
    "Aldermoor",
    "Brightwater",
    "Castellan",
    "Drumlin",
    "Eastgate",
    "Fennimore",
    "Glasshouse",
    "Harrowgate",
    "Ironbridge",
    "Juniper",
    "Kestrel",
    "Lowland",
    "Marchetti",
    "Northbank",
    "Oakhurst",
    "Pemberton",
    "Quayside",
    "Ravensworth",
    "Silverline",
    "Thornbury",
    "Underhill",
    "Vandermeer",
    "Westerholm",
    "Yardley",
];
const KINDS: [&str; 10] =
    ["Foods", "Logistics", "Engineering", "Textiles", "Medical", "Print", "Energy", "Retail", "Software", "Furniture"];
const FORMS: [&str; 4] = ["GmbH", "Ltd", "SA", "Inc"];
const PEOPLE: [&str; 8] = [
    "Ada Keller",
    "Ben Okafor",
    "Carla Rossi",
    "Dirk Jansen",
    "Elif Demir",
    "Finn Larsen",
    "Greta Novak",
    "Hugo Martin",
];
const GOODS: [(&str, &str, i64, i64); 6] = [
    ("Consulting", "h", 9_500, 18_000),
    ("Support contract, one month", "month", 25_000, 140_000),
    ("Pump assembly P-40", "piece", 18_900, 64_900),
    ("Freight", "", 1_500, 12_000),
    ("Licence, annual", "licence", 48_000, 240_000),
    ("Training day", "day", 90_000, 160_000),
];
const DAYS: i64 = 365;

/// How a customer pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Habit {
    /// Within the discount days.
    Early,
    /// By the due date.
    Punctual,
    /// Some weeks late.
    Late,
    /// Months late, or never.
    Distressed,
}

/// A customer of the year.
#[derive(Debug)]
pub(super) struct Customer {
    pub(super) number: String,
    pub(super) name: String,
    pub(super) person: &'static str,
    pub(super) account: String,
    pub(super) currency: &'static str,
    /// Index in [`TERMS`].
    pub(super) terms: usize,
    pub(super) habit: Habit,
    /// Credit limit in whole units of its currency, if it has one.
    pub(super) limit: Option<i64>,
}

/// Code, net days, and discount days with their percent.
type Terms = (&'static str, i32, Option<(i32, &'static str)>);

/// Payment terms of customers.
pub(super) const TERMS: [Terms; 3] = [("net 30", 30, None), ("2/10 net 30", 30, Some((10, "2"))), ("net 14", 14, None)];

/// A line of an invoice.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) description: &'static str,
    pub(super) unit: &'static str,
    pub(super) quantity: String,
    pub(super) unit_price: String,
    pub(super) tax: (&'static str, &'static str),
}

/// An invoice and its later history.
#[derive(Debug)]
pub(super) struct Invoice {
    pub(super) customer: usize,
    pub(super) issued_on: NaiveDate,
    pub(super) lines: Vec<Line>,
    pub(super) payments: Vec<Payment>,
    pub(super) credited_on: Option<NaiveDate>,
    pub(super) disputed: Option<(NaiveDate, Option<NaiveDate>)>,
    pub(super) delivered: bool,
    /// Whether it was ordered on credit before it was invoiced.
    pub(super) ordered: bool,
}

/// The part of an invoice that a payment pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Share {
    /// All of it.
    Full,
    /// All of it less the early-payment discount.
    LessDiscount,
    /// A part, in percent.
    Short(i64),
    /// All of it plus an excess, in whole units.
    Over(i64),
}

/// The reference quoted by a payer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Words {
    /// The ISO 11649 reference of the document.
    Reference,
    /// The document's number in a sentence.
    Number,
    /// None: only the account identifies the payer.
    Nothing,
}

/// A payment of an invoice.
#[derive(Debug, Clone)]
pub(super) struct Payment {
    pub(super) on: NaiveDate,
    pub(super) share: Share,
    pub(super) words: Words,
    /// Whether it arrives as a line of a bank file.
    pub(super) by_file: bool,
}

/// A payment from an unknown payer.
#[derive(Debug)]
pub(super) struct Stranger {
    pub(super) on: NaiveDate,
    pub(super) cents: i64,
    pub(super) currency: &'static str,
}

/// The year.
#[derive(Debug)]
pub(super) struct Year {
    pub(super) first: NaiveDate,
    pub(super) last: NaiveDate,
    pub(super) customers: Vec<Customer>,
    pub(super) invoices: Vec<Invoice>,
    pub(super) strangers: Vec<Stranger>,
}

/// Generates a year that ends on `today`.
pub(super) fn draw(seed: u64, customers: u32, today: NaiveDate) -> Year {
    let mut rng = Rng::with_seed(seed);
    let first = today - Duration::days(DAYS);
    let customers: Vec<Customer> = (0..customers).map(|i| customer(&mut rng, i)).collect();
    let mut invoices = Vec::new();
    for (i, customer) in customers.iter().enumerate() {
        let mut day = first + Duration::days(rng.i64(0..20));
        while day <= today {
            if is_workday(day) {
                invoices.push(invoice(&mut rng, i, customer, day, today));
            }
            day += Duration::days(rng.i64(8..34));
        }
    }
    invoices.sort_by_key(|invoice| (invoice.issued_on, invoice.customer));
    let strangers = (0..8).map(|_| Stranger {
        on: first + Duration::days(rng.i64(30..DAYS)),
        cents: rng.i64(5_000..900_000),
        currency: if rng.bool() { "EUR" } else { "USD" },
    });
    let strangers = strangers.collect();
    Year { first, last: today, customers, invoices, strangers }
}

fn is_workday(day: NaiveDate) -> bool {
    !matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

fn pick<T: Copy>(rng: &mut Rng, from: &[T]) -> T {
    from[rng.usize(0..from.len())]
}

fn customer(rng: &mut Rng, i: u32) -> Customer {
    let habit = match rng.u32(0..100) {
        0..25 => Habit::Early,
        25..68 => Habit::Punctual,
        68..93 => Habit::Late,
        _ => Habit::Distressed,
    };
    Customer {
        number: format!("C-{:04}", 1_000 + i),
        name: format!(
            "{} {} {}",
            NAMES[i as usize % NAMES.len()],
            KINDS[(i as usize / NAMES.len()) % KINDS.len()],
            pick(rng, &FORMS)
        ),
        person: pick(rng, &PEOPLE),
        account: format!("DE{:02}{:018}", 10 + i % 89, 500_000_000_000_000 + u64::from(i) * 7_919),
        currency: if rng.u32(0..100) < 72 { "EUR" } else { "USD" },
        terms: if habit == Habit::Early { 1 } else { pick(rng, &[0, 0, 2]) },
        habit,
        limit: (rng.u32(0..100) < 40).then(|| rng.i64(10..60) * 1_000),
    }
}

fn invoice(rng: &mut Rng, place: usize, customer: &Customer, issued_on: NaiveDate, today: NaiveDate) -> Invoice {
    let tax = if customer.currency == "USD" {
        ("G", "0")
    } else {
        pick(rng, &[("S", "19"), ("S", "19"), ("S", "7"), ("AE", "0")])
    };
    let lines = (0..rng.usize(1..5)).map(|_| {
        let (description, unit, low, high) = pick(rng, &GOODS);
        let quantity = if unit == "h" {
            format!("{}.{}", rng.i64(1..40), pick(rng, &["00", "25", "50", "75"]))
        } else {
            rng.i64(1..6).to_string()
        };
        Line { description, unit, quantity, unit_price: cents(rng.i64(low..high)), tax }
    });
    let lines = lines.collect();
    let mut invoice = Invoice {
        customer: place,
        issued_on,
        lines,
        payments: vec![],
        credited_on: None,
        disputed: None,
        delivered: rng.u32(0..100) < 10,
        ordered: customer.limit.is_some() && rng.u32(0..100) < 30,
    };
    if rng.u32(0..100) < 2 {
        invoice.credited_on = Some(issued_on + Duration::days(rng.i64(1..12))).filter(|on| *on <= today);
        return invoice;
    }
    invoice.payments = payments(rng, customer, issued_on, today);
    if rng.u32(0..100) < 3 {
        let opened = issued_on + Duration::days(rng.i64(1..10));
        let resolved = opened + Duration::days(rng.i64(10..60));
        invoice.disputed = (opened <= today).then_some((opened, (resolved <= today).then_some(resolved)));
    }
    invoice
}

fn payments(rng: &mut Rng, customer: &Customer, issued_on: NaiveDate, today: NaiveDate) -> Vec<Payment> {
    let net = i64::from(TERMS[customer.terms].1);
    let days = match customer.habit {
        Habit::Early => rng.i64(3..10),
        Habit::Punctual => net - rng.i64(0..8),
        Habit::Late => net + rng.i64(1..45),
        Habit::Distressed if rng.bool() => net + rng.i64(40..160),
        Habit::Distressed => return vec![],
    };
    let mut payment = Payment {
        on: issued_on + Duration::days(days),
        share: if customer.habit == Habit::Early { Share::LessDiscount } else { Share::Full },
        words: pick(rng, &[Words::Reference, Words::Number, Words::Number, Words::Nothing]),
        by_file: rng.u32(0..100) < 35,
    };
    let mut payments = Vec::new();
    match rng.u32(0..100) {
        0..4 => {
            payment.share = Share::Short(rng.i64(60..98));
            payment.words = Words::Number;
        }
        4..6 => {
            payment.share = Share::Over(rng.i64(1..200));
            payment.words = Words::Reference;
        }
        6..8 => payments.push(Payment {
            on: payment.on + Duration::days(rng.i64(1..6)),
            words: Words::Number,
            ..payment.clone()
        }),
        _ => {}
    }
    payments.insert(0, payment);
    payments.retain(|payment| payment.on <= today);
    payments
}

/// Cents as a decimal.
pub(super) fn cents(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_year_and_every_kind_occurs() {
        let today = NaiveDate::from_ymd_opt(2026, 3, 2).unwrap();
        let year = draw(7, 120, today);
        assert_eq!(format!("{year:?}"), format!("{:?}", draw(7, 120, today)));
        let payments: Vec<&Payment> = year.invoices.iter().flat_map(|i| &i.payments).collect();
        let shares: [fn(&Share) -> bool; 4] = [
            |s| *s == Share::Full,
            |s| *s == Share::LessDiscount,
            |s| matches!(s, Share::Short(_)),
            |s| matches!(s, Share::Over(_)),
        ];
        for share in shares {
            assert!(payments.iter().any(|p| share(&p.share)));
        }
        assert!(year.invoices.iter().any(|i| i.payments.len() == 2), "double payments");
        assert!(year.invoices.iter().any(|i| i.credited_on.is_some()));
        assert!(year.invoices.iter().all(|i| i.issued_on <= today && i.payments.iter().all(|p| p.on <= today)));
        assert!(["EUR", "USD"].iter().all(|c| year.customers.iter().any(|k| k.currency == *c)));
    }
}
