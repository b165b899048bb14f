//! The examples in `docs/events.md`: every golden event as JSON, under the full name of its message.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use prost_reflect::DescriptorPool;

use crate::golden::AREAS;

const BEGIN: &str = "<!-- examples -->";
const END: &str = "<!-- /examples -->";

/// The file with the examples.
pub fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/events.md")
}

/// All examples, by area and in the order of the contract; the forms of an event from the oldest to today's.
pub fn examples(pool: &DescriptorPool) -> anyhow::Result<String> {
    let mut text = String::new();
    for area in AREAS {
        let found = area.examples()?;
        write!(text, "\n## Events of {}\n", area.name)?;
        for field in area.payload(pool)?.fields() {
            let kind = field.kind();
            let message = kind.as_message().context("an event is a message")?;
            write!(text, "\n### {}\n", message.full_name())?;
            for example in found.iter().filter(|example| example.event == message.name()) {
                write!(text, "\n```json\n{}```\n", example.published_json()?)?;
            }
        }
    }
    Ok(text)
}

/// The text of the file with these examples in place of those it has.
pub fn with_examples(text: &str, examples: &str) -> anyhow::Result<String> {
    let (before, rest) = text.split_once(BEGIN).with_context(|| format!("the mark {BEGIN} is missing"))?;
    let (_, after) = rest.split_once(END).with_context(|| format!("the mark {END} is missing"))?;
    Ok(format!("{before}{BEGIN}\n{examples}\n{END}{after}"))
}

/// Renews the examples in the file.
pub fn write(pool: &DescriptorPool) -> anyhow::Result<()> {
    let path = path();
    let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    fs::write(&path, with_examples(&text, &examples(pool)?)?)?;
    Ok(())
}
