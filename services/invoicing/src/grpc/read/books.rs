//! Commands about tenants and customers.

use quittance_grpc::{Mask, Violations, currency, id, message, metadata, metadata_change, optional_id, required};
use quittance_kernel::{ContactId, CustomerId, TermsId};
use quittance_proto::{common::v1 as common, invoicing::v1 as pb};
use quittance_service::Etag;

use super::{checked, rounding_mode, rounding_rule, rounding_scope};
use crate::{
    domain::{
        Address, AddressPatch, ContactContent, CustomerContent, CustomerPatch, Enquiries, EnquiriesPatch,
        RoundingPatch, TenantContent, TenantPatch,
    },
    ops::{CreateCustomer, CreateTenant, UpdateCustomer, UpdateTenant},
};

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
    let metadata = bad.within("", metadata(tenant.metadata));
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
        metadata: metadata.unwrap_or_default(),
    };
    let content = checked(&mut bad, content.checked());
    bad.into_result(base_currency.zip(content).map(|(base_currency, content)| CreateTenant { base_currency, content }))
}

impl TryFrom<pb::UpdateTenantRequest> for UpdateTenant {
    type Error = Violations;

    fn try_from(request: pb::UpdateTenantRequest) -> Result<Self, Violations> {
        const FIELDS: &[&str] = &[
            "name",
            "address",
            "address.lines",
            "address.postal_code",
            "address.city",
            "address.country_code",
            "tax_id",
            "enquiries",
            "enquiries.name",
            "enquiries.email",
            "enquiries.phone",
            "late_payment_consequences",
            "bank_account",
            "terms_and_conditions",
            "rounding_rule",
            "rounding_rule.scope",
            "rounding_rule.mode",
            "metadata",
        ];
        let mut bad = Violations::default();
        let mask = Mask::of(request.update_mask, request.tenant.as_ref(), FIELDS);
        let mask = bad.check("update_mask", mask).unwrap_or_default();
        let tenant = bad.check("tenant", message(request.tenant)).unwrap_or_default();
        let etag = Etag::new(tenant.etag.clone());
        let patch = bad.within("tenant", tenant_patch(tenant, &mask));
        bad.into_result(patch.map(|patch| Self { etag, patch }))
    }
}

/// The change. Fields outside the update mask are ignored.
fn tenant_patch(tenant: pb::Tenant, mask: &Mask) -> Result<TenantPatch, Violations> {
    let mut bad = Violations::default();
    let named = |field: &str| mask.names(field);
    let metadata = bad.within("", metadata_change(tenant.metadata, mask)).unwrap_or_default();
    let rounding = bad.within("rounding_rule", rounding_patch(tenant.rounding_rule, mask));
    let address = address(tenant.address);
    let address_parts = if named("address") { AddressPatch::default() } else { address_parts(address.clone(), mask) };
    let pb::Enquiries { name, email, phone } = tenant.enquiries.unwrap_or_default();
    let enquiries = Enquiries { name, email, phone };
    let enquiries_parts =
        if named("enquiries") { EnquiriesPatch::default() } else { enquiries_parts(enquiries.clone(), mask) };
    let patch = TenantPatch {
        name: named("name").then(|| tenant.name.trim().to_owned()),
        address: named("address").then_some(address),
        address_parts,
        tax_id: named("tax_id").then_some(tenant.tax_id),
        enquiries: named("enquiries").then_some(enquiries),
        enquiries_parts,
        late_payment_consequences: named("late_payment_consequences").then_some(tenant.late_payment_consequences),
        bank_account: named("bank_account").then_some(tenant.bank_account),
        terms_and_conditions: named("terms_and_conditions").then_some(tenant.terms_and_conditions),
        rounding: rounding.unwrap_or_default(),
        metadata,
    };
    let patch = checked(&mut bad, patch.checked());
    bad.into_result(patch)
}

/// The fields of the contact for questions that the mask names one by one.
fn enquiries_parts(enquiries: Enquiries, mask: &Mask) -> EnquiriesPatch {
    EnquiriesPatch {
        name: mask.names("enquiries.name").then_some(enquiries.name),
        email: mask.names("enquiries.email").then_some(enquiries.email),
        phone: mask.names("enquiries.phone").then_some(enquiries.phone),
    }
}

