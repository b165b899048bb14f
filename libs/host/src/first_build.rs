//! The first build of a service's projections: it is not ready until it has read the events that were there when it started.

use std::time::Duration;

use quittance_db::Db;
use quittance_events::{
    Source, is_built,
    kafka::{Extent, KafkaSource},
    set_built,
};
use quittance_kernel::Clock;
use quittance_runtime::{Readiness, Shutdown, Tasks, error_chain};

use crate::{Area, Reads, Service, Sources};

/// How often the broker is queried for the progress.
const LOOK: Duration = Duration::from_secs(1);

impl Area {
    /// Makes readiness wait until the first build is done, for each area that is read from a broker. Afterwards a consumer may lag, and a broker may be
    /// down: calls are still handled.
    pub fn follow_first_build<S: Service>(
        &self,
        sources: &Sources,
        clock: &Clock,
        readiness: &Readiness,
        shutdown: &Shutdown,
    ) -> anyhow::Result<Tasks> {
        let mut tasks = Tasks::default();
        for Reads { area: read, .. } in S::READS {
            let Source::Kafka(source) = sources.of(read)? else { continue };
            let part = format!("{}: events of {read}", S::AREA);
            readiness.set(&part, Err("not checked yet".to_owned()));
            let build = Build { db: self.db.clone(), source, clock: clock.clone(), extent: None };
            tasks.spawn(format!("{part}: first build"), build.follow(part, readiness.clone(), shutdown.clone()));
        }
        Ok(tasks)
    }
}

/// A running first build.
struct Build {
    db: Db,
    source: KafkaSource,
    clock: Clock,
    /// The offsets to read up to; `None` until the broker has reported them.
    extent: Option<Extent>,
}

impl Build {
    async fn follow(mut self, part: String, readiness: Readiness, mut shutdown: Shutdown) {
        loop {
            let state = tokio::select! {
                state = self.check() => state,
                () = shutdown.triggered() => return,
            };
            let is_done = state.is_ok();
            readiness.set(&part, state);
            if is_done {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = shutdown.triggered() => return,
            }
        }
    }

    /// Whether it is done; the error is the reason why not.
    async fn check(&mut self) -> Result<(), String> {
        let area = self.source.area();
        if is_built(&self.db, area).await.map_err(|error| error_chain(&error))? {
            return Ok(());
        }
        let extent = match &self.extent {
            Some(extent) => extent,
            None => self.extent.insert(self.source.extent().await.map_err(|error| error_chain(&error))?),
        };
        match self.source.unread(extent).await.map_err(|error| error_chain(&error))? {
            0 => set_built(&self.db, area, self.clock.now()).await.map_err(|error| error_chain(&error)),
            unread => Err(format!("{unread} earlier events are still to be read")),
        }
    }
}
