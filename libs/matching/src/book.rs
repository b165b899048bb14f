//! The data that matching searches: open items, their debtors, and the indexes by which each is found.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use quittance_kernel::{CreditorReference, Currency};

use crate::index::{CustomerIx, ItemIx, Origin};
use crate::line::{MoneyIn, Proposal};
use crate::names::Names;
use crate::number::Number;

/// The kind of an item, which matters for the order of settlement.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ItemKind {
    /// A fee.
    Fee,
    /// The charge of a collection letter.
    Letter,
    /// An interest note.
    Interest,
    /// An invoice.
    #[default]
    Invoice,
}

/// A discount that was frozen on an item when it was issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tier {
    /// The last value date that earns it.
    pub until: NaiveDate,
    /// What it grants that is not granted yet, in minor units.
    pub amount: i64,
}

/// An open or closed item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The debtor.
    pub customer: CustomerIx,
    /// The document's number.
    pub number: Number,
    /// Our creditor reference on it.
    pub reference: Option<CreditorReference>,
    /// The currency of all its amounts.
    pub currency: Currency,
    /// Its kind.
    pub kind: ItemKind,
    /// The issue date.
    pub issued_on: NaiveDate,
    /// The due date.
    pub due_on: NaiveDate,
    /// The open balance, in minor units.
    pub open: i64,
    /// The original amount, in minor units.
    pub total: i64,
    /// Its discounts, the one that closes first (and is best) first.
    pub tiers: Vec<Tier>,
    /// The latest value date of what was paid on it; `None` if nothing was.
    pub paid_on: Option<NaiveDate>,
    /// Whether small differences on it are tolerated: a seller may exclude a customer.
    pub tolerates: bool,
    /// The document that it is an installment of; `None` for a whole document.
    pub part_of: Option<u128>,
}

impl Item {
    /// Whether this amount may close it, with or without a discount that may be earned.
    pub(super) fn may_cost(&self, amount: i64) -> bool {
        amount == self.open || self.grantable().any(|tier| self.open - tier.amount == amount)
    }

    /// The discounts that leave something to be paid.
    fn grantable(&self) -> impl Iterator<Item = &Tier> {
        self.tiers.iter().filter(|tier| tier.amount < self.open)
    }

    /// The discount earned by a payment of all that is open on this value date, with `grace` days of grace. What was paid before must be in time too.
    pub fn discount_on(&self, value_on: NaiveDate, grace: u16) -> i64 {
        let latest = |until: NaiveDate| until.checked_add_days(chrono::Days::new(grace.into())).unwrap_or(until);
        let paid_on = self.paid_on.map_or(value_on, |before| before.max(value_on));
        self.grantable().find(|tier| paid_on <= latest(tier.until)).map_or(0, |tier| tier.amount)
    }

    /// The discount the document states, whenever it is paid: the last one that was open.
    pub(super) fn nominal_discount(&self) -> i64 {
        self.grantable().last().map_or(0, |tier| tier.amount)
    }
}

/// The items, customers and past payments that matching searches.
#[derive(Debug, Clone, Default)]
pub struct Book {
    items: Vec<Item>,
    by_key: HashMap<String, Vec<ItemIx>>,
    by_compact: HashMap<String, Vec<ItemIx>>,
    by_reference: HashMap<String, Vec<ItemIx>>,
    by_customer: Vec<Vec<ItemIx>>,
    by_open: HashMap<(Currency, i64), Vec<ItemIx>>,
    prefixes: HashSet<String>,
    accounts: HashMap<String, Vec<(CustomerIx, Origin)>>,
    names: Names,
    /// Applied payments, by payer, amount and text.
    applied: HashMap<Line, Vec<NaiveDate>>,
}

/// The key of a duplicate payment: account, name, currency, amount and text.
type Line = (String, String, Currency, i64, String);

/// Within how many days an equal payment may be a duplicate.
const REPEATS_WITHIN_DAYS: i64 = 7;

impl Book {
    /// An empty book.
    pub fn new() -> Book {
        Book::default()
    }

    /// Adds a customer by its name.
    pub fn add_customer(&mut self, name: &str) -> CustomerIx {
        let customer = CustomerIx(u32::try_from(self.by_customer.len()).unwrap_or(u32::MAX));
        self.by_customer.push(Vec::new());
        self.names.add(customer, name, Origin::Record);
        customer
    }

    /// Adds a payer name of a customer's payments.
    pub fn add_name(&mut self, customer: CustomerIx, name: &str, origin: Origin) {
        self.names.add(customer, name, origin);
    }

    /// Adds an account that the customer pays from. One account may be several customers'.
    pub fn add_account(&mut self, customer: CustomerIx, account: &str, origin: Origin) {
        let key = account_key(account);
        if !key.is_empty() {
            let owners = self.accounts.entry(key).or_default();
            if !owners.iter().any(|(owner, _)| *owner == customer) {
                owners.push((customer, origin));
            }
        }
    }

    /// Adds an item. Closed ones too, to detect double payments.
    pub fn add_item(&mut self, item: Item) -> ItemIx {
        let ix = ItemIx(u32::try_from(self.items.len()).unwrap_or(u32::MAX));
        for key in item.number.keys() {
            self.by_key.entry(key).or_default().push(ix);
        }
        self.by_compact.entry(item.number.compact().to_owned()).or_default().push(ix);
        if let Some(reference) = &item.reference {
            self.by_reference.entry(reference.as_str().to_owned()).or_default().push(ix);
        }
        if let Some(items) = self.by_customer.get_mut(item.customer.index()) {
            items.push(ix);
        }
        if !item.number.prefix().is_empty() && !self.prefixes.contains(item.number.prefix()) {
            self.prefixes.insert(item.number.prefix().to_owned());
        }
        for price in prices(&item) {
            self.by_open.entry((item.currency, price)).or_default().push(ix);
        }
        self.items.push(item);
        ix
    }

