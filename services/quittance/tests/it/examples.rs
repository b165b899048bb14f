//! The examples in other languages run, from empty folders, with stubs generated from the contract.

use std::{env, fs, path::Path, process::Command};

use crate::program::{Folder, Up, quittance};

#[test]
fn the_examples_in_four_languages_run() {
    let folder = Folder::new();
    let up = Up::start(&folder.0);
    let token = quittance(&["token", "--data", &folder.0.display().to_string()]).output().unwrap();
    let token = String::from_utf8(token.stdout).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    // What the set-up installs: buf, and Go and Node where the system has none or older ones.
    let ours = [".cache/go/bin", ".cache/node/bin", "scripts"].map(|folder| root.join(folder));
    let path = env::var_os("PATH").unwrap();
    let path = env::join_paths(ours.into_iter().chain(env::split_paths(&path))).unwrap();
    for language in ["python", "go", "typescript", "java"] {
        let empty = Folder::new();
        fs::create_dir_all(&empty.0).unwrap();
        let mut example = Command::new(root.join("docs/examples").join(language).join("run"));
        example.current_dir(&empty.0).env("PATH", &path).env("PROTO", root.join("proto"));
        example.env("QUITTANCE_SERVER", up.address.trim_start_matches("http://")).env("QUITTANCE_TOKEN", token.trim());
        let ran = example.output().unwrap();
        let said = String::from_utf8_lossy(&ran.stdout);
        assert!(ran.status.success(), "{language}: {said}\n{}", String::from_utf8_lossy(&ran.stderr));
        assert!(said.contains("invoice INV-000001: 1142.40 EUR") && said.contains("paid"), "{language}: {said}");
    }
}
