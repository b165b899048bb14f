//! The server's configuration, as the file that its `postgresql.conf` includes.

use std::fmt::Write as _;
use std::path::Path;

use crate::Error;

/// What may be lost in a crash of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// No committed data.
    Full,
    /// Everything: fsync is off. For tests only.
    None,
}

/// Options of a server. A change takes effect with the next start.
#[derive(Debug, Clone)]
pub struct Options {
    /// What may be lost in a crash of the machine.
    pub durability: Durability,
    /// How many connections it accepts at a time.
    pub max_connections: u16,
    /// More settings of `postgresql.conf`, name and value; they win over ours, save those about where it listens.
    pub extra: Vec<(String, String)>,
}

impl Options {
    /// Options with 100 connections and no more settings.
    pub fn new(durability: Durability) -> Self {
        Self { durability, max_connections: 100, extra: Vec::new() }
    }
}

const ALWAYS: &[(&str, &str)] = &[
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
    ("jit", "off"),               // our statements are short
    ("autovacuum_naptime", "5s"), // a new table's statistics say that it is empty: soon they should not
    ("random_page_cost", "1.1"),  // the data fits in memory or on a solid-state disk
];

const FULL: &[(&str, &str)] = &[
    ("fsync", "on"),
    ("synchronous_commit", "on"),
    ("full_page_writes", "on"),
    ("shared_buffers", "256MB"),
    ("max_wal_size", "2GB"),
    ("wal_compression", "on"),
    // Statements and the details of a violated constraint contain people's data.
    ("log_min_error_statement", "panic"),
    ("log_error_verbosity", "terse"),
];

const NO_DURABILITY: &[(&str, &str)] = &[("fsync", "off"), ("synchronous_commit", "off"), ("full_page_writes", "off")];

/// The text of the configuration file.
pub(crate) fn render(options: &Options, socket_folder: &Path, port: u16) -> Result<String, Error> {
    let by_durability = match options.durability {
        Durability::Full => FULL,
        Durability::None => NO_DURABILITY,
    };
    let mut text = String::from("# Written by Quittance at every start; changes made here are lost.\n");
    for (name, value) in ALWAYS.iter().chain(by_durability) {
        set(&mut text, name, value)?;
    }
    set(&mut text, "max_connections", &options.max_connections.to_string())?;
    for (name, value) in &options.extra {
        set(&mut text, name, value)?;
    }
    // The last one counts: nothing may open the server to the network.
    set(&mut text, "listen_addresses", "")?;
    set(&mut text, "unix_socket_directories", &socket_folder.to_string_lossy())?;
    set(&mut text, "port", &port.to_string())?;
    Ok(text)
}

fn set(text: &mut String, name: &str, value: &str) -> Result<(), Error> {
    let named = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.');
    if !named || value.contains(char::is_control) {
        return Err(Error::BadSetting { name: name.to_owned() });
    }
    let quoted = value.replace('\\', "\\\\").replace('\'', "''");
    // Writing to a string does not fail.
    let _ = writeln!(text, "{name} = '{quoted}'");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &str, value: &str) -> Result<String, Error> {
        let extra = vec![(name.to_owned(), value.to_owned())];
        render(&Options { extra, ..Options::new(Durability::Full) }, Path::new("/run/x"), 5432)
    }

    #[test]
    fn values_are_quoted() {
        assert!(with("application_name", r"it's a \ test").unwrap().contains(r"application_name = 'it''s a \\ test'"));
    }

    #[test]
    fn nothing_opens_the_server_to_the_network() {
        let text = with("listen_addresses", "*").unwrap();
        let last = text.lines().rfind(|line| line.starts_with("listen_addresses"));
        assert_eq!(last, Some("listen_addresses = ''"));
    }

    #[test]
    fn a_name_or_value_cannot_smuggle_in_a_line() {
        assert!(matches!(with("a = b\nc", "d"), Err(Error::BadSetting { .. })));
        assert!(matches!(with("a", "b'\nc = 'd"), Err(Error::BadSetting { .. })));
    }
}
