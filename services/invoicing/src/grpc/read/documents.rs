//! Commands about invoices and credit notes.

use quittance_grpc::{
    Mask, Violations, currency, decimal, id, message, metadata, metadata_change, optional_date, optional_id,
    optional_line, optional_text, percent, positive_money, required, text,
};
use quittance_kernel::{Added, ContactId, CustomerId, InvoiceId, PaymentTerms, ReservationId, SeriesId, TermsId};
use quittance_proto::invoicing::v1 as pb;
use quittance_service::Etag;

use super::{numbers_and_terms::payment_terms, rounding_rule};
use crate::{
    domain::{
        CreditReason, CreditScope, DeliveryChannel, InvoiceContent, InvoicePatch, LineContent, LineCredit, TaxCategory,
        invoice_content::{MAX_NOTE, MAX_NUMBER, MAX_REASON},
        line as limits,
    },
    ops::{
        CreateAndIssueInvoice, CreateInvoice, CreditInvoice, DeleteInvoice, DeliverInvoice, IssueInvoice,
        UpdateInvoice, VoidInvoice,
    },
};

/// Decimals of quantities and unit prices.
const FACTOR_DECIMALS: usize = 6;

fn line(line: pb::InvoiceLine) -> Result<LineContent, Violations> {
    let mut bad = Violations::default();
    let quantity = bad.check("quantity", decimal(&line.quantity, FACTOR_DECIMALS));
    let unit_price = bad.check("unit_price", decimal(&line.unit_price, FACTOR_DECIMALS));
    let category = TaxCategory::parse(&line.tax_category)
        .ok_or(("TAX_CATEGORY_UNKNOWN", "is one of S, Z, E, AE, K, G, O".to_owned()));
    let tax_category = bad.check("tax_category", category);
    let tax_rate = bad.check("tax_rate", percent(&line.tax_rate));
    let (Some(quantity), Some(unit_price), Some(tax_category), Some(tax_rate)) =
        (quantity, unit_price, tax_category, tax_rate)
    else {
        // The texts are checked with the valid numbers, so that all violations are reported at once.
        bad.check("description", text(&line.description, limits::MAX_DESCRIPTION));
        bad.check("unit", optional_text(&line.unit, limits::MAX_UNIT));
        return Err(bad);
    };
    let content =
        LineContent { description: line.description, quantity, unit: line.unit, unit_price, tax_category, tax_rate };
    let content = bad.check_field(content.checked().map_err(|e| (e.field(), e.reason(), e.to_string())));
    bad.into_result(content)
}

fn invoice_content(invoice: pb::Invoice) -> Result<InvoiceContent, Violations> {
    let mut bad = Violations::default();
    let customer = bad.check("customer_id", id(&invoice.customer_id, CustomerId::parse));
    let contact = bad.check("contact_id", optional_id(&invoice.contact_id, ContactId::parse));
    let currency = bad.check("currency_code", currency(&invoice.currency_code));
    let count = invoice.lines.len();
    if count == 0 || count > limits::MAX_LINES {
        bad.add("lines", "LINES_OUT_OF_RANGE", format!("has 1 to {} entries", limits::MAX_LINES));
    }
    let lines = bad.each("lines", invoice.lines, line);
    let terms_id = bad.check("terms_id", optional_id(&invoice.terms_id, TermsId::parse));
    let series = bad.check("series_id", optional_id(&invoice.series_id, SeriesId::parse));
    let external = bad.check("external_number", optional_line(&invoice.external_number, MAX_NUMBER));
    let issued_on = bad.check("issued_on", optional_date(&invoice.issued_on));
    let due_on = bad.check("due_on", optional_date(&invoice.due_on));
    let rounding = bad.check("rounding_rule", rounding_rule(invoice.rounding_rule));
    let reservation = bad.check("reservation_id", optional_id(&invoice.reservation_id, ReservationId::parse));
    let purchase_order = bad.check("purchase_order", optional_line(&invoice.purchase_order, MAX_NUMBER));
    let note = bad.check("note", optional_text(&invoice.note, MAX_NOTE));
    let metadata = bad.within("", metadata(invoice.metadata));
    let agreed_terms = bad.within("agreed_terms", agreed_terms(invoice.agreed_terms, &invoice.terms_id));
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
            metadata: metadata?,
            agreed_terms: Added(agreed_terms?),
        })
    })();
    bad.into_result(content)
}

