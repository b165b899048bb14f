//! Configuration: a file, then the environment, then flags, each overriding the one before; checked as a whole.

use std::path::Path;

use figment::{
    Figment,
    providers::{Env, Format as _, Serialized, Toml},
};
use serde::{Serialize, de::DeserializeOwned};

/// Everything that is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
#[error("the configuration is wrong:\n{}", .0.iter().map(|problem| format!("  - {problem}")).collect::<Vec<_>>().join("\n"))]
pub struct BadConfig(pub Vec<String>);

/// A configuration that can be checked.
pub trait Validate {
    /// Everything that is wrong with it, each with the name of the setting.
    fn problems(&self) -> Vec<String>;
}

/// Variables of the tests, which are no settings.
const OF_TESTS: [&str; 2] = ["test_kafka", "seed"];

/// No flags: for a program that has none.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct NoFlags {}

/// Reads `defaults`, then `file`, then environment variables `QUITTANCE_<NAME>` (levels separated by two underscores), then `flags` (only those
/// that were given), and checks the result as a whole.
pub fn load<C>(defaults: &C, file: Option<&Path>, flags: &impl Serialize) -> Result<C, BadConfig>
where
    C: Serialize + DeserializeOwned + Validate,
{
    let mut figment = Figment::from(Serialized::defaults(defaults));
    if let Some(file) = file {
        if !file.is_file() {
            return Err(BadConfig(vec![format!("there is no file {}", file.display())]));
        }
        figment = figment.merge(Toml::file_exact(file));
    }
    let environment = Env::prefixed("QUITTANCE_").ignore(&OF_TESTS).split("__");
    let merged = figment.merge(environment).merge(Serialized::defaults(flags));
    let config: C =
        merged.extract().map_err(|errors| BadConfig(errors.into_iter().map(|error| error.to_string()).collect()))?;
    let problems = config.problems();
    if problems.is_empty() { Ok(config) } else { Err(BadConfig(problems)) }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Config {
        listen: String,
        connections: u32,
    }

    impl Validate for Config {
        fn problems(&self) -> Vec<String> {
            let mut problems = Vec::new();
            if self.listen.parse::<std::net::SocketAddr>().is_err() {
                problems.push("listen: not an address".to_owned());
            }
            if self.connections == 0 {
                problems.push("connections: at least 1".to_owned());
            }
            problems
        }
    }

    #[derive(Serialize, Default)]
    struct Flags {
        #[serde(skip_serializing_if = "Option::is_none")]
        connections: Option<u32>,
        #[serde(skip_serializing_if = "Option::is_none")]
        listen: Option<String>,
    }

    fn defaults() -> Config {
        Config { listen: "127.0.0.1:1".to_owned(), connections: 8 }
    }

    #[test]
    fn flags_override_defaults() {
        let config = load(&defaults(), None, &Flags { connections: Some(3), listen: None }).unwrap();
        assert_eq!((config.connections, config.listen.as_str()), (3, "127.0.0.1:1"));
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let flags = Flags { connections: Some(0), listen: Some("here".to_owned()) };
        let BadConfig(problems) = load(&defaults(), None, &flags).unwrap_err();
        assert_eq!(problems, ["listen: not an address", "connections: at least 1"]);
    }

    #[test]
    fn a_program_may_have_no_flags() {
        assert_eq!(load(&defaults(), None, &NoFlags {}).unwrap().connections, 8);
    }

    #[test]
    fn a_missing_file_is_an_error() {
        assert!(load(&defaults(), Some(Path::new("/nonexistent.toml")), &Flags::default()).is_err());
    }
}
