//! Posts the year day by day.

mod receive;

use std::collections::BTreeMap;

use anyhow::Context as _;
use chrono::{Datelike as _, NaiveDate, Weekday};
use quittance_proto::{
    collections::v1 as collections, common::v1 as common, creditrisk::v1 as credit, invoicing::v1 as pb,
};

use super::plan::{TERMS, Year};
use crate::{
    api::{Api, Called as _, Reader, entry_error, request_id},
    progress,
};

/// Counts for the summary.
#[derive(Debug, Default)]
pub(super) struct Posted {
    /// Orders that were refused credit.
    pub(super) orders_refused: usize,
    /// Orders that got credit.
    pub(super) orders_reserved: usize,
    /// Lines of bank files recorded as payments, and known lines.
    pub(super) file_lines: (i32, i32),
    /// Reminders by step.
    pub(super) reminders: BTreeMap<(i32, String), usize>,
}

/// One day's work: indexes into the year's lists.
#[derive(Debug, Default)]
struct Day {
    issued: Vec<usize>,
    paid: Vec<(usize, usize)>,
    credited: Vec<usize>,
    opened: Vec<usize>,
    resolved: Vec<usize>,
    strangers: Vec<usize>,
}

struct Poster<'a> {
    api: &'a mut Api,
    year: &'a Year,
    customers: Vec<String>,
    invoices: Vec<Option<pb::Invoice>>,
    disputes: BTreeMap<usize, String>,
    posted: Posted,
}

