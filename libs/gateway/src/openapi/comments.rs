//! The comments of the contract's files, by the path of what they describe.

use std::collections::HashMap;

use prost_reflect::DescriptorPool;

/// The comments of the contract's files.
#[derive(Debug)]
pub(super) struct Comments(HashMap<(String, Vec<i32>), String>);

impl Comments {
    pub(super) fn read(pool: &DescriptorPool) -> Self {
        let mut comments = HashMap::new();
        for file in pool.files() {
            let locations = file.file_descriptor_proto().source_code_info.iter().flat_map(|info| &info.location);
            for location in locations {
                if let Some(comment) = &location.leading_comments {
                    comments.insert((file.name().to_owned(), location.path.clone()), in_paragraphs(comment));
                }
            }
        }
        Self(comments)
    }

    /// The comment of what is at a path of a file; empty where there is none.
    pub(super) fn of(&self, file: &str, path: &[i32]) -> &str {
        self.0.get(&(file.to_owned(), path.to_owned())).map_or("", String::as_str)
    }
}

/// A comment as text: lines that were broken for the page are joined; an empty line separates paragraphs.
pub fn in_paragraphs(comment: &str) -> String {
    let lines: Vec<&str> = comment.lines().map(str::trim).collect();
    let paragraphs = lines.split(|line| line.is_empty()).filter(|lines| !lines.is_empty());
    paragraphs.map(|lines| lines.join(" ")).collect::<Vec<_>>().join("\n\n")
}

/// The comment of a method in its parts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct MethodComment<'a> {
    /// Its first sentence.
    pub(super) summary: &'a str,
    /// All of it but the scope.
    pub(super) description: &'a str,
    /// The reasons that it names.
    pub(super) reasons: Vec<&'a str>,
}

impl<'a> MethodComment<'a> {
    pub(super) fn parse(comment: &'a str) -> Self {
        let description = comment.rsplit_once("Scope: ").map_or(comment, |(before, _)| before).trim();
        let summary = description.split_once(". ").map_or(description, |(first, _)| first).trim_end_matches('.');
        let named = description.find("Reasons").map_or("", |start| &description[start..]);
        let words = named.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        let is_reason = |word: &&str| {
            word.contains('_')
                && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
        };
        Self { summary, description, reasons: words.filter(is_reason).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_joined_and_paragraphs_stay() {
        assert_eq!(in_paragraphs(" One\n two.\n\n Three.\n"), "One two.\n\nThree.");
    }

    #[test]
    fn a_comment_has_its_parts() {
        let comment = "Changes one. Accepts DRAFT. Reasons: A_B, C_D; per entry as GetX, E_F. Scope: x.write.";
        let parts = MethodComment::parse(comment);
        assert_eq!(parts.summary, "Changes one");
        assert_eq!(parts.description, "Changes one. Accepts DRAFT. Reasons: A_B, C_D; per entry as GetX, E_F.");
        assert_eq!(parts.reasons, ["A_B", "C_D", "E_F"]);
        assert_eq!(MethodComment::parse("Reads. Scope: y.").reasons, Vec::<&str>::new());
    }
}
