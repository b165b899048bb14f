//! Settling items, taking settlements back, statements.

use quittance_kernel::{AllocationId, PaymentId};
use quittance_proto::{common::v1::WriteOffReason, invoicing::v1 as pb};
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
        ..pb::Settlement::default()
    }
}

/// With a write-off for a small difference.
fn writing_off(item: &str, money: &str, write_off: &str) -> pb::Settlement {
    pb::Settlement {
        write_off: eur(write_off),
        write_off_reason: WriteOffReason::SmallDifference.into(),
        ..settlement(item, money)
    }
}

pub(crate) fn reverse(settlement: &pb::Settlement, on: &str) -> pb::ReverseSettlementsRequest {
    pb::ReverseSettlementsRequest {
        request_id: request_id(),
        reversals: vec![pb::SettlementReversal {
            allocation_id: settlement.allocation_id.clone(),
            effective_on: on.to_owned(),
            reason: "returned by the bank".to_owned(),
            ..pb::SettlementReversal::default()
        }],
    }
}

/// Paid, discounted, written off, open.
fn parts(item: &pb::OpenItem) -> [&str; 4] {
    [amount(&item.settled), amount(&item.discounted), amount(&item.written_off), amount(&item.open_amount)]
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
    let answer = service.settlements().settle_items(request.clone()).await.unwrap().into_inner();
    assert_eq!(outcomes(answer.results.clone()), ["19.00", "SETTLEMENT_EXCEEDS_OPEN", "ITEM_NOT_FOUND", "0.00"]);
    let again = service.settlements().settle_items(request.clone()).await.unwrap().into_inner();
    assert_eq!(again, answer, "a repeated call has the same answer");
    // The guard behind the request log: the same allocations under another request id.
    let repeated = service
        .settlements()
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
    service.settlements().settle_items(settle(vec![settled.clone()])).await.unwrap();
    let early = service.settlements().reverse_settlements(reverse(&settled, "2026-03-01")).await.unwrap().into_inner();
    assert_eq!(outcomes(early.results), ["REVERSED_BEFORE_SETTLED"]);
    for _ in 0..2 {
        let done =
            service.settlements().reverse_settlements(reverse(&settled, "2026-03-02")).await.unwrap().into_inner();
        assert_eq!(outcomes(done.results), ["119.00"]);
    }
    let unknown = reverse(&settlement(&item, "1"), "2026-03-02");
    let unknown = service.settlements().reverse_settlements(unknown).await.unwrap().into_inner();
    assert_eq!(outcomes(unknown.results), ["SETTLEMENT_NOT_FOUND"]);
    service.assert_ledger().await;
}

/// The effective date of each result.
fn counted(results: &[pb::SettlementResult]) -> Vec<&str> {
    results.iter().map(|result| result.effective_on.as_str()).collect()
}

#[tokio::test]
async fn money_of_a_day_on_which_nothing_was_owed_counts_later() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let mut request = crate::setup::create_and_issue(&customer);
    request.invoice.as_mut().unwrap().issued_on = "2026-02-01".to_owned();
    let item = service.invoices().create_and_issue_invoice(request).await.unwrap().into_inner().invoice_id;
    let on = |date: &str, money| pb::Settlement { effective_on: date.to_owned(), ..settlement(&item, money) };
    let first = on("2026-02-20", "119");
    let done = service.settlements().settle_items(settle(vec![first.clone()])).await.unwrap().into_inner();
    assert_eq!(counted(&done.results), ["2026-02-20"]);
    let done = service.settlements().reverse_settlements(reverse(&first, "2026-02-25")).await.unwrap().into_inner();
    assert_eq!(counted(&done.results), ["2026-02-25"]);
    // The first leaves nothing for the second from then on.
    let (second, third) = (on("2026-02-10", "100"), on("2026-01-10", "19"));
    let both = settle(vec![second.clone(), third, on("2026-03-03", "1")]);
    let done = service.settlements().settle_items(both).await.unwrap().into_inner();
    assert_eq!(outcomes(done.results.clone()), ["19.00", "0.00", "EFFECTIVE_IN_FUTURE"]);
    assert_eq!(counted(&done.results), ["2026-02-25", "2026-02-25", ""]);
    let again = service.settlements().settle_items(settle(vec![second.clone()])).await.unwrap().into_inner();
    assert_eq!(counted(&again.results), ["2026-02-25"], "the same under another request id");
    let early = service.settlements().reverse_settlements(reverse(&second, "2026-02-24")).await.unwrap().into_inner();
    assert_eq!(outcomes(early.results), ["REVERSED_BEFORE_SETTLED"]);
    let ahead = service.settlements().reverse_settlements(reverse(&second, "2026-03-03")).await.unwrap().into_inner();
    assert_eq!(outcomes(ahead.results), ["EFFECTIVE_IN_FUTURE"]);
    let request = pb::ListEntriesRequest { item_id: item.clone(), ..pb::ListEntriesRequest::default() };
    let entries = service.items().list_entries(request).await.unwrap().into_inner().entries;
    let dates: Vec<_> = entries.iter().map(|entry| [entry.dated_on.as_str(), entry.effective_on.as_str()]).collect();
    let expected = [
        ["", "2026-02-01"],
        ["", "2026-02-20"],
        ["", "2026-02-25"],
        ["2026-02-10", "2026-02-25"],
        ["2026-01-10", "2026-02-25"],
    ];
    assert_eq!(dates, expected);
    service.assert_ledger().await;
}

