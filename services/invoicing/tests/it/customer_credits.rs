//! Credits on account: what credit notes leave, and what it is used for.

use quittance_proto::invoicing::v1::{self as pb, invoicing_event::Payload};
use quittance_testkit::{assert_fault, assert_violations, request_id};
use tokio::task::JoinSet;
use tonic::{Code, Status};

use crate::{
    approvals::{approve, rule},
    settling::{settle, settlement},
    setup::{Service, amount, eur},
};

fn apply(credit: &pb::Credit, items: &[(&str, Option<&str>)]) -> pb::ApplyCreditRequest {
    let application = |(item, part): &(&str, Option<&str>)| pb::CreditApplication {
        item_id: (*item).to_owned(),
        amount: part.and_then(eur),
    };
    pb::ApplyCreditRequest {
        request_id: request_id(),
        credit_id: credit.credit_id.clone(),
        applications: items.iter().map(application).collect(),
        ..Default::default()
    }
}

pub(crate) fn write_off(credit: &pb::Credit, part: Option<&str>) -> pb::WriteOffCreditRequest {
    pb::WriteOffCreditRequest {
        request_id: request_id(),
        credit_id: credit.credit_id.clone(),
        amount: part.and_then(eur),
        effective_on: String::new(),
        reason: "The customer has closed its business.".to_owned(),
    }
}

pub(crate) fn reverse(entry: &pb::CreditEntry) -> pb::ReverseCreditEntryRequest {
    pb::ReverseCreditEntryRequest {
        request_id: request_id(),
        credit_id: entry.credit_id.clone(),
        entry_id: entry.entry_id.clone(),
        effective_on: String::new(),
        reason: "Applied to the wrong invoice.".to_owned(),
    }
}

impl Service {
    async fn apply(&self, request: pb::ApplyCreditRequest) -> Result<pb::ApplyCreditResponse, Status> {
        self.customer_credits().apply_credit(request).await.map(tonic::Response::into_inner)
    }

    async fn reverse_entry(
        &self,
        request: pb::ReverseCreditEntryRequest,
    ) -> Result<pb::ReverseCreditEntryResponse, Status> {
        self.customer_credits().reverse_credit_entry(request).await.map(tonic::Response::into_inner)
    }

    /// The credit of a credit note over a part of an invoice, or all of it.
    pub(crate) async fn credit_on_account(&self, invoice: &str, part: Option<&str>, keep: bool) -> pb::Credit {
        let request = pb::CreditInvoiceRequest {
            request_id: request_id(),
            invoice_id: invoice.to_owned(),
            reason: pb::CreditReason::Return.into(),
            amount: part.and_then(eur),
            keep_on_account: keep,
            ..Default::default()
        };
        self.credit_notes().credit_invoice(request).await.unwrap().into_inner().credit.unwrap()
    }

    /// An invoice over 119.00 EUR that is paid.
    pub(crate) async fn paid(&self, customer: &str) -> String {
        let id = self.issued(customer).await.invoice_id;
        self.settlements().settle_items(settle(vec![settlement(&id, "119")])).await.unwrap();
        id
    }

    async fn statement(&self, customer: &str) -> pb::Statement {
        let request = pb::GetStatementRequest {
            customer_id: customer.to_owned(),
            currency_code: "EUR".to_owned(),
            from_on: "2026-03-01".to_owned(),
            to_on: "2026-03-31".to_owned(),
            known_at: None,
        };
        self.items().get_statement(request).await.unwrap().into_inner()
    }
}

/// Remaining, applied and written off.
fn parts(credit: &pb::Credit) -> [&str; 3] {
    [&credit.remaining, &credit.applied, &credit.written_off].map(amount)
}

