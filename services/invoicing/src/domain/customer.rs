//! Customers and their contacts.

use chrono::{DateTime, Utc};
use quittance_kernel::{ContactId, CustomerId, Metadata, MetadataChange, TermsId};

use super::address::{Address, AddressPatch};
use super::field::{BadField, Checks, at_most, optional_email, optional_line, required_line};
use super::refusal::Refusal;

/// The longest name, in characters.
pub(crate) const MAX_NAME: usize = 200;
/// The longest customer number, tax identification or phone number, in characters.
pub(crate) const MAX_NUMBER: usize = 100;
/// The most contacts, and the most bank accounts, of a customer.
pub(crate) const MAX_ENTRIES: usize = 20;
/// The longest bank account, in characters.
pub(crate) const MAX_BANK_ACCOUNT: usize = 64;

/// A customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Customer {
    /// The customer's id.
    pub id: CustomerId,
    /// The customer number; optional, unique in the tenant.
    pub number: Option<String>,
    /// Legal name.
    pub name: String,
    /// The address of documents.
    pub address: Address,
    /// VAT or sales-tax identification. May be empty.
    pub tax_id: String,
    /// The default terms of its invoices.
    pub terms_id: Option<TermsId>,
    /// Accounts it pays from, which identify its payments.
    pub bank_accounts: Vec<String>,
    /// Its contacts.
    pub contacts: Vec<Contact>,
    /// The caller's own keys and values.
    pub metadata: Metadata,
    /// Starts at 1 and grows by one with every change.
    pub version: u32,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
}

/// A person or team at a customer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Contact {
    /// The contact's id.
    pub id: ContactId,
    /// The name used in letters.
    pub name: String,
    /// E-mail address. May be empty.
    pub email: String,
    /// Phone number. May be empty.
    pub phone: String,
    /// Whether it receives invoices and reminders.
    pub pays_invoices: bool,
}

/// The content of a customer, from a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct CustomerContent {
    /// The customer number.
    pub number: Option<String>,
    /// Legal name.
    pub name: String,
    /// The address of documents.
    pub address: Address,
    /// VAT or sales-tax identification.
    pub tax_id: String,
    /// The default terms of its invoices.
    pub terms_id: Option<TermsId>,
    /// Accounts it pays from.
    pub bank_accounts: Vec<String>,
    /// Its contacts.
    pub contacts: Vec<ContactContent>,
    /// The caller's own keys and values.
    pub metadata: Metadata,
}

/// The content of a contact, from a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct ContactContent {
    /// The id of an existing contact; `None` for a new one.
    pub id: Option<ContactId>,
    /// The name used in letters.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// Phone number.
    pub phone: String,
    /// Whether it receives invoices and reminders.
    pub pays_invoices: bool,
}

/// A change of a customer: fields that are `None` stay.
#[expect(clippy::option_option, reason = "the outer option is whether it changes, the inner the new value")]
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct CustomerPatch {
    /// The customer number; `Some(None)` removes it.
    pub number: Option<Option<String>>,
    /// Legal name.
    pub name: Option<String>,
    /// The address of documents.
    pub address: Option<Address>,
    /// VAT or sales-tax identification.
    pub tax_id: Option<String>,
    /// The default terms of its invoices.
    pub terms_id: Option<Option<TermsId>>,
    /// Accounts it pays from, replaced as a whole.
    pub bank_accounts: Option<Vec<String>>,
    /// The contacts, replaced as a whole.
    pub contacts: Option<Vec<ContactContent>>,
    /// Single fields of the address.
    pub address_parts: AddressPatch,
    /// The caller's own keys and values.
    pub metadata: MetadataChange,
}

impl CustomerContent {
    /// The valid content, with white space around bank accounts removed.
    ///
    /// # Errors
    /// The violations of all fields.
    pub(crate) fn checked(mut self) -> Result<CustomerContent, Vec<BadField>> {
        trim(&mut self.bank_accounts);
        let mut checks = Checks::default();
        check_number(&mut checks, self.number.as_deref());
        checks.check("name", required_line(&self.name, MAX_NAME));
        checks.nest("address", self.address.bad_fields());
        checks.check("tax_id", optional_line(&self.tax_id, MAX_NUMBER));
        check_bank_accounts(&mut checks, &self.bank_accounts);
        check_contacts(&mut checks, &self.contacts);
        checks.accept(self)
    }
}

fn trim(accounts: &mut [String]) {
    for account in accounts {
        *account = account.trim().to_owned();
    }
}

fn check_number(checks: &mut Checks, number: Option<&str>) {
    if let Some(number) = number {
        checks.check("number", required_line(number, MAX_NUMBER));
    }
}

fn check_bank_accounts(checks: &mut Checks, accounts: &[String]) {
    checks.check("bank_accounts", at_most(accounts.len(), MAX_ENTRIES));
    for (i, account) in accounts.iter().enumerate() {
        checks.check(format!("bank_accounts[{i}]"), required_line(account, MAX_BANK_ACCOUNT));
    }
    checks.distinct("bank_accounts", accounts.iter());
}

fn check_contacts(checks: &mut Checks, contacts: &[ContactContent]) {
    checks.check("contacts", at_most(contacts.len(), MAX_ENTRIES));
    for (i, contact) in contacts.iter().enumerate() {
        checks.nest(&format!("contacts[{i}]"), contact.bad_fields());
    }
    let kept = contacts.iter().filter_map(|contact| contact.id);
    checks.distinct("contacts", kept);
}

