//! The consumers in other languages keep the balances that reporting has, from events alone: killed and started again, and with every message doubled.

use std::{
    collections::BTreeMap,
    env, fs,
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use quittance_testkit::{TestKafka, wait_for};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::program::{Folder, Up, quittance, tenant};

const CUSTOMERS: usize = 5;
const CURRENCIES: [&str; 2] = ["EUR", "USD"];

/// What is open and what is unapplied, by customer and currency; nothing where both are zero.
type Balances = BTreeMap<(String, String), (Decimal, Decimal)>;

/// An issued invoice.
#[derive(Debug, Clone)]
struct Invoice {
    id: Value,
    number: String,
    total: Decimal,
}

/// A book under way.
struct Book<'a> {
    up: &'a Up,
    customers: Vec<String>,
    /// Of each customer and currency.
    invoices: BTreeMap<(usize, &'static str), Vec<Invoice>>,
}

impl<'a> Book<'a> {
    /// Customers with six invoices in each currency, 2 % off within ten days.
    fn open(up: &'a Up) -> Self {
        up.call("TenantService/CreateTenant", &tenant("Northwind"), None).unwrap();
        let terms =
            json!({"code": "2/10", "payment_terms": {"net_days": 30, "discounts": [{"days": 10, "percent": "2"}]}});
        let terms = up.call("CustomerService/CreateTerms", &json!({"terms": terms}), None).unwrap();
        let mut book = Self { up, customers: Vec::new(), invoices: BTreeMap::new() };
        for i in 0..CUSTOMERS {
            let customer = json!({"name": format!("Customer {i}"), "terms_id": terms["terms_id"]});
            let customer = up.call("CustomerService/CreateCustomer", &json!({"customer": customer}), None).unwrap();
            book.customers.push(text(&customer["customer_id"]));
            for currency in CURRENCIES {
                let made = (0..6).map(|n| book.invoice(i, currency, n)).collect();
                book.invoices.insert((i, currency), made);
            }
        }
        book
    }

    fn invoice(&self, customer: usize, currency: &str, n: usize) -> Invoice {
        let total = Decimal::from(100 * (n + 1) + 50 * customer);
        let line = json!({"description": "Work", "quantity": "1", "unit_price": total.to_string(), "tax_category": "Z", "tax_rate": "0"});
        let invoice = json!({"customer_id": self.customers[customer], "currency_code": currency, "lines": [line]});
        let invoice = self.up.call("InvoiceService/CreateAndIssueInvoice", &json!({"invoice": invoice}), None).unwrap();
        Invoice { id: invoice["invoice_id"].clone(), number: text(&invoice["number"]), total }
    }

    fn pay(&self, currency: &str, amount: Decimal, more: &Value) -> Value {
        let mut payment = json!({"amount": money(currency, amount), "method": "PAYMENT_METHOD_TRANSFER"});
        payment.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.up.call("PaymentService/RecordPayment", &json!({"payment": payment}), None).unwrap()["payment_id"].clone()
    }

    fn apply(&self, payment: &Value, allocation: &Value) {
        let request = json!({"payment_id": payment, "allocations": [allocation]});
        let applied = self.up.call("PaymentService/ApplyPayment", &request, None).unwrap();
        assert!(!applied.to_string().contains("REJECTED"), "{applied}");
    }

    /// Everything that can happen to invoices and money of one customer in one currency.
    fn tell(&self, customer: usize, currency: &'static str) {
        let [full, part, early, small, returned, cancelled] =
            <[_; 6]>::try_from(self.invoices[&(customer, currency)].clone()).unwrap();
        let item =
            |invoice: &Invoice, amount: Decimal| json!({"item_id": invoice.id, "amount": money(currency, amount)});
        let cents = |cents| Decimal::new(cents, 2);
        // Paid, and more than that.
        let payer = json!({"customer_id": self.customers[customer], "text": format!("invoice {}", full.number)});
        self.pay(currency, full.total + cents(1_234), &payer);
        // In part, by an unknown payer, who has money left.
        let payment = self.pay(currency, cents(5_000), &json!({"text": "with kind regards"}));
        self.apply(&payment, &item(&part, cents(4_017)));
        // In part again, from money on account.
        let on_account = json!({"customer_id": self.customers[customer], "text": "on account"});
        let payment = self.pay(currency, cents(777), &on_account);
        self.apply(&payment, &item(&part, cents(501)));
        // Early, with its discount; of some customers the bank takes it back.
        let discount = (early.total * cents(2)).round_dp(2);
        let payment = self.pay(currency, early.total - discount, &json!({"text": "early"}));
        let mut allocation = item(&early, early.total - discount);
        allocation["discount"] = money(currency, discount);
        self.apply(&payment, &allocation);
        if customer.is_multiple_of(2) {
            self.unapply(&payment);
        }
        // Nearly all; the rest is written off.
        let payment = self.pay(currency, small.total - cents(50), &json!({"text": "nearly"}));
        let mut allocation = item(&small, small.total - cents(50));
        allocation["write_off"] = money(currency, cents(50));
        allocation["write_off_reason"] = json!("WRITE_OFF_REASON_SMALL_DIFFERENCE");
        self.apply(&payment, &allocation);
        if customer == 1 {
            self.unapply(&payment);
        }
        let text = format!("invoice {}", returned.number);
        let payment =
            self.pay(currency, returned.total, &json!({"customer_id": self.customers[customer], "text": text}));
        self.unapply(&payment);
        let (method, request) = if customer.is_multiple_of(2) {
            let reason = "CREDIT_REASON_CANCELLATION";
            ("CreditNoteService/CreditInvoice", json!({"invoice_id": cancelled.id, "reason": reason}))
        } else {
            ("InvoiceService/VoidInvoice", json!({"invoice_id": cancelled.id, "reason": "A wrong customer."}))
        };
        self.up.call(method, &request, None).unwrap();
    }

    fn unapply(&self, payment: &Value) {
        let request = json!({"payment_id": payment, "reason": "It was returned."});
        self.up.call("PaymentService/UnapplyPayment", &request, None).unwrap();
    }

    /// What reporting says of every customer.
    fn reported(&self) -> Balances {
        let mut found = Balances::new();
        for customer in &self.customers {
            let request = json!({"customer_id": customer});
            let balance = self.up.call("ReportService/GetCustomerBalance", &request, None).unwrap();
            for entry in balance["balances"].as_array().unwrap() {
                let currency = text(&entry["open_total"]["currency_code"]);
                let amounts = (decimal(&entry["open_total"]["amount"]), decimal(&entry["unapplied"]["amount"]));
                found.insert((customer.clone(), currency), amounts);
            }
        }
        found
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn decimal(value: &Value) -> Decimal {
    value.as_str().unwrap().parse().unwrap()
}

fn money(currency: &str, amount: Decimal) -> Value {
    json!({"currency_code": currency, "amount": amount.to_string()})
}

/// Waits until payments and reporting have read what the others published.
fn wait_until_read(up: &Up) {
    wait_for("all is read", || {
        let status = |service: &str| up.call(&format!("{service}/GetStreamStatus"), &json!({}), None).unwrap();
        let (invoicing, payments, reporting) =
            (status("OpenItemService"), status("PaymentService"), status("ReportService"));
        let read = |reader: &Value, area: &str| {
            let all = reader["subscriptions"].as_array().cloned().unwrap_or_default();
            all.into_iter().find(|read| read["area"] == area).map(|read| read["position"].clone())
        };
        let is_done = [&invoicing, &payments].iter().all(|s| s["unfinished"] == 0 && s["unpositioned"] == 0)
            && [
                (&payments, "invoicing", &invoicing),
                (&reporting, "invoicing", &invoicing),
                (&reporting, "payments", &payments),
            ]
            .into_iter()
            .all(|(reader, area, head)| read(reader, area).as_ref() == Some(&head["head_position"]));
        if is_done { Ok(()) } else { Err(reporting) }
    });
}

/// A consumer in a folder of its own.
struct Consumer<'a> {
    language: &'a str,
    folder: Folder,
    broker: &'a str,
    prefix: &'a str,
}

impl Consumer<'_> {
    /// Runs it to the end, in a group and with a database of this name.
    fn start(&self, name: &str) -> Child {
        let root = root();
        let ours =
            env::join_paths([root.join("scripts")].into_iter().chain(env::split_paths(&env::var_os("PATH").unwrap())));
        let mut command = Command::new(root.join("tests/consumers").join(self.language).join("run"));
        command.arg("--to-end").current_dir(&self.folder.0).env("PATH", ours.unwrap()).env("PROTO", root.join("proto"));
        command.env("KAFKA", self.broker).env("TOPIC_PREFIX", self.prefix);
        command.env("GROUP", format!("{}-{name}-{}", self.prefix, self.language)).env("DATABASE", format!("{name}.db"));
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Kills it when it has applied a few batches.
    fn is_killed_in_the_middle(&self, name: &str) {
        let mut child = self.start(name);
        let mut batches = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        let before: Vec<String> = batches.by_ref().filter(|line| line.ends_with(" new")).take(3).collect();
        child.kill().unwrap();
        assert!(!child.wait().unwrap().success() && before.len() == 3, "{}: {before:?}", self.language);
    }

    /// Reads what is there. Returns the balances, and how many messages and how many new events it read.
    fn runs(&self, name: &str) -> (Balances, [usize; 2]) {
        let mut child = self.start(name);
        let mut stderr = child.stderr.take().unwrap();
        let said = std::thread::spawn(move || {
            let mut said = String::new();
            stderr.read_to_string(&mut said).map(|_| said)
        });
        let output = child.wait_with_output().unwrap();
        let said = said.join().unwrap().unwrap();
        assert!(output.status.success(), "{}: {said}", self.language);
        let mut counts = [0, 0];
        for line in said.lines().filter(|line| line.ends_with(" new")) {
            let numbers = line.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse::<usize>().ok());
            counts.iter_mut().zip(numbers).for_each(|(sum, number)| *sum += number);
        }
        let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
        let mut found = Balances::new();
        for (customer, currencies) in
            printed.as_object().unwrap().values().flat_map(|tenant| tenant.as_object().unwrap())
        {
            for (currency, sums) in currencies.as_object().unwrap() {
                let amounts = (decimal(&sums["open"]), decimal(&sums["unapplied"]));
                if amounts != (Decimal::ZERO, Decimal::ZERO) {
                    found.insert((customer.clone(), currency.clone()), amounts);
                }
            }
        }
        (found, counts)
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

#[test]
fn consumers_in_two_languages_keep_the_balances_that_reporting_has() {
    let (kafka, folder) = (TestKafka::shared(), Folder::new());
    let prefix = format!("consumers-{}", std::process::id());
    let (broker, data) = (kafka.brokers(), folder.0.to_str().unwrap());
    let succeeds = |arguments: &[&str]| assert!(quittance(arguments).status().unwrap().success(), "{arguments:?}");
    succeeds(&["topics", "--kafka", broker, "--prefix", &prefix]);
    // Invoicing speaks protobuf and payments JSON.
    let settings = [
        ("QUITTANCE_KAFKA__BROKERS", broker),
        ("QUITTANCE_KAFKA__PREFIX", &prefix),
        ("QUITTANCE_KAFKA__FORMATS__PAYMENTS", "json"),
    ];
    let up = Up::start_with(&folder.0, &settings);
    let book = Book::open(&up);
    wait_until_read(&up);
    for (customer, currency) in book.invoices.keys() {
        book.tell(*customer, currency);
    }
    wait_until_read(&up);
    let reported = book.reported();
    assert_eq!(reported.len(), CUSTOMERS * CURRENCIES.len(), "{reported:?}");
    assert!(reported.values().all(|(open, unapplied)| *open > Decimal::ZERO && *unapplied > Decimal::ZERO));

    let consumers = ["python", "java"].map(|language| {
        let folder = Folder::new();
        fs::create_dir_all(&folder.0).unwrap();
        Consumer { language, folder, broker, prefix: &prefix }
    });
    for consumer in &consumers {
        consumer.is_killed_in_the_middle("killed");
        let (balances, [messages, new]) = consumer.runs("killed");
        assert_eq!(balances, reported, "{}", consumer.language);
        assert!(new > 0 && messages >= new, "{}: {new} of {messages}", consumer.language);
    }

    // Every message once more, in the other form.
    for (area, format) in [("invoicing", "json"), ("payments", "protobuf")] {
        let topic = format!("{prefix}.{area}.v1");
        let to = ["--to", &topic, "--format", format, "--kafka", broker, "--prefix", &prefix, "--data", data];
        succeeds(&[&["events", "replay", area], &to[..]].concat());
    }
    wait_until_read(&up);
    assert_eq!(book.reported(), reported);
    // Our own readers take both forms too; a rebuild succeeds only if the read model matched the events.
    succeeds(&["rebuild", "reporting", "--data", data, "--kafka", broker, "--prefix", &prefix]);
    let tail = ["events", "tail", "payments", "--from-start", "--count", "250", "--kafka", broker, "--prefix", &prefix];
    let tailed = String::from_utf8(quittance(&tail).output().unwrap().stdout).unwrap();
    let decoded = tailed.lines().filter(|line| line.contains("\"payment_id\":")).count();
    assert_eq!(decoded, 250, "{}", tailed.lines().next().unwrap_or_default());
    for consumer in &consumers {
        let (again, [messages, new]) = consumer.runs("killed");
        assert_eq!((again, new), (reported.clone(), 0), "{}: all were seen before", consumer.language);
        let (fresh, [all, once]) = consumer.runs("fresh");
        assert_eq!((fresh, once), (reported.clone(), messages), "{}: half of {all} are new", consumer.language);
        assert_eq!(all, 2 * once, "{}", consumer.language);
    }
    up.stop();
}
