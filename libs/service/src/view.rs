//! Views of resources in the responses of batches (<https://google.aip.dev/157>).

use quittance_db::StorableResponse;
use quittance_grpc::MAX_RESPONSE_BYTES;
use quittance_proto::common::v1::View;

use crate::CommonError;

/// A resource as a response has it, whole or in its basic view.
#[derive(Debug, Clone, PartialEq)]
pub struct Viewed<M> {
    /// The resource.
    pub resource: M,
    /// Whether it is the basic view.
    pub is_basic: bool,
}

impl<M> Viewed<M> {
    /// The whole resource.
    pub fn full(resource: M) -> Self {
        Self { resource, is_basic: false }
    }

    /// Its basic view.
    pub fn basic(resource: M) -> Self {
        Self { resource, is_basic: true }
    }
}

impl<M: prost::Message + Default + Clone> StorableResponse for Viewed<M> {
    fn to_bytes(&self) -> Vec<u8> {
        self.resource.encode_to_vec()
    }

    fn from_bytes(bytes: &[u8], is_basic: bool) -> Result<Self, String> {
        let resource = M::decode(bytes).map_err(|error| error.to_string())?;
        Ok(Self { resource, is_basic })
    }

    fn is_basic(&self) -> bool {
        self.is_basic
    }

    fn size(&self) -> usize {
        self.resource.encoded_len()
    }
}

/// The views of an operation's output.
#[derive(Debug)]
pub struct Views<O, M> {
    /// The resource in its basic view.
    pub basic: fn(&O) -> Viewed<M>,
    /// The whole resource.
    pub full: fn(&O) -> Viewed<M>,
    /// Leaves out of a whole resource what its basic view has not.
    pub strip: fn(&mut M),
}

/// Refuses a response whose resources have too many bytes.
pub fn response_fits<'a, M: StorableResponse + 'a>(resources: impl Iterator<Item = &'a M>) -> Result<(), CommonError> {
    let bytes = resources.map(StorableResponse::size).sum();
    if bytes > MAX_RESPONSE_BYTES {
        return Err(CommonError::ResponseTooLarge { bytes, room: MAX_RESPONSE_BYTES });
    }
    Ok(())
}

impl<O, M> Views<O, M> {
    /// A whole resource in the view that is wanted of a batch.
    pub fn show(&self, view: View, mut whole: M) -> M {
        if view != View::Full {
            (self.strip)(&mut whole);
        }
        whole
    }
}

impl<O, M: Clone> Views<O, M> {
    /// The resources in the view that is wanted. A request may have been made before with another view: what is whole is stripped, and what
    /// is not is returned, with its place, to be read.
    pub(crate) fn fit<E>(&self, view: View, results: &mut [Result<Viewed<M>, E>]) -> Vec<(usize, M)> {
        let is_full = view == View::Full;
        let mut to_read = Vec::new();
        for (place, result) in results.iter_mut().enumerate() {
            let Ok(viewed) = result else { continue };
            if is_full && viewed.is_basic {
                to_read.push((place, viewed.resource.clone()));
            } else if !is_full && !viewed.is_basic {
                (self.strip)(&mut viewed.resource);
            }
        }
        to_read
    }
}
