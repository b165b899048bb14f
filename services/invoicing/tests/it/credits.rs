//! Credit notes over all, an amount or lines of an invoice.

use quittance_kernel::{AllocationId, PaymentId};
use quittance_proto::invoicing::v1 as pb;
use quittance_testkit::{assert_fault, assert_violations, now, request_id};
use tonic::{Code, Status};

use crate::setup::{Service, amount, eur, invoice, line};

fn credit(invoice: &pb::Invoice) -> pb::CreditInvoiceRequest {
    pb::CreditInvoiceRequest {
        request_id: request_id(),
        invoice_id: invoice.invoice_id.clone(),
        reason: pb::CreditReason::Return.into(),
        ..Default::default()
    }
}

fn of_line(line: i32, quantity: &str) -> pb::LineCredit {
    pb::LineCredit { line, quantity: quantity.to_owned() }
}

impl Service {
    /// An issued invoice over 10 h at 12.345 with 19 % and 3 at 0.99 with 7 %: 146.91 + 3.18.
    async fn issued_in_two_rates(&self) -> pb::Invoice {
        let customer = self.customer().await;
        let lines = vec![line("10", "12.345", "19"), line("3", "0.99", "7")];
        let invoice = pb::Invoice { lines, ..invoice(&customer) };
        let request = pb::CreateAndIssueInvoiceRequest { request_id: request_id(), invoice: Some(invoice) };
        self.invoices().create_and_issue_invoice(request).await.unwrap().into_inner()
    }

    async fn credit(&self, request: pb::CreditInvoiceRequest) -> Result<pb::CreditNote, Status> {
        self.credit_notes().credit_invoice(request).await.map(|response| response.into_inner().credit_note.unwrap())
    }

    async fn receive(&self, item: &str, paid: &str) {
        let settlement = pb::Settlement {
            allocation_id: AllocationId::at(now()).to_string(),
            item_id: item.to_owned(),
            payment_id: PaymentId::at(now()).to_string(),
            amount: eur(paid),
            effective_on: "2026-03-02".to_owned(),
            ..pb::Settlement::default()
        };
        let request = pb::SettleItemsRequest { request_id: request_id(), settlements: vec![settlement] };
        let response = self.settlements().settle_items(request).await.unwrap().into_inner();
        assert!(matches!(response.results[0].result, Some(pb::settlement_result::Result::Item(_))), "{response:?}");
    }

    async fn state(&self, invoice: &pb::Invoice) -> (pb::InvoiceState, String) {
        let get = pb::GetInvoiceRequest { invoice_id: invoice.invoice_id.clone() };
        let read = self.invoices().get_invoice(get).await.unwrap().into_inner();
        (read.state(), amount(&read.open_amount).to_owned())
    }
}

#[tokio::test]
async fn lines_and_amounts_are_credited_until_nothing_is_left() {
    let service = Service::start().await;
    let invoice = service.issued_in_two_rates().await;
    assert_eq!(amount(&invoice.total), "150.09");
    let first = pb::CreditInvoiceRequest { lines: vec![of_line(1, "4"), of_line(2, "")], ..credit(&invoice) };
    let note = service.credit(first.clone()).await.unwrap();
    let facts = [&note.net_total, &note.tax_total, &note.total].map(amount);
    assert_eq!(facts, ["52.35", "9.59", "61.94"]);
    let lines: Vec<_> = note.lines.iter().map(|line| (line.quantity.as_str(), amount(&line.net_amount))).collect();
    assert_eq!(lines, [("4", "49.38"), ("3", "2.97")]);
    assert_eq!(service.credit(first).await.unwrap(), note, "the same request is the same note");
    assert_eq!(service.state(&invoice).await, (pb::InvoiceState::Issued, "88.15".to_owned()));

    let part = pb::CreditInvoiceRequest { amount: eur("8.15"), ..credit(&invoice) };
    let part = service.credit(part).await.unwrap();
    assert_eq!(part.lines.iter().map(|line| line.description.as_str()).collect::<Vec<_>>(), ["Credit"]);
    let get = pb::GetCreditNoteRequest { credit_note_id: part.credit_note_id.clone() };
    assert_eq!(service.credit_notes().get_credit_note(get).await.unwrap().into_inner(), part);
    let rest = service.credit(credit(&invoice)).await.unwrap();
    assert_eq!(amount(&rest.total), "80.00");
    assert_eq!(service.state(&invoice).await, (pb::InvoiceState::Credited, "0.00".to_owned()));
    let error = service.credit(credit(&invoice)).await.unwrap_err();
    assert_fault(&error, Code::FailedPrecondition, "INVOICE_NOT_ISSUED");
    let list = pb::ListCreditNotesRequest { customer_ids: vec![invoice.customer_id.clone()], ..Default::default() };
    assert_eq!(service.credit_notes().list_credit_notes(list).await.unwrap().into_inner().credit_notes.len(), 3);
    service.assert_ledger().await;
}

