//! Reports as messages: reads the inputs from one snapshot, computes, and returns both.

use chrono::{DateTime, Duration, NaiveDate, NaiveTime, Utc};
use quittance_db::{DbError, Found, Invariant, Tx};
use quittance_kernel::{Currency, CustomerId, Money, TenantId, last_day_of_month, month_start};
use quittance_proto::{common::v1 as common, instant, money, reporting::v1 as pb};
use rust_decimal::Decimal;

use crate::{
    App, Error,
    db::{
        self,
        aging::{AgingRow, CustomerQuery, CustomerRow},
    },
    domain::{
        AsOf,
        kpi::{self, CeiInputs, Metric},
    },
};

/// Days of the window of `DSO_PERIOD`.
const PERIOD_DAYS: i64 = 90;
/// An allocation known from one side only for longer than this is a violation, not in flight.
const IN_FLIGHT_MINUTES: i64 = 5;
/// The number of month ends, from the newest, at which the partition of the open balance is checked: of effective dates, and of knowledge.
const CHECKED_MONTHS: usize = 24;

fn amount(value: Decimal, currency: Currency) -> Result<common::Money, Error> {
    let read = Money::from_sum(value, currency);
    let read =
        read.map_err(|error| DbError::Corrupt { table: "entry", id: uuid::Uuid::nil(), why: error.to_string() })?;
    Ok(money(read))
}

fn buckets(row: &AgingRow, currency: Currency) -> Result<pb::Aging, Error> {
    Ok(pb::Aging {
        not_due: Some(amount(row.not_due, currency)?),
        days_1_to_30: Some(amount(row.days_1_to_30, currency)?),
        days_31_to_60: Some(amount(row.days_31_to_60, currency)?),
        days_61_to_90: Some(amount(row.days_61_to_90, currency)?),
        over_90: Some(amount(row.over_90, currency)?),
    })
}

/// What is requested: a date, or today in the tenant's time zone, and what was known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Requested {
    pub(super) on: Option<NaiveDate>,
    pub(super) known_at: Option<DateTime<Utc>>,
}

impl Requested {
    pub(super) async fn as_of(self, app: &App, tenant: TenantId) -> Result<AsOf, Error> {
        Ok(AsOf { on: app.date_or_today(tenant, self.on).await?, known_at: self.known_at })
    }
}

/// How far the events of each area were read.
async fn watermarks(tx: &mut Tx) -> Result<Vec<common::Subscription>, Error> {
    let status = quittance_events::tenant_stream_status(tx).await?;
    Ok(quittance_grpc::stream_status(status, 0)?.subscriptions)
}

/// The same of a report as known at an instant, which is final up to them; none where everything counts that is known now.
pub(super) async fn watermarks_of(tx: &mut Tx, as_of: AsOf) -> Result<Vec<common::Subscription>, Error> {
    if as_of.known_at.is_some() { watermarks(tx).await } else { Ok(Vec::new()) }
}

/// Balances on a date.
pub(super) async fn aging_report(
    app: &App,
    tenant: TenantId,
    requested: Requested,
    currency: Currency,
) -> Result<pb::AgingReport, Error> {
    let mut tx = app.view(tenant).await?;
    // From the same snapshot: the report shows exactly what was applied up to them.
    let watermarks = watermarks(&mut tx).await?;
    let as_of = requested.as_of(app, tenant).await?;
    let row = db::aging::total(&mut tx, currency, as_of).await?;
    Ok(pb::AgingReport {
        effective_on: as_of.on.to_string(),
        known_at: as_of.known_at.map(instant),
        open_total: Some(amount(row.open_total, currency)?),
        open_count: row.open_count,
        aging: Some(buckets(&row, currency)?),
        disputed: Some(amount(row.disputed, currency)?),
        unapplied: Some(amount(row.unapplied, currency)?),
        credits: Some(amount(row.credits, currency)?),
        past_due_count: row.past_due_count,
        watermarks,
    })
}

