//! Due dates that are extended.

use quittance_kernel::ItemId;
use quittance_proto::{
    common::v1::ApprovalState,
    invoicing::v1::{self as pb, invoicing_event::Payload},
};
use quittance_testkit::{assert_fault, assert_violations, now, request_id};
use tokio::task::JoinSet;
use tonic::{Code, Status};

use crate::{
    approvals::{approve, rule},
    audit::acting_for,
    settling::{settle, settlement},
    setup::Service,
};

fn extend(item: &str, due_on: &str) -> pb::ExtendDueDateRequest {
    pb::ExtendDueDateRequest {
        request_id: request_id(),
        item_id: item.to_owned(),
        due_on: due_on.to_owned(),
        effective_on: String::new(),
        reason: "Agreed by telephone".to_owned(),
    }
}

impl Service {
    async fn extend(&self, request: pb::ExtendDueDateRequest) -> Result<pb::ExtendDueDateResponse, Status> {
        self.items().extend_due_date(request).await.map(tonic::Response::into_inner)
    }

    async fn extensions(&self, item: &str, page_size: i32) -> Vec<pb::DueDateExtension> {
        let (mut all, mut page_token) = (Vec::new(), String::new());
        loop {
            let request = pb::ListDueDateExtensionsRequest { item_id: item.to_owned(), page_size, page_token };
            let page = self.items().list_due_date_extensions(request).await.unwrap().into_inner();
            all.extend(page.extensions);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return all;
            }
        }
    }
}

#[tokio::test]
async fn a_due_date_is_extended_step_by_step_and_the_document_keeps_its_own() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let invoice = service.issued(&customer).await;
    let item = invoice.invoice_id.clone();
    let request = extend(&item, "2026-05-31");
    let first = service.extend(request.clone()).await.unwrap();
    assert_eq!(service.extend(request.clone()).await.unwrap(), first, "a repeated call has the same answer");
    let extension = first.extension.unwrap();
    let dates = [&extension.previous_due_on, &extension.due_on, &extension.effective_on];
    assert_eq!(dates, [invoice.due_on.as_str(), "2026-05-31", "2026-03-02"]);
    assert_eq!(
        [&extension.reason, &extension.actor, &extension.request_id],
        [&request.reason, "test", &request.request_id]
    );
    assert_eq!((first.item.unwrap().due_on.as_str(), first.approval), ("2026-05-31", None));
    let second = service.extend(extend(&item, "2026-06-30")).await.unwrap().extension.unwrap();
    assert_eq!(second.previous_due_on, "2026-05-31");
    assert_eq!(service.extensions(&item, 1).await, [extension.clone(), second.clone()]);
    assert_eq!(service.item(&item).await.due_on, "2026-06-30");
    let get = pb::GetInvoiceRequest { invoice_id: item.clone() };
    assert_eq!(service.invoices().get_invoice(get).await.unwrap().into_inner().due_on, invoice.due_on);
    service.assert_ledger().await;

    let events: Vec<pb::InvoicingEvent> = service.events.all(8).await;
    let published = events.into_iter().filter_map(|event| match event.payload {
        Some(Payload::DueDateExtended(extended)) => extended.extension,
        _ => None,
    });
    assert_eq!(published.collect::<Vec<_>>(), [extension, second]);
}

