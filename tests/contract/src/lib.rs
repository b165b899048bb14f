//! What others build on, written down: the golden bytes of every event, and their place in the documentation.
//! The tests hold today's code against it, and against the databases and the contract as they landed last.

pub mod documentation;
pub mod golden;
