//! An orderly end: one signal that every loop and server listens to.

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

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

/// Listens from this call on; the future ends when the process is asked to end: Ctrl-C, or SIGTERM as Kubernetes sends it. A program that starts something which
/// must be stopped again listens first. SIGHUP is what people send to have files read again; keys and certificates are read again by themselves, and it ends nothing.
///
/// # Errors
/// Where the system allows no signal handlers.
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
