//! Running the program.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use quittance_testkit::wait_for;
use serde_json::Value;

/// The program with these arguments, its standard error passed on.
pub(crate) fn quittance(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quittance"));
    command.args(arguments);
    command
}

/// Sends a signal, for example `-INT`.
pub(crate) fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

/// A folder of a test's own, removed with it.
#[derive(Debug)]
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("quittance-it-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, content).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // As root the server's data lies outside the folder.
        if let Ok(data) = quittance_private_postgres::data_folder(&self.0) {
            let _gone = std::fs::remove_dir_all(data);
        }
        let _gone = std::fs::remove_dir_all(&self.0);
    }
}

/// `quittance up` in a folder, until it is stopped or dropped.
#[derive(Debug)]
pub(crate) struct Up {
    child: Child,
    pub(crate) address: String,
    folder: PathBuf,
    /// Instead of one signed with the folder's key.
    pub(crate) token: Option<String>,
}

impl Up {
    pub(crate) fn start(folder: &Path) -> Self {
        Self::start_with(folder, &[])
    }

    /// With variables in its environment.
    pub(crate) fn start_with(folder: &Path, environment: &[(&str, &str)]) -> Self {
        Self::start_as(folder, environment, &[])
    }

    /// With variables and further arguments.
    pub(crate) fn start_as(folder: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> Self {
        let mut child = quittance(&["up", "--listen", "127.0.0.1:0", "--log", "warn", "--data"])
            .arg(folder)
            .args(arguments)
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next().expect("it says where it listens").unwrap();
        let address = first.strip_prefix("Quittance listens on ").expect("it says where it listens").to_owned();
        // What else it prints is read, so that it never waits for us.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address, folder: folder.to_owned(), token: None }
    }

    fn end(&mut self, signal: &str) {
        self::signal(&self.child, signal);
        self.child.wait().unwrap();
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) fn stop(mut self) {
        self.end("-TERM");
    }

    /// Kills it at whatever it is doing. Its PostgreSQL goes on.
    pub(crate) fn kill(mut self) {
        self.end("-KILL");
    }

    /// Calls a method; the answer, of a stream its last message, or what was printed about the error.
    pub(crate) fn call(&self, method: &str, request: &Value, tenant: Option<&str>) -> Result<Value, String> {
        let mut command = quittance(&["call", "--server", &self.address, "--data"]);
        command.arg(&self.folder);
        if let Some(tenant) = tenant {
            command.args(["--tenant", tenant]);
        }
        if let Some(token) = &self.token {
            command.args(["--token", token]);
        }
        let Output { status, stdout, stderr } = command.args([method, &request.to_string()]).output().unwrap();
        if status.success() {
            Ok(serde_json::Deserializer::from_slice(&stdout).into_iter().last().unwrap().unwrap())
        } else {
            Err(String::from_utf8(stderr).unwrap())
        }
    }

    /// Calls again until it works: for what is known only when an event has been read.
    pub(crate) fn call_until(&self, method: &str, request: &Value, tenant: Option<&str>) -> Value {
        wait_for(method, || self.call(method, request, tenant))
    }

    /// Waits until this much of a payment is applied.
    pub(crate) fn wait_until_applied(&self, payment: &Value, amount: &str) {
        wait_for(&format!("{amount} is applied"), || {
            let read = self.call("PaymentService/GetPayment", payment, None)?;
            if read["applied"]["amount"] == amount { Ok(()) } else { Err(read.to_string()) }
        });
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        if self.child.try_wait().ok().flatten().is_none() {
            self.end("-TERM");
        }
    }
}

/// A token of a data folder, with every scope.
pub(crate) fn token(folder: &Path) -> String {
    let printed = quittance(&["token", "--data"]).arg(folder).output().unwrap();
    String::from_utf8(printed.stdout).unwrap().trim().to_owned()
}

/// A seller to create.
pub(crate) fn tenant(name: &str) -> Value {
    serde_json::json!({"tenant": {
        "name": name, "base_currency_code": "EUR", "time_zone": "Europe/Berlin",
        "enquiries": {"name": "Accounts", "email": "accounts@example.com"},
        "late_payment_consequences": "Statutory interest.", "terms_and_conditions": "Our general terms apply."
    }})
}