#[tokio::test]
async fn what_is_credited_of_a_paid_invoice_is_on_account_and_applied_to_others() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let paid = service.paid(&customer).await;
    let credit = service.credit_on_account(&paid, None, false).await;
    assert_eq!(parts(&credit), ["119.00", "0.00", "0.00"]);
    let [first, second] = [service.issued(&customer).await.invoice_id, service.issued(&customer).await.invoice_id];
    service.assert_ledger().await;

    let request = apply(&credit, &[(&second, Some("100"))]);
    let applied = service.apply(request.clone()).await.unwrap();
    assert_eq!(service.apply(request).await.unwrap(), applied, "a repeated call has the same answer");
    assert_eq!(parts(applied.credit.as_ref().unwrap()), ["19.00", "100.00", "0.00"]);
    assert_eq!(applied.items.iter().map(|item| amount(&item.open_amount)).collect::<Vec<_>>(), ["19.00"]);
    let [entry] = &applied.entries[..] else { panic!("{applied:?}") };
    assert_eq!(
        (entry.kind(), amount(&entry.amount), &entry.item_id),
        (pb::CreditEntryKind::Applied, "-100.00", &second)
    );
    assert_eq!([entry.effective_on.as_str(), &entry.actor], ["2026-03-02", "test"]);

    // Without items: what is due first, as far as it reaches.
    let rest = service.apply(apply(&credit, &[])).await.unwrap();
    assert_eq!(parts(rest.credit.as_ref().unwrap()), ["0.00", "119.00", "0.00"]);
    assert_eq!((&rest.items[0].item_id, amount(&rest.items[0].open_amount)), (&first, "100.00"));
    let error = service.apply(apply(&credit, &[])).await.unwrap_err();
    assert_fault(&error, Code::FailedPrecondition, "CREDIT_USED_UP");
    service.assert_ledger().await;

    let reversed = service.reverse_entry(reverse(entry)).await.unwrap();
    assert_eq!(parts(reversed.credit.as_ref().unwrap()), ["100.00", "19.00", "0.00"]);
    assert_eq!(amount(&reversed.item.as_ref().unwrap().open_amount), "119.00");
    assert_eq!(&reversed.entry.as_ref().unwrap().reversed_entry_id, &entry.entry_id);
    let error = service.reverse_entry(reverse(entry)).await.unwrap_err();
    assert_fault(&error, Code::FailedPrecondition, "CREDIT_ENTRY_REVERSED");
    service.assert_ledger().await;

    let statement = service.statement(&customer).await;
    // Applications only move between an item and a credit.
    let mut shown: Vec<_> = statement.entries.iter().map(|entry| amount(&entry.amount)).collect();
    shown.sort_unstable();
    assert_eq!(shown, ["-119.00", "-119.00", "119.00", "119.00", "119.00"]);
    let note = statement.entries.iter().find(|entry| entry.credit_id == credit.credit_id).unwrap();
    assert_eq!((note.credit_kind(), amount(&note.amount)), (pb::CreditEntryKind::Issued, "-119.00"));
    assert_eq!((&note.number, note.item_id.as_str()), (&credit.number, ""));
    let closing = [&statement.closing_balance, &statement.closing_items, &statement.closing_credits].map(amount);
    assert_eq!(closing, ["119.00", "219.00", "100.00"]);
}

#[tokio::test]
async fn a_credit_is_kept_on_account_and_written_off() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let invoice = service.issued(&customer).await.invoice_id;
    let credit = service.credit_on_account(&invoice, Some("50"), true).await;
    assert_eq!(parts(&credit), ["50.00", "0.00", "0.00"]);
    assert_eq!(amount(&service.item(&invoice).await.open_amount), "119.00");
    let void = pb::VoidInvoiceRequest {
        request_id: request_id(),
        invoice_id: invoice.clone(),
        reason: "Wrong".to_owned(),
        etag: String::new(),
    };
    let error = service.invoices().void_invoice(void).await.unwrap_err();
    assert_fault(&error, Code::FailedPrecondition, "INVOICE_CREDITED_IN_PART");
    let part = service.customer_credits().write_off_credit(write_off(&credit, Some("20"))).await.unwrap().into_inner();
    assert_eq!(parts(part.credit.as_ref().unwrap()), ["30.00", "0.00", "20.00"]);
    let entry = part.entry.unwrap();
    assert_eq!((entry.kind(), entry.item_id.as_str()), (pb::CreditEntryKind::WrittenOff, ""));
    service.apply(apply(&credit, &[(&invoice, None)])).await.unwrap();
    let back = service.reverse_entry(reverse(&entry)).await.unwrap();
    assert_eq!((parts(back.credit.as_ref().unwrap()), back.item), (["20.00", "30.00", "0.00"], None));
    assert_eq!(amount(&service.item(&invoice).await.open_amount), "89.00");
    let list = pb::ListCreditEntriesRequest { credit_id: credit.credit_id.clone(), ..Default::default() };
    let entries = service.customer_credits().list_credit_entries(list).await.unwrap().into_inner().entries;
    let kinds: Vec<_> = entries.iter().map(|entry| (entry.kind(), amount(&entry.amount))).collect();
    let expected = [
        (pb::CreditEntryKind::Issued, "50.00"),
        (pb::CreditEntryKind::WrittenOff, "-20.00"),
        (pb::CreditEntryKind::Applied, "-30.00"),
        (pb::CreditEntryKind::WriteOffReversal, "20.00"),
    ];
    assert_eq!(kinds, expected);
    service.assert_ledger().await;
    let published = service.events.all::<pb::InvoicingEvent>(10).await;
    let uses = published.into_iter().filter_map(|event| match event.payload? {
        Payload::InvoiceCredited(event) => Some((event.credit?, event.entries.len(), event.credit_entries.len())),
        Payload::CreditApplied(event) => Some((event.credit?, event.entries.len(), event.credit_entries.len())),
        Payload::CreditWrittenOff(event) => Some((event.credit?, 0, event.credit_entries.len())),
        Payload::CreditEntryReversed(event) => Some((event.credit?, event.entries.len(), event.credit_entries.len())),
        _ => None,
    });
    let uses: Vec<_> =
        uses.map(|(credit, entries, own)| (amount(&credit.remaining).to_owned(), entries, own)).collect();
    let expected = [("50.00", 0, 1), ("30.00", 0, 1), ("0.00", 1, 1), ("20.00", 0, 1)];
    assert_eq!(uses, expected.map(|(remaining, entries, own)| (remaining.to_owned(), entries, own)));
}

