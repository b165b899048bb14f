//! The OpenAPI document, from the descriptors and their comments.

mod comments;
mod operation;
mod parts;
mod schema;

use serde_json::{Map, Value as Json, json};

pub use comments::in_paragraphs;

use crate::{BadContract, Routes, contract};
use comments::Comments;
use operation::Operation;
use schema::Schemas;

const ABOUT: &str = "Accounts receivable: invoices, payments, credit, collections, reports. Names are in lowerCamelCase; the names of the contract \
                     (snake_case) are read too. Every field with a default value is in responses. 64-bit integers are texts.";

/// The document of services, by their full names.
pub fn openapi<S: AsRef<str>>(services: &[S]) -> Result<Json, &'static BadContract> {
    let comments = Comments::read(contract()?.pool());
    let mut schemas = Schemas::new(&comments);
    let mut paths: Map<String, Json> = Map::new();
    for binding in Routes::of(services)?.bindings() {
        let operation = Operation::new(binding, &comments);
        let path = paths.entry(operation.path()).or_insert_with(|| json!({}));
        path[binding.method().as_str().to_lowercase()] = operation.document(&mut schemas);
    }
    let mut tags = Vec::new();
    for service in contract()?.services() {
        let is_here = services.iter().any(|name| name.as_ref() == service.full_name());
        if is_here && service.full_name().starts_with("quittance.") {
            let description = comments.of(service.parent_file().name(), service.path());
            tags.push(json!({"name": service.name(), "description": description}));
        }
    }
    let mut components = parts::components(&mut schemas);
    components["schemas"] = schemas.document();
    Ok(json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Quittance", "version": env!("CARGO_PKG_VERSION"), "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": tags,
        "paths": paths,
        "components": components,
    }))
}