impl ContactContent {
    fn bad_fields(&self) -> Vec<BadField> {
        let mut checks = Checks::default();
        checks.check("name", required_line(&self.name, MAX_NAME));
        checks.check("email", optional_email(&self.email));
        checks.check("phone", optional_line(&self.phone, MAX_NUMBER));
        checks.into_bad_fields()
    }

    fn under(self, id: ContactId) -> Contact {
        let ContactContent { id: _, name, email, phone, pays_invoices } = self;
        Contact { id, name, email, phone, pays_invoices }
    }
}

impl CustomerPatch {
    /// The valid change, with white space around bank accounts removed.
    ///
    /// # Errors
    /// The violations of all changed fields.
    pub(crate) fn checked(mut self) -> Result<CustomerPatch, Vec<BadField>> {
        let mut checks = Checks::default();
        check_number(&mut checks, self.number.as_ref().and_then(Option::as_deref));
        if let Some(name) = &self.name {
            checks.check("name", required_line(name, MAX_NAME));
        }
        if let Some(address) = &self.address {
            checks.nest("address", address.bad_fields());
        }
        checks.nest("address", self.address_parts.clone().onto(Address::default()).bad_fields());
        if let Some(tax_id) = &self.tax_id {
            checks.check("tax_id", optional_line(tax_id, MAX_NUMBER));
        }
        if let Some(accounts) = &mut self.bank_accounts {
            trim(accounts);
            check_bank_accounts(&mut checks, accounts);
        }
        if let Some(contacts) = &self.contacts {
            check_contacts(&mut checks, contacts);
        }
        checks.accept(self)
    }

    /// The content after the change, for [`Customer::update`].
    ///
    /// # Errors
    /// `TooMuchMetadata`.
    pub(crate) fn onto(self, customer: &Customer) -> Result<CustomerContent, Refusal> {
        let now = customer.content();
        Ok(CustomerContent {
            number: self.number.unwrap_or(now.number),
            name: self.name.unwrap_or(now.name),
            address: self.address_parts.onto(self.address.unwrap_or(now.address)),
            tax_id: self.tax_id.unwrap_or(now.tax_id),
            terms_id: self.terms_id.unwrap_or(now.terms_id),
            bank_accounts: self.bank_accounts.unwrap_or(now.bank_accounts),
            contacts: self.contacts.unwrap_or(now.contacts),
            metadata: self.metadata.onto(&now.metadata)?,
        })
    }
}

impl Customer {
    /// A new customer with checked content. `contact_id` creates the id of each contact.
    ///
    /// # Errors
    /// `ContactNotFound` if a contact has an id: none exists yet.
    pub(crate) fn create(
        id: CustomerId,
        content: CustomerContent,
        contact_id: impl FnMut() -> ContactId,
        now: DateTime<Utc>,
    ) -> Result<Customer, Refusal> {
        let CustomerContent { number, name, address, tax_id, terms_id, bank_accounts, contacts, metadata } = content;
        let contacts = keep(&[], contacts, contact_id)?;
        let version = 1;
        Ok(Customer {
            id,
            number,
            name,
            address,
            tax_id,
            terms_id,
            bank_accounts,
            contacts,
            metadata,
            version,
            created_at: now,
            updated_at: now,
        })
    }

    /// The customer with new checked content. Contacts given with their id keep it.
    ///
    /// # Errors
    /// `ContactNotFound` if a contact has an id that is not one of the customer's.
    pub(crate) fn update(
        self,
        content: CustomerContent,
        contact_id: impl FnMut() -> ContactId,
    ) -> Result<Customer, Refusal> {
        let version = self.version + 1;
        let CustomerContent { number, name, address, tax_id, terms_id, bank_accounts, contacts, metadata } = content;
        let contacts = keep(&self.contacts, contacts, contact_id)?;
        Ok(Customer { number, name, address, tax_id, terms_id, bank_accounts, contacts, metadata, version, ..self })
    }

    /// The content of this customer.
    pub(crate) fn content(&self) -> CustomerContent {
        let contact = |contact: &Contact| ContactContent {
            id: Some(contact.id),
            name: contact.name.clone(),
            email: contact.email.clone(),
            phone: contact.phone.clone(),
            pays_invoices: contact.pays_invoices,
        };
        CustomerContent {
            number: self.number.clone(),
            name: self.name.clone(),
            address: self.address.clone(),
            tax_id: self.tax_id.clone(),
            terms_id: self.terms_id,
            bank_accounts: self.bank_accounts.clone(),
            contacts: self.contacts.iter().map(contact).collect(),
            metadata: self.metadata.clone(),
        }
    }
}

fn keep(
    known: &[Contact],
    contacts: Vec<ContactContent>,
    mut contact_id: impl FnMut() -> ContactId,
) -> Result<Vec<Contact>, Refusal> {
    contacts
        .into_iter()
        .map(|content| match content.id {
            Some(id) if known.iter().any(|contact| contact.id == id) => Ok(content.under(id)),
            Some(id) => Err(Refusal::ContactNotFound(id)),
            None => Ok(content.under(contact_id())),
        })
        .collect()
}

#[cfg(test)]
#[path = "customer_tests.rs"]
mod tests;
