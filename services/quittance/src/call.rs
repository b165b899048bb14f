//! `quittance call`: calls any method, by its descriptor. The JSON typed is the message.

use anyhow::{Context as _, bail};
use futures::{StreamExt as _, stream, stream::BoxStream};
use prost::Message as _;
use prost_reflect::{
    DescriptorPool, DeserializeOptions, DynamicMessage, MessageDescriptor, MethodDescriptor, SerializeOptions,
};
use quittance_grpc::{Client, ON_BEHALF_OF_KEY, TRACE_KEY};
use quittance_kernel::{Clock, RequestId};
use tonic::{
    Request, Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
};

use crate::output;

/// The descriptors of the contract.
pub(crate) fn pool() -> anyhow::Result<DescriptorPool> {
    Ok(quittance_proto::contract()?.clone())
}

/// Finds `Service/Method`; the service may be given in full or by its last name.
pub(crate) fn find_method(pool: &DescriptorPool, name: &str) -> anyhow::Result<MethodDescriptor> {
    let Some((service, method)) = name.trim_start_matches('/').rsplit_once('/') else {
        bail!("a method is named SERVICE/METHOD, for example InvoiceService/GetInvoice");
    };
    let services: Vec<_> = pool.services().filter(|s| s.full_name() == service || s.name() == service).collect();
    // LedgerService and its like may exist in several areas: their full names tell them apart.
    match services.as_slice() {
        [] => {
            let known: Vec<String> = pool.services().map(|s| s.full_name().to_owned()).collect();
            bail!("there is no service {service}; there are:\n  {}", known.join("\n  "))
        }
        [one] => one.methods().find(|m| m.name() == method).with_context(|| {
            let known: Vec<String> = one.methods().map(|m| m.name().to_owned()).collect();
            format!("{service} has no method {method}; it has {}", known.join(", "))
        }),
        several => {
            let names: Vec<&str> = several.iter().map(prost_reflect::ServiceDescriptor::full_name).collect();
            bail!("{service} is one of {}: name it in full", names.join(", "))
        }
    }
}

/// Reads a request; fills in a request id if the message has one and none is given.
pub(crate) fn read_request(method: &MethodDescriptor, json: &str) -> anyhow::Result<DynamicMessage> {
    let mut json = serde_json::Deserializer::from_str(json);
    let options = DeserializeOptions::new().deny_unknown_fields(true);
    let mut message = DynamicMessage::deserialize_with_options(method.input(), &mut json, &options)
        .with_context(|| format!("no {}", method.input().full_name()))?;
    json.end().context("there is more than one JSON value")?;
    fill_request_ids(&mut message);
    Ok(message)
}

fn fill_request_ids(message: &mut DynamicMessage) {
    use prost_reflect::{ReflectMessage as _, Value};
    let descriptor = message.descriptor();
    if let Some(field) = descriptor.get_field_by_name("request_id")
        && !message.has_field(&field)
    {
        message.set_field(&field, Value::String(RequestId::at(Clock::system().now()).to_string()));
    }
    if let Some(field) = descriptor.get_field_by_name("requests")
        && let Value::List(entries) = message.get_field_mut(&field)
    {
        for entry in entries {
            if let Value::Message(entry) = entry {
                fill_request_ids(entry);
            }
        }
    }
}

/// Calls a method, on behalf of a person if one is named, and prints its response as JSON: of a stream one message after the other. The outer error is that of
/// the output.
pub(crate) async fn call(
    client: Client,
    method: &MethodDescriptor,
    request: DynamicMessage,
    on_behalf_of: Option<&str>,
) -> anyhow::Result<Result<(), Status>> {
    let mut answers = match answers(client, method, request, on_behalf_of).await {
        Ok(answers) => answers,
        Err(status) => return Ok(Err(status)),
    };
    loop {
        match answers.next().await {
            Some(Ok(answer)) => output::line(to_json(&answer)?)?,
            Some(Err(status)) => return Ok(Err(status)),
            None => return Ok(Ok(())),
        }
    }
}

