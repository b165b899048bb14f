//! Settling items, taking settlements back, statements.

use quittance_kernel::{AllocationId, PaymentId};
use quittance_proto::invoicing::v1 as pb;
use quittance_testkit::{assert_fault, now, request_id};
use tonic::Code;

use crate::setup::{Service, amount, eur};

pub(crate) fn settlement(item: &str, money: &str) -> pb::Settlement {
    pb::Settlement {
        allocation_id: AllocationId::at(now()).to_string(),
        item_id: item.to_owned(),
        payment_id: PaymentId::at(now()).to_string(),
        amount: eur(money),
        discount: None,
        effective_on: "2026-03-02".to_owned(),
    }
}

pub(crate) fn settle(settlements: Vec<pb::Settlement>) -> pb::SettleItemsRequest {
    pb::SettleItemsRequest { request_id: request_id(), settlements }
}

/// The open amount after each entry, or the reason it was refused for.
pub(crate) fn outcomes(results: Vec<pb::SettlementResult>) -> Vec<String> {
    use prost::Message as _;
    let outcomes = results.into_iter().map(|result| match result.result.unwrap() {
        pb::settlement_result::Result::Item(item) => amount(&item.open_amount).to_owned(),
        pb::settlement_result::Result::Error(status) => {
            let status = tonic::Status::with_details(
                Code::from(status.code),
                status.message.clone(),
                status.encode_to_vec().into(),
            );
            quittance_grpc::error_info(&status).unwrap().reason
        }
    });
    outcomes.collect()
}

#[tokio::test]
async fn a_batch_settles_entry_by_entry_on_the_items_as_they_become() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let item = service.issued(&customer).await.invoice_id;
    let unknown = quittance_kernel::ItemId::at(now()).to_string();
    let request = settle(vec![
        settlement(&item, "100"),
        settlement(&item, "20"),
        settlement(&unknown, "1"),
        settlement(&item, "19"),
    ]);
    let answer = service.items().settle_items(request.clone()).await.unwrap().into_inner();
    assert_eq!(outcomes(answer.results.clone()), ["19.00", "SETTLEMENT_EXCEEDS_OPEN", "ITEM_NOT_FOUND", "0.00"]);
    let again = service.items().settle_items(request.clone()).await.unwrap().into_inner();
    assert_eq!(again, answer, "a repeated call has the same answer");
    // The guard behind the request log: the same allocations under another request id.
    let repeated = service
        .items()
        .settle_items(pb::SettleItemsRequest { request_id: request_id(), ..request })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(outcomes(repeated.results)[0], "0.00");
    assert_eq!(amount(&service.item(&item).await.settled), "119.00");
    service.assert_ledger().await;
}

#[tokio::test]
async fn a_settlement_is_taken_back_once() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let item = service.issued(&customer).await.invoice_id;
    let settled = settlement(&item, "119");
    service.items().settle_items(settle(vec![settled.clone()])).await.unwrap();
    let reverse = |on: &str| pb::ReverseSettlementsRequest {
        request_id: request_id(),
        reversals: vec![pb::SettlementReversal {
            allocation_id: settled.allocation_id.clone(),
            effective_on: on.to_owned(),
            reason: "returned by the bank".to_owned(),
        }],
    };
    let early = service.items().reverse_settlements(reverse("2026-03-01")).await.unwrap().into_inner();
    assert_eq!(outcomes(early.results), ["REVERSED_BEFORE_SETTLED"]);
    for _ in 0..2 {
        let done = service.items().reverse_settlements(reverse("2026-03-02")).await.unwrap().into_inner();
        assert_eq!(outcomes(done.results), ["119.00"]);
    }
    service.assert_ledger().await;
}

#[tokio::test]
async fn what_is_settled_can_neither_be_voided_nor_credited() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let id = service.issued(&customer).await.invoice_id;
    service.items().settle_items(settle(vec![settlement(&id, "1")])).await.unwrap();
    let void = pb::VoidInvoiceRequest {
        request_id: request_id(),
        invoice_id: id.clone(),
        reason: "x".to_owned(),
        etag: String::new(),
    };
    assert_fault(
        &service.invoices().void_invoice(void).await.unwrap_err(),
        Code::FailedPrecondition,
        "INVOICE_SETTLED",
    );
    let credit = pb::CreditInvoiceRequest {
        request_id: request_id(),
        invoice_id: id,
        reason: pb::CreditReason::Tax.into(),
        issued_on: String::new(),
    };
    assert_fault(
        &service.credit_notes().credit_invoice(credit).await.unwrap_err(),
        Code::FailedPrecondition,
        "INVOICE_SETTLED",
    );
}

#[tokio::test]
async fn a_statement_carries_the_balance_from_movement_to_movement() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let first = service.issued(&customer).await.invoice_id;
    service.issued(&customer).await;
    service.items().settle_items(settle(vec![settlement(&first, "19")])).await.unwrap();
    let request = |from: &str, to: &str| pb::GetStatementRequest {
        customer_id: customer.clone(),
        currency_code: "EUR".to_owned(),
        from_on: from.to_owned(),
        to_on: to.to_owned(),
    };
    let statement = service.items().get_statement(request("2026-03-01", "2026-03-31")).await.unwrap().into_inner();
    assert_eq!(
        (amount(&statement.opening_balance), amount(&statement.closing_balance), statement.entries.len()),
        ("0.00", "219.00", 3)
    );
    let later = service.items().get_statement(request("2026-03-03", "2026-03-31")).await.unwrap().into_inner();
    assert_eq!((amount(&later.opening_balance), later.entries.len()), ("219.00", 0));
}

#[tokio::test]
async fn open_items_are_listed_oldest_due_first() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let mut ids = Vec::new();
    for due_on in ["2026-05-01", "2026-04-01", "2026-04-15"] {
        let mut request = crate::setup::create_and_issue(&customer);
        request.invoice.as_mut().unwrap().due_on = due_on.to_owned();
        ids.push(service.invoices().create_and_issue_invoice(request).await.unwrap().into_inner().invoice_id);
    }
    service.items().settle_items(settle(vec![settlement(&ids[2], "119")])).await.unwrap();
    let mut request = pb::ListOpenItemsRequest { page_size: 1, ..pb::ListOpenItemsRequest::default() };
    let mut due = Vec::new();
    loop {
        let page = service.items().list_open_items(request.clone()).await.unwrap().into_inner();
        due.extend(page.items.into_iter().map(|item| item.due_on));
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    assert_eq!(due, ["2026-04-01", "2026-05-01"]);
}
