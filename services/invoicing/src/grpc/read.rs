//! Messages as commands, with everything that is wrong with them.

use quittance_grpc::{Violations, currency, date, decimal, field_mask, id, message, optional_date, optional_id, optional_text, percent, positive_money, request_id, text};
use quittance_kernel::{AllocationId, ContactId, CustomerId, Discount, InvoiceId, ItemId, PaymentId, ReservationId, Rounding, SeriesId, Terms, TermsId};
use quittance_proto::{common::v1 as common, invoicing::v1 as pb};

use crate::{
    domain::{
        Address, BadField, ContactContent, CreditReason, CustomerContent, CustomerPatch, DeliveryChannel, Enquiries, InvoiceContent, InvoicePatch,
        LineContent, NamedTermsContent, RoundingRule, RoundingScope, Series, SeriesContent, SeriesKind, Settlement, TaxCategory, TenantContent,
    },
    ops::{
        CreateAndIssueInvoice, CreateCustomer, CreateInvoice, CreateSeries, CreateTenant, CreateTerms, CreditInvoice, DeliverInvoice, IssueInvoice,
        Reversal, ReverseSettlements, SettleItems, UpdateCustomer, UpdateInvoice, VoidInvoice,
    },
};

/// The longest reason a person gives, in characters.
const MAX_REASON: usize = 500;
/// The longest number or reference, in characters.
const MAX_NUMBER: usize = 100;
/// The longest note, in characters.
const MAX_NOTE: usize = 2_000;
/// Decimals of quantities and unit prices.
const FACTOR_DECIMALS: usize = 6;

/// Notes what the domain found wrong.
fn checked<T>(bad: &mut Violations, content: Result<T, Vec<BadField>>) -> Option<T> {
    match content {
        Ok(content) => Some(content),
        Err(fields) => {
            for field in fields {
                bad.add(field.field, field.problem.reason(), field.problem.to_string());
            }
            None
        }
    }
}

fn address(address: Option<common::Address>) -> Address {
    let common::Address { lines, postal_code, city, country_code } = address.unwrap_or_default();
    Address { lines, postal_code, city, country_code }
}

/// The rule, or none where both parts are left to the tenant.
fn rounding_rule(rule: Option<pb::RoundingRule>) -> Result<Option<RoundingRule>, (&'static str, String)> {
    let Some(rule) = rule else { return Ok(None) };
    let scope = match rule.scope() {
        pb::RoundingScope::Unspecified => None,
        pb::RoundingScope::PerRate => Some(RoundingScope::PerRate),
        pb::RoundingScope::PerLine => Some(RoundingScope::PerLine),
    };
    let mode = match rule.mode() {
        pb::RoundingMode::Unspecified => None,
        pb::RoundingMode::HalfUp => Some(Rounding::HalfUp),
        pb::RoundingMode::HalfEven => Some(Rounding::HalfEven),
    };
    match (scope, mode) {
        (None, None) => Ok(None),
        (Some(scope), Some(mode)) => Ok(Some(RoundingRule { scope, mode })),
        _ => Err(("ROUNDING_RULE_INCOMPLETE", "has a scope and a mode, or neither".to_owned())),
    }
}

/// A command's request id and content, once neither is noted as wrong.
fn pair<A, B>(a: Option<A>, b: Option<B>) -> Option<(A, B)> {
    a.zip(b)
}

impl TryFrom<pb::CreateTenantRequest> for CreateTenant {
    type Error = Violations;

    fn try_from(request: pb::CreateTenantRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let id = bad.check("request_id", request_id(&request.request_id));
        let content = bad.check("tenant", message(request.tenant)).map(tenant_content);
        let content = content.and_then(|content| bad.within("tenant", content));
        bad.into_result(pair(id, content).map(|(request, content)| Self { request, content }))
    }
}

