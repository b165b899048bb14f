//! Generates the Rust code of the contract in `proto/`, with a compiler in Rust: no protoc needed.

use std::{
    collections::BTreeSet,
    env,
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use heck::{ToSnakeCase, ToUpperCamelCase};
use prost_reflect::{Cardinality, DescriptorPool, FieldDescriptor, Kind, MessageDescriptor};

fn main() -> Result<(), Box<dyn Error>> {
    let crate_folder = env::var_os("CARGO_MANIFEST_DIR").ok_or("cargo sets CARGO_MANIFEST_DIR")?;
    let root = PathBuf::from(crate_folder).join("../../proto");
    println!("cargo:rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    files.sort();
    let mut compiler = protox::Compiler::new([&root])?;
    compiler.include_imports(true).include_source_info(true).open_files(&files)?;
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    fs::write(out.join("quittance.bin"), compiler.encode_file_descriptor_set())?;
    fs::write(out.join("requests.rs"), requests(&compiler.descriptor_pool()))?;
    fs::write(out.join("events.rs"), events(&compiler.descriptor_pool()))?;
    tonic_prost_build::configure()
        // Equal messages have equal bytes.
        .btree_map(".")
        .extern_path(".google.rpc", "::tonic_types::pb")
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}

/// The implementations of `RequestMessage`, `Mutating` and `Listing` for the messages of requests.
fn requests(pool: &DescriptorPool) -> String {
    let mut messages = BTreeSet::new();
    for method in pool.services().flat_map(|service| service.methods().collect::<Vec<_>>()) {
        reach(method.input(), &mut messages);
    }
    let mut code = String::new();
    for message in messages.iter().filter_map(|name| pool.get_message_by_name(name)) {
        let path = rust_path(message.parent_file().package_name(), message.name());
        let checks: String = message.fields().filter_map(|field| check(&field)).collect();
        let body = if checks.is_empty() { String::new() } else { unknown_enums(&checks) };
        let _ = writeln!(code, "impl RequestMessage for {path} {{{body}}}");
        if message.name().ends_with("Request") && message.get_field_by_name("request_id").is_some() {
            let take = "fn take_request_id(&mut self) -> String { std::mem::take(&mut self.request_id) }";
            let _ = writeln!(code, "impl Mutating for {path} {{ {take} }}");
        }
        if message.get_field_by_name("update_mask").is_some() {
            let resources = message.fields().filter_map(|field| field.kind().as_message().cloned());
            let resources = resources.filter(|resource| resource.full_name().starts_with("quittance."));
            code.extend(resources.map(|resource| populated(&resource)));
        }
        if message.get_field_by_name("page_token").is_some() {
            let take = "fn take_page(&mut self) -> (i32, String) { \
                        (std::mem::take(&mut self.page_size), std::mem::take(&mut self.page_token)) }";
            let name = format!("const NAME: &'static str = \"{}\";", message.full_name());
            let _ = writeln!(code, "impl Listing for {path} {{ {name} {take} }}");
        }
    }
    code
}

/// The implementation of `Resource` for a message that is changed with an update mask.
fn populated(resource: &MessageDescriptor) -> String {
    let path = rust_path(resource.parent_file().package_name(), resource.name());
    let mut checks = String::new();
    for field in resource.fields() {
        let name = field.name();
        let is_given = match field.kind() {
            Kind::Message(_) if !field.is_list() && !field.is_map() => format!("self.{name}.is_some()"),
            Kind::Bool if !field.is_list() => format!("self.{name}"),
            Kind::Enum(_) | Kind::Int32 | Kind::Int64 if !field.is_list() => format!("self.{name} != 0"),
            _ => format!("!self.{name}.is_empty()"),
        };
        let _ = writeln!(checks, "        if {is_given} {{ found.push(\"{name}\"); }}");
    }
    let body = format!("        let mut found = Vec::new();\n{checks}        found\n");
    format!("impl Resource for {path} {{\n    fn populated(&self) -> Vec<&'static str> {{\n{body}    }}\n}}\n")
}

/// The table of events, and the implementations of `AreaEvent` for the messages that they are stored in.
fn events(pool: &DescriptorPool) -> String {
    let (mut table, mut implementations) = (String::new(), String::new());
    let areas = pool.all_messages().filter(|message| message.parent_file().name().ends_with("/events.proto"));
    for area in areas.filter(|message| message.get_field_by_name("payload").is_none() && message.oneofs().len() == 1) {
        let path = rust_path(area.parent_file().package_name(), area.name());
        let name = area.full_name();
        let _ = writeln!(implementations, "impl AreaEvent for {path} {{ const NAME: &'static str = \"{name}\"; }}");
        for field in area.fields() {
            let Kind::Message(event) = field.kind() else { panic!("{} is not a message", field.full_name()) };
            let (collection, ids) = subject(&event);
            let (event, number) = (event.full_name(), field.number());
            let _ = writeln!(
                table,
                "EventType {{ name: \"{event}\", area: \"{name}\", field: {number}, collection: \"{collection}\", id: &{ids:?} }},",
            );
        }
    }
    format!("const EVENTS: &[EventType] = &[\n{table}];\n{implementations}")
}

/// The collection of an event's subject, and the numbers of the fields that lead to its id; none if a tenant has one such resource.
fn subject(event: &MessageDescriptor) -> (String, Vec<u32>) {
    let option = event
        .parent_pool()
        .get_extension_by_name("quittance.common.v1.subject")
        .unwrap_or_else(|| panic!("the option is declared"));
    let options = event.options();
    let template = options.get_extension(&option).as_str().map(str::to_owned).unwrap_or_default();
    if !template.is_empty() && template.chars().all(char::is_alphanumeric) {
        return (template, Vec::new());
    }
    let parts = template.strip_suffix('}').and_then(|template| template.split_once("/{"));
    let (collection, path) = parts.unwrap_or_else(|| panic!("{} has no subject", event.full_name()));
    let mut message = Some(event.clone());
    let mut ids = Vec::new();
    for name in path.split('.') {
        let field = message.and_then(|message| message.get_field_by_name(name));
        let field =
            field.unwrap_or_else(|| panic!("{}: the subject names a field that is not there", event.full_name()));
        ids.push(field.number());
        message = field.kind().as_message().cloned();
    }
    (collection.to_owned(), ids)
}

/// Adds a message of ours and all that its fields hold.
fn reach(message: MessageDescriptor, found: &mut BTreeSet<String>) {
    if message.is_map_entry()
        || !message.full_name().starts_with("quittance.")
        || !found.insert(message.full_name().to_owned())
    {
        return;
    }
    for field in message.fields() {
        if let Kind::Message(inner) = field.kind() {
            reach(inner, found);
        }
    }
}

fn rust_path(package: &str, name: &str) -> String {
    format!("crate::{}::{name}", package.trim_start_matches("quittance.").replace('.', "::"))
}

fn unknown_enums(checks: &str) -> String {
    format!(
        "\n    fn unknown_enums(&self) -> Vec<UnknownEnum> {{\n        let mut found = Vec::new();\n{checks}        found\n    }}\n"
    )
}

/// The statement that checks a field; `None` where it holds no enum, or is output only: what a caller sends back there has no effect.
fn check(field: &FieldDescriptor) -> Option<String> {
    if is_output_only(field) || !holds_enums(&field.kind(), &mut BTreeSet::new()) {
        return None;
    }
    let name = field.name();
    if let Some(choice) = field.containing_oneof() {
        assert!(matches!(field.kind(), Kind::Message(_)), "a choice of an enum: {}", field.full_name());
        let message = field.parent_message();
        let module = rust_path(message.package_name(), &message.name().to_snake_case());
        let variant = format!("{module}::{}::{}", choice.name().to_upper_camel_case(), name.to_upper_camel_case());
        return Some(format!(
            "        if let Some({variant}(chosen)) = &self.{} {{\n            within(&mut found, \"{name}\", Some(chosen));\n        }}\n",
            choice.name()
        ));
    }
    let is_repeated = field.cardinality() == Cardinality::Repeated;
    let statement = match field.kind() {
        Kind::Enum(values) => {
            let path = rust_path(values.parent_file().package_name(), values.name());
            if is_repeated {
                format!("each_value::<{path}>(&mut found, \"{name}\", &self.{name});")
            } else {
                format!("value::<{path}>(&mut found, \"{name}\", self.{name});")
            }
        }
        _ if is_repeated => format!("each(&mut found, \"{name}\", &self.{name});"),
        _ => format!("within(&mut found, \"{name}\", self.{name}.as_ref());"),
    };
    Some(format!("        {statement}\n"))
}

fn holds_enums(kind: &Kind, seen: &mut BTreeSet<String>) -> bool {
    match kind {
        Kind::Enum(values) => values.full_name().starts_with("quittance."),
        Kind::Message(message) if message.full_name().starts_with("quittance.") => {
            seen.insert(message.full_name().to_owned())
                && message.fields().any(|field| !is_output_only(&field) && holds_enums(&field.kind(), seen))
        }
        _ => false,
    }
}

/// Whether the option `google.api.field_behavior` says so.
fn is_output_only(field: &FieldDescriptor) -> bool {
    let pool = field.parent_message().parent_pool().clone();
    let Some(behavior) = pool.get_extension_by_name("google.api.field_behavior") else { return false };
    let options = field.options();
    let values = options.get_extension(&behavior);
    let output_only = 3;
    values.as_list().is_some_and(|values| values.iter().any(|value| value.as_enum_number() == Some(output_only)))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|e| e == "proto") {
            files.push(path);
        }
    }
    Ok(())
}
