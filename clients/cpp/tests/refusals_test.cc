// The client refuses by name what it cannot use, before it connects or calls.
#include <gtest/gtest.h>

#include "service.h"

namespace otpd::test {
namespace {

using namespace std::chrono_literals;

constexpr char kAddress[] = "127.0.0.1:1";
constexpr char kCertificate[] = "-----BEGIN CERTIFICATE-----\n";
constexpr char kPrivateKey[] = "-----BEGIN EC PRIVATE KEY-----\n";

void expect_refusal(const std::string& name, const std::function<void()>& attempt) {
  try {
    attempt();
    ADD_FAILURE() << name << " was not refused";
  } catch (const std::invalid_argument& refusal) {
    EXPECT_NE(std::string(refusal.what()).find(name), std::string::npos) << refusal.what();
    EXPECT_EQ(std::string(refusal.what()).find(kApiKey), std::string::npos);
  }
}

void expect_refusal(const std::string& name, const Options& options) {
  expect_refusal(name, [&] { Client::connect(kAddress, kApiKey, options); });
}

Options with(std::string Options::*option, const std::string& value, bool plaintext = false) {
  Options options;
  options.plaintext = plaintext;
  options.*option = value;
  return options;
}

TEST(Refusals, AnAddressThatIsNone) {
  for (const char* address : {"", " ", "a:1\n", "https://a:1", "grpc://"}) {
    expect_refusal("address", [&] { Client::connect(address, kApiKey); });
  }
  for (const char* address : {"a:1", "[::1]:1", "a", "dns:///a:1"}) EXPECT_NO_THROW(Client::connect(address, kApiKey));
}

TEST(Refusals, AKeyThatCannotBeSent) {
  for (const char* end : {"\n", " ", "\xc3\xa9", "\x7f"}) {
    expect_refusal("api_key", [&] { Client::connect(kAddress, kApiKey + std::string(end)); });
  }
  expect_refusal("api_key", [] { Client::connect(kAddress, ""); });
}

TEST(Refusals, ADeadlineThatIsNoTime) {
  const Client client = Client::connect(kAddress, kApiKey);
  using std::chrono::milliseconds;
  for (const milliseconds deadline : {milliseconds::min(), -1ms, 0ms, 86'400'001ms, milliseconds::max()}) {
    Options options;
    options.deadline = deadline;
    expect_refusal("deadline", options);
    expect_refusal("deadline", [&] { client.generate({}, options.deadline); });
    expect_refusal("deadline", [&] { client.token({}, options.deadline); });
    expect_refusal("deadline", [&] { client.verify({}, options.deadline); });
    expect_refusal("deadline", [&] { client.watch_token({}, options.deadline); });
  }
  for (const milliseconds deadline : {1ms, milliseconds(24h)}) {
    Options options;
    options.deadline = deadline;
    EXPECT_NO_THROW(Client::connect(kAddress, kApiKey, options));
  }
}

TEST(Refusals, CertificatesForPlaintext) {
  for (const auto option : {&Options::root_certificates, &Options::client_certificate, &Options::client_key}) {
    expect_refusal("plaintext", with(option, kCertificate, true));
  }
}

TEST(Refusals, ACertificateWithoutItsKey) {
  expect_refusal("client_key", with(&Options::client_certificate, kCertificate));
  expect_refusal("client_certificate", with(&Options::client_key, kPrivateKey));
}

TEST(Refusals, CertificatesThatAreNone) {
  for (const std::string pem : {"ca.crt", "-----BEGIN ", kPrivateKey}) {
    expect_refusal("root_certificates", with(&Options::root_certificates, pem));
    Options mutual = with(&Options::client_certificate, pem);
    mutual.client_key = kPrivateKey;
    expect_refusal("client_certificate", mutual);
  }
  Options mutual = with(&Options::client_certificate, kCertificate);
  mutual.client_key = kCertificate;
  expect_refusal("client_key", mutual);
  mutual.client_key = kPrivateKey;
  EXPECT_NO_THROW(Client::connect(kAddress, kApiKey, mutual));
}

}  // namespace
}  // namespace otpd::test
