//! The report of a replay: fields of reporting's responses under the report's names. Nothing is computed here.

use std::collections::BTreeSet;

use anyhow::Context as _;
use chrono::NaiveDate;
use quittance_proto::{common::v1::Money, reporting::v1 as pb};
use serde::Serialize;

use super::judge::{Book, Rejected};
use crate::api::{Api, Called as _};

/// The whole report.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    rows: usize,
    rejected: Vec<Rejected>,
    reports: Vec<OnDate>,
}

#[derive(Debug, Serialize)]
struct OnDate {
    on: String,
    currency: String,
    open_total: String,
    open_count: i32,
    aging: Aging,
    disputed_total: String,
    unapplied_total: String,
    invoiced_to_date: String,
    paid_to_date: String,
    dso_period_90: Option<String>,
    dso_countback: Option<String>,
    dso_countback_is_lower_bound: bool,
    cei_3_months: Option<String>,
    average_days_late: Option<String>,
    average_days_to_pay: Option<String>,
    customers: Vec<Customer>,
}

#[derive(Debug, Serialize)]
struct Aging {
    not_due: String,
    #[serde(rename = "1-30")]
    days_1_to_30: String,
    #[serde(rename = "31-60")]
    days_31_to_60: String,
    #[serde(rename = "61-90")]
    days_61_to_90: String,
    over_90: String,
}

#[derive(Debug, Serialize)]
struct Customer {
    #[serde(rename = "customer")]
    name: String,
    open_total: String,
    aging: Aging,
}

/// Queries reporting for every date, in the order given, and every currency of the accepted rows, alphabetically.
pub(super) async fn make(api: &mut Api, book: &Book, dates: &[NaiveDate]) -> anyhow::Result<Report> {
    let currencies: BTreeSet<&str> = book.rows.iter().map(|row| row.amount.currency().code()).collect();
    let mut reports = Vec::with_capacity(dates.len() * currencies.len());
    for on in dates {
        for currency in &currencies {
            reports
                .push(on_date(api, *on, currency).await.with_context(|| format!("reporting on {on} in {currency}"))?);
        }
    }
    Ok(Report { rows: book.rows.len(), rejected: book.rejected.clone(), reports })
}

async fn on_date(api: &mut Api, on: NaiveDate, currency: &str) -> anyhow::Result<OnDate> {
    let (effective_on, currency_code) = (on.to_string(), currency.to_owned());
    let request = pb::GetAgingRequest {
        effective_on: effective_on.clone(),
        currency_code: currency_code.clone(),
        known_at: None,
    };
    let balances = api.reports.get_aging(request).await.called("GetAging")?;
    let request =
        pb::GetKpisRequest { effective_on: effective_on.clone(), currency_code: currency_code.clone(), known_at: None };
    let kpis = api.reports.get_kpis(request).await.called("GetKpis")?;
    let countback = kpis.dso_countback.unwrap_or_default();
    Ok(OnDate {
        open_total: amount(balances.open_total),
        open_count: balances.open_count,
        aging: aging(balances.aging),
        disputed_total: amount(balances.disputed),
        unapplied_total: amount(balances.unapplied),
        invoiced_to_date: amount(kpis.invoiced_to_date),
        paid_to_date: amount(kpis.paid_to_date),
        dso_period_90: value(kpis.dso_period_90),
        dso_countback_is_lower_bound: countback.is_lower_bound,
        dso_countback: value(Some(countback)),
        cei_3_months: value(kpis.cei_3_months),
        average_days_late: value(kpis.average_days_late),
        average_days_to_pay: value(kpis.average_days_to_pay),
        customers: customers(api, &effective_on, &currency_code).await?,
        on: effective_on,
        currency: currency_code,
    })
}

/// The customers with open balances, page by page.
async fn customers(api: &mut Api, effective_on: &str, currency_code: &str) -> anyhow::Result<Vec<Customer>> {
    let mut customers = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListCustomerAgingRequest {
            effective_on: effective_on.to_owned(),
            currency_code: currency_code.to_owned(),
            page_size: 1_000,
            page_token,
            known_at: None,
        };
        let page = api.reports.list_customer_aging(request).await.called("ListCustomerAging")?;
        let open = page.customers.into_iter().filter(|customer| customer.open_count > 0);
        customers.extend(open.map(|c| Customer {
            name: c.customer_name,
            open_total: amount(c.open_total),
            aging: aging(c.aging),
        }));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            customers.sort_by(|a, b| a.name.cmp(&b.name));
            return Ok(customers);
        }
    }
}

fn amount(money: Option<Money>) -> String {
    money.unwrap_or_default().amount
}

/// A figure, or null if undefined.
fn value(metric: Option<pb::Metric>) -> Option<String> {
    metric.map(|m| m.value).filter(|value| !value.is_empty())
}

fn aging(aging: Option<pb::Aging>) -> Aging {
    let aging = aging.unwrap_or_default();
    Aging {
        not_due: amount(aging.not_due),
        days_1_to_30: amount(aging.days_1_to_30),
        days_31_to_60: amount(aging.days_31_to_60),
        days_61_to_90: amount(aging.days_61_to_90),
        over_90: amount(aging.over_90),
    }
}
