//! What invoicing tells.

use quittance_proto::invoicing::v1::{self as pb, invoicing_event::Payload};

use crate::{
    settling::{settle, settlement},
    setup::{Service, amount, create, issue},
};

#[tokio::test]
async fn every_change_is_told_once_and_in_order() {
    let service = Service::start().await;
    let customer = service.customer().await;
    let draft = service.invoices().create_invoice(create(&customer)).await.unwrap().into_inner();
    let request = issue(&draft.invoice_id);
    service.invoices().issue_invoice(request.clone()).await.unwrap();
    service.invoices().issue_invoice(request).await.unwrap();
    service.items().settle_items(settle(vec![settlement(&draft.invoice_id, "19")])).await.unwrap();
    let kinds = service.events.kinds(5).await;
    assert_eq!(kinds, ["TenantCreated", "CustomerCreated", "InvoiceDrafted", "InvoiceIssued", "ItemSettled"]);
    let events: Vec<pb::InvoicingEvent> = service.events.first(5).await;
    let Some(Payload::ItemSettled(settled)) = &events[4].payload else { panic!("{:?}", events[4]) };
    assert_eq!((amount(&settled.open_amount), settled.customer_id.as_str()), ("100.00", customer.as_str()));
}