fn tenant_content(tenant: pb::Tenant) -> Result<TenantContent, Violations> {
    let mut bad = Violations::default();
    let base_currency = bad.check("base_currency_code", currency(&tenant.base_currency_code));
    let rounding = bad.check("rounding_rule", rounding_rule(tenant.rounding_rule));
    let pb::Enquiries { name, email, phone } = tenant.enquiries.unwrap_or_default();
    let content = TenantContent {
        name: tenant.name.trim().to_owned(),
        address: address(tenant.address),
        tax_id: tenant.tax_id,
        // Replaced below where it is right; the other fields are checked meanwhile.
        base_currency: base_currency.unwrap_or(quittance_kernel::Currency::EUR),
        time_zone: tenant.time_zone,
        enquiries: Enquiries { name, email, phone },
        late_payment_consequences: tenant.late_payment_consequences,
        bank_account: tenant.bank_account,
        terms_and_conditions: tenant.terms_and_conditions,
        rounding: rounding.flatten(),
    };
    let content = checked(&mut bad, content.checked());
    bad.into_result(content)
}

impl TryFrom<pb::CreateSeriesRequest> for CreateSeries {
    type Error = Violations;

    fn try_from(request: pb::CreateSeriesRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let id = bad.check("request_id", request_id(&request.request_id));
        let content = bad.check("series", message(request.series)).map(series_content);
        let content = content.and_then(|content| bad.within("series", content));
        bad.into_result(pair(id, content).map(|(request, content)| Self { request, content }))
    }
}

fn series_content(series: pb::Series) -> Result<SeriesContent, Violations> {
    let mut bad = Violations::default();
    let kind = match series.kind() {
        pb::SeriesKind::Unspecified => Err(("MISSING", "is missing".to_owned())),
        pb::SeriesKind::Invoice => Ok(SeriesKind::Invoice),
        pb::SeriesKind::CreditNote => Ok(SeriesKind::CreditNote),
        pb::SeriesKind::External => Ok(SeriesKind::External),
    };
    let kind = bad.check("kind", kind);
    let content = SeriesContent {
        code: series.code,
        kind: kind.unwrap_or(SeriesKind::Invoice),
        prefix: series.prefix,
        min_digits: series.min_digits,
        next_number: series.next_number,
    };
    // The id plays no part in what is checked.
    if let Err(problems) = Series::new(SeriesId::new(uuid::Uuid::max()), content.clone()) {
        for problem in problems {
            bad.add(problem.field(), problem.reason(), problem.to_string());
        }
    }
    bad.into_result(kind.map(|_| content))
}

impl TryFrom<pb::CreateCustomerRequest> for CreateCustomer {
    type Error = Violations;

    fn try_from(request: pb::CreateCustomerRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let id = bad.check("request_id", request_id(&request.request_id));
        let content = bad.check("customer", message(request.customer)).map(customer_content);
        let content = content.and_then(|content| bad.within("customer", content));
        bad.into_result(pair(id, content).map(|(request, content)| Self { request, content }))
    }
}

fn customer_content(customer: pb::Customer) -> Result<CustomerContent, Violations> {
    let mut bad = Violations::default();
    let terms_id = bad.check("terms_id", optional_id(&customer.terms_id, TermsId::parse));
    let contacts = bad.each("contacts", customer.contacts, contact_content);
    let number = customer.number.trim();
    let content = CustomerContent {
        number: (!number.is_empty()).then(|| number.to_owned()),
        name: customer.name.trim().to_owned(),
        address: address(customer.address),
        tax_id: customer.tax_id,
        terms_id: terms_id.flatten(),
        bank_accounts: customer.bank_accounts,
        contacts: contacts.unwrap_or_default(),
    };
    let content = checked(&mut bad, content.checked());
    bad.into_result(content)
}

fn contact_content(contact: pb::Contact) -> Result<ContactContent, Violations> {
    let mut bad = Violations::default();
    let id = bad.check("contact_id", optional_id(&contact.contact_id, ContactId::parse));
    let pb::Contact { name, email, phone, pays_invoices, .. } = contact;
    bad.into_result(id.map(|id| ContactContent { id, name, email, phone, pays_invoices }))
}

impl TryFrom<pb::UpdateCustomerRequest> for UpdateCustomer {
    type Error = Violations;