/// The change of the rounding rule: of all of it, or of the parts that the mask names one by one.
fn rounding_patch(rule: Option<pb::RoundingRule>, mask: &Mask) -> Result<RoundingPatch, Violations> {
    let mut bad = Violations::default();
    if mask.names("rounding_rule") {
        let whole = bad.check("", rounding_rule(rule));
        return bad.into_result(whole.map(RoundingPatch::Whole));
    }
    let rule = rule.unwrap_or_default();
    let scope = mask.names("rounding_rule.scope").then(|| rounding_scope(rule.scope()));
    let scope = scope.and_then(|scope| bad.check("scope", scope.map_or_else(required, Ok)));
    let mode = mask.names("rounding_rule.mode").then(|| rounding_mode(rule.mode()));
    let mode = mode.and_then(|mode| bad.check("mode", mode.map_or_else(required, Ok)));
    let is_unchanged = scope.is_none() && mode.is_none();
    bad.into_result(Some(if is_unchanged { RoundingPatch::Unchanged } else { RoundingPatch::Parts { scope, mode } }))
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
    let metadata = bad.within("", metadata(customer.metadata));
    let number = customer.number.trim();
    let content = CustomerContent {
        number: (!number.is_empty()).then(|| number.to_owned()),
        name: customer.name.trim().to_owned(),
        address: address(customer.address),
        tax_id: customer.tax_id,
        terms_id: terms_id.flatten(),
        bank_accounts: customer.bank_accounts,
        contacts: contacts.unwrap_or_default(),
        metadata: metadata.unwrap_or_default(),
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
        const FIELDS: &[&str] = &[
            "number",
            "name",
            "address",
            "address.lines",
            "address.postal_code",
            "address.city",
            "address.country_code",
            "tax_id",
            "terms_id",
            "bank_accounts",
            "contacts",
            "metadata",
        ];
        let mut bad = Violations::default();
        let mask = Mask::of(request.update_mask, request.customer.as_ref(), FIELDS);
        let mask = bad.check("update_mask", mask).unwrap_or_default();
        let customer = bad.check("customer", message(request.customer)).unwrap_or_default();
        let id = bad.check("customer.customer_id", id(&customer.customer_id, CustomerId::parse));
        let etag = Etag::new(customer.etag.clone());
        let patch = bad.within("customer", customer_patch(customer, &mask));
        bad.into_result(id.zip(patch).map(|(customer, patch)| Self { customer, etag, patch }))
    }
}

/// The fields of an address that the mask names one by one.
fn address_parts(address: Address, mask: &Mask) -> AddressPatch {
    AddressPatch {
        lines: mask.names("address.lines").then_some(address.lines),
        postal_code: mask.names("address.postal_code").then_some(address.postal_code),
        city: mask.names("address.city").then_some(address.city),
        country_code: mask.names("address.country_code").then_some(address.country_code),
    }
}

/// The change. Fields outside the update mask are ignored.
fn customer_patch(customer: pb::Customer, mask: &Mask) -> Result<CustomerPatch, Violations> {
    let mut bad = Violations::default();
    let named = |field: &str| mask.names(field);
    let metadata = bad.within("", metadata_change(customer.metadata, mask)).unwrap_or_default();
    let address = address(customer.address);
    let address_parts = if named("address") { AddressPatch::default() } else { address_parts(address.clone(), mask) };
    let terms_id = if named("terms_id") { customer.terms_id } else { String::new() };
    let terms_id = bad.check("terms_id", optional_id(&terms_id, TermsId::parse));
    let contacts = if named("contacts") { customer.contacts } else { Vec::new() };
    let contacts = bad.each("contacts", contacts, contact_content);
    let number = customer.number.trim();
    let patch = CustomerPatch {
        number: named("number").then(|| (!number.is_empty()).then(|| number.to_owned())),
        name: named("name").then(|| customer.name.trim().to_owned()),
        address: named("address").then_some(address),
        tax_id: named("tax_id").then_some(customer.tax_id),
        terms_id: terms_id.filter(|_| named("terms_id")),
        bank_accounts: named("bank_accounts").then_some(customer.bank_accounts),
        contacts: contacts.filter(|_| named("contacts")),
        address_parts,
        metadata,
    };
    let patch = checked(&mut bad, patch.checked());
    bad.into_result(patch)
}
