//! What calls of this user have written, kept between runs of `quittance call`: each sees what the one before it wrote.

use std::{env, fs, path::PathBuf, time::Duration};

use quittance_kernel::TenantId;
use quittance_runtime::written::{Writes, Written};
use sha2::{Digest as _, Sha256};

/// Where it is kept, of a server and a tenant; `None` for a user without a home.
fn file(server: &str, tenant: TenantId) -> Option<PathBuf> {
    let name = hex::encode(Sha256::digest(format!("{server} {tenant}")));
    Some(env::home_dir()?.join(".local/state/quittance").join(format!("written-{}", name.get(..16)?)))
}

/// How long it is remembered: after that everybody has read it, or another server is at the address.
const REMEMBERED: Duration = Duration::from_mins(1);

/// What was written just before; nothing if that cannot be read.
pub(crate) fn load(server: &str, tenant: TenantId) -> Writes {
    let writes = Writes::default();
    let is_recent = |file: &PathBuf| {
        let age = fs::metadata(file).and_then(|data| data.modified()).map(|modified| modified.elapsed());
        matches!(age, Ok(Ok(age)) if age < REMEMBERED)
    };
    let kept = file(server, tenant).filter(is_recent).and_then(|file| fs::read_to_string(file).ok());
    if let Some(written) = kept.and_then(|kept| Written::parse(kept.trim())) {
        writes.extend(&written);
    }
    writes
}

/// Keeps what was written. A call does not fail because this does.
pub(crate) fn keep(server: &str, tenant: TenantId, writes: &Writes) {
    let Some(file) = file(server, tenant) else { return };
    let written = writes.get();
    let kept = if written.is_empty() {
        fs::remove_file(&file)
    } else {
        let folder = file.parent().map_or(Ok(()), fs::create_dir_all);
        folder.and_then(|()| fs::write(&file, written.to_string()))
    };
    if let Err(error) = kept {
        tracing::debug!(%error, file = %file.display(), "what was written is not remembered");
    }
}
