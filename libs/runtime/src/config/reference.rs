//! The reference of all settings, generated from their types, comments and defaults.

use std::fmt::Write as _;

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::Value;

use super::Settings;

/// A table in Markdown of all settings of a configuration: name, variable, default, meaning.
pub fn reference<C: Settings + JsonSchema>() -> String {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let schema = settings.into_generator().into_root_schema_for::<C>();
    let mut rows = String::from("| Setting | Variable | Default | Meaning |\n|---|---|---|---|\n");
    add_rows(schema.as_value(), &C::defaults(), &mut Vec::new(), &mut rows);
    rows
}

fn add_rows(schema: &Value, defaults: &Value, path: &mut Vec<String>, rows: &mut String) {
    match defaults {
        Value::Object(table) if !table.is_empty() => {
            for name in table.keys() {
                path.push(name.clone());
                add_rows(&schema["properties"][name], &table[name], path, rows);
                path.pop();
            }
        }
        default => {
            let is_free = default.is_object();
            let name = if is_free { format!("{}.<name>", path.join(".")) } else { path.join(".") };
            let variable = path.iter().map(|level| level.to_ascii_uppercase()).collect::<Vec<_>>().join("__");
            let variable = if is_free { format!("{variable}__<NAME>") } else { variable };
            let default = match default {
                Value::Null | Value::Object(_) => String::new(),
                Value::String(text) if text.is_empty() => String::new(),
                Value::String(text) => format!("`{text}`"),
                Value::Array(entries) if entries.is_empty() => String::new(),
                other => format!("`{other}`"),
            };
            let meaning = schema["description"].as_str().unwrap_or_default().replace('\n', " ").replace('|', "\\|");
            // Writing to a String cannot fail.
            let _ = writeln!(rows, "| `{name}` | `QUITTANCE_{variable}` | {default} | {meaning} |");
        }
    }
}
