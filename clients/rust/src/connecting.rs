//! How a client is made and changed: the same for both clients.

/// The methods of a client that has a `connection` alone.
macro_rules! connecting {
    ($client:ident) => {
        impl $client {
            /// Makes a client for the service at `address`, `host:port` or `dns:///host:port`, over TLS with the authorities of the system.
            ///
            /// Calls go in turn (round robin) to all the servers that the name has: a connection to each is opened by the first call, and again
            /// whenever it is lost. The name is looked up at most every 30 seconds while a server answers.
            /// All calls must be made in one Tokio runtime.
            ///
            /// # Errors
            ///
            /// `InvalidArgument` for an `address` or an `api_key` that cannot be used; the message names it, and nothing has been connected.
            pub fn connect(address: &str, api_key: &str) -> Result<Self, $crate::Error> {
                Self::connect_tls(address, api_key, $crate::ClientTlsConfig::new().with_native_roots())
            }

            /// As `connect`, with the authorities to trust, and the certificate to show for mutual TLS, in `config`.
            ///
            /// tonic skips authorities that are not certificates, and then trusts no server: [`authorities`](crate::authorities) says so
            /// at once.
            ///
            /// # Errors
            ///
            /// `InvalidArgument` for an `address`, an `api_key` or a `config` that cannot be used.
            pub fn connect_tls(address: &str, api_key: &str, config: $crate::ClientTlsConfig) -> Result<Self, $crate::Error> {
                let endpoint = $crate::usable::endpoint("https", address)?
                    .tls_config(config)
                    .map_err(|_| $crate::usable::unusable("config cannot be used for TLS: certificates and key must be PEM"))?;
                Ok(Self { connection: $crate::connection::Connection::to($crate::servers::Servers::of(endpoint), api_key)? })
            }

            /// As `connect`, without TLS: the API key, secrets and codes travel in the clear. For a server on the same machine.
            ///
            /// # Errors
            ///
            /// `InvalidArgument` for an `address` or an `api_key` that cannot be used.
            pub fn connect_plaintext(address: &str, api_key: &str) -> Result<Self, $crate::Error> {
                let endpoint = $crate::usable::endpoint("http", address)?;
                Ok(Self { connection: $crate::connection::Connection::to($crate::servers::Servers::of(endpoint), api_key)? })
            }

            /// Makes a client on your own channel: with options of its `Endpoint`, to several addresses, or through a proxy.
            ///
            /// Deadlines and retries are as everywhere; TLS and keepalive are what the channel has.
            ///
            /// # Errors
            ///
            /// `InvalidArgument` for an `api_key` that cannot be used.
            pub fn from_channel(channel: $crate::tonic::transport::Channel, api_key: &str) -> Result<Self, $crate::Error> {
                Ok(Self { connection: $crate::connection::Connection::through(channel, api_key)? })
            }

            /// The same client, on the same connection, with another deadline than [`DEFAULT_DEADLINE`](crate::DEFAULT_DEADLINE); a stream
            /// then has it too.
            ///
            /// The server itself gives a call with one answer five seconds at most.
            ///
            /// # Errors
            ///
            /// `InvalidArgument` for a `deadline` of zero, or over [`MAX_DEADLINE`](crate::MAX_DEADLINE).
            pub fn with_deadline(&self, deadline: std::time::Duration) -> Result<Self, $crate::Error> {
                let mut client = self.clone();
                client.connection.deadline = Some($crate::usable::deadline(deadline)?);
                Ok(client)
            }

            /// The same client, on the same connection, whose every attempt of a call goes through `interceptor` first: it adds metadata, or
            /// ends the call with a status. The API key and the deadline are added after it.
            #[must_use]
            pub fn with_interceptor(
                &self,
                interceptor: impl Fn($crate::tonic::Request<()>) -> Result<$crate::tonic::Request<()>, $crate::tonic::Status>
                + Send
                + Sync
                + 'static,
            ) -> Self {
                let mut client = self.clone();
                client.connection.interceptor = Some(std::sync::Arc::new(interceptor));
                client
            }

            /// The same client, on the same connection, that shows `observer` the metadata of each success with one answer, such as
            /// `x-ratelimit-remaining`.
            #[must_use]
            pub fn with_observer(&self, observer: impl Fn(&$crate::tonic::metadata::MetadataMap) + Send + Sync + 'static) -> Self {
                let mut client = self.clone();
                client.connection.observer = Some(std::sync::Arc::new(observer));
                client
            }

            /// Closes the connection of this client and of its clones: their calls, those under way too, end with `Cancelled` at once.
            ///
            /// Dropping all of them closes it as well, once their calls have ended.
            pub fn close(&self) {
                self.connection.close();
            }
        }
    };
}

/// Calls with a request and an answer, which may be sent again.
macro_rules! calls {
    ($client:ident, $stub:ident: $($(#[$doc:meta])* $name:ident($request:ty) -> $response:ty;)*) => {
        impl $client {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                ///
                /// Why the call failed, after its retries.
                pub async fn $name(&self, request: $request) -> Result<$response, $crate::Error> {
                    self.connection.call(request, |channel, request| async move { $stub::new(channel).$name(request).await }).await
                }
            )*
        }
    };
}

pub(crate) use {calls, connecting};