/// Posts the year to a new tenant.
pub(super) async fn post(api: &mut Api, year: &Year) -> anyhow::Result<Posted> {
    open_book(api).await?;
    let customers = create_customers(api, year).await?;
    let mut days: BTreeMap<NaiveDate, Day> = BTreeMap::new();
    for (i, invoice) in year.invoices.iter().enumerate() {
        days.entry(invoice.issued_on).or_default().issued.push(i);
        for (p, payment) in invoice.payments.iter().enumerate() {
            days.entry(payment.on).or_default().paid.push((i, p));
        }
        if let Some(on) = invoice.credited_on {
            days.entry(on).or_default().credited.push(i);
        }
        if let Some((opened, resolved)) = invoice.disputed {
            days.entry(opened).or_default().opened.push(i);
            if let Some(resolved) = resolved {
                days.entry(resolved).or_default().resolved.push(i);
            }
        }
    }
    for (i, stranger) in year.strangers.iter().enumerate() {
        days.entry(stranger.on).or_default().strangers.push(i);
    }
    let bar = progress::bar(usize::try_from((year.last - year.first).num_days() + 1)?, "living through the year");
    let invoices = vec![None; year.invoices.len()];
    let mut poster = Poster { api, year, customers, invoices, disputes: BTreeMap::new(), posted: Posted::default() };
    for date in year.first.iter_days().take_while(|date| *date <= year.last) {
        let day = days.remove(&date).unwrap_or_default();
        poster.day(date, &day).await.with_context(|| format!("what happened on {date}"))?;
        if date.weekday() == Weekday::Mon || date == year.last {
            poster.remind(date).await?;
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(poster.posted)
}

async fn open_book(api: &mut Api) -> anyhow::Result<()> {
    let tenant = pb::Tenant {
        name: "Northwind Machinery GmbH".to_owned(),
        address: Some(common::Address {
            lines: vec!["Hafenstrasse 12".to_owned()],
            postal_code: "20457".to_owned(),
            city: "Hamburg".to_owned(),
            country_code: "DE".to_owned(),
        }),
        tax_id: "DE123456789".to_owned(),
        base_currency_code: "EUR".to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        enquiries: Some(pb::Enquiries {
            name: "Accounts receivable".to_owned(),
            email: "receivables@northwind.example".to_owned(),
            phone: "+49 40 555 0100".to_owned(),
        }),
        late_payment_consequences:
            "From the day after the due date we charge interest at the statutory rate (Directive 2011/7/EU).".to_owned(),
        bank_account: "DE02 1203 0000 0000 2020 51".to_owned(),
        terms_and_conditions: "Goods remain ours until they are paid. Place of jurisdiction is Hamburg.".to_owned(),
        ..pb::Tenant::default()
    };
    api.tenants
        .create_tenant(pb::CreateTenantRequest { request_id: request_id(), tenant: Some(tenant) })
        .await
        .called("opening the book")?;
    api.wait_for_invoicing(&[Reader::Collections, Reader::Payments, Reader::CreditRisk]).await?;
    let request = collections::CreateStrategyRequest {
        request_id: request_id(),
        strategy: Some(quittance_collections::standard_strategy()),
    };
    api.strategies.create_strategy(request).await.called("creating the dunning strategy")?;
    Ok(())
}

async fn create_customers(api: &mut Api, year: &Year) -> anyhow::Result<Vec<String>> {
    let mut terms = Vec::new();
    for (code, net_days, discount) in TERMS {
        let discounts = discount.map(|(days, percent)| pb::EarlyPaymentDiscount { days, percent: percent.to_owned() });
        let made = pb::Terms {
            code: code.to_owned(),
            payment_terms: Some(pb::PaymentTerms {
                net_days,
                discounts: discounts.into_iter().collect(),
                ..Default::default()
            }),
            ..pb::Terms::default()
        };
        let request = pb::CreateTermsRequest { request_id: request_id(), terms: Some(made) };
        terms.push(api.customers.create_terms(request).await.called("creating terms")?.terms_id);
    }
    let requests = year.customers.iter().map(|customer| pb::CreateCustomerRequest {
        request_id: request_id(),
        customer: Some(pb::Customer {
            number: customer.number.clone(),
            name: customer.name.clone(),
            terms_id: terms[customer.terms].clone(),
            bank_accounts: vec![customer.account.clone()],
            contacts: vec![pb::Contact {
                name: customer.person.to_owned(),
                email: format!("payables@{}.example", customer.number.to_lowercase()),
                pays_invoices: true,
                ..pb::Contact::default()
            }],
            ..pb::Customer::default()
        }),
    });
    let mut ids = Vec::new();
    for chunk in requests.collect::<Vec<_>>().chunks(quittance_grpc::MAX_BATCH) {
        let request = pb::BatchCreateCustomersRequest { requests: chunk.to_vec(), ..Default::default() };
        for result in api.customers.batch_create_customers(request).await.called("creating customers")?.results {
            match result.result.context("an entry without a result")? {
                pb::customer_result::Result::Customer(made) => ids.push(made.customer_id),
                pb::customer_result::Result::Error(status) => return Err(entry_error("a customer", &status)),
            }
        }
    }
    api.wait_for_invoicing(&[Reader::CreditRisk]).await?;
    for (customer, id) in year.customers.iter().zip(&ids) {
        let Some(limit) = customer.limit else { continue };
        let limit = Some(common::Money { currency_code: customer.currency.to_owned(), amount: limit.to_string() });
        let profile = credit::CreditProfile { customer_id: id.clone(), limit, ..credit::CreditProfile::default() };
        let request = credit::CreateProfileRequest { request_id: request_id(), profile: Some(profile) };
        api.credit.create_profile(request).await.called("giving credit")?;
    }
    Ok(ids)
}

impl Poster<'_> {
    async fn day(&mut self, date: NaiveDate, day: &Day) -> anyhow::Result<()> {
        if !day.issued.is_empty() {
            self.issue(&day.issued).await?;
        }
        self.api.wait_for_invoicing(&[Reader::Payments, Reader::Collections]).await?;
        for i in &day.opened {
            self.open_dispute(date, *i).await?;
        }
        for i in &day.credited {
            let request = pb::CreditInvoiceRequest {
                request_id: request_id(),
                invoice_id: self.invoice(*i)?.invoice_id.clone(),
                reason: pb::CreditReason::Return.into(),
                issued_on: date.to_string(),
                ..Default::default()
            };
            self.api.credit_notes.credit_invoice(request).await.called("crediting")?;
        }
        self.receive(date, day).await?;
        for i in &day.resolved {
            let Some(dispute_id) = self.disputes.remove(i) else { continue };
            let request = collections::ResolveDisputeRequest {
                request_id: request_id(),
                dispute_id,
                outcome: collections::DisputeOutcome::Rejected.into(),
                resolved_on: date.to_string(),
            };
            self.api.disputes.resolve_dispute(request).await.called("resolving a dispute")?;
        }
        Ok(())
    }

    fn invoice(&self, i: usize) -> anyhow::Result<&pb::Invoice> {
        self.invoices[i].as_ref().context("it was not issued")
    }

    async fn issue(&mut self, issued: &[usize]) -> anyhow::Result<()> {
        let mut requests = Vec::new();
        for i in issued {
            let planned = &self.year.invoices[*i];
            let lines = planned.lines.iter().map(|line| pb::InvoiceLine {
                description: line.description.to_owned(),
                quantity: line.quantity.clone(),
                unit: line.unit.to_owned(),
                unit_price: line.unit_price.clone(),
                tax_category: line.tax.0.to_owned(),
                tax_rate: line.tax.1.to_owned(),
                ..pb::InvoiceLine::default()
            });
            let invoice = pb::Invoice {
                customer_id: self.customers[planned.customer].clone(),
                currency_code: self.year.customers[planned.customer].currency.to_owned(),
                lines: lines.collect(),
                issued_on: planned.issued_on.to_string(),
                reservation_id: if planned.ordered { self.order(*i).await? } else { String::new() },
                ..pb::Invoice::default()
            };
            requests.push(pb::CreateAndIssueInvoiceRequest { request_id: request_id(), invoice: Some(invoice) });
        }
        let request = pb::BatchCreateAndIssueInvoicesRequest { requests, ..Default::default() };
        let answer = self.api.invoices.batch_create_and_issue_invoices(request).await.called("issuing")?;
        for (i, result) in issued.iter().zip(answer.results) {
            match result.result.context("an entry without a result")? {
                pb::invoice_result::Result::Invoice(invoice) => self.invoices[*i] = Some(invoice),
                pb::invoice_result::Result::Error(status) => return Err(entry_error("an invoice", &status)),
            }
            if self.year.invoices[*i].delivered {
                let request = pb::DeliverInvoiceRequest {
                    request_id: request_id(),
                    invoice_id: self.invoice(*i)?.invoice_id.clone(),
                    channel: pb::DeliveryChannel::Email.into(),
                    ..pb::DeliverInvoiceRequest::default()
                };
                self.api.invoices.deliver_invoice(request).await.called("delivering")?;
            }
        }
        Ok(())
    }

    /// Reserves credit before the delivery. If it is refused the goods are delivered all the same.
    async fn order(&mut self, i: usize) -> anyhow::Result<String> {
        let planned = &self.year.invoices[i];
        let request = credit::AuthorizeOrderRequest {
            request_id: request_id(),
            customer_id: self.customers[planned.customer].clone(),
            amount: Some(common::Money {
                currency_code: self.year.customers[planned.customer].currency.to_owned(),
                amount: "2500".to_owned(),
            }),
            order_reference: format!("SO-{i:05}"),
            time_to_live: None,
        };
        match self.api.reservations.authorize_order(request).await {
            Ok(reserved) => {
                let reservation_id = reserved.into_inner().reservation_id;
                let request = credit::ConfirmReservationRequest {
                    request_id: request_id(),
                    reservation_id: reservation_id.clone(),
                };
                self.api.reservations.confirm_reservation(request).await.called("confirming an order")?;
                self.posted.orders_reserved += 1;
                Ok(reservation_id)
            }
            Err(status)
                if quittance_grpc::error_info(&status).is_some_and(|info| info.reason == "CREDIT_LIMIT_EXCEEDED") =>
            {
                self.posted.orders_refused += 1;
                Ok(String::new())
            }
            Err(status) => Err(anyhow::anyhow!(crate::call::describe(&status))),
        }
    }

    async fn open_dispute(&mut self, date: NaiveDate, i: usize) -> anyhow::Result<()> {
        let request = collections::OpenDisputeRequest {
            request_id: request_id(),
            item_id: self.invoice(i)?.invoice_id.clone(),
            reason: collections::DisputeReason::Quality.into(),
            note: "The goods were not as ordered.".to_owned(),
            opened_on: date.to_string(),
        };
        let dispute = self.api.disputes.open_dispute(request).await.called("opening a dispute")?;
        self.disputes.insert(i, dispute.dispute_id);
        Ok(())
    }

    async fn remind(&mut self, date: NaiveDate) -> anyhow::Result<()> {
        self.api.wait_for_invoicing(&[Reader::Collections]).await?;
        let request = collections::StartDunningRequest {
            request_id: request_id(),
            as_of: date.to_string(),
            strategy_id: String::new(),
        };
        let run = self.api.dunning.start_dunning(request).await.called("reminding")?;
        let request = common::WatchRunRequest { run_id: run.run_id.clone() };
        let mut watched = self.api.runs.watch_run(request).await.called("watching the run")?;
        while watched.message().await?.is_some() {}
        let mut page_token = String::new();
        loop {
            let request = collections::ListRemindersRequest {
                run_id: run.run_id.clone(),
                page_size: 1_000,
                page_token,
                ..Default::default()
            };
            let page = self.api.dunning.list_reminders(request).await.called("listing reminders")?;
            for reminder in page.reminders {
                *self.posted.reminders.entry((reminder.offset_days, reminder.step_name)).or_default() += 1;
            }
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(());
            }
        }
    }
}