/// A customer's balances.
pub(super) fn customer(row: &CustomerRow, currency: Currency) -> Result<pb::CustomerAging, Error> {
    Ok(pb::CustomerAging {
        customer_id: row.id.to_string(),
        customer_number: row.number.clone(),
        customer_name: row.name.clone(),
        open_total: Some(amount(row.aging.open_total, currency)?),
        open_count: row.aging.open_count,
        aging: Some(buckets(&row.aging, currency)?),
        disputed: Some(amount(row.aging.disputed, currency)?),
        unapplied: Some(amount(row.aging.unapplied, currency)?),
        credits: Some(amount(row.aging.credits, currency)?),
    })
}

/// The balances of one customer, in every currency.
pub(super) async fn customer_balance(
    app: &App,
    tenant: TenantId,
    id: CustomerId,
    requested: Requested,
) -> Result<pb::CustomerBalance, Error> {
    let mut tx = app.view(tenant).await?;
    if !db::party::customer_exists(&mut tx, id).await? {
        return Err(Error::CustomerNotFound(id));
    }
    let as_of = requested.as_of(app, tenant).await?;
    let watermarks = watermarks_of(&mut tx, as_of).await?;
    let mut balances = Vec::new();
    for (code, row) in db::aging::of_customer(&mut tx, id, as_of).await? {
        let Ok(currency) = Currency::parse(&code) else { continue };
        balances.push(customer(&row, currency)?);
    }
    Ok(pb::CustomerBalance {
        customer_id: id.to_string(),
        effective_on: as_of.on.to_string(),
        known_at: as_of.known_at.map(instant),
        balances,
        watermarks,
    })
}

fn metric(metric: Metric) -> pb::Metric {
    pb::Metric {
        formula: metric.formula.to_owned(),
        value: metric.value.unwrap_or_default(),
        numerator: metric.numerator.to_string(),
        denominator: metric.denominator.to_string(),
        days: metric.days,
        documents: metric.documents,
        is_lower_bound: metric.is_lower_bound,
    }
}

/// Key figures on a date.
pub(super) async fn kpis(
    app: &App,
    tenant: TenantId,
    requested: Requested,
    currency: Currency,
) -> Result<pb::KpiReport, Error> {
    let mut tx = app.view(tenant).await?;
    let tx = &mut tx;
    let watermarks = watermarks(tx).await?;
    let as_of = requested.as_of(app, tenant).await?;
    let on = as_of.on;
    let aging = db::aging::total(tx, currency, as_of).await?;
    let to_date = db::kpi::to_date(tx, currency, as_of).await?;
    let sales90 = db::kpi::sales(tx, currency, on - Duration::days(PERIOD_DAYS - 1), as_of).await?;
    let months = db::kpi::sales_by_month(tx, currency, as_of).await?;
    let paid = db::kpi::paid_days(tx, currency, as_of).await?;
    let cei = cei(tx, currency, as_of, &aging).await?;
    Ok(pb::KpiReport {
        effective_on: on.to_string(),
        known_at: as_of.known_at.map(instant),
        currency_code: currency.code().to_owned(),
        dso_period_90: Some(metric(kpi::dso_period(aging.open_total, sales90.amount).over(sales90.documents))),
        dso_countback: Some(metric(kpi::dso_countback(aging.open_total, &months, on).over(aging.open_count))),
        cei_3_months: Some(metric(cei)),
        average_days_late: Some(metric(kpi::average_days_late(paid.days_late, paid.items))),
        average_days_to_pay: Some(metric(kpi::average_days_to_pay(paid.days_to_pay, paid.items))),
        invoiced_to_date: Some(amount(to_date.invoiced, currency)?),
        paid_to_date: Some(amount(to_date.paid, currency)?),
        discounted_to_date: Some(amount(to_date.discounted, currency)?),
        credited_to_date: Some(amount(to_date.credited, currency)?),
        small_differences_to_date: Some(amount(to_date.small_differences, currency)?),
        bad_debt_to_date: Some(amount(to_date.bad_debt, currency)?),
        watermarks,
    })
}

