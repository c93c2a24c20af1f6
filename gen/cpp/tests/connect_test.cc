// What a client is made with.
#include <gtest/gtest.h>

#include "service.h"

namespace otpd::test {
namespace {

void expect_refusal(const std::string& api_key, const Options& options) {
  try {
    Client::connect("127.0.0.1:1", api_key, options);
    ADD_FAILURE() << "was not refused";
  } catch (const std::invalid_argument& refusal) {
    EXPECT_EQ(std::string(refusal.what()).find(kApiKey), std::string::npos);
  }
}

TEST(Connect, AKeyThatCannotBeSentIsRefusedAndNotShown) {
  for (const char* end : {"\n", " ", "\xc3\xa9", "\x7f"}) expect_refusal(kApiKey + std::string(end), {});
}

TEST(Connect, CertificatesAreNotForPlaintext) {
  Options authorities;
  authorities.plaintext = true;
  authorities.root_certificates = "pem";
  expect_refusal(kApiKey, authorities);
  Options mutual;
  mutual.plaintext = true;
  mutual.client_certificate = mutual.client_key = "pem";
  expect_refusal(kApiKey, mutual);
}

TEST(Connect, ACertificateGoesWithItsKey) {
  Options certificate;
  certificate.client_certificate = "pem";
  expect_refusal(kApiKey, certificate);
  Options key;
  key.client_key = "pem";
  expect_refusal(kApiKey, key);
}

TEST(Connect, TheNameOfAFileIsNoCertificate) {
  Options authorities;
  authorities.root_certificates = "ca.crt";
  expect_refusal(kApiKey, authorities);
  Options mutual;
  mutual.client_certificate = "client.crt";
  mutual.client_key = "client.key";
  expect_refusal(kApiKey, mutual);
}

TEST(Connect, NothingIsSentInTheClearUnlessTold) {
  Server server;
  Options patient;
  patient.deadline = std::chrono::minutes(1);
  const Client client = Client::connect(server.address, kApiKey, patient);
  EXPECT_EQ(failure_of([&] { client.verify({}); }).code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(server.service.calls().empty());
}

TEST(Connect, AnEmptyKeyIsNotSent) {
  Server server;
  server.service.outcome = [](std::size_t, grpc::ServerContext& context) {
    return context.client_metadata().count("x-api-key") == 0 ? grpc::Status::OK : grpc::Status::CANCELLED;
  };
  Options options;
  options.plaintext = true;
  EXPECT_NO_THROW(Client::connect(server.address, "", options).token({}));
}

}  // namespace
}  // namespace otpd::test