    /// The item; `None` for an index of another book.
    pub fn item(&self, ix: ItemIx) -> Option<&Item> {
        self.items.get(ix.index())
    }

    /// All items, in the order they were added.
    pub fn items(&self) -> impl Iterator<Item = (ItemIx, &Item)> {
        (0..).map(ItemIx).zip(&self.items)
    }

    /// Reduces the open balance of an item: by money of this value date, discount and write-off together.
    pub fn reduce(&mut self, ix: ItemIx, by: i64, value_on: NaiveDate) {
        let Some(item) = self.items.get_mut(ix.index()) else { return };
        let before = prices(item);
        item.open = item.open.saturating_sub(by).max(0);
        item.paid_on = item.paid_on.max(Some(value_on));
        let after = prices(item);
        let currency = item.currency;
        for price in before {
            if let Some(items) = self.by_open.get_mut(&(currency, price)) {
                items.retain(|other| *other != ix);
            }
        }
        for price in after {
            self.by_open.entry((currency, price)).or_default().push(ix);
        }
        let item = &self.items[ix.index()];
        if item.open == 0
            && let Some(items) = self.by_customer.get_mut(item.customer.index())
        {
            items.retain(|other| *other != ix);
        }
    }

    /// Applies a certain proposal, so that the next payment finds the rest.
    pub fn apply(&mut self, line: &MoneyIn<'_>, proposal: &Proposal) {
        let Some(best) = &proposal.best else { return };
        for part in &best.parts {
            self.reduce(part.item, part.reduces(), line.value_on);
        }
        self.remember(line);
    }

    /// Adds an applied payment: an equal one may be a duplicate.
    pub fn remember(&mut self, line: &MoneyIn<'_>) {
        self.applied.entry(line_key(line)).or_default().push(line.value_on);
    }

    /// Whether an equal payment was applied within a few days.
    pub(super) fn was_paid_before(&self, line: &MoneyIn<'_>) -> bool {
        let close = |day: &NaiveDate| (*day - line.value_on).num_days().abs() <= REPEATS_WITHIN_DAYS;
        self.applied.get(&line_key(line)).is_some_and(|days| days.iter().any(close))
    }

    /// Items with this key of [`super::number::lookups`].
    pub(super) fn keyed(&self, key: &str) -> &[ItemIx] {
        self.by_key.get(key).map_or(&[], Vec::as_slice)
    }

    /// Items with just these letters and digits.
    pub(super) fn compact(&self, compact: &str) -> &[ItemIx] {
        self.by_compact.get(compact).map_or(&[], Vec::as_slice)
    }

    /// Items with this creditor reference.
    pub(super) fn referenced(&self, reference: &str) -> &[ItemIx] {
        self.by_reference.get(reference).map_or(&[], Vec::as_slice)
    }

    /// Open items of the customer in the currency.
    pub(super) fn owed(&self, customer: CustomerIx, currency: Currency) -> impl Iterator<Item = (ItemIx, &Item)> {
        let items = self.by_customer.get(customer.index()).map_or(&[][..], Vec::as_slice);
        items
            .iter()
            .filter_map(|ix| Some((*ix, self.item(*ix)?)))
            .filter(move |(_, item)| item.open > 0 && item.currency == currency)
    }

    /// Whether the customer owes anything in any currency.
    pub(super) fn owes(&self, customer: CustomerIx) -> bool {
        let items = self.by_customer.get(customer.index()).map_or(&[][..], Vec::as_slice);
        items.iter().filter_map(|ix| self.item(*ix)).any(|item| item.open > 0)
    }

    /// Open items that this amount closes, with or without a discount.
    pub(super) fn priced(&self, currency: Currency, amount: i64) -> &[ItemIx] {
        self.by_open.get(&(currency, amount)).map_or(&[], Vec::as_slice)
    }

    /// Whether any number begins with these letters.
    pub(super) fn is_prefix(&self, letters: &str) -> bool {
        self.prefixes.contains(letters)
    }

    /// The customers that pay from the account.
    pub(super) fn payers(&self, account: &str) -> &[(CustomerIx, Origin)] {
        self.accounts.get(&account_key(account)).map_or(&[], Vec::as_slice)
    }

    pub(super) const fn names(&self) -> &Names {
        &self.names
    }
}

/// The amounts that close the item: the open balance, or less a discount.
fn prices(item: &Item) -> Vec<i64> {
    if item.open <= 0 {
        return Vec::new();
    }
    let discounted = item.grantable().map(|tier| item.open - tier.amount);
    let mut prices: Vec<i64> = std::iter::once(item.open).chain(discounted).collect();
    prices.dedup();
    prices
}

fn line_key(line: &MoneyIn<'_>) -> Line {
    let text = line.text.split_whitespace().collect::<Vec<_>>().join(" ");
    (account_key(line.payer_account), line.payer_name.trim().to_owned(), line.currency, line.amount, text)
}

/// The normalised account: letters and digits, in capitals.
pub fn account_key(account: &str) -> String {
    account.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}