/// Terms agreed for the invoice alone, if it has any: then it names no others.
fn agreed_terms(terms: Option<pb::PaymentTerms>, terms_id: &str) -> Result<Option<PaymentTerms>, Violations> {
    let Some(terms) = terms else { return Ok(None) };
    let mut bad = Violations::default();
    let read = bad.within("", payment_terms(terms));
    if !terms_id.is_empty() {
        bad.add("", "AGREED_TERMS_WITH_TERMS_ID", "is given instead of terms_id, not beside it");
    }
    bad.into_result(read.map(Some))
}

/// The content of the two ways to create an invoice.
fn new_invoice(invoice: Option<pb::Invoice>) -> Result<InvoiceContent, Violations> {
    let mut bad = Violations::default();
    let content = bad.check("invoice", message(invoice)).map(invoice_content);
    let content = content.and_then(|content| bad.within("invoice", content));
    bad.into_result(content)
}

impl TryFrom<pb::CreateInvoiceRequest> for CreateInvoice {
    type Error = Violations;

    fn try_from(request: pb::CreateInvoiceRequest) -> Result<Self, Violations> {
        new_invoice(request.invoice).map(|content| Self { content })
    }
}

impl TryFrom<pb::CreateAndIssueInvoiceRequest> for CreateAndIssueInvoice {
    type Error = Violations;

    fn try_from(request: pb::CreateAndIssueInvoiceRequest) -> Result<Self, Violations> {
        new_invoice(request.invoice).map(|content| Self { content })
    }
}

impl TryFrom<pb::UpdateInvoiceRequest> for UpdateInvoice {
    type Error = Violations;

    fn try_from(request: pb::UpdateInvoiceRequest) -> Result<Self, Violations> {
        const FIELDS: &[&str] = &[
            "contact_id",
            "lines",
            "terms_id",
            "agreed_terms",
            "series_id",
            "issued_on",
            "due_on",
            "reservation_id",
            "purchase_order",
            "note",
            "metadata",
        ];
        let mut bad = Violations::default();
        let mask = Mask::of(request.update_mask, request.invoice.as_ref(), FIELDS);
        let mask = bad.check("update_mask", mask).unwrap_or_default();
        let invoice = bad.check("invoice", message(request.invoice)).unwrap_or_default();
        let id = bad.check("invoice.invoice_id", id(&invoice.invoice_id, InvoiceId::parse));
        let etag = Etag::new(invoice.etag.clone());
        let patch = bad.within("invoice", invoice_patch(invoice, &mask));
        bad.into_result(id.zip(patch).map(|(invoice, patch)| Self { invoice, etag, patch }))
    }
}

fn invoice_patch(invoice: pb::Invoice, mask: &Mask) -> Result<InvoicePatch, Violations> {
    let mut bad = Violations::default();
    let named = |field: &str| mask.names(field);
    let mut patch = InvoicePatch::default();
    if named("contact_id") {
        patch.contact = bad.check("contact_id", optional_id(&invoice.contact_id, ContactId::parse));
    }
    if named("lines") {
        if invoice.lines.is_empty() || invoice.lines.len() > limits::MAX_LINES {
            bad.add("lines", "LINES_OUT_OF_RANGE", format!("has 1 to {} entries", limits::MAX_LINES));
        }
        patch.lines = bad.each("lines", invoice.lines, line);
    }
    if named("terms_id") {
        patch.terms_id = bad.check("terms_id", optional_id(&invoice.terms_id, TermsId::parse));
    }
    if named("agreed_terms") {
        let terms_id = if named("terms_id") { invoice.terms_id.as_str() } else { "" };
        patch.agreed_terms = Added(bad.within("agreed_terms", agreed_terms(invoice.agreed_terms, terms_id)));
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
        patch.purchase_order = bad.check("purchase_order", optional_line(&invoice.purchase_order, MAX_NUMBER));
    }
    if named("note") {
        patch.note = bad.check("note", optional_text(&invoice.note, MAX_NOTE));
    }
    patch.metadata = bad.within("", metadata_change(invoice.metadata, mask)).unwrap_or_default();
    bad.into_result(Some(patch))
}

impl TryFrom<pb::IssueInvoiceRequest> for IssueInvoice {
    type Error = Violations;

    fn try_from(request: pb::IssueInvoiceRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let id = bad.check("invoice_id", id(&request.invoice_id, InvoiceId::parse));
        bad.into_result(id.map(|invoice| Self { invoice, etag: Etag::new(request.etag) }))
    }
}

impl TryFrom<pb::DeleteInvoiceRequest> for DeleteInvoice {
    type Error = Violations;

