//! What all operations share: headers, the error, how callers show who they are.

use serde_json::{Value as Json, json};

use super::schema::Schemas;
use crate::{contract, error::CODES};

/// The details that errors have.
const DETAILS: [&str; 4] = ["ErrorInfo", "BadRequest", "PreconditionFailure", "RetryInfo"];

/// The components beside schemas; the schema of errors is added to those.
pub(super) fn components(schemas: &mut Schemas<'_>) -> Json {
    let messages = contract().ok().into_iter().flat_map(|contract| {
        DETAILS.iter().filter_map(|name| contract.pool().get_message_by_name(&format!("google.rpc.{name}")))
    });
    let details: Vec<Json> = messages.map(|message| schemas.message(&message)).collect();
    let names: Vec<&str> = CODES.iter().map(|(_, name, _)| *name).filter(|name| *name != "OK").collect();
    schemas.add(
        "Error",
        json!({
            "type": "object",
            "required": ["error"],
            "properties": {"error": {
                "type": "object",
                "description": "What went wrong. `details` has an `ErrorInfo` with a machine-readable reason, and every wrong field at once in a `BadRequest`.",
                "required": ["code", "status", "message", "details"],
                "properties": {
                    "code": {"type": "integer", "description": "The HTTP status."},
                    "status": {"type": "string", "description": "The code of google.rpc.", "enum": names},
                    "message": {"type": "string", "description": "A sentence for people."},
                    "details": {"type": "array", "items": {
                        "type": "object",
                        "required": ["@type"],
                        "properties": {"@type": {"type": "string", "description": "type.googleapis.com/ and the name of the message."}},
                        "anyOf": details,
                    }},
                },
            }},
        }),
    );
    let uuid = json!({"type": "string", "format": "uuid"});
    let text = json!({"type": "string"});
    json!({
        "securitySchemes": {"bearer": {
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "A token with the tenant, and with the scope that each operation names.",
        }},
        "parameters": {
            "tenant": header("quittance-tenant", true, "The tenant's id. The token must name it.", &uuid),
            "idempotency-key": header("Idempotency-Key", false,
                "The `requestId`, a UUID that the caller makes, where the request does not have it. One of them is required: the same request sent again has no second effect.", &uuid),
            "on-behalf-of": header("quittance-on-behalf-of", false,
                "The person that the caller acts for, 1 to 200 characters, which is kept beside the token's subject. Needs the scope `act-for`.", &text),
            "after": header("quittance-after", false, "What the call is to see: `quittance-written` of earlier responses.", &text),
            "timeout": header("grpc-timeout", false, "The deadline, for example `5S` or `500m` (milliseconds); at most two minutes.",
                &json!({"type": "string", "pattern": "^[0-9]{1,8}[HMSmun]$"})),
            "traceparent": header("traceparent", false, "The trace that the call belongs to (W3C).", &text),
        },
        "headers": {
            "quittance-trace": {"description": "The id under which logs and traces have the call.", "schema": text},
            "quittance-written": {"description": "What the call has written, for `quittance-after` of later calls.", "schema": text},
            "retry-after": {"description": "After how many seconds the call may be made again.", "schema": {"type": "integer"}},
        },
        "responses": {"Error": {
            "description": "An error.",
            "headers": {
                "quittance-trace": {"$ref": "#/components/headers/quittance-trace"},
                "retry-after": {"$ref": "#/components/headers/retry-after"},
            },
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
        }},
    })
}

fn header(name: &str, is_required: bool, description: &str, schema: &Json) -> Json {
    json!({"name": name, "in": "header", "required": is_required, "description": description, "schema": schema})
}