    fn try_from(request: pb::UpdateCustomerRequest) -> Result<Self, Violations> {
        const FIELDS: &[&str] = &["number", "name", "address", "tax_id", "terms_id", "bank_accounts", "contacts"];
        let mut bad = Violations::default();
        let request_id = bad.check("request_id", request_id(&request.request_id));
        let mask = bad.check("update_mask", field_mask(request.update_mask, FIELDS)).unwrap_or_default();
        let customer = bad.check("customer", message(request.customer)).unwrap_or_default();
        let id = bad.check("customer.customer_id", id(&customer.customer_id, CustomerId::parse));
        let etag = customer.etag.clone();
        let named = |field: &str| mask.contains(&field);
        // A name that is not to be changed need not be given.
        let given = if named("name") { customer } else { pb::Customer { name: "unchanged".to_owned(), ..customer } };
        let content = bad.within("customer", customer_content(given));
        let patch = content.map(|content| CustomerPatch {
            number: named("number").then_some(content.number),
            name: named("name").then_some(content.name),
            address: named("address").then_some(content.address),
            tax_id: named("tax_id").then_some(content.tax_id),
            terms_id: named("terms_id").then_some(content.terms_id),
            bank_accounts: named("bank_accounts").then_some(content.bank_accounts),
            contacts: named("contacts").then_some(content.contacts),
        });
        let command = request_id.zip(id).zip(patch).map(|((request, customer), patch)| Self { request, customer, etag, patch });
        bad.into_result(command)
    }
}

impl TryFrom<pb::CreateTermsRequest> for CreateTerms {
    type Error = Violations;

    fn try_from(request: pb::CreateTermsRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let id = bad.check("request_id", request_id(&request.request_id));
        let content = bad.check("terms", message(request.terms)).map(terms_content);
        let content = content.and_then(|content| bad.within("terms", content));
        bad.into_result(pair(id, content).map(|(request, content)| Self { request, content }))
    }
}

fn terms_content(terms: pb::Terms) -> Result<NamedTermsContent, Violations> {
    let mut bad = Violations::default();
    let payment = bad.check("payment_terms", message(terms.payment_terms)).unwrap_or_default();
    let days = |value: i32| u16::try_from(value).map_err(|_| ("DAYS_OUT_OF_RANGE", "is 0 to 3650".to_owned()));
    let net_days = bad.check("payment_terms.net_days", days(payment.net_days));
    let discounts = bad.each("payment_terms.discounts", payment.discounts, |discount| {
        let mut bad = Violations::default();
        let days = bad.check("days", days(discount.days));
        let percent = bad.check("percent", percent(&discount.percent));
        bad.into_result(days.zip(percent).map(|(days, percent)| Discount { days, percent }))
    });
    let read = net_days.zip(discounts).map(|(days, discounts)| Terms::new(days, discounts).map_err(|e| (e.reason(), e.to_string())));
    let read = read.and_then(|read| bad.check("payment_terms", read));
    let content = read.and_then(|read| checked(&mut bad, NamedTermsContent { code: terms.code, terms: read }.checked()));
    bad.into_result(content)
}

fn line(line: pb::InvoiceLine) -> Result<LineContent, Violations> {
    let mut bad = Violations::default();
    let quantity = bad.check("quantity", decimal(&line.quantity, FACTOR_DECIMALS));
    let unit_price = bad.check("unit_price", decimal(&line.unit_price, FACTOR_DECIMALS));
    let category = TaxCategory::parse(&line.tax_category).ok_or(("TAX_CATEGORY_UNKNOWN", "is one of S, Z, E, AE, K, G, O".to_owned()));
    let tax_category = bad.check("tax_category", category);
    let tax_rate = bad.check("tax_rate", percent(&line.tax_rate));
    let (Some(quantity), Some(unit_price), Some(tax_category), Some(tax_rate)) = (quantity, unit_price, tax_category, tax_rate) else {
        // The texts are checked with the numbers that are right, so that all that is wrong is said at once.
        bad.check("description", text(&line.description, crate::domain::line::MAX_DESCRIPTION));
        bad.check("unit", optional_text(&line.unit, crate::domain::line::MAX_UNIT));
        return Err(bad);
    };
    let content = LineContent { description: line.description, quantity, unit: line.unit, unit_price, tax_category, tax_rate };
    let content = bad.check_field(content.checked().map_err(|e| (e.field(), e.reason(), e.to_string())));
    bad.into_result(content)
}

