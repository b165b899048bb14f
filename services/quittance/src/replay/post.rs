//! Posts rows in date order: customers are created, invoices are issued, disputes opened, payments made, disputes closed, day by day.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

use anyhow::Context as _;
use chrono::NaiveDate;
use quittance_grpc::MAX_BATCH;
use quittance_kernel::Money;
use quittance_proto::{collections::v1 as collections, invoicing::v1 as invoicing, money, payments::v1 as payments};

use super::judge::Row;
use crate::{
    api::{Api, Called as _, Reader, entry_error, request_id},
    progress,
};

/// The work of one day: indexes into the list of rows.
#[derive(Debug, Default)]
struct Day {
    issued: Vec<usize>,
    paid: Vec<usize>,
}

struct Poster<'a> {
    api: &'a mut Api,
    rows: &'a [Row],
    customers: HashMap<&'a str, String>,
    items: Vec<Option<String>>,
    disputes: HashMap<usize, String>,
}

/// Posts the rows to a new tenant.
pub(super) async fn post(api: &mut Api, file: &Path, rows: &[Row]) -> anyhow::Result<()> {
    create_tenant(api, file, rows).await?;
    let mut days: BTreeMap<NaiveDate, Day> = BTreeMap::new();
    for (i, row) in rows.iter().enumerate() {
        days.entry(row.issued_on).or_default().issued.push(i);
        if let Some(paid_on) = row.paid_on {
            days.entry(paid_on).or_default().paid.push(i);
        }
    }
    let bar = progress::bar(days.values().map(|day| day.issued.len() + day.paid.len()).sum(), "posting");
    let mut poster =
        Poster { api, rows, customers: HashMap::new(), items: vec![None; rows.len()], disputes: HashMap::new() };
    for (date, day) in &days {
        poster.day(*date, day).await.with_context(|| format!("posting what happened on {date}"))?;
        bar.inc(u64::try_from(day.issued.len() + day.paid.len())?);
    }
    bar.finish_and_clear();
    Ok(())
}

async fn create_tenant(api: &mut Api, file: &Path, rows: &[Row]) -> anyhow::Result<()> {
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let tenant = invoicing::Tenant {
        name: format!("Replay of {name}"),
        base_currency_code: rows.first().map_or("EUR", |row| row.amount.currency().code()).to_owned(),
        time_zone: "UTC".to_owned(),
        enquiries: Some(invoicing::Enquiries {
            name: "Replay".to_owned(),
            email: "replay@example.com".to_owned(),
            phone: String::new(),
        }),
        late_payment_consequences: "As the original documents say.".to_owned(),
        terms_and_conditions: "As the original documents say.".to_owned(),
        ..invoicing::Tenant::default()
    };
    let request = invoicing::CreateTenantRequest { request_id: request_id(), tenant: Some(tenant) };
    api.tenants.create_tenant(request).await.called("opening a new book")?;
    // The other services know the tenant once they have read the event.
    api.wait_for_invoicing(&[Reader::Payments, Reader::Collections]).await
}

impl<'a> Poster<'a> {
    async fn day(&mut self, date: NaiveDate, day: &Day) -> anyhow::Result<()> {
        if !day.issued.is_empty() {
            self.customers_of(&day.issued).await?;
            self.issue(&day.issued).await?;
            self.open_disputes(date, &day.issued).await?;
        }
        if !day.paid.is_empty() {
            self.api.wait_for_invoicing(&[Reader::Payments]).await?;
            self.pay(&day.paid).await?;
            self.close_disputes(date, &day.paid).await?;
        }
        Ok(())
    }

    async fn customers_of(&mut self, issued: &[usize]) -> anyhow::Result<()> {
        let mut new: Vec<&'a str> = issued
            .iter()
            .map(|i| self.rows[*i].customer.as_str())
            .filter(|c| !self.customers.contains_key(c))
            .collect();
        new.sort_unstable();
        new.dedup();
        for chunk in new.chunks(MAX_BATCH) {
            let requests = chunk.iter().map(|customer| invoicing::CreateCustomerRequest {
                request_id: request_id(),
                customer: Some(invoicing::Customer {
                    number: (*customer).to_owned(),
                    name: (*customer).to_owned(),
                    ..invoicing::Customer::default()
                }),
            });
            let request = invoicing::BatchCreateCustomersRequest { requests: requests.collect(), ..Default::default() };
            let answer = self.api.customers.batch_create_customers(request).await.called("creating customers")?;
            for (customer, result) in chunk.iter().zip(answer.results) {
                match result.result.context("an entry without a result")? {
                    invoicing::customer_result::Result::Customer(made) => {
                        self.customers.insert(customer, made.customer_id);
                    }
                    invoicing::customer_result::Result::Error(status) => {
                        return Err(entry_error(&format!("customer {customer}"), &status));
                    }
                }
            }
        }
        Ok(())
    }

