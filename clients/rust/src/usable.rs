//! Lets through what the client can use; for anything else an error names it, before anything connects.

use std::time::Duration;

use rustls_pki_types::{CertificateDer, pem::PemObject};
use tonic::{
    Status,
    metadata::{Ascii, MetadataValue},
    transport::{Certificate, Endpoint},
};

use crate::{Error, MAX_DEADLINE};

/// The certificates in a PEM file, for [`crate::ClientTlsConfig::ca_certificate`].
///
/// # Errors
///
/// `InvalidArgument` if there are none, or one of them cannot be read.
pub fn authorities(pem: impl AsRef<[u8]>) -> Result<Certificate, Error> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_ref()).collect();
    let usable =
        |certificates: &Vec<_>| !certificates.is_empty() && certificates.iter().all(|each| webpki::anchor_from_trusted_cert(each).is_ok());
    match found.ok().filter(usable) {
        Some(_) => Ok(Certificate::from_pem(pem)),
        None => Err(unusable("authorities must be certificates in PEM: what the file holds, not its name")),
    }
}

/// Where to connect, by which scheme. A port must be named: that of the scheme is never otpd's. `dns:///`, which other languages need for
/// all the addresses of a name, changes nothing.
pub(crate) fn endpoint(scheme: &str, address: &str) -> Result<Endpoint, Error> {
    let address = address.strip_prefix("dns:///").unwrap_or(address);
    let refusal = || unusable("address must be host:port: no URL, no white space, and not without a port");
    let endpoint = Endpoint::from_shared(format!("{scheme}://{address}")).map_err(|_| refusal())?;
    let authority = endpoint.uri().authority().filter(|authority| authority.as_str() == address && !address.contains('@'));
    if !authority.is_some_and(|authority| !authority.host().is_empty() && authority.port_u16().is_some_and(|port| port > 0)) {
        return Err(refusal());
    }
    // Notices that the peer of a stream has vanished without a word.
    Ok(endpoint.http2_keep_alive_interval(Duration::from_secs(60)).keep_alive_timeout(Duration::from_secs(10)))
}

pub(crate) fn api_key(api_key: &str) -> Result<MetadataValue<Ascii>, Error> {
    let printable = !api_key.is_empty() && api_key.bytes().all(|byte| byte.is_ascii_graphic());
    let refusal = || unusable("api_key must be an API key: check for an unset variable, and for a line break at its end");
    let mut key = MetadataValue::try_from(api_key).ok().filter(|_| printable).ok_or_else(refusal)?;
    // Left out of debugging output, and of HTTP/2's table of headers.
    key.set_sensitive(true);
    Ok(key)
}

/// An instant that is too far away would be a panic.
pub(crate) fn deadline(deadline: Duration) -> Result<Duration, Error> {
    if deadline.is_zero() || deadline > MAX_DEADLINE {
        return Err(unusable("deadline must be above 0 and at most 24 hours"));
    }
    Ok(deadline)
}

pub(crate) fn unusable(what: &str) -> Error {
    Status::invalid_argument(what).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Client;

    const ADDRESS: &str = "127.0.0.1:1";
    const API_KEY: &str = "otpd_abcdef_notakey";

    fn assert_refused<T: std::fmt::Debug>(name: &str, outcome: Result<T, Error>) {
        let error = outcome.unwrap_err();
        assert_eq!(error.code(), tonic::Code::InvalidArgument);
        assert!(error.message().starts_with(name), "{error}");
        assert!(!format!("{error} {error:?}").contains("notakey"));
    }

    #[tokio::test]
    async fn an_address_that_is_none() {
        for address in [
            "",
            " ",
            "not an address",
            "a:1\n",
            "https://a:1",
            "grpc://",
            "dns:///",
            "dns:///a",
            "dns://a:1",
            "dns://b/a:1",
            "dns:a:1",
            "dns:///dns:///a:1",
            "DNS:///a:1",
            "[:1",
            "a",
            "a:",
            ":1",
            "a:0",
            "a:65536",
            "a:x",
            "[::1]",
            "a:1/b",
            "b@a:1",
        ] {
            assert_refused("address", Client::connect(address, API_KEY));
            assert_refused("address", Client::connect_plaintext(address, API_KEY));
        }
        for address in ["a:1", "[::1]:1", "a.b:65535", "dns:///a:1", "dns:///[::1]:1"] {
            assert!(Client::connect_plaintext(address, API_KEY).is_ok());
        }
    }

    #[tokio::test]
    async fn a_key_that_cannot_be_sent() {
        for end in ["\n", " ", "é", "\x7f"] {
            assert_refused("api_key", Client::connect(ADDRESS, &format!("{API_KEY}{end}")));
        }
        assert_refused("api_key", Client::connect_plaintext(ADDRESS, ""));
    }

    #[tokio::test]
    async fn a_deadline_that_is_no_time() {
        let client = Client::connect_plaintext(ADDRESS, API_KEY).unwrap();
        for none in [Duration::ZERO, MAX_DEADLINE + Duration::from_nanos(1), Duration::from_millis(1 << 50), Duration::MAX] {
            assert_refused("deadline", client.with_deadline(none));
        }
        for some in [Duration::from_nanos(1), MAX_DEADLINE] {
            assert!(client.with_deadline(some).is_ok());
        }
    }

    #[test]
    fn authorities_that_are_no_certificates() {
        let garbled = "-----BEGIN CERTIFICATE-----\nMAAA\n-----END CERTIFICATE-----\n";
        let key = "-----BEGIN PRIVATE KEY-----\nMAAA\n-----END PRIVATE KEY-----\n";
        for pem in ["", "nonsense", "ca.crt", key, garbled, "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"] {
            assert_refused("authorities", authorities(pem));
        }
        let own = include_str!("testdata/authority.pem");
        assert_eq!(authorities(own).unwrap().get_ref(), own.as_bytes());
        assert_refused("authorities", authorities(format!("{own}{garbled}")));
    }
}
