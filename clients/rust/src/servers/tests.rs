//! Over servers that answer every call with an empty message, under a name whose addresses the test says.

use std::{
    future::pending,
    net::Ipv4Addr,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use super::*;
use crate::{
    Client, ClientTlsConfig, Error,
    connection::Connection,
    usable,
    v1::{self, otp_service_client::OtpServiceClient},
};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::Handle,
    task::{JoinSet, yield_now},
    time::{advance, pause, resume},
};
use tonic::{
    Code,
    codegen::{
        Bytes,
        http::{HeaderMap, HeaderValue, Response, header::HeaderName},
    },
};

/// A server; dropping it ends its connections.
struct Answering {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    ended: Arc<AtomicUsize>,
    calls: Arc<AtomicUsize>,
    _task: Task,
}

impl Answering {
    async fn start() -> Self {
        Self::at((Ipv4Addr::LOCALHOST, 0).into(), usize::MAX).await
    }

    /// Each of its connections takes so many calls, and is then ended (GOAWAY).
    async fn at(address: SocketAddr, calls_each: usize) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let [connections, ended, calls] = [(); 3].map(|()| Arc::<AtomicUsize>::default());
        let [made, left, taken] = [&connections, &ended, &calls].map(Arc::clone);
        let serving = async move {
            let mut tasks = JoinSet::new();
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                made.fetch_add(1, SeqCst);
                let (left, taken) = (Arc::clone(&left), Arc::clone(&taken));
                tasks.spawn(async move {
                    answer_all(socket, taken, calls_each).await;
                    left.fetch_add(1, SeqCst);
                });
            }
        };
        Self { address, connections, ended, calls, _task: Task(tokio::spawn(serving)) }
    }

    fn calls(&self) -> usize {
        self.calls.load(SeqCst)
    }

    fn connections(&self) -> usize {
        self.connections.load(SeqCst)
    }
}

async fn answer_all(socket: TcpStream, calls: Arc<AtomicUsize>, most: usize) {
    let mut connection = h2::server::handshake(socket).await.unwrap();
    for number in 1.. {
        let Some(Ok((_, mut call))) = connection.accept().await else { return };
        calls.fetch_add(1, SeqCst);
        let head = Response::builder().header("content-type", "application/grpc").body(()).unwrap();
        let mut body = call.send_response(head, false).unwrap();
        body.send_data(Bytes::from_static(&[0; 5]), false).unwrap();
        body.send_trailers(HeaderMap::from_iter([(HeaderName::from_static("grpc-status"), HeaderValue::from_static("0"))])).unwrap();
        if number == most {
            connection.graceful_shutdown();
        }
    }
}

/// The addresses of a name.
#[derive(Clone, Default)]
struct Name {
    addresses: Arc<Mutex<Vec<SocketAddr>>>,
    look_ups: Arc<AtomicUsize>,
}

impl Name {
    fn of(servers: &[&Answering]) -> Self {
        let name = Self::default();
        name.set(servers);
        name
    }

    fn set(&self, servers: &[&Answering]) {
        *self.addresses.lock().unwrap() = servers.iter().map(|server| server.address).collect();
    }

    fn look_ups(&self) -> usize {
        self.look_ups.load(SeqCst)
    }

    fn client(&self) -> Client {
        let name = self.clone();
        client(Box::new(move || {
            name.look_ups.fetch_add(1, SeqCst);
            let addresses = name.addresses.lock().unwrap().clone();
            Box::pin(async { Ok(addresses) })
        }))
    }
}

fn client(look_up: LookUp) -> Client {
    client_at(look_up, usable::endpoint("http", "otpd.example.com:50051").unwrap())
}

fn client_at(look_up: LookUp, endpoint: Endpoint) -> Client {
    Client { connection: Connection::to(Servers::found_by(look_up, endpoint), "key").unwrap() }
}

async fn call(client: &Client) -> Result<(), Error> {
    client.token(v1::TokenRequest::default()).await.map(drop)
}

async fn call_until(client: &Client, is_done: impl Fn() -> bool) {
    until(is_done, async || call(client).await.unwrap()).await;
}

/// Fails after a minute, instead of never.
async fn until(is_done: impl Fn() -> bool, step: impl AsyncFn()) {
    let steps = async {
        while !is_done() {
            step().await;
        }
    };
    timeout(Duration::from_secs(60), steps).await.unwrap();
}

/// Lets the addresses of every name be looked up anew.
async fn pass_time() {
    pause();
    advance(LOOK_UP_INTERVAL).await;
    resume();
}

#[tokio::test]
async fn take_the_calls_in_turn_over_one_connection_each() {
    let servers = [Answering::start().await, Answering::start().await, Answering::start().await];
    let client = Name::of(&[&servers[0], &servers[1], &servers[2], &servers[0]]).client();
    let mut first = JoinSet::new();
    for client in vec![client.clone(); 20] {
        first.spawn(async move { call(&client).await.unwrap() });
    }
    first.join_all().await;
    call_until(&client, || servers.iter().all(|server| server.calls() > 0)).await;
    let before = servers.each_ref().map(Answering::calls);
    for _ in 0..12 {
        call(&client).await.unwrap();
    }
    assert_eq!(servers.each_ref().map(Answering::calls), before.map(|calls| calls + 4));
    assert_eq!(servers.each_ref().map(Answering::connections), [1; 3]);
}