fn invoice_content(invoice: pb::Invoice) -> Result<InvoiceContent, Violations> {
    let mut bad = Violations::default();
    let customer = bad.check("customer_id", id(&invoice.customer_id, CustomerId::parse));
    let contact = bad.check("contact_id", optional_id(&invoice.contact_id, ContactId::parse));
    let currency = bad.check("currency_code", currency(&invoice.currency_code));
    let count = invoice.lines.len();
    if count == 0 || count > crate::domain::line::MAX_LINES {
        bad.add("lines", "LINES_OUT_OF_RANGE", format!("has 1 to {} entries", crate::domain::line::MAX_LINES));
    }
    let lines = bad.each("lines", invoice.lines, line);
    let terms_id = bad.check("terms_id", optional_id(&invoice.terms_id, TermsId::parse));
    let series = bad.check("series_id", optional_id(&invoice.series_id, SeriesId::parse));
    let external = bad.check("external_number", optional_text(&invoice.external_number, MAX_NUMBER));
    let issued_on = bad.check("issued_on", optional_date(&invoice.issued_on));
    let due_on = bad.check("due_on", optional_date(&invoice.due_on));
    let rounding = bad.check("rounding_rule", rounding_rule(invoice.rounding_rule));
    let reservation = bad.check("reservation_id", optional_id(&invoice.reservation_id, ReservationId::parse));
    let purchase_order = bad.check("purchase_order", optional_text(&invoice.purchase_order, MAX_NUMBER));
    let note = bad.check("note", optional_text(&invoice.note, MAX_NOTE));
    let content = (|| {
        Some(InvoiceContent {
            customer: customer?,
            contact: contact?,
            currency: currency?,
            lines: lines?,
            terms_id: terms_id?,
            series: series?,
            external_number: Some(external?).filter(|number| !number.is_empty()),
            issued_on: issued_on?,
            due_on: due_on?,
            rounding: rounding?,
            reservation: reservation?,
            purchase_order: purchase_order?,
            note: note?,
        })
    })();
    bad.into_result(content)
}

/// Request id and content of the two ways to create an invoice.
fn new_invoice(id: &str, invoice: Option<pb::Invoice>) -> Result<(quittance_kernel::RequestId, InvoiceContent), Violations> {
    let mut bad = Violations::default();
    let id = bad.check("request_id", request_id(id));
    let content = bad.check("invoice", message(invoice)).map(invoice_content);
    let content = content.and_then(|content| bad.within("invoice", content));
    bad.into_result(pair(id, content))
}

impl TryFrom<pb::CreateInvoiceRequest> for CreateInvoice {
    type Error = Violations;

    fn try_from(request: pb::CreateInvoiceRequest) -> Result<Self, Violations> {
        new_invoice(&request.request_id, request.invoice).map(|(request, content)| Self { request, content })
    }
}

impl TryFrom<pb::CreateAndIssueInvoiceRequest> for CreateAndIssueInvoice {
    type Error = Violations;

    fn try_from(request: pb::CreateAndIssueInvoiceRequest) -> Result<Self, Violations> {
        new_invoice(&request.request_id, request.invoice).map(|(request, content)| Self { request, content })
    }
}

impl TryFrom<pb::UpdateInvoiceRequest> for UpdateInvoice {
    type Error = Violations;

    fn try_from(request: pb::UpdateInvoiceRequest) -> Result<Self, Violations> {
        const FIELDS: &[&str] =
            &["contact_id", "lines", "terms_id", "series_id", "issued_on", "due_on", "reservation_id", "purchase_order", "note"];
        let mut bad = Violations::default();
        let request_id = bad.check("request_id", request_id(&request.request_id));
        let mask = bad.check("update_mask", field_mask(request.update_mask, FIELDS)).unwrap_or_default();
        let invoice = bad.check("invoice", message(request.invoice)).unwrap_or_default();
        let id = bad.check("invoice.invoice_id", id(&invoice.invoice_id, InvoiceId::parse));
        let etag = invoice.etag.clone();
        let patch = bad.within("invoice", invoice_patch(invoice, &mask));
        let command = request_id.zip(id).zip(patch).map(|((request, invoice), patch)| Self { request, invoice, etag, patch });
        bad.into_result(command)
    }
}

