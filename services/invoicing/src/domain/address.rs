//! Postal addresses.

use std::hash::{Hash, Hasher};

use super::field::{BadField, Checks, Problem, at_most, optional_line, required_line};

/// The most lines of an address above the city.
pub(crate) const MAX_LINES: usize = 4;
const MAX_LINE: usize = 200;
const MAX_POSTAL_CODE: usize = 20;

/// A postal address, as printed. Every part may be empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct Address {
    /// Street, building, post box, top to bottom.
    pub lines: Vec<String>,
    /// Postal code.
    pub postal_code: String,
    /// City.
    pub city: String,
    /// ISO 3166-1 alpha-2, for example DE.
    pub country_code: String,
}

impl Address {
    /// The violations of its fields.
    pub(crate) fn bad_fields(&self) -> Vec<BadField> {
        let mut checks = Checks::default();
        checks.check("lines", at_most(self.lines.len(), MAX_LINES));
        for (i, line) in self.lines.iter().enumerate() {
            checks.check(format!("lines[{i}]"), required_line(line, MAX_LINE));
        }
        checks.check("postal_code", optional_line(&self.postal_code, MAX_POSTAL_CODE));
        checks.check("city", optional_line(&self.city, MAX_LINE));
        checks.check("country_code", country(&self.country_code));
        checks.into_bad_fields()
    }

    /// The address as it is printed, line by line: street, then postal code and city, then country.
    pub(crate) fn printed(&self) -> Vec<String> {
        let town = [self.postal_code.as_str(), self.city.as_str()].join(" ").trim().to_owned();
        let below = [town, self.country_code.clone()].into_iter().filter(|line| !line.is_empty());
        self.lines.iter().cloned().chain(below).collect()
    }
}

/// A change of single fields of an address: fields that are `None` stay.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct AddressPatch {
    /// Street, building, post box, replaced as a whole.
    pub lines: Option<Vec<String>>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// City.
    pub city: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country_code: Option<String>,
}

impl AddressPatch {
    /// The address after the change.
    pub(crate) fn onto(self, address: Address) -> Address {
        Address {
            lines: self.lines.unwrap_or(address.lines),
            postal_code: self.postal_code.unwrap_or(address.postal_code),
            city: self.city.unwrap_or(address.city),
            country_code: self.country_code.unwrap_or(address.country_code),
        }
    }
}

/// Nothing is nothing: a command without single fields has the hash that it had before there were any.
impl Hash for AddressPatch {
    fn hash<H: Hasher>(&self, state: &mut H) {
        if *self != Self::default() {
            (&self.lines, &self.postal_code, &self.city, &self.country_code).hash(state);
        }
    }
}

fn country(code: &str) -> Result<(), Problem> {
    let has_form = code.len() == 2 && code.bytes().all(|letter| letter.is_ascii_uppercase());
    if code.is_empty() || has_form { Ok(()) } else { Err(Problem::NotACountry) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_printed_top_to_bottom() {
        let address = Address {
            lines: vec!["Hafenstraße 1".to_owned()],
            postal_code: "20457".to_owned(),
            city: "Hamburg".to_owned(),
            country_code: "DE".to_owned(),
        };
        assert_eq!(address.bad_fields(), []);
        assert_eq!(address.printed(), ["Hafenstraße 1", "20457 Hamburg", "DE"]);
        assert_eq!(Address::default().printed(), Vec::<String>::new());
    }

    #[test]
    fn every_bad_field_is_named() {
        let address =
            Address { lines: vec!["x".to_owned(); 5], country_code: "Deutschland".to_owned(), ..Address::default() };
        let bad = address.bad_fields();
        let fields: Vec<&str> = bad.iter().map(|bad| bad.field.as_str()).collect();
        assert_eq!(fields, ["lines", "country_code"]);
    }
}
