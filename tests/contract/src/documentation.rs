//! What is generated in `docs`: the examples in `events.md` (every golden event as JSON, under the full name of its message), the description of all topics
//! (`asyncapi.json`), and the schemas of events (`schemas`).

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use prost_reflect::DescriptorPool;

use crate::{asyncapi, golden::AREAS, schema};

const BEGIN: &str = "<!-- examples -->";
const END: &str = "<!-- /examples -->";

/// The folder of the documentation.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// The file with the examples.
pub fn path() -> PathBuf {
    folder().join("events.md")
}

/// The file that describes all topics, as it must be.
pub fn asyncapi_file(pool: &DescriptorPool) -> anyhow::Result<(PathBuf, String)> {
    Ok((folder().join("asyncapi.json"), asyncapi::document(pool)?))
}

/// The folder of the schemas.
pub fn schemas_folder() -> PathBuf {
    folder().join("schemas")
}

/// The names of the files with schemas, one for each event, and their text.
pub fn schemas(pool: &DescriptorPool) -> anyhow::Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for area in AREAS {
        for field in area.payload(pool)?.fields() {
            let kind = field.kind();
            let event = kind.as_message().context("an event is a message")?;
            let text = serde_json::to_string_pretty(&schema::of_event(event)?)? + "\n";
            files.insert(format!("{}.json", event.full_name()), text);
        }
    }
    Ok(files)
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

/// Renews all that is generated.
pub fn write(pool: &DescriptorPool) -> anyhow::Result<()> {
    let path = path();
    let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    fs::write(&path, with_examples(&text, &examples(pool)?)?)?;
    let (path, text) = asyncapi_file(pool)?;
    fs::write(&path, text)?;
    fs::create_dir_all(schemas_folder())?;
    for (name, text) in schemas(pool)? {
        fs::write(schemas_folder().join(name), text)?;
    }
    Ok(())
}
