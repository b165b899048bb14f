//! Changes of a tenant.

use chrono::{DateTime, Utc};
use quittance_kernel::{MetadataChange, Rounding};

use super::address::{Address, AddressPatch};
use super::field::{BadField, Checks, Problem, optional_line, required_block, required_line};
use super::refusal::Refusal;
use super::rounding::{RoundingRule, RoundingScope};
use super::tenant::{Enquiries, MAX_CONDITIONS, MAX_CONSEQUENCES, MAX_NAME, MAX_SHORT, Tenant, required_email};

/// A change of a tenant: fields that are `None` stay. Base currency and time zone never change.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct TenantPatch {
    /// Legal name.
    pub name: Option<String>,
    /// The address, as printed on documents.
    pub address: Option<Address>,
    /// Single fields of the address.
    pub address_parts: AddressPatch,
    /// VAT or sales-tax identification.
    pub tax_id: Option<String>,
    /// The contact for questions about documents.
    pub enquiries: Option<Enquiries>,
    /// Single fields of the contact for questions.
    pub enquiries_parts: EnquiriesPatch,
    /// What happens when a customer pays late.
    pub late_payment_consequences: Option<String>,
    /// Payment details.
    pub bank_account: Option<String>,
    /// Terms and conditions.
    pub terms_and_conditions: Option<String>,
    /// The rounding of tax.
    pub rounding: RoundingPatch,
    /// The caller's own keys and values.
    pub metadata: MetadataChange,
}

/// A change of single fields of the contact for questions: fields that are `None` stay.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct EnquiriesPatch {
    /// A person or team.
    pub name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Phone number.
    pub phone: Option<String>,
}

/// A change of the rounding of tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) enum RoundingPatch {
    /// It stays.
    #[default]
    Unchanged,
    /// Another rule; `None` for [`RoundingRule::STANDARD`].
    Whole(Option<RoundingRule>),
    /// Single fields of the rule: those that are `None` stay.
    Parts {
        /// The rounded amounts.
        scope: Option<RoundingScope>,
        /// The rounding of ties.
        mode: Option<Rounding>,
    },
}

impl TenantPatch {
    /// The valid change.
    ///
    /// # Errors
    /// The violations of all changed fields.
    pub(crate) fn checked(self) -> Result<TenantPatch, Vec<BadField>> {
        let mut checks = Checks::default();
        let mut check = |field: &str, text: &Option<String>, rule: &dyn Fn(&str) -> Result<(), Problem>| {
            if let Some(text) = text {
                checks.check(field, rule(text));
            }
        };
        check("name", &self.name, &|text| required_line(text, MAX_NAME));
        check("tax_id", &self.tax_id, &|text| optional_line(text, MAX_SHORT));
        check("enquiries.name", &self.enquiries_parts.name, &|text| required_line(text, MAX_NAME));
        check("enquiries.email", &self.enquiries_parts.email, &required_email);
        check("enquiries.phone", &self.enquiries_parts.phone, &|text| optional_line(text, MAX_SHORT));
        let consequences = &self.late_payment_consequences;
        check("late_payment_consequences", consequences, &|text| required_block(text, MAX_CONSEQUENCES));
        check("bank_account", &self.bank_account, &|text| optional_line(text, MAX_SHORT));
        check("terms_and_conditions", &self.terms_and_conditions, &|text| required_block(text, MAX_CONDITIONS));
        if let Some(address) = &self.address {
            checks.nest("address", address.bad_fields());
        }
        checks.nest("address", self.address_parts.clone().onto(Address::default()).bad_fields());
        if let Some(enquiries) = &self.enquiries {
            checks.nest("enquiries", enquiries.bad_fields());
        }
        checks.accept(self)
    }

