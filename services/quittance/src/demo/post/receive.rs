//! A day's payments: recorded individually, or from the bank file.

use anyhow::Context as _;
use chrono::{Datelike as _, NaiveDate, Weekday};
use quittance_kernel::{Currency, Money, Rounding};
use quittance_proto::{common::v1 as common, money, payments::v1 as payments, read_money};

use super::{
    super::plan::{self, Share, Words},
    Day, Poster,
};
use crate::api::{Called as _, entry_error, request_id};

impl Poster<'_> {
    pub(super) async fn receive(&mut self, date: NaiveDate, day: &Day) -> anyhow::Result<()> {
        let (mut direct, mut lines) = (Vec::new(), Vec::new());
        for (i, p) in &day.paid {
            let payment = self.payment(*i, *p)?;
            if self.year.invoices[*i].payments[*p].by_file { lines.push(payment) } else { direct.push(payment) }
        }
        lines.extend(day.strangers.iter().map(|i| {
            let stranger = &self.year.strangers[*i];
            payments::Payment {
                amount: Some(common::Money {
                    currency_code: stranger.currency.to_owned(),
                    amount: plan::cents(stranger.cents),
                }),
                received_on: date.to_string(),
                payer_name: "J. Doe".to_owned(),
                payer_account: "XX00 0000".to_owned(),
                text: "thanks for everything".to_owned(),
                ..payments::Payment::default()
            }
        }));
        if !direct.is_empty() {
            let requests = direct
                .into_iter()
                .map(|payment| payments::RecordPaymentRequest { request_id: request_id(), payment: Some(payment) });
            let request = payments::BatchRecordPaymentsRequest { requests: requests.collect(), ..Default::default() };
            for result in self.api.payments.batch_record_payments(request).await.called("recording payments")?.results {
                if let Some(payments::payment_result::Result::Error(status)) = result.result {
                    return Err(entry_error("a payment", &status));
                }
            }
        }
        if lines.is_empty() { Ok(()) } else { self.import(date, &lines).await }
    }

    fn payment(&self, i: usize, p: usize) -> anyhow::Result<payments::Payment> {
        let (planned, invoice) = (&self.year.invoices[i], self.invoice(i)?);
        let payment = &planned.payments[p];
        let customer = &self.year.customers[planned.customer];
        let total = read_money(invoice.total.as_ref().context("it has no total")?)?;
        let currency: Currency = total.currency();
        let hundredths = |percent: i64| rust_decimal::Decimal::new(percent, 2);
        let amount = match payment.share {
            Share::Full => total,
            Share::LessDiscount => total.checked_sub(total.times(hundredths(2), Rounding::HalfUp)?)?,
            Share::Short(percent) => total.times(hundredths(percent), Rounding::Down)?,
            Share::Over(units) => total.checked_add(Money::from_minor(units * 100, currency))?,
        };
        let (number, reference) = (&invoice.number, &invoice.payment_reference);
        let text = match payment.words {
            Words::Reference => reference.clone(),
            Words::Number => format!("Payment of invoice {number}, with thanks"),
            Words::Nothing => String::new(),
        };
        Ok(payments::Payment {
            amount: Some(money(amount)),
            received_on: payment.on.to_string(),
            method: payments::PaymentMethod::Transfer.into(),
            payer_name: customer.name.clone(),
            payer_account: customer.account.clone(),
            text,
            ..payments::Payment::default()
        })
    }

    /// Imports the day's bank file, and once a week imports it again, as users do.
    async fn import(&mut self, date: NaiveDate, lines: &[payments::Payment]) -> anyhow::Result<()> {
        let mut file = csv::Writer::from_writer(Vec::new());
        file.write_record(["date", "amount", "currency", "name", "account", "text"])?;
        for line in lines {
            let amount = line.amount.clone().unwrap_or_default();
            file.write_record([
                &line.received_on,
                &amount.amount,
                &amount.currency_code,
                &line.payer_name,
                &line.payer_account,
                &line.text,
            ])?;
        }
        let content = file.into_inner()?;
        let times = if date.weekday() == Weekday::Fri { 2 } else { 1 };
        for _ in 0..times {
            let map = payments::BankCsvMap {
                booked_on: "date".to_owned(),
                amount: "amount".to_owned(),
                currency: "currency".to_owned(),
                payer_name: "name".to_owned(),
                payer_account: "account".to_owned(),
                text: vec!["text".to_owned()],
                ..payments::BankCsvMap::default()
            };
            let request = payments::ImportBankLinesRequest {
                request_id: request_id(),
                file_name: format!("statement-{date}.csv"),
                account: "DE02 1203 0000 0000 2020 51".to_owned(),
                content: content.clone(),
                map: Some(map),
            };
            let done = self.api.bank.import_bank_lines(request).await.called("importing bank lines")?;
            self.posted.file_lines.0 += done.new_lines;
            self.posted.file_lines.1 += done.known_lines;
        }
        Ok(())
    }
}
