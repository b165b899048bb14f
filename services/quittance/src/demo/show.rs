//! The summary of the year for a credit manager. Every figure is a field of a response; nothing is computed here.

use quittance_proto::{
    collections::v1 as collections, common::v1::Money, payments::v1 as payments, reporting::v1 as pb,
};

use super::{plan::Year, post::Posted};
use crate::api::{Api, Called as _};

/// The number of customers shown per currency: those with the largest balances.
const SHOWN: usize = 12;

/// Prints the state of the receivables.
pub(super) async fn show(api: &mut Api, year: &Year, posted: &Posted) -> anyhow::Result<()> {
    let on = year.last.to_string();
    let currencies = api
        .reports
        .list_currencies(pb::ListCurrenciesRequest::default())
        .await
        .called("ListCurrencies")?
        .currency_codes;
    for currency in &currencies {
        owed(api, &on, currency).await?;
        figures(api, &on, currency).await?;
    }
    matching(api).await?;
    println!("  bank files: {} lines recorded, {} already known", posted.file_lines.0, posted.file_lines.1);
    println!(
        "\nCredit\n  {} orders reserved, {} refused: the limit was reached",
        posted.orders_reserved, posted.orders_refused
    );
    reminders(api, posted).await
}

fn amount(money: &Option<Money>) -> &str {
    money.as_ref().map_or("", |money| money.amount.as_str())
}

async fn owed(api: &mut Api, on: &str, currency: &str) -> anyhow::Result<()> {
    let request =
        pb::GetAgingRequest { effective_on: on.to_owned(), currency_code: currency.to_owned(), known_at: None };
    let total = api.reports.get_aging(request).await.called("GetAging")?;
    let mut customers = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListCustomerAgingRequest {
            effective_on: on.to_owned(),
            currency_code: currency.to_owned(),
            page_size: 1_000,
            page_token,
            known_at: None,
        };
        let page = api.reports.list_customer_aging(request).await.called("ListCustomerAging")?;
        customers.extend(page.customers);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let owes = |customer: &pb::CustomerAging| {
        amount(&customer.open_total).parse::<rust_decimal::Decimal>().unwrap_or_default()
    };
    customers.sort_by_key(|customer| std::cmp::Reverse(owes(customer)));
    println!("\nWho owes what on {on}, {currency}");
    println!(
        "  {:<34} {:>13} {:>13} {:>12} {:>12} {:>12} {:>12} {:>12}",
        "", "open", "not due", "1-30", "31-60", "61-90", "over 90", "disputed"
    );
    let row = |name: &str, open: &Option<Money>, aging: Option<&pb::Aging>, disputed: &Option<Money>| {
        let aging = aging.cloned().unwrap_or_default();
        println!(
            "  {:<34} {:>13} {:>13} {:>12} {:>12} {:>12} {:>12} {:>12}",
            name,
            amount(open),
            amount(&aging.not_due),
            amount(&aging.days_1_to_30),
            amount(&aging.days_31_to_60),
            amount(&aging.days_61_to_90),
            amount(&aging.over_90),
            amount(disputed)
        );
    };
    for customer in customers.iter().take(SHOWN) {
        row(
            &format!("{} {}", customer.customer_number, customer.customer_name),
            &customer.open_total,
            customer.aging.as_ref(),
            &customer.disputed,
        );
    }
    if customers.len() > SHOWN {
        println!("  and {} more customers", customers.len() - SHOWN);
    }
    row(&format!("all {} open items", total.open_count), &total.open_total, total.aging.as_ref(), &total.disputed);
    println!(
        "  {} items past due; {} {currency} received and not applied",
        total.past_due_count,
        amount(&total.unapplied)
    );
    Ok(())
}

async fn figures(api: &mut Api, on: &str, currency: &str) -> anyhow::Result<()> {
    let request =
        pb::GetKpisRequest { effective_on: on.to_owned(), currency_code: currency.to_owned(), known_at: None };
    let kpis = api.reports.get_kpis(request).await.called("GetKpis")?;
    let value = |metric: &Option<pb::Metric>| {
        metric.as_ref().map(|m| m.value.clone()).filter(|v| !v.is_empty()).unwrap_or_else(|| "undefined".to_owned())
    };
    println!("\nKey figures on {on}, {currency}");
    println!("  DSO, 90 days             {:>10} days", value(&kpis.dso_period_90));
    println!("  DSO, countback           {:>10} days", value(&kpis.dso_countback));
    println!("  CEI, three months        {:>10} %", value(&kpis.cei_3_months));
    println!("  average days late        {:>10} days", value(&kpis.average_days_late));
    println!("  average days to pay      {:>10} days", value(&kpis.average_days_to_pay));
    println!(
        "  invoiced {:>14}, paid {:>14}, discounts {:>11}, credited {:>11}",
        amount(&kpis.invoiced_to_date),
        amount(&kpis.paid_to_date),
        amount(&kpis.discounted_to_date),
        amount(&kpis.credited_to_date)
    );
    Ok(())
}

async fn matching(api: &mut Api) -> anyhow::Result<()> {
    let statistics = api
        .payments
        .get_matching_statistics(payments::GetMatchingStatisticsRequest::default())
        .await
        .called("GetMatchingStatistics")?;
    println!("\nMatched automatically");
    for currency in &statistics.currencies {
        println!(
            "  {}: {} of {} payments in full, {} of {} by value",
            currency.currency_code,
            currency.matched_payments,
            currency.payments,
            amount(&currency.matched_amount),
            amount(&currency.amount)
        );
        for rule in &currency.rules {
            println!(
                "      by {:<28} {:>6} allocations {:>15}",
                label(rule.rule().as_str_name(), "MATCH_RULE_"),
                rule.allocations,
                amount(&rule.amount)
            );
        }
        for left in &currency.unapplied {
            println!(
                "      not applied, {:<18} {:>6} payments    {:>15}",
                label(left.reason().as_str_name(), "UNAPPLIED_REASON_"),
                left.payments,
                amount(&left.amount)
            );
        }
    }
    Ok(())
}

/// The name of a constant in words.
fn label(name: &str, prefix: &str) -> String {
    name.trim_start_matches(prefix).replace('_', " ").to_lowercase()
}

async fn reminders(api: &mut Api, posted: &Posted) -> anyhow::Result<()> {
    println!("\nWho was reminded");
    for ((offset, name), count) in &posted.reminders {
        println!("  {count:>6}  {name} (day {offset:+} from the due date)");
    }
    let request =
        collections::ListRemindersRequest { page_size: 1_000, ..collections::ListRemindersRequest::default() };
    let first = api.dunning.list_reminders(request).await.called("ListReminders")?.reminders;
    if let Some(one) = first.iter().max_by_key(|reminder| reminder.offset_days) {
        let request = collections::GetReminderRequest { reminder_id: one.reminder_id.clone() };
        let full = api.dunning.get_reminder(request).await.called("GetReminder")?;
        println!("\n  One of them, to {} on {}:\n", full.contact_name, full.as_of);
        for line in std::iter::once(format!("Subject: {}", full.subject)).chain(full.body.lines().map(str::to_owned)) {
            println!("    {line}");
        }
    }
    Ok(())
}
