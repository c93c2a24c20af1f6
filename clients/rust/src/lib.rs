//! Calls otpd, the one-time-password service: a connection to each server, an API key and a deadline on every call, retries that are safe, and
//! errors with their details taken out.
//!
//! Requests and responses are the generated messages of [`v1`], where every field is documented; those of the administration are in
//! [`admin`].

pub mod admin;
mod client;
mod connecting;
mod connection;
mod error;
mod keys;
mod link;
mod retry;
mod servers;
mod usable;

/// The messages and stubs of `otp.v1`, generated from the contract.
pub mod v1 {
    #![allow(clippy::all, rustdoc::all)]
    include!("generated/otp/v1/otp.v1.rs");
}

pub use admin::AdminClient;
pub use client::{Client, TokenStream};
pub use connection::{DEFAULT_DEADLINE, MAX_DEADLINE};
pub use error::{Error, FieldViolation};
/// The other crates that a caller needs: TLS settings, channels, codes, statuses.
pub use tonic;
pub use tonic::transport::{Certificate, ClientTlsConfig, Identity};
pub use usable::authorities;
