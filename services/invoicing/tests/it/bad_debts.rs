//! Bad debts: what is written off, and what is paid after all.

use quittance_kernel::ItemId;
use quittance_proto::invoicing::v1::{self as pb, invoicing_event::Payload};
use quittance_testkit::{assert_fault, assert_violations, now, request_id};
use tonic::{Code, Status};

use crate::{
    settling::{outcomes, settle, settlement},
    setup::{Service, amount, eur},
};

pub(crate) fn write_off(item: &str, part: Option<&str>) -> pb::WriteOffItemRequest {
    pb::WriteOffItemRequest {
        request_id: request_id(),
        item_id: item.to_owned(),
        amount: part.and_then(eur),
        reason: pb::BadDebtReason::Insolvency.into(),
        note: "No quota is expected.".to_owned(),
        effective_on: String::new(),
    }
}

fn recover(debt: &pb::BadDebt, part: Option<&str>) -> pb::RecordRecoveryRequest {
    pb::RecordRecoveryRequest {
        request_id: request_id(),
        bad_debt_id: debt.bad_debt_id.clone(),
        amount: part.and_then(eur),
        effective_on: String::new(),
        reason: "A quota is paid.".to_owned(),
    }
}

impl Service {
    async fn write_off(&self, request: pb::WriteOffItemRequest) -> Result<pb::WriteOffItemResponse, Status> {
        self.bad_debts().write_off_item(request).await.map(tonic::Response::into_inner)
    }

    async fn recover(&self, request: pb::RecordRecoveryRequest) -> Result<pb::RecordRecoveryResponse, Status> {
        self.bad_debts().record_recovery(request).await.map(tonic::Response::into_inner)
    }
}

/// Open, and bad debt.
fn parts(item: Option<&pb::OpenItem>) -> [&str; 2] {
    item.map_or(["", ""], |item| [amount(&item.open_amount), amount(&item.bad_debt)])
}

