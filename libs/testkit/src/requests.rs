//! Requests written as JSON, and the hashes by which the request log knows them.

use std::{any::type_name, collections::BTreeSet};

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage};
use quittance_grpc::Violations;
use quittance_kernel::RequestId;
use quittance_proto::{FILE_DESCRIPTOR_SET, Mutating};

/// The id of every request here.
const REQUEST: &str = "018f4e2a-7d3b-7c55-9a86-3d1f0c2b4a59";

/// Requests of a package and the hashes of their commands, which are stored and so must stay what they were: a program that made others
/// would refuse the repetitions of requests that an older one has answered.
#[derive(Debug)]
pub struct KeptRequests {
    package: &'static str,
    /// Only the requests of this file.
    file: Option<&'static str>,
    pool: DescriptorPool,
    seen: BTreeSet<String>,
    wrong: Vec<String>,
}

impl KeptRequests {
    /// Of a package, for example `quittance.invoicing.v1`.
    pub fn of(package: &'static str) -> Self {
        let pool = DescriptorPool::decode(FILE_DESCRIPTOR_SET).expect("the descriptor set");
        Self { package, file: None, pool, seen: BTreeSet::new(), wrong: Vec::new() }
    }

    /// Of a file that several areas share, for example `quittance/common/v1/webhook.proto`.
    pub fn of_shared(file: &'static str) -> Self {
        Self { file: Some(file), ..Self::of("quittance.common.v1") }
    }

    /// A message as JSON is read into its command, whose hash must be this one, in hexadecimal digits.
    pub fn check<M, C>(&mut self, json: &str, hash: impl FnOnce(RequestId, C) -> [u8; 32], expected: &str)
    where
        M: Message + Default + Mutating,
        C: TryFrom<M, Error = Violations>,
    {
        let name = type_name::<M>().rsplit("::").next().unwrap_or_default().to_owned();
        let descriptor = self.pool.get_message_by_name(&format!("{}.{name}", self.package)).expect("of the package");
        let mut json = serde_json::Deserializer::from_str(json);
        let message = DynamicMessage::deserialize(descriptor, &mut json).unwrap_or_else(|e| panic!("{name}: {e}"));
        json.end().expect("one message");
        let message: M = message.transcode_to().expect("the same message");
        let command = C::try_from(message).unwrap_or_else(|bad| panic!("{name}: {bad:?}"));
        let hash = hash(RequestId::parse(REQUEST).expect("an id"), command);
        let hash = hex::encode(hash);
        if hash != expected {
            self.wrong.push(format!("{name}: {hash} instead of {expected}"));
        }
        self.seen.insert(name);
    }

    /// All hashes were as expected, and no request of the package is left out.
    pub fn finish(self) {
        assert!(self.wrong.is_empty(), "hashes of commands differ:\n{}", self.wrong.join("\n"));
        let all = self.pool.all_messages().filter(|message| message.package_name() == self.package);
        let all = all.filter(|message| self.file.is_none_or(|file| message.parent_file().name() == file));
        let requests = all.filter(|message| message.name().ends_with("Request"));
        let mutating = requests.filter(|message| message.get_field_by_name("request_id").is_some());
        let mutating: BTreeSet<String> = mutating.map(|message| message.name().to_owned()).collect();
        assert_eq!(self.seen, mutating, "every request that changes something");
    }
}
