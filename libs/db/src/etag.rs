//! Etags: the version of what is stored, as callers hold it.

/// Whether an etag is of another version than the one stored. An empty one is of any.
pub fn is_stale(etag: &str, version: u32) -> bool {
    !etag.is_empty() && etag != version.to_string()
}
