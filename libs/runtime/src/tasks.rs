//! Background loops by name: one that does not end in time is named, and does not block the exit.

use std::time::Duration;

use tokio::{task::JoinHandle, time::Instant};

/// Running loops. Dropping it leaves them running.
#[derive(Debug, Default)]
pub struct Tasks(Vec<(String, JoinHandle<()>)>);

/// Tasks that panicked, or had not ended in time.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct Unfinished(pub Vec<String>);

impl Tasks {
    /// Starts a task under a name for operators, for example `payments: relay`. It is boxed here, so that no function between here and the
    /// runtime moves a large future over its stack.
    pub fn spawn(&mut self, name: impl Into<String>, work: impl Future<Output = ()> + Send + 'static) {
        self.0.push((name.into(), tokio::spawn(Box::pin(work))));
    }

    /// Takes over the tasks of another set.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Waits until all tasks have ended, for `limit` at most. Shutdown must have been triggered.
    ///
    /// # Errors
    /// Names each task that panicked, or that has not ended; the latter is aborted.
    pub async fn finish(self, limit: Duration) -> Result<(), Unfinished> {
        let deadline = Instant::now() + limit;
        let mut unfinished = Vec::new();
        for (name, mut task) in self.0 {
            match tokio::time::timeout_at(deadline, &mut task).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => unfinished.push(format!("{name} panicked: {error}")),
                Err(_) => {
                    task.abort();
                    unfinished.push(format!("{name} did not end within {limit:?}"));
                }
            }
        }
        if unfinished.is_empty() { Ok(()) } else { Err(Unfinished(unfinished)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_task_that_does_not_end_is_named_and_the_others_are_still_waited_for() {
        let mut tasks = Tasks::default();
        tasks.spawn("stuck", std::future::pending());
        tasks.spawn("slow", tokio::time::sleep(Duration::from_millis(30)));
        let mut more = Tasks::default();
        more.spawn("broken", async { panic!("on purpose") });
        tasks.extend(more);
        let Unfinished(named) = tasks.finish(Duration::from_secs(1)).await.unwrap_err();
        assert_eq!(named.len(), 2, "{named:?}");
        assert_eq!(named[0], "stuck did not end within 1s");
        assert!(named[1].starts_with("broken panicked: "), "{named:?}");
    }
}
