//! What a change has changed: the difference of two events about one resource.

use std::collections::BTreeMap;

use serde_json::Value;

/// A field that was changed, with its path in the JSON of the event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) path: String,
    pub(crate) before: String,
    pub(crate) after: String,
}

/// The most changes that are listed.
const MOST: usize = 200;

/// Fields that every update changes: they are not listed.
const ALWAYS: [&str; 2] = ["etag", "updateTime"];

/// The fields of the resources that both events have, where they differ, in the order of their paths.
pub(crate) fn changes(before: &Value, after: &Value) -> Vec<Change> {
    let (Value::Object(before), Value::Object(after)) = (before, after) else { return Vec::new() };
    let resources = after.iter().filter(|(_, value)| value.is_object());
    let both = resources.filter_map(|(name, after)| before.get(name).map(|before| (name, before, after)));
    let mut fields: BTreeMap<String, (String, String)> = BTreeMap::new();
    for (name, before, after) in both {
        flatten(name, before, &mut |path, value| fields.entry(path).or_default().0 = value);
        flatten(name, after, &mut |path, value| fields.entry(path).or_default().1 = value);
    }
    let is_listed = |path: &str| !path.rsplit('.').next().is_some_and(|last| ALWAYS.contains(&last));
    let changed = fields.into_iter().filter(|(path, (before, after))| before != after && is_listed(path));
    changed.map(|(path, (before, after))| Change { path, before, after }).take(MOST).collect()
}

/// Hands on every single value with its path.
fn flatten(path: &str, value: &Value, add: &mut impl FnMut(String, String)) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| flatten(&format!("{path}.{name}"), value, add));
        }
        Value::Array(entries) => {
            entries.iter().enumerate().for_each(|(place, value)| flatten(&format!("{path}[{place}]"), value, add));
        }
        Value::String(text) => add(path.to_owned(), text.clone()),
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) => add(path.to_owned(), value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn change(path: &str, before: &str, after: &str) -> Change {
        Change { path: path.to_owned(), before: before.to_owned(), after: after.to_owned() }
    }

    #[test]
    fn the_fields_of_a_resource_are_compared() {
        let before = json!({"reason": "x", "customer": {
            "name": "Ada", "address": {"city": "Graz"}, "contacts": [{"email": "a@example.com", "paysInvoices": true}], "etag": "1", "number": "C-1",
        }});
        let after = json!({"reason": "y", "customer": {
            "name": "Ada", "address": {"city": "Linz", "postalCode": "4020"}, "contacts": [{"email": "b@example.com"}], "etag": "2", "number": "C-1",
        }});
        let expected = [
            change("customer.address.city", "Graz", "Linz"),
            change("customer.address.postalCode", "", "4020"),
            change("customer.contacts[0].email", "a@example.com", "b@example.com"),
            change("customer.contacts[0].paysInvoices", "true", ""),
        ];
        assert_eq!(changes(&before, &after), expected);
        assert_eq!(changes(&after, &after), []);
        assert_eq!(changes(&json!({}), &after), [], "there is nothing to compare with");
    }
}
