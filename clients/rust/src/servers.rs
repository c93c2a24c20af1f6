//! The servers of a name: the connected servers take the calls in turn (round robin). The balancer of tonic looks up no names, and
//! gives a server that is down its share of the calls.
//!
//! Names are looked up and connections are made for the sake of a call alone, so that a client that nobody uses does nothing.

use std::{io, mem::take, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    net::lookup_host,
    sync::watch,
    task::JoinHandle,
    time::{Instant, timeout},
};
use tonic::{
    Status,
    codegen::BoxFuture,
    transport::{Channel, Endpoint},
};

use crate::link::connect;

/// How long the addresses of a name are believed while one of them answers; gRPC, too, looks a name up no more often.
const LOOK_UP_INTERVAL: Duration = Duration::from_secs(30);

/// How long a server that could not be reached is left alone while others answer.
const PAUSE: Duration = Duration::from_secs(1);

type LookUp = Box<dyn Fn() -> BoxFuture<Vec<SocketAddr>, io::Error> + Send + Sync>;

pub(crate) struct Servers {
    endpoint: Endpoint,
    look_up: LookUp,
    state: watch::Sender<State>,
}

/// A connection for a call.
pub(crate) struct Link {
    pub(crate) channel: Channel,
    /// Connections are numbered as they are made.
    pub(crate) number: u64,
}

#[derive(Default)]
struct State {
    servers: Vec<Server>,
    /// The index of the server whose turn it is.
    turn: usize,
    looking_up: Option<Task>,
    looked_up: Option<Instant>,
    /// The number of the newest connection.
    newest: u64,
    /// How often there was no connection, and none under way; and why there was none.
    failures: u64,
    failure: Option<Status>,
}

struct Server {
    address: SocketAddr,
    stage: Stage,
}

