//! Whole books, read page by page.

use quittance_proto::{
    collections::v1::{ListRemindersRequest, Reminder, dunning_service_client::DunningServiceClient},
    invoicing::v1::{Invoice, ListInvoicesRequest, invoice_service_client::InvoiceServiceClient},
    payments::v1::{ListPaymentsRequest, Payment, payment_service_client::PaymentServiceClient},
};

use crate::{Api, Area};

const PAGE: i32 = 500;

/// All invoices.
pub(crate) async fn invoices(api: &Api) -> anyhow::Result<Vec<Invoice>> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let request =
            ListInvoicesRequest { page_size: PAGE, page_token: page_token.clone(), ..ListInvoicesRequest::default() };
        let call = |client| {
            let request = request.clone();
            async move { InvoiceServiceClient::new(client).list_invoices(request).await }
        };
        let page = api.answered(Area::Invoicing, "ListInvoices", call).await?;
        all.extend(page.invoices);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(all);
        }
    }
}

/// All payments.
pub(crate) async fn payments(api: &Api) -> anyhow::Result<Vec<Payment>> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let request =
            ListPaymentsRequest { page_size: PAGE, page_token: page_token.clone(), ..ListPaymentsRequest::default() };
        let call = |client| {
            let request = request.clone();
            async move { PaymentServiceClient::new(client).list_payments(request).await }
        };
        let page = api.answered(Area::Payments, "ListPayments", call).await?;
        all.extend(page.payments);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(all);
        }
    }
}

/// All reminders.
pub(crate) async fn reminders(api: &Api) -> anyhow::Result<Vec<Reminder>> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let request =
            ListRemindersRequest { page_size: PAGE, page_token: page_token.clone(), ..ListRemindersRequest::default() };
        let call = |client| {
            let request = request.clone();
            async move { DunningServiceClient::new(client).list_reminders(request).await }
        };
        let page = api.answered(Area::Collections, "ListReminders", call).await?;
        all.extend(page.reminders);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(all);
        }
    }
}
