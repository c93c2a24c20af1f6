//! Why a call failed: the status of gRPC with the details of the service taken out.

use std::{collections::HashMap, error::Error as StdError, fmt, io, time::Duration};

use tonic::{Code, ConnectError, Status, TimeoutExpired};
pub use tonic_types::FieldViolation;
use tonic_types::{ErrorDetails, StatusExt};

use crate::v1::ErrorReason;

/// Why a call failed. It never holds a secret, a code or a key.
///
/// A failure that never reached the service, such as a lost connection, has only a code and a message.
#[derive(Clone)]
pub struct Error {
    // Boxed, so that a result is not much larger for the rare case.
    status: Box<Status>,
    details: Box<ErrorDetails>,
    message: String,
}

impl Error {
    /// The kind of failure.
    pub fn code(&self) -> Code {
        self.status.code()
    }

    /// The remedy, for a developer to read. For a lost connection, it says why the connection was lost.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The reason, to decide by; `None` if the service gave none, or one that is newer than this client: [`Error::reason_name`] then has it.
    pub fn reason(&self) -> Option<ErrorReason> {
        ErrorReason::from_str_name(self.reason_name()?)
    }

    /// The name of the reason as the service sent it, such as `ERROR_REASON_RATE_LIMITED`.
    pub fn reason_name(&self) -> Option<&str> {
        self.details.error_info().map(|info| info.reason.as_str())
    }

    /// Facts about the reason, such as the `scope` that is missing.
    pub fn metadata(&self) -> Option<&HashMap<String, String>> {
        self.details.error_info().map(|info| &info.metadata)
    }

    /// Every field of the request that is wrong, if the code is `InvalidArgument`; paths in snake_case, such as `key.secret`.
    pub fn field_violations(&self) -> &[FieldViolation] {
        self.details.bad_request().map_or(&[], |request| &request.field_violations)
    }

    /// How long to wait before trying again, if the service said.
    pub fn retry_delay(&self) -> Option<Duration> {
        self.details.retry_info()?.retry_delay
    }

    /// The id of the failed call in the service's log.
    pub fn request_id(&self) -> Option<&str> {
        self.details.request_info().map(|info| info.request_id.as_str())
    }

    /// The status as tonic has it.
    pub fn status(&self) -> &Status {
        &self.status
    }
}

impl From<Status> for Error {
    fn from(status: Status) -> Self {
        let status = settled(status);
        Self { details: Box::new(status.get_error_details()), message: explained(&status), status: Box::new(status) }
    }
}

/// Everything that is known but the raw status: what a `main` that returns the error prints.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("code", &self.code())
            .field("message", &self.message())
            .field("reason", &self.reason_name())
            .field("metadata", &self.metadata())
            .field("field_violations", &self.field_violations())
            .field("retry_delay", &self.retry_delay())
            .field("request_id", &self.request_id())
            .finish()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "otpd: {:?}: {}", self.code(), self.message())?;
        let wrong = self.field_violations().iter().map(|wrong| format!("{}: {}", wrong.field, wrong.description));
        // The server's message names the first of them.
        wrong.filter(|wrong| !self.message().contains(wrong)).try_for_each(|wrong| write!(f, "; {wrong}"))?;
        self.retry_delay().map_or(Ok(()), |delay| write!(f, "; try again in {delay:?}"))
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.status.source()
    }
}

/// Gives a failure of the connection the code that it has in every other language: tonic calls a lost connection UNKNOWN or CANCELLED,
/// and a deadline that has passed CANCELLED. Only such a status has a source; one that the service sent stays as it is.
pub(crate) fn settled(status: Status) -> Status {
    let lost = matches!(status.code(), Code::Unknown | Code::Cancelled);
    let Some(source) = status.source().filter(|_| lost) else { return status };
    let mut causes = std::iter::successors(Some(source), |&cause| cause.source());
    if causes.any(|cause| cause.is::<TimeoutExpired>()) {
        Status::deadline_exceeded("the deadline of the call has passed")
    } else {
        Status::unavailable(with_causes("the connection was lost", source))
    }
}

