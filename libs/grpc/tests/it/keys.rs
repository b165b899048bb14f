//! Keys that change while the process runs: from a file, and from an address.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use quittance_grpc::{KeySource, TlsConfig, TokenRules, Tokens, Verifier, refresh_keys};
use quittance_kernel::Clock;
use quittance_runtime::ShutdownTrigger;
use quittance_testkit::{Authority, wait_until};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

const OLD: &str = "an old secret, of thirty-two bytes";
const NEW: &str = "a new secret, of thirty-two bytes!";

fn token(secret: &str) -> String {
    let now = Clock::system().now();
    Tokens::new(secret).sign("ann", &["*"], "*", now, chrono::Duration::hours(1)).unwrap()
}

async fn rotates(source: KeySource, tls: TlsConfig, rotate: impl FnOnce(String)) {
    let now = Clock::system().now();
    let verifier = Verifier::new(TokenRules::default(), None);
    verifier.replace_keys(source.load(&tls.trust()).await.unwrap());
    assert!(verifier.verify(&token(OLD), now).is_ok() && verifier.verify(&token(NEW), now).is_err());
    let (trigger, shutdown) = ShutdownTrigger::new();
    let refreshing = refresh_keys(source, tls.trust(), Duration::from_secs(1), verifier.clone(), shutdown);
    let refreshing = tokio::spawn(refreshing);
    rotate(Tokens::new(NEW).key_set());
    wait_until("the new key is accepted", || async { verifier.verify(&token(NEW), now).is_ok() }).await;
    assert!(verifier.verify(&token(OLD), now).is_err(), "the old key is gone, for tokens that were seen too");
    trigger.trigger();
    refreshing.await.unwrap();
}

#[tokio::test]
async fn keys_follow_a_file() {
    let folder = Authority::new();
    let file = folder.folder().join("jwks.json");
    std::fs::write(&file, Tokens::new(OLD).key_set()).unwrap();
    rotates(KeySource::File(file.clone()), TlsConfig::default(), |keys| std::fs::write(file, keys).unwrap()).await;
}

#[tokio::test]
async fn keys_follow_an_address_that_is_trusted() {
    let authority = Authority::new();
    let keys = Arc::new(Mutex::new(Tokens::new(OLD).key_set()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("https://localhost:{}/jwks.json", listener.local_addr().unwrap().port());
    let acceptor = authority.acceptor("idp");
    let served = Arc::clone(&keys);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            // Who does not trust us hangs up.
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let _request = stream.read(&mut [0; 4096]).await.unwrap();
            let body = served.lock().unwrap().clone();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            stream.write_all((head + &body).as_bytes()).await.unwrap();
            let _closed = stream.shutdown().await;
        }
    });
    let source = KeySource::parse(&address).unwrap();
    assert!(source.load(&TlsConfig::default().trust()).await.is_err(), "an address that is not trusted");
    let tls = TlsConfig { ca: Some(authority.ca()), ..TlsConfig::default() };
    rotates(source, tls, |new| *keys.lock().unwrap() = new).await;
}

#[test]
fn an_address_in_plain_text_is_for_this_machine_only() {
    assert!(KeySource::parse("http://127.0.0.1:80/jwks").is_ok());
    assert!(KeySource::parse("http://idp.example/jwks").is_err());
    assert!(KeySource::parse("https://idp.example/jwks").is_ok());
    assert_eq!(KeySource::parse("jwks.json"), Ok(KeySource::File("jwks.json".into())));
}