#[tokio::test]
async fn are_spared_while_they_are_away_and_called_again_when_they_are_back() {
    let (one, other) = (Answering::start().await, Answering::start().await);
    let client = Name::of(&[&one, &other]).client();
    call_until(&client, || one.calls() > 0 && other.calls() > 0).await;
    let address = one.address;
    drop(one);
    let before = other.calls();
    for _ in 0..10 {
        call(&client).await.unwrap();
    }
    assert_eq!(other.calls(), before + 10);
    let one = Answering::at(address, usize::MAX).await;
    call_until(&client, || one.calls() > 0).await;
    assert_eq!((one.connections(), other.connections()), (1, 1));
}

#[tokio::test]
async fn that_leave_the_name_are_left_and_those_that_come_are_called() {
    let (one, other) = (Answering::start().await, Answering::start().await);
    let name = Name::of(&[&one]);
    let client = name.client();
    call(&client).await.unwrap();
    name.set(&[&other]);
    for _ in 0..10 {
        call(&client).await.unwrap();
    }
    assert_eq!((one.calls(), other.calls(), name.look_ups()), (11, 0, 1));
    pass_time().await;
    call_until(&client, || other.calls() > 0).await;
    let before = one.calls();
    for _ in 0..10 {
        call(&client).await.unwrap();
    }
    assert_eq!((one.calls(), name.look_ups()), (before, 2));
    // A name that is lost meanwhile changes nothing.
    name.set(&[]);
    pass_time().await;
    call_until(&client, || name.look_ups() == 3).await;
    call(&client).await.unwrap();
}

#[tokio::test]
async fn that_have_all_moved_are_found_by_the_same_call() {
    let one = Answering::start().await;
    let name = Name::of(&[&one]);
    let client = name.client();
    call(&client).await.unwrap();
    drop(one);
    let other = Answering::start().await;
    name.set(&[&other]);
    call_until(&client, || other.calls() > 0).await;
    assert_eq!(name.look_ups(), 2);
}

#[tokio::test]
async fn that_end_a_connection_get_the_next_call_on_another_at_once() {
    let server = Answering::at((Ipv4Addr::LOCALHOST, 0).into(), 1).await;
    let client = Name::of(&[&server]).client();
    let send = |channel, request| async { OtpServiceClient::new(channel).token(request).await };
    for number in 1..=10 {
        // Is not tried again if it fails.
        client.connection.call_once(v1::TokenRequest::default(), send).await.unwrap();
        assert_eq!((server.calls(), server.connections()), (number, number));
        until(|| server.ended.load(SeqCst) == number, yield_now).await;
    }
}

#[tokio::test]
async fn of_a_name_that_cannot_be_resolved_are_looked_for_again_by_every_attempt() {
    let name = Name::default();
    let client = name.client();
    let error = call(&client).await.unwrap_err();
    assert_eq!(error.to_string(), "otpd: Unavailable: the name otpd.example.com cannot be resolved: it has no addresses");
    assert_eq!(name.look_ups(), 4);
    let server = Answering::start().await;
    name.set(&[&server]);
    call(&client).await.unwrap();
    let unknown = self::client(Box::new(|| Box::pin(async { Err(io::Error::other("no such host")) })));
    let error = call(&unknown).await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::Unavailable, "the name otpd.example.com cannot be resolved: no such host"));
}

#[tokio::test]
async fn leave_no_task_behind_with_their_client() {
    let (server, silent) = (Answering::start().await, TcpListener::bind("127.0.0.1:0").await.unwrap());
    let (address, endpoint) = (silent.local_addr().unwrap(), usable::endpoint("https", "otpd.example.com:50051").unwrap());
    let endpoint = endpoint.tls_config(ClientTlsConfig::new()).unwrap();
    let clients = || {
        [
            Name::of(&[&server]).client(),
            client(Box::new(|| Box::pin(pending()))),
            client_at(Box::new(move || Box::pin(async move { Ok(vec![address]) })), endpoint.clone()),
        ]
    };
    let alive = || Handle::current().metrics().num_alive_tasks();
    for is_closed in [false, true] {
        let before = alive();
        for (client, expected) in clients().into_iter().zip([None, Some(Code::DeadlineExceeded), Some(Code::DeadlineExceeded)]) {
            let hasty = client.with_deadline(Duration::from_millis(if expected.is_some() { 50 } else { 5000 })).unwrap();
            assert_eq!(call(&hasty).await.err().map(|error| error.code()), expected);
            assert!(alive() > before);
            if is_closed {
                client.close();
                until(|| alive() == before, yield_now).await;
            }
        }
        until(|| alive() == before, yield_now).await;
    }
}
