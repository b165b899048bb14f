//! The folders of a server's data and socket.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, Permissions};
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::Error;
use crate::account::Account;

/// The folder of our data if we are root: the user `postgres` may not reach root's folders.
const ROOT_DATA: &str = "/var/lib/quittance";

/// The longest path of a socket's folder: its path has at most 107 bytes, of which `/.s.PGSQL.65535.lock` takes 20.
const SOCKET_FOLDER_BYTES: usize = 87;

/// The data folder of the server of `folder`: `/var/lib/quittance/<name>-<hash>` when we are root, as PostgreSQL
/// then runs as another user, and `<folder>/postgres` otherwise. The folder itself need not exist.
///
/// # Errors
/// [`Error::Io`] when the current folder is unknown.
pub fn data_folder(folder: &Path) -> Result<PathBuf, Error> {
    let absolute = resolve(folder)?;
    if !nix::unistd::Uid::effective().is_root() {
        return Ok(absolute.join("postgres"));
    }
    let name: String = absolute
        .file_name()
        .unwrap_or(OsStr::new("root"))
        .to_string_lossy()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '_' })
        .take(32)
        .collect();
    Ok(Path::new(ROOT_DATA).join(format!("{name}-{}", short_hash(&absolute))))
}

/// The absolute path without symbolic links, the same before and after its last folders are made.
fn resolve(folder: &Path) -> Result<PathBuf, Error> {
    let absolute = std::path::absolute(folder).map_err(Error::io("resolve", folder))?;
    let mut resolved = PathBuf::new();
    for part in absolute.components() {
        match part {
            Component::ParentDir => {
                resolved.pop();
            }
            other => resolved.push(other),
        }
        if let Ok(real) = resolved.canonicalize() {
            resolved = real;
        }
    }
    Ok(resolved)
}

/// Eight hexadecimal digits that stay the same for a path.
fn short_hash(path: &Path) -> String {
    hex::encode(&Sha256::digest(path.as_os_str().as_bytes())[..4])
}

/// Makes the data folder if need be, as one that only the server's user can enter.
pub(crate) fn make_data_folder(data: &Path, account: Account) -> Result<(), Error> {
    if let Some(parent) = data.parent() {
        let is_new = !parent.exists();
        fs::create_dir_all(parent).map_err(Error::io("make", parent))?;
        if is_new && account.is_other() {
            // The server's user must reach its own folder, whatever our umask is.
            fs::set_permissions(parent, Permissions::from_mode(0o711)).map_err(Error::io("open up", parent))?;
        }
    }
    make_private(data, account)
}

/// The folder of the socket for the server with this data: short and stable.
pub(crate) fn make_socket_folder(data: &Path, account: Account) -> Result<PathBuf, Error> {
    let name = format!("quittance-{}", short_hash(data));
    // The user's runtime folder, if there is one; not for root, whose server runs as another user.
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").filter(|_| !account.is_other()).map(PathBuf::from);
    let usable = |base: &PathBuf| {
        base.is_absolute()
            && base.as_os_str().len() + 1 + name.len() <= SOCKET_FOLDER_BYTES
            && fs::metadata(base).is_ok_and(|found| found.is_dir() && found.uid() == account.uid())
    };
    let folder = runtime.filter(usable).unwrap_or_else(|| PathBuf::from("/tmp")).join(name);
    make_private(&folder, account)?;
    Ok(folder)
}

/// Makes a new folder under `/tmp` for a scratch server, its socket included.
pub(crate) fn make_scratch_folder(account: Account) -> Result<PathBuf, Error> {
    let mut attempt = 0_u32;
    loop {
        let folder = PathBuf::from(format!("/tmp/quittance-scratch-{}-{attempt}", std::process::id()));
        match DirBuilder::new().mode(0o700).create(&folder) {
            Ok(()) => {
                account.give(&folder)?;
                return Ok(folder);
            }
            // Ours for another server, or left by a process whose number was ours.
            Err(error) if error.kind() == ErrorKind::AlreadyExists && attempt < 10_000 => attempt += 1,
            Err(error) => return Err(Error::io("make", &folder)(error)),
        }
    }
}

/// Creates or checks a folder that only the server's user can enter; refuses one of another user.
fn make_private(folder: &Path, account: Account) -> Result<(), Error> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(Error::io("make", folder)(error)),
    }
    // Not through a symbolic link, which another user may have created.
    let found = fs::symlink_metadata(folder).map_err(Error::io("look at", folder))?;
    let left_by_us = account.is_other() && found.uid() == 0;
    if !found.is_dir() || !(found.uid() == account.uid() || left_by_us) {
        return Err(Error::NotOurs { folder: folder.to_owned() });
    }
    fs::set_permissions(folder, Permissions::from_mode(0o700)).map_err(Error::io("close", folder))?;
    account.give(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_name() {
        let plain = data_folder(Path::new("/tmp/no such folder/books")).unwrap();
        assert_eq!(data_folder(Path::new("/tmp/no such folder/x/../books/")).unwrap(), plain);
        assert_ne!(data_folder(Path::new("/tmp/another/books")).unwrap(), plain);
    }

    /// A server of an older program, and its data where root starts it, are found by this name.
    #[test]
    fn the_name_of_a_folder_is_what_it_always_was() {
        assert_eq!(short_hash(Path::new("/var/lib/quittance/books")), "d6d3e1a0");
    }
}
