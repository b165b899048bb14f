//! Commands about tenants, series, customers and terms.

use quittance_grpc::{Violations, currency, field_mask, id, message, optional_id, percent, required};
use quittance_kernel::{ContactId, CustomerId, Discount, Terms, TermsId};
use quittance_proto::{common::v1 as common, invoicing::v1 as pb};
use quittance_service::Etag;

use super::rounding_rule;
use crate::{
    domain::{
        Address, BadField, ContactContent, CustomerContent, CustomerPatch, Enquiries, NamedTermsContent, Numbering,
        SeriesKind, TenantContent,
    },
    ops::{CreateCustomer, CreateSeries, CreateTenant, CreateTerms, UpdateCustomer},
};

/// Adds the violations found by the domain.
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

impl TryFrom<pb::CreateTenantRequest> for CreateTenant {
    type Error = Violations;

    fn try_from(request: pb::CreateTenantRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let tenant = bad.check("tenant", message(request.tenant)).map(create_tenant);
        let command = tenant.and_then(|command| bad.within("tenant", command));
        bad.into_result(command)
    }
}

fn create_tenant(tenant: pb::Tenant) -> Result<CreateTenant, Violations> {
    let mut bad = Violations::default();
    let base_currency = bad.check("base_currency_code", currency(&tenant.base_currency_code));
    let rounding = bad.check("rounding_rule", rounding_rule(tenant.rounding_rule));
    let pb::Enquiries { name, email, phone } = tenant.enquiries.unwrap_or_default();
    let content = TenantContent {
        name: tenant.name.trim().to_owned(),
        address: address(tenant.address),
        tax_id: tenant.tax_id,
        time_zone: tenant.time_zone,
        enquiries: Enquiries { name, email, phone },
        late_payment_consequences: tenant.late_payment_consequences,
        bank_account: tenant.bank_account,
        terms_and_conditions: tenant.terms_and_conditions,
        rounding: rounding.flatten(),
    };
    let content = checked(&mut bad, content.checked());
    bad.into_result(base_currency.zip(content).map(|(base_currency, content)| CreateTenant { base_currency, content }))
}

impl TryFrom<pb::CreateSeriesRequest> for CreateSeries {
    type Error = Violations;

    fn try_from(request: pb::CreateSeriesRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let series = bad.check("series", message(request.series)).map(series);
        let series = series.and_then(|series| bad.within("series", series));
        bad.into_result(series.map(|(kind, numbering)| Self { kind, numbering }))
    }
}

fn series(series: pb::Series) -> Result<(SeriesKind, Numbering), Violations> {
    let mut bad = Violations::default();
    let kind = match series.kind() {
        pb::SeriesKind::Unspecified => required(),
        pb::SeriesKind::Invoice => Ok(SeriesKind::Invoice),
        pb::SeriesKind::CreditNote => Ok(SeriesKind::CreditNote),
        pb::SeriesKind::External => Ok(SeriesKind::External),
    };
    let kind = bad.check("kind", kind);
    let numbering = Numbering::new(series.code, series.prefix, series.min_digits, series.next_number);
    let numbering = numbering.map_err(|problems| {
        for problem in problems {
            bad.add(problem.field(), problem.reason(), problem.to_string());
        }
    });
    bad.into_result(kind.zip(numbering.ok()))
}

impl TryFrom<pb::CreateCustomerRequest> for CreateCustomer {
    type Error = Violations;

    fn try_from(request: pb::CreateCustomerRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let content = bad.check("customer", message(request.customer)).map(customer_content);
        let content = content.and_then(|content| bad.within("customer", content));
        bad.into_result(content.map(|content| Self { content }))
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
        let mask = field_mask(request.update_mask, request.customer.as_ref(), FIELDS);
        let mask = bad.check("update_mask", mask).unwrap_or_default();
        let customer = bad.check("customer", message(request.customer)).unwrap_or_default();
        let id = bad.check("customer.customer_id", id(&customer.customer_id, CustomerId::parse));
        let etag = Etag::new(customer.etag.clone());
        let patch = bad.within("customer", customer_patch(customer, |field| mask.contains(&field)));
        bad.into_result(id.zip(patch).map(|(customer, patch)| Self { customer, etag, patch }))
    }
}

/// The change. Fields outside the update mask are ignored.
fn customer_patch(customer: pb::Customer, named: impl Fn(&str) -> bool) -> Result<CustomerPatch, Violations> {
    let mut bad = Violations::default();
    let terms_id = if named("terms_id") { customer.terms_id } else { String::new() };
    let terms_id = bad.check("terms_id", optional_id(&terms_id, TermsId::parse));
    let contacts = if named("contacts") { customer.contacts } else { Vec::new() };
    let contacts = bad.each("contacts", contacts, contact_content);
    let number = customer.number.trim();
    let patch = CustomerPatch {
        number: named("number").then(|| (!number.is_empty()).then(|| number.to_owned())),
        name: named("name").then(|| customer.name.trim().to_owned()),
        address: named("address").then(|| address(customer.address)),
        tax_id: named("tax_id").then_some(customer.tax_id),
        terms_id: terms_id.filter(|_| named("terms_id")),
        bank_accounts: named("bank_accounts").then_some(customer.bank_accounts),
        contacts: contacts.filter(|_| named("contacts")),
    };
    let patch = checked(&mut bad, patch.checked());
    bad.into_result(patch)
}

impl TryFrom<pb::CreateTermsRequest> for CreateTerms {
    type Error = Violations;

    fn try_from(request: pb::CreateTermsRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let content = bad.check("terms", message(request.terms)).map(terms_content);
        let content = content.and_then(|content| bad.within("terms", content));
        bad.into_result(content.map(|content| Self { content }))
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
    let read = net_days
        .zip(discounts)
        .map(|(days, discounts)| Terms::new(days, discounts).map_err(|e| (e.reason(), e.to_string())));
    let read = read.and_then(|read| bad.check("payment_terms", read));
    let content =
        read.and_then(|read| checked(&mut bad, NamedTermsContent { code: terms.code, terms: read }.checked()));
    bad.into_result(content)
}
