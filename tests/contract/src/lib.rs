//! What others build on, written down: the golden bytes of every event, their place in the documentation, and the OpenAPI document.
//! The tests hold today's code against it, and against the databases and the contract as they landed last.

pub mod documentation;
pub mod golden;
pub mod openapi;