    fn try_from(request: pb::DeleteInvoiceRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let id = bad.check("invoice_id", id(&request.invoice_id, InvoiceId::parse));
        bad.into_result(id.map(|invoice| Self { invoice, etag: Etag::new(request.etag) }))
    }
}

impl TryFrom<pb::VoidInvoiceRequest> for VoidInvoice {
    type Error = Violations;

    fn try_from(request: pb::VoidInvoiceRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let id = bad.check("invoice_id", id(&request.invoice_id, InvoiceId::parse));
        let reason = bad.check("reason", text(&request.reason, MAX_REASON));
        let etag = Etag::new(request.etag);
        bad.into_result(id.zip(reason).map(|(invoice, reason)| Self { invoice, reason, etag }))
    }
}

impl TryFrom<pb::DeliverInvoiceRequest> for DeliverInvoice {
    type Error = Violations;

    fn try_from(request: pb::DeliverInvoiceRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let channel = match request.channel() {
            pb::DeliveryChannel::Unspecified => required(),
            pb::DeliveryChannel::Email => Ok(DeliveryChannel::Email),
            pb::DeliveryChannel::Post => Ok(DeliveryChannel::Post),
            pb::DeliveryChannel::Portal => Ok(DeliveryChannel::Portal),
        };
        let id = bad.check("invoice_id", id(&request.invoice_id, InvoiceId::parse));
        let contact = bad.check("contact_id", optional_id(&request.contact_id, ContactId::parse));
        let channel = bad.check("channel", channel);
        let command = id.zip(contact.zip(channel));
        bad.into_result(command.map(|(invoice, (contact, channel))| Self { invoice, contact, channel }))
    }
}

/// What is credited: an amount, or lines; `None` for all that is not credited yet.
fn credit_scope(
    amount: Option<&quittance_proto::common::v1::Money>,
    lines: Vec<pb::LineCredit>,
) -> Result<Option<CreditScope>, Violations> {
    let mut bad = Violations::default();
    if lines.len() > limits::MAX_LINES {
        bad.add("lines", "LINES_OUT_OF_RANGE", format!("has at most {} entries", limits::MAX_LINES));
    }
    for (place, line) in lines.iter().enumerate() {
        if lines.iter().take(place).any(|other| other.line == line.line) {
            bad.add(format!("lines[{place}].line"), "LIST_DUPLICATE", "is credited twice");
        }
    }
    let has_lines = !lines.is_empty();
    let lines = bad.each("lines", lines, line_credit);
    if amount.is_some() {
        let amount = bad.check("amount", positive_money(amount));
        if has_lines {
            bad.add("amount", "AMOUNT_WITH_LINES", "is given instead of lines, not beside them");
        }
        return bad.into_result(amount.map(|amount| Some(CreditScope::Amount(amount))));
    }
    bad.into_result(lines.map(|lines| has_lines.then_some(CreditScope::Lines(lines))))
}

fn line_credit(credit: pb::LineCredit) -> Result<LineCredit, Violations> {
    let mut bad = Violations::default();
    let line = u16::try_from(credit.line).ok().filter(|line| *line > 0);
    let line = bad.check("line", line.ok_or(("OUT_OF_RANGE", "is the number of a line, from 1".to_owned())));
    let quantity = (!credit.quantity.is_empty()).then(|| decimal(&credit.quantity, FACTOR_DECIMALS)).transpose();
    let quantity = bad.check("quantity", quantity);
    bad.into_result(line.zip(quantity).map(|(line, quantity)| LineCredit { line, quantity }))
}

impl TryFrom<pb::CreditInvoiceRequest> for CreditInvoice {
    type Error = Violations;

    fn try_from(request: pb::CreditInvoiceRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let reason = match request.reason() {
            pb::CreditReason::Unspecified => required(),
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
        let id = bad.check("invoice_id", id(&request.invoice_id, InvoiceId::parse));
        let reason = bad.check("reason", reason);
        let issued_on = bad.check("issued_on", optional_date(&request.issued_on));
        let metadata = bad.within("", metadata(request.metadata));
        let scope = bad.within("", credit_scope(request.amount.as_ref(), request.lines));
        let series = bad.check("series_id", optional_id(&request.series_id, SeriesId::parse));
        let keep_on_account = request.keep_on_account.then_some(true);
        let command = id.zip(reason.zip(issued_on)).zip(metadata).zip(scope.zip(series));
        bad.into_result(command.map(|(((invoice, (reason, issued_on)), metadata), (scope, series))| Self {
            invoice,
            reason,
            issued_on,
            metadata,
            scope: Added(scope),
            series: Added(series),
            keep_on_account: Added(keep_on_account),
        }))
    }
}
