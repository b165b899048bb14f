//! Group commit: concurrent calls of one tenant and method become slices. While slices are written, the calls that come wait, and are written together
//! next. A call that is alone waits for nobody.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use quittance_kernel::TenantId;
use tokio::sync::{Semaphore, oneshot};

use crate::{DbError, SliceResult};

/// Calls that are written together at most.
const MAX_SLICE: usize = 100;
/// Slices of a tenant that are written at a time: while one holds the counter, the other is made ready.
const WRITERS: usize = 2;

struct Waiting<C, A, E> {
    command: C,
    answer: oneshot::Sender<Result<A, E>>,
}

/// A tenant's calls.
struct Gate<C, A, E> {
    waiting: Mutex<Vec<Waiting<C, A, E>>>,
    writers: Semaphore,
}

impl<C, A, E> Gate<C, A, E> {
    fn new() -> Self {
        Self { waiting: Mutex::new(Vec::new()), writers: Semaphore::new(WRITERS) }
    }

    fn join(&self, command: C) -> oneshot::Receiver<Result<A, E>> {
        let (answer, answered) = oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(Waiting { command, answer });
        answered
    }

    /// The calls that have waited longest.
    fn take(&self) -> Vec<Waiting<C, A, E>> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let count = waiting.len().min(MAX_SLICE);
        waiting.drain(..count).collect()
    }
}

type Gates<C, A, E> = HashMap<TenantId, Arc<Gate<C, A, E>>>;

/// Gathers the concurrent calls of one method, tenant by tenant.
pub struct Gatherer<C, A, E> {
    gates: Mutex<Gates<C, A, E>>,
}

impl<C, A, E> std::fmt::Debug for Gatherer<C, A, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gatherer").finish_non_exhaustive()
    }
}

impl<C, A, E> Default for Gatherer<C, A, E> {
    fn default() -> Self {
        Self { gates: Mutex::default() }
    }
}

impl<C, A, E: From<DbError>> Gatherer<C, A, E> {
    /// Writes a command with those that wait beside it, as `write` does for a slice. Whoever comes to write does so for all that wait: every caller's
    /// `write` does the same.
    pub async fn call<F>(&self, tenant: TenantId, command: C, write: impl FnOnce(Vec<C>) -> F) -> Result<A, E>
    where
        F: Future<Output = SliceResult<A, E>>,
    {
        let gate = self.gate(tenant);
        let mut answered = gate.join(command);
        let answer = tokio::select! {
            biased;
            answer = &mut answered => answer,
            permit = gate.writers.acquire() => {
                write_all(gate.take(), write).await;
                drop(permit);
                answered.await
            }
        };
        self.leave(tenant, gate);
        // Who wrote for it broke off: what became of it the request log knows.
        answer.unwrap_or_else(|_| Err(DbError::AnsweredMeanwhile.into()))
    }

    fn gate(&self, tenant: TenantId) -> Arc<Gate<C, A, E>> {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(gates.entry(tenant).or_insert_with(|| Arc::new(Gate::new())))
    }

    /// Forgets a gate that nobody else stands at.
    fn leave(&self, tenant: TenantId, gate: Arc<Gate<C, A, E>>) {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        drop(gate);
        if gates.get(&tenant).is_some_and(|gate| Arc::strong_count(gate) == 1) {
            gates.remove(&tenant);
        }
    }
}

