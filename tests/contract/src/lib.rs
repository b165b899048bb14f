//! What others build on, written down: the golden bytes of every event, and their place in the documentation; the schemas of events, the description of
//! all topics, and the OpenAPI document.
//! The tests hold today's code against it, and against the databases and the contract as they landed last.

pub mod asyncapi;
mod comments;
pub mod documentation;
pub mod golden;
pub mod headers;
pub mod openapi;
pub mod schema;
