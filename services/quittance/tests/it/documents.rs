//! Completions and man pages are what shells and man read, and pages that say so run as a whole.

use std::{
    env, fs,
    path::Path,
    process::{Command, Stdio},
};

use regex::Regex;

use crate::program::{Folder, Up, quittance, tenant};

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

/// The pages that are run have this line.
const RUNS: &str = "<!-- A test runs this page as a whole. -->";

/// The fields of a response with their values, in order, without what nests.
fn fields(text: &str) -> Vec<(&str, &str)> {
    let field = Regex::new(r#""(\w+)":\s*(?:"((?:[^"\\]|\\.)*)"|(true|false|-?\d+))"#).unwrap();
    let value = |found: &regex::Captures<'_>| found.get(2).or(found.get(3)).unwrap().range();
    field.captures_iter(text).map(|found| (found.get(1).unwrap().as_str(), &text[value(&found)])).collect()
}

/// Whether a value is another in each run: an id, an instant, a page token, a secret.
fn varies(name: &str, value: &str) -> bool {
    let id_or_instant = r"^([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}|\d{4}(-\d\d){2}T[\d:.]+Z)$";
    Regex::new(id_or_instant).unwrap().is_match(value)
        || (name.ends_with("_token") || name == "secret") && !value.is_empty()
}

/// Compares what a page shows, shortened, with what was printed, and remembers what stands for what.
fn compare(shown: &str, printed: &str, known: &mut Vec<(String, String)>) -> Result<(), String> {
    let printed_fields = fields(printed);
    let mut rest = printed_fields.iter();
    for line in shown.lines().map(str::trim) {
        for (name, value) in fields(line) {
            // What is in it stands for another too: an id in the name of a resource.
            let expected = of_this_run(value, known);
            let is_new = expected == value && varies(name, value);
            let found = rest.find(|(other, found)| *other == name && (is_new || *found == expected));
            let (_, found) = found.ok_or_else(|| format!("no {name} {expected:?} in {printed}"))?;
            if is_new {
                known.push((value.to_owned(), (*found).to_owned()));
            }
        }
        let is_text = fields(line).is_empty() && !line.starts_with('"') && line.contains(char::is_alphanumeric);
        let text = of_this_run(line.trim_end_matches("..."), known);
        if is_text && !printed.contains(&text) {
            return Err(format!("no {text:?} in {printed}"));
        }
    }
    Ok(())
}

/// The text with the values of this run instead of those of the page.
fn of_this_run(text: &str, known: &[(String, String)]) -> String {
    known.iter().fold(text.to_owned(), |text, (page, run)| text.replace(page, run))
}

/// Runs the commands of a page one after the other.
fn run_page(page: &str, run: impl Fn(&str) -> String) -> Result<usize, String> {
    let (mut known, mut count) = (Vec::new(), 0);
    let blocks = page.split("```").skip(1).step_by(2);
    for text in blocks.flat_map(|block| block.split("\n$ ").skip(1)) {
        let ends = text.match_indices('\n').map(|(at, _)| at).find(|at| shlex::split(&text[..*at]).is_some());
        let (command, shown) = text.split_at(ends.ok_or_else(|| format!("it does not end: {text}"))?);
        compare(shown, &run(&of_this_run(command, &known)), &mut known).map_err(|why| format!("{command}\n{why}"))?;
        count += 1;
    }
    Ok(count)
}

#[test]
fn pages_that_say_so_run_as_a_whole() {
    let folder = Folder::new();
    let up = Up::start(&folder.0.join("quittance-data"));
    let programs = Path::new(env!("CARGO_BIN_EXE_quittance")).parent().unwrap().to_owned();
    let path = env::split_paths(&env::var_os("PATH").unwrap()).collect::<Vec<_>>();
    let path = env::join_paths(std::iter::once(programs).chain(path)).unwrap();
    let mut pages = 0;
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/how-to")).unwrap() {
        let file = entry.unwrap().path();
        let page = fs::read_to_string(&file).unwrap();
        if !page.contains(RUNS) {
            continue;
        }
        pages += 1;
        let id = format!("01a228f2-d5cf-736e-8788-{pages:012}");
        up.call("TenantService/CreateTenant", &tenant("Northwind GmbH"), Some(&id)).unwrap();
        let run = |command: &str| {
            let mut shell = Command::new("sh");
            shell.args(["-c", &format!("{command} 2>&1")]).current_dir(&folder.0);
            shell.env("PATH", &path).env("QUITTANCE_SERVER", &up.address).env("QUITTANCE_TENANT", &id);
            String::from_utf8(shell.output().unwrap().stdout).unwrap()
        };
        let count = run_page(&page, run).unwrap_or_else(|why| panic!("{}: {why}", file.display()));
        assert!(count > 3, "{}: {count} commands", file.display());
    }
    assert!(pages > 5, "{pages} pages");
}
