//! The layers of a configuration, merged into one tree of values.

use std::{collections::BTreeMap, ffi::OsString, fs, path::Path};

use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    Settings,
    names::{Meaning, SettingPath, dotted, is_known, meaning, suggestion},
};

/// The prefix of all variables.
const PREFIX: &str = "QUITTANCE_";
/// How many unreadable settings an error names.
const MAX_PROBLEMS: usize = 100;

/// The settings read so far, the origin of each value, and the problems.
pub(super) struct Layers {
    defaults: Value,
    merged: Value,
    /// By dotted path, the origin to name in a message.
    origins: BTreeMap<String, String>,
    problems: Vec<String>,
}

impl Layers {
    pub(super) fn new(defaults: Value) -> Self {
        Self { merged: defaults.clone(), defaults, origins: BTreeMap::new(), problems: Vec::new() }
    }

    pub(super) fn add_file(&mut self, file: &Path) {
        let name = file.display().to_string();
        let text = match fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return self.problems.push(format!("there is no file {name}"));
            }
            Err(error) => return self.problems.push(format!("{name} cannot be read: {error}")),
        };
        match toml::from_str::<Map<String, Value>>(&text) {
            Ok(table) => self.add_table(&Value::Object(table), &mut Vec::new(), &name),
            Err(error) => {
                // The full error would show the line, which may contain a secret.
                let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].lines().count().max(1));
                self.problems.push(format!("{name}, line {line}: {}", error.message()));
            }
        }
    }

    fn add_table(&mut self, value: &Value, path: &mut SettingPath, origin: &str) {
        match value {
            Value::Object(table) if !is_known(path, &self.defaults) => {
                for (name, next) in table {
                    path.push(name.clone());
                    self.add_table(next, path, origin);
                    path.pop();
                }
            }
            // A table with free names.
            Value::Object(table) if !(table.len() == 1 && table.contains_key("file")) => {
                for (name, next) in table {
                    path.push(name.clone());
                    self.set_given(path, next, origin);
                    path.pop();
                }
            }
            value if is_known(path, &self.defaults) => self.set_given(path, value, origin),
            _ => self.unknown(path, &format!("in {origin}")),
        }
    }

    /// Sets a value, or the content of the file given in its place.
    fn set_given(&mut self, path: &[String], value: &Value, origin: &str) {
        match value.as_object().and_then(|table| table.get("file")).and_then(Value::as_str) {
            Some(file) => self.set_from_file(path, file),
            None => self.set(path, value.clone(), origin),
        }
    }

    fn unknown(&mut self, path: &[String], origin: &str) {
        let meant = suggestion(path, &self.defaults).map(|name| format!("; was {name} meant?")).unwrap_or_default();
        self.problems.push(format!("{}: there is no such setting ({origin}){meant}", dotted(path)));
    }

    pub(super) fn add_environment(&mut self, environment: impl IntoIterator<Item = (OsString, OsString)>) {
        let mut ours: Vec<(String, OsString)> = environment
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_str()?.strip_prefix(PREFIX)?.to_owned(), value)))
            .collect();
        ours.sort();
        for (name, value) in ours {
            let variable = format!("{PREFIX}{name}");
            let meaning = meaning(&name, &self.defaults);
            if meaning == Meaning::Ignored {
                continue;
            }
            let Ok(value) = value.into_string() else {
                self.problems.push(format!("{variable}: not text in UTF-8"));
                continue;
            };
            match meaning {
                Meaning::Setting(path) => match coerced(&value, place(&self.defaults, &path)) {
                    Ok(value) => self.set(&path, value, &variable),
                    Err(expected) => self.problems.push(format!("{} ({variable}): expected {expected}", dotted(&path))),
                },
                Meaning::FileOf(path) => self.set_from_file(&path, &value),
                Meaning::Unknown(path) => self.unknown(&path, &variable),
                Meaning::Ignored => {}
            }
        }
    }

    fn set_from_file(&mut self, path: &[String], file: &str) {
        match fs::read_to_string(file) {
            Ok(text) => match coerced(text.trim_end_matches(['\r', '\n']), place(&self.defaults, path)) {
                Ok(value) => self.set(path, value, file),
                Err(expected) => self.problems.push(format!("{} ({file}): expected {expected}", dotted(path))),
            },
            Err(error) => self.problems.push(format!("{}: {file} cannot be read: {error}", dotted(path))),
        }
    }

    pub(super) fn add_flags(&mut self, flags: &impl Serialize) {
        let flags = serde_json::to_value(flags).unwrap_or_default();
        self.add_table(&flags, &mut Vec::new(), "a flag");
    }

    fn set(&mut self, path: &[String], value: Value, origin: &str) {
        self.origins.insert(dotted(path), origin.to_owned());
        *place_mut(&mut self.merged, path) = value;
    }

    /// The settings and all problems: an unreadable setting has its default while the rest is read.
    pub(super) fn read<C: Settings>(mut self) -> (Option<C>, Vec<String>) {
        while self.problems.len() < MAX_PROBLEMS {
            let (path, message) = match C::read(&self.merged) {
                Ok(config) => return (Some(config), self.problems),
                Err(wrong) => wrong,
            };
            // A list is one setting.
            let path: SettingPath =
                path.split('.').map(|name| name.split('[').next().unwrap_or(name).to_owned()).collect();
            let origin = self.origins.remove(&dotted(&path)).map(|origin| format!(" ({origin})")).unwrap_or_default();
            self.problems.push(format!("{}{origin}: {message}", dotted(&path)));
            let default = place(&self.defaults, &path).cloned();
            match (default, path.split_last()) {
                (Some(default), _) => *place_mut(&mut self.merged, &path) = default,
                (None, Some((name, levels))) => {
                    if place_mut(&mut self.merged, levels)
                        .as_object_mut()
                        .is_none_or(|table| table.remove(name).is_none())
                    {
                        break;
                    }
                }
                (None, None) => break,
            }
        }
        (None, self.problems)
    }
}

/// A variable's text as a value of its default's type; text if there is no default.
fn coerced(text: &str, default: Option<&Value>) -> Result<Value, &'static str> {
    match default {
        Some(Value::Bool(_)) => text.parse().map(Value::Bool).map_err(|_| "true or false"),
        Some(Value::Number(_)) => {
            serde_json::from_str(text.trim()).ok().filter(|value: &Value| value.is_number()).ok_or("a number")
        }
        Some(Value::Array(_)) => {
            let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
            Ok(entries.map(|entry| Value::String(entry.to_owned())).collect())
        }
        _ => Ok(Value::String(text.to_owned())),
    }
}

fn place<'a>(tree: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(tree, |place, name| place.get(name))
}

fn place_mut<'a>(tree: &'a mut Value, path: &[String]) -> &'a mut Value {
    path.iter().fold(tree, |place, name| &mut place[name.as_str()])
}

/// Merges a tree over another.
pub(super) fn merge(under: &mut Value, over: Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (name, value) in over {
                merge(under.entry(name).or_insert(Value::Null), value);
            }
        }
        (under, over) => *under = over,
    }
}
