use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Config {
    listen: String,
    connections: u32,
    is_loud: bool,
    peers: Vec<String>,
    key: Option<String>,
    format: Format,
    kafka: Kafka,
}

#[derive(Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
struct Kafka {
    properties: BTreeMap<String, String>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    Json,
    Text,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:1".to_owned(),
            connections: 8,
            is_loud: false,
            peers: Vec::new(),
            key: None,
            format: Format::Json,
            kafka: Kafka::default(),
        }
    }
}

impl Validate for Config {
    fn problems(&self) -> Vec<String> {
        let is_wrong = self.connections == 0;
        is_wrong.then(|| "connections: at least 1".to_owned()).into_iter().collect()
    }
}

#[derive(Serialize, Default)]
struct Flags {
    #[serde(skip_serializing_if = "Option::is_none")]
    connections: Option<u32>,
}

fn variables(all: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    all.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))).collect()
}

fn file(name: &str, text: &str) -> std::path::PathBuf {
    let path = std::env::temp_dir().join(format!("quittance-config-{}-{name}", std::process::id()));
    std::fs::write(&path, text).unwrap();
    path
}

fn load_from<C: Settings + Validate>(
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
    flags: &impl Serialize,
) -> Result<C, BadConfig> {
    super::load_from(file, environment, flags, Validate::problems)
}

fn problems(text: &str, environment: &[(&str, &str)]) -> Vec<String> {
    let file = file(&format!("{}", text.len()), text);
    let read = load_from::<Config>(Some(&file), variables(environment), &NoFlags {});
    std::fs::remove_file(&file).unwrap();
    read.unwrap_err().0.into_iter().map(|problem| problem.replace(&file.display().to_string(), "FILE")).collect()
}

#[test]
fn flags_override_the_environment_which_overrides_the_file() {
    let file = file("order", "listen = 'file:1'\nconnections = 2\nis_loud = true\n[kafka.properties]\n'a.b' = 'c'");
    let environment = variables(&[("QUITTANCE_CONNECTIONS", "3"), ("QUITTANCE_LISTEN", "variable:1")]);
    let config: Config = load_from(Some(&file), environment, &Flags { connections: Some(4) }).unwrap();
    std::fs::remove_file(file).unwrap();
    assert_eq!((config.listen.as_str(), config.connections, config.is_loud), ("variable:1", 4, true));
    assert_eq!(config.kafka.properties, [("a.b".to_owned(), "c".to_owned())].into());
}

#[test]
fn a_variable_is_read_as_what_its_setting_is() {
    let environment = variables(&[
        ("QUITTANCE_KEY", "12345"),
        ("QUITTANCE_IS_LOUD", "true"),
        ("QUITTANCE_PEERS", "http://a:1, http://b:1"),
        ("QUITTANCE_KAFKA__PROPERTIES__SASL_PASSWORD", "98765"),
        ("QUITTANCE_INVOICING_SERVICE_HOST", "10.0.0.1"),
        ("QUITTANCE_PORT", "tcp://10.0.0.1:7400"),
        ("HOME", "/"),
    ]);
    let config: Config = load_from(None, environment, &NoFlags {}).unwrap();
    assert_eq!((config.key.as_deref(), config.is_loud), (Some("12345"), true));
    assert_eq!(config.peers, ["http://a:1", "http://b:1"]);
    assert_eq!(config.kafka.properties["sasl_password"], "98765");
}

#[test]
fn a_secret_may_stand_in_a_file_of_its_own() {
    let secret = file("secret", "s3cret\n");
    let by_variable = variables(&[("QUITTANCE_KEY_FILE", secret.to_str().unwrap())]);
    assert_eq!(load_from::<Config>(None, by_variable, &NoFlags {}).unwrap().key.as_deref(), Some("s3cret"));
    let table = format!("key = {{ file = {secret:?} }}\n[kafka.properties]\n'sasl.password' = {{ file = {secret:?} }}");
    let config = file("table", &table);
    let read: Config = load_from(Some(&config), [], &NoFlags {}).unwrap();
    assert_eq!((read.key.as_deref(), read.kafka.properties["sasl.password"].as_str()), (Some("s3cret"), "s3cret"));
    std::fs::remove_file(secret).unwrap();
    std::fs::remove_file(config).unwrap();
}

#[test]
fn everything_wrong_is_said_at_once_and_no_value_is_repeated() {
    let said = problems(
        "listn = 'x'\nformat = 'hunter2'\nkey = 5\n[database]\nurl = 'hunter2'",
        &[("QUITTANCE_CONECTIONS", "hunter2"), ("QUITTANCE_IS_LOUD", "hunter2"), ("QUITTANCE_CONNECTIONS", "0")],
    );
    assert_eq!(
        said,
        [
            "database.url: there is no such setting (in FILE)",
            "listn: there is no such setting (in FILE); was listen meant?",
            "conections: there is no such setting (QUITTANCE_CONECTIONS); was connections meant?",
            "is_loud (QUITTANCE_IS_LOUD): expected true or false",
            "format (FILE): expected `json` or `text`",
            "key (FILE): expected a string",
            "connections: at least 1",
        ]
    );
    assert_eq!(problems("a = 1\nb = 'hunter2", &[]).len(), 1);
    assert!(!problems("a = 1\nb = 'hunter2", &[])[0].contains("hunter2"));
}

#[test]
fn a_missing_file_is_an_error() {
    let BadConfig(said) = load_from::<Config>(Some(Path::new("/nonexistent.toml")), [], &NoFlags {}).unwrap_err();
    assert_eq!(said, ["there is no file /nonexistent.toml"]);
}

#[test]
fn a_command_that_needs_one_table_does_without_the_rest() {
    let file = file("part", "connections = 0\n[kafka.properties]\n'a.b' = 'c'");
    let whole = load_from::<Config>(Some(&file), [], &NoFlags {});
    assert_eq!(whole.unwrap_err().0, ["connections: at least 1"]);
    let part: Config = load_table(Some(&file), "kafka", |_| Vec::new()).unwrap();
    assert_eq!(part.kafka.properties.len(), 1);
    let said = load_table::<Config>(Some(&file), "kafka", |_| vec!["kafka: wrong".to_owned()]).unwrap_err();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(said.0, ["kafka: wrong"]);
}
