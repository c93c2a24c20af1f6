//! Short ways to write the key of a request.

use crate::v1::{Key, SealedKey, key::Source};

impl Key {
    /// A TOTP key with the defaults of authenticator apps (SHA-1, 6 digits, 30 s) and a secret in base32. Set other fields of it for others.
    pub fn secret(secret: impl Into<String>) -> Self {
        Self::from(Source::Secret(secret.into()))
    }

    /// The key of an otpauth URI.
    pub fn uri(uri: impl Into<String>) -> Self {
        Self::from(Source::Uri(uri.into()))
    }

    /// A sealed key, with the context that it is bound to: derived from the user at each call, and not stored beside the blob.
    pub fn sealed(blob: impl Into<String>, context: impl Into<Vec<u8>>) -> Self {
        Self::from(SealedKey { blob: blob.into(), context: context.into() })
    }
}

impl From<Source> for Key {
    fn from(source: Source) -> Self {
        Self { source: Some(source), ..Default::default() }
    }
}

impl From<SealedKey> for Key {
    fn from(sealed: SealedKey) -> Self {
        Self::from(Source::Sealed(sealed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_one_source_and_its_defaults() {
        assert_eq!(Key::secret("ABC"), Key { source: Some(Source::Secret("ABC".into())), ..Default::default() });
        assert_eq!(Key::uri("otpauth:").source, Some(Source::Uri("otpauth:".into())));
        let sealed = SealedKey { blob: "otpk1_".into(), context: b"user".to_vec() };
        assert_eq!(Key::sealed("otpk1_", "user").source, Some(Source::Sealed(sealed)));
    }
}
