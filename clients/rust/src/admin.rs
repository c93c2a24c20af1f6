//! The administration: API keys, plans, sealing keys and locks, with an API key of the scope `admin`.

/// The messages and stubs of `otp.admin.v1`, generated from the contract.
pub mod v1 {
    #![allow(clippy::all, rustdoc::all)]
    include!("generated/otp/admin/v1/otp.admin.v1.rs");
}

use crate::{
    Error,
    connecting::{calls, connecting},
    connection::Connection,
};
use v1::admin_service_client::AdminServiceClient;

/// Administers API keys and locks of an otpd service, with an API key of the scope `admin`. A clone shares the connection.
#[derive(Clone, Debug)]
pub struct AdminClient {
    connection: Connection,
}

connecting!(AdminClient);

calls! { AdminClient, AdminServiceClient:
    /// Gets an API key.
    get_api_key(v1::GetApiKeyRequest) -> v1::GetApiKeyResponse;
    /// Lists API keys, oldest first: a page of them.
    list_api_keys(v1::ListApiKeysRequest) -> v1::ListApiKeysResponse;
    /// Revokes an API key for ever.
    revoke_api_key(v1::RevokeApiKeyRequest) -> v1::RevokeApiKeyResponse;
    /// Gets how much of its plan an API key has used.
    get_api_key_usage(v1::GetApiKeyUsageRequest) -> v1::GetApiKeyUsageResponse;
    /// Lists the plans of the configuration.
    list_plans(v1::ListPlansRequest) -> v1::ListPlansResponse;
    /// Lists the sealing keys, without the keys themselves.
    list_sealing_keys(v1::ListSealingKeysRequest) -> v1::ListSealingKeysResponse;
    /// Gets how the process that answers is, and how it judged codes in the last hour.
    get_server_status(v1::GetServerStatusRequest) -> v1::GetServerStatusResponse;
    /// Gets the wrong codes that are counted against a secret or a set of recovery codes, and its lock.
    get_attempts(v1::GetAttemptsRequest) -> v1::GetAttemptsResponse;
    /// Lets the codes of a secret or a set of recovery codes be judged again.
    unlock_attempts(v1::UnlockAttemptsRequest) -> v1::UnlockAttemptsResponse;
}

impl AdminClient {
    /// Makes an API key; its secret is in this answer alone.
    ///
    /// # Errors
    ///
    /// Why the call failed. It is not sent again: list the keys to see whether it was made.
    pub async fn create_api_key(&self, request: v1::CreateApiKeyRequest) -> Result<v1::CreateApiKeyResponse, Error> {
        self.connection
            .call_once(request, |channel, request| async move { AdminServiceClient::new(channel).create_api_key(request).await })
            .await
    }

    /// Gives an API key a new secret, which is in this answer alone.
    ///
    /// # Errors
    ///
    /// Why the call failed. It is not sent again: if the answer was lost, rotate again.
    pub async fn rotate_api_key(&self, request: v1::RotateApiKeyRequest) -> Result<v1::RotateApiKeyResponse, Error> {
        self.connection
            .call_once(request, |channel, request| async move { AdminServiceClient::new(channel).rotate_api_key(request).await })
            .await
    }
}
