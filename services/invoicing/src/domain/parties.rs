//! Seller and buyer of a document, as it prints them: as they were when it was issued.

use quittance_kernel::ContactId;

use super::address::Address;
use super::tenant::Enquiries;

/// What a document prints of the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seller {
    /// Legal name.
    pub name: String,
    /// The address.
    pub address: Address,
    /// Tax identification. May be empty.
    pub tax_id: String,
    /// The contact for questions.
    pub enquiries: Enquiries,
    /// The notice about late payment.
    pub late_payment_consequences: String,
    /// Payment details. May be empty.
    pub bank_account: String,
    /// Terms and conditions.
    pub terms_and_conditions: String,
}

/// What a document prints of the customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Buyer {
    /// The customer number.
    pub number: Option<String>,
    /// Legal name.
    pub name: String,
    /// The address.
    pub address: Address,
    /// Tax identification. May be empty.
    pub tax_id: String,
    /// Its contacts: documents are addressed to one of them, or to the company.
    pub contacts: Vec<Addressee>,
}

/// A contact that a document can be addressed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Addressee {
    /// The contact's id.
    pub id: ContactId,
    /// The name that is printed.
    pub name: String,
}

/// Both sides of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parties {
    /// The seller.
    pub seller: Seller,
    /// The buyer.
    pub buyer: Buyer,
}

impl Buyer {
    /// The contact with this id; `None` if it was not one of the customer's.
    pub(crate) fn contact(&self, id: ContactId) -> Option<&Addressee> {
        self.contacts.iter().find(|contact| contact.id == id)
    }
}
