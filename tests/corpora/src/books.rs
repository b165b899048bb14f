//! A company's books and banks' remittance texts, matched.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::Path,
};

use chrono::NaiveDate;
use quittance_kernel::{Currency, Money, parse_date};
use quittance_matching::{Book, CustomerIx, Decision, Item, ItemIx, ItemKind, MoneyIn, Number, Policy, propose};

use crate::Corpus;

fn minor(text: &str) -> i64 {
    i64::try_from(Money::parse(text, Currency::USD).unwrap().to_minor()).unwrap()
}

fn item(customer: CustomerIx, number: &str, issued_on: NaiveDate, total: i64) -> Item {
    Item {
        customer,
        number: Number::new(number),
        reference: None,
        currency: Currency::USD,
        kind: ItemKind::Invoice,
        issued_on,
        due_on: issued_on,
        open: total,
        total,
        tiers: Vec::new(),
        paid_on: None,
        tolerates: true,
        part_of: None,
    }
}

/// A payment of the classic models company, and the orders that its amount is the sum of.
struct Paid {
    customer: String,
    on: NaiveDate,
    amount: i64,
    /// One order, or a pair.
    pays: HashSet<String>,
}

/// The company's books: customers by number, orders as items, payments in the order they came.
struct ClassicModels {
    book: Book,
    customers: HashMap<String, CustomerIx>,
    orders: Vec<String>,
    payments: Vec<Paid>,
}

fn classic_models(folder: &Path) -> ClassicModels {
    let truth: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(folder.join("truth.json")).unwrap()).unwrap();
    let mut all =
        ClassicModels { book: Book::new(), customers: HashMap::new(), orders: Vec::new(), payments: Vec::new() };
    let mut orders = csv::Reader::from_path(folder.join("orders.csv")).unwrap();
    for row in orders.deserialize::<HashMap<String, String>>() {
        let row = row.unwrap();
        let customer = row["customerNumber"].clone();
        let ix = *all.customers.entry(customer.clone()).or_insert_with(|| all.book.add_customer(&customer));
        let number = row["orderNumber"].clone();
        let total = minor(truth["order_totals"][&number].as_str().unwrap());
        all.book.add_item(item(ix, &number, parse_date(&row["orderDate"]).unwrap(), total));
        all.orders.push(number);
    }
    let strings = |value: &serde_json::Value| -> Vec<String> {
        value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    for matched in truth["payment_matches"].as_array().unwrap() {
        let single = strings(&matched["orders_with_equal_total"]);
        let pair = matched["pairs_with_equal_total"].as_array().unwrap().first().map(strings).unwrap_or_default();
        all.payments.push(Paid {
            customer: matched["customerNumber"].as_str().unwrap().to_owned(),
            on: parse_date(matched["paymentDate"].as_str().unwrap()).unwrap(),
            amount: minor(matched["amount"].as_str().unwrap()),
            pays: if single.is_empty() { pair } else { single }.into_iter().collect(),
        });
    }
    all.payments.sort_by_key(|paid| paid.on);
    all
}

impl ClassicModels {
    fn line(&self, paid: &Paid) -> MoneyIn<'static> {
        MoneyIn {
            customer: self.customers.get(&paid.customer).copied(),
            currency: Currency::USD,
            amount: paid.amount,
            value_on: paid.on,
            payer_name: "",
            payer_account: "",
            text: "",
            advice: &[],
        }
    }

    /// What each payment is applied to, the payments in their order.
    fn applied(&mut self) -> Vec<HashSet<String>> {
        let number = |orders: &[String], ix: ItemIx| orders[ix.index()].clone();
        let mut applied = Vec::new();
        for paid in &self.payments {
            let line = self.line(paid);
            let proposal = propose(&line, &self.book, &Policy::default());
            self.book.apply(&line, &proposal);
            let parts = proposal.best.iter().flat_map(|best| &best.parts);
            applied.push(parts.map(|part| number(&self.orders, part.item)).collect());
        }
        applied
    }
}

/// Payments of one order and of a pair are found by payer and amount. Returns how many of each there are.
pub fn single_and_paired_payments_are_found(corpus: &Corpus) -> (usize, usize) {
    let mut all = classic_models(&corpus.set("classicmodels"));
    let applied = all.applied();
    let (mut single, mut paired) = (0, 0);
    for (paid, applied) in all.payments.iter().zip(&applied) {
        if paid.pays.is_empty() {
            // No order and no pair has this amount; three orders may.
            assert!(applied.is_empty() || applied.len() > 2, "customer {} on {}", paid.customer, paid.on);
            continue;
        }
        assert_eq!(applied, &paid.pays, "customer {} on {}", paid.customer, paid.on);
        single += usize::from(paid.pays.len() == 1);
        paired += usize::from(paid.pays.len() == 2);
    }
    (single, paired)
}

/// With an equal order beside each, all are ambiguous, and none is applied.
pub fn ambiguous_payments_are_not_applied(corpus: &Corpus) {
    let mut all = classic_models(&corpus.set("classicmodels"));
    // Every order stands twice.
    let orders: Vec<(ItemIx, Item)> = all.book.items().map(|(ix, item)| (ix, item.clone())).collect();
    for (ix, order) in orders {
        let number = format!("9{}", all.orders[ix.index()]);
        all.book.add_item(Item { number: Number::new(&number), ..order });
        all.orders.push(number);
    }
    assert!(!all.payments.is_empty() && all.applied().iter().all(HashSet::is_empty));
}

/// Remittance texts as banks deliver them: with a number of ours put between two words it is found, without it nothing is.
/// Returns how many texts there are.
pub fn numbers_are_found_in_remittance_texts(corpus: &Corpus) -> usize {
    let folder = corpus.set("remittance_text");
    let mut book = Book::new();
    let ada = book.add_customer("Ada");
    book.add_item(item(ada, "QX-2031-000417", parse_date("2031-01-01").unwrap(), 73_19));
    let decide = |text: &str| {
        let line = MoneyIn {
            customer: None,
            currency: Currency::USD,
            amount: 73_19,
            value_on: parse_date("2031-02-01").unwrap(),
            payer_name: "Somebody else",
            payer_account: "XX00 1234",
            text,
            advice: &[],
        };
        propose(&line, &book, &Policy::default()).decision
    };
    let records = fs::read_to_string(folder.join("remittance.jsonl")).unwrap();
    let mut read = 0;
    for record in records.lines() {
        let record: serde_json::Value = serde_json::from_str(record).unwrap();
        let texts = record.as_object().unwrap().values().filter_map(serde_json::Value::as_array).flatten();
        let texts: Vec<&str> = texts.filter_map(serde_json::Value::as_str).collect();
        let text = texts.join("\n");
        assert_ne!(decide(&text), Decision::Apply, "{text}");
        for number in ["QX-2031-000417", "qx 2031/417", "QX2031000417"] {
            let at = text.find(' ').unwrap_or(text.len());
            let (before, after) = text.split_at(at);
            let with = format!("{before} {number} {after}");
            assert_eq!(decide(&with), Decision::Apply, "{with}");
        }
        read += 1;
    }
    read
}
