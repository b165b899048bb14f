//! Bindings: which HTTP method and path is which method of the contract (`google.api.http`).

use http::Method;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor, ServiceDescriptor};

use crate::Template;

/// An HTTP method and a path for a method of the contract.
#[derive(Debug, Clone)]
pub struct Binding {
    rpc: MethodDescriptor,
    grpc_path: String,
    method: Method,
    template: Template,
    body: Body,
}

/// What the body of the HTTP request holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Nothing: fields are in the path and the query.
    Nothing,
    /// All fields but those in the path.
    Request,
    /// One field; the others are in the path and the query.
    Field(FieldDescriptor),
}

/// Why an annotation is no binding.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{rpc}: {why}")]
pub struct BadBinding {
    rpc: String,
    why: String,
}

impl Binding {
    /// The method of the contract.
    pub fn rpc(&self) -> &MethodDescriptor {
        &self.rpc
    }

    /// Its path in gRPC, for example `/quittance.invoicing.v1.InvoiceService/GetInvoice`.
    pub fn grpc_path(&self) -> &str {
        &self.grpc_path
    }

    /// The HTTP method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The path.
    pub fn template(&self) -> &Template {
        &self.template
    }

    /// What the body holds.
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// The field of a request that makes it repeatable, if it has one.
    pub fn request_id(&self) -> Option<FieldDescriptor> {
        self.rpc.input().get_field_by_name("request_id")
    }
}

/// The bindings of a service's methods. Those without the annotation have none.
pub fn bindings(service: &ServiceDescriptor) -> Result<Vec<Binding>, BadBinding> {
    let annotated = service.methods().filter_map(|rpc| {
        let rule = Rule::of(&rpc)?;
        Some(read(&rpc, &rule).map_err(|why| BadBinding { rpc: rpc.full_name().to_owned(), why }))
    });
    annotated.collect()
}

/// The parts of a `google.api.HttpRule` that the contract uses.
struct Rule {
    method: Method,
    path: String,
    body: String,
    /// The names of parts that are set and not supported.
    others: Vec<String>,
}

impl Rule {
    /// `None` for a method without the annotation.
    fn of(rpc: &MethodDescriptor) -> Option<Self> {
        let extension = rpc.parent_pool().get_extension_by_name("google.api.http")?;
        let options = rpc.options();
        if !options.has_extension(&extension) {
            return None;
        }
        let rule = options.get_extension(&extension);
        let mut read = Self { method: Method::TRACE, path: String::new(), body: String::new(), others: Vec::new() };
        for (field, value) in rule.as_message()?.fields() {
            let text = value.as_str().unwrap_or_default();
            let method = match field.name() {
                "get" => Method::GET,
                "post" => Method::POST,
                "patch" => Method::PATCH,
                "delete" => Method::DELETE,
                "body" => {
                    text.clone_into(&mut read.body);
                    continue;
                }
                other => {
                    read.others.push(other.to_owned());
                    continue;
                }
            };
            read.method = method;
            text.clone_into(&mut read.path);
        }
        Some(read)
    }
}

fn read(rpc: &MethodDescriptor, rule: &Rule) -> Result<Binding, String> {
    if !rule.others.is_empty() {
        return Err(format!("{} of google.api.HttpRule is not supported", rule.others.join(", ")));
    }
    if rpc.is_client_streaming() || rpc.is_server_streaming() {
        return Err("a stream has no binding".to_owned());
    }
    let template = Template::parse(&rule.path).map_err(|bad| bad.to_string())?;
    let body = match rule.body.as_str() {
        "" => Body::Nothing,
        "*" => Body::Request,
        name => {
            let field = rpc.input().get_field_by_name(name).filter(is_one_message);
            Body::Field(field.ok_or_else(|| format!("the body {name} is not a field with one message"))?)
        }
    };
    for variable in template.variables() {
        let field = field_at(&rpc.input(), variable).ok_or_else(|| format!("there is no field {variable}"))?;
        if field.kind() != Kind::String || field.is_list() {
            return Err(format!("{variable} is not a text"));
        }
    }
    let grpc_path = format!("/{}/{}", rpc.parent_service().full_name(), rpc.name());
    Ok(Binding { rpc: rpc.clone(), grpc_path, method: rule.method.clone(), template, body })
}

fn is_one_message(field: &FieldDescriptor) -> bool {
    matches!(field.kind(), Kind::Message(_)) && !field.is_list() && !field.is_map()
}

/// The field at a path of names separated by dots.
fn field_at(message: &MessageDescriptor, path: &str) -> Option<FieldDescriptor> {
    match path.split_once('.') {
        None => message.get_field_by_name(path),
        Some((first, rest)) => {
            let outer = message.get_field_by_name(first).filter(is_one_message)?;
            field_at(outer.kind().as_message()?, rest)
        }
    }
}
