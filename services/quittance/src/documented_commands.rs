//! Tests that the commands shown in the documents exist in the program.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::{Parser as _, error::ErrorKind};
use regex::Regex;

use crate::Cli;

/// Placeholders in the documents, and their values.
const PLACEHOLDERS: [(&str, &str); 2] = [("SERVICE", "payments"), ("DATE[,DATE...]", "2026-01-31,2026-02-28")];

/// The documents.
fn pages(folder: &Path, pages: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            self::pages(&path, pages);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(path);
        }
    }
}

/// The arguments up to what the shell reads itself.
fn arguments(text: &str) -> Option<Vec<String>> {
    let words = shlex::split(text)?;
    let is_shell = |word: &String| ["|", ">", ">>", "2>", "<", "&&", "||", ";", "&"].contains(&word.as_str());
    Some(words.into_iter().take_while(|word| !is_shell(word)).collect())
}

/// One command for each of alternatives such as `list|show`.
fn alternatives(command: Vec<String>) -> Vec<Vec<String>> {
    let Some(place) = command.iter().position(|word| Regex::new(r"^[a-z-]+(\|[a-z-]+)+$").unwrap().is_match(word))
    else {
        return vec![command];
    };
    let with = |word: &str| {
        command[..place].iter().cloned().chain([word.to_owned()]).chain(command[place + 1..].iter().cloned()).collect()
    };
    command[place].split('|').map(with).collect()
}

/// The commands of a page: those of its blocks, which are whole, and those that its text names.
fn commands(page: &str) -> (Vec<Vec<String>>, Vec<Vec<String>>) {
    let (mut whole, mut named) = (Vec::new(), Vec::new());
    let in_block = Regex::new(r"(?:^|[$|&;(]|[A-Z_]+=\S*)\s*quittance ([a-z].*)").unwrap();
    let in_text = Regex::new(r"`quittance\s([a-z][^`]*)`").unwrap();
    for (number, part) in page.split("```").enumerate() {
        if number % 2 == 0 {
            named.extend(in_text.captures_iter(part).filter_map(|found| arguments(&found[1])));
            continue;
        }
        let mut lines = part.lines();
        while let Some(line) = lines.next() {
            let Some(found) = in_block.captures(line) else { continue };
            let mut text = found[1].to_owned();
            // A substitution ends with its parenthesis.
            if line.contains("$(quittance ") {
                text.truncate(text.find(')').unwrap_or(text.len()));
            }
            // An open quotation, or a backslash, continues in the next line.
            while arguments(&text).is_none() {
                text = format!("{text}\n{}", lines.next().unwrap_or_else(|| panic!("it does not end: {text}")));
            }
            whole.extend(arguments(&text));
        }
    }
    (whole, named)
}

/// Why the program would not take a command. What a text names may lack arguments.
fn problem(command: &[String], is_named: bool) -> Option<String> {
    let filled = command
        .iter()
        .map(|word| PLACEHOLDERS.iter().find(|(name, _)| name == word).map_or(word.as_str(), |(_, value)| value));
    let error = Cli::try_parse_from(std::iter::once("quittance").chain(filled)).err()?;
    let lacks = matches!(
        error.kind(),
        ErrorKind::MissingRequiredArgument
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
            | ErrorKind::MissingSubcommand
    );
    let is_right = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) || is_named && lacks;
    (!is_right).then(|| error.to_string())
}

#[test]
fn every_command_in_the_documents_is_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut all = vec![root.join("README.md")];
    pages(&root.join("docs"), &mut all);
    let (mut problems, mut count) = (Vec::new(), 0);
    for page in all {
        let (whole, named) = commands(&fs::read_to_string(&page).unwrap());
        let both =
            whole.into_iter().map(|command| (command, false)).chain(named.into_iter().map(|command| (command, true)));
        for (command, is_named) in
            both.flat_map(|(command, is_named)| alternatives(command).into_iter().map(move |one| (one, is_named)))
        {
            count += 1;
            problems.extend(
                problem(&command, is_named)
                    .map(|why| format!("{}: quittance {}\n{why}", page.display(), command.join(" "))),
            );
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(count > 50, "only {count} commands were found");
}

#[test]
fn what_the_program_would_not_take_is_found() {
    let page = "Use `quittance token --dat x`.\n```sh\nquittance call A/B '{\n}' --nothing | jq\n$ quittance up --listen x:1 \\\n  --keyz y\n```\n`quittance call`";
    let (whole, named) = commands(page);
    assert_eq!(whole.len(), 2);
    assert!(whole.iter().all(|command| problem(command, false).is_some()), "{whole:?}");
    assert_eq!(named.iter().map(|command| problem(command, true).is_some()).collect::<Vec<_>>(), [true, false]);
}