#[tokio::test]
async fn what_is_extended_wrongly_is_refused() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let invoice = service.issued(&customer).await;
    let item = invoice.invoice_id.clone();
    let refused = async |request| service.extend(request).await.unwrap_err();
    let fields = ["request_id", "item_id", "due_on", "reason"];
    assert_violations(&refused(pb::ExtendDueDateRequest::default()).await, &fields);
    let wrong = pb::ExtendDueDateRequest { effective_on: "2026-02-30".to_owned(), ..extend("x", "soon") };
    assert_violations(&refused(wrong).await, &["item_id", "due_on", "effective_on"]);
    let on = |effective_on: &str, due_on: &str| pb::ExtendDueDateRequest {
        effective_on: effective_on.to_owned(),
        ..extend(&item, due_on)
    };
    assert_fault(&refused(extend(&item, &invoice.due_on)).await, Code::FailedPrecondition, "DUE_DATE_NOT_LATER");
    assert_fault(&refused(on("2026-03-03", "2026-05-31")).await, Code::FailedPrecondition, "EFFECTIVE_IN_FUTURE");
    assert_fault(&refused(on("2026-03-01", "2026-05-31")).await, Code::FailedPrecondition, "EXTENDED_TOO_EARLY");
    let unknown = ItemId::at(now()).to_string();
    assert_fault(&refused(extend(&unknown, "2026-05-31")).await, Code::NotFound, "ITEM_NOT_FOUND");
    let list = pb::ListDueDateExtensionsRequest { item_id: unknown, ..Default::default() };
    let list = service.items().list_due_date_extensions(list).await.unwrap_err();
    assert_fault(&list, Code::NotFound, "ITEM_NOT_FOUND");
    service.settlements().settle_items(settle(vec![settlement(&item, "119")])).await.unwrap();
    assert_fault(&refused(extend(&item, "2026-05-31")).await, Code::FailedPrecondition, "NOTHING_OPEN");
    assert_eq!(service.extensions(&item, 0).await, []);
    service.assert_ledger().await;
}

#[tokio::test]
async fn an_extension_of_a_large_item_needs_a_second_person() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let item = service.issued(&customer).await.invoice_id;
    service.require_approval(vec![rule("ExtendDueDate", Some("100"))]).await;
    let waiting = service.extend(extend(&item, "2026-05-31")).await.unwrap();
    assert_eq!((waiting.extension, waiting.item.unwrap().due_on), (None, service.item(&item).await.due_on));
    let pending = waiting.approval.unwrap();
    assert_eq!(pending.amount.as_ref().unwrap().amount, "119.00");
    let own = service.approve_as("test", approve(&pending)).await.unwrap_err();
    assert_fault(&own, Code::FailedPrecondition, "APPROVER_IS_REQUESTER");
    let approved = service.approve_as("grace", approve(&pending)).await.unwrap();
    assert_eq!((approved.state(), approved.result), (ApprovalState::Approved, format!("items/{item}")));
    let [extension] = service.extensions(&item, 0).await.try_into().unwrap();
    assert_eq!([&extension.actor, &extension.on_behalf_of, &extension.due_on], ["test", "", "2026-05-31"]);
    // Paid down to the threshold, it needs none.
    service.settlements().settle_items(settle(vec![settlement(&item, "19")])).await.unwrap();
    let small = service.items().extend_due_date(acting_for("ada", extend(&item, "2026-06-30"))).await.unwrap_err();
    assert_fault(&small, Code::PermissionDenied, "SCOPE_MISSING");
    assert_eq!(service.extend(extend(&item, "2026-06-30")).await.unwrap().approval, None);
    service.assert_ledger().await;
}

#[tokio::test]
async fn extensions_at_once_follow_on_each_other() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let item = service.issued(&customer).await.invoice_id;
    let mut calls = JoinSet::new();
    for day in 1..=20 {
        let (mut items, request) = (service.items(), extend(&item, &format!("2026-07-{day:02}")));
        calls.spawn(async move { items.extend_due_date(request).await.map(tonic::Response::into_inner) });
    }
    let mut done = 0;
    for result in calls.join_all().await {
        match result {
            Ok(_) => done += 1,
            Err(refused) => assert_fault(&refused, Code::FailedPrecondition, "DUE_DATE_NOT_LATER"),
        }
    }
    let chain = service.extensions(&item, 0).await;
    assert!(done > 0 && chain.len() == done, "{done} of {chain:?}");
    assert!(chain.windows(2).all(|pair| pair[0].due_on == pair[1].previous_due_on), "{chain:?}");
    assert_eq!(service.item(&item).await.due_on, "2026-07-20");
    service.assert_ledger().await;
}
