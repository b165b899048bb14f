//! Configuration: defaults, then a file, then the environment, then flags, each overriding the one before; checked as a whole, and all
//! problems are reported at once.
//!
//! A secret need not be in the file or the environment: `QUITTANCE_<NAME>_FILE`, or `{ file = "..." }` in place of the value, names a file
//! with the value. Messages never contain values.

mod layers;
mod names;
mod reference;

use std::{ffi::OsString, path::Path};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

pub use reference::reference;

use layers::Layers;

/// All problems of a configuration.
#[derive(Debug, thiserror::Error)]
#[error("the configuration is invalid:\n{}", .0.iter().map(|problem| format!("  - {problem}")).collect::<Vec<_>>().join("\n"))]
pub struct BadConfig(pub Vec<String>);

/// A configuration with a validity check.
pub trait Validate {
    /// Everything that is wrong with it, each with the name of the setting.
    fn problems(&self) -> Vec<String>;
}

/// Types that can be read from the merged layers: every configuration that serde can read, and two of them side by side.
pub trait Settings: Sized {
    /// All settings with their defaults. An empty table allows free names.
    fn defaults() -> Value;
    /// The settings, or the path and message of the first unreadable one.
    fn read(merged: &Value) -> Result<Self, (String, String)>;
}

impl<C: Default + Serialize + DeserializeOwned> Settings for C {
    fn defaults() -> Value {
        // A configuration consists of texts, numbers, lists and tables.
        serde_json::to_value(C::default()).unwrap_or_default()
    }

    fn read(merged: &Value) -> Result<Self, (String, String)> {
        serde_path_to_error::deserialize(merged)
            .map_err(|error| (error.path().to_string(), without_value(&error.into_inner().to_string())))
    }
}

/// Two configurations whose settings are side by side in one file.
#[derive(Debug)]
pub struct Both<A, B>(pub A, pub B);

impl<A: Settings, B: Settings> Settings for Both<A, B> {
    fn defaults() -> Value {
        let mut all = A::defaults();
        layers::merge(&mut all, B::defaults());
        all
    }

    fn read(merged: &Value) -> Result<Self, (String, String)> {
        Ok(Self(A::read(merged)?, B::read(merged)?))
    }
}

impl<A: Validate, B: Validate> Validate for Both<A, B> {
    fn problems(&self) -> Vec<String> {
        self.0.problems().into_iter().chain(self.1.problems()).collect()
    }
}

/// For a program without flags.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct NoFlags {}

/// Reads the defaults, then `file` (TOML), then environment variables `QUITTANCE_<NAME>` (levels separated by two underscores), then `flags` (only those that
/// were given), and checks the result as a whole.
pub fn load<C: Settings + Validate>(file: Option<&Path>, flags: &impl Serialize) -> Result<C, BadConfig> {
    load_from(file, std::env::vars_os(), flags, Validate::problems)
}

/// For a command that needs only one table of settings: reads the whole file, but only this table from the environment, and checks only `problems`, so that
/// the command works when the rest is missing.
pub fn load_table<C: Settings>(
    file: Option<&Path>,
    table: &str,
    problems: impl Fn(&C) -> Vec<String>,
) -> Result<C, BadConfig> {
    let prefix = format!("QUITTANCE_{}__", table.to_ascii_uppercase());
    let environment = std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(prefix.as_bytes()));
    load_from(file, environment, &NoFlags {}, problems)
}

/// The same with a given environment.
fn load_from<C: Settings>(
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
    flags: &impl Serialize,
    check: impl Fn(&C) -> Vec<String>,
) -> Result<C, BadConfig> {
    let mut layers = Layers::new(C::defaults());
    if let Some(file) = file {
        layers.add_file(file);
    }
    layers.add_environment(environment);
    layers.add_flags(flags);
    let (config, mut problems) = layers.read::<C>();
    if let Some(config) = config {
        problems.extend(check(&config));
        if problems.is_empty() {
            return Ok(config);
        }
    }
    Err(BadConfig(problems))
}

/// The message of serde without the value, which may be a secret.
fn without_value(message: &str) -> String {
    message.find("expected ").map_or_else(|| message.to_owned(), |at| message[at..].to_owned())
}

#[cfg(test)]
mod tests;
