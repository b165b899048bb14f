//! Graceful shutdown: one signal that every loop and server listens to.

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

/// Triggers all [`Shutdown`]s of its pair.
#[derive(Debug, Clone)]
pub struct ShutdownTrigger(watch::Sender<bool>);

/// A receiver of the shutdown signal.
#[derive(Debug, Clone)]
pub struct Shutdown(watch::Receiver<bool>);

impl ShutdownTrigger {
    /// A trigger and its receiver.
    pub fn new() -> (Self, Shutdown) {
        let (sender, receiver) = watch::channel(false);
        (Self(sender), Shutdown(receiver))
    }

    /// Starts the shutdown.
    pub fn trigger(&self) {
        self.0.send_replace(true);
    }
}

impl Shutdown {
    /// Whether the shutdown has started.
    pub fn is_triggered(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits for the shutdown; returns also when the trigger is dropped.
    pub async fn triggered(&mut self) {
        // An error means that the trigger is dropped.
        let _gone = self.0.wait_for(|on| *on).await;
    }
}

/// Listens from this call on; the future completes when the process is to end: Ctrl-C, or SIGTERM as Kubernetes sends it. A program that starts something that
/// must be stopped again listens first. SIGHUP is ignored: keys and certificates are read again by themselves.
///
/// # Errors
/// The system does not allow signal handlers.
pub fn until_signal() -> std::io::Result<impl Future<Output = ()> + Send> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    Ok(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => return,
                _ = terminate.recv() => return,
                _ = hang_up.recv() => tracing::info!("SIGHUP: keys and certificates are read again when their files change"),
            }
        }
    })
}
