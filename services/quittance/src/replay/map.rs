//! The column map of a foreign file.

use std::{collections::HashMap, path::Path};

use anyhow::{Context as _, bail};
use serde::Deserialize;

use super::date_format::DateFormat;

/// The allowed names of a map.
const NAMES: [&str; 8] = ["customer", "invoice", "issued", "due", "paid", "amount", "currency", "disputed"];
/// The required names: a missing `paid` means not paid, a missing `disputed` not disputed.
const REQUIRED: [&str; 6] = ["customer", "invoice", "issued", "due", "amount", "currency"];

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Given {
    Column(String),
    Table(Table),
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    column: Option<String>,
    constant: Option<String>,
    format: Option<String>,
}

/// The source of a value.
#[derive(Debug, Clone, Default)]
pub(crate) struct Field {
    /// A column.
    pub(crate) column: Option<String>,
    /// A constant.
    pub(crate) constant: Option<String>,
    /// The date format.
    pub(crate) format: Option<DateFormat>,
}

/// A validated map.
#[derive(Debug, Clone)]
pub(crate) struct Map {
    fields: HashMap<&'static str, Field>,
}

impl Map {
    /// Reads a map; reports all problems at once.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("reading the map {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("the map {}", path.display()))
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let mut given: HashMap<String, toml::Value> = toml::from_str(text)?;
        let mut problems = Vec::new();
        let default_format = match given.remove("date_format") {
            None => None,
            Some(toml::Value::String(format)) => {
                DateFormat::parse(&format).map_err(|e| problems.push(format!("date_format: {e}"))).ok()
            }
            Some(_) => {
                problems.push("date_format: not a text".to_owned());
                None
            }
        };
        let mut fields = HashMap::new();
        for (name, value) in given {
            let Some(known) = NAMES.into_iter().find(|known| *known == name) else {
                problems.push(format!("{name}: not one of {}", NAMES.join(", ")));
                continue;
            };
            let table = match value.try_into() {
                Ok(Given::Column(column)) => Table { column: Some(column), ..Table::default() },
                Ok(Given::Table(table)) => table,
                Err(_) => {
                    problems.push(format!("{name}: a column name, or a table with column or constant, and format"));
                    continue;
                }
            };
            let is_date = ["issued", "due", "paid"].contains(&known);
            let format = match &table.format {
                Some(format) => DateFormat::parse(format).map_err(|e| problems.push(format!("{name}: {e}"))).ok(),
                None => default_format.clone(),
            };
            if is_date && format.is_none() && table.format.is_none() {
                problems.push(format!("{name}: there is neither a format nor a date_format"));
            }
            if table.column.is_none() && table.constant.is_none() {
                problems.push(format!("{name}: has neither column nor constant"));
            }
            fields.insert(known, Field { column: table.column, constant: table.constant, format });
        }
        problems.extend(
            REQUIRED.into_iter().filter(|name| !fields.contains_key(name)).map(|name| format!("{name}: is missing")),
        );
        problems.sort();
        problems.dedup();
        if problems.is_empty() { Ok(Self { fields }) } else { bail!("{}", problems.join("; ")) }
    }

    /// The source of a value; `None` if the map does not name it.
    pub(crate) fn field(&self, name: &str) -> Field {
        self.fields.get(name).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_wrong_is_said_at_once() {
        let error =
            Map::parse("customer = \"a\"\nfoo = \"b\"\nissued = \"c\"\namount = { col = 1 }").unwrap_err().to_string();
        for part in [
            "foo: not one of",
            "issued: there is neither",
            "amount: a column name",
            "invoice: is missing",
            "due: is missing",
        ] {
            assert!(error.contains(part), "{part} not in {error}");
        }
    }

    #[test]
    fn columns_constants_and_formats_are_read() {
        let text = "customer='a'\ninvoice='b'\nissued={column='c', format='%d.%m.%Y'}\ndue='d'\namount='e'\ncurrency={constant='EUR'}\ndate_format='%Y-%m-%d'";
        let map = Map::parse(text).unwrap();
        assert_eq!(map.field("currency").constant.as_deref(), Some("EUR"));
        assert_eq!(map.field("customer").column.as_deref(), Some("a"));
        assert!(map.field("paid").column.is_none());
    }
}
