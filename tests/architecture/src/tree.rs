//! The modules of a crate, found as the compiler finds them: from the root file by its `mod` lines.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use crate::names::{self, Names, Segments};

/// A module: one file, or one `mod name { .. }` within a file.
#[derive(Debug)]
pub struct Module {
    /// Where it stands, from the root of the crate: `["domain", "invoice"]`; empty for the root.
    pub path: Segments,
    /// The file it is written in.
    pub file: PathBuf,
    /// What it names outside of tests; modules within it are modules of their own.
    pub names: Names,
    /// Names of its items and of the modules within it.
    defines: BTreeSet<String>,
}

/// A crate's modules, without those that exist in tests only.
#[derive(Debug)]
pub struct Crate {
    /// The name of its folder, for example `credit-risk`.
    pub name: String,
    /// By path.
    pub modules: BTreeMap<Segments, Module>,
    /// The files of its modules, those that exist in tests only, its tests and further programs too.
    pub files: BTreeSet<PathBuf>,
}

impl Crate {
    /// Reads the crate in a folder, its program's `main.rs` too.
    pub(crate) fn read(folder: &Path, name: &str) -> Self {
        let mut all = Self { name: name.to_owned(), modules: BTreeMap::new(), files: BTreeSet::new() };
        let roots = ["lib.rs", "main.rs"].map(|file| folder.join("src").join(file));
        let mut roots = roots.into_iter().filter(|file| file.is_file());
        let first = roots.next().unwrap_or_else(|| panic!("{} has neither lib.rs nor main.rs", folder.display()));
        all.file(&first, &[], false);
        for second in roots {
            // A program beside a library: a module that nothing else may use.
            all.file(&second, &["main".to_owned()], false);
        }
        for root in ["tests", "src/bin"].into_iter().flat_map(|within| roots_in(&folder.join(within))) {
            all.file(&root, &[], true);
        }
        all
    }

    fn file(&mut self, file: &Path, path: &[String], in_tests: bool) {
        let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.files.insert(file.to_owned());
        self.items(file, path, &parsed.items, in_tests);
    }

    fn items(&mut self, file: &Path, path: &[String], items: &[syn::Item], in_tests: bool) {
        let (mut names, mut defines) = (Names::default(), BTreeSet::new());
        for item in items {
            let in_tests = in_tests || names::is_test(names::attributes(item));
            if let syn::Item::Mod(module) = item {
                let name = module.ident.to_string();
                let within = [path, std::slice::from_ref(&name)].concat();
                match &module.content {
                    Some((_, items)) => self.items(file, &within, items, in_tests),
                    None => self.file(&file_of(file, module), &within, in_tests),
                }
            } else if !in_tests {
                names.merge(Names::of_item(item));
            }
            if !in_tests {
                defines.extend(names::defined(item));
            }
        }
        if !in_tests {
            let module = Module { path: path.to_vec(), file: file.to_owned(), names, defines };
            self.modules.insert(path.to_vec(), module);
        }
    }

    /// The modules of our own crate that a module names, each where the name is defined, and by which path.
    pub fn uses<'a>(&'a self, module: &'a Module) -> impl Iterator<Item = (Segments, &'a Segments)> {
        module.names.paths.iter().filter_map(|path| Some((self.resolve(&module.path, path, 0)?, path)))
    }

    /// The module in which a path ends, seen from a module; none where it leads out of the crate.
    fn resolve(&self, from: &[String], path: &[String], depth: usize) -> Option<Segments> {
        let (mut at, rest): (Segments, &[String]) = match path.first()?.as_str() {
            "crate" => (Vec::new(), &path[1..]),
            "self" => (from.to_vec(), &path[1..]),
            "super" => {
                let ups = path.iter().take_while(|segment| *segment == "super").count();
                (from[..from.len().checked_sub(ups)?].to_vec(), &path[ups..])
            }
            // A module within the one that names it.
            first if self.modules.contains_key(&[from, &[first.to_owned()]].concat()) => (from.to_vec(), path),
            _ => return None,
        };
        for (place, segment) in rest.iter().enumerate() {
            let module = self.modules.get(&at)?;
            let within = [at.as_slice(), std::slice::from_ref(segment)].concat();
            if self.modules.contains_key(&within) {
                at = within;
                continue;
            }
            if module.defines.contains(segment) || depth > 8 {
                break;
            }
            // Re-exported: it is defined elsewhere.
            let named = module.names.imports.iter().filter(|(name, _)| name == segment);
            for (_, target) in named {
                let target = [target.as_slice(), &rest[place + 1..]].concat();
                if let Some(found) = self.resolve(&at, &target, depth + 1) {
                    return Some(found);
                }
            }
            let globs = module.names.imports.iter().filter(|(name, _)| name == "*");
            for (_, target) in globs {
                let found = self.resolve(&at, target, depth + 1);
                if let Some(found) = found.filter(|found| self.modules[found].defines.contains(segment)) {
                    return Some(found);
                }
            }
            break;
        }
        Some(at)
    }

    /// Which siblings use which: for the modules directly within a parent, with all that lies below them. A use of the
    /// parent's own items, or of a module's own inside, is none between siblings.
    pub fn arrows(&self) -> BTreeMap<Segments, BTreeSet<(String, String)>> {
        let mut arrows: BTreeMap<Segments, BTreeSet<(String, String)>> = BTreeMap::new();
        for module in self.modules.values() {
            for (target, _) in self.uses(module) {
                let common = module.path.iter().zip(&target).take_while(|(a, b)| a == b).count();
                let (Some(from), Some(to)) = (module.path.get(common), target.get(common)) else { continue };
                arrows.entry(target[..common].to_vec()).or_default().insert((from.clone(), to.clone()));
            }
        }
        arrows
    }
}

