//! A connection to one address. A lost connection is not reopened here: the next call would have to wait for it.

use std::{
    error::Error,
    future::{Ready, ready},
    io,
    iter::successors,
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::timeout};
use tonic::{
    ConnectError, Status,
    codegen::{Service, http::Uri},
    transport::{Channel, Endpoint},
};

/// As long as gRPC waits for a connection.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Connects to `address`, whose server has the name that is in the URI of `endpoint`.
pub(crate) async fn connect(endpoint: Endpoint, address: SocketAddr) -> Result<Channel, Status> {
    let connecting = async {
        let socket = TcpStream::connect(address).await.map_err(unconnected)?;
        socket.set_nodelay(true).map_err(unconnected)?;
        let connecting = endpoint.connect_with_connector(Once(Some(TokioIo::new(socket))));
        connecting.await.map_err(|error| Status::from_error(Box::new(error)))
    };
    let late = |_| Err(Status::unavailable(format!("no connection to {address} within {TIMEOUT:?}")));
    timeout(TIMEOUT, connecting).await.unwrap_or_else(late)
}

/// Whether a call that ended so was never sent, since its connection had been lost.
pub(crate) fn is_unsent(status: &Status) -> bool {
    successors(status.source(), |&cause| cause.source()).any(|cause| cause.is::<ConnectError>())
}

fn unconnected(error: io::Error) -> Status {
    let mut status = Status::unavailable(format!("tcp connect error: {error}"));
    status.set_source(Arc::new(error));
    status
}

/// Hands out a socket the first time.
struct Once(Option<TokioIo<TcpStream>>);

impl Service<Uri> for Once {
    type Response = TokioIo<TcpStream>;
    type Error = io::Error;
    type Future = Ready<io::Result<TokioIo<TcpStream>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        ready(self.0.take().ok_or_else(|| io::Error::new(io::ErrorKind::NotConnected, "the connection was lost")))
    }
}
