//! Readiness: whether a process can do its work at the moment, and if not, what is missing.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use tokio::sync::watch;

/// The parts a process needs to do its work, by name, each with the reason why it is missing.
#[derive(Debug, Clone)]
pub struct Readiness {
    parts: Arc<RwLock<BTreeMap<String, Result<(), String>>>>,
    is_ready: Arc<watch::Sender<bool>>,
    seen: watch::Receiver<bool>,
}

impl Default for Readiness {
    /// Ready, without any parts.
    fn default() -> Self {
        let (is_ready, seen) = watch::channel(true);
        Self { parts: Arc::default(), is_ready: Arc::new(is_ready), seen }
    }
}

impl Readiness {
    /// Not ready until these parts are set.
    pub fn waiting_for<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        let readiness = Self::default();
        for part in parts {
            readiness.set(part, Err("not checked yet".to_owned()));
        }
        readiness
    }

    /// Sets a part as ready, or missing with a reason. The reason must not contain secrets.
    pub fn set(&self, part: &str, state: Result<(), String>) {
        let mut parts = self.parts.write().unwrap_or_else(PoisonError::into_inner);
        let before = parts.insert(part.to_owned(), state.clone());
        let is_ready = parts.values().all(Result::is_ok);
        drop(parts);
        match (&before, &state) {
            (Some(Ok(())), Err(why)) => tracing::warn!(part, why, "not ready"),
            (Some(Err(_)), Ok(())) => tracing::info!(part, "ready"),
            _ => {}
        }
        self.is_ready.send_if_modified(|current| std::mem::replace(current, is_ready) != is_ready);
    }

    /// Whether all parts are ready.
    pub fn is_ready(&self) -> bool {
        *self.is_ready.borrow()
    }

    /// Waits for a change.
    pub async fn changed(&mut self) {
        // The sender lives as long as `self`.
        let _never_closed = self.seen.changed().await;
    }

    /// What is missing: a line for each part.
    pub fn missing(&self) -> Vec<String> {
        let parts = self.parts.read().unwrap_or_else(PoisonError::into_inner);
        let missing = parts.iter().filter_map(|(part, state)| Some(format!("{part}: {}", state.as_ref().err()?)));
        missing.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_process_is_ready_when_every_part_is_and_says_what_is_missing() {
        let readiness = Readiness::waiting_for(["database", "topics"]);
        assert!(!readiness.is_ready());
        let mut seen = readiness.clone();
        readiness.set("database", Ok(()));
        assert_eq!(readiness.missing(), ["topics: not checked yet"]);
        readiness.set("topics", Ok(()));
        seen.changed().await;
        assert!(seen.is_ready() && seen.missing().is_empty());
        readiness.set("database", Err("it does not respond".to_owned()));
        seen.changed().await;
        assert!(!seen.is_ready());
        assert!(Readiness::default().is_ready());
    }
}