/// The root files of tests and programs in a folder: `name.rs` and `name/main.rs`.
fn roots_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    let roots = paths.map(|path| if path.is_dir() { path.join("main.rs") } else { path });
    roots.filter(|root| root.is_file() && root.extension().is_some_and(|extension| extension == "rs")).collect()
}

/// The file of a module that another file declares.
fn file_of(declared_in: &Path, module: &syn::ItemMod) -> PathBuf {
    let folder = declared_in.parent().unwrap();
    let path = module.attrs.iter().find_map(|attribute| match &attribute.meta {
        syn::Meta::NameValue(syn::MetaNameValue { path, value: syn::Expr::Lit(value), .. })
            if path.is_ident("path") =>
        {
            Some(&value.lit)
        }
        _ => None,
    });
    if let Some(syn::Lit::Str(path)) = path {
        return folder.join(path.value());
    }
    let (name, stem) = (module.ident.to_string(), declared_in.file_stem().unwrap());
    let is_root = ["lib", "main", "mod"].iter().any(|root| stem == *root);
    let folder = if is_root { folder.to_owned() } else { folder.join(stem) };
    let [one, many] = [folder.join(format!("{name}.rs")), folder.join(name).join("mod.rs")];
    if one.is_file() { one } else { many }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(files: &[(&str, &str)]) -> Crate {
        let folder = std::env::temp_dir().join(format!("architecture-{}-{}", std::process::id(), files.len()));
        for (name, text) in files {
            let file = folder.join("src").join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        let found = Crate::read(&folder, "probe");
        fs::remove_dir_all(folder).unwrap();
        found
    }

    fn arrows(found: &Crate, parent: &[&str]) -> Vec<String> {
        let parent: Segments = parent.iter().map(|segment| (*segment).to_owned()).collect();
        let arrows = found.arrows().remove(&parent).unwrap_or_default();
        arrows.into_iter().filter(|(from, to)| from != to).map(|(from, to)| format!("{from} > {to}")).collect()
    }

    #[test]
    fn names_are_found_where_they_are_defined() {
        let found = read(&[
            (
                "lib.rs",
                "mod a; mod b; mod c; pub use b::Thing; pub use c::*; #[cfg(test)] #[path = \"odd.rs\"] mod tests;",
            ),
            ("a.rs", "use crate::{Thing, Other as One}; fn f() { let _ = One; }"),
            ("b/mod.rs", "mod inner; pub use inner::Thing;"),
            ("b/inner.rs", "pub struct Thing; fn f() -> String { format!(\"{:?}\", super::super::c::Other) }"),
            ("c.rs", "#[derive(Debug)] pub struct Other; // crate::a is named in a comment only"),
            ("odd.rs", "use crate::a;"),
        ]);
        assert_eq!(arrows(&found, &[]), ["a > b", "a > c", "b > c"]);
        assert_eq!((found.modules.len(), found.files.len()), (5, 6), "the test module is a file and no module");
    }

    #[test]
    fn what_stands_behind_a_test_module_is_read() {
        let text = "#[cfg(test)] mod tests { use crate::a; } fn f() { crate::b::f(); }";
        let found =
            read(&[("lib.rs", "mod a; mod b; mod c;"), ("a.rs", ""), ("b.rs", "pub fn f() {}"), ("c.rs", text)]);
        assert_eq!(arrows(&found, &[]), ["c > b"]);
    }

    #[test]
    fn one_s_own_modules_and_texts_in_macros_are_seen() {
        let d = "mod low { pub fn f() {} } mod high { pub async fn f() { super::low::f(); println!(\"A_REASON\"); } }";
        let found = read(&[("lib.rs", "mod d;"), ("d.rs", d)]);
        assert_eq!(arrows(&found, &["d"]), ["high > low"]);
        let high = &found.modules[&vec!["d".to_owned(), "high".to_owned()]].names;
        assert!(high.is_async && high.texts.contains("A_REASON"), "{high:?}");
    }
}