fn invoice_patch(invoice: pb::Invoice, mask: &[&str]) -> Result<InvoicePatch, Violations> {
    let mut bad = Violations::default();
    let named = |field: &str| mask.contains(&field);
    let mut patch = InvoicePatch::default();
    if named("contact_id") {
        patch.contact = bad.check("contact_id", optional_id(&invoice.contact_id, ContactId::parse));
    }
    if named("lines") {
        if invoice.lines.is_empty() || invoice.lines.len() > crate::domain::line::MAX_LINES {
            bad.add("lines", "LINES_OUT_OF_RANGE", format!("has 1 to {} entries", crate::domain::line::MAX_LINES));
        }
        patch.lines = bad.each("lines", invoice.lines, line);
    }
    if named("terms_id") {
        patch.terms_id = bad.check("terms_id", optional_id(&invoice.terms_id, TermsId::parse));
    }
    if named("series_id") {
        patch.series = bad.check("series_id", optional_id(&invoice.series_id, SeriesId::parse));
    }
    if named("issued_on") {
        patch.issued_on = bad.check("issued_on", optional_date(&invoice.issued_on));
    }
    if named("due_on") {
        patch.due_on = bad.check("due_on", optional_date(&invoice.due_on));
    }
    if named("reservation_id") {
        patch.reservation = bad.check("reservation_id", optional_id(&invoice.reservation_id, ReservationId::parse));
    }
    if named("purchase_order") {
        patch.purchase_order = bad.check("purchase_order", optional_text(&invoice.purchase_order, MAX_NUMBER));
    }
    if named("note") {
        patch.note = bad.check("note", optional_text(&invoice.note, MAX_NOTE));
    }
    bad.into_result(Some(patch))
}

impl TryFrom<pb::IssueInvoiceRequest> for IssueInvoice {
    type Error = Violations;

    fn try_from(request: pb::IssueInvoiceRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let request_id = bad.check("request_id", request_id(&request.request_id));
        let id = bad.check("invoice_id", id(&request.invoice_id, InvoiceId::parse));
        bad.into_result(pair(request_id, id).map(|(id, invoice)| Self { request: id, invoice, etag: request.etag }))
    }
}

impl TryFrom<pb::VoidInvoiceRequest> for VoidInvoice {
    type Error = Violations;

    fn try_from(request: pb::VoidInvoiceRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let request_id = bad.check("request_id", request_id(&request.request_id));
        let id = bad.check("invoice_id", id(&request.invoice_id, InvoiceId::parse));
        let reason = bad.check("reason", text(&request.reason, MAX_REASON));
        let command = request_id.zip(id).zip(reason).map(|((id, invoice), reason)| Self { request: id, invoice, reason, etag: request.etag });
        bad.into_result(command)
    }
}

impl TryFrom<pb::DeliverInvoiceRequest> for DeliverInvoice {
    type Error = Violations;

    fn try_from(request: pb::DeliverInvoiceRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let channel = match request.channel() {
            pb::DeliveryChannel::Unspecified => Err(("MISSING", "is missing".to_owned())),
            pb::DeliveryChannel::Email => Ok(DeliveryChannel::Email),
            pb::DeliveryChannel::Post => Ok(DeliveryChannel::Post),
            pb::DeliveryChannel::Portal => Ok(DeliveryChannel::Portal),
        };
        let request_id = bad.check("request_id", request_id(&request.request_id));
        let id = bad.check("invoice_id", id(&request.invoice_id, InvoiceId::parse));
        let contact = bad.check("contact_id", optional_id(&request.contact_id, ContactId::parse));
        let channel = bad.check("channel", channel);
        let command = request_id.zip(id).zip(contact.zip(channel));
        bad.into_result(command.map(|((request, invoice), (contact, channel))| Self { request, invoice, contact, channel }))
    }
}

impl TryFrom<pb::CreditInvoiceRequest> for CreditInvoice {
    type Error = Violations;