async fn write_all<C, A, E, F>(slice: Vec<Waiting<C, A, E>>, write: impl FnOnce(Vec<C>) -> F)
where
    E: From<DbError>,
    F: Future<Output = SliceResult<A, E>>,
{
    if slice.is_empty() {
        return;
    }
    let (commands, callers): (Vec<C>, Vec<_>) = slice.into_iter().map(|one| (one.command, one.answer)).unzip();
    // A caller that went away has no use for its answer.
    match write(commands).await {
        Ok(results) => {
            for (caller, result) in callers.into_iter().zip(results) {
                let _ = caller.send(result);
            }
        }
        Err(error) => {
            let error = Arc::new(error);
            for caller in callers {
                let _ = caller.send(Err(DbError::OfSlice(Arc::clone(&error)).into()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        time::Duration,
    };

    use quittance_kernel::Clock;
    use tokio::sync::Semaphore;

    use super::*;

    type Calls = Gatherer<usize, usize, DbError>;

    /// A writer that comes to this command panics.
    const BREAKS: usize = 1_001;
    /// A slice with this command fails.
    const FAILS: usize = 1_002;

    /// Writes slices when it is let, and notes how long they were.
    struct Store {
        let_in: Semaphore,
        began: AtomicUsize,
        slices: Mutex<Vec<usize>>,
    }

    impl Store {
        fn new() -> Arc<Self> {
            Arc::new(Self { let_in: Semaphore::new(0), began: AtomicUsize::new(0), slices: Mutex::default() })
        }

        async fn write(&self, commands: Vec<usize>) -> SliceResult<usize, DbError> {
            self.began.fetch_add(1, Ordering::Relaxed);
            self.let_in.acquire().await.unwrap().forget();
            self.slices.lock().unwrap().push(commands.len());
            assert!(!commands.contains(&BREAKS), "the writer breaks off");
            if commands.contains(&FAILS) {
                return Err(DbError::AnsweredMeanwhile);
            }
            Ok(commands.into_iter().map(|command| Ok(command * 2)).collect())
        }
    }

    struct Bench {
        calls: Arc<Calls>,
        store: Arc<Store>,
        tenant: TenantId,
    }

    impl Bench {
        fn new() -> Self {
            Self { calls: Arc::default(), store: Store::new(), tenant: TenantId::at(Clock::system().now()) }
        }

        fn call(&self, command: usize) -> tokio::task::JoinHandle<Result<usize, DbError>> {
            let (calls, store, tenant) = (Arc::clone(&self.calls), Arc::clone(&self.store), self.tenant);
            tokio::spawn(async move {
                calls.call(tenant, command, |commands| async move { store.write(commands).await }).await
            })
        }

        /// As many slices are being written, and everybody else waits.
        async fn wait_for(&self, began: usize) {
            while self.store.began.load(Ordering::Relaxed) < began {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }

        fn finish(&self) {
            self.store.let_in.add_permits(1_000);
        }
    }

    #[tokio::test]
    async fn who_comes_while_slices_are_written_is_written_with_the_others() {
        let bench = Bench::new();
        let (first, second) = (bench.call(1), bench.call(2));
        bench.wait_for(2).await;
        let others: Vec<_> = (3..153).map(|command| bench.call(command)).collect();
        bench.wait_for(2).await;
        bench.finish();
        assert_eq!((first.await.unwrap().unwrap(), second.await.unwrap().unwrap()), (2, 4));
        for (command, other) in (3..153).zip(others) {
            assert_eq!(other.await.unwrap().unwrap(), command * 2);
        }
        let mut slices = bench.store.slices.lock().unwrap().clone();
        slices.sort_unstable();
        assert_eq!(slices, [1, 1, 50, 100]);
        assert!(bench.calls.gates.lock().unwrap().is_empty(), "nothing is left of a tenant that calls no more");
    }

    #[tokio::test]
    async fn a_slice_that_fails_fails_for_all_and_a_writer_that_breaks_off_holds_nobody_up() {
        let bench = Bench::new();
        let (first, second) = (bench.call(1), bench.call(BREAKS));
        bench.wait_for(2).await;
        let failing: Vec<_> = [3, FAILS].into_iter().map(|command| bench.call(command)).collect();
        bench.wait_for(2).await;
        bench.finish();
        assert_eq!(first.await.unwrap().unwrap(), 2);
        assert!(second.await.unwrap_err().is_panic());
        for call in failing {
            assert!(matches!(call.await.unwrap(), Err(DbError::OfSlice(error)) if error.is_transient()));
        }
        assert_eq!(bench.call(5).await.unwrap().unwrap(), 10);
    }
}
