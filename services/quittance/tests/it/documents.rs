//! Completions and man pages are what shells and man read.

use std::{
    fs,
    process::{Command, Stdio},
};

use crate::program::{Folder, quittance};

/// Whether a program is installed.
fn is_installed(program: &str) -> bool {
    Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

#[test]
fn completions_parse_in_their_shell() {
    let folder = Folder::new();
    for (shell, start) in [("bash", "_quittance()"), ("zsh", "#compdef quittance"), ("fish", "# Print an optspec")] {
        let output = quittance(&["completions", shell]).output().unwrap();
        assert!(output.status.success(), "{shell}");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.starts_with(start) && text.contains("dead-letters"), "{shell}: {text}");
        let file = folder.file(shell, &text);
        if is_installed(shell) {
            assert!(Command::new(shell).arg("-n").arg(file).status().unwrap().success(), "{shell} -n");
        }
    }
}

#[test]
fn each_command_has_a_man_page() {
    let folder = Folder::new();
    assert!(quittance(&["man", "--out"]).arg(&folder.0).status().unwrap().success());
    for (page, said) in
        [("quittance", "Exit status"), ("quittance-up", "listen"), ("quittance-dead-letters-list", "kafka")]
    {
        let path = folder.0.join(format!("{page}.1"));
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(&format!("\n.TH {page} 1")) && text.contains(said), "{text}");
        if is_installed("groff") {
            let output = Command::new("groff").args(["-man", "-Tutf8", "-ww"]).arg(&path).output().unwrap();
            assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
            // Justified text has more than one space between words.
            let text = String::from_utf8_lossy(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(text.contains(said), "{page}");
        }
    }
}
