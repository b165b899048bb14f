//! Writes the golden bytes of every example that has none yet (what is there is never changed), the examples of `docs/events.md`, and `docs/openapi.json`.

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
