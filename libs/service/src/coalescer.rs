//! Group commit: concurrent calls of one tenant and operation become batches. While batches are written, new calls wait, and are written
//! together next. A single call does not wait.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use quittance_kernel::TenantId;
use quittance_runtime::written::{self, Written};
use tokio::sync::{Semaphore, oneshot};

use crate::{Batch, CommonError};

/// The most calls of a batch.
const MAX_BATCH: usize = 100;
/// Concurrent batches of a tenant: while one has the counter locked, the other is prepared.
const WRITERS: usize = 2;

struct Waiting<C, O, E> {
    command: C,
    result: oneshot::Sender<Responded<O, E>>,
}

/// A command's result, and what its batch has written.
type Responded<O, E> = (Result<O, E>, Written);

/// A tenant's calls.
struct Queue<C, O, E> {
    waiting: Mutex<Vec<Waiting<C, O, E>>>,
    writers: Semaphore,
}

impl<C, O, E> Queue<C, O, E> {
    fn new() -> Self {
        Self { waiting: Mutex::new(Vec::new()), writers: Semaphore::new(WRITERS) }
    }

    fn join(&self, command: C) -> oneshot::Receiver<Responded<O, E>> {
        let (result, receiver) = oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(Waiting { command, result });
        receiver
    }

    /// Takes the calls that have waited longest.
    fn take(&self) -> Vec<Waiting<C, O, E>> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let count = waiting.len().min(MAX_BATCH);
        waiting.drain(..count).collect()
    }
}

type Queues<C, O, E> = HashMap<TenantId, Arc<Queue<C, O, E>>>;

/// Batches the concurrent calls of one operation, tenant by tenant.
pub(crate) struct Coalescer<C, O, E> {
    queues: Mutex<Queues<C, O, E>>,
}

impl<C, O, E> Default for Coalescer<C, O, E> {
    fn default() -> Self {
        Self { queues: Mutex::default() }
    }
}

impl<C, O, E: Clone + From<CommonError>> Coalescer<C, O, E> {
    /// Writes a command together with the waiting ones by `write`. The caller that gets a permit writes all waiting commands: every caller's
    /// `write` must be equivalent.
    pub(crate) async fn call<F>(&self, tenant: TenantId, command: C, write: impl FnOnce(Vec<C>) -> F) -> Result<O, E>
    where
        F: Future<Output = Batch<O, E>>,
    {
        let queue = self.queue(tenant);
        let mut receiver = queue.join(command);
        let result = tokio::select! {
            biased;
            result = &mut receiver => result,
            permit = queue.writers.acquire() => {
                write_all(queue.take(), write).await;
                drop(permit);
                receiver.await
            }
        };
        self.leave(tenant, queue);
        // The writer was cancelled: only the request log knows the result.
        let Ok((result, written)) = result else { return Err(CommonError::Interrupted.into()) };
        written::record(&written);
        result
    }

    fn queue(&self, tenant: TenantId) -> Arc<Queue<C, O, E>> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(queues.entry(tenant).or_insert_with(|| Arc::new(Queue::new())))
    }

    /// Removes the queue if no other call uses it.
    fn leave(&self, tenant: TenantId, queue: Arc<Queue<C, O, E>>) {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        drop(queue);
        if queues.get(&tenant).is_some_and(|queue| Arc::strong_count(queue) == 1) {
            queues.remove(&tenant);
        }
    }
}

async fn write_all<C, O, E, F>(batch: Vec<Waiting<C, O, E>>, write: impl FnOnce(Vec<C>) -> F)
where
    E: Clone,
    F: Future<Output = Batch<O, E>>,
{
    if batch.is_empty() {
        return;
    }
    let (commands, callers): (Vec<C>, Vec<_>) = batch.into_iter().map(|one| (one.command, one.result)).unzip();
    // A caller may be gone: its receiver is closed.
    let (results, written) = written::collect(write(commands)).await;
    match results {
        Ok(results) => {
            for (caller, result) in callers.into_iter().zip(results) {
                let _ = caller.send((result, written.clone()));
            }
        }
        Err(error) => {
            for caller in callers {
                let _ = caller.send((Err(error.clone()), written.clone()));
            }
        }
    }
}

/// The coalescers of a service, one per operation.
#[derive(Default)]
pub(crate) struct Coalescers(Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>);

