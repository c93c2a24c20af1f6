//! A second factor from enrolment to a lost phone: a sealed key that is confirmed, a login, a replay, and a recovery code.

use std::env::var;

use otpd_client::v1::{
    GenerateRecoveryCodesRequest, GenerateRequest, Key, RecoveryCodeSet, SecretDelivery, TokenRequest, VerifyRecoveryCodeRequest,
    VerifyRequest,
};
use otpd_client::{Client, Error};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let address = var("OTPD_ADDRESS").expect("OTPD_ADDRESS is host:port");
    let api_key = var("OTPD_API_KEY").expect("OTPD_API_KEY is an API key");
    let client = Client::connect_plaintext(&address, &api_key)?;

    // Derived from the user at each call, and not stored beside the blob.
    let user = b"user-1/totp/1".to_vec();
    let enrolment = client
        .generate(GenerateRequest {
            issuer: "ACME".into(),
            account_name: "alice@example.com".into(),
            delivery: SecretDelivery::Sealed.into(),
            sealed_context: user.clone(),
            ..Default::default()
        })
        .await?;
    println!("show as a QR code: {}", enrolment.uri);

    // The app does this with the QR code, and the user reads it there.
    let request = TokenRequest { key: Some(Key::uri(enrolment.uri)), ..Default::default() };
    let code = client.token(request).await?.token.unwrap_or_default().code;
    let pending = Key::sealed(enrolment.sealed.unwrap_or_default().blob, user.clone());
    let request = VerifyRequest { key: Some(pending), code: code.clone(), confirm: true, ..Default::default() };
    let confirmed = client.verify(request).await?;
    println!("enrolled: {}", confirmed.status().as_str_name());

    // The database keeps these from here on.
    let stored = confirmed.resealed.unwrap_or_default().blob;
    let request = VerifyRequest { key: Some(Key::sealed(stored, user.clone())), code, ..Default::default() };
    println!("the same code again: {}", client.verify(request).await?.status().as_str_name());

    let recovery =
        client.generate_recovery_codes(GenerateRecoveryCodesRequest { sealed_context: user.clone(), ..Default::default() }).await?;
    let request = VerifyRecoveryCodeRequest {
        set: Some(RecoveryCodeSet { context: user, ..recovery.set.unwrap_or_default() }),
        code: recovery.codes[0].clone(),
        ..Default::default()
    };
    let answer = client.verify_recovery_code(request).await?;
    println!("a recovery code: {} with {} left", answer.status().as_str_name(), answer.remaining_count());
    Ok(())
}