    async fn issue(&mut self, issued: &[usize]) -> anyhow::Result<()> {
        for chunk in issued.chunks(MAX_BATCH) {
            let requests = chunk.iter().map(|i| {
                let row = &self.rows[*i];
                invoicing::CreateAndIssueInvoiceRequest {
                    request_id: request_id(),
                    invoice: Some(invoice(row, &self.customers[row.customer.as_str()])),
                }
            });
            let request =
                invoicing::BatchCreateAndIssueInvoicesRequest { requests: requests.collect(), ..Default::default() };
            let answer = self.api.invoices.batch_create_and_issue_invoices(request).await.called("issuing invoices")?;
            for (i, result) in chunk.iter().zip(answer.results) {
                match result.result.context("an entry without a result")? {
                    invoicing::invoice_result::Result::Invoice(made) => self.items[*i] = Some(made.invoice_id),
                    invoicing::invoice_result::Result::Error(status) => {
                        return Err(entry_error(&format!("invoice {}", self.rows[*i].number), &status));
                    }
                }
            }
        }
        Ok(())
    }

    async fn open_disputes(&mut self, date: NaiveDate, issued: &[usize]) -> anyhow::Result<()> {
        let disputed: Vec<usize> = issued.iter().copied().filter(|i| self.rows[*i].disputed).collect();
        if disputed.is_empty() {
            return Ok(());
        }
        self.api.wait_for_invoicing(&[Reader::Collections]).await?;
        for i in disputed {
            let request = collections::OpenDisputeRequest {
                request_id: request_id(),
                item_id: self.items[i].clone().unwrap_or_default(),
                opened_on: date.to_string(),
                ..collections::OpenDisputeRequest::default()
            };
            let dispute = self
                .api
                .disputes
                .open_dispute(request)
                .await
                .called(&format!("disputing invoice {}", self.rows[i].number))?;
            self.disputes.insert(i, dispute.dispute_id);
        }
        Ok(())
    }

    /// The payer quotes only the document's number: the matching engine must find the item.
    async fn pay(&mut self, paid: &[usize]) -> anyhow::Result<()> {
        for chunk in paid.chunks(MAX_BATCH) {
            let requests = chunk.iter().map(|i| {
                let row = &self.rows[*i];
                let payment = payments::Payment {
                    amount: Some(money(row.amount)),
                    received_on: row.paid_on.map(|on| on.to_string()).unwrap_or_default(),
                    method: payments::PaymentMethod::Transfer.into(),
                    payer_name: row.customer.clone(),
                    text: row.number.clone(),
                    ..payments::Payment::default()
                };
                payments::RecordPaymentRequest { request_id: request_id(), payment: Some(payment) }
            });
            let request = payments::BatchRecordPaymentsRequest { requests: requests.collect(), ..Default::default() };
            let answer = self.api.payments.batch_record_payments(request).await.called("recording payments")?;
            for (i, result) in chunk.iter().zip(answer.results) {
                if let Some(payments::payment_result::Result::Error(status)) = result.result {
                    return Err(entry_error(&format!("payment of invoice {}", self.rows[*i].number), &status));
                }
            }
        }
        Ok(())
    }

    async fn close_disputes(&mut self, date: NaiveDate, paid: &[usize]) -> anyhow::Result<()> {
        for i in paid {
            let Some(dispute_id) = self.disputes.remove(i) else { continue };
            let request = collections::ResolveDisputeRequest {
                request_id: request_id(),
                dispute_id,
                outcome: collections::DisputeOutcome::Paid.into(),
                resolved_on: date.to_string(),
            };
            self.api
                .disputes
                .resolve_dispute(request)
                .await
                .called(&format!("closing the dispute over invoice {}", self.rows[*i].number))?;
        }
        Ok(())
    }
}

/// A migrated document: one line over its amount, tax unknown, with its original number and dates.
fn invoice(row: &Row, customer_id: &str) -> invoicing::Invoice {
    let amount: Money = row.amount;
    let line = invoicing::InvoiceLine {
        description: "As invoiced".to_owned(),
        quantity: "1".to_owned(),
        unit_price: amount.amount_text(),
        tax_category: "O".to_owned(),
        tax_rate: "0".to_owned(),
        ..invoicing::InvoiceLine::default()
    };
    invoicing::Invoice {
        customer_id: customer_id.to_owned(),
        currency_code: amount.currency().code().to_owned(),
        lines: vec![line],
        external_number: row.number.clone(),
        issued_on: row.issued_on.to_string(),
        due_on: row.due_on.to_string(),
        ..invoicing::Invoice::default()
    }
}
