//! The lock of a data folder.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::Error;

/// How often, 10 ms apart, to look for the name of a holder that has only just taken the lock.
const LOOKS: u32 = 20;

/// Held as long as the file is open: the kernel releases it when its process ends in any way.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock, or returns an error with the process that has it.
    pub(crate) fn take(path: &Path) -> Result<Self, Error> {
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(Error::io("open", path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::InUse { pid: holder(&mut file) }),
            Err(TryLockError::Error(source)) => return Err(Error::io("lock", path)(source)),
        }
        file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())).map_err(Error::io("write", path))?;
        Ok(Self { _file: file })
    }
}

/// The process named in the file, 0 when it names none.
fn holder(file: &mut File) -> u32 {
    for _ in 0..LOOKS {
        let mut text = String::new();
        let read = file.rewind().and_then(|()| file.read_to_string(&mut text));
        if let (Ok(_), Ok(pid)) = (read, text.trim().parse()) {
            return pid;
        }
        thread::sleep(Duration::from_millis(10));
    }
    0
}
