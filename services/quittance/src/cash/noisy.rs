//! A generated book: customers, open items, and payments with known truth. Pure: determined by the seed.

use std::collections::HashMap;

use chrono::{Days, NaiveDate};
use fastrand::Rng;
use quittance_kernel::{CreditorReference, Currency};

use super::kinds::{Kind, MIX};
use super::mangle::{Style, mistyped, rewritten, sentence, small_talk, split};

#[derive(Debug, Clone)]
pub(super) struct Customer {
    pub(super) name: String,
    pub(super) accounts: Vec<String>,
}

#[derive(Debug, Clone)]
pub(super) struct OpenItem {
    pub(super) customer: usize,
    pub(super) number: String,
    pub(super) reference: Option<CreditorReference>,
    pub(super) issued_on: NaiveDate,
    pub(super) due_on: NaiveDate,
    pub(super) open: i64,
    /// Two percent until this day.
    pub(super) discount_until: Option<NaiveDate>,
}

impl OpenItem {
    /// Two percent, half a cent up.
    pub(super) const fn discount(&self) -> i64 {
        (self.open * 2 + 50) / 100
    }
}

#[derive(Debug, Clone)]
pub(super) struct Payment {
    pub(super) kind: Kind,
    pub(super) value_on: NaiveDate,
    pub(super) amount: i64,
    pub(super) payer_name: String,
    pub(super) payer_account: String,
    pub(super) text: String,
    /// The items it pays.
    pub(super) pays: Vec<usize>,
}

#[derive(Debug)]
pub(super) struct NoisyBook {
    pub(super) currency: Currency,
    pub(super) customers: Vec<Customer>,
    pub(super) items: Vec<OpenItem>,
    pub(super) payments: Vec<Payment>,
}

const FIRST: [&str; 24] = [
    "Alder", "Bright", "Castel", "Drum", "East", "Fenni", "Glass", "Harrow", "Iron", "Juni", "Kestrel", "Low", "March",
    "North", "Oak", "Pember", "Quay", "Raven", "Silver", "Thorn", "Under", "Vander", "Wester", "Yard",
];
const SECOND: [&str; 16] = [
    "moor", "water", "gate", "hurst", "bridge", "land", "bank", "ton", "side", "worth", "line", "bury", "hill", "holm",
    "ley", "field",
];
const TRADES: [&str; 12] = [
    "Foods",
    "Logistics",
    "Engineering",
    "Textiles",
    "Medical",
    "Print",
    "Energy",
    "Retail",
    "Software",
    "Furniture",
    "Chemicals",
    "Optics",
];
const FORMS: [&str; 5] = ["GmbH", "Ltd", "SA", "Inc", "B.V."];
/// The average number of items of a customer.
const ITEMS_EACH: usize = 20;

struct Maker {
    rng: Rng,
    style: Style,
    customers: Vec<Customer>,
    items: Vec<OpenItem>,
    /// The unpaid items of each customer.
    free: Vec<Vec<usize>>,
    today: NaiveDate,
}

/// Generates a book.
pub(super) fn make(seed: u64, items: usize, payments: usize) -> NoisyBook {
    let today = NaiveDate::from_ymd_opt(2026, 6, 30).unwrap_or_default();
    let rng = Rng::with_seed(seed);
    let style = Style::ALL[usize::try_from(seed % 5).unwrap_or(0)];
    let mut maker = Maker { rng, style, customers: Vec::new(), items: Vec::new(), free: Vec::new(), today };
    maker.make_customers((items / ITEMS_EACH).max(4));
    maker.make_items(items);
    let payments = maker.make_payments(payments);
    NoisyBook { currency: Currency::EUR, customers: maker.customers, items: maker.items, payments }
}

