//! The client of the service.

use uuid::Uuid;

use crate::{
    Error,
    connecting::{calls, connecting},
    connection::{Connection, Watch},
    v1::{self, SecretDelivery, otp_service_client::OtpServiceClient},
};
use tokio::time::Instant;
use tonic::{Status, Streaming};

/// Calls one otpd service. A clone shares the connection: make one, and keep it.
#[derive(Clone, Debug)]
pub struct Client {
    pub(crate) connection: Connection,
}

connecting!(Client);

calls! { Client, OtpServiceClient:
    /// Gives the code of a key at a moment, now by default, and its neighbours on request.
    token(v1::TokenRequest) -> v1::TokenResponse;
    /// Gives the codes of 1 to 100 keys: an outcome for each.
    batch_token(v1::BatchTokenRequest) -> v1::BatchTokenResponse;
    /// Seals 1 to 100 keys that the caller has as secrets or URIs, or binds sealed keys to another context: an outcome for each.
    seal(v1::SealRequest) -> v1::SealResponse;
    /// Seals 1 to 100 sealed keys and sets of recovery codes anew, under the current sealing key: an outcome for each.
    rewrap(v1::RewrapRequest) -> v1::RewrapResponse;
    /// Reads the keys in otpauth and otpauth-migration URIs, up to 100 keys in all: an outcome for each.
    import_keys(v1::ImportKeysRequest) -> v1::ImportKeysResponse;
    /// Gives the secrets of up to 100 keys, sealed ones too, as URIs: an outcome for each.
    export_keys(v1::ExportKeysRequest) -> v1::ExportKeysResponse;
    /// Makes recovery codes, to be shown to the user this once, and the set of them to store.
    generate_recovery_codes(v1::GenerateRecoveryCodesRequest) -> v1::GenerateRecoveryCodesResponse;
    /// Revokes a set of recovery codes for ever.
    revoke_recovery_codes(v1::RevokeRecoveryCodesRequest) -> v1::RevokeRecoveryCodesResponse;
    /// Gets how much of its plan the API key has used.
    get_usage(v1::GetUsageRequest) -> v1::GetUsageResponse;
}

impl Client {
    /// Makes a new key, ready to enrol in an authenticator app, or shows the QR code of an existing one again.
    ///
    /// The server keeps nothing: store the sealed key, or the secret, encrypted.
    ///
    /// # Errors
    ///
    /// Why the call failed, after its retries; `Unimplemented` if a sealed key was asked for, and the server is too old to make one.
    pub async fn generate(&self, request: v1::GenerateRequest) -> Result<v1::GenerateResponse, Error> {
        let wants_sealed = matches!(request.delivery(), SecretDelivery::Sealed | SecretDelivery::Both);
        let send = |channel, request| async move { OtpServiceClient::new(channel).generate(request).await };
        sealed_as_asked(wants_sealed, self.connection.call(request, send).await?)
    }

    /// Says whether a code is right, now, and for the first time: look at the status of the response.
    ///
    /// A request without a request id is sent with a new one, the same in every retry, so that a lost answer is not taken for a replay.
    ///
    /// # Errors
    ///
    /// Why the call failed, after its retries.
    pub async fn verify(&self, mut request: v1::VerifyRequest) -> Result<v1::VerifyResponse, Error> {
        identify(&mut request.request_id);
        self.connection.call(request, |channel, request| async move { OtpServiceClient::new(channel).verify(request).await }).await
    }

    /// Says of 1 to 100 codes what [`Client::verify`] says of each, in their order: an outcome for each. Request ids are made as there.
    ///
    /// # Errors
    ///
    /// Why the call failed, after its retries.
    pub async fn batch_verify(&self, mut request: v1::BatchVerifyRequest) -> Result<v1::BatchVerifyResponse, Error> {
        request.requests.iter_mut().for_each(|each| identify(&mut each.request_id));
        self.connection.call(request, |channel, request| async move { OtpServiceClient::new(channel).batch_verify(request).await }).await
    }

    /// Finds the counter of a HOTP device that ran ahead, by two codes in a row. A request id is made as in [`Client::verify`].
    ///
    /// # Errors
    ///
    /// Why the call failed, after its retries.
    pub async fn resync_hotp(&self, mut request: v1::ResyncHotpRequest) -> Result<v1::ResyncHotpResponse, Error> {
        identify(&mut request.request_id);
        self.connection.call(request, |channel, request| async move { OtpServiceClient::new(channel).resync_hotp(request).await }).await
    }

