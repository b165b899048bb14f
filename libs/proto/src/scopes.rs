//! Which scope a caller needs for which method: the one table that the servers check. A test compares it with the descriptor set and
//! the comment of each method.

/// What a method requires of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// No token: health and reflection.
    Open,
    /// A token with this scope that names the tenant.
    Scope(&'static str),
}

/// What the method at an HTTP path requires; `None` for an unknown method.
pub fn access(path: &str) -> Option<Access> {
    if path.starts_with("/grpc.health.v1.Health/")
        || path.starts_with("/grpc.reflection.v1.")
        || path.starts_with("/grpc.reflection.v1alpha.")
    {
        return Some(Access::Open);
    }
    let found = METHODS.binary_search_by(|(method, _)| (*method).cmp(path)).ok()?;
    METHODS.get(found).map(|(_, scope)| Access::Scope(scope))
}

/// Whether the method at an HTTP path responds with a stream of messages.
pub fn is_stream(path: &str) -> bool {
    STREAMS.contains(&path)
}

/// The paths of the methods that respond with a stream.
const STREAMS: &[&str] = &["/quittance.collections.v1.CollectionsRunService/WatchRun"];

/// Path and scope of every method, sorted by path.
pub const METHODS: &[(&str, &str)] = &[
    ("/quittance.collections.v1.CollectionsAuditService/ListAuditEntries", "audit.read"),
    ("/quittance.collections.v1.CollectionsRunService/CancelRun", "collections.write"),
    ("/quittance.collections.v1.CollectionsRunService/GetRun", "collections.read"),
    ("/quittance.collections.v1.CollectionsRunService/ListRunItems", "collections.read"),
    ("/quittance.collections.v1.CollectionsRunService/ListRuns", "collections.read"),
    ("/quittance.collections.v1.CollectionsRunService/WatchRun", "collections.read"),
    ("/quittance.collections.v1.CollectionsWebhookService/CreateWebhook", "webhooks.write"),
    ("/quittance.collections.v1.CollectionsWebhookService/DeleteWebhook", "webhooks.write"),
    ("/quittance.collections.v1.CollectionsWebhookService/GetWebhook", "webhooks.read"),
    ("/quittance.collections.v1.CollectionsWebhookService/ListWebhooks", "webhooks.read"),
    ("/quittance.collections.v1.CollectionsWebhookService/ReplayWebhook", "webhooks.write"),
    ("/quittance.collections.v1.CollectionsWebhookService/RotateWebhookSecret", "webhooks.write"),
    ("/quittance.collections.v1.CollectionsWebhookService/UpdateWebhook", "webhooks.write"),
    ("/quittance.collections.v1.DisputeService/GetDispute", "collections.read"),
    ("/quittance.collections.v1.DisputeService/ListDisputes", "collections.read"),
    ("/quittance.collections.v1.DisputeService/OpenDispute", "collections.write"),
    ("/quittance.collections.v1.DisputeService/ResolveDispute", "collections.write"),
    ("/quittance.collections.v1.DunningService/GetReminder", "collections.read"),
    ("/quittance.collections.v1.DunningService/GetStreamStatus", "ledger.read"),
    ("/quittance.collections.v1.DunningService/ListReminders", "collections.read"),
    ("/quittance.collections.v1.DunningService/PreviewDunning", "collections.read"),
    ("/quittance.collections.v1.DunningService/StartDunning", "collections.write"),
    ("/quittance.collections.v1.DunningService/VerifyLedger", "ledger.read"),
    ("/quittance.collections.v1.StrategyService/CreateStrategy", "collections.write"),
    ("/quittance.collections.v1.StrategyService/DeleteStrategy", "collections.write"),
    ("/quittance.collections.v1.StrategyService/GetStrategy", "collections.read"),
    ("/quittance.collections.v1.StrategyService/ListStrategies", "collections.read"),
    ("/quittance.collections.v1.StrategyService/UpdateStrategy", "collections.write"),
    ("/quittance.creditrisk.v1.CreditRiskAuditService/ListAuditEntries", "audit.read"),
    ("/quittance.creditrisk.v1.CreditRiskWebhookService/CreateWebhook", "webhooks.write"),
    ("/quittance.creditrisk.v1.CreditRiskWebhookService/DeleteWebhook", "webhooks.write"),
    ("/quittance.creditrisk.v1.CreditRiskWebhookService/GetWebhook", "webhooks.read"),
    ("/quittance.creditrisk.v1.CreditRiskWebhookService/ListWebhooks", "webhooks.read"),
    ("/quittance.creditrisk.v1.CreditRiskWebhookService/ReplayWebhook", "webhooks.write"),
    ("/quittance.creditrisk.v1.CreditRiskWebhookService/RotateWebhookSecret", "webhooks.write"),
    ("/quittance.creditrisk.v1.CreditRiskWebhookService/UpdateWebhook", "webhooks.write"),
    ("/quittance.creditrisk.v1.CreditService/CheckCredit", "credit.read"),
    ("/quittance.creditrisk.v1.CreditService/CreateProfile", "credit.write"),
    ("/quittance.creditrisk.v1.CreditService/DeleteProfile", "credit.write"),
    ("/quittance.creditrisk.v1.CreditService/GetProfile", "credit.read"),
    ("/quittance.creditrisk.v1.CreditService/GetStreamStatus", "ledger.read"),
    ("/quittance.creditrisk.v1.CreditService/ListProfiles", "credit.read"),
    ("/quittance.creditrisk.v1.CreditService/UpdateProfile", "credit.write"),
    ("/quittance.creditrisk.v1.CreditService/VerifyLedger", "ledger.read"),
    ("/quittance.creditrisk.v1.ReservationService/AuthorizeOrder", "credit.write"),
    ("/quittance.creditrisk.v1.ReservationService/BatchAuthorizeOrders", "credit.write"),
    ("/quittance.creditrisk.v1.ReservationService/ConfirmReservation", "credit.write"),
    ("/quittance.creditrisk.v1.ReservationService/GetReservation", "credit.read"),
    ("/quittance.creditrisk.v1.ReservationService/ListReservations", "credit.read"),
    ("/quittance.creditrisk.v1.ReservationService/ReleaseReservation", "credit.write"),
    ("/quittance.invoicing.v1.BadDebtService/GetBadDebt", "invoices.read"),
    ("/quittance.invoicing.v1.BadDebtService/ListBadDebts", "invoices.read"),
    ("/quittance.invoicing.v1.BadDebtService/RecordRecovery", "invoices.write"),
    ("/quittance.invoicing.v1.BadDebtService/WriteOffItem", "invoices.write"),
    ("/quittance.invoicing.v1.CreditNoteService/CreditInvoice", "invoices.write"),
    ("/quittance.invoicing.v1.CreditNoteService/GetCreditNote", "invoices.read"),
    ("/quittance.invoicing.v1.CreditNoteService/ListCreditNotes", "invoices.read"),
    ("/quittance.invoicing.v1.CreditNoteService/RenderCreditNote", "invoices.read"),
    ("/quittance.invoicing.v1.CustomerCreditService/ApplyCredit", "invoices.write"),
    ("/quittance.invoicing.v1.CustomerCreditService/GetCredit", "invoices.read"),
    ("/quittance.invoicing.v1.CustomerCreditService/ListCreditEntries", "invoices.read"),
    ("/quittance.invoicing.v1.CustomerCreditService/ListCredits", "invoices.read"),
    ("/quittance.invoicing.v1.CustomerCreditService/ReverseCreditEntry", "invoices.write"),
    ("/quittance.invoicing.v1.CustomerCreditService/WriteOffCredit", "invoices.write"),
    ("/quittance.invoicing.v1.CustomerService/BatchCreateCustomers", "customers.write"),
    ("/quittance.invoicing.v1.CustomerService/BatchGetCustomers", "customers.read"),
    ("/quittance.invoicing.v1.CustomerService/CreateCustomer", "customers.write"),
    ("/quittance.invoicing.v1.CustomerService/CreateTerms", "customers.write"),
    ("/quittance.invoicing.v1.CustomerService/DeleteTerms", "customers.write"),
    ("/quittance.invoicing.v1.CustomerService/GetCustomer", "customers.read"),
    ("/quittance.invoicing.v1.CustomerService/GetTerms", "customers.read"),
    ("/quittance.invoicing.v1.CustomerService/ListCustomers", "customers.read"),
    ("/quittance.invoicing.v1.CustomerService/ListTerms", "customers.read"),
    ("/quittance.invoicing.v1.CustomerService/UpdateCustomer", "customers.write"),
    ("/quittance.invoicing.v1.CustomerService/UpdateTerms", "customers.write"),
    ("/quittance.invoicing.v1.InvoiceService/BatchCreateAndIssueInvoices", "invoices.write"),
    ("/quittance.invoicing.v1.InvoiceService/BatchCreateInvoices", "invoices.write"),
    ("/quittance.invoicing.v1.InvoiceService/BatchGetInvoices", "invoices.read"),
    ("/quittance.invoicing.v1.InvoiceService/BatchIssueInvoices", "invoices.write"),
    ("/quittance.invoicing.v1.InvoiceService/BatchUpdateInvoices", "invoices.write"),
    ("/quittance.invoicing.v1.InvoiceService/CreateAndIssueInvoice", "invoices.write"),
    ("/quittance.invoicing.v1.InvoiceService/CreateInvoice", "invoices.write"),
    ("/quittance.invoicing.v1.InvoiceService/DeleteInvoice", "invoices.write"),
    ("/quittance.invoicing.v1.InvoiceService/DeliverInvoice", "invoices.write"),
    ("/quittance.invoicing.v1.InvoiceService/GetDelivery", "invoices.read"),
    ("/quittance.invoicing.v1.InvoiceService/GetInvoice", "invoices.read"),
    ("/quittance.invoicing.v1.InvoiceService/IssueInvoice", "invoices.write"),
    ("/quittance.invoicing.v1.InvoiceService/ListDeliveries", "invoices.read"),
    ("/quittance.invoicing.v1.InvoiceService/ListInvoices", "invoices.read"),
    ("/quittance.invoicing.v1.InvoiceService/RenderInvoice", "invoices.read"),
    ("/quittance.invoicing.v1.InvoiceService/SearchInvoices", "invoices.read"),
    ("/quittance.invoicing.v1.InvoiceService/UpdateInvoice", "invoices.write"),
    ("/quittance.invoicing.v1.InvoiceService/VoidInvoice", "invoices.write"),
    ("/quittance.invoicing.v1.InvoicingApprovalService/Approve", "approvals.write"),
    ("/quittance.invoicing.v1.InvoicingApprovalService/GetApproval", "approvals.read"),
    ("/quittance.invoicing.v1.InvoicingApprovalService/ListApprovals", "approvals.read"),
    ("/quittance.invoicing.v1.InvoicingApprovalService/Reject", "approvals.write"),
    ("/quittance.invoicing.v1.InvoicingAuditService/ListAuditEntries", "audit.read"),
    ("/quittance.invoicing.v1.InvoicingWebhookService/CreateWebhook", "webhooks.write"),
    ("/quittance.invoicing.v1.InvoicingWebhookService/DeleteWebhook", "webhooks.write"),
    ("/quittance.invoicing.v1.InvoicingWebhookService/GetWebhook", "webhooks.read"),
    ("/quittance.invoicing.v1.InvoicingWebhookService/ListWebhooks", "webhooks.read"),
    ("/quittance.invoicing.v1.InvoicingWebhookService/ReplayWebhook", "webhooks.write"),
    ("/quittance.invoicing.v1.InvoicingWebhookService/RotateWebhookSecret", "webhooks.write"),
    ("/quittance.invoicing.v1.InvoicingWebhookService/UpdateWebhook", "webhooks.write"),
    ("/quittance.invoicing.v1.OpenItemService/ExtendDueDate", "invoices.write"),
    ("/quittance.invoicing.v1.OpenItemService/GetOpenItem", "invoices.read"),
    ("/quittance.invoicing.v1.OpenItemService/GetStatement", "invoices.read"),
    ("/quittance.invoicing.v1.OpenItemService/GetStreamStatus", "ledger.read"),
    ("/quittance.invoicing.v1.OpenItemService/ListDueDateExtensions", "invoices.read"),
    ("/quittance.invoicing.v1.OpenItemService/ListEntries", "invoices.read"),
    ("/quittance.invoicing.v1.OpenItemService/ListOpenItems", "invoices.read"),
    ("/quittance.invoicing.v1.OpenItemService/VerifyLedger", "ledger.read"),
    ("/quittance.invoicing.v1.PeriodService/ClosePeriod", "periods.write"),
    ("/quittance.invoicing.v1.PeriodService/GetPeriod", "periods.read"),
    ("/quittance.invoicing.v1.PeriodService/ListPeriods", "periods.read"),
    ("/quittance.invoicing.v1.PeriodService/ReopenPeriod", "periods.write"),
    ("/quittance.invoicing.v1.PolicyService/ActivatePolicy", "policies.write"),
    ("/quittance.invoicing.v1.PolicyService/CreatePolicy", "policies.write"),
    ("/quittance.invoicing.v1.PolicyService/DeletePolicy", "policies.write"),
    ("/quittance.invoicing.v1.PolicyService/GetPolicy", "policies.read"),
    ("/quittance.invoicing.v1.PolicyService/ListPolicies", "policies.read"),
    ("/quittance.invoicing.v1.PolicyService/SimulatePolicy", "policies.read"),
    ("/quittance.invoicing.v1.SettlementService/ReverseSettlements", "internal"),
    ("/quittance.invoicing.v1.SettlementService/SettleItems", "internal"),
    ("/quittance.invoicing.v1.TenantService/CreateSeries", "tenant.write"),
    ("/quittance.invoicing.v1.TenantService/CreateTenant", "tenant.write"),
    ("/quittance.invoicing.v1.TenantService/DeleteSeries", "tenant.write"),
    ("/quittance.invoicing.v1.TenantService/GetSeries", "tenant.read"),
    ("/quittance.invoicing.v1.TenantService/GetTenant", "tenant.read"),
    ("/quittance.invoicing.v1.TenantService/ListSeries", "tenant.read"),
    ("/quittance.invoicing.v1.TenantService/UpdateSeries", "tenant.write"),
    ("/quittance.invoicing.v1.TenantService/UpdateTenant", "tenant.write"),
    ("/quittance.payments.v1.BankImportService/GetBankImport", "payments.read"),
    ("/quittance.payments.v1.BankImportService/ImportBankFile", "payments.write"),
    ("/quittance.payments.v1.BankImportService/ImportBankLines", "payments.write"),
    ("/quittance.payments.v1.BankImportService/ListBankImports", "payments.read"),
    ("/quittance.payments.v1.PaymentService/ApplyPayment", "payments.write"),
    ("/quittance.payments.v1.PaymentService/BatchGetPayments", "payments.read"),
    ("/quittance.payments.v1.PaymentService/BatchRecordPayments", "payments.write"),
    ("/quittance.payments.v1.PaymentService/ConfirmMatch", "payments.write"),
    ("/quittance.payments.v1.PaymentService/GetMatchingPolicy", "payments.read"),
    ("/quittance.payments.v1.PaymentService/GetMatchingStatistics", "payments.read"),
    ("/quittance.payments.v1.PaymentService/GetPayment", "payments.read"),
    ("/quittance.payments.v1.PaymentService/GetStreamStatus", "ledger.read"),
    ("/quittance.payments.v1.PaymentService/ListMatchReviews", "payments.read"),
    ("/quittance.payments.v1.PaymentService/ListPayments", "payments.read"),
    ("/quittance.payments.v1.PaymentService/RecordPayment", "payments.write"),
    ("/quittance.payments.v1.PaymentService/SetMatchingPolicy", "payments.write"),
    ("/quittance.payments.v1.PaymentService/UnapplyPayment", "payments.write"),
    ("/quittance.payments.v1.PaymentService/VerifyLedger", "ledger.read"),
    ("/quittance.payments.v1.PaymentsAuditService/ListAuditEntries", "audit.read"),
    ("/quittance.payments.v1.PaymentsWebhookService/CreateWebhook", "webhooks.write"),
    ("/quittance.payments.v1.PaymentsWebhookService/DeleteWebhook", "webhooks.write"),
    ("/quittance.payments.v1.PaymentsWebhookService/GetWebhook", "webhooks.read"),
    ("/quittance.payments.v1.PaymentsWebhookService/ListWebhooks", "webhooks.read"),
    ("/quittance.payments.v1.PaymentsWebhookService/ReplayWebhook", "webhooks.write"),
    ("/quittance.payments.v1.PaymentsWebhookService/RotateWebhookSecret", "webhooks.write"),
    ("/quittance.payments.v1.PaymentsWebhookService/UpdateWebhook", "webhooks.write"),
    ("/quittance.reporting.v1.ReportService/GetAging", "reports.read"),
    ("/quittance.reporting.v1.ReportService/GetCustomerBalance", "reports.read"),
    ("/quittance.reporting.v1.ReportService/GetKpis", "reports.read"),
    ("/quittance.reporting.v1.ReportService/GetStreamStatus", "ledger.read"),
    ("/quittance.reporting.v1.ReportService/ListCurrencies", "reports.read"),
    ("/quittance.reporting.v1.ReportService/ListCustomerAging", "reports.read"),
    ("/quittance.reporting.v1.ReportService/VerifyLedger", "ledger.read"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use prost_reflect::{DescriptorPool, MethodDescriptor};

    use super::*;

    /// Path to the scope that the method's comment names, for every method of the descriptor set.
    fn documented() -> BTreeMap<String, String> {
        let pool = DescriptorPool::decode(crate::FILE_DESCRIPTOR_SET).unwrap();
        let mut methods = BTreeMap::new();
        for service in pool.services() {
            for method in service.methods() {
                let file = method.parent_file().file_descriptor_proto().clone();
                let info = file.source_code_info.unwrap_or_default();
                let comment = info
                    .location
                    .into_iter()
                    .find(|l| l.path == method.path())
                    .and_then(|l| l.leading_comments)
                    .unwrap_or_default();
                let scope = comment
                    .rsplit_once("Scope: ")
                    .map(|(_, s)| s.trim().trim_end_matches('.').to_owned())
                    .unwrap_or_default();
                methods.insert(format!("/{}/{}", service.full_name(), method.name()), scope);
            }
        }
        methods
    }

    #[test]
    fn table_names_every_method_with_the_scope_of_its_comment() {
        let table: BTreeMap<String, String> = METHODS.iter().map(|(m, s)| ((*m).to_owned(), (*s).to_owned())).collect();
        assert_eq!(table, documented());
    }

    #[test]
    fn streams_are_those_of_the_contract() {
        let pool = DescriptorPool::decode(crate::FILE_DESCRIPTOR_SET).unwrap();
        let methods = pool.services().flat_map(|service| service.methods().collect::<Vec<_>>());
        let streams = methods.filter(MethodDescriptor::is_server_streaming);
        let paths = streams.map(|method| format!("/{}/{}", method.parent_service().full_name(), method.name()));
        assert_eq!(paths.collect::<Vec<_>>(), STREAMS);
    }

    #[test]
    fn every_method_is_found_by_its_path() {
        assert!(METHODS.is_sorted());
        for (method, scope) in METHODS {
            assert_eq!(access(method), Some(Access::Scope(scope)));
        }
        assert_eq!(access("/grpc.health.v1.Health/Check"), Some(Access::Open));
        assert_eq!(access("/quittance.invoicing.v1.InvoiceService/Nothing"), None);
    }
}