#[tokio::test]
async fn a_part_paid_invoice_is_credited_and_the_rest_is_on_account() {
    let service = Service::start().await;
    let invoice = service.issued_in_two_rates().await;
    service.receive(&invoice.invoice_id, "100.09").await;
    let part = pb::CreditInvoiceRequest { amount: eur("30.00"), ..credit(&invoice) };
    service.credit(part).await.unwrap();
    assert_eq!(service.state(&invoice).await, (pb::InvoiceState::Issued, "20.00".to_owned()));
    let void = pb::VoidInvoiceRequest {
        request_id: request_id(),
        invoice_id: invoice.invoice_id.clone(),
        reason: "Wrong".to_owned(),
        etag: String::new(),
    };
    let error = service.invoices().void_invoice(void.clone()).await.unwrap_err();
    assert_fault(&error, Code::FailedPrecondition, "INVOICE_SETTLED");
    service.receive(&invoice.invoice_id, "10.00").await;
    let rest = service.credit_notes().credit_invoice(credit(&invoice)).await.unwrap().into_inner();
    let parts = rest.credit.as_ref().map(|credit| [&credit.amount, &credit.applied, &credit.remaining].map(amount));
    assert_eq!(parts, Some(["120.09", "10.00", "110.09"]), "what was paid and credited is on account");
    assert_eq!(service.state(&invoice).await, (pb::InvoiceState::Credited, "0.00".to_owned()));
    service.assert_ledger().await;

    let other = service.issued_in_two_rates().await;
    service.credit(pb::CreditInvoiceRequest { amount: eur("1.00"), ..credit(&other) }).await.unwrap();
    let void = pb::VoidInvoiceRequest { request_id: request_id(), invoice_id: other.invoice_id.clone(), ..void };
    let error = service.invoices().void_invoice(void).await.unwrap_err();
    assert_fault(&error, Code::FailedPrecondition, "INVOICE_CREDITED_IN_PART");
}

#[tokio::test]
async fn what_is_wrong_with_a_credit_is_said() {
    let service = Service::start().await;
    let invoice = service.issued_in_two_rates().await;
    let refused = async |request, reason| {
        let error = service.credit(request).await.unwrap_err();
        assert_fault(&error, Code::FailedPrecondition, reason);
    };
    refused(pb::CreditInvoiceRequest { amount: eur("150.10"), ..credit(&invoice) }, "CREDIT_EXCEEDS_INVOICE").await;
    refused(pb::CreditInvoiceRequest { lines: vec![of_line(3, "")], ..credit(&invoice) }, "CREDIT_LINE_UNKNOWN").await;
    let many = pb::CreditInvoiceRequest { lines: vec![of_line(1, "10.5")], ..credit(&invoice) };
    refused(many, "CREDIT_LINE_EXCEEDED").await;
    let both = pb::CreditInvoiceRequest {
        amount: eur("0"),
        lines: vec![of_line(0, "x"), of_line(1, ""), of_line(1, "")],
        series_id: "x".to_owned(),
        ..credit(&invoice)
    };
    let error = service.credit(both).await.unwrap_err();
    assert_violations(
        &error,
        &["lines[2].line", "lines[0].line", "lines[0].quantity", "amount", "amount", "series_id"],
    );
    assert!(format!("{error:?}").contains("AMOUNT_WITH_LINES"), "{error:?}");
    let series = pb::ListSeriesRequest::default();
    let series = service.tenants().list_series(series).await.unwrap().into_inner().series;
    let of_invoices = series.iter().find(|series| series.kind() == pb::SeriesKind::Invoice).unwrap();
    let wrong = pb::CreditInvoiceRequest { series_id: of_invoices.series_id.clone(), ..credit(&invoice) };
    assert_fault(&service.credit(wrong).await.unwrap_err(), Code::NotFound, "SERIES_NOT_FOUND");
    let own = pb::Series {
        code: "RET".to_owned(),
        prefix: "RET-".to_owned(),
        kind: pb::SeriesKind::CreditNote.into(),
        ..Default::default()
    };
    let request = pb::CreateSeriesRequest { request_id: request_id(), series: Some(own) };
    let own = service.tenants().create_series(request).await.unwrap().into_inner();
    let note = service.credit(pb::CreditInvoiceRequest { series_id: own.series_id, ..credit(&invoice) }).await.unwrap();
    assert!(note.number.starts_with("RET-"), "{}", note.number);
    service.assert_ledger().await;
}
