//! Calls otpd, the one-time-password service: one connection, an API key and a deadline on every call, retries that are safe, and
//! errors with their details taken out.
//!
//! Requests and responses are the generated messages of [`v1`], where every field is documented.

mod error;
mod retry;
mod usable;

/// The messages and stubs of `otp.v1`, generated from the contract.
pub mod v1 {
    #![allow(clippy::all, rustdoc::all)]
    include!("generated/otp/v1/otp.v1.rs");
}

use std::{future::Future, time::Duration};

use tokio::time::{Instant, timeout_at};
use tonic::{
    Request, Response, Status, Streaming,
    metadata::{Ascii, MetadataValue},
    transport::{Channel, Endpoint},
};

pub use error::{Error, FieldViolation};
/// What is needed beside this crate: TLS settings, codes, statuses.
pub use tonic;
pub use tonic::transport::{Certificate, ClientTlsConfig, Identity};
pub use usable::authorities;
use v1::otp_service_client::OtpServiceClient;

type Stub = OtpServiceClient<Channel>;

/// The deadline of a call with one answer, its retries included, unless [`Client::with_deadline`] says otherwise.
pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(5);

/// The longest deadline that [`Client::with_deadline`] takes.
pub const MAX_DEADLINE: Duration = Duration::from_secs(24 * 60 * 60);

/// Calls one otpd service. A clone shares the connection: make one, and keep it.
#[derive(Clone, Debug)]
pub struct Client {
    stub: Stub,
    api_key: MetadataValue<Ascii>,
    deadline: Option<Duration>,
}

impl Client {
    /// Makes a client for the service at `address`, `host:port`, over TLS with the authorities of the system, inside a Tokio runtime.
    ///
    /// The connection is opened by the first call, and again whenever it is lost.
    ///
    /// # Errors
    ///
    /// `InvalidArgument` for an `address` or an `api_key` that cannot be used; the message names it, and nothing has been connected.
    pub fn connect(address: &str, api_key: &str) -> Result<Self, Error> {
        Self::connect_tls(address, api_key, ClientTlsConfig::new().with_native_roots())
    }

    /// As [`Client::connect`], with the authorities to trust, and the certificate to show for mutual TLS, in `config`.
    ///
    /// tonic passes over authorities that are no certificates, and then trusts nobody: [`authorities`] says so at once.
    ///
    /// # Errors
    ///
    /// `InvalidArgument` for an `address`, an `api_key` or a `config` that cannot be used.
    pub fn connect_tls(address: &str, api_key: &str, config: ClientTlsConfig) -> Result<Self, Error> {
        let endpoint = endpoint("https", address)?
            .tls_config(config)
            .map_err(|_| usable::unusable("config cannot be used for TLS: certificates and key must be PEM"))?;
        Self::new(&endpoint, api_key)
    }

    /// As [`Client::connect`], without TLS: the API key, secrets and codes travel in the clear. For a server on the same machine.
    ///
    /// # Errors
    ///
    /// `InvalidArgument` for an `address` or an `api_key` that cannot be used.
    pub fn connect_plaintext(address: &str, api_key: &str) -> Result<Self, Error> {
        Self::new(&endpoint("http", address)?, api_key)
    }

    fn new(endpoint: &Endpoint, api_key: &str) -> Result<Self, Error> {
        let api_key = usable::api_key(api_key)?;
        Ok(Self { stub: OtpServiceClient::new(endpoint.connect_lazy()), api_key, deadline: None })
    }

    /// The same client, on the same connection, with another deadline than [`DEFAULT_DEADLINE`]; [`Client::watch_token`] then has it too.
    ///
    /// The server itself gives a call with one answer five seconds at most.
    ///
    /// # Errors
    ///
    /// `InvalidArgument` for a `deadline` of zero, or over [`MAX_DEADLINE`].
    pub fn with_deadline(&self, deadline: Duration) -> Result<Self, Error> {
        Ok(Self { deadline: Some(usable::deadline(deadline)?), ..self.clone() })
    }

    /// Makes a new key, ready to enrol in an authenticator app, or shows the QR code of an existing one again.
    ///
    /// The server keeps nothing: store the secret yourself, encrypted.
    ///
    /// # Errors
    ///
    /// Why the call failed, after its retries.
    pub async fn generate(&self, request: v1::GenerateRequest) -> Result<v1::GenerateResponse, Error> {
        self.call(request, |mut stub, request| async move { stub.generate(request).await }).await
    }

    /// Gives the code of a key at a moment, now by default, and its neighbours on request.
    ///
    /// # Errors
    ///
    /// Why the call failed, after its retries.
    pub async fn token(&self, request: v1::TokenRequest) -> Result<v1::TokenResponse, Error> {
        self.call(request, |mut stub, request| async move { stub.token(request).await }).await
    }

    /// Says whether a code is right, now, and for the first time: look at the status of the response.
    ///
    /// A request without a request id is sent with a new one, the same in every retry, so that a lost answer is not taken for a replay.
    ///
    /// # Errors
    ///
    /// Why the call failed, after its retries.
    pub async fn verify(&self, mut request: v1::VerifyRequest) -> Result<v1::VerifyResponse, Error> {
        if request.request_id.is_empty() {
            request.request_id = uuid::Uuid::new_v4().to_string();
        }
        self.call(request, |mut stub, request| async move { stub.verify(request).await }).await
    }

