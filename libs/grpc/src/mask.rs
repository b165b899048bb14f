//! Update masks (<https://google.aip.dev/134>, <https://google.aip.dev/161>).

use std::collections::BTreeSet;

use prost_types::FieldMask;
use quittance_kernel::{metadata::check_key, reason::FIELD_REQUIRED};
use quittance_proto::Resource;

/// The field whose entries are changed one by one with `metadata.<key>`.
const METADATA: &str = "metadata";

/// The fields that an update changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mask {
    fields: BTreeSet<&'static str>,
    metadata_keys: BTreeSet<String>,
}

impl Mask {
    /// The mask of a request: the fields of its mask; of `*` all; without a mask those that are given. `known` are the fields that can be changed, nested ones
    /// with the path to them: a field that contains others stands there too.
    pub fn of(
        mask: Option<FieldMask>,
        resource: Option<&impl Resource>,
        known: &[&'static str],
    ) -> Result<Self, (&'static str, String)> {
        let paths = mask.map(|mask| mask.paths).unwrap_or_default();
        let is_nested = |field: &&'static str| field.contains('.');
        if paths.is_empty() {
            let given = resource.map(Resource::populated).unwrap_or_default();
            let fields: BTreeSet<&'static str> = known.iter().copied().filter(|field| given.contains(field)).collect();
            let is_missing = fields.is_empty() && resource.is_some();
            let required = || (FIELD_REQUIRED, "is required".to_owned());
            return if is_missing { Err(required()) } else { Ok(Self { fields, ..Self::default() }) };
        }
        if paths == ["*"] {
            let fields = known.iter().copied().filter(|field| !is_nested(field)).collect();
            return Ok(Self { fields, ..Self::default() });
        }
        let mut found = Self::default();
        for path in &paths {
            if let Some(field) = known.iter().find(|known| *known == path) {
                found.fields.insert(field);
            } else if let Some(key) = metadata_key(path, known) {
                found.metadata_keys.insert(key);
            } else {
                let known = known.join(", ");
                return Err(("FIELD_NOT_UPDATABLE", format!("{path:?} is not one of {known}, and not \"*\"")));
            }
        }
        Ok(found)
    }

    /// Whether a field changes: it, or the one that contains it.
    pub fn names(&self, field: &str) -> bool {
        self.fields.contains(field) || field.rsplit_once('.').is_some_and(|(outer, _)| self.names(outer))
    }

    /// The keys of metadata that change, where not all of it does.
    pub fn metadata_keys(&self) -> &BTreeSet<String> {
        &self.metadata_keys
    }
}

/// The key in `metadata.<key>`, which may be written in backticks.
fn metadata_key(path: &str, known: &[&'static str]) -> Option<String> {
    let key = path.strip_prefix(METADATA)?.strip_prefix('.')?;
    let key = key.strip_prefix('`').and_then(|key| key.strip_suffix('`')).unwrap_or(key);
    (known.contains(&METADATA) && check_key(key).is_ok()).then(|| key.to_owned())
}

#[cfg(test)]
mod tests {
    use quittance_proto::{common::v1::Address, invoicing::v1::Customer};

    use super::*;

    const KNOWN: &[&str] = &["name", "number", "address", "address.city", "metadata"];

    fn mask(paths: &[&str], customer: Option<&Customer>) -> Result<Mask, &'static str> {
        let mask = FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() };
        Mask::of(Some(mask), customer, KNOWN).map_err(|(reason, _)| reason)
    }

    fn fields(paths: &[&str], customer: &Customer) -> Result<Vec<&'static str>, &'static str> {
        mask(paths, Some(customer)).map(|mask| mask.fields.into_iter().collect())
    }

    #[test]
    fn a_mask_names_fields_all_or_those_that_are_given() {
        let address = Some(Address::default());
        let customer = Customer { customer_id: "1".to_owned(), name: "Ada".to_owned(), address, ..Customer::default() };
        assert_eq!(fields(&["number"], &customer), Ok(vec!["number"]));
        assert_eq!(fields(&["*"], &customer), Ok(vec!["address", "metadata", "name", "number"]));
        assert_eq!(fields(&[], &customer), Ok(vec!["address", "name"]));
        assert_eq!(fields(&["*", "name"], &customer), Err("FIELD_NOT_UPDATABLE"));
        assert_eq!(fields(&["customer_id"], &customer), Err("FIELD_NOT_UPDATABLE"));
        assert_eq!(fields(&[], &Customer::default()), Err(FIELD_REQUIRED), "nothing would change");
        assert_eq!(mask(&[], None), Ok(Mask::default()), "the missing resource is the violation");
    }

    #[test]
    fn a_mask_names_nested_fields_and_keys() {
        let nested = mask(&["address.city", "metadata.cost-centre", "metadata.`a.b`"], None).unwrap();
        assert_eq!(["address", "address.city", "address.lines"].map(|field| nested.names(field)), [false, true, false]);
        assert_eq!(nested.metadata_keys().iter().collect::<Vec<_>>(), ["a.b", "cost-centre"]);
        let whole = mask(&["address", "metadata"], None).unwrap();
        assert!(whole.names("address.city") && whole.names("metadata") && whole.metadata_keys().is_empty());
        for path in ["address.planet", "metadata.", "metadata.cost centre", "name.first"] {
            assert_eq!(mask(&[path], None), Err("FIELD_NOT_UPDATABLE"), "{path}");
        }
    }
}