    /// The tenant after the checked change.
    ///
    /// # Errors
    /// `TooMuchMetadata`.
    pub(crate) fn onto(self, tenant: Tenant, now: DateTime<Utc>) -> Result<Tenant, Refusal> {
        Ok(Tenant {
            name: self.name.unwrap_or(tenant.name),
            address: self.address_parts.onto(self.address.unwrap_or(tenant.address)),
            tax_id: self.tax_id.unwrap_or(tenant.tax_id),
            enquiries: self.enquiries_parts.onto(self.enquiries.unwrap_or(tenant.enquiries)),
            late_payment_consequences: self.late_payment_consequences.unwrap_or(tenant.late_payment_consequences),
            bank_account: self.bank_account.unwrap_or(tenant.bank_account),
            terms_and_conditions: self.terms_and_conditions.unwrap_or(tenant.terms_and_conditions),
            rounding: self.rounding.onto(tenant.rounding),
            metadata: self.metadata.onto(&tenant.metadata)?,
            version: tenant.version + 1,
            updated_at: now,
            id: tenant.id,
            base_currency: tenant.base_currency,
            time_zone: tenant.time_zone,
            created_at: tenant.created_at,
        })
    }
}

impl EnquiriesPatch {
    /// The contact after the change.
    pub(crate) fn onto(self, enquiries: Enquiries) -> Enquiries {
        Enquiries {
            name: self.name.unwrap_or(enquiries.name),
            email: self.email.unwrap_or(enquiries.email),
            phone: self.phone.unwrap_or(enquiries.phone),
        }
    }
}

impl RoundingPatch {
    /// The rule after the change.
    pub(crate) fn onto(self, rule: RoundingRule) -> RoundingRule {
        match self {
            RoundingPatch::Unchanged => rule,
            RoundingPatch::Whole(whole) => whole.unwrap_or(RoundingRule::STANDARD),
            RoundingPatch::Parts { scope, mode } => {
                RoundingRule { scope: scope.unwrap_or(rule.scope), mode: mode.unwrap_or(rule.mode) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use quittance_kernel::{Currency, TenantId};

    use super::*;
    use crate::domain::samples::{now, tenant_content};

    #[test]
    fn a_change_keeps_what_it_does_not_name() {
        let tenant = Tenant::create(TenantId::at(now()), Currency::EUR, tenant_content(), now());
        let later = now() + chrono::Duration::hours(1);
        let patch = TenantPatch {
            name: Some("Hafenlicht AG".to_owned()),
            address_parts: AddressPatch { city: Some("Bremen".to_owned()), ..AddressPatch::default() },
            enquiries_parts: EnquiriesPatch { phone: Some(String::new()), ..EnquiriesPatch::default() },
            rounding: RoundingPatch::Parts { scope: None, mode: Some(Rounding::HalfEven) },
            ..TenantPatch::default()
        };
        let changed = patch.checked().unwrap().onto(tenant.clone(), later).unwrap();
        let expected = Tenant {
            name: "Hafenlicht AG".to_owned(),
            address: Address { city: "Bremen".to_owned(), ..tenant.address.clone() },
            enquiries: Enquiries { phone: String::new(), ..tenant.enquiries.clone() },
            rounding: RoundingRule { mode: Rounding::HalfEven, ..tenant.rounding },
            version: 2,
            updated_at: later,
            ..tenant
        };
        assert_eq!(changed, expected);
        let standard = TenantPatch { rounding: RoundingPatch::Whole(None), ..TenantPatch::default() };
        assert_eq!(standard.onto(changed, later).unwrap().rounding, RoundingRule::STANDARD);
    }

    #[test]
    fn every_bad_field_is_named() {
        let bad = TenantPatch {
            name: Some(String::new()),
            tax_id: Some("\u{7}".to_owned()),
            address_parts: AddressPatch { country_code: Some("Germany".to_owned()), ..AddressPatch::default() },
            enquiries_parts: EnquiriesPatch { email: Some(String::new()), ..EnquiriesPatch::default() },
            terms_and_conditions: Some(" ".to_owned()),
            ..TenantPatch::default()
        };
        let fields: Vec<String> = bad.checked().unwrap_err().into_iter().map(|bad| bad.field).collect();
        assert_eq!(fields, ["name", "tax_id", "enquiries.email", "terms_and_conditions", "address.country_code"]);
        assert!(TenantPatch::default().checked().is_ok());
    }
}
