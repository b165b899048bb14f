//! The comments of the contract.

use anyhow::Context as _;
use prost_reflect::FileDescriptor;

/// The comment before a message, a field, an enum or a value, as one text; its paragraphs are separated by an empty line.
///
/// # Errors
/// There is none.
pub(crate) fn comment(file: &FileDescriptor, path: &[i32]) -> anyhow::Result<String> {
    let source = file.file_descriptor_proto().source_code_info.as_ref().context("the contract has its comments")?;
    let place = source.location.iter().find(|location| location.path == path);
    let text = place.and_then(|location| location.leading_comments.as_deref()).map(joined).unwrap_or_default();
    anyhow::ensure!(!text.is_empty(), "{}: no comment at {path:?}", file.name());
    Ok(text)
}

/// Lines of a paragraph are joined.
fn joined(comment: &str) -> String {
    let paragraphs = comment.trim().split("\n\n").map(|paragraph| {
        paragraph.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
    });
    paragraphs.collect::<Vec<_>>().join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_kept_and_lines_are_joined() {
        assert_eq!(joined(" One\n two.\n\n Three.\n"), "One two.\n\nThree.");
    }

    #[test]
    fn a_comment_is_found_by_its_path() {
        let pool = crate::golden::contract().unwrap();
        let money = pool.get_message_by_name("quittance.common.v1.Money").unwrap();
        assert_eq!(comment(&money.parent_file(), money.path()).unwrap(), "An amount of money in one currency.");
        assert!(comment(&money.parent_file(), &[99]).is_err());
    }
}
