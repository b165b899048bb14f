//! The comments of the contract.

use anyhow::Context as _;
use prost_reflect::FileDescriptor;
use quittance_gateway::in_paragraphs;

/// The comment before a message, a field, an enum or a value, as one text; its paragraphs are separated by an empty line.
///
/// # Errors
/// There is none.
pub(crate) fn comment(file: &FileDescriptor, path: &[i32]) -> anyhow::Result<String> {
    let source = file.file_descriptor_proto().source_code_info.as_ref().context("the contract has its comments")?;
    let place = source.location.iter().find(|location| location.path == path);
    let text = place.and_then(|location| location.leading_comments.as_deref()).map(in_paragraphs).unwrap_or_default();
    anyhow::ensure!(!text.is_empty(), "{}: no comment at {path:?}", file.name());
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_is_found_by_its_path() {
        let pool = crate::golden::contract().unwrap();
        let money = pool.get_message_by_name("quittance.common.v1.Money").unwrap();
        assert_eq!(comment(&money.parent_file(), money.path()).unwrap(), "An amount of money in one currency.");
        assert!(comment(&money.parent_file(), &[99]).is_err());
    }
}