impl fmt::Debug for Coalescers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Coalescers").finish_non_exhaustive()
    }
}

impl Coalescers {
    /// The coalescer for these types.
    pub(crate) fn of<C, O, E>(&self) -> Arc<Coalescer<C, O, E>>
    where
        C: Send + 'static,
        O: Send + 'static,
        E: Send + 'static,
    {
        let id = TypeId::of::<Coalescer<C, O, E>>();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(&id).and_then(|known| Arc::clone(known).downcast().ok()) {
            return known;
        }
        let new = Arc::new(Coalescer::<C, O, E>::default());
        known.insert(id, Arc::clone(&new) as Arc<dyn Any + Send + Sync>);
        new
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

    type Calls = Coalescer<usize, usize, CommonError>;

    /// A writer that comes to this command panics.
    const BREAKS: usize = 1_001;
    /// A batch with this command fails.
    const FAILS: usize = 1_002;

    /// Writes batches when it is let, and notes how long they were.
    struct Store {
        let_in: Semaphore,
        began: AtomicUsize,
        batches: Mutex<Vec<usize>>,
    }

    impl Store {
        fn new() -> Arc<Self> {
            Arc::new(Self { let_in: Semaphore::new(0), began: AtomicUsize::new(0), batches: Mutex::default() })
        }

        async fn write(&self, commands: Vec<usize>) -> Batch<usize, CommonError> {
            self.began.fetch_add(1, Ordering::Relaxed);
            self.let_in.acquire().await.unwrap().forget();
            self.batches.lock().unwrap().push(commands.len());
            assert!(!commands.contains(&BREAKS), "the writer breaks off");
            if commands.contains(&FAILS) {
                return Err(CommonError::Interrupted);
            }
            Ok(commands.into_iter().map(|command| Ok(command * 2)).collect())
        }
    }

    struct Setup {
        calls: Arc<Calls>,
        store: Arc<Store>,
        tenant: TenantId,
    }

    impl Setup {
        fn new() -> Self {
            Self { calls: Arc::default(), store: Store::new(), tenant: TenantId::at(Clock::system().now()) }
        }

        fn call(&self, command: usize) -> tokio::task::JoinHandle<Result<usize, CommonError>> {
            let (calls, store, tenant) = (Arc::clone(&self.calls), Arc::clone(&self.store), self.tenant);
            tokio::spawn(async move {
                calls.call(tenant, command, |commands| async move { store.write(commands).await }).await
            })
        }

        /// The limit of concurrent batches is reached, and all others wait: paused time advances when nothing else can run.
        async fn wait_for(&self, began: usize) {
            tokio::time::sleep(Duration::from_millis(1)).await;
            assert_eq!(self.store.began.load(Ordering::Relaxed), began);
        }

        fn finish(&self) {
            self.store.let_in.add_permits(1_000);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_while_batches_are_written_is_written_with_the_others() {
        let setup = Setup::new();
        let (first, second) = (setup.call(1), setup.call(2));
        setup.wait_for(2).await;
        let others: Vec<_> = (3..153).map(|command| setup.call(command)).collect();
        setup.wait_for(2).await;
        setup.finish();
        assert_eq!((first.await.unwrap().unwrap(), second.await.unwrap().unwrap()), (2, 4));
        for (command, other) in (3..153).zip(others) {
            assert_eq!(other.await.unwrap().unwrap(), command * 2);
        }
        let mut batches = setup.store.batches.lock().unwrap().clone();
        batches.sort_unstable();
        assert_eq!(batches, [1, 1, 50, 100]);
        assert!(setup.calls.queues.lock().unwrap().is_empty(), "nothing is left of a tenant that calls no more");
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_that_fails_fails_for_all_and_a_writer_that_breaks_off_holds_nobody_up() {
        let setup = Setup::new();
        let (first, second) = (setup.call(1), setup.call(BREAKS));
        setup.wait_for(2).await;
        let failing: Vec<_> = [3, FAILS].into_iter().map(|command| setup.call(command)).collect();
        setup.wait_for(2).await;
        setup.finish();
        assert_eq!(first.await.unwrap().unwrap(), 2);
        assert!(second.await.unwrap_err().is_panic());
        for call in failing {
            assert!(matches!(call.await.unwrap(), Err(CommonError::Interrupted)));
        }
        assert_eq!(setup.call(5).await.unwrap().unwrap(), 10);
    }
}
