//! What a part of the syntax tree names: paths, words, texts, and whether it waits.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

/// A path as it is written, segment by segment; an import stands for its whole path.
pub(crate) type Segments = Vec<String>;

/// What code names.
#[derive(Debug, Default, Clone)]
pub struct Names {
    /// Paths of imports, types, expressions and patterns, and those in the arguments of macros.
    pub paths: BTreeSet<Segments>,
    /// The values of string literals, those in the arguments of macros too; not doc comments.
    pub texts: BTreeSet<String>,
    /// Whether there is an `async` function or block, or an `.await`.
    pub is_async: bool,
    /// What an import makes known: its name here, `*` for a glob, and its path. Only those outside of function bodies.
    pub imports: Vec<(String, Segments)>,
}

impl Names {
    /// What an item names, the items within it included.
    pub(crate) fn of_item(item: &syn::Item) -> Self {
        let mut names = Self::default();
        names.visit_item(item);
        if let syn::Item::Use(one) = item {
            names.imports = imports(&one.tree);
        }
        names
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.paths.extend(other.paths);
        self.texts.extend(other.texts);
        self.imports.extend(other.imports);
        self.is_async |= other.is_async;
    }

    /// Paths and texts among the tokens of a macro's arguments.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path = Segments::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.keep(&mut path);
                    }
                    let ident = ident.to_string();
                    self.is_async |= ident == "async" || ident == "await";
                    path.push(ident);
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() => colons += 1,
                other => {
                    self.keep(&mut path);
                    colons = 0;
                    match other {
                        TokenTree::Group(group) => self.tokens(group.stream()),
                        TokenTree::Literal(literal) => {
                            if let syn::Lit::Str(text) = syn::Lit::new(literal) {
                                self.texts.insert(text.value());
                            }
                        }
                        TokenTree::Ident(_) | TokenTree::Punct(_) => {}
                    }
                }
            }
        }
        self.keep(&mut path);
    }

    /// A single word of a macro's arguments may be a field or a variable: only paths of two segments count.
    fn keep(&mut self, path: &mut Segments) {
        let path = std::mem::take(path);
        if path.len() > 1 {
            self.paths.insert(path);
        }
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.paths.extend(imports(&item.tree).into_iter().map(|(_, path)| path));
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.paths.insert(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, one: &'ast syn::Macro) {
        self.tokens(one.tokens.clone());
        visit::visit_macro(self, one);
    }

    fn visit_lit_str(&mut self, text: &'ast syn::LitStr) {
        self.texts.insert(text.value());
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        if attribute.path().is_ident("doc") {
            return;
        }
        if let syn::Meta::List(list) = &attribute.meta {
            self.tokens(list.tokens.clone());
        }
        visit::visit_attribute(self, attribute);
    }

    fn visit_signature(&mut self, signature: &'ast syn::Signature) {
        self.is_async |= signature.asyncness.is_some();
        visit::visit_signature(self, signature);
    }

    fn visit_expr_await(&mut self, expression: &'ast syn::ExprAwait) {
        self.is_async = true;
        visit::visit_expr_await(self, expression);
    }

    fn visit_expr_async(&mut self, expression: &'ast syn::ExprAsync) {
        self.is_async = true;
        visit::visit_expr_async(self, expression);
    }
}

/// The imports of a tree: their names here and their paths.
fn imports(tree: &syn::UseTree) -> Vec<(String, Segments)> {
    fn walk(tree: &syn::UseTree, before: &Segments, found: &mut Vec<(String, Segments)>) {
        let with = |ident: &syn::Ident| [before.as_slice(), &[ident.to_string()]].concat();
        let mut leaf = |name: String, ident: &syn::Ident| {
            // `a::{self}` is `a`.
            let path = if ident == "self" && !before.is_empty() { before.clone() } else { with(ident) };
            let name = if name == "self" { path.last().cloned().unwrap_or(name) } else { name };
            found.push((name, path));
        };
        match tree {
            syn::UseTree::Path(path) => walk(&path.tree, &with(&path.ident), found),
            syn::UseTree::Name(name) => leaf(name.ident.to_string(), &name.ident),
            syn::UseTree::Rename(rename) => leaf(rename.rename.to_string(), &rename.ident),
            syn::UseTree::Glob(_) => found.push(("*".to_owned(), before.clone())),
            syn::UseTree::Group(group) => group.items.iter().for_each(|one| walk(one, before, found)),
        }
    }
    let mut found = Vec::new();
    walk(tree, &Vec::new(), &mut found);
    found
}

/// The attributes of an item.
pub(crate) fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Const(it) => &it.attrs,
        syn::Item::Enum(it) => &it.attrs,
        syn::Item::ExternCrate(it) => &it.attrs,
        syn::Item::Fn(it) => &it.attrs,
        syn::Item::ForeignMod(it) => &it.attrs,
        syn::Item::Impl(it) => &it.attrs,
        syn::Item::Macro(it) => &it.attrs,
        syn::Item::Mod(it) => &it.attrs,
        syn::Item::Static(it) => &it.attrs,
        syn::Item::Struct(it) => &it.attrs,
        syn::Item::Trait(it) => &it.attrs,
        syn::Item::TraitAlias(it) => &it.attrs,
        syn::Item::Type(it) => &it.attrs,
        syn::Item::Union(it) => &it.attrs,
        syn::Item::Use(it) => &it.attrs,
        _ => &[],
    }
}

/// Whether something exists in tests only: `#[cfg(test)]`.
pub(crate) fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|condition| condition.is_ident("test"))
    })
}

/// The name an item defines, if it has one.
pub(crate) fn defined(item: &syn::Item) -> Option<String> {
    let ident = match item {
        syn::Item::Const(it) => &it.ident,
        syn::Item::Enum(it) => &it.ident,
        syn::Item::Fn(it) => &it.sig.ident,
        syn::Item::Mod(it) => &it.ident,
        syn::Item::Static(it) => &it.ident,
        syn::Item::Struct(it) => &it.ident,
        syn::Item::Trait(it) => &it.ident,
        syn::Item::Type(it) => &it.ident,
        syn::Item::Union(it) => &it.ident,
        syn::Item::Macro(it) => it.ident.as_ref()?,
        _ => return None,
    };
    Some(ident.to_string())
}
