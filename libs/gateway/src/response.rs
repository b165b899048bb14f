//! Response messages to JSON: names in lowerCamelCase, fields with their default values, 64-bit integers as text.

use prost_reflect::{DynamicMessage, SerializeOptions};

use crate::Binding;

/// Why a response is not the method's message.
#[derive(Debug, thiserror::Error)]
pub enum BadResponse {
    /// Its bytes.
    #[error("the bytes of a response: {0}")]
    Bytes(#[from] prost::DecodeError),
    /// Its JSON, for example of an `Any` whose type is not in the contract.
    #[error("the JSON of a response: {0}")]
    Json(#[from] serde_json::Error),
}

impl Binding {
    /// The response as JSON.
    pub fn write(&self, message: &[u8]) -> Result<Vec<u8>, BadResponse> {
        let message = DynamicMessage::decode(self.rpc().output(), message)?;
        // About as much as its binary form, or somewhat more.
        let mut json = serde_json::Serializer::new(Vec::with_capacity(256));
        let options = SerializeOptions::new().skip_default_fields(false);
        message.serialize_with_options(&mut json, &options)?;
        Ok(json.into_inner())
    }
}