async fn cei(tx: &mut Tx, currency: Currency, as_of: AsOf, ending: &AgingRow) -> Result<Metric, Error> {
    let (start, days) = kpi::cei_window(as_of.on);
    let sales = db::kpi::sales(tx, currency, start, as_of).await?;
    // What was withdrawn in the window was never to be collected.
    let before = as_of.on(start - Duration::days(1));
    let beginning = db::kpi::open_total(tx, currency, before).await? - sales.withdrawn_before;
    let inputs = CeiInputs {
        beginning,
        sales: sales.amount,
        ending_total: ending.open_total,
        ending_not_due: ending.not_due,
        days,
    };
    Ok(kpi::cei(inputs).over(sales.documents))
}

/// Checks the invariants that reporting can see.
pub(crate) async fn invariants(app: &App, tenant: TenantId) -> Result<Vec<Invariant>, Error> {
    let settled_before = app.clock().now() - Duration::minutes(IN_FLIGHT_MINUTES);
    let mut tx = app.view_sums(tenant).await?;
    let allocations = db::verify::allocations(&mut tx, settled_before).await?;
    let today = app.date_or_today(tenant, None).await?;
    let bounds = db::verify::items_out_of_bounds(&mut tx, today).await?;
    let partition = partition(&mut tx, today, app.now()).await?;
    Ok(vec![
        Invariant {
            number: 3,
            rule: "what payments says it applied is what invoicing says was settled, per allocation",
            found: allocations,
        },
        Invariant { number: 5, rule: "no item has an open balance below zero or above its amount", found: bounds },
        Invariant {
            number: 5,
            rule: "aging buckets, in total and per customer, sum to the open balance today and at each month end, as known now and as known then",
            found: partition,
        },
    ])
}

/// Compares the buckets with a sum independent of items: today and at month ends as known now, and at month ends as known then.
async fn partition(tx: &mut Tx, today: NaiveDate, now: DateTime<Utc>) -> Result<Found, Error> {
    let mut found = Found { checked: 0, violations: 0, examples: vec![] };
    let Some((first, last)) = db::verify::history(tx).await? else { return Ok(found) };
    let mut points = vec![AsOf { on: today.max(last), known_at: None }];
    points.extend(month_ends(last, first).map(|on| AsOf { on, known_at: None }));
    if let Some(first) = db::verify::first_known_at(tx).await? {
        // A month's end is known at the instant after its last day, by UTC.
        let ends = month_ends(now.date_naive(), first.date_naive());
        points.extend(
            ends.map(|on| AsOf { on, known_at: Some((on + Duration::days(1)).and_time(NaiveTime::MIN).and_utc()) }),
        );
    }
    for code in db::party::currencies(tx).await? {
        let Ok(currency) = Currency::parse(&code) else { continue };
        for as_of in &points {
            let row = db::aging::total(tx, currency, *as_of).await?;
            let buckets = row.not_due + row.days_1_to_30 + row.days_31_to_60 + row.days_61_to_90 + row.over_90;
            let total = db::kpi::open_total(tx, currency, *as_of).await?;
            let query = CustomerQuery { as_of: *as_of, currency, after: None, limit: i64::MAX };
            let customers: Decimal =
                db::aging::by_customer(tx, &query).await?.iter().map(|row| row.aging.open_total).sum();
            found.checked += 1;
            if buckets != total || row.open_total != total || customers != total {
                let known = as_of.known_at.map_or_else(|| "now".to_owned(), |at| at.to_rfc3339());
                found.violations += 1;
                found.examples.push(format!(
                    "{} {code} as known {known}: buckets {buckets}, customers {customers}, entries {total}",
                    as_of.on
                ));
            }
        }
    }
    found.examples.truncate(20);
    Ok(found)
}

/// The month ends before the month of `last` and not before that of `first`, newest first.
fn month_ends(last: NaiveDate, first: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    let mut month = month_start(last);
    std::iter::from_fn(move || {
        let end = (month > first).then(|| month - Duration::days(1))?;
        month = month_start(end);
        Some(last_day_of_month(end))
    })
    .take(CHECKED_MONTHS)
}
