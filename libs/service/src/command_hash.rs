//! The hash by which repeated requests are compared.

use std::hash::{Hash, Hasher};

use quittance_kernel::RequestId;
use sha2::{Digest as _, Sha256};

/// SHA-256 over an operation's name, the request id and every field of the command.
pub type CommandHash = [u8; 32];

struct Sha(Sha256);

impl Hasher for Sha {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    // Unused: the whole digest is read.
    fn finish(&self) -> u64 {
        0
    }
}

/// The hash of a command, kept with its answer for as long as that is: the same command has the same one in every later version.
pub fn command_hash(name: &str, request: RequestId, command: &impl Hash) -> CommandHash {
    let mut sha = Sha(Sha256::new());
    name.hash(&mut sha);
    request.hash(&mut sha);
    command.hash(&mut sha);
    sha.0.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Hash)]
    struct Command {
        text: String,
        number: Option<u32>,
        rest: Vec<i64>,
    }

    fn command(text: &str) -> Command {
        Command { text: text.to_owned(), number: Some(7), rest: vec![1, -1] }
    }

    /// Hashes are stored: if they changed, retries of requests completed by an older version would be refused.
    #[test]
    fn a_hash_stays_what_it_was() {
        let request = RequestId::parse("018f4e2a-7d3b-7c55-9a86-3d1f0c2b4a59").unwrap();
        let hash = command_hash("IssueInvoice", request, &command("a"));
        assert_eq!(hex::encode(hash), "439ab5dfbfc4aedff31d79b5d7fe732f70af7e723187112deae713a76f63d5d9");
        assert_ne!(hash, command_hash("VoidInvoice", request, &command("a")));
        assert_ne!(hash, command_hash("IssueInvoice", request, &command("b")));
    }
}