    /// Gives the current code of a TOTP key at once, then each next one as its step begins, until the stream is dropped.
    ///
    /// # Errors
    ///
    /// Why the stream could not be opened.
    pub async fn watch_token(&self, request: v1::WatchTokenRequest) -> Result<TokenStream, Error> {
        let end = self.deadline.map(|deadline| Instant::now() + deadline);
        let mut stub = self.stub.clone();
        let stream = before(end, stub.watch_token(self.request(request, end))).await?.into_inner();
        Ok(TokenStream { stream, end })
    }

    async fn call<Q: Clone, R, F>(&self, message: Q, send: impl Fn(Stub, Request<Q>) -> F) -> Result<R, Error>
    where
        F: Future<Output = Result<Response<R>, Status>>,
    {
        let end = Some(Instant::now() + self.deadline.unwrap_or(DEFAULT_DEADLINE));
        let attempt = || send(self.stub.clone(), self.request(message.clone(), end));
        Ok(before(end, retry::retrying(attempt)).await?.into_inner())
    }

    /// The request with the API key, and with what is left of the deadline.
    fn request<Q>(&self, message: Q, end: Option<Instant>) -> Request<Q> {
        let mut request = Request::new(message);
        request.metadata_mut().insert("x-api-key", self.api_key.clone());
        if let Some(end) = end {
            request.set_timeout(end.saturating_duration_since(Instant::now()));
        }
        request
    }
}

/// The codes of a key as their steps begin; dropping it ends the call.
#[derive(Debug)]
pub struct TokenStream {
    stream: Streaming<v1::WatchTokenResponse>,
    end: Option<Instant>,
}

impl TokenStream {
    /// Waits for the next code; `None` if the server has ended the stream.
    ///
    /// # Errors
    ///
    /// Why the stream ended.
    pub async fn message(&mut self) -> Result<Option<v1::WatchTokenResponse>, Error> {
        before(self.end, self.stream.message()).await
    }
}

/// The outcome of a call, or that its deadline has passed.
async fn before<T>(end: Option<Instant>, call: impl Future<Output = Result<T, Status>>) -> Result<T, Error> {
    let Some(end) = end else { return Ok(call.await?) };
    let late = |_| Err(Status::deadline_exceeded("the deadline of the call has passed"));
    Ok(timeout_at(end, call).await.unwrap_or_else(late)?)
}

fn endpoint(scheme: &str, address: &str) -> Result<Endpoint, Error> {
    let endpoint = Endpoint::from_shared(format!("{scheme}://{}", usable::address(address)?)).map_err(|_| usable::no_address())?;
    // Notices that the peer of a stream has vanished without a word.
    Ok(endpoint.http2_keep_alive_interval(Duration::from_secs(60)).keep_alive_timeout(Duration::from_secs(10)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn does_not_show_the_key() {
        let client = Client::connect("127.0.0.1:1", "otpd_abcdef_notakey").unwrap();
        assert!(!format!("{client:?}").contains("notakey"));
    }

    #[tokio::test]
    async fn does_not_speak_plaintext_unasked() {
        use tokio::io::AsyncReadExt;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = Client::connect(&listener.local_addr().unwrap().to_string(), "otpd_abcdef_notakey").unwrap();
        let call = tokio::spawn(async move { client.token(v1::TokenRequest::default()).await });
        let (mut socket, _) = listener.accept().await.unwrap();
        // A TLS record of the handshake, not the preface of HTTP/2.
        assert_eq!(socket.read_u8().await.unwrap(), 0x16);
        drop((socket, listener));
        assert_eq!(call.await.unwrap().unwrap_err().code(), tonic::Code::Unavailable);
    }

    #[tokio::test]
    async fn a_stream_whose_connection_is_lost_is_unavailable() {
        use tokio::io::AsyncReadExt;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = Client::connect_plaintext(&listener.local_addr().unwrap().to_string(), "key").unwrap();
        let call = tokio::spawn(async move { client.watch_token(v1::WatchTokenRequest::default()).await });
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut preface = [0; 24];
        socket.read_exact(&mut preface).await.unwrap();
        drop((socket, listener));
        assert_eq!(call.await.unwrap().unwrap_err().code(), tonic::Code::Unavailable);
    }

    #[tokio::test]
    async fn a_call_that_is_not_answered_ends_at_its_deadline() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let client = Client::connect_plaintext(&address, "key").unwrap().with_deadline(Duration::from_millis(50)).unwrap();
        let code = |result: Result<(), Error>| result.unwrap_err().code();
        assert_eq!(code(client.token(v1::TokenRequest::default()).await.map(drop)), tonic::Code::DeadlineExceeded);
        assert_eq!(code(client.watch_token(v1::WatchTokenRequest::default()).await.map(drop)), tonic::Code::DeadlineExceeded);
    }
}
