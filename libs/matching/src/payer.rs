//! Who paid: as the caller knows, by the account the money came from, or by a name that is one customer's alone.

use crate::book::Book;
use crate::index::{CustomerIx, Origin};
use crate::line::MoneyIn;

/// By what the payer is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Known {
    /// The caller says so.
    Given,
    /// The account is the customer's, by its record or learned.
    Account(Origin),
    /// The name is.
    Name(Origin),
}

/// Who paid.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Payer {
    /// Who it may be: one, or several that share an account.
    pub customers: Vec<CustomerIx>,
    /// By what it is known; `None`: it is not known.
    pub known: Option<Known>,
    /// The account and the name are two customers'.
    pub contradictory: bool,
    /// Something was said of the payer at all: an account or a name.
    pub named: bool,
}

impl Payer {
    /// Who paid this.
    pub(super) fn of(line: &MoneyIn<'_>, book: &Book) -> Payer {
        if let Some(customer) = line.customer {
            return Payer { customers: vec![customer], known: Some(Known::Given), contradictory: false, named: true };
        }
        let named = !line.payer_account.trim().is_empty() || !line.payer_name.trim().is_empty();
        let by_account = book.payers(line.payer_account);
        let by_name = book.names().exactly(line.payer_name);
        match (by_account, by_name) {
            ([], None) => Payer { named, ..Payer::default() },
            ([], Some((customer, origin))) => {
                Payer { customers: vec![customer], known: Some(Known::Name(origin)), contradictory: false, named }
            }
            (owners, Some((customer, _))) if owners.iter().any(|(owner, _)| *owner == customer) => Payer {
                customers: vec![customer],
                known: Some(Known::Account(origin(owners))),
                contradictory: false,
                named,
            },
            (owners, by_name) => {
                let customers = owners.iter().map(|(owner, _)| *owner).chain(by_name.map(|(customer, _)| customer));
                let known = Some(Known::Account(origin(owners)));
                Payer { customers: customers.collect(), known, contradictory: by_name.is_some(), named }
            }
        }
    }

    /// Whether the customer is, or may be, the payer.
    pub(super) fn may_be(&self, customer: CustomerIx) -> bool {
        self.customers.contains(&customer)
    }

    /// The one customer it is for sure.
    pub(super) fn one(&self) -> Option<CustomerIx> {
        match self.customers.as_slice() {
            [one] if !self.contradictory => Some(*one),
            _ => None,
        }
    }

    /// Whether the caller or the account identifies the payer: names can be shared by others that are not customers.
    pub(super) fn is_certain(&self) -> bool {
        !self.contradictory && matches!(self.known, Some(Known::Given | Known::Account(_)))
    }
}

fn origin(owners: &[(CustomerIx, Origin)]) -> Origin {
    owners.iter().map(|(_, origin)| *origin).min().unwrap_or(Origin::Record)
}
