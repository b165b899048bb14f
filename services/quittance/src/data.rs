//! The data folder of a suite: its private PostgreSQL and the key that signs its tokens.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use quittance_db::Logins;
use quittance_grpc::Tokens;
use quittance_private_postgres::{Durability, Options, PrivatePostgres, ScratchPostgres};
use sqlx::postgres::PgConnectOptions;

const KEY_FILE: &str = "development-key";
const PASSWORD_FILE: &str = "database-password";
const SECRET_BYTES: usize = 32;

/// The server of the databases.
#[derive(Debug)]
pub(crate) enum Server {
    /// A private server in a data folder.
    Private(PrivatePostgres),
    /// A private server that is removed when this process ends in any way.
    Scratch(ScratchPostgres),
    /// A private server that another process of ours started and will stop.
    Running(quittance_private_postgres::Server),
    /// An external server, with an owner's login and the password of our roles.
    Given { owner: Box<PgConnectOptions>, password: String },
}

impl Server {
    /// Starts or adopts the private server of a data folder.
    pub(crate) async fn private(folder: PathBuf) -> anyhow::Result<Self> {
        let start = move || {
            PrivatePostgres::start(&folder, &Options { max_connections: 200, ..Options::new(Durability::Full) })
        };
        Ok(Self::Private(tokio::task::spawn_blocking(start).await??))
    }

    /// The private server of a data folder: the one running for another process, or a new one.
    pub(crate) async fn private_or_running(folder: PathBuf) -> anyhow::Result<Self> {
        let start = move || -> Result<Self, quittance_private_postgres::Error> {
            let options = Options { max_connections: 200, ..Options::new(Durability::Full) };
            match PrivatePostgres::start(&folder, &options) {
                Ok(server) => Ok(Self::Private(server)),
                Err(quittance_private_postgres::Error::InUse { .. }) => {
                    Ok(Self::Running(PrivatePostgres::of_other_process(&folder)?))
                }
                Err(error) => Err(error),
            }
        };
        Ok(tokio::task::spawn_blocking(start).await??)
    }

    /// Starts a server that leaves nothing behind.
    pub(crate) async fn scratch() -> anyhow::Result<Self> {
        let start = || ScratchPostgres::start(&Options { max_connections: 200, ..Options::new(Durability::Full) });
        Ok(Self::Scratch(tokio::task::spawn_blocking(start).await??))
    }

    /// Uses an external server by URL.
    pub(crate) fn given(url: &str, folder: &Path) -> anyhow::Result<Self> {
        let owner: PgConnectOptions = url.parse().with_context(|| format!("{url} is not a PostgreSQL URL"))?;
        Ok(Self::Given { owner: Box::new(owner), password: hex::encode(secret(folder, PASSWORD_FILE)?) })
    }

    /// The logins of a database on this server.
    pub(crate) fn logins(&self, database: &str) -> anyhow::Result<Logins> {
        match self {
            Self::Private(server) => trusted(server, database),
            Self::Scratch(server) => trusted(server, database),
            Self::Running(server) => trusted(server, database),
            Self::Given { owner, password } => {
                let owner = owner.clone().database(database);
                let login = |role: &str| owner.clone().username(role).password(password);
                Ok(Logins {
                    app: login("quittance_app"),
                    system: login("quittance_system"),
                    owner: owner.clone(),
                    role_password: Some(password.clone()),
                })
            }
        }
    }

    /// Stops a private server.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        match self {
            Self::Private(server) => tokio::task::spawn_blocking(move || server.stop()).await??,
            Self::Scratch(server) => tokio::task::spawn_blocking(move || drop(server)).await?,
            Self::Running(_) | Self::Given { .. } => {}
        }
        Ok(())
    }
}

/// The logins of a database on a server that trusts every user of its socket.
fn trusted(server: &quittance_private_postgres::Server, database: &str) -> anyhow::Result<Logins> {
    let login = |role: &str| -> anyhow::Result<PgConnectOptions> { Ok(server.url(role, database).parse()?) };
    Ok(Logins {
        owner: login(quittance_private_postgres::OWNER)?,
        app: login("quittance_app")?,
        system: login("quittance_system")?,
        role_password: None,
    })
}

/// Signs tokens with an ephemeral key.
pub(crate) fn passing_tokens() -> anyhow::Result<Tokens> {
    Ok(Tokens::new(random()?))
}

/// Signs tokens with the folder's key, created with the folder.
pub(crate) fn tokens(folder: &Path) -> anyhow::Result<Tokens> {
    Ok(Tokens::new(secret(folder, KEY_FILE)?))
}

/// A secret of the folder, created from the system's randomness at first use. Only the folder's owner can read it.
fn secret(folder: &Path, name: &str) -> anyhow::Result<Vec<u8>> {
    fs::create_dir_all(folder).with_context(|| format!("making the folder {}", folder.display()))?;
    let path = folder.join(name);
    if let Ok(secret) = fs::read(&path)
        && secret.len() == SECRET_BYTES
    {
        return Ok(secret);
    }
    let secret = random()?;
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
    file.write_all(&secret).with_context(|| format!("writing {}", path.display()))?;
    Ok(secret)
}

fn random() -> anyhow::Result<Vec<u8>> {
    let mut bytes = vec![0; SECRET_BYTES];
    getrandom::fill(&mut bytes).context("reading the system's randomness")?;
    Ok(bytes)
}

/// Signs tokens with the key of a folder created by `quittance up`.
pub(crate) fn existing_tokens(folder: &Path) -> anyhow::Result<Tokens> {
    let path = folder.join(KEY_FILE);
    let secret = fs::read(&path).with_context(|| {
        format!(
            "there is no key {}: start `quittance up` here first, or name its folder with --data, or give a --token",
            path.display()
        )
    })?;
    Ok(Tokens::new(secret))
}
