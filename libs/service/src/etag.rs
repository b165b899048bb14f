//! Versions of resources as callers send them back.

use std::fmt::{self, Display};

use crate::CommonError;

/// The version of a resource that its caller has read; empty matches any version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Etag(String);

impl Etag {
    /// Reads the field of a request.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// Fails where the resource has changed since. `resource` names it in the error.
    pub fn check(&self, resource: impl Display, version: impl Display) -> Result<(), CommonError> {
        let is_current = self.0.is_empty() || self.0 == version.to_string();
        if is_current { Ok(()) } else { Err(CommonError::Stale(resource.to_string())) }
    }
}

/// The field of a request.
impl Display for Etag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_etag_is_the_version_or_nothing() {
        assert!(Etag::default().check("invoice 1", 7).is_ok());
        assert!(Etag::new("7".to_owned()).check("invoice 1", 7).is_ok());
        let stale = Etag::new("6".to_owned()).check("invoice 1", 7).unwrap_err();
        assert_eq!(stale.to_string(), "invoice 1 has changed since it was read");
    }
}
