//! The runner on a real PostgreSQL.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod words;

use quittance_db::find_responses;
use quittance_kernel::{RequestId, TenantId};
use quittance_runtime::{Parent, trace::Trace};
use quittance_service::{CommonError, Outcome, ServiceError as _, command_hash};
use quittance_testkit::now;
use words::{Error, Introduce, Say, Shout, Word, Words};

fn ids<const N: usize>() -> [RequestId; N] {
    [(); N].map(|()| RequestId::at(now()))
}

fn ok(word: &str) -> Result<String, String> {
    Ok(word.to_owned())
}

/// As if the commands of a batch had come one after the other: a false use of an id takes nothing from the true one.
#[tokio::test]
async fn a_false_use_of_a_request_id_takes_nothing_from_its_true_repetition() {
    let words = Words::start().await;
    let [known, new, free] = ids();
    let reused = |id: RequestId| Err(format!("request_id {id} was used before with another command"));
    assert_eq!(words.say(&[(known, "a")]).await, [ok("a")]);
    let both = words.say(&[(known, "b"), (known, "a"), (known, "a"), (known, "c")]).await;
    assert_eq!(both, [reused(known), ok("a"), ok("a"), reused(known)]);
    // Nobody has answered it before: the first is the true one, and a refusal claims nothing.
    assert_eq!(words.say(&[(new, "d"), (new, "e")]).await, [ok("d"), reused(new)]);
    assert_eq!(words.say(&[(free, "no"), (free, "f")]).await, [Err("\"no\" is refused".to_owned()), ok("f")]);
    let said = ["a", "d", "f"].map(str::to_owned).to_vec();
    assert_eq!(words.stored().await, (said.clone(), said));
}

/// The hashes that services pin are those that are kept.
#[tokio::test]
async fn a_command_is_kept_by_its_hash() {
    let words = Words::start().await;
    let [id] = ids();
    assert_eq!(words.say(&[(id, "a")]).await, [ok("a")]);
    let mut tx = words.state.db().begin(words.tenant).await.unwrap();
    let kept = find_responses(&mut tx, &[id]).await.unwrap();
    assert_eq!(kept[&id].command_hash, command_hash("Say", id, &Say("a")));
}

/// A command that is refused is refused alone, each of its sendings for the same reason; one that breaks a constraint as well.
#[tokio::test]
async fn commands_fail_alone() {
    let words = Words::start().await;
    let [first, refused_id, second, said_before, third] = ids();
    assert_eq!(words.say(&[(first, "a")]).await, [ok("a")]);
    let refused = || Err("\"no\" is refused".to_owned());
    let batch = [(refused_id, "no"), (second, "c"), (refused_id, "no"), (said_before, "a"), (third, "e")];
    let results = words.say(&batch).await;
    assert_eq!(results, [refused(), ok("c"), refused(), Err("\"a\" was said before".to_owned()), ok("e")]);
    let said = ["a", "c", "e"].map(str::to_owned).to_vec();
    assert_eq!(words.stored().await, (said.clone(), said));
}

/// What an operation wrote before it refused is undone.
#[tokio::test]
async fn a_refusal_leaves_nothing() {
    let words = Words::start().await;
    let [a, b, c] = ids();
    let shout = |id, word| words.state.execute(words.call(id, Shout(word)), |word| Word(word.clone()));
    assert!(matches!(shout(a, "no").await, Err(Error::Refused(word)) if word == "no"));
    assert_eq!(words.stored().await, (vec![], vec![]));
    let Outcome { response, output } = shout(a, "yes").await.unwrap();
    assert_eq!(
        (response.0.as_str(), output.as_deref()),
        ("yes", Some("yes")),
        "the refusal has no claim on the request id"
    );
    let Outcome { response, output } = shout(a, "yes").await.unwrap();
    assert_eq!((response.0.as_str(), output), ("yes", None), "repeated, not done again");
    assert!(matches!(shout(b, "yes").await, Err(Error::Said(word)) if word == "yes"));
    let said = vec!["yes".to_owned()];
    assert_eq!(words.stored().await, (said.clone(), said));
    words.state.run_job(words.tenant, &Shout("job")).await.unwrap();
    assert!(words.state.run_job(words.tenant, &Shout("no")).await.is_err());
    assert!(shout(c, "job").await.is_err(), "what a job did is there");
    assert_eq!(words.stored().await.0, ["job", "yes"]);
}