    /// Says whether a recovery code is one of a set, and used for the first time. A request id is made as in [`Client::verify`].
    ///
    /// # Errors
    ///
    /// Why the call failed, after its retries.
    pub async fn verify_recovery_code(&self, mut request: v1::VerifyRecoveryCodeRequest) -> Result<v1::VerifyRecoveryCodeResponse, Error> {
        identify(&mut request.request_id);
        let send = |channel, request| async move { OtpServiceClient::new(channel).verify_recovery_code(request).await };
        self.connection.call(request, send).await
    }

    /// Gives the current code of a TOTP key at once, then each next one as its step begins, until the stream is dropped.
    ///
    /// # Errors
    ///
    /// Why the stream could not be opened.
    pub async fn watch_token(&self, request: v1::WatchTokenRequest) -> Result<TokenStream, Error> {
        let end = self.connection.deadline.map(|deadline| Instant::now() + deadline);
        let watch = self.connection.watch(end);
        let send = |channel, request| async move { OtpServiceClient::new(channel).watch_token(request).await };
        let stream = watch.outcome(self.connection.attempt(&request, end, &send)).await?.into_inner();
        Ok(TokenStream { stream, watch })
    }
}

/// The codes of a key as their steps begin; dropping it ends the call.
#[derive(Debug)]
pub struct TokenStream {
    stream: Streaming<v1::WatchTokenResponse>,
    watch: Watch,
}

impl TokenStream {
    /// Waits for the next code; `None` if the server has ended the stream.
    ///
    /// # Errors
    ///
    /// Why the stream ended.
    pub async fn message(&mut self) -> Result<Option<v1::WatchTokenResponse>, Error> {
        self.watch.outcome(self.stream.message()).await
    }
}

/// A server that does not know `delivery` takes no notice of it, and its answer has a secret in the clear alone.
fn sealed_as_asked(wants_sealed: bool, answer: v1::GenerateResponse) -> Result<v1::GenerateResponse, Error> {
    if wants_sealed && answer.sealed.is_none() {
        return Err(Status::unimplemented("the server is too old to seal keys: update it, and store nothing of this answer").into());
    }
    Ok(answer)
}