enum Stage {
    Connecting(#[expect(dead_code, reason = "dropped with the server")] Task),
    Connected(u64, Channel),
    Away { until: Instant },
}

/// Ends when it is dropped.
struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Servers {
    /// The servers of the host in the URI of `endpoint`.
    pub(crate) fn of(endpoint: Endpoint) -> Arc<Self> {
        let name = endpoint.uri().authority().map_or_else(String::new, ToString::to_string);
        let look_up = move || -> BoxFuture<_, _> {
            let name = name.clone();
            Box::pin(async move { Ok(lookup_host(name).await?.collect()) })
        };
        Self::found_by(Box::new(look_up), endpoint)
    }

    pub(crate) fn found_by(look_up: LookUp, endpoint: Endpoint) -> Arc<Self> {
        // Clients that begin together do not all begin with the same server.
        let state = State { turn: fastrand::u32(..) as usize, ..State::default() };
        Arc::new(Self { endpoint, look_up, state: watch::Sender::new(state) })
    }

    /// The connection whose turn it is; if there is none, the first one that can be made now. Fails once no server can be reached.
    pub(crate) async fn next(self: &Arc<Self>) -> Result<Link, Status> {
        let mut changes = self.state.subscribe();
        let mut failures = None;
        loop {
            let mut outcome = None;
            self.state.send_if_modified(|state| {
                outcome = self.choose(state, &mut failures);
                false
            });
            if let Some(outcome) = outcome {
                return outcome;
            }
            // A server that refuses connections is tried again while another one lets them wait.
            let _ = timeout(PAUSE, changes.changed()).await;
        }
    }

    /// Gives the number of the newest connection.
    pub(crate) fn newest(&self) -> u64 {
        self.state.borrow().newest
    }

    /// The connection of this number is no more: it is made again at once.
    pub(crate) fn lost(&self, number: u64) {
        self.state.send_modify(|state| {
            let lost = state.servers.iter_mut().find(|server| matches!(server.stage, Stage::Connected(of, _) if of == number));
            if let Some(server) = lost {
                server.stage = Stage::Away { until: Instant::now() };
            }
        });
    }

    /// Starts what is due. Without a connection everything is, for a call that has not waited yet: `failures` tells.
    fn choose(self: &Arc<Self>, state: &mut State, failures: &mut Option<u64>) -> Option<Result<Link, Status>> {
        let (link, now) = (state.take_turn(), Instant::now());
        let is_urgent = link.is_none() && failures.is_none();
        if state.looking_up.is_none() && (is_urgent || state.looked_up.is_none_or(|at| now - at >= LOOK_UP_INTERVAL)) {
            state.looking_up = Some(self.look_up());
        }
        for Server { address, stage } in &mut state.servers {
            if matches!(stage, Stage::Away { until } if is_urgent || *until <= now) {
                *stage = Stage::Connecting(self.connect(*address));
            }
        }
        if let Some(link) = link {
            return Some(Ok(link));
        }
        let failed = *failures.get_or_insert(state.failures) < state.failures;
        state.failure.clone().filter(|_| failed).map(Err)
    }

    fn look_up(self: &Arc<Self>) -> Task {
        let (servers, found) = (Arc::downgrade(self), (self.look_up)());
        Task(tokio::spawn(async move {
            let found = found.await;
            let Some(servers) = servers.upgrade() else { return };
            servers.state.send_modify(|state| {
                (state.looking_up, state.looked_up) = (None, Some(Instant::now()));
                match found {
                    Ok(found) if !found.is_empty() => servers.replace(state, found),
                    // The servers known so far are better than none.
                    _ if !state.servers.is_empty() => {}
                    Ok(_) => state.failure = Some(servers.unresolved("it has no addresses")),
                    Err(error) => state.failure = Some(servers.unresolved(error)),
                }
                state.note_failure();
            });
        }))
    }

    fn connect(self: &Arc<Self>, address: SocketAddr) -> Task {
        let (servers, connecting) = (Arc::downgrade(self), connect(self.endpoint.clone(), address));
        Task(tokio::spawn(async move {
            let outcome = connecting.await;
            let Some(servers) = servers.upgrade() else { return };
            servers.state.send_modify(|state| state.connected(address, outcome));
        }))
    }

    /// Calls under way at a server that has left come to their end.
    fn replace(self: &Arc<Self>, state: &mut State, found: Vec<SocketAddr>) {
        let mut known = take(&mut state.servers);
        for address in found {
            if !state.servers.iter().any(|server| server.address == address) {
                let same = known.iter().position(|server| server.address == address).map(|at| known.swap_remove(at));
                state.servers.push(same.unwrap_or_else(|| Server { address, stage: Stage::Connecting(self.connect(address)) }));
            }
        }
    }

    fn unresolved(&self, why: impl std::fmt::Display) -> Status {
        let name = self.endpoint.uri().host().unwrap_or_default();
        Status::unavailable(format!("the name {name} cannot be resolved: {why}"))
    }
}

impl State {
    fn take_turn(&mut self) -> Option<Link> {
        let all = self.servers.len();
        for index in (0..all).map(|after| (self.turn % all + after) % all) {
            if let Stage::Connected(number, channel) = &self.servers[index].stage {
                self.turn = index + 1;
                return Some(Link { channel: channel.clone(), number: *number });
            }
        }
        None
    }

    fn connected(&mut self, address: SocketAddr, outcome: Result<Channel, Status>) {
        let Some(server) = self.servers.iter_mut().find(|server| server.address == address) else { return };
        match outcome {
            Ok(channel) => {
                self.newest += 1;
                server.stage = Stage::Connected(self.newest, channel);
            }
            Err(status) => {
                self.failure = Some(status);
                server.stage = Stage::Away { until: Instant::now() + PAUSE };
            }
        }
        self.note_failure();
    }

    fn note_failure(&mut self) {
        if self.looking_up.is_none() && self.servers.iter().all(|server| matches!(server.stage, Stage::Away { .. })) {
            self.failures += 1;
        }
    }
}

#[cfg(test)]
mod tests;
