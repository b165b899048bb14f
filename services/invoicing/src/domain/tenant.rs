//! The tenant: the seller.

use chrono::{DateTime, Utc};
use quittance_kernel::{Currency, Metadata, TenantId, parse_time_zone};

use super::address::Address;
use super::field::{BadField, Checks, Problem, optional_email, optional_line, required_block, required_line};
use super::rounding::RoundingRule;

/// The longest name, in characters.
pub(crate) const MAX_NAME: usize = 200;
/// The longest tax identification, bank account or phone number, in characters.
pub(crate) const MAX_SHORT: usize = 100;
/// The longest notice about late payment, in characters.
pub(crate) const MAX_CONSEQUENCES: usize = 2_000;
/// The longest terms and conditions, in characters.
pub(crate) const MAX_CONDITIONS: usize = 20_000;

/// A seller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tenant {
    /// The tenant's id.
    pub id: TenantId,
    /// Legal name, as printed on documents.
    pub name: String,
    /// The address, as printed on documents.
    pub address: Address,
    /// VAT or sales-tax identification, as printed. May be empty.
    pub tax_id: String,
    /// The base currency. It never changes.
    pub base_currency: Currency,
    /// IANA time zone: today is a date there. The kernel's `parse_time_zone` reads it. It never changes.
    pub time_zone: String,
    /// The contact for questions about documents.
    pub enquiries: Enquiries,
    /// What happens when a customer pays late.
    pub late_payment_consequences: String,
    /// Payment details. May be empty.
    pub bank_account: String,
    /// Terms and conditions.
    pub terms_and_conditions: String,
    /// The default rounding of tax.
    pub rounding: RoundingRule,
    /// The caller's own keys and values.
    pub metadata: Metadata,
    /// Starts at 1 and grows by one with every change.
    pub version: u32,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
}

/// The contact for questions about documents.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct Enquiries {
    /// A person or team.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// Phone number. May be empty.
    pub phone: String,
}

/// The content of a tenant, from a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct TenantContent {
    /// Legal name.
    pub name: String,
    /// The address, as printed on documents.
    pub address: Address,
    /// VAT or sales-tax identification.
    pub tax_id: String,
    /// IANA time zone.
    pub time_zone: String,
    /// The contact for questions about documents.
    pub enquiries: Enquiries,
    /// What happens when a customer pays late.
    pub late_payment_consequences: String,
    /// Payment details.
    pub bank_account: String,
    /// Terms and conditions.
    pub terms_and_conditions: String,
    /// The rounding of tax; `None` for [`RoundingRule::STANDARD`].
    pub rounding: Option<RoundingRule>,
    /// The caller's own keys and values.
    pub metadata: Metadata,
}

impl TenantContent {
    /// The valid content.
    ///
    /// # Errors
    /// The violations of all fields.
    pub(crate) fn checked(self) -> Result<TenantContent, Vec<BadField>> {
        let mut checks = Checks::default();
        checks.check("name", required_line(&self.name, MAX_NAME));
        checks.nest("address", self.address.bad_fields());
        checks.check("tax_id", optional_line(&self.tax_id, MAX_SHORT));
        checks.check("time_zone", time_zone(&self.time_zone));
        checks.nest("enquiries", self.enquiries.bad_fields());
        checks.check("late_payment_consequences", required_block(&self.late_payment_consequences, MAX_CONSEQUENCES));
        checks.check("bank_account", optional_line(&self.bank_account, MAX_SHORT));
        checks.check("terms_and_conditions", required_block(&self.terms_and_conditions, MAX_CONDITIONS));
        checks.accept(self)
    }
}

fn time_zone(name: &str) -> Result<(), Problem> {
    if name.is_empty() {
        return Err(Problem::Empty);
    }
    parse_time_zone(name).map(drop).map_err(|_| Problem::NotATimeZone)
}

/// A required e-mail address.
pub(super) fn required_email(email: &str) -> Result<(), Problem> {
    if email.is_empty() { Err(Problem::Empty) } else { optional_email(email) }
}

impl Enquiries {
    /// The violations of its fields.
    pub(super) fn bad_fields(&self) -> Vec<BadField> {
        let mut checks = Checks::default();
        checks.check("name", required_line(&self.name, MAX_NAME));
        checks.check("email", required_email(&self.email));
        checks.check("phone", optional_line(&self.phone, MAX_SHORT));
        checks.into_bad_fields()
    }
}

impl Tenant {
    /// A new tenant with checked content.
    pub(crate) fn create(id: TenantId, base_currency: Currency, content: TenantContent, now: DateTime<Utc>) -> Tenant {
        Tenant {
            id,
            name: content.name,
            address: content.address,
            tax_id: content.tax_id,
            base_currency,
            time_zone: content.time_zone,
            enquiries: content.enquiries,
            late_payment_consequences: content.late_payment_consequences,
            bank_account: content.bank_account,
            terms_and_conditions: content.terms_and_conditions,
            rounding: content.rounding.unwrap_or(RoundingRule::STANDARD),
            metadata: content.metadata,
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples::{now, tenant_content};

    #[test]
    fn a_tenant_rounds_per_rate_unless_it_says_otherwise() {
        let tenant = Tenant::create(TenantId::at(now()), Currency::EUR, tenant_content().checked().unwrap(), now());
        assert_eq!(tenant.rounding, RoundingRule::STANDARD);
    }

    #[test]
    fn every_bad_field_is_named() {
        let bad = TenantContent {
            name: String::new(),
            time_zone: "Berlin".to_owned(),
            enquiries: Enquiries { name: String::new(), email: String::new(), phone: "\u{7}".to_owned() },
            late_payment_consequences: String::new(),
            terms_and_conditions: " ".to_owned(),
            ..tenant_content()
        };
        let fields: Vec<String> = bad.checked().unwrap_err().into_iter().map(|bad| bad.field).collect();
        let expected = [
            "name",
            "time_zone",
            "enquiries.name",
            "enquiries.email",
            "enquiries.phone",
            "late_payment_consequences",
            "terms_and_conditions",
        ];
        assert_eq!(fields, expected);
    }
}