/// One request sent many times at once, alone and in batches, is done once.
#[tokio::test(flavor = "multi_thread")]
async fn one_request_sent_by_many_at_once_is_done_once() {
    let words = Words::start().await;
    let [request] = ids();
    let mut calls = tokio::task::JoinSet::new();
    for place in 0..24 {
        let words = words.clone();
        calls.spawn(async move {
            if place % 2 == 0 {
                let [other] = ids();
                let results = words.say(&[(request, "once"), (other, "no")]).await;
                return results[0].clone();
            }
            let call = words.call(request, Say("once"));
            let response = words.state.run_coalesced(call, |word| Word(word.clone())).await;
            response.map(|response| response.into_inner().0).map_err(|status| status.to_string())
        });
    }
    let answers = calls.join_all().await;
    assert!(answers.iter().all(|answer| *answer == ok("once")), "{answers:?}");
    assert_eq!(words.stored().await, (vec!["once".to_owned()], vec!["once".to_owned()]));
}

/// Nothing is done for a tenant that is not known, except what makes it known.
#[tokio::test]
async fn a_tenant_is_known_from_the_moment_it_was_made_known() {
    let words = Words::start_unknown().await;
    let [a, b] = ids();
    let unknown = Err(format!("tenant {} does not exist", words.tenant));
    assert_eq!(words.say(&[(a, "a"), (b, "no")]).await, [unknown.clone(), unknown]);
    words.state.execute(words.call(b, Introduce), |()| Word(String::new())).await.unwrap();
    assert_eq!(words.say(&[(a, "a")]).await, [ok("a")]);
    let other = Words { tenant: TenantId::at(now()), ..words.clone() };
    assert!(other.say(&[(a, "a")]).await[0].is_err());
    assert_eq!(other.stored().await, (vec![], vec![]), "and it sees nothing of the other's");
}

/// A bug fails the whole batch, is not retryable, and leaves nothing; nor does it stand in the way of a later call.
#[tokio::test]
async fn a_bug_is_said_once_and_leaves_nothing() {
    let words = Words::start().await;
    for bug in ["bug", "impossible"] {
        let [a, b] = ids();
        let calls = vec![words.call(a, Say("a")), words.call(b, Say(bug))];
        let error = words.state.execute_many(words.tenant, calls, |word| Word(word.clone())).await.unwrap_err();
        assert!(matches!(error.common(), Some(CommonError::Bug(_))), "{error}");
        let status = tonic::Status::from(error.common().unwrap().clone());
        assert_eq!(status.code(), tonic::Code::Internal);
    }
    assert_eq!(words.stored().await, (vec![], vec![]));
    let [c] = ids();
    assert_eq!(words.say(&[(c, "a")]).await, [ok("a")]);
}

/// Commands of several calls are written together, and each event belongs to the trace of its own call.
#[tokio::test]
async fn an_event_belongs_to_the_trace_of_its_call() {
    let words = Words::start().await;
    let [a, b, c] = ids();
    let remote = Parent::of_event(Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), Some("vendor=1"));
    let [first, last] = [Trace::continued(&remote), Trace::start()];
    let calls = vec![
        words.call_within(a, Some(first.clone()), Say("a")),
        words.call_within(b, None, Say("no")),
        words.call_within(c, Some(last.clone()), Say("c")),
    ];
    words.state.execute_many(words.tenant, calls, |word| Word(word.clone())).await.unwrap();
    let mut tx = words.db.db.begin(words.tenant).await.unwrap();
    let traces: Vec<(Option<String>, Option<String>)> =
        sqlx::query_as("select traceparent, tracestate from outbox order by payload")
            .fetch_all(&mut *tx)
            .await
            .unwrap();
    let state = Some("vendor=1".to_owned());
    assert_eq!(traces, [(Some(first.to_string()), state), (Some(last.to_string()), None)]);
}
