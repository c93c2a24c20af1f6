//! How calls reach the service, and what goes with each of them: the API key, the deadline, the retries, and the hooks of the caller.

use std::{
    fmt,
    future::{Future, pending, poll_fn},
    pin::pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use tokio::{
    sync::watch,
    time::{Instant, timeout_at},
};
use tonic::{
    Request, Response, Status,
    metadata::{Ascii, MetadataMap, MetadataValue},
    transport::Channel,
};

use crate::{Error, link::is_unsent, retry, servers::Servers, usable};

/// The deadline of a call with one answer, its retries included, unless `with_deadline` says otherwise.
pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(5);

/// The longest deadline that `with_deadline` takes.
pub const MAX_DEADLINE: Duration = Duration::from_secs(24 * 60 * 60);

pub(crate) type Interceptor = dyn Fn(Request<()>) -> Result<Request<()>, Status> + Send + Sync;
pub(crate) type Observer = dyn Fn(&MetadataMap) + Send + Sync;

/// The way of the calls to the service.
#[derive(Clone)]
enum Way {
    Servers(Arc<Servers>),
    /// A channel of the caller, which manages its connection itself.
    Channel(Channel),
}

#[derive(Clone)]
pub(crate) struct Connection {
    /// Shared by all clones; nothing is left of it once one of them is closed.
    way: Arc<watch::Sender<Option<Way>>>,
    api_key: MetadataValue<Ascii>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) interceptor: Option<Arc<Interceptor>>,
    pub(crate) observer: Option<Arc<Observer>>,
}

impl Connection {
    pub(crate) fn to(servers: Arc<Servers>, api_key: &str) -> Result<Self, Error> {
        Self::by(Way::Servers(servers), api_key)
    }

    pub(crate) fn through(channel: Channel, api_key: &str) -> Result<Self, Error> {
        Self::by(Way::Channel(channel), api_key)
    }

    fn by(way: Way, api_key: &str) -> Result<Self, Error> {
        let (way, api_key) = (Arc::new(watch::Sender::new(Some(way))), usable::api_key(api_key)?);
        Ok(Self { way, api_key, deadline: None, interceptor: None, observer: None })
    }

    pub(crate) fn close(&self) {
        self.way.send_replace(None);
    }

    /// A call that may be sent again.
    pub(crate) async fn call<Q: Clone, R, F>(&self, message: Q, send: impl Fn(Channel, Request<Q>) -> F) -> Result<R, Error>
    where
        F: Future<Output = Result<Response<R>, Status>>,
    {
        let end = self.end();
        self.answer(end, retry::retrying(|| self.attempt(&message, Some(end), &send))).await
    }

    /// A call that would do something else if it were sent again.
    pub(crate) async fn call_once<Q: Clone, R, F>(&self, message: Q, send: impl Fn(Channel, Request<Q>) -> F) -> Result<R, Error>
    where
        F: Future<Output = Result<Response<R>, Status>>,
    {
        let end = self.end();
        self.answer(end, self.attempt(&message, Some(end), &send)).await
    }

    /// Sends a request once. A connection that turns out to have been lost before is passed over, since nothing was sent on it.
    pub(crate) async fn attempt<Q: Clone, R, F>(
        &self,
        message: &Q,
        end: Option<Instant>,
        send: &impl Fn(Channel, Request<Q>) -> F,
    ) -> Result<Response<R>, Status>
    where
        F: Future<Output = Result<Response<R>, Status>>,
    {
        let way = self.way.borrow().clone();
        let servers = match way.ok_or_else(closed)? {
            Way::Channel(channel) => return send(channel, self.request(message.clone(), end)?).await,
            Way::Servers(servers) => servers,
        };
        let newest = servers.newest();
        loop {
            // An interceptor that ends the call needs no connection.
            let request = self.request(message.clone(), end)?;
            let link = servers.next().await?;
            let status = match send(link.channel, request).await {
                Err(status) if is_unsent(&status) => status,
                outcome => return outcome,
            };
            servers.lost(link.number);
            if link.number > newest {
                return Err(status);
            }
        }
    }

    fn end(&self) -> Instant {
        Instant::now() + self.deadline.unwrap_or(DEFAULT_DEADLINE)
    }

    async fn answer<R>(&self, end: Instant, call: impl Future<Output = Result<Response<R>, Status>>) -> Result<R, Error> {
        let (headers, answer, _) = self.watch(Some(end)).outcome(call).await?.into_parts();
        if let Some(observer) = &self.observer {
            observer(&headers);
        }
        Ok(answer)
    }

    pub(crate) fn watch(&self, end: Option<Instant>) -> Watch {
        Watch { way: self.way.subscribe(), end }
    }

    /// The request as the interceptor leaves it, with the API key, and with what is left of the deadline.
    pub(crate) fn request<Q>(&self, message: Q, end: Option<Instant>) -> Result<Request<Q>, Status> {
        let mut empty = Request::new(());
        if let Some(interceptor) = &self.interceptor {
            empty = interceptor(empty)?;
        }
        let (metadata, extensions, ()) = empty.into_parts();
        let mut request = Request::from_parts(metadata, extensions, message);
        request.metadata_mut().insert("x-api-key", self.api_key.clone());
        if let Some(end) = end {
            request.set_timeout(end.saturating_duration_since(Instant::now()));
        }
        Ok(request)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}

fn closed() -> Status {
    Status::cancelled("the client is closed: make another one")
}

/// The end of a call before its answer.
#[derive(Clone)]
pub(crate) struct Watch {
    way: watch::Receiver<Option<Way>>,
    end: Option<Instant>,
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("end", &self.end).finish_non_exhaustive()
    }
}

impl Watch {
    /// The outcome of a call, or that the client was closed or the deadline has passed meanwhile.
    pub(crate) async fn outcome<T>(&self, call: impl Future<Output = Result<T, Status>>) -> Result<T, Error> {
        let mut way = self.way.clone();
        let is_closed = async move {
            // An error means that the client is gone without having been closed, and its stream goes on.
            if way.wait_for(Option::is_none).await.is_err() {
                pending::<()>().await;
            }
        };
        let (mut is_closed, mut call) = (pin!(is_closed), pin!(call));
        let call = poll_fn(|context| match is_closed.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(closed())),
            Poll::Pending => call.as_mut().poll(context),
        });
        let Some(end) = self.end else { return Ok(call.await?) };
        let late = |_| Err(Status::deadline_exceeded("the deadline of the call has passed"));
        Ok(timeout_at(end, call).await.unwrap_or_else(late)?)
    }
}
