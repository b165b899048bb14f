//! Which names are settings, which are what Kubernetes injects, and which are mistakes.

use serde_json::Value;

/// Variables of the project's build, tests and benchmarks, which are not settings.
const OF_PROJECT: [&str; 3] = ["TEST_KAFKA", "SEED", "COMMIT"];
/// Variables of the command-line client, which has its own flags.
const OF_CLIENT: [&str; 3] = ["SERVER", "TOKEN", "TENANT"];
/// The minimum similarity of a suggested name, from 0 to 1.
const ALIKE: f64 = 0.8;

/// A setting by its path in the tables.
pub(super) type SettingPath = Vec<String>;

/// The meaning of a variable's name without `QUITTANCE_`.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The value of a setting.
    Setting(SettingPath),
    /// The file that holds the value of a setting.
    FileOf(SettingPath),
    /// Not ours.
    Ignored,
    /// Unknown.
    Unknown(SettingPath),
}

/// Reads a variable's name. A setting takes precedence over a variable of the same name injected by Kubernetes.
pub(super) fn meaning(name: &str, defaults: &Value) -> Meaning {
    let path: SettingPath = name.to_ascii_lowercase().split("__").map(str::to_owned).collect();
    if is_known(&path, defaults) {
        return Meaning::Setting(path);
    }
    if let Some((last, levels)) = path.split_last()
        && let Some(stem) = last.strip_suffix("_file")
    {
        let of: SettingPath = levels.iter().cloned().chain([stem.to_owned()]).collect();
        if is_known(&of, defaults) {
            return Meaning::FileOf(of);
        }
    }
    if OF_PROJECT.contains(&name) || OF_CLIENT.contains(&name) || is_injected(name) {
        return Meaning::Ignored;
    }
    Meaning::Unknown(path)
}

/// Whether Kubernetes injects a variable so named for a Service whose name begins with `quittance`:
/// `*_SERVICE_HOST`, `*_SERVICE_PORT`, `*_SERVICE_PORT_<NAME>`, `*_PORT`, `*_PORT_<N>_<TCP|UDP|SCTP>` and that with `_PROTO`, `_PORT`, `_ADDR`.
/// (A Service named just `quittance` has nothing before these.)
fn is_injected(name: &str) -> bool {
    let name = format!("_{name}");
    if name.ends_with("_SERVICE_HOST") || name.ends_with("_PORT") || name.contains("_SERVICE_PORT_") {
        return true;
    }
    let rest = ["_PROTO", "_ADDR"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
    let Some((rest, protocol)) = rest.rsplit_once('_') else { return false };
    let Some((rest, port)) = rest.rsplit_once('_') else { return false };
    let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    matches!(protocol, "TCP" | "UDP" | "SCTP") && is_port && rest.ends_with("_PORT")
}

/// Whether a path is a setting: an empty table of defaults allows any name.
pub(super) fn is_known(path: &[String], defaults: &Value) -> bool {
    let mut place = defaults;
    for (depth, name) in path.iter().enumerate() {
        match place {
            Value::Object(table) if table.is_empty() => return depth + 1 == path.len() && !name.is_empty(),
            Value::Object(table) => match table.get(name) {
                Some(next) => place = next,
                None => return false,
            },
            _ => return false,
        }
    }
    // A table is not a setting, unless its names are free.
    !path.is_empty() && place.as_object().is_none_or(serde_json::Map::is_empty)
}

/// The name of a setting in files.
pub(super) fn dotted(path: &[String]) -> String {
    path.join(".")
}

/// The known setting most similar to a wrong name.
pub(super) fn suggestion(path: &[String], defaults: &Value) -> Option<String> {
    let wrong = dotted(path);
    let mut known = Vec::new();
    collect(defaults, &mut Vec::new(), &mut known);
    let alike = known.into_iter().map(|name| (strsim::jaro_winkler(&wrong, &name), name));
    let best = alike.filter(|(likeness, _)| *likeness >= ALIKE).max_by(|a, b| a.0.total_cmp(&b.0));
    best.map(|(_, name)| name)
}

fn collect(place: &Value, path: &mut SettingPath, known: &mut Vec<String>) {
    match place {
        Value::Object(table) if !table.is_empty() => {
            for (name, next) in table {
                path.push(name.clone());
                collect(next, path, known);
                path.pop();
            }
        }
        _ => known.push(dotted(path)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn path(dotted: &str) -> SettingPath {
        dotted.split('.').map(str::to_owned).collect()
    }

    #[test]
    fn what_kubernetes_injects_is_no_setting() {
        let defaults = json!({"listen": "", "database": {"app": ""}, "service_port": 1});
        for name in [
            "SERVICE_HOST",
            "INVOICING_SERVICE_HOST",
            "INVOICING_SERVICE_PORT",
            "INVOICING_SERVICE_PORT_GRPC",
            "PORT",
            "INVOICING_PORT",
            "PORT_7400_TCP",
            "INVOICING_PORT_7400_TCP",
            "INVOICING_PORT_7400_UDP_PROTO",
            "CREDIT_RISK_PORT_9464_SCTP_PORT",
            "CREDIT_RISK_PORT_9464_TCP_ADDR",
        ] {
            assert_eq!(meaning(name, &defaults), Meaning::Ignored, "{name}");
        }
        for name in ["LISTN", "DATABASE__APPP", "INVOICING_PORT_X_TCP", "ADDR", "PORT_7400_TCPP", "DATABASE"] {
            assert!(matches!(meaning(name, &defaults), Meaning::Unknown(_)), "{name}");
        }
        assert_eq!(meaning("SERVICE_PORT", &defaults), Meaning::Setting(path("service_port")));
    }

    #[test]
    fn names_of_free_tables_are_known_and_others_are_suggested() {
        let defaults = json!({"listen": "", "kafka": {"properties": {}, "prefix": ""}});
        assert_eq!(
            meaning("KAFKA__PROPERTIES__SASL_PASSWORD", &defaults),
            Meaning::Setting(path("kafka.properties.sasl_password"))
        );
        assert_eq!(meaning("LISTEN_FILE", &defaults), Meaning::FileOf(path("listen")));
        assert_eq!(suggestion(&path("kafka.prefx"), &defaults).as_deref(), Some("kafka.prefix"));
        assert_eq!(suggestion(&path("nonsense"), &defaults), None);
    }
}
