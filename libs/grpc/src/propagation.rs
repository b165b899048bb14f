//! Trace headers in the metadata of calls.

use http::HeaderMap;
use opentelemetry::propagation::{Extractor, Injector};
use tonic::metadata::{MetadataKey, MetadataMap};

/// The trace headers of an incoming call.
pub(crate) struct Incoming<'a>(pub(crate) &'a HeaderMap);

impl Extractor for Incoming<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}

/// The metadata of an outgoing call.
pub(crate) struct Outgoing<'a>(pub(crate) &'a mut MetadataMap);

impl Injector for Outgoing<'_> {
    fn set(&mut self, key: &str, value: String) {
        // An empty state is left out.
        if let (false, Ok(key), Ok(value)) = (value.is_empty(), MetadataKey::from_bytes(key.as_bytes()), value.parse())
        {
            self.0.insert(key, value);
        }
    }
}
