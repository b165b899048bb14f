//! A book for matching, and payments for its items.

use anyhow::{Context as _, bail};
use fastrand::Rng;
use quittance_grpc::Client;
use quittance_proto::{
    common::v1::Money,
    invoicing::v1::{
        self as inv, customer_service_client::CustomerServiceClient, invoice_service_client::InvoiceServiceClient,
        tenant_service_client::TenantServiceClient,
    },
    payments::v1 as pb,
};

use crate::{BATCH, request_id};

/// Customers of a book.
const CUSTOMERS: usize = 1_000;
/// Open items of a book.
const ITEMS: usize = 25_000;
/// Invoices of one payment that pays several.
const SEVERAL: usize = 3;

/// What payments are like, and how many of a hundred.
pub(crate) const MIX: [(Kind, usize); 6] = [
    (Kind::Exact, 35),
    (Kind::Mangled, 20),
    (Kind::Unnamed, 15),
    (Kind::Several, 12),
    (Kind::Reference, 10),
    (Kind::Unknown, 8),
];

/// What a payment is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Names one document as it is.
    Exact,
    /// Names one document with other separators, capitals or zeros.
    Mangled,
    /// Names nothing: account and amount decide.
    Unnamed,
    /// Names three documents of its payer.
    Several,
    /// Names our creditor reference.
    Reference,
    /// Has nothing to do with any item.
    Unknown,
}

struct Item {
    customer: usize,
    number: String,
    reference: String,
    minor: u64,
}

/// Customers and their open items.
pub(crate) struct OpenBook {
    client: Client,
    rng: Rng,
    customers: Vec<String>,
    items: Vec<Item>,
}

