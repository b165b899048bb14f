//! All topics, messages and headers as an `AsyncAPI` 3.0 document, made from the descriptors and the declaration of the topics.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    comments::comment,
    golden::{AREAS, Area, from_json},
    headers::{self, DEAD_LETTER, EVENT},
    schema::{self, Schema},
};

/// Of the binding for Kafka.
const BINDING: &str = "0.5.0";

const DESCRIPTION: &str = "Every change in Quittance is published as an event, in the order in which it was committed. The value of a message is the event that the header `ce_type` names: \
protobuf's binary form, or its standard JSON where the topic is configured so (`kafka.formats`); `content-type` says which. A topic may hold both, from before and after the switch. \
In JSON a field that has its default value is left out; fields, types of events and values of enums are added in later versions, never changed or removed. \
Order, duplicates and compatibility: `docs/events.md`. The JSON Schemas of events as files: `docs/schemas`.";

const KEY: &str = "`<tenant id>/<ordering key>`, two UUIDs; the ordering key is the customer's id, or the payment's where no customer is known. \
Events of one key come in the order in which they were committed.";

/// The document.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    asyncapi: &'static str,
    info: Value,
    default_content_type: &'static str,
    channels: BTreeMap<String, Value>,
    operations: BTreeMap<String, Value>,
    components: Components,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Components {
    parameters: Value,
    messages: BTreeMap<String, Message>,
    schemas: BTreeMap<String, Component>,
}

/// A schema of a message of the contract, or one of ours.
#[derive(Serialize)]
#[serde(untagged)]
enum Component {
    Message(Box<Schema>),
    Other(Value),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    name: String,
    title: String,
    summary: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<&'static str>,
    headers: Value,
    payload: Value,
    bindings: Value,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    examples: Vec<Example>,
}

#[derive(Serialize)]
struct Example {
    payload: DynamicMessage,
}

