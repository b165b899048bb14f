//! What a file of tests has.

use std::{collections::BTreeSet, fs, path::Path};

use syn::visit::{self, Visit};

/// A file's tests, and the texts in it.
#[derive(Debug, Default)]
pub struct TestFile {
    /// Names of functions that are run as tests, in `proptest!` too.
    pub tests: BTreeSet<String>,
    /// Whether it has the attribute `ignore`.
    pub has_ignored: bool,
    /// The values of its string literals, without those in arguments of macros.
    pub texts: BTreeSet<String>,
}

impl TestFile {
    /// Reads a file, its modules within it too.
    pub fn read(file: &Path) -> Self {
        let text = fs::read_to_string(file).unwrap();
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let mut found = Self::default();
        found.visit_file(&parsed);
        found
    }
}

impl<'ast> Visit<'ast> for TestFile {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        // `#[test]`, `#[tokio::test]`.
        let is_test = |attribute: &syn::Attribute| {
            attribute.path().segments.last().is_some_and(|segment| segment.ident == "test")
        };
        if function.attrs.iter().any(is_test) {
            self.tests.insert(function.sig.ident.to_string());
        }
        self.has_ignored |= function.attrs.iter().any(|attribute| attribute.path().is_ident("ignore"));
        visit::visit_item_fn(self, function);
    }

    fn visit_macro(&mut self, one: &'ast syn::Macro) {
        if one.path.is_ident("proptest") {
            // Its tests are functions behind `#[test]`, with arguments of their own syntax.
            let tokens: Vec<String> = one.tokens.clone().into_iter().map(|token| token.to_string()).collect();
            let names = tokens.windows(2).filter(|pair| pair[0] == "fn").map(|pair| pair[1].clone());
            self.tests.extend(names);
        }
        visit::visit_macro(self, one);
    }

    fn visit_lit_str(&mut self, text: &'ast syn::LitStr) {
        self.texts.insert(text.value());
    }
}