/// The message of a status, with the causes of a failure that never reached the service.
fn explained(status: &Status) -> String {
    status.source().map_or_else(|| status.message().to_owned(), |source| with_causes(status.message(), source))
}

/// Each layer names itself alone: "tcp connect error" says nothing without its cause.
fn with_causes(message: &str, source: &(dyn StdError + 'static)) -> String {
    let causes: Vec<_> = std::iter::successors(Some(source), |&cause| cause.source()).collect();
    let mut text = message.to_owned();
    for cause in causes.iter().filter(|cause| !cause.is::<tonic::transport::Error>()) {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    // rustls describes the mistake in a handshake, but does not say that the error comes from a handshake.
    let of_tls = |cause: &&&(dyn StdError + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::InvalidData)
    };
    let connecting = causes.iter().any(|cause| cause.is::<ConnectError>());
    if connecting && causes.iter().find(of_tls).is_some() { format!("TLS handshake: {text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn has_the_details_of_the_status() {
        let mut details = ErrorDetails::with_error_info("ERROR_REASON_INVALID_FIELDS", "otp.v1", [("a".into(), "b".into())]);
        details.add_bad_request_violation("key.secret", "is empty").add_bad_request_violation("code", "is empty");
        details.set_retry_info(Some(Duration::from_millis(1500))).set_request_info("17", "");
        let error = Error::from(Status::with_error_details(Code::InvalidArgument, "some fields are wrong: key.secret: is empty", details));
        assert_eq!(error.code(), Code::InvalidArgument);
        assert_eq!(error.reason(), Some(ErrorReason::InvalidFields));
        assert_eq!(error.reason_name(), Some("ERROR_REASON_INVALID_FIELDS"));
        assert_eq!(error.metadata().unwrap()["a"], "b");
        assert_eq!(error.field_violations().len(), 2);
        assert_eq!(error.retry_delay(), Some(Duration::from_millis(1500)));
        assert_eq!(error.request_id(), Some("17"));
        assert_eq!(
            error.to_string(),
            "otpd: InvalidArgument: some fields are wrong: key.secret: is empty; code: is empty; try again in 1.5s"
        );
    }

    #[test]
    fn a_failure_without_details_has_a_code_and_a_message() {
        let error = Error::from(Status::unavailable("away"));
        assert_eq!((error.code(), error.message(), error.reason(), error.retry_delay()), (Code::Unavailable, "away", None, None));
        assert!(error.field_violations().is_empty() && error.metadata().is_none() && error.request_id().is_none());
    }

    #[test]
    fn a_reason_that_is_newer_than_the_client_has_its_name() {
        let details = ErrorDetails::with_error_info("ERROR_REASON_OF_TOMORROW", "otp.v1", []);
        let error = Error::from(Status::with_error_details(Code::Internal, "", details));
        assert_eq!((error.reason(), error.reason_name()), (None, Some("ERROR_REASON_OF_TOMORROW")));
    }

    #[test]
    fn only_failures_of_the_connection_change_their_code() {
        let from = |code, source: Option<Arc<dyn StdError + Send + Sync>>| {
            let mut status = Status::new(code, "");
            source.map(|source| status.set_source(source).code());
            settled(status).code()
        };
        let lost = || Some(Arc::new(std::io::Error::other("reset")) as _);
        assert_eq!(from(Code::Unknown, lost()), Code::Unavailable);
        assert_eq!(from(Code::Cancelled, lost()), Code::Unavailable);
        assert_eq!(from(Code::Cancelled, Some(Arc::new(TimeoutExpired(())))), Code::DeadlineExceeded);
        assert_eq!(from(Code::Internal, lost()), Code::Internal);
        assert_eq!(from(Code::Unknown, None), Code::Unknown);
        assert_eq!(from(Code::Cancelled, None), Code::Cancelled);
    }
}
