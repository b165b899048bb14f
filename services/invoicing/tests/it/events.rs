//! What invoicing publishes.

use quittance_proto::{
    common::v1::WriteOffReason,
    invoicing::v1::{self as pb, invoicing_event::Payload},
};

use crate::{
    settling::{settle, settlement},
    setup::{NEW_BOOK, Service, amount, create, eur, issue},
};

#[tokio::test]
async fn every_change_is_told_once_and_in_order() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let draft = service.invoices().create_invoice(create(&customer)).await.unwrap().into_inner();
    let request = issue(&draft.invoice_id);
    service.invoices().issue_invoice(request.clone()).await.unwrap();
    service.invoices().issue_invoice(request).await.unwrap();
    service.settlements().settle_items(settle(vec![settlement(&draft.invoice_id, "19")])).await.unwrap();
    let kinds = service.events.kinds(8).await;
    assert_eq!(kinds[..4], NEW_BOOK);
    assert_eq!(kinds[4..], ["CustomerCreated", "InvoiceDrafted", "InvoiceIssued", "ItemSettled"]);
    let events: Vec<pb::InvoicingEvent> = service.events.all(8).await;
    let Some(Payload::ItemSettled(settled)) = &events[7].payload else { panic!("{:?}", events[7]) };
    assert_eq!((amount(&settled.open_amount), settled.customer_id.as_str()), ("100.00", customer.as_str()));
}

#[tokio::test]
async fn a_write_off_is_told_with_its_reason() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let id = service.issued(&customer).await.invoice_id;
    let settled = pb::Settlement {
        write_off: eur("-1.00"),
        write_off_reason: WriteOffReason::BankCharges.into(),
        ..settlement(&id, "120.00")
    };
    service.settlements().settle_items(settle(vec![settled.clone()])).await.unwrap();
    let events: Vec<pb::InvoicingEvent> = service.events.all(7).await;
    let Some(Payload::ItemSettled(published)) = &events[6].payload else { panic!("{:?}", events[6]) };
    assert_eq!((published.settlement.as_ref(), amount(&published.open_amount)), (Some(&settled), "0.00"));
}
