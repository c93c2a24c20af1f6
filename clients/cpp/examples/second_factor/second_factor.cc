// A second factor from enrolment to a lost phone: a sealed key that is confirmed, a login, a replay, and a recovery code.
#include <otpd/client.h>

#include <cstdlib>
#include <iostream>
#include <string>

namespace v1 = otpd::v1;

namespace {

// Derived from the user at each call, and not stored beside the blob.
const std::string kUser = "user-1/totp/1";

/// The columns that the database keeps of a new key, and its first code.
struct Enrolled {
  std::string blob;
  std::string code;
};

Enrolled enrol(const otpd::Client& client) {
  v1::GenerateRequest wanted;
  wanted.set_issuer("ACME");
  wanted.set_account_name("alice@example.com");
  wanted.set_delivery(v1::SECRET_DELIVERY_SEALED);
  wanted.set_sealed_context(kUser);
  const v1::GenerateResponse enrolment = client.generate(wanted);
  std::cout << "show as a QR code: " << enrolment.uri() << '\n';

  // The app does this with the QR code, and the user reads it there.
  v1::TokenRequest shown;
  *shown.mutable_key() = otpd::uri(enrolment.uri());
  const std::string code = client.token(shown).token().code();

  v1::VerifyRequest first;
  *first.mutable_key() = otpd::sealed(enrolment.sealed().blob(), kUser);
  first.set_code(code);
  first.set_confirm(true);
  const v1::VerifyResponse confirmed = client.verify(first);
  std::cout << "enrolled: " << confirmed.status() << '\n';
  return {confirmed.resealed().blob(), code};
}

void log_in(const otpd::Client& client, const Enrolled& enrolled) {
  v1::VerifyRequest attempt;
  *attempt.mutable_key() = otpd::sealed(enrolled.blob, kUser);
  attempt.set_code(enrolled.code);
  std::cout << "the same code again: " << client.verify(attempt).status() << '\n';
}

void recover(const otpd::Client& client) {
  v1::GenerateRecoveryCodesRequest wanted;
  wanted.set_sealed_context(kUser);
  const v1::GenerateRecoveryCodesResponse made = client.generate_recovery_codes(wanted);

  v1::VerifyRecoveryCodeRequest attempt;
  *attempt.mutable_set() = made.set();
  attempt.mutable_set()->set_context(kUser);
  attempt.set_code(made.codes(0));
  const v1::VerifyRecoveryCodeResponse answer = client.verify_recovery_code(attempt);
  std::cout << "a recovery code: " << answer.status() << " with " << answer.remaining_count() << " left\n";
}

}  // namespace

int main() {
  const char* address = std::getenv("OTPD_ADDRESS");
  const char* api_key = std::getenv("OTPD_API_KEY");
  if (address == nullptr || api_key == nullptr) {
    std::cerr << "set OTPD_ADDRESS and OTPD_API_KEY\n";
    return 2;
  }
  otpd::Options options;
  options.plaintext = true;
  try {
    const auto client = otpd::Client::connect(address, api_key, options);
    log_in(client, enrol(client));
    recover(client);
  } catch (const otpd::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