#[tokio::test]
async fn a_credit_of_a_day_on_which_nothing_was_owed_counts_later() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let mut request = crate::setup::create_and_issue(&customer);
    request.invoice.as_mut().unwrap().issued_on = "2026-02-01".to_owned();
    let id = service.invoices().create_and_issue_invoice(request).await.unwrap().into_inner().invoice_id;
    let paid = pb::Settlement { effective_on: "2026-02-10".to_owned(), ..settlement(&id, "119") };
    service.settlements().settle_items(settle(vec![paid.clone()])).await.unwrap();
    service.settlements().reverse_settlements(reverse(&paid, "2026-02-25")).await.unwrap();
    let credit = pb::CreditInvoiceRequest {
        request_id: request_id(),
        invoice_id: id.clone(),
        reason: pb::CreditReason::Pricing.into(),
        issued_on: "2026-02-20".to_owned(),
        ..Default::default()
    };
    let note = service.credit_notes().credit_invoice(credit).await.unwrap().into_inner().credit_note.unwrap();
    let request = pb::ListEntriesRequest { item_id: id, ..pb::ListEntriesRequest::default() };
    let entries = service.items().list_entries(request).await.unwrap().into_inner().entries;
    let last = entries.last().unwrap();
    assert_eq!([&note.issued_on, &last.dated_on, &last.effective_on], ["2026-02-20", "2026-02-20", "2026-02-25"]);
    service.assert_ledger().await;
}

#[tokio::test]
async fn small_differences_are_written_off_and_taken_back() {
    let service = Service::start().await;
    let customer = service.customer().await;
    for (money, write_off) in [("118.60", "0.40"), ("120.00", "-1.00")] {
        let id = service.issued(&customer).await.invoice_id;
        let settled = writing_off(&id, money, write_off);
        let done = service.settlements().settle_items(settle(vec![settled.clone()])).await.unwrap().into_inner();
        assert_eq!(outcomes(done.results), ["0.00"]);
        assert_eq!(parts(&service.item(&id).await), [money, "0.00", write_off, "0.00"]);
        service.assert_ledger().await;
        let request =
            pb::ListOpenItemsRequest { customer_ids: vec![customer.clone()], ..pb::ListOpenItemsRequest::default() };
        let open = service.items().list_open_items(request).await.unwrap().into_inner().items;
        assert_eq!(open, [], "nothing is open");
        for _ in 0..2 {
            let back =
                service.settlements().reverse_settlements(reverse(&settled, "2026-03-02")).await.unwrap().into_inner();
            assert_eq!(outcomes(back.results), ["119.00"]);
        }
        assert_eq!(parts(&service.item(&id).await), ["0.00", "0.00", "0.00", "119.00"]);
        // What was reversed does not stand in the way of the next payment.
        let next = service.settlements().settle_items(settle(vec![settlement(&id, "119")])).await.unwrap().into_inner();
        assert_eq!(outcomes(next.results), ["0.00"]);
        service.assert_ledger().await;
    }
}