    fn try_from(request: pb::CreditInvoiceRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let reason = match request.reason() {
            pb::CreditReason::Unspecified => Err(("MISSING", "is missing".to_owned())),
            pb::CreditReason::Return => Ok(CreditReason::Return),
            pb::CreditReason::Pricing => Ok(CreditReason::Pricing),
            pb::CreditReason::Damage => Ok(CreditReason::Damage),
            pb::CreditReason::Service => Ok(CreditReason::Service),
            pb::CreditReason::Goodwill => Ok(CreditReason::Goodwill),
            pb::CreditReason::Duplicate => Ok(CreditReason::Duplicate),
            pb::CreditReason::Cancellation => Ok(CreditReason::Cancellation),
            pb::CreditReason::Fraud => Ok(CreditReason::Fraud),
            pb::CreditReason::Tax => Ok(CreditReason::Tax),
        };
        let request_id = bad.check("request_id", request_id(&request.request_id));
        let id = bad.check("invoice_id", id(&request.invoice_id, InvoiceId::parse));
        let reason = bad.check("reason", reason);
        let issued_on = bad.check("issued_on", optional_date(&request.issued_on));
        let command = request_id.zip(id).zip(reason.zip(issued_on));
        bad.into_result(command.map(|((request, invoice), (reason, issued_on))| Self { request, invoice, reason, issued_on }))
    }
}

fn settlement(message: pb::Settlement) -> Result<Settlement, Violations> {
    let mut bad = Violations::default();
    let allocation = bad.check("allocation_id", id(&message.allocation_id, AllocationId::parse));
    let item = bad.check("item_id", id(&message.item_id, ItemId::parse));
    let payment = bad.check("payment_id", id(&message.payment_id, PaymentId::parse));
    let amount = bad.check("amount", positive_money(message.amount.as_ref()));
    let discount = match &message.discount {
        None => Some(None),
        Some(discount) => bad.check("discount", positive_money(Some(discount))).map(Some),
    };
    let effective_on = bad.check("effective_on", date(&message.effective_on));
    let read = allocation.zip(item).zip(payment.zip(amount)).zip(discount.zip(effective_on));
    bad.into_result(read.map(|(((allocation, item), (payment, amount)), (discount, effective_on))| Settlement {
        allocation,
        payment,
        item,
        amount,
        discount,
        effective_on,
    }))
}

/// Between one and as many entries as a batch may have.
fn check_count(bad: &mut Violations, field: &str, count: usize) {
    if count == 0 || count > quittance_grpc::MAX_BATCH {
        bad.add(field, "BATCH_SIZE_OUT_OF_RANGE", format!("has 1 to {} entries, not {count}", quittance_grpc::MAX_BATCH));
    }
}

impl TryFrom<pb::SettleItemsRequest> for SettleItems {
    type Error = Violations;

    fn try_from(request: pb::SettleItemsRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let id = bad.check("request_id", request_id(&request.request_id));
        check_count(&mut bad, "settlements", request.settlements.len());
        let settlements = bad.each("settlements", request.settlements, settlement);
        bad.into_result(pair(id, settlements).map(|(request, settlements)| Self { request, settlements }))
    }
}

impl TryFrom<pb::ReverseSettlementsRequest> for ReverseSettlements {
    type Error = Violations;

    fn try_from(request: pb::ReverseSettlementsRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let request_id = bad.check("request_id", request_id(&request.request_id));
        check_count(&mut bad, "reversals", request.reversals.len());
        let reversals = bad.each("reversals", request.reversals, |reversal| {
            let mut bad = Violations::default();
            let allocation = bad.check("allocation_id", id(&reversal.allocation_id, AllocationId::parse));
            let effective_on = bad.check("effective_on", date(&reversal.effective_on));
            let reason = bad.check("reason", text(&reversal.reason, MAX_REASON));
            let read = allocation.zip(effective_on).zip(reason);
            bad.into_result(read.map(|((allocation, effective_on), reason)| Reversal { allocation, effective_on, reason }))
        });
        bad.into_result(pair(request_id, reversals).map(|(request, reversals)| Self { request, reversals }))
    }
}
