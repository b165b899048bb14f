//! `docs/openapi.json`: the OpenAPI document of all services.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use serde_json::Value;

/// The file with the document.
pub fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json")
}

/// The document of all services.
pub fn document() -> anyhow::Result<Value> {
    let services: Vec<String> =
        quittance_gateway::contract()?.services().map(|service| service.full_name().to_owned()).collect();
    Ok(quittance_gateway::openapi(&services)?)
}

/// Renews the document in the file.
pub fn write() -> anyhow::Result<()> {
    let path = path();
    let text = serde_json::to_string_pretty(&document()?)? + "\n";
    fs::write(&path, text).with_context(|| format!("writing {}", path.display()))
}
