//! What a mutating call does.

use crate::{Settings, Write};

/// The error of an operation's service.
pub(crate) type ErrorOf<S> = <S as Settings>::Error;

/// A mutating call, or what a job does: its type is the command, its function all that is its own. The fields of a call's command, in their
/// order, are what a repeated request is compared by.
pub trait Operation: Send + Sync + Sized + 'static {
    /// The RPC's name; also of its span and in its metrics.
    const NAME: &'static str;
    /// Whether it is refused where the service does not know the tenant.
    const NEEDS_TENANT: bool = true;
    /// What the service knows of a tenant.
    type Settings: Settings;
    /// What it made or changed.
    type Output: Send;

    /// Loads and locks, decides, saves, publishes. An error undoes all of it.
    fn run(
        &self,
        w: &mut Write<'_, Self::Settings>,
    ) -> impl Future<Output = Result<Self::Output, ErrorOf<Self::Settings>>> + Send;

    /// What a broken constraint of the database means for this command; `None` where it must not break.
    fn on_constraint(&self, _constraint: &str) -> Option<ErrorOf<Self::Settings>> {
        None
    }
}

/// A result per command, in their order, or why nothing of the batch was done.
pub type Batch<O, E> = Result<Vec<Result<O, E>>, E>;

/// A mutating call that is made often: its statements are written for many commands of one tenant.
pub trait BatchOperation: Send + Sync + Sized + 'static {
    /// The RPC's name; also of its span and in its metrics.
    const NAME: &'static str;
    /// What the service knows of a tenant.
    type Settings: Settings;
    /// What one command made or changed.
    type Output: Send;

    /// As [`Operation::run`], for a batch of one or many: a command that is refused is refused alone, and writes nothing. An error is for the whole batch:
    /// nothing of it stays. Where that is a broken constraint, each command is run again in a batch of its own.
    fn run(
        w: &mut Write<'_, Self::Settings>,
        commands: &[&Self],
    ) -> impl Future<Output = Batch<Self::Output, ErrorOf<Self::Settings>>> + Send;

    /// What a constraint of the database that a command breaks in a batch of its own means; `None` where it must not break.
    fn on_constraint(&self, _constraint: &str) -> Option<ErrorOf<Self::Settings>> {
        None
    }
}