#[tokio::test]
async fn an_item_is_written_off_in_parts_recovered_and_paid() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let item = service.issued(&customer).await.invoice_id;
    service.settlements().settle_items(settle(vec![settlement(&item, "19")])).await.unwrap();
    let part = service.write_off(write_off(&item, Some("40"))).await.unwrap();
    assert_eq!(parts(part.item.as_ref()), ["60.00", "40.00"]);
    let request = write_off(&item, None);
    let rest = service.write_off(request.clone()).await.unwrap();
    assert_eq!(parts(rest.item.as_ref()), ["0.00", "100.00"]);
    assert_eq!(service.write_off(request).await.unwrap(), rest, "a repeated call has the same answer");
    let debt = rest.bad_debt.unwrap();
    assert_eq!((debt.reason(), debt.note.as_str()), (pb::BadDebtReason::Insolvency, "No quota is expected."));
    assert_eq!([&debt.customer_id, &debt.item_id, &debt.effective_on], [&customer, &item, "2026-03-02"]);
    service.assert_ledger().await;

    let paid = service.settlements().settle_items(settle(vec![settlement(&item, "1")])).await.unwrap().into_inner();
    assert_eq!(outcomes(paid.results), ["SETTLEMENT_EXCEEDS_OPEN"]);
    let recovered = service.recover(recover(&debt, Some("16"))).await.unwrap();
    assert_eq!(parts(recovered.item.as_ref()), ["16.00", "84.00"]);
    assert_eq!(amount(&recovered.bad_debt.as_ref().unwrap().recovered), "16.00");
    let paid = service.settlements().settle_items(settle(vec![settlement(&item, "16")])).await.unwrap().into_inner();
    assert_eq!(outcomes(paid.results), ["0.00"]);
    let all = service.recover(recover(&debt, None)).await.unwrap();
    assert_eq!(amount(&all.bad_debt.as_ref().unwrap().recovered), "60.00");
    assert_eq!(parts(all.item.as_ref()), ["44.00", "40.00"]);
    let too_much = service.recover(recover(&debt, Some("0.01"))).await.unwrap_err();
    assert_fault(&too_much, Code::FailedPrecondition, "RECOVERY_EXCEEDS_BAD_DEBT");

    let get = pb::GetBadDebtRequest { bad_debt_id: debt.bad_debt_id.clone() };
    assert_eq!(service.bad_debts().get_bad_debt(get).await.unwrap().into_inner(), all.bad_debt.clone().unwrap());
    let list = pb::ListBadDebtsRequest { item_id: item.clone(), ..pb::ListBadDebtsRequest::default() };
    let listed = service.bad_debts().list_bad_debts(list).await.unwrap().into_inner().bad_debts;
    assert_eq!(listed, [part.bad_debt.unwrap(), all.bad_debt.unwrap()]);
    let of_others = pb::ListBadDebtsRequest { customer_ids: vec![request_id()], ..pb::ListBadDebtsRequest::default() };
    assert_eq!(service.bad_debts().list_bad_debts(of_others).await.unwrap().into_inner().bad_debts, []);
    service.assert_ledger().await;

    let request = pb::ListEntriesRequest { item_id: item, ..pb::ListEntriesRequest::default() };
    let entries = service.items().list_entries(request).await.unwrap().into_inner().entries;
    let source = Some(pb::entry::Source::BadDebtId(debt.bad_debt_id));
    let of_debt: Vec<_> = entries.iter().filter(|entry| entry.source == source).collect();
    let moved: Vec<_> =
        of_debt.iter().map(|entry| (entry.kind(), amount(&entry.amount), entry.reason.as_str())).collect();
    let (written_off, back) = (pb::EntryKind::BadDebt, pb::EntryKind::Recovery);
    let (given_up, quota) = ("No quota is expected.", "A quota is paid.");
    assert_eq!(moved, [(written_off, "-60.00", given_up), (back, "16.00", quota), (back, "44.00", quota)]);
    let events: Vec<pb::InvoicingEvent> = service.events.all(12).await;
    let published = events.iter().filter_map(|event| match &event.payload {
        Some(Payload::ItemWrittenOff(event)) => Some(("written off", amount(&event.open_amount), event.entries.len())),
        Some(Payload::RecoveryRecorded(event)) => Some(("recovered", amount(&event.open_amount), event.entries.len())),
        _ => None,
    });
    let expected =
        [("written off", "60.00", 1), ("written off", "0.00", 1), ("recovered", "16.00", 1), ("recovered", "44.00", 1)];
    assert_eq!(published.collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn what_is_written_off_wrongly_is_refused() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let item = service.issued(&customer).await.invoice_id;
    let refused = async |request| service.write_off(request).await.unwrap_err();
    assert_violations(&refused(pb::WriteOffItemRequest::default()).await, &["request_id", "item_id", "reason"]);
    assert_fault(&refused(write_off(&item, Some("119.01"))).await, Code::FailedPrecondition, "WRITE_OFF_EXCEEDS_OPEN");
    let dollars = quittance_proto::common::v1::Money { currency_code: "USD".to_owned(), amount: "1".to_owned() };
    let dollars = pb::WriteOffItemRequest { amount: Some(dollars), ..write_off(&item, None) };
    assert_fault(&refused(dollars).await, Code::FailedPrecondition, "CURRENCY_MISMATCH");
    let ahead = pb::WriteOffItemRequest { effective_on: "2026-03-03".to_owned(), ..write_off(&item, None) };
    assert_fault(&refused(ahead).await, Code::FailedPrecondition, "EFFECTIVE_IN_FUTURE");
    let unknown = write_off(&ItemId::at(now()).to_string(), None);
    assert_fault(&refused(unknown).await, Code::NotFound, "ITEM_NOT_FOUND");
    let done = service.write_off(write_off(&item, None)).await.unwrap().bad_debt.unwrap();
    assert_fault(&refused(write_off(&item, None)).await, Code::FailedPrecondition, "NOTHING_OPEN");

    let refused = async |request| service.recover(request).await.unwrap_err();
    assert_violations(&refused(pb::RecordRecoveryRequest::default()).await, &["request_id", "bad_debt_id", "reason"]);
    let early = pb::RecordRecoveryRequest { effective_on: "2026-03-01".to_owned(), ..recover(&done, None) };
    assert_fault(&refused(early).await, Code::FailedPrecondition, "RECOVERED_BEFORE_WRITTEN_OFF");
    let unknown = pb::BadDebt { bad_debt_id: request_id(), ..done.clone() };
    assert_fault(&refused(recover(&unknown, None)).await, Code::NotFound, "BAD_DEBT_NOT_FOUND");
    let get = pb::GetBadDebtRequest { bad_debt_id: unknown.bad_debt_id };
    assert_fault(&service.bad_debts().get_bad_debt(get).await.unwrap_err(), Code::NotFound, "BAD_DEBT_NOT_FOUND");
    let void = pb::VoidInvoiceRequest {
        request_id: request_id(),
        invoice_id: item,
        reason: "x".to_owned(),
        etag: String::new(),
    };
    let void = service.invoices().void_invoice(void).await.unwrap_err();
    assert_fault(&void, Code::FailedPrecondition, "INVOICE_SETTLED");
    service.assert_ledger().await;
}
