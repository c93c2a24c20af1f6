// @generated
/// Generated client implementations.
pub mod otp_service_client {
    #![allow(
        unused_variables,
        dead_code,
        missing_docs,
        clippy::wildcard_imports,
        clippy::let_unit_value,
    )]
    use tonic::codegen::*;
    use tonic::codegen::http::Uri;
    #[derive(Debug, Clone)]
    pub struct OtpServiceClient<T> {
        inner: tonic::client::Grpc<T>,
    }
    impl OtpServiceClient<tonic::transport::Channel> {
        /// Attempt to create a new client by connecting to a given endpoint.
        pub async fn connect<D>(dst: D) -> Result<Self, tonic::transport::Error>
        where
            D: TryInto<tonic::transport::Endpoint>,
            D::Error: Into<StdError>,
        {
            let conn = tonic::transport::Endpoint::new(dst)?.connect().await?;
            Ok(Self::new(conn))
        }
    }
    impl<T> OtpServiceClient<T>
    where
        T: tonic::client::GrpcService<tonic::body::Body>,
        T::Error: Into<StdError>,
        T::ResponseBody: Body<Data = Bytes> + std::marker::Send + 'static,
        <T::ResponseBody as Body>::Error: Into<StdError> + std::marker::Send,
    {
        pub fn new(inner: T) -> Self {
            let inner = tonic::client::Grpc::new(inner);
            Self { inner }
        }
        pub fn with_origin(inner: T, origin: Uri) -> Self {
            let inner = tonic::client::Grpc::with_origin(inner, origin);
            Self { inner }
        }
        pub fn with_interceptor<F>(
            inner: T,
            interceptor: F,
        ) -> OtpServiceClient<InterceptedService<T, F>>
        where
            F: tonic::service::Interceptor,
            T::ResponseBody: Default,
            T: tonic::codegen::Service<
                http::Request<tonic::body::Body>,
                Response = http::Response<
                    <T as tonic::client::GrpcService<tonic::body::Body>>::ResponseBody,
                >,
            >,
            <T as tonic::codegen::Service<
                http::Request<tonic::body::Body>,
            >>::Error: Into<StdError> + std::marker::Send + std::marker::Sync,
        {
            OtpServiceClient::new(InterceptedService::new(inner, interceptor))
        }
        /// Compress requests with the given encoding.
        ///
        /// This requires the server to support it otherwise it might respond with an
        /// error.
        #[must_use]
        pub fn send_compressed(mut self, encoding: CompressionEncoding) -> Self {
            self.inner = self.inner.send_compressed(encoding);
            self
        }
        /// Enable decompressing responses.
        #[must_use]
        pub fn accept_compressed(mut self, encoding: CompressionEncoding) -> Self {
            self.inner = self.inner.accept_compressed(encoding);
            self
        }
        /// Limits the maximum size of a decoded message.
        ///
        /// Default: `4MB`
        #[must_use]
        pub fn max_decoding_message_size(mut self, limit: usize) -> Self {
            self.inner = self.inner.max_decoding_message_size(limit);
            self
        }
        /// Limits the maximum size of an encoded message.
        ///
        /// Default: `usize::MAX`
        #[must_use]
        pub fn max_encoding_message_size(mut self, limit: usize) -> Self {
            self.inner = self.inner.max_encoding_message_size(limit);
            self
        }
        pub async fn generate(
            &mut self,
            request: impl tonic::IntoRequest<super::GenerateRequest>,
        ) -> std::result::Result<
            tonic::Response<super::GenerateResponse>,
            tonic::Status,
        > {
            self.inner
                .ready()
                .await
                .map_err(|e| {
                    tonic::Status::unknown(
                        format!("Service was not ready: {}", e.into()),
                    )
                })?;
            let codec = tonic_prost::ProstCodec::default();
            let path = http::uri::PathAndQuery::from_static(
                "/otp.v1.OtpService/Generate",
            );
            let mut req = request.into_request();
            req.extensions_mut()
                .insert(GrpcMethod::new("otp.v1.OtpService", "Generate"));
            self.inner.unary(req, path, codec).await
        }
        pub async fn token(
            &mut self,
            request: impl tonic::IntoRequest<super::TokenRequest>,
        ) -> std::result::Result<tonic::Response<super::TokenResponse>, tonic::Status> {
            self.inner
                .ready()
                .await
                .map_err(|e| {
                    tonic::Status::unknown(
                        format!("Service was not ready: {}", e.into()),
                    )
                })?;
            let codec = tonic_prost::ProstCodec::default();
            let path = http::uri::PathAndQuery::from_static("/otp.v1.OtpService/Token");
            let mut req = request.into_request();
            req.extensions_mut().insert(GrpcMethod::new("otp.v1.OtpService", "Token"));
            self.inner.unary(req, path, codec).await
        }
        pub async fn verify(
            &mut self,
            request: impl tonic::IntoRequest<super::VerifyRequest>,
        ) -> std::result::Result<tonic::Response<super::VerifyResponse>, tonic::Status> {
            self.inner
                .ready()
                .await
                .map_err(|e| {
                    tonic::Status::unknown(
                        format!("Service was not ready: {}", e.into()),
                    )
                })?;
            let codec = tonic_prost::ProstCodec::default();
            let path = http::uri::PathAndQuery::from_static("/otp.v1.OtpService/Verify");
            let mut req = request.into_request();
            req.extensions_mut().insert(GrpcMethod::new("otp.v1.OtpService", "Verify"));
            self.inner.unary(req, path, codec).await
        }
        pub async fn watch_token(
            &mut self,
            request: impl tonic::IntoRequest<super::WatchTokenRequest>,
        ) -> std::result::Result<
            tonic::Response<tonic::codec::Streaming<super::WatchTokenResponse>>,
            tonic::Status,
        > {
            self.inner
                .ready()
                .await
                .map_err(|e| {
                    tonic::Status::unknown(
                        format!("Service was not ready: {}", e.into()),
                    )
                })?;
            let codec = tonic_prost::ProstCodec::default();
            let path = http::uri::PathAndQuery::from_static(
                "/otp.v1.OtpService/WatchToken",
            );
            let mut req = request.into_request();
            req.extensions_mut()
                .insert(GrpcMethod::new("otp.v1.OtpService", "WatchToken"));
            self.inner.server_streaming(req, path, codec).await
        }
        pub async fn batch_token(
            &mut self,
            request: impl tonic::IntoRequest<super::BatchTokenRequest>,
        ) -> std::result::Result<
            tonic::Response<super::BatchTokenResponse>,
            tonic::Status,
        > {
            self.inner
                .ready()
                .await
                .map_err(|e| {
                    tonic::Status::unknown(
                        format!("Service was not ready: {}", e.into()),
                    )
                })?;
            let codec = tonic_prost::ProstCodec::default();
            let path = http::uri::PathAndQuery::from_static(
                "/otp.v1.OtpService/BatchToken",
            );
            let mut req = request.into_request();
            req.extensions_mut()
                .insert(GrpcMethod::new("otp.v1.OtpService", "BatchToken"));
            self.inner.unary(req, path, codec).await
        }
        pub async fn batch_verify(
            &mut self,
            request: impl tonic::IntoRequest<super::BatchVerifyRequest>,
        ) -> std::result::Result<
            tonic::Response<super::BatchVerifyResponse>,
            tonic::Status,
        > {
            self.inner
                .ready()
                .await
                .map_err(|e| {
                    tonic::Status::unknown(
                        format!("Service was not ready: {}", e.into()),
                    )
                })?;
            let codec = tonic_prost::ProstCodec::default();
            let path = http::uri::PathAndQuery::from_static(
                "/otp.v1.OtpService/BatchVerify",
            );
            let mut req = request.into_request();
            req.extensions_mut()
                .insert(GrpcMethod::new("otp.v1.OtpService", "BatchVerify"));
            self.inner.unary(req, path, codec).await
        }
        pub async fn seal(
            &mut self,
            request: impl tonic::IntoRequest<super::SealRequest>,
        ) -> std::result::Result<tonic::Response<super::SealResponse>, tonic::Status> {
            self.inner
                .ready()
                .await
                .map_err(|e| {
                    tonic::Status::unknown(
                        format!("Service was not ready: {}", e.into()),
                    )
                })?;
            let codec = tonic_prost::ProstCodec::default();
            let path = http::uri::PathAndQuery::from_static("/otp.v1.OtpService/Seal");
            let mut req = request.into_request();
            req.extensions_mut().insert(GrpcMethod::new("otp.v1.OtpService", "Seal"));
            self.inner.unary(req, path, codec).await
        }
        pub async fn rewrap(
            &mut self,
            request: impl tonic::IntoRequest<super::RewrapRequest>,
        ) -> std::result::Result<tonic::Response<super::RewrapResponse>, tonic::Status> {
            self.inner
                .ready()
                .await
                .map_err(|e| {
                    tonic::Status::unknown(
                        format!("Service was not ready: {}", e.into()),
                    )
                })?;
            let codec = tonic_prost::ProstCodec::default();
            let path = http::uri::PathAndQuery::from_static("/otp.v1.OtpService/Rewrap");
            let mut req = request.into_request();
            req.extensions_mut().insert(GrpcMethod::new("otp.v1.OtpService", "Rewrap"));
            self.inner.unary(req, path, codec).await
        }
        pub async fn resync_hotp(
            &mut self,
            request: impl tonic::IntoRequest<super::ResyncHotpRequest>,
        ) -> std::result::Result<
            tonic::Response<super::ResyncHotpResponse>,
            tonic::Status,
        > {
            self.inner
                .ready()
                .await
                .map_err(|e| {
                    tonic::Status::unknown(
                        format!("Service was not ready: {}", e.into()),
                    )
                })?;
            let codec = tonic_prost::ProstCodec::default();
            let path = http::uri::PathAndQuery::from_static(
                "/otp.v1.OtpService/ResyncHotp",
            );
            let mut req = request.into_request();
            req.extensions_mut()
                .insert(GrpcMethod::new("otp.v1.OtpService", "ResyncHotp"));
            self.inner.unary(req, path, codec).await
        }
        pub async fn generate_recovery_codes(
            &mut self,
            request: impl tonic::IntoRequest<super::GenerateRecoveryCodesRequest>,
        ) -> std::result::Result<
            tonic::Response<super::GenerateRecoveryCodesResponse>,
            tonic::Status,
        > {
            self.inner
                .ready()
                .await
                .map_err(|e| {
                    tonic::Status::unknown(
                        format!("Service was not ready: {}", e.into()),
                    )
                })?;
            let codec = tonic_prost::ProstCodec::default();
            let path = http::uri::PathAndQuery::from_static(
                "/otp.v1.OtpService/GenerateRecoveryCodes",
            );
            let mut req = request.into_request();
            req.extensions_mut()
                .insert(GrpcMethod::new("otp.v1.OtpService", "GenerateRecoveryCodes"));
            self.inner.unary(req, path, codec).await
        }
        pub async fn verify_recovery_code(
            &mut self,
            request: impl tonic::IntoRequest<super::VerifyRecoveryCodeRequest>,
        ) -> std::result::Result<
            tonic::Response<super::VerifyRecoveryCodeResponse>,
            tonic::Status,
        > {
            self.inner
                .ready()
                .await
                .map_err(|e| {
                    tonic::Status::unknown(
                        format!("Service was not ready: {}", e.into()),
                    )
                })?;
            let codec = tonic_prost::ProstCodec::default();
            let path = http::uri::PathAndQuery::from_static(
                "/otp.v1.OtpService/VerifyRecoveryCode",
            );
            let mut req = request.into_request();
            req.extensions_mut()
                .insert(GrpcMethod::new("otp.v1.OtpService", "VerifyRecoveryCode"));
            self.inner.unary(req, path, codec).await
        }
        pub async fn revoke_recovery_codes(
            &mut self,
            request: impl tonic::IntoRequest<super::RevokeRecoveryCodesRequest>,
        ) -> std::result::Result<
            tonic::Response<super::RevokeRecoveryCodesResponse>,
            tonic::Status,
        > {
            self.inner
                .ready()
                .await
                .map_err(|e| {
                    tonic::Status::unknown(
                        format!("Service was not ready: {}", e.into()),
                    )
                })?;
            let codec = tonic_prost::ProstCodec::default();
            let path = http::uri::PathAndQuery::from_static(
                "/otp.v1.OtpService/RevokeRecoveryCodes",
            );
            let mut req = request.into_request();
            req.extensions_mut()
                .insert(GrpcMethod::new("otp.v1.OtpService", "RevokeRecoveryCodes"));
            self.inner.unary(req, path, codec).await
        }
        pub async fn import_keys(
            &mut self,
            request: impl tonic::IntoRequest<super::ImportKeysRequest>,
        ) -> std::result::Result<
            tonic::Response<super::ImportKeysResponse>,
            tonic::Status,
        > {
            self.inner
                .ready()
                .await
                .map_err(|e| {
                    tonic::Status::unknown(
                        format!("Service was not ready: {}", e.into()),
                    )
                })?;
            let codec = tonic_prost::ProstCodec::default();
            let path = http::uri::PathAndQuery::from_static(
                "/otp.v1.OtpService/ImportKeys",
            );
            let mut req = request.into_request();
            req.extensions_mut()
                .insert(GrpcMethod::new("otp.v1.OtpService", "ImportKeys"));
            self.inner.unary(req, path, codec).await
        }
        pub async fn export_keys(
            &mut self,
            request: impl tonic::IntoRequest<super::ExportKeysRequest>,
        ) -> std::result::Result<
            tonic::Response<super::ExportKeysResponse>,
            tonic::Status,
        > {
            self.inner
                .ready()
                .await
                .map_err(|e| {
                    tonic::Status::unknown(
                        format!("Service was not ready: {}", e.into()),
                    )
                })?;
            let codec = tonic_prost::ProstCodec::default();
            let path = http::uri::PathAndQuery::from_static(
                "/otp.v1.OtpService/ExportKeys",
            );
            let mut req = request.into_request();
            req.extensions_mut()
                .insert(GrpcMethod::new("otp.v1.OtpService", "ExportKeys"));
            self.inner.unary(req, path, codec).await
        }
        pub async fn get_usage(
            &mut self,
            request: impl tonic::IntoRequest<super::GetUsageRequest>,
        ) -> std::result::Result<
            tonic::Response<super::GetUsageResponse>,
            tonic::Status,
        > {
            self.inner
                .ready()
                .await
                .map_err(|e| {
                    tonic::Status::unknown(
                        format!("Service was not ready: {}", e.into()),
                    )
                })?;
            let codec = tonic_prost::ProstCodec::default();
            let path = http::uri::PathAndQuery::from_static(
                "/otp.v1.OtpService/GetUsage",
            );
            let mut req = request.into_request();
            req.extensions_mut()
                .insert(GrpcMethod::new("otp.v1.OtpService", "GetUsage"));
            self.inner.unary(req, path, codec).await
        }
    }
}
