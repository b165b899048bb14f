//! An orderly end: one signal that every loop and server listens to.

use tokio::sync::watch;

/// Tells everybody who holds a [`Shutdown`] to end.
#[derive(Debug, Clone)]
pub struct ShutdownTrigger(watch::Sender<bool>);

/// Tells its holder when to end.
#[derive(Debug, Clone)]
pub struct Shutdown(watch::Receiver<bool>);

impl ShutdownTrigger {
    /// A trigger and what listens to it.
    pub fn new() -> (Self, Shutdown) {
        let (sender, receiver) = watch::channel(false);
        (Self(sender), Shutdown(receiver))
    }

    /// Tells everybody.
    pub fn trigger(&self) {
        self.0.send_replace(true);
    }
}

impl Shutdown {
    /// Whether it is time.
    pub fn is_triggered(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns when it is time; also when the trigger is gone.
    pub async fn triggered(&mut self) {
        // An error means that nobody can trigger any more: time to end too.
        let _gone = self.0.wait_for(|on| *on).await;
    }
}

/// Returns when the process is asked to end: Ctrl-C, or SIGTERM as Kubernetes sends it.
pub async fn until_signal() -> std::io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        done = tokio::signal::ctrl_c() => done,
        _ = terminate.recv() => Ok(()),
    }
}