fn text_of(minor: u64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

fn name(customer: usize) -> String {
    const WORDS: [&str; 10] =
        ["Nordwind", "Bergmann", "Atlas", "Kranich", "Lindner", "Meridian", "Okapi", "Falkner", "Seidel", "Tannhof"];
    let word = |at: usize| WORDS.get(at % WORDS.len()).copied().unwrap_or_default();
    format!("{}{} {} GmbH", word(customer), customer / 100, word(customer / 10))
}

fn account(customer: usize) -> String {
    format!("DE{:02}500105170{customer:09}", customer % 90 + 10)
}

impl OpenBook {
    /// Opens the tenant's book: customers with accounts, and items.
    pub(crate) async fn open(client: Client, seed: u64) -> anyhow::Result<Self> {
        let mut book = Self { client, rng: Rng::with_seed(seed), customers: Vec::new(), items: Vec::new() };
        book.open_tenant().await?;
        book.add_customers().await?;
        while book.items.len() < ITEMS {
            book.issue().await?;
        }
        book.rng.shuffle(&mut book.items);
        Ok(book)
    }

    /// Items that are open.
    pub(crate) fn items(&self) -> usize {
        self.items.len()
    }

    async fn open_tenant(&self) -> anyhow::Result<()> {
        let enquiries =
            Some(inv::Enquiries { name: "A".to_owned(), email: "a@example.com".to_owned(), phone: String::new() });
        let tenant = inv::Tenant {
            name: "Bench".to_owned(),
            base_currency_code: "EUR".to_owned(),
            time_zone: "UTC".to_owned(),
            enquiries,
            late_payment_consequences: "x".to_owned(),
            terms_and_conditions: "x".to_owned(),
            ..inv::Tenant::default()
        };
        let request = inv::CreateTenantRequest { request_id: request_id(), tenant: Some(tenant) };
        TenantServiceClient::new(self.client.clone()).create_tenant(request).await?;
        Ok(())
    }

    async fn add_customers(&mut self) -> anyhow::Result<()> {
        let requests = (0..CUSTOMERS).map(|customer| inv::CreateCustomerRequest {
            request_id: request_id(),
            customer: Some(inv::Customer {
                name: name(customer),
                bank_accounts: vec![account(customer)],
                ..inv::Customer::default()
            }),
        });
        let request = inv::BatchCreateCustomersRequest { requests: requests.collect(), ..Default::default() };
        let mut customers = CustomerServiceClient::new(self.client.clone());
        for result in customers.batch_create_customers(request).await?.into_inner().results {
            let Some(inv::customer_result::Result::Customer(customer)) = result.result else {
                bail!("a customer was refused")
            };
            self.customers.push(customer.customer_id);
        }
        Ok(())
    }

    async fn issue(&mut self) -> anyhow::Result<()> {
        let mut drawn = Vec::with_capacity(BATCH);
        let mut requests = Vec::with_capacity(BATCH);
        for _ in 0..BATCH {
            let (customer, minor) = (self.rng.usize(..CUSTOMERS), self.rng.u64(1_000..500_000));
            let line = inv::InvoiceLine {
                description: "Work".to_owned(),
                quantity: "1".to_owned(),
                unit_price: text_of(minor),
                tax_category: "Z".to_owned(),
                tax_rate: "0".to_owned(),
                ..inv::InvoiceLine::default()
            };
            let invoice = inv::Invoice {
                customer_id: self.customers.get(customer).context("no customer")?.clone(),
                currency_code: "EUR".to_owned(),
                lines: vec![line],
                ..inv::Invoice::default()
            };
            drawn.push((customer, minor));
            requests.push(inv::CreateAndIssueInvoiceRequest { request_id: request_id(), invoice: Some(invoice) });
        }
        let request = inv::BatchCreateAndIssueInvoicesRequest { requests, ..Default::default() };
        let mut invoices = InvoiceServiceClient::new(self.client.clone());
        let answer = invoices.batch_create_and_issue_invoices(request).await?.into_inner();
        for ((customer, minor), result) in drawn.into_iter().zip(answer.results) {
            let Some(inv::invoice_result::Result::Invoice(invoice)) = result.result else {
                bail!("an invoice was refused")
            };
            let (number, reference) = (invoice.number, invoice.payment_reference);
            self.items.push(Item { customer, number, reference, minor });
        }
        Ok(())
    }

    /// Payments for items that none of them was for yet.
    pub(crate) fn payments(&mut self, count: usize) -> Vec<(Kind, pb::Payment)> {
        let all: usize = MIX.iter().map(|(_, share)| share).sum();
        let mut payments: Vec<(Kind, pb::Payment)> = Vec::with_capacity(count);
        for at in 0..count {
            let mut place = at % all;
            let kind = MIX.iter().find(|(_, share)| {
                let fits = place < *share;
                place = place.saturating_sub(*share);
                fits
            });
            let kind = kind.map_or(Kind::Unknown, |(kind, _)| *kind);
            let payment = self.payment(kind);
            payments.push((kind, payment));
        }
        self.rng.shuffle(&mut payments);
        payments
    }

    fn payment(&mut self, kind: Kind) -> pb::Payment {
        let first = if kind == Kind::Unknown { None } else { self.items.pop() };
        let Some(first) = first else {
            let text = format!("Thank you for your visit on table {}", self.rng.u32(..100));
            return transfer(self.rng.u64(1_000..500_000), "Walk-in", "", text);
        };
        let mut minor = first.minor;
        let text = match kind {
            Kind::Exact => format!("Invoice {} thank you", first.number),
            Kind::Mangled => format!("payment {}", self.mangled(&first.number)),
            Kind::Several => {
                let mut numbers = vec![first.number.clone()];
                while numbers.len() < SEVERAL
                    && let Some(at) = self.items.iter().rposition(|item| item.customer == first.customer)
                {
                    let other = self.items.swap_remove(at);
                    minor += other.minor;
                    numbers.push(other.number);
                }
                numbers.join(", ")
            }
            Kind::Reference => first.reference.clone(),
            Kind::Unnamed | Kind::Unknown => "as agreed".to_owned(),
        };
        transfer(minor, &name(first.customer), &account(first.customer), text)
    }

    fn mangled(&mut self, number: &str) -> String {
        match self.rng.u8(..4) {
            0 => number.to_lowercase().replace('-', " "),
            1 => number.replace('-', ""),
            2 => number.replace('-', "/"),
            _ => number.rsplit('-').next().map_or_else(String::new, |serial| format!("no. {serial}")),
        }
    }
}

fn transfer(minor: u64, payer_name: &str, payer_account: &str, text: String) -> pb::Payment {
    pb::Payment {
        amount: Some(Money { currency_code: "EUR".to_owned(), amount: text_of(minor) }),
        method: pb::PaymentMethod::Transfer.into(),
        payer_name: payer_name.to_owned(),
        payer_account: payer_account.to_owned(),
        text,
        ..pb::Payment::default()
    }
}