#[tokio::test]
async fn a_discount_and_a_write_off_close_an_item_together() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let discount = pb::EarlyPaymentDiscount { days: 10, percent: "2".to_owned() };
    let terms = pb::Terms {
        code: "2/10 net 30".to_owned(),
        payment_terms: Some(pb::PaymentTerms { net_days: 30, discounts: vec![discount], ..Default::default() }),
        ..pb::Terms::default()
    };
    let request = pb::CreateTermsRequest { request_id: request_id(), terms: Some(terms) };
    let terms = service.customers().create_terms(request).await.unwrap().into_inner();
    let mut request = crate::setup::create_and_issue(&customer);
    request.invoice.as_mut().unwrap().terms_id = terms.terms_id;
    let id = service.invoices().create_and_issue_invoice(request).await.unwrap().into_inner().invoice_id;
    let settled = pb::Settlement { discount: eur("2.38"), ..writing_off(&id, "116.60", "0.02") };
    let done = service.settlements().settle_items(settle(vec![settled.clone()])).await.unwrap().into_inner();
    assert_eq!(outcomes(done.results), ["0.00"]);
    assert_eq!(parts(&service.item(&id).await), ["116.60", "2.38", "0.02", "0.00"]);
    service.settlements().reverse_settlements(reverse(&settled, "2026-03-02")).await.unwrap();
    assert_eq!(parts(&service.item(&id).await), ["0.00", "0.00", "0.00", "119.00"]);
    service.assert_ledger().await;
}

#[tokio::test]
async fn a_write_off_that_closes_nothing_or_is_not_small_is_refused() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let id = service.issued(&customer).await.invoice_id;
    let refused = settle(vec![
        writing_off(&id, "118.00", "0.99"),
        writing_off(&id, "118.00", "1.01"),
        writing_off(&id, "59.50", "59.50"),
        writing_off(&id, "120.00", "-0.99"),
    ]);
    let answer = service.settlements().settle_items(refused).await.unwrap().into_inner();
    assert_eq!(outcomes(answer.results), ["WRITE_OFF_NOT_ALLOWED"; 4]);
    let small = writing_off(&id, "118.00", "1.00");
    for differs in [
        pb::Settlement { write_off: eur("0.99"), ..small.clone() },
        pb::Settlement { write_off_reason: WriteOffReason::BankCharges.into(), ..small.clone() },
        pb::Settlement { write_off: None, write_off_reason: 0, ..small.clone() },
    ] {
        let both = settle(vec![small.clone(), differs, small.clone()]);
        let answer = service.settlements().settle_items(both).await.unwrap().into_inner();
        assert_eq!(outcomes(answer.results), ["0.00", "ALLOCATION_DIFFERS", "0.00"]);
    }
    assert_eq!(parts(&service.item(&id).await), ["118.00", "0.00", "1.00", "0.00"]);
    service.assert_ledger().await;
}

#[tokio::test]
async fn what_is_settled_cannot_be_voided() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let id = service.issued(&customer).await.invoice_id;
    service.settlements().settle_items(settle(vec![settlement(&id, "1")])).await.unwrap();
    let void = pb::VoidInvoiceRequest {
        request_id: request_id(),
        invoice_id: id,
        reason: "x".to_owned(),
        etag: String::new(),
    };
    assert_fault(
        &service.invoices().void_invoice(void).await.unwrap_err(),
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
    service.settlements().settle_items(settle(vec![settlement(&first, "19")])).await.unwrap();
    let request = |from: &str, to: &str| pb::GetStatementRequest {
        known_at: None,
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
    service.settlements().settle_items(settle(vec![writing_off(&first, "101", "-1")])).await.unwrap();
    let statement = service.items().get_statement(request("2026-03-01", "2026-03-31")).await.unwrap().into_inner();
    let of_first = statement.entries.iter().filter(|entry| entry.item_id == first);
    let moved: Vec<_> = of_first.map(|entry| (entry.kind(), amount(&entry.amount))).collect();
    let (paid, kept) = (pb::EntryKind::Settlement, pb::EntryKind::SmallDifference);
    assert_eq!(moved, [(pb::EntryKind::Document, "119.00"), (paid, "-19.00"), (paid, "-101.00"), (kept, "1.00")]);
    assert_eq!((amount(&statement.closing_balance), statement.entries.len()), ("119.00", 5));
    let later = service.items().get_statement(request("2026-03-03", "2026-03-31")).await.unwrap().into_inner();
    assert_eq!((amount(&later.opening_balance), later.entries.len()), ("119.00", 0));
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
    service.settlements().settle_items(settle(vec![settlement(&ids[2], "119")])).await.unwrap();
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
