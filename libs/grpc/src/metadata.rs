//! Metadata of resources in requests.

use std::collections::BTreeMap;

use quittance_kernel::{
    Metadata, MetadataChange,
    metadata::{MAX_ENTRIES, check_key, check_value},
};

use crate::{Mask, Violations};

/// The metadata of a new resource.
pub fn metadata(entries: BTreeMap<String, String>) -> Result<Metadata, Violations> {
    let mut bad = Violations::default();
    let read = Metadata::new(entries).map_err(|problems| {
        for (key, problem) in problems {
            bad.add(path(key.as_deref()), problem.reason(), problem.to_string());
        }
    });
    bad.into_result(read.ok())
}

/// The change of metadata by an update: all of it, or the keys that the mask names. A key without a value is removed.
pub fn metadata_change(mut entries: BTreeMap<String, String>, mask: &Mask) -> Result<MetadataChange, Violations> {
    if mask.names("metadata") {
        return metadata(entries).map(MetadataChange::Replace);
    }
    let mut bad = Violations::default();
    let mut changes = BTreeMap::new();
    for key in mask.metadata_keys() {
        let value = entries.remove(key);
        if let Some(Err(problem)) = value.as_deref().map(check_value) {
            bad.add(path(Some(key)), problem.reason(), problem.to_string());
        }
        changes.insert(key.clone(), value);
    }
    let change = if changes.is_empty() { MetadataChange::None } else { MetadataChange::Set(changes) };
    bad.into_result(Some(change))
}

/// The entries that a list is filtered by.
pub fn filter_metadata(entries: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Violations> {
    let mut bad = Violations::default();
    if entries.len() > MAX_ENTRIES {
        bad.add("metadata", "METADATA_TOO_MANY_ENTRIES", format!("has more than {MAX_ENTRIES} entries"));
    }
    for (key, value) in &entries {
        for problem in [check_key(key), check_value(value)].into_iter().filter_map(Result::err) {
            bad.add(path(Some(key)), problem.reason(), problem.to_string());
        }
    }
    bad.into_result(Some(entries))
}

fn path(key: Option<&str>) -> String {
    match key {
        None => "metadata".to_owned(),
        Some(key) => format!("metadata.{}", key.escape_debug().take(MAX_SHOWN).collect::<String>()),
    }
}

/// The most characters of a key in the path of a violation.
const MAX_SHOWN: usize = 60;

#[cfg(test)]
mod tests {
    use prost_types::FieldMask;
    use quittance_proto::invoicing::v1::Customer;

    use super::*;

    fn entries(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn mask(paths: &[&str]) -> Mask {
        let paths = paths.iter().map(|path| (*path).to_owned()).collect();
        Mask::of(Some(FieldMask { paths }), None::<&Customer>, &["metadata"]).unwrap()
    }

    #[test]
    fn an_update_replaces_all_or_sets_the_keys_it_names() {
        let given = entries(&[("a", "1"), ("b", "2")]);
        let all = Metadata::new(given.clone()).unwrap();
        assert_eq!(metadata_change(given.clone(), &mask(&["metadata"])), Ok(MetadataChange::Replace(all)));
        let set = BTreeMap::from([("a".to_owned(), Some("1".to_owned())), ("c".to_owned(), None)]);
        assert_eq!(metadata_change(given, &mask(&["metadata.a", "metadata.c"])), Ok(MetadataChange::Set(set)));
        assert_eq!(metadata_change(BTreeMap::new(), &Mask::default()), Ok(MetadataChange::None));
        let bad = metadata_change(entries(&[("a", "")]), &mask(&["metadata.a"])).unwrap_err();
        assert_eq!(bad, filter_metadata(entries(&[("a", "")])).unwrap_err());
        assert_eq!(metadata(entries(&[("a b", "1")])), Err(filter_metadata(entries(&[("a b", "1")])).unwrap_err()));
    }
}