/// The messages of a response.
async fn answers(
    client: Client,
    method: &MethodDescriptor,
    request: DynamicMessage,
    on_behalf_of: Option<&str>,
) -> Result<BoxStream<'static, Result<DynamicMessage, Status>>, Status> {
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    let path = path.parse().map_err(|_| Status::internal("the method has no path"))?;
    let mut grpc = Grpc::new(client);
    grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
    let mut request = Request::new(request);
    if let Some(person) = on_behalf_of {
        let person =
            person.parse().map_err(|_| Status::invalid_argument("a person is named by printable characters"))?;
        request.metadata_mut().insert(ON_BEHALF_OF_KEY, person);
    }
    let codec = DynamicCodec { answer: method.output() };
    if method.is_server_streaming() {
        return Ok(grpc.server_streaming(request, path, codec).await?.into_inner().boxed());
    }
    let answer = grpc.unary(request, path, codec).await?.into_inner();
    Ok(stream::iter([Ok(answer)]).boxed())
}

fn to_json(message: &DynamicMessage) -> anyhow::Result<String> {
    let mut out = serde_json::Serializer::pretty(Vec::new());
    message.serialize_with_options(
        &mut out,
        &SerializeOptions::new().use_proto_field_name(true).skip_default_fields(false),
    )?;
    Ok(String::from_utf8(out.into_inner())?)
}

/// A failed call for people: code, reason, sentence, and every detail.
pub(crate) fn describe(status: &Status) -> String {
    let reason = quittance_grpc::error_info(status).map(|info| info.reason).unwrap_or_default();
    let details = pool().ok().and_then(|pool| details_json(&pool, status)).unwrap_or_default();
    let trace = status.metadata().get(TRACE_KEY).and_then(|trace| trace.to_str().ok());
    let trace = trace.map(|trace| format!("\ntrace {trace}")).unwrap_or_default();
    format!("{:?} {reason}: {}{details}{trace}", status.code(), status.message())
}

fn details_json(pool: &DescriptorPool, status: &Status) -> Option<String> {
    let descriptor = pool.get_message_by_name("google.rpc.Status")?;
    let decoded = DynamicMessage::decode(descriptor, status.details()).ok()?;
    let json: serde_json::Value = serde_json::from_str(&to_json(&decoded).ok()?).ok()?;
    let details = json.get("details")?;
    Some(format!("\n{}", serde_json::to_string_pretty(details).ok()?))
}

/// Messages by descriptor on tonic's wire.
#[derive(Debug, Clone)]
struct DynamicCodec {
    answer: MessageDescriptor,
}

impl Codec for DynamicCodec {
    type Encode = DynamicMessage;
    type Decode = DynamicMessage;
    type Encoder = DynamicEncoder;
    type Decoder = DynamicDecoder;

    fn encoder(&mut self) -> DynamicEncoder {
        DynamicEncoder
    }

    fn decoder(&mut self) -> DynamicDecoder {
        DynamicDecoder(self.answer.clone())
    }
}

#[derive(Debug)]
struct DynamicEncoder;

impl Encoder for DynamicEncoder {
    type Item = DynamicMessage;
    type Error = Status;

    fn encode(&mut self, item: DynamicMessage, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        item.encode(buffer).map_err(|error| Status::internal(error.to_string()))
    }
}

#[derive(Debug)]
struct DynamicDecoder(MessageDescriptor);

impl Decoder for DynamicDecoder {
    type Item = DynamicMessage;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<DynamicMessage>, Status> {
        let message =
            DynamicMessage::decode(self.0.clone(), buffer).map_err(|error| Status::internal(error.to_string()))?;
        Ok(Some(message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_found_by_its_last_name_and_a_wrong_one_lists_the_right_ones() {
        let pool = pool().unwrap();
        assert_eq!(
            find_method(&pool, "InvoiceService/GetInvoice").unwrap().full_name(),
            "quittance.invoicing.v1.InvoiceService.GetInvoice"
        );
        assert!(find_method(&pool, "quittance.invoicing.v1.InvoiceService/GetInvoice").is_ok());
        assert!(find_method(&pool, "InvoiceService/Get").unwrap_err().to_string().contains("GetInvoice"));
        assert!(find_method(&pool, "Nothing/Get").unwrap_err().to_string().contains("InvoiceService"));
    }

    #[test]
    fn request_ids_are_filled_in_and_unknown_fields_refused() {
        let pool = pool().unwrap();
        let method = find_method(&pool, "InvoiceService/BatchIssueInvoices").unwrap();
        let message = read_request(&method, r#"{"requests": [{"invoice_id": "x"}, {"request_id": "given"}]}"#).unwrap();
        let json = to_json(&message).unwrap();
        assert_eq!(json.matches("request_id").count(), 2);
        assert!(json.contains("\"given\""));
        assert!(read_request(&method, r#"{"wrong": 1}"#).is_err());
    }
}
