//! The one program, as people run it: real processes, real PostgreSQL, all five services.

mod isolation;
mod program;
mod replay;
mod up;
