//! The gRPC handlers: messages to operations and reads, and their results to messages.

mod bad_debts;
mod books;
mod customer_credits;
mod documents;
mod items;
mod lists;
mod periods;
mod policies;
mod read;
mod settlements;
mod status;
mod views;

#[cfg(test)]
mod kept_requests_tests;

use quittance_grpc::Reading;
use quittance_proto::invoicing::v1::{
    bad_debt_service_server::BadDebtServiceServer,
    credit_note_service_server::CreditNoteServiceServer,
    customer_credit_service_server::CustomerCreditServiceServer,
    customer_service_server::CustomerServiceServer,
    invoice_service_server::InvoiceServiceServer,
    invoicing_approval_service_server::InvoicingApprovalServiceServer,
    invoicing_audit_service_server::{InvoicingAuditService, InvoicingAuditServiceServer},
    invoicing_webhook_service_server::{InvoicingWebhookService, InvoicingWebhookServiceServer},
    open_item_service_server::OpenItemServiceServer,
    period_service_server::PeriodServiceServer,
    policy_service_server::PolicyServiceServer,
    settlement_service_server::SettlementServiceServer,
    tenant_service_server::TenantServiceServer,
};
use tonic::{codec::CompressionEncoding::Gzip, service::Routes};

use crate::App;

/// Full names of the services, for the health service.
pub(crate) const SERVICES: &[&str] = &[
    "quittance.invoicing.v1.TenantService",
    "quittance.invoicing.v1.CustomerService",
    "quittance.invoicing.v1.InvoiceService",
    "quittance.invoicing.v1.CreditNoteService",
    "quittance.invoicing.v1.CustomerCreditService",
    "quittance.invoicing.v1.OpenItemService",
    "quittance.invoicing.v1.BadDebtService",
    "quittance.invoicing.v1.SettlementService",
    "quittance.invoicing.v1.PeriodService",
    "quittance.invoicing.v1.PolicyService",
    "quittance.invoicing.v1.InvoicingApprovalService",
    "quittance.invoicing.v1.InvoicingWebhookService",
    "quittance.invoicing.v1.InvoicingAuditService",
];

/// Adds the service's gRPC services, whose calls wait for what they are to see.
pub(crate) fn add_routes(routes: Routes, app: &App, reading: &Reading) -> Routes {
    routes
        .add_service(
            reading.before(TenantServiceServer::new(app.clone()).accept_compressed(Gzip).send_compressed(Gzip)),
        )
        .add_service(
            reading.before(CustomerServiceServer::new(app.clone()).accept_compressed(Gzip).send_compressed(Gzip)),
        )
        .add_service(
            reading.before(InvoiceServiceServer::new(app.clone()).accept_compressed(Gzip).send_compressed(Gzip)),
        )
        .add_service(
            reading.before(CreditNoteServiceServer::new(app.clone()).accept_compressed(Gzip).send_compressed(Gzip)),
        )
        .add_service(
            reading.before(CustomerCreditServiceServer::new(app.clone()).accept_compressed(Gzip).send_compressed(Gzip)),
        )
        .add_service(
            reading.before(OpenItemServiceServer::new(app.clone()).accept_compressed(Gzip).send_compressed(Gzip)),
        )
        .add_service(
            reading.before(BadDebtServiceServer::new(app.clone()).accept_compressed(Gzip).send_compressed(Gzip)),
        )
        .add_service(
            reading.before(SettlementServiceServer::new(app.clone()).accept_compressed(Gzip).send_compressed(Gzip)),
        )
        .add_service(
            reading.before(PeriodServiceServer::new(app.clone()).accept_compressed(Gzip).send_compressed(Gzip)),
        )
        .add_service(
            reading.before(PolicyServiceServer::new(app.clone()).accept_compressed(Gzip).send_compressed(Gzip)),
        )
        .add_service(
            reading
                .before(InvoicingApprovalServiceServer::new(app.clone()).accept_compressed(Gzip).send_compressed(Gzip)),
        )
        .add_service(
            reading
                .before(InvoicingWebhookServiceServer::new(app.clone()).accept_compressed(Gzip).send_compressed(Gzip)),
        )
        .add_service(
            reading.before(InvoicingAuditServiceServer::new(app.clone()).accept_compressed(Gzip).send_compressed(Gzip)),
        )
}

quittance_audit::audit_service!(InvoicingAuditService, App);
quittance_webhooks::webhook_service!(InvoicingWebhookService, App);
