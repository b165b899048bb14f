//! A service of three operations: a tenant is introduced, and then says words, each once.

use std::sync::Arc;

use chrono_tz::Tz;
use quittance_db::{DbError, StorableResponse, Tx};
use quittance_events::Relay;
use quittance_kernel::{Actor, Bug, Clock, RequestId, TenantId};
use quittance_runtime::trace::Trace;
use quittance_service::{
    Batch, BatchOperation, Call, CommonError, Envelope, Event, Operation, Outcome, Settings, State, Write,
    service_error,
};
use quittance_testkit::{TestDb, now};
use sqlx::migrate::Migrator;
use tonic::Status;
use uuid::Uuid;

/// Why a call fails.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Error {
    /// The word is not allowed.
    #[error("{0:?} is refused")]
    Refused(String),
    /// The word was said before.
    #[error("{0:?} was said before")]
    Said(String),
    /// What can go wrong in every call.
    #[error(transparent)]
    Common(#[from] CommonError),
}

service_error!(Error);

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        Self::failed_precondition(error.to_string())
    }
}

/// A tenant that was introduced.
#[derive(Debug)]
pub(crate) struct Speaker;

impl Settings for Speaker {
    const AREA: &'static str = "words";
    type Error = Error;

    async fn load(tx: &mut Tx) -> Result<Option<Self>, DbError> {
        let found = sqlx::query("select from speaker").fetch_optional(&mut **tx).await?;
        Ok(found.map(|_| Self))
    }

    fn time_zone(&self) -> Tz {
        Tz::UTC
    }
}

/// Makes the tenant known.
#[derive(Debug, Hash)]
pub(crate) struct Introduce;

impl Operation for Introduce {
    const NAME: &'static str = "Introduce";
    const NEEDS_TENANT: bool = false;
    type Settings = Speaker;
    type Output = ();

    async fn run(&self, w: &mut Write<'_, Speaker>) -> Result<(), Error> {
        let tenant = w.tx.tenant().uuid();
        sqlx::query("insert into speaker (tenant_id) values ($1)").bind(tenant).execute(&mut **w.tx).await?;
        Ok(())
    }
}

async fn save(w: &mut Write<'_, Speaker>, words: Vec<String>) -> Result<(), Error> {
    let tenant = w.tx.tenant().uuid();
    let insert = "insert into word (tenant_id, word) select $1, unnest($2::text[])";
    sqlx::query(insert).bind(tenant).bind(words).execute(&mut **w.tx).await?;
    Ok(())
}

/// Saves a word before it is decided whether it is allowed.
#[derive(Debug, Hash)]
pub(crate) struct Shout(pub(crate) &'static str);

impl Operation for Shout {
    const NAME: &'static str = "Shout";
    type Settings = Speaker;
    type Output = String;

    async fn run(&self, w: &mut Write<'_, Speaker>) -> Result<String, Error> {
        save(w, vec![self.0.to_owned()]).await?;
        w.publish(Event::new("words.Said", Uuid::nil(), self.0.as_bytes().to_vec()));
        if self.0 == "no" { Err(Error::Refused(self.0.to_owned())) } else { Ok(self.0.to_owned()) }
    }

    fn on_constraint(&self, constraint: &str) -> Option<Error> {
        (constraint == "word_key").then(|| Error::Said(self.0.to_owned()))
    }
}

/// Says a word. "no" is refused, and "bug" shows one.
#[derive(Debug, Clone, Hash)]
pub(crate) struct Say(pub(crate) &'static str);

impl BatchOperation for Say {
    const NAME: &'static str = "Say";
    type Settings = Speaker;
    type Output = String;

    async fn run(w: &mut Write<'_, Speaker>, commands: &[&Self]) -> Batch<String, Error> {
        if commands.iter().any(|Say(word)| *word == "bug") {
            return Ok(Vec::new());
        }
        if commands.iter().any(|Say(word)| *word == "impossible") {
            return Err(Bug("it is impossible").into());
        }
        let say = |Say(word): &&Self| {
            if *word == "no" { Err(Error::Refused((*word).to_owned())) } else { Ok((*word).to_owned()) }
        };
        let results: Vec<Result<String, Error>> = commands.iter().map(say).collect();
        save(w, results.iter().flatten().cloned().collect()).await?;
        w.publish_each(&results, |word| Event::new("words.Said", Uuid::nil(), word.as_bytes().to_vec()));
        Ok(results)
    }

    fn on_constraint(&self, constraint: &str) -> Option<Error> {
        (constraint == "word_key").then(|| Error::Said(self.0.to_owned()))
    }
}

/// An answer: the word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word(pub(crate) String);

impl StorableResponse for Word {
    fn to_bytes(&self) -> Vec<u8> {
        self.0.clone().into_bytes()
    }

    fn from_bytes(bytes: &[u8], _is_basic: bool) -> Result<Self, String> {
        String::from_utf8(bytes.to_vec()).map(Self).map_err(|error| error.to_string())
    }

    fn size(&self) -> usize {
        self.0.len()
    }
}

/// The service over a database of its own, for one tenant.
#[derive(Debug, Clone)]
pub(crate) struct Words {
    pub(crate) state: Arc<State<Speaker>>,
    pub(crate) db: TestDb,
    pub(crate) tenant: TenantId,
}

impl Words {
    /// With a tenant that was introduced.
    pub(crate) async fn start() -> Self {
        let words = Self::start_unknown().await;
        let introduce = words.call(RequestId::at(now()), Introduce);
        words.state.execute(introduce, |()| Word(String::new())).await.unwrap();
        words
    }

    /// With a tenant that is not known.
    pub(crate) async fn start_unknown() -> Self {
        static OWN: Migrator = sqlx::migrate!("./tests/it/migrations");
        let migrator = quittance_db::merge(&[&quittance_db::MIGRATOR, &quittance_events::MIGRATOR, &OWN]);
        let db = TestDb::new("words", &migrator).await;
        let state = Arc::new(State::new(db.db.clone(), Relay::default(), Clock::fixed(now())));
        Self { state, db, tenant: TenantId::at(now()) }
    }

    pub(crate) fn call<C>(&self, request: RequestId, command: C) -> Call<C> {
        self.call_within(request, None, command)
    }

    pub(crate) fn call_within<C>(&self, request: RequestId, trace: Option<Trace>, command: C) -> Call<C> {
        Call {
            tenant: self.tenant,
            envelope: Envelope { request, actor: Actor::parse("test").unwrap(), trace },
            command,
        }
    }

    /// Runs a batch; the answers, or the errors in words.
    pub(crate) async fn say(&self, commands: &[(RequestId, &'static str)]) -> Vec<Result<String, String>> {
        let calls = commands.iter().map(|(request, word)| self.call(*request, Say(word))).collect();
        let outcomes = self.state.execute_many(self.tenant, calls, |word| Word(word.clone())).await.unwrap();
        let word = |outcome: Outcome<String, Word>| outcome.response.0;
        outcomes.into_iter().map(|outcome| outcome.map(word).map_err(|error| error.to_string())).collect()
    }

    /// All words that are stored, and all that were published, in order.
    pub(crate) async fn stored(&self) -> (Vec<String>, Vec<String>) {
        let mut tx = self.db.db.begin(self.tenant).await.unwrap();
        let said = sqlx::query_scalar("select word from word order by word").fetch_all(&mut *tx).await.unwrap();
        let published = "select convert_from(payload, 'UTF8') from outbox order by 1";
        let published = sqlx::query_scalar(published).fetch_all(&mut *tx).await.unwrap();
        (said, published)
    }
}