impl Maker {
    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.rng.usize(..of.len())]
    }

    fn account(&mut self) -> String {
        format!("DE{:02}{:018}", self.rng.u8(10..99), self.rng.u64(..10_u64.pow(18)))
    }

    /// Every tenth customer is a sister of the one before: the same name except for its town, and often the same account.
    fn make_customers(&mut self, count: usize) {
        for at in 0..count {
            let sister = at % 10 == 9;
            let (name, accounts) = if sister {
                let first = self.customers[at - 1].clone();
                let name = first.name.replace(" West ", " East ");
                let own = self.account();
                (name, if self.rng.bool() { first.accounts } else { vec![own] })
            } else {
                let trade = self.pick(&TRADES);
                let town = if at % 10 == 8 { " West" } else { "" };
                let (first, second, form) = (self.pick(&FIRST), self.pick(&SECOND), self.pick(&FORMS));
                let number = at / (FIRST.len() * SECOND.len());
                let number = if number == 0 { String::new() } else { format!(" {number}") };
                let accounts = (0..=self.rng.usize(..2)).map(|_| self.account()).collect();
                (format!("{first}{second} {trade}{number}{town} {form}"), accounts)
            };
            self.customers.push(Customer { name, accounts });
            self.free.push(Vec::new());
        }
    }

    fn amount(&mut self) -> i64 {
        match self.rng.u8(..100) {
            // Round amounts are common.
            0..5 => self.rng.i64(1..=50) * 10_000,
            5..50 => self.rng.i64(2_000..100_000),
            50..90 => self.rng.i64(20_000..1_500_000),
            _ => self.rng.i64(1_000_000..20_000_000),
        }
    }

    fn make_items(&mut self, count: usize) {
        let mut latest: HashMap<usize, i64> = HashMap::new();
        for at in 0..count {
            let customer = self.rng.usize(..self.customers.len());
            let amount = self.amount();
            // Some are subscriptions: the same amount as before.
            let open = if self.rng.u8(..100) < 4 { latest.get(&customer).copied().unwrap_or(amount) } else { amount };
            latest.insert(customer, open);
            let issued_on = self.today - Days::new(self.rng.u64(1..120));
            let number = self.style.number(at + 1);
            let discount_until = (self.rng.u8(..10) < 3).then(|| issued_on + Days::new(10));
            let reference = CreditorReference::from_base(&number);
            self.items.push(OpenItem {
                customer,
                reference,
                number,
                issued_on,
                due_on: issued_on + Days::new(30),
                open,
                discount_until,
            });
            self.free[customer].push(at);
        }
    }

    /// Takes items of one customer that satisfy the condition.
    fn take(&mut self, count: usize, fits: impl Fn(&[OpenItem], &OpenItem) -> bool) -> Option<Vec<usize>> {
        for _ in 0..200 {
            let customer = self.rng.usize(..self.customers.len());
            let owed: Vec<OpenItem> = self.free[customer].iter().map(|at| self.items[*at].clone()).collect();
            let mut fitting: Vec<usize> =
                self.free[customer].iter().copied().filter(|at| fits(&owed, &self.items[*at])).collect();
            if fitting.len() < count {
                continue;
            }
            self.rng.shuffle(&mut fitting);
            fitting.truncate(count);
            self.free[customer].retain(|at| !fitting.contains(at));
            return Some(fitting);
        }
        None
    }

    fn make_payments(&mut self, count: usize) -> Vec<Payment> {
        let mut payments: Vec<Payment> = Vec::with_capacity(count);
        while payments.len() < count {
            let kind = self.draw();
            let made = if kind == Kind::Duplicate { self.duplicate(&payments) } else { self.payment(kind) };
            payments.push(made.unwrap_or_else(|| self.stranger()));
        }
        payments
    }

    fn draw(&mut self) -> Kind {
        let mut left = self.rng.u32(..MIX.iter().map(|(_, share)| *share).sum::<u32>());
        for (kind, share) in MIX {
            if left < share {
                return kind;
            }
            left -= share;
        }
        Kind::Stranger
    }

    fn duplicate(&mut self, payments: &[Payment]) -> Option<Payment> {
        let named =
            |payment: &&Payment| matches!(payment.kind, Kind::Exact | Kind::Reference | Kind::List | Kind::Unnamed);
        let earlier: Vec<&Payment> = payments.iter().rev().take(500).filter(named).collect();
        let first = (*earlier.get(self.rng.usize(..earlier.len().max(1)))?).clone();
        Some(Payment { kind: Kind::Duplicate, pays: Vec::new(), value_on: first.value_on, ..first })
    }

    fn stranger(&mut self) -> Payment {
        Payment {
            kind: Kind::Stranger,
            value_on: self.today,
            amount: self.amount(),
            payer_name: format!("{} {}", self.pick(&FIRST), self.rng.u32(..100_000)),
            payer_account: self.account(),
            text: small_talk(&mut self.rng).to_owned(),
            pays: Vec::new(),
        }
    }

    fn payment(&mut self, kind: Kind) -> Option<Payment> {
        let unlike_others =
            |owed: &[OpenItem], item: &OpenItem| owed.iter().filter(|other| other.open == item.open).count() == 1;
        let with_discount = |_: &[OpenItem], item: &OpenItem| item.discount_until.is_some();
        let without = |_: &[OpenItem], item: &OpenItem| item.discount_until.is_none();
        let count = match kind {
            Kind::List | Kind::ListInPart | Kind::ListMistyped => self.rng.usize(2..=4),
            Kind::UnnamedPair => 2,
            _ => 1,
        };
        let pays = match kind {
            Kind::Unnamed | Kind::Mistyped => {
                self.take(1, |owed, item| unlike_others(owed, item) && without(owed, item))?
            }
            Kind::SameAmount => self.take(1, |owed, item| !unlike_others(owed, item))?,
            Kind::Discount | Kind::LateDiscount => self.take(1, with_discount)?,
            Kind::Range => self.take_row()?,
            Kind::Subsidiary => self.take_of_sister()?,
            Kind::Stranger => return Some(self.stranger()),
            _ => self.take(count, without)?,
        };
        let items: Vec<OpenItem> = pays.iter().map(|at| self.items[*at].clone()).collect();
        let owner = self.customers[items[0].customer].clone();
        let open: i64 = items.iter().map(|item| item.open).sum();
        let latest = items.iter().map(|item| item.issued_on).max()?;
        let after = latest + Days::new(self.rng.u64(15..60));
        let (value_on, amount) = match kind {
            Kind::Discount => (latest + Days::new(self.rng.u64(1..=10)), open - items[0].discount()),
            Kind::LateDiscount => (latest + Days::new(self.rng.u64(14..30)), open - items[0].discount()),
            Kind::Short => (after, open - open * self.rng.i64(3..30) / 100),
            Kind::BankFee => (after, (open - self.rng.i64(2..30) * 50).max(open / 2 + 1)),
            _ => (after, open),
        };
        let number = &items[0].number;
        let text = match kind {
            Kind::Reference => self.reference(&items[0]),
            Kind::Rewritten => rewritten(&mut self.rng, number),
            Kind::Mistyped => mistyped(&mut self.rng, number),
            Kind::List => self.list(&items),
            Kind::ListInPart => self.list(&items[1..]),
            Kind::ListMistyped => {
                let rest = self.list(&items[1..]);
                format!("{}, {rest}", mistyped(&mut self.rng, number))
            }
            Kind::Range => self.range(&items),
            Kind::Unnamed | Kind::UnnamedPair | Kind::SameAmount => small_talk(&mut self.rng).to_owned(),
            Kind::Discount if self.rng.bool() => small_talk(&mut self.rng).to_owned(),
            _ => number.clone(),
        };
        let unnamed = matches!(kind, Kind::Unnamed | Kind::UnnamedPair | Kind::SameAmount);
        let text = if unnamed { text } else { sentence(&mut self.rng, &text) };
        let (payer_name, payer_account) = self.payer(kind, &owner);
        Some(Payment { kind, value_on, amount, payer_name, payer_account, text, pays })
    }

    /// Items of one customer with numbers in a row.
    fn take_row(&mut self) -> Option<Vec<usize>> {
        let from = self.rng.usize(..self.items.len().saturating_sub(3));
        let customer = self.items[from].customer;
        let row: Vec<usize> = (from..from + 3).collect();
        let is_free = row
            .iter()
            .all(|at| self.free[self.items[*at].customer].contains(at) && self.items[*at].discount_until.is_none());
        if !is_free {
            return None;
        }
        for at in &row {
            let owner = self.items[*at].customer;
            self.free[owner].retain(|other| other != at);
            // Consecutive items of one customer, as when a month is billed at once.
            self.items[*at].customer = customer;
        }
        Some(row)
    }

    fn take_of_sister(&mut self) -> Option<Vec<usize>> {
        for _ in 0..200 {
            let sister = self.rng.usize(..=self.customers.len() / 10) * 10 + 9;
            let customer = if self.rng.bool() { sister } else { sister - 1 };
            let Some(free) = self.free.get_mut(customer) else { continue };
            free.retain(|at| self.items[*at].customer == customer);
            if let Some(place) = free.iter().position(|at| self.items[*at].discount_until.is_none()) {
                return Some(vec![free.remove(place)]);
            }
        }
        None
    }

    fn reference(&mut self, item: &OpenItem) -> String {
        match &item.reference {
            Some(reference) if self.rng.bool() => reference.grouped(),
            Some(reference) => reference.to_string(),
            None => item.number.clone(),
        }
    }

    /// `INV-2026-000123, INV-2026-000456`, or with the serials alone.
    fn list(&mut self, items: &[OpenItem]) -> String {
        let join = [", ", "/", " + ", "\n", "; "][self.rng.usize(..5)];
        if self.rng.bool() {
            return items.iter().map(|item| item.number.as_str()).collect::<Vec<_>>().join(join);
        }
        let rest = items.iter().skip(1).map(|item| split(&item.number).1);
        let rest: Vec<&str> = std::iter::once(items[0].number.as_str()).chain(rest).collect();
        rest.join(if join == "\n" { ", " } else { join })
    }

    fn range(&mut self, items: &[OpenItem]) -> String {
        let last = items.last().map_or("", |item| item.number.as_str());
        let join = ["-", " - ", " to ", " bis "][self.rng.usize(..4)];
        format!("{}{join}{}", items[0].number, split(last).1)
    }

    fn payer(&mut self, kind: Kind, owner: &Customer) -> (String, String) {
        let own = self.rng.usize(..owner.accounts.len());
        let account = owner.accounts[own].clone();
        match kind {
            Kind::ThirdParty if self.rng.bool() => {
                let other = self.rng.usize(..self.customers.len());
                let other = &self.customers[other];
                (other.name.clone(), other.accounts[0].clone())
            }
            Kind::ThirdParty => {
                let stranger = self.stranger();
                (stranger.payer_name, stranger.payer_account)
            }
            // Banks truncate and capitalise names; some accounts are new.
            Kind::Exact | Kind::Reference | Kind::Rewritten | Kind::List => match self.rng.u8(..10) {
                0 => (owner.name.to_uppercase().chars().take(27).collect(), self.account()),
                1 => (String::new(), account),
                _ => (owner.name.to_uppercase(), account),
            },
            _ => (owner.name.to_uppercase(), account),
        }
    }
}
