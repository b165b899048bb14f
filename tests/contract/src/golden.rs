//! One example of every event, as bytes and as JSON. Once landed a file is never changed: events are kept for ever, and what was written then
//! must be read today. A changed event gets an additional form, `InvoiceIssued.2`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, ensure};
use prost::Message as _;
use prost_reflect::{DescriptorPool, DeserializeOptions, DynamicMessage, MessageDescriptor, OneofDescriptor};

/// An area that publishes events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    /// As in the topic, for example `credit-risk`.
    pub name: &'static str,
    /// Full name of the message that all its events are wrapped in.
    pub message: &'static str,
}

/// All areas that publish events.
pub const AREAS: [Area; 4] = [
    Area { name: "invoicing", message: "quittance.invoicing.v1.InvoicingEvent" },
    Area { name: "payments", message: "quittance.payments.v1.PaymentsEvent" },
    Area { name: "credit-risk", message: "quittance.creditrisk.v1.CreditRiskEvent" },
    Area { name: "collections", message: "quittance.collections.v1.CollectionsEvent" },
];

impl Area {
    /// The message that all its events are wrapped in.
    pub fn descriptor(self, pool: &DescriptorPool) -> anyhow::Result<MessageDescriptor> {
        pool.get_message_by_name(self.message).with_context(|| format!("the contract has no {}", self.message))
    }

    /// What can happen in it: one field for each kind of event.
    pub fn payload(self, pool: &DescriptorPool) -> anyhow::Result<OneofDescriptor> {
        let message = self.descriptor(pool)?;
        message.oneofs().find(|oneof| oneof.name() == "payload").with_context(|| format!("{message:?} has no payload"))
    }

    /// Its examples, by event and form.
    pub fn examples(self) -> anyhow::Result<Vec<Example>> {
        let folder = folder().join(self.name);
        let mut examples = Vec::new();
        for entry in fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                examples.push(Example::named(self, &path)?);
            }
        }
        examples.sort_by(|a, b| (&a.event, a.form).cmp(&(&b.event, b.form)));
        Ok(examples)
    }
}

/// Where the examples lie, one folder for each area.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

/// An example of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// Who publishes it.
    pub area: Area,
    /// Short name of the event's message, for example `InvoiceIssued`.
    pub event: String,
    /// 1 for the form it had first; later forms have the number in their file's name.
    pub form: u32,
}

impl Example {
    /// `InvoiceIssued.json` is the first form, `InvoiceIssued.2.json` the second.
    fn named(area: Area, path: &Path) -> anyhow::Result<Self> {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).context("a file without a name")?;
        let (event, form) = match stem.split_once('.') {
            None => (stem, 1),
            Some((event, form)) => {
                (event, form.parse().with_context(|| format!("{}: no number of a form", path.display()))?)
            }
        };
        ensure!(form != 0 && (form > 1 || !stem.contains('.')), "{}: later forms count from 2", path.display());
        Ok(Self { area, event: event.to_owned(), form })
    }

    fn path(&self, extension: &str) -> PathBuf {
        let form = if self.form == 1 { String::new() } else { format!(".{}", self.form) };
        folder().join(self.area.name).join(format!("{}{form}.{extension}", self.event))
    }

    /// The file with the event as it stands in a topic.
    pub fn bytes_path(&self) -> PathBuf {
        self.path("bin")
    }

    /// The file with the event as people read it.
    pub fn json_path(&self) -> PathBuf {
        self.path("json")
    }

    /// The event as it is stored in the outbox.
    pub fn bytes(&self) -> anyhow::Result<Vec<u8>> {
        let path = self.bytes_path();
        fs::read(&path).with_context(|| format!("reading {} (the bin write-golden makes it)", path.display()))
    }

    /// The event as people read it.
    pub fn json(&self) -> anyhow::Result<String> {
        let path = self.json_path();
        fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))
    }

    /// The event itself as people read it, without the message that it is stored in.
    pub fn published_json(&self) -> anyhow::Result<String> {
        let stored = self.json()?;
        let (_, event) = stored.split_once(": ").context("the area's message is empty")?;
        let event = event.trim_end().strip_suffix('}').context("the area's message has an end")?;
        // One level less deep, in the order of the contract.
        Ok(format!("{}\n", event.trim_end().replace("\n  ", "\n")))
    }

    /// Makes the bytes from the JSON, and brings the JSON into its stable form. Returns false, and touches nothing, where there are bytes already.
    pub fn write_missing(&self, pool: &DescriptorPool) -> anyhow::Result<bool> {
        if self.bytes_path().exists() {
            return Ok(false);
        }
        let message = from_json(self.area.descriptor(pool)?, &self.json()?)
            .with_context(|| format!("reading {}", self.json_path().display()))?;
        fs::write(self.json_path(), to_json(&message)?)?;
        fs::write(self.bytes_path(), message.encode_to_vec())?;
        Ok(true)
    }
}

/// The contract as descriptors.
pub fn contract() -> anyhow::Result<DescriptorPool> {
    Ok(quittance_proto::contract()?.clone())
}

/// A message in protobuf's JSON, in the order of its field numbers, with a line end.
pub fn to_json(message: &DynamicMessage) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(message)? + "\n")
}

/// Reads a message from JSON that has no field the message has not.
pub fn from_json(descriptor: MessageDescriptor, json: &str) -> anyhow::Result<DynamicMessage> {
    let mut json = serde_json::Deserializer::from_str(json);
    let options = DeserializeOptions::new().deny_unknown_fields(true);
    let message = DynamicMessage::deserialize_with_options(descriptor, &mut json, &options)?;
    json.end()?;
    Ok(message)
}
