//! One PostgreSQL with all databases, which may crash and come back.

use std::{
    fs,
    os::unix::{fs::MetadataExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, ensure};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use quittance_private_postgres::{Durability, OWNER, Options, ScratchPostgres};
use sqlx::{Connection as _, PgConnection};

use crate::Area;

/// How long a crashed server may take to be gone.
const END_TIMEOUT: Duration = Duration::from_secs(30);

/// The server.
#[derive(Debug)]
pub struct Postgres {
    server: ScratchPostgres,
}

impl Postgres {
    /// Starts one with an empty cluster. Commits are on disk when they are answered, as in production.
    pub async fn start() -> anyhow::Result<Self> {
        let extra = [("shared_buffers", "128MB")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let options = Options { max_connections: 400, extra: extra.into(), ..Options::new(Durability::Full) };
        let server = tokio::task::spawn_blocking(move || ScratchPostgres::start(&options)).await??;
        Ok(Self { server })
    }

    /// How a role logs in to a service's database.
    pub fn url(&self, role: &str, area: Area) -> String {
        self.server.url(role, &area.database())
    }

    /// Its socket.
    pub fn socket(&self) -> PathBuf {
        self.server.socket_folder().join(format!(".s.PGSQL.{}", self.server.port()))
    }

    /// A connection of the owner, whom row-level security does not hold back.
    pub async fn owner(&self, area: Area) -> anyhow::Result<PgConnection> {
        Ok(PgConnection::connect(&self.url(OWNER, area)).await?)
    }

    fn cluster(&self) -> anyhow::Result<PathBuf> {
        Ok(self.server.log().parent().context("the log has a folder")?.join("cluster"))
    }

    /// Ends the server as a crash does: nothing is written any more, and it recovers from its log at the next start.
    pub async fn crash(&self) -> anyhow::Result<()> {
        let cluster = self.cluster()?;
        let file = cluster.join("postmaster.pid");
        let text = fs::read_to_string(&file)?;
        let process: i32 = text.lines().next().context("a process id")?.trim().parse()?;
        // SIGQUIT is the immediate shutdown: <https://www.postgresql.org/docs/current/server-shutdown.html>.
        kill(Pid::from_raw(process), Signal::SIGQUIT)?;
        let gone = async {
            while file.exists() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(END_TIMEOUT, gone).await.context("PostgreSQL did not end in time")
    }

    /// Starts the crashed server again and waits until it takes connections.
    pub async fn recover(&self) -> anyhow::Result<()> {
        let cluster = self.cluster()?;
        let mut command = Command::new(program(&cluster, "pg_ctl")?);
        command.args(["start", "--silent", "--wait", "--timeout=60"]).arg("--pgdata").arg(&cluster);
        command.arg("--log").arg(self.server.log()).current_dir("/").process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // The server's user owns the cluster; when we are root, that is another one.
        let owner = fs::metadata(&cluster)?;
        if nix::unistd::Uid::effective().is_root() {
            command.uid(owner.uid()).gid(owner.gid());
        }
        let status = tokio::task::spawn_blocking(move || command.status()).await??;
        ensure!(status.success(), "PostgreSQL did not start again: {}", fs::read_to_string(self.server.log())?);
        Ok(())
    }
}

/// The server's program beside the one that made the cluster, as `postmaster.opts` names it.
fn program(cluster: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let options = fs::read_to_string(cluster.join("postmaster.opts"))?;
    let postgres = options.split_whitespace().next().context("postmaster.opts names a program")?;
    Ok(Path::new(postgres).with_file_name(name))
}
