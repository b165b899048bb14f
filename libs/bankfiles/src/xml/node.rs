//! A small part of a document, read as a whole.

use super::Tag;

/// An element with its text and its elements.
#[derive(Debug, Clone, Default)]
pub(crate) struct Node {
    name: String,
    currency: String,
    text: String,
    line: u64,
    /// In the file's order.
    pub(super) children: Vec<Node>,
}

impl Node {
    /// An empty element.
    pub(crate) fn new(tag: Tag) -> Node {
        Node { name: tag.name, currency: tag.currency, line: tag.line, ..Node::default() }
    }

    /// A nameless element around one.
    pub(crate) fn holding(child: Node) -> Node {
        Node { line: child.line, children: vec![child], ..Node::default() }
    }

    pub(super) fn add_text(&mut self, text: &str) {
        // Most text is indentation.
        if !self.text.is_empty() || !text.trim_start().is_empty() {
            self.text.push_str(text);
        }
    }

    /// Its name without a prefix.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Its `Ccy` attribute; empty if it has none.
    pub(crate) fn currency(&self) -> &str {
        &self.currency
    }

    /// Its own text, trimmed.
    pub(crate) fn text(&self) -> &str {
        self.text.trim()
    }

    /// Where it stands.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// Its elements, in the file's order.
    pub(crate) fn children(&self) -> &[Node] {
        &self.children
    }

    /// Its elements of one name.
    pub(crate) fn all<'n>(&'n self, name: &'n str) -> impl Iterator<Item = &'n Node> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The first element under a path of names: `RltdPties/Dbtr/Nm`.
    pub(crate) fn at(&self, path: &str) -> Option<&Node> {
        let (first, rest) = path.split_once('/').unwrap_or((path, ""));
        let mut found = self.children.iter().filter(|child| child.name == first);
        if rest.is_empty() { found.next() } else { found.find_map(|child| child.at(rest)) }
    }

    /// The text under a path; empty if there is none.
    pub(crate) fn text_at(&self, path: &str) -> &str {
        self.at(path).map_or("", Node::text)
    }

    /// The first text under any of the paths that is not empty.
    pub(crate) fn first_text(&self, paths: &[&str]) -> String {
        paths.iter().map(|path| self.text_at(path)).find(|text| !text.is_empty()).unwrap_or_default().to_owned()
    }
}
