//! Writes the golden bytes of every example that has none yet, and what is generated in `docs`: the examples of `events.md`, `asyncapi.json`, `schemas` and
//! `openapi.json`. Golden bytes that are there are never changed.

use quittance_contract::{documentation, golden, openapi};

fn main() -> anyhow::Result<()> {
    let pool = golden::contract()?;
    for area in golden::AREAS {
        for example in area.examples()? {
            if example.write_missing(&pool)? {
                println!("wrote {}", example.bytes_path().display());
            }
        }
    }
    documentation::write(&pool)?;
    openapi::write()
}