/// The document, with a line end.
pub fn document(pool: &DescriptorPool) -> anyhow::Result<String> {
    let topics = Topics::read()?;
    let mut messages = BTreeMap::from([("DeadLetter".to_owned(), dead_letter())]);
    let mut schemas = BTreeMap::new();
    let (mut channels, mut operations) = (BTreeMap::new(), BTreeMap::new());
    for area in AREAS {
        let mut names = Vec::new();
        for field in area.payload(pool)?.fields() {
            let kind = field.kind();
            let event = kind.as_message().context("an event is a message")?;
            schema::add(event, &mut schemas)?;
            for (name, message) in [("protobuf", in_protobuf(event)?), ("json", in_json(area, event)?)] {
                let name = format!("{}.{name}", event.full_name());
                names.push(name.clone());
                messages.insert(name, message);
            }
        }
        let package = area.descriptor(pool)?.package_name().to_owned();
        channels.insert(area.name.to_owned(), topics.events(area.name, &package, &names));
        operations.insert(format!("publish-{}", area.name), sent(area.name, "Publishes every change, in its order."));
    }
    for service in topics.services()? {
        let name = format!("{service}-dead-letters");
        let summary = "Copies what the service could not apply, for those who watch it.";
        operations.insert(format!("copy-{name}"), sent(&name, summary));
        channels.insert(name, topics.dead_letters(&service));
    }
    let mut all: BTreeMap<String, Component> =
        schemas.into_iter().map(|(name, schema)| (name, Component::Message(Box::new(schema)))).collect();
    for (name, schema) in [("EventHeaders", headers::schema(EVENT)), ("DeadLetterHeaders", headers::of_dead_letters())]
    {
        all.insert(name.to_owned(), Component::Other(schema));
    }
    all.insert("Key".to_owned(), Component::Other(json!({"type": "string", "description": KEY})));
    let document = Document {
        asyncapi: "3.0.0",
        info: json!({
            "title": "Quittance events", "version": env!("CARGO_PKG_VERSION"), "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        }),
        default_content_type: "application/protobuf",
        channels,
        operations,
        components: Components { parameters: json!({"prefix": prefix()}), messages, schemas: all },
    };
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn prefix() -> Value {
    json!({"default": "quittance", "description": "What the names of topics begin with, the setting `kafka.prefix`."})
}

fn sent(channel: &str, summary: &str) -> Value {
    json!({"action": "send", "channel": {"$ref": format!("#/channels/{channel}")}, "summary": summary})
}

fn in_protobuf(event: &MessageDescriptor) -> anyhow::Result<Message> {
    let (name, file) = (event.full_name(), event.parent_file().name().to_owned());
    let description = format!("The message `{name}` of `proto/{file}` in protobuf's binary form.");
    let payload = json!({
        "type": "string", "format": "binary", "description": description,
        "x-protobuf-message": name, "x-protobuf-file": format!("proto/{file}"),
    });
    message(event, "application/protobuf", payload, Vec::new())
}

fn in_json(area: Area, event: &MessageDescriptor) -> anyhow::Result<Message> {
    let mut examples = Vec::new();
    for example in area.examples()?.into_iter().filter(|example| example.event == event.name()) {
        examples.push(Example { payload: from_json(event.clone(), &example.published_json()?)? });
    }
    let payload = json!({"$ref": format!("#/components/schemas/{}", event.full_name())});
    message(event, "application/json", payload, examples)
}

fn message(
    event: &MessageDescriptor,
    content_type: &'static str,
    payload: Value,
    examples: Vec<Example>,
) -> anyhow::Result<Message> {
    let name = event.full_name();
    let fixed = json!({
        "type": "object",
        "properties": {
            "ce_type": {"const": name},
            "ce_dataschema": {"const": format!("urn:quittance:schema:{name}")},
            "content-type": {"const": content_type},
        },
    });
    Ok(Message {
        name: name.to_owned(),
        title: event.name().to_owned(),
        summary: comment(&event.parent_file(), event.path())?,
        content_type: Some(content_type),
        headers: json!({"allOf": [{"$ref": "#/components/schemas/EventHeaders"}, fixed]}),
        payload,
        bindings: key(),
        examples,
    })
}

fn key() -> Value {
    json!({"kafka": {"key": {"$ref": "#/components/schemas/Key"}, "bindingVersion": BINDING}})
}

fn dead_letter() -> Message {
    let description = "As it was read: an event in one of its forms, or anything else that a producer sent.";
    Message {
        name: "DeadLetter".to_owned(),
        title: "Dead letter".to_owned(),
        summary: "A message that a service could not apply, with its key and headers and the error.".to_owned(),
        content_type: None,
        headers: json!({"$ref": "#/components/schemas/DeadLetterHeaders"}),
        payload: json!({"description": description}),
        bindings: key(),
        examples: Vec::new(),
    }
}

/// The declaration of the topics.
struct Topics(Value);

impl Topics {
    fn path() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/kafka/topics.yaml")
    }

    fn read() -> anyhow::Result<Self> {
        let path = Self::path();
        let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        Ok(Self(serde_saphyr::from_str(&text)?))
    }

    fn services(&self) -> anyhow::Result<Vec<String>> {
        Ok(serde_json::from_value(self.0["dead_letters"]["services"].clone())?)
    }

    fn events(&self, area: &str, package: &str, messages: &[String]) -> Value {
        let description = format!("The events of the package `{package}`.");
        let messages: BTreeMap<&String, Value> =
            messages.iter().map(|name| (name, json!({"$ref": format!("#/components/messages/{name}")}))).collect();
        self.channel("events", &format!("{{prefix}}.{area}.v1"), &description, json!(messages))
    }

    fn dead_letters(&self, service: &str) -> Value {
        let description = format!("What {service} could not apply.");
        let messages = json!({"DeadLetter": {"$ref": "#/components/messages/DeadLetter"}});
        self.channel("dead_letters", &format!("{{prefix}}.{service}.dead-letters.v1"), &description, messages)
    }

    fn channel(&self, kind: &str, address: &str, description: &str, messages: Value) -> Value {
        let declared = &self.0[kind];
        let mut settings = BTreeMap::new();
        for (name, value) in declared["settings"].as_object().into_iter().flatten() {
            let text = value.as_str().unwrap_or_default();
            let value = match text.parse::<i64>() {
                Ok(number) => json!(number),
                Err(_) if name == "cleanup.policy" => json!(text.split(',').collect::<Vec<_>>()),
                Err(_) => json!(text),
            };
            settings.insert(name, value);
        }
        json!({
            "address": address,
            "description": format!("{description} Partitions and settings are those declared in `deploy/kafka/topics.yaml`."),
            "messages": messages,
            "parameters": {"prefix": {"$ref": "#/components/parameters/prefix"}},
            "bindings": {"kafka": {
                "partitions": declared["partitions"], "topicConfiguration": settings, "bindingVersion": BINDING,
            }},
        })
    }
}

/// The headers that the document describes, of events and then of dead letters.
pub fn described_headers() -> (Vec<&'static str>, Vec<&'static str>) {
    let names = |headers: &[headers::Header]| headers.iter().map(|header| header.name).collect();
    (names(EVENT), names(DEAD_LETTER))
}
