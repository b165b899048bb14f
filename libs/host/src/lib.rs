//! Runs services: the trait that each of them implements, its database and event stream, and the process around it. A process of one service and the suite of
//! all five use the same parts.

mod area;
mod config;
mod first_build;
mod frontend;
mod observe;
mod process;
mod run;
mod server_config;
mod service;

pub use area::Area;
pub use config::{Addresses, DatabaseConfig, ProcessConfig, ServiceConfig, database_url_problem};
pub use frontend::Frontend;
pub use process::{main, stop};
pub use run::{run_to_end, version};
pub use server_config::ServerConfig;
pub use service::{Histories, Parts, Peers, Reads, Service, Sources};
