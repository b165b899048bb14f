//! A private PostgreSQL server in a data folder: for `quittance up`, for `quittance replay` and for tests.
//!
//! [`PrivatePostgres`] keeps its data and outlives this process: the next start adopts it. [`ScratchPostgres`] ends with
//! this process, however that ends. Both listen on a unix socket only, in a private folder, and
//! trust every connection.
//!
//! Everything here blocks; asynchronous callers use `spawn_blocking`.

mod account;
mod binaries;
mod error;
mod folders;
mod lock;
mod postmaster;
mod private;
mod scratch;
mod server;
mod settings;

pub use binaries::Binaries;
pub use error::Error;
pub use folders::data_folder;
pub use private::PrivatePostgres;
pub use scratch::ScratchPostgres;
pub use server::Server;
pub use settings::{Durability, Options};

/// The superuser of every cluster created here.
pub const OWNER: &str = "quittance_owner";
