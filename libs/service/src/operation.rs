//! Operations: what mutating calls do.

use crate::{Settings, Write};

/// The error type of an operation's service.
pub(crate) type ErrorOf<S> = <S as Settings>::Error;

/// A mutating call or a job: its type is the command, its function does the work. The fields of a call's command, in their
/// order, are hashed to compare repeated requests.
pub trait Operation: Send + Sync + Sized + 'static {
    /// The RPC's name, also used in spans and metrics.
    const NAME: &'static str;
    /// Whether it is refused if the tenant does not exist. Default: true.
    const NEEDS_TENANT: bool = true;
    /// The service's settings of a tenant.
    type Settings: Settings;
    /// What it made or changed.
    type Output: Send;

    /// Loads and locks, decides, saves, publishes. An error rolls it all back.
    fn run(
        &self,
        w: &mut Write<'_, Self::Settings>,
    ) -> impl Future<Output = Result<Self::Output, ErrorOf<Self::Settings>>> + Send;

    /// The error for a violated database constraint; `None` when the command must not violate it.
    fn on_constraint(&self, _constraint: &str) -> Option<ErrorOf<Self::Settings>> {
        None
    }
}

/// A result per command, in their order, or the error that failed the whole batch.
pub type Batch<O, E> = Result<Vec<Result<O, E>>, E>;

/// A frequent mutating call: its statements are written for many commands of one tenant.
pub trait BatchOperation: Send + Sync + Sized + 'static {
    /// The RPC's name, also used in spans and metrics.
    const NAME: &'static str;
    /// The service's settings of a tenant.
    type Settings: Settings;
    /// What one command made or changed.
    type Output: Send;

    /// As [`Operation::run`], for a batch of one or many: a refused command is refused alone, and writes nothing. An error fails the whole batch:
    /// it is rolled back. After a violated constraint, each command is run again in its own batch.
    fn run(
        w: &mut Write<'_, Self::Settings>,
        commands: &[&Self],
    ) -> impl Future<Output = Batch<Self::Output, ErrorOf<Self::Settings>>> + Send;

    /// The error for a database constraint violated by a command in its own batch; `None` when the command must not violate it.
    fn on_constraint(&self, _constraint: &str) -> Option<ErrorOf<Self::Settings>> {
        None
    }
}
