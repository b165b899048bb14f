//! Writes the golden bytes of every example that has none yet, and the examples of `docs/events.md`. What is there is never changed.

use quittance_contract::{documentation, golden};

fn main() -> anyhow::Result<()> {
    let pool = golden::contract()?;
    for area in golden::AREAS {
        for example in area.examples()? {
            if example.write_missing(&pool)? {
                println!("wrote {}", example.bytes_path().display());
            }
        }
    }
    documentation::write(&pool)
}
