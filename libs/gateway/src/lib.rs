//! The contract over HTTP, by its descriptors alone: which path is which method (`google.api.http`), JSON to messages with everything that is wrong
//! with it, messages and errors to JSON, and the OpenAPI document. Pure: it serves nothing, `libs/grpc` does.

mod binding;
mod contract;
mod error;
mod json;
mod openapi;
mod problem;
mod query;
mod request;
mod response;
mod routes;
mod template;

pub use binding::{BadBinding, Binding, Body, bindings};
pub use contract::{BadContract, Contract, contract};
pub use error::{ErrorResponse, error_response};
pub use openapi::{in_paragraphs, openapi};
pub use problem::Problem;
pub use request::Call;
pub use response::BadResponse;
pub use routes::{Found, Routes};
pub use template::{BadTemplate, Segment, Template};
