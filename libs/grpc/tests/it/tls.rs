//! TLS between a caller and a server, and between services: who is not trusted is not spoken to, and certificates change while both run.

use std::time::Duration;

use quittance_grpc::{CallError, Client, Peer, ServeOptions, TlsConfig, Tokens, connect_over};
use quittance_kernel::{Clock, TenantId};
use quittance_runtime::written::Writes;
use quittance_testkit::{Authority, now, wait_until};
use tonic::Code;

use super::{Replica, SECRET, check};

async fn serve(tls: TlsConfig) -> Replica {
    let options = ServeOptions { tls, ..ServeOptions::new(Tokens::new(SECRET).verifier(), Clock::system()) };
    let replica = Replica::start_with("127.0.0.1:0", options).await;
    Replica { address: replica.address.replace("http://127.0.0.1", "https://localhost"), ..replica }
}

fn own(authority: &Authority, name: &str) -> TlsConfig {
    let (certificate, key) = authority.sign(name);
    TlsConfig { certificate: Some(certificate), key: Some(key), ca: Some(authority.ca()), client_ca: None }
}

fn client(address: &str, tls: &TlsConfig) -> Result<Client, CallError> {
    connect_over(&[address], tls, "no token", None, Duration::from_secs(5), 3, Writes::default())
}

#[tokio::test]
async fn a_caller_speaks_to_a_server_it_trusts_and_to_no_other() {
    let (authority, other) = (Authority::new(), Authority::new());
    let server = serve(own(&authority, "server")).await;
    let trusting = TlsConfig { ca: Some(authority.ca()), ..TlsConfig::default() };
    check(&client(&server.address, &trusting).unwrap()).await.unwrap();
    for distrusting in [TlsConfig { ca: Some(other.ca()), ..TlsConfig::default() }, TlsConfig::default()] {
        let status = check(&client(&server.address, &distrusting).unwrap()).await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable, "{status}");
    }
    let plain = server.address.replace("https", "http");
    assert!(check(&client(&plain, &trusting).unwrap()).await.is_err(), "plain text is no way in");
    server.stop().await;
}

#[tokio::test]
async fn services_present_certificates_to_each_other() {
    let (authority, other) = (Authority::new(), Authority::new());
    let tls = TlsConfig { client_ca: Some(authority.ca()), ..own(&authority, "server") };
    assert_eq!(tls.problems(), Vec::<String>::new());
    let server = serve(tls).await;
    let peer = |tls: &TlsConfig| {
        let peer = Peer::new(&[&server.address], "test", Tokens::new(SECRET), Clock::system(), tls).unwrap();
        peer.for_tenant(TenantId::at(now()), Duration::from_secs(5)).unwrap()
    };
    check(&peer(&own(&authority, "client"))).await.unwrap();
    let nameless = TlsConfig { ca: Some(authority.ca()), ..TlsConfig::default() };
    assert!(check(&peer(&nameless)).await.is_err(), "a caller without a certificate");
    let foreign = TlsConfig { ca: Some(authority.ca()), ..own(&other, "client") };
    assert!(check(&peer(&foreign)).await.is_err(), "a caller of another authority");
    for refused in [nameless, foreign] {
        let status = check(&client(&server.address, &refused).unwrap()).await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable, "{status}");
    }
    server.stop().await;
}

#[tokio::test]
async fn changed_certificates_are_used_without_a_restart() {
    let (authority, next) = (Authority::new(), Authority::new());
    let tls = own(&authority, "server");
    let server = serve(tls.clone()).await;
    let trusts_next = TlsConfig { ca: Some(next.ca()), ..TlsConfig::default() };
    assert!(check(&client(&server.address, &trusts_next).unwrap()).await.is_err());

    // A service that calls has both authorities in its file already, as one has while they change.
    let both = authority.folder().join("both.crt");
    let bundle = std::fs::read_to_string(authority.ca()).unwrap() + &std::fs::read_to_string(next.ca()).unwrap();
    std::fs::write(&both, bundle).unwrap();
    let calling = TlsConfig { ca: Some(both), ..TlsConfig::default() };
    let peer = Peer::new(&[&server.address], "test", Tokens::new(SECRET), Clock::system(), &calling).unwrap();
    let peer = peer.for_tenant(TenantId::at(now()), Duration::from_secs(5)).unwrap();
    check(&peer).await.unwrap();

    let (certificate, key) = next.sign("server");
    std::fs::copy(certificate, tls.certificate.unwrap()).unwrap();
    std::fs::copy(key, tls.key.unwrap()).unwrap();
    wait_until("the new certificate is presented", || async {
        check(&client(&server.address, &trusts_next).unwrap()).await.is_ok()
    })
    .await;
    check(&peer).await.unwrap();
    server.stop().await;
}

#[test]
fn everything_wrong_with_certificates_is_said() {
    let (authority, other) = (Authority::new(), Authority::new());
    let right = own(&authority, "right");
    let of_another = own(&other, "other");
    assert_eq!(right.problems(), Vec::<String>::new());
    let nowhere = Some("/nonexistent.pem".into());
    for wrong in [
        TlsConfig { key: None, ..right.clone() },
        TlsConfig { client_ca: Some(authority.ca()), ..TlsConfig::default() },
        TlsConfig { certificate: nowhere.clone(), ..right.clone() },
        TlsConfig { key: of_another.key, ..right.clone() },
        TlsConfig { ca: nowhere, ..right.clone() },
        TlsConfig { ca: right.key.clone(), ..right },
    ] {
        assert_eq!(wrong.problems().len(), 1, "{wrong:?}: {:?}", wrong.problems());
    }
}