#[tokio::test]
async fn what_is_wrong_with_the_use_of_a_credit_is_said() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let paid = service.paid(&customer).await;
    let credit = service.credit_on_account(&paid, None, false).await;
    let other = service.issued(&service.customer().await).await.invoice_id;
    let item = service.issued(&customer).await.invoice_id;
    let none = "01a22b7a-cc0c-7415-b082-e3a3f232acb7";
    for (items, reason) in [
        (vec![(other.as_str(), None)], "ITEM_OF_OTHER_CUSTOMER"),
        (vec![(paid.as_str(), None)], "NOTHING_OPEN"),
        (vec![(item.as_str(), Some("119.01"))], "CREDIT_EXCEEDS_OPEN"),
    ] {
        let error = service.apply(apply(&credit, &items)).await.unwrap_err();
        assert_fault(&error, Code::FailedPrecondition, reason);
    }
    let error = service.apply(apply(&credit, &[(none, None)])).await.unwrap_err();
    assert_fault(&error, Code::NotFound, "ITEM_NOT_FOUND");
    let no_credit = pb::Credit { credit_id: none.to_owned(), ..credit.clone() };
    for items in [vec![], vec![(item.as_str(), None)]] {
        let error = service.apply(apply(&no_credit, &items)).await.unwrap_err();
        assert_fault(&error, Code::NotFound, "CREDIT_NOT_FOUND");
    }
    for (on, reason) in [("2026-03-03", "EFFECTIVE_IN_FUTURE"), ("2026-03-01", "EFFECTIVE_BEFORE_CREDIT")] {
        let dated = pb::ApplyCreditRequest { effective_on: on.to_owned(), ..apply(&credit, &[]) };
        assert_fault(&service.apply(dated).await.unwrap_err(), Code::FailedPrecondition, reason);
    }
    let too_much = service.customer_credits().write_off_credit(write_off(&credit, Some("119.01"))).await.unwrap_err();
    assert_fault(&too_much, Code::FailedPrecondition, "CREDIT_EXCEEDS_REMAINING");
    let list = pb::ListCreditEntriesRequest { credit_id: credit.credit_id.clone(), ..Default::default() };
    let entries = service.customer_credits().list_credit_entries(list).await.unwrap().into_inner().entries;
    let error = service.reverse_entry(reverse(&entries[0])).await.unwrap_err();
    assert_fault(&error, Code::FailedPrecondition, "CREDIT_ENTRY_NOT_REVERSIBLE");
    let unknown = pb::ReverseCreditEntryRequest { entry_id: none.to_owned(), ..reverse(&entries[0]) };
    assert_fault(&service.reverse_entry(unknown).await.unwrap_err(), Code::NotFound, "CREDIT_ENTRY_NOT_FOUND");
    let applied = service.apply(apply(&credit, &[])).await.unwrap();
    let early = pb::ReverseCreditEntryRequest { effective_on: "2026-03-01".to_owned(), ..reverse(&applied.entries[0]) };
    let error = service.reverse_entry(early).await.unwrap_err();
    assert_fault(&error, Code::FailedPrecondition, "REVERSED_BEFORE_EFFECTIVE");
    let bad = pb::ApplyCreditRequest {
        credit_id: "x".to_owned(),
        effective_on: "soon".to_owned(),
        ..apply(&credit, &[("y", Some("-1")), (&item, None), (&item, None)])
    };
    assert_violations(
        &service.apply(bad).await.unwrap_err(),
        &["credit_id", "applications[2].item_id", "applications[0].item_id", "applications[0].amount", "effective_on"],
    );
    service.assert_ledger().await;
}

