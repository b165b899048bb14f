//! Incoming connections: accepted up to the limits, secured by TLS if there is a certificate, and closed when the client sends nothing.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use futures::Stream;
use quittance_runtime::Shutdown;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::Sleep,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tonic::transport::server::{Connected, TcpConnectInfo};

use super::Limits;
use crate::tls::Acceptor;

/// How long a new connection may take for its handshake and the first bytes of HTTP/2.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// The client's preface (RFC 9113, 3.4): no call comes before it.
const PREFACE_BYTES: usize = 24;
/// The shortest time between two log lines about refused connections.
const LOG_EVERY: Duration = Duration::from_secs(10);

/// The number of connections by peer.
#[derive(Debug, Default)]
struct Room {
    total: usize,
    by_peer: HashMap<IpAddr, usize>,
}

/// A connection's permit, released when it is dropped.
#[derive(Debug)]
struct Place {
    room: Arc<Mutex<Room>>,
    peer: IpAddr,
}

impl Place {
    fn take(room: &Arc<Mutex<Room>>, peer: IpAddr, limits: &Limits) -> Result<Self, &'static str> {
        let mut inner = room.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.total >= limits.connections {
            return Err("there are too many connections");
        }
        let of_peer = inner.by_peer.entry(peer).or_default();
        if *of_peer >= limits.connections_per_peer {
            return Err("there are too many connections from this address");
        }
        *of_peer += 1;
        inner.total += 1;
        Ok(Self { room: Arc::clone(room), peer })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut room = self.room.lock().unwrap_or_else(PoisonError::into_inner);
        room.total -= 1;
        if let Some(of_peer) = room.by_peer.get_mut(&self.peer) {
            *of_peer -= 1;
            if *of_peer == 0 {
                room.by_peer.remove(&self.peer);
            }
        }
    }
}

#[derive(Debug)]
enum Transport {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// An accepted connection.
#[derive(Debug)]
pub(super) struct Connection {
    transport: Transport,
    info: TcpConnectInfo,
    /// The deadline of the preface, until it has arrived.
    patience: Option<(Pin<Box<Sleep>>, usize)>,
    _place: Place,
}

/// Accepted connections to be served; `None` after shutdown.
type Waiting = Arc<Mutex<Option<mpsc::Receiver<io::Result<Connection>>>>>;

/// Accepts connections until shutdown. From then on they are refused, and waiting ones are closed: their callers find another server at once, while the
/// calls that run here are finished.
pub(super) fn incoming(
    listener: TcpListener,
    tls: Option<Acceptor>,
    limits: Limits,
    mut shutdown: Shutdown,
) -> impl Stream<Item = io::Result<Connection>> {
    let (sender, receiver) = mpsc::channel(16);
    let waiting: Waiting = Arc::new(Mutex::new(Some(receiver)));
    let closing = Arc::clone(&waiting);
    tokio::spawn(async move {
        tokio::select! {
            () = shutdown.triggered() => {}
            () = accept(listener, tls.map(Arc::new), limits, sender) => {}
        }
        *closing.lock().unwrap_or_else(PoisonError::into_inner) = None;
    });
    futures::stream::poll_fn(move |context| {
        let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.as_mut().map_or(Poll::Ready(None), |receiver| receiver.poll_recv(context))
    })
}

async fn accept(
    listener: TcpListener,
    tls: Option<Arc<Acceptor>>,
    limits: Limits,
    accepted: mpsc::Sender<io::Result<Connection>>,
) {
    let room = Arc::new(Mutex::new(Room::default()));
    let mut refused = RefusedConnections::default();
    loop {
        let (stream, peer) = tokio::select! {
            () = accepted.closed() => return,
            came = listener.accept() => match came {
                Ok(came) => came,
                Err(error) => {
                    // Most likely there are no file descriptors left: some will be soon.
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        match Place::take(&room, peer.ip(), &limits) {
            Ok(place) => {
                let (tls, accepted) = (tls.clone(), accepted.clone());
                tokio::spawn(async move {
                    if let Some(connection) = handshake(stream, peer, tls.as_deref(), place).await {
                        // The server has ended.
                        let _ended = accepted.send(Ok(connection)).await;
                    }
                });
            }
            Err(why) => refused.add(peer.ip(), why),
        }
    }
}

/// Logs that connections are refused, at a limited rate.
#[derive(Debug, Default)]
struct RefusedConnections {
    count: u64,
    logged_at: Option<Instant>,
}

impl RefusedConnections {
    fn add(&mut self, peer: IpAddr, why: &str) {
        self.count += 1;
        if self.logged_at.is_none_or(|at| at.elapsed() >= LOG_EVERY) {
            tracing::warn!(%peer, why, count = self.count, "connections are refused");
            self.count = 0;
            self.logged_at = Some(Instant::now());
        }
    }
}

async fn handshake(stream: TcpStream, peer: SocketAddr, tls: Option<&Acceptor>, place: Place) -> Option<Connection> {
    let deadline = tokio::time::Instant::now() + HANDSHAKE;
    // A connection that is already closed fails in the handshake.
    let _gone = stream.set_nodelay(true);
    let info = TcpConnectInfo { local_addr: stream.local_addr().ok(), remote_addr: Some(peer) };
    let transport = match tls {
        None => Transport::Plain(stream),
        Some(tls) => {
            let handshake = TlsAcceptor::from(tls.current()).accept(stream);
            match tokio::time::timeout_at(deadline, handshake).await {
                Ok(Ok(stream)) => Transport::Tls(Box::new(stream)),
                Ok(Err(error)) => {
                    tracing::info!(%peer, %error, "a TLS handshake failed");
                    return None;
                }
                Err(_) => {
                    tracing::info!(%peer, "a TLS handshake took too long");
                    return None;
                }
            }
        }
    };
    let patience = Some((Box::pin(tokio::time::sleep_until(deadline)), 0));
    Some(Connection { transport, info, patience, _place: place })
}

impl Connected for Connection {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        self.info.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = match &mut self.transport {
            Transport::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Transport::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        };
        if let Some((until, received)) = &mut self.patience {
            *received += buffer.filled().len() - before;
            if *received >= PREFACE_BYTES {
                self.patience = None;
            } else if read.is_pending() && until.as_mut().poll(context).is_ready() {
                tracing::info!(peer = ?self.info.remote_addr, "a connection sent nothing and is closed");
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.transport {
            Transport::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Transport::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.transport {
            Transport::Plain(stream) => Pin::new(stream).poll_flush(context),
            Transport::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.transport {
            Transport::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Transport::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.transport {
            Transport::Plain(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Transport::Tls(stream) => Pin::new(stream).poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.transport {
            Transport::Plain(stream) => stream.is_write_vectored(),
            Transport::Tls(stream) => stream.is_write_vectored(),
        }
    }
}
