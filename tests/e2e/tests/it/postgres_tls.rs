//! A PostgreSQL that is reached by TLS only: one that is trusted is logged in to, any other is not.

use std::path::PathBuf;

use quittance_db::{Db, Logins, Workload};
use quittance_e2e::{Area, Postgres};
use quittance_host::Service as _;
use quittance_testkit::Authority;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream, UnixStream},
};
use tokio_rustls::TlsAcceptor;

/// What a client that wants TLS sends first (PostgreSQL's protocol, `SSLRequest`).
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// Answers the request for TLS as PostgreSQL does, and hands everything else on to its socket.
async fn secured(mut stream: TcpStream, tls: TlsAcceptor, socket: PathBuf) -> std::io::Result<()> {
    let mut request = [0; 8];
    stream.read_exact(&mut request).await?;
    if request != SSL_REQUEST {
        return Ok(());
    }
    stream.write_all(b"S").await?;
    let (mut stream, mut server) = (tls.accept(stream).await?, UnixStream::connect(socket).await?);
    copy_bidirectional(&mut stream, &mut server).await.map(drop)
}

#[tokio::test]
async fn a_database_behind_tls_is_reached_where_it_is_trusted() {
    let postgres = Postgres::start().await.unwrap();
    let url = postgres.url("quittance_owner", Area::Invoicing);
    let logins = |url: &str| {
        let login = |role: &str| url.replace("quittance_owner", role).parse().unwrap();
        Logins {
            owner: login("quittance_owner"),
            app: login("quittance_app"),
            system: login("quittance_system"),
            role_password: None,
        }
    };
    quittance_db::prepare(&logins(&url), &quittance_invoicing::App::migrator()).await.unwrap();

    let (authority, other) = (Authority::new(), Authority::new());
    let (tls, socket) = (authority.acceptor("postgres"), postgres.socket());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(secured(stream, tls.clone(), socket.clone()));
        }
    });
    let connect = async |mode: &str| {
        let url = format!("postgres://quittance_owner@localhost:{port}/{}?sslmode={mode}", Area::Invoicing.database());
        Db::connect(&logins(&url), 2, Workload::Keys).await
    };
    let (ca, foreign) = (authority.ca().display().to_string(), other.ca().display().to_string());
    for right in ["require".to_owned(), format!("verify-ca&sslrootcert={ca}"), format!("verify-full&sslrootcert={ca}")]
    {
        connect(&right).await.unwrap_or_else(|error| panic!("{right}: {error}")).ping().await.unwrap();
    }
    for wrong in ["verify-full".to_owned(), format!("verify-full&sslrootcert={foreign}"), "disable".to_owned()] {
        assert!(connect(&wrong).await.is_err(), "{wrong}");
    }
}