#[tokio::test]
async fn credits_are_listed_while_something_remains() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let mut credits = Vec::new();
    for _ in 0..3 {
        let paid = service.paid(&customer).await;
        credits.push(service.credit_on_account(&paid, None, false).await);
    }
    let list = async |request| service.customer_credits().list_credits(request).await.map(tonic::Response::into_inner);
    let of_customer = pb::ListCreditsRequest { customer_ids: vec![customer.clone()], ..Default::default() };
    assert_eq!(list(of_customer.clone()).await.unwrap().credits, credits);
    service.customer_credits().write_off_credit(write_off(&credits[1], None)).await.unwrap();
    let left = list(pb::ListCreditsRequest { page_size: 1, ..of_customer.clone() }).await.unwrap();
    assert_eq!(left.credits, credits[..1]);
    let next = pb::ListCreditsRequest { page_size: 1, page_token: left.next_page_token, ..of_customer.clone() };
    assert_eq!(list(next).await.unwrap().credits, credits[2..]);
    let used = pb::ListCreditsRequest { include_used: true, order_by: "update_time desc".to_owned(), ..of_customer };
    let all = list(used.clone()).await.unwrap().credits;
    assert_eq!(all.len(), 3);
    let get = pb::GetCreditRequest { credit_id: credits[1].credit_id.clone() };
    let read = service.customer_credits().get_credit(get).await.unwrap().into_inner();
    assert!(all.contains(&read) && amount(&read.written_off) == "119.00", "{read:?}");
    let by_issue = pb::ListCreditsRequest { order_by: "issued_on".to_owned(), ..used };
    assert_violations(&list(by_issue).await.unwrap_err(), &["include_used"]);
    let none = pb::GetCreditRequest { credit_id: customer };
    assert_fault(&service.customer_credits().get_credit(none).await.unwrap_err(), Code::NotFound, "CREDIT_NOT_FOUND");
}

/// Many calls use one credit at once: no more is used than there is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_of_a_credit_is_used_than_there_is() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let paid = service.paid(&customer).await;
    let credit = service.credit_on_account(&paid, None, false).await;
    let mut items = Vec::new();
    for _ in 0..6 {
        items.push(service.issued(&customer).await.invoice_id);
    }
    let mut calls = JoinSet::new();
    for item in items {
        let (mut credits, request) = (service.customer_credits(), apply(&credit, &[(&item, Some("30"))]));
        calls.spawn(async move { credits.apply_credit(request).await });
    }
    let done = calls.join_all().await;
    let refused = done.iter().filter_map(|result| result.as_ref().err());
    for error in refused.clone() {
        assert_fault(error, Code::FailedPrecondition, "CREDIT_EXCEEDS_REMAINING");
    }
    assert_eq!(refused.count(), 3);
    let get = pb::GetCreditRequest { credit_id: credit.credit_id };
    let left = service.customer_credits().get_credit(get).await.unwrap().into_inner();
    assert_eq!(parts(&left), ["29.00", "90.00", "0.00"]);
    service.assert_ledger().await;
}

#[tokio::test]
async fn a_credit_is_written_off_by_two() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let paid = service.paid(&customer).await;
    let credit = service.credit_on_account(&paid, Some("50"), false).await;
    service.require_approval(vec![rule("WriteOffCredit", Some("20"))]).await;
    let call = async |part| {
        let request = write_off(&credit, part);
        service.customer_credits().write_off_credit(request).await.unwrap().into_inner()
    };
    let waiting = call(None).await;
    assert_eq!((waiting.entry, waiting.credit.as_ref().map(|credit| amount(&credit.remaining))), (None, Some("50.00")));
    let small = call(Some("20")).await;
    assert_eq!((small.approval, small.credit.as_ref().map(|credit| amount(&credit.remaining))), (None, Some("30.00")));
    let approved = service.approve_as("grace", approve(&waiting.approval.unwrap())).await.unwrap();
    assert_eq!(approved.result, format!("credits/{}", credit.credit_id), "all that remains, which is less by now");
    let get = pb::GetCreditRequest { credit_id: credit.credit_id };
    let credit = service.customer_credits().get_credit(get).await.unwrap().into_inner();
    assert_eq!([amount(&credit.remaining), amount(&credit.written_off)], ["0.00", "50.00"]);
    service.assert_ledger().await;
}