/// Without an id, a retry after a lost answer would find the code used.
fn identify(request_id: &mut String) {
    if request_id.is_empty() {
        *request_id = Uuid::new_v4().to_string();
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Arc, Mutex},
        time::Duration,
    };

    use super::*;
    use tokio::net::TcpListener;
    use tonic::{Code, transport::Channel};

    #[tokio::test]
    async fn does_not_show_the_key() {
        let client = Client::connect("127.0.0.1:1", "otpd_abcdef_notakey").unwrap();
        assert!(!format!("{client:?}").contains("notakey"));
    }

    #[tokio::test]
    async fn does_not_speak_plaintext_unasked() {
        use tokio::io::AsyncReadExt;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = Client::connect(&listener.local_addr().unwrap().to_string(), "otpd_abcdef_notakey").unwrap();
        let call = tokio::spawn(async move { client.token(v1::TokenRequest::default()).await });
        let (mut socket, _) = listener.accept().await.unwrap();
        // A TLS record of the handshake, not the preface of HTTP/2.
        assert_eq!(socket.read_u8().await.unwrap(), 0x16);
        drop((socket, listener));
        assert_eq!(call.await.unwrap().unwrap_err().code(), Code::Unavailable);
    }

    #[tokio::test]
    async fn a_stream_whose_connection_is_lost_is_unavailable() {
        use tokio::io::AsyncReadExt;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = Client::connect_plaintext(&listener.local_addr().unwrap().to_string(), "key").unwrap();
        let call = tokio::spawn(async move { client.watch_token(v1::WatchTokenRequest::default()).await });
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut preface = [0; 24];
        socket.read_exact(&mut preface).await.unwrap();
        drop((socket, listener));
        assert_eq!(call.await.unwrap().unwrap_err().code(), Code::Unavailable);
    }

    #[tokio::test]
    async fn a_call_that_is_not_answered_ends_at_its_deadline() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let client = Client::connect_plaintext(&address, "key").unwrap().with_deadline(Duration::from_millis(50)).unwrap();
        let code = |result: Result<(), Error>| result.unwrap_err().code();
        assert_eq!(code(client.token(v1::TokenRequest::default()).await.map(drop)), Code::DeadlineExceeded);
        assert_eq!(code(client.watch_token(v1::WatchTokenRequest::default()).await.map(drop)), Code::DeadlineExceeded);
    }

    #[tokio::test]
    async fn a_call_under_way_and_those_after_it_end_when_the_client_is_closed() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = Client::connect_plaintext(&listener.local_addr().unwrap().to_string(), "key").unwrap();
        let same = client.with_deadline(crate::MAX_DEADLINE).unwrap();
        let call = tokio::spawn(async move { same.token(v1::TokenRequest::default()).await });
        let connection = listener.accept().await.unwrap();
        client.close();
        assert_eq!(call.await.unwrap().unwrap_err().code(), Code::Cancelled);
        let error = client.verify(v1::VerifyRequest::default()).await.unwrap_err();
        assert_eq!(error.to_string(), "otpd: Cancelled: the client is closed: make another one");
        assert_eq!(client.watch_token(v1::WatchTokenRequest::default()).await.unwrap_err().code(), Code::Cancelled);
        drop(connection);
    }

    #[tokio::test]
    async fn a_channel_of_the_callers_own_connects_to_all_its_servers() {
        let listeners = [TcpListener::bind("127.0.0.1:0").await.unwrap(), TcpListener::bind("127.0.0.1:0").await.unwrap()];
        let endpoints = listeners.each_ref().map(|each| format!("http://{}", each.local_addr().unwrap()).parse().unwrap());
        let client = Client::from_channel(Channel::balance_list(endpoints.into_iter()), "key").unwrap();
        let call = tokio::spawn(async move { client.token(v1::TokenRequest::default()).await });
        for listener in &listeners {
            listener.accept().await.unwrap();
        }
        call.abort();
    }

    #[tokio::test]
    async fn says_that_nobody_listens() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        drop(listener);
        let error = Client::connect_plaintext(&address, "key").unwrap().token(v1::TokenRequest::default()).await.unwrap_err();
        assert_eq!(error.code(), Code::Unavailable);
        assert!(error.to_string().starts_with("otpd: Unavailable: tcp connect error: Connection refused"), "{error}");
    }

    #[tokio::test]
    async fn says_that_the_other_side_does_not_speak_tls() {
        use tokio::io::AsyncWriteExt;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = Client::connect(&listener.local_addr().unwrap().to_string(), "key").unwrap();
        let plain = tokio::spawn(async move {
            loop {
                let (mut socket, _) = listener.accept().await.unwrap();
                socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
            }
        });
        let error = client.token(v1::TokenRequest::default()).await.unwrap_err();
        plain.abort();
        assert_eq!(error.code(), Code::Unavailable);
        assert!(error.message().starts_with("TLS handshake: "), "{error}");
    }

    #[tokio::test]
    async fn an_interceptor_adds_metadata_or_ends_the_call() {
        let client = Client::connect_plaintext("127.0.0.1:1", "key").unwrap();
        let seen = Arc::new(Mutex::new(0));
        let counted = seen.clone();
        let adding = client.with_interceptor(move |mut request| {
            *counted.lock().unwrap() += 1;
            request.metadata_mut().insert("x-request-id", "17".parse().unwrap());
            request.metadata_mut().insert("x-api-key", "another".parse().unwrap());
            Ok(request)
        });
        let request = adding.connection.request((), None).unwrap();
        assert_eq!(request.metadata().get("x-request-id").unwrap(), "17");
        assert_eq!(request.metadata().get("x-api-key").unwrap(), "key");
        assert_eq!(*seen.lock().unwrap(), 1);
        let ending = client.with_interceptor(|_| Err(Status::aborted("not now")));
        assert_eq!(ending.token(v1::TokenRequest::default()).await.unwrap_err().code(), Code::Aborted);
        assert_eq!(ending.watch_token(v1::WatchTokenRequest::default()).await.unwrap_err().code(), Code::Aborted);
    }

    #[test]
    fn an_answer_without_the_sealed_key_that_was_asked_for_is_an_error() {
        let answer = v1::GenerateResponse::default();
        assert!(sealed_as_asked(false, answer.clone()).is_ok());
        assert_eq!(sealed_as_asked(true, answer.clone()).unwrap_err().code(), Code::Unimplemented);
        let sealed = Some(v1::SealedKey::default());
        assert!(sealed_as_asked(true, v1::GenerateResponse { sealed, ..answer }).is_ok());
    }
}
