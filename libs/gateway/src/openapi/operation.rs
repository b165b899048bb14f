//! One method of the contract as an operation of the document.

use std::collections::BTreeSet;

use http::Method;
use prost_reflect::{FieldDescriptor, MessageDescriptor};
use quittance_proto::{Access, access};
use serde_json::{Map, Value as Json, json};

use super::{
    comments::{Comments, MethodComment},
    schema::{Behavior, Schemas},
};
use crate::{Binding, Body, Segment, json::is_value};

/// How deep a field may lie that is given by a parameter.
const DEEPEST: usize = 3;

/// One method of the contract.
pub(super) struct Operation<'a> {
    binding: &'a Binding,
    comment: MethodComment<'a>,
}

impl<'a> Operation<'a> {
    pub(super) fn new(binding: &'a Binding, comments: &'a Comments) -> Self {
        let rpc = binding.rpc();
        let comment = comments.of(rpc.parent_file().name(), rpc.path());
        Self { binding, comment: MethodComment::parse(comment) }
    }

    /// The path, with the names of variables as JSON has them.
    pub(super) fn path(&self) -> String {
        let mut path = String::new();
        for segment in self.binding.template().segments() {
            path.push('/');
            match segment {
                Segment::Literal(text) => path += text,
                Segment::Variable(field) => {
                    let name = self.variable(field).1;
                    path.extend(["{", &name, "}"]);
                }
            }
        }
        if let Some(verb) = self.binding.template().verb() {
            path = format!("{path}:{verb}");
        }
        path
    }

    /// The field of a variable, and its name in the document.
    fn variable(&self, path: &str) -> (Option<FieldDescriptor>, String) {
        let mut message = Some(self.binding.rpc().input());
        let mut field = None;
        for name in path.split('.') {
            field = message.and_then(|message| message.get_field_by_name(name));
            message = field.as_ref().and_then(|field: &FieldDescriptor| field.kind().as_message().cloned());
        }
        let name = field.as_ref().map_or_else(|| path.to_owned(), |field| field.json_name().to_owned());
        (field, name)
    }

    pub(super) fn document(&self, schemas: &mut Schemas<'_>) -> Json {
        let rpc = self.binding.rpc();
        let service = rpc.parent_service();
        let scopes: Vec<&str> = match access(self.binding.grpc_path()) {
            Some(Access::Scope(scope)) => vec![scope],
            Some(Access::Open) | None => vec![],
        };
        let output = rpc.output();
        let answer = schemas.comments.of(output.parent_file().name(), output.path());
        let is_change = scopes.iter().any(|scope| scope.split_once('.').is_some_and(|(_, kind)| kind == "write"));
        let names = ["quittance-trace"].into_iter().chain(is_change.then_some("quittance-written"));
        let headers: Map<String, Json> =
            names.map(|name| (name.to_owned(), json!({"$ref": format!("#/components/headers/{name}")}))).collect();
        let ok = json!({
            "description": if answer.is_empty() { "Done." } else { answer },
            "headers": headers,
            "content": {"application/json": {"schema": schemas.message(&output)}},
        });
        let mut operation = json!({
            "operationId": format!("{}_{}", service.name(), rpc.name()),
            "tags": [service.name()],
            "summary": self.comment.summary,
            "description": self.comment.description,
            "security": [{"bearer": scopes}],
            "parameters": self.parameters(schemas),
            "responses": {"200": ok, "default": {"$ref": "#/components/responses/Error"}},
            "x-grpc-method": self.binding.grpc_path().trim_start_matches('/'),
            "x-reasons": self.comment.reasons,
        });
        if let Some(body) = self.body(schemas) {
            operation["requestBody"] = body;
        }
        operation
    }

    fn parameters(&self, schemas: &mut Schemas<'_>) -> Vec<Json> {
        let mut parameters = Vec::new();
        for path in self.binding.template().variables() {
            let (Some(field), name) = self.variable(path) else { continue };
            let description = schemas.comment(&field);
            let schema = schemas.field(&field);
            parameters.push(
                json!({"name": name, "in": "path", "required": true, "description": description, "schema": schema}),
            );
        }
        if *self.binding.body() != Body::Request {
            self.add_query(&self.binding.rpc().input(), &mut Vec::new(), schemas, &mut parameters);
        }
        let mut headers = vec!["tenant", "on-behalf-of", "after", "timeout", "traceparent"];
        if self.binding.request_id().is_some() {
            headers.insert(1, "idempotency-key");
        }
        parameters.extend(headers.iter().map(|name| json!({"$ref": format!("#/components/parameters/{name}")})));
        parameters
    }

    /// Adds a parameter for each field of a message that is neither in the body nor in the path.
    fn add_query(
        &self,
        message: &MessageDescriptor,
        outer: &mut Vec<FieldDescriptor>,
        schemas: &mut Schemas<'_>,
        parameters: &mut Vec<Json>,
    ) {
        for field in message.fields().filter(|field| !Behavior::OutputOnly.is_of(field)) {
            let is_body = matches!(self.binding.body(), Body::Field(body) if outer.is_empty() && *body == field);
            outer.push(field.clone());
            let joined = |name: fn(&FieldDescriptor) -> &str| outer.iter().map(name).collect::<Vec<_>>().join(".");
            let (name, json_name) = (joined(FieldDescriptor::name), joined(FieldDescriptor::json_name));
            let is_in_path = self.binding.template().variables().any(|variable| variable == name);
            let kind = field.kind();
            if !is_body && !is_in_path && field.is_map() {
                let (description, schema) = (schemas.comment(&field), schemas.field(&field));
                parameters.push(json!({
                    "name": json_name, "in": "query", "style": "deepObject", "explode": true, "description": description, "schema": schema,
                }));
            } else if !is_body && !is_in_path {
                if let Some(inner) = kind.as_message().filter(|inner| !is_value(inner)) {
                    if !field.is_list() && outer.len() < DEEPEST {
                        self.add_query(inner, outer, schemas, parameters);
                    }
                } else {
                    // The header may have the request's id.
                    let is_required = outer.iter().all(|field| Behavior::Required.is_of(field)) && name != "request_id";
                    let (description, schema) = (schemas.comment(&field), schemas.field(&field));
                    parameters.push(json!({
                        "name": json_name, "in": "query", "required": is_required, "description": description, "schema": schema,
                    }));
                }
            }
            outer.pop();
        }
    }

    fn body(&self, schemas: &mut Schemas<'_>) -> Option<Json> {
        let input = self.binding.rpc().input();
        let (schema, is_required) = match self.binding.body() {
            Body::Nothing => return None,
            Body::Request => {
                let without: BTreeSet<String> = self.binding.template().variables().map(str::to_owned).collect();
                let is_required =
                    |field: &FieldDescriptor| Behavior::Required.is_of(field) && field.name() != "request_id";
                let is_whole = without.is_empty() && self.binding.request_id().is_none();
                let any = input.fields().any(|field| is_required(&field) && !without.contains(field.name()));
                let schema =
                    if is_whole { schemas.message(&input) } else { schemas.object(&input, &without, is_required) };
                (schema, any)
            }
            Body::Field(field) => match field.kind().as_message() {
                // Only the fields to change are given.
                Some(message) if self.binding.method() == Method::PATCH => {
                    (schemas.object(message, &BTreeSet::new(), |_| false), true)
                }
                Some(message) => (schemas.message(message), true),
                None => return None,
            },
        };
        Some(json!({"required": is_required, "content": {"application/json": {"schema": schema}}}))
    }
}
