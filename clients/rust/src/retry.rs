//! When a failed call is tried again, and after which pause: gRPC's retry policy (gRFC A6), which tonic does not bring.

use std::{future::Future, time::Duration};

use tokio::time::sleep;
use tonic::{Code, Status};

// As in service_config.json, which the clients of other languages read.
const MAX_ATTEMPTS: u32 = 4;
const INITIAL_BACKOFF: Duration = Duration::from_millis(100);
const MAX_BACKOFF: Duration = Duration::from_secs(1);
const MULTIPLIER: u32 = 2;

/// Calls until there is an answer, an error that a repeat does not help, or the last attempt has failed.
pub(crate) async fn retrying<R, F>(mut attempt: impl FnMut() -> F) -> Result<R, Status>
where
    F: Future<Output = Result<R, Status>>,
{
    let mut failures = 0;
    loop {
        let status = match attempt().await {
            Ok(response) => return Ok(response),
            Err(status) => crate::error::settled(status),
        };
        failures += 1;
        match pause(failures, &status) {
            Some(pause) => sleep(pause).await,
            None => return Err(status),
        }
    }
}

/// How long to wait after this failure, the server's wish first; `None` is for giving up.
fn pause(failures: u32, status: &Status) -> Option<Duration> {
    if status.code() != Code::Unavailable || failures >= MAX_ATTEMPTS {
        return None;
    }
    match status.metadata().get("grpc-retry-pushback-ms") {
        // Anything but a number from zero up asks not to retry.
        Some(wish) => wish.to_str().ok()?.parse().ok().map(Duration::from_millis),
        None => Some(backoff(failures).mul_f64(0.8 + 0.4 * fastrand::f64())),
    }
}

fn backoff(failures: u32) -> Duration {
    (INITIAL_BACKOFF * MULTIPLIER.pow(failures - 1)).min(MAX_BACKOFF)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    fn unavailable(pushback: Option<&str>) -> Status {
        let mut status = Status::unavailable("");
        if let Some(pushback) = pushback {
            status.metadata_mut().insert("grpc-retry-pushback-ms", pushback.parse().unwrap());
        }
        status
    }

    #[test]
    fn is_what_the_shared_service_config_says() {
        let config: serde_json::Value = serde_json::from_str(include_str!("../service_config.json")).unwrap();
        let policy = &config["methodConfig"][0]["retryPolicy"];
        let seconds = |time: Duration| format!("{}s", time.as_secs_f64());
        assert_eq!(policy["maxAttempts"], MAX_ATTEMPTS);
        assert_eq!(policy["initialBackoff"], seconds(INITIAL_BACKOFF));
        assert_eq!(policy["maxBackoff"], seconds(MAX_BACKOFF));
        assert_eq!(policy["backoffMultiplier"], MULTIPLIER);
        assert_eq!(policy["retryableStatusCodes"], serde_json::json!(["UNAVAILABLE"]));
    }

    #[test]
    fn pauses_grow_to_their_bound_and_vary_by_a_fifth() {
        assert_eq!([1, 2, 3, 4, 5, 9].map(backoff).map(|pause| pause.as_millis()), [100, 200, 400, 800, 1000, 1000]);
        let pauses: Vec<_> = (0..1000).filter_map(|_| pause(1, &unavailable(None))).map(|pause| pause.as_millis()).collect();
        assert!(pauses.len() == 1000 && pauses.iter().all(|pause| (80..=120).contains(pause)));
        assert!(pauses.iter().any(|pause| *pause < 90) && pauses.iter().any(|pause| *pause > 110));
    }

    #[test]
    fn the_server_decides_if_it_wants_to() {
        assert_eq!(pause(1, &unavailable(Some("600"))), Some(Duration::from_millis(600)));
        assert_eq!(pause(1, &unavailable(Some("0"))), Some(Duration::ZERO));
        for refusal in ["-1", "soon", ""] {
            assert_eq!(pause(1, &unavailable(Some(refusal))), None, "{refusal}");
        }
    }

    #[test]
    fn nothing_but_unavailable_is_retried() {
        for code in (0..17).map(Code::from).filter(|code| *code != Code::Unavailable) {
            assert_eq!(pause(1, &Status::new(code, "")), None, "{code:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn gives_up_after_the_last_attempt_and_stops_at_an_answer() {
        let attempts = Cell::new(0);
        let failing_until = |answer: u32| {
            attempts.set(0);
            let attempts = &attempts;
            move || {
                attempts.set(attempts.get() + 1);
                let outcome = if attempts.get() < answer { Err(unavailable(None)) } else { Ok(attempts.get()) };
                async { outcome }
            }
        };
        assert_eq!(retrying(failing_until(5)).await.unwrap_err().code(), Code::Unavailable);
        assert_eq!(attempts.get(), MAX_ATTEMPTS);
        assert_eq!(retrying(failing_until(3)).await.unwrap(), 3);
    }
}
