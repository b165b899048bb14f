//! What runs a service: the trait that each of them implements, its store and stream, and the process around it. A process of one service and the suite of
//! all five are made of the same parts.

mod area;
mod config;
mod observe;
mod process;
mod service;

pub use area::Area;
pub use config::{DatabaseConfig, ServiceConfig};
pub use process::main;
pub use service::{Histories, Parts, Peers, Service, Sources};
