// Before it connects or calls, the client refuses invalid options, and names them.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "certificates.h"
#include "service.h"

namespace otpd::test {
namespace {

using namespace std::chrono_literals;

constexpr char kAddress[] = "127.0.0.1:1";
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

Options with(std::string Options::*option, const std::string& value) {
  Options options;
  options.*option = value;
  return options;
}

Options with_pair(const std::string& certificate, const std::string& key) {
  Options options = with(&Options::client_certificate, certificate);
  options.client_key = key;
  return options;
}

TEST(Refusals, AnAddressThatIsNone) {
  for (const char* address : {"",      " ",       "a:1\n",   "https://a:1", "grpc://", "a",     "a:",    ":1",
                              "a:0",   "a:65536", "a:x",     "a:-1",        "::1",     "[::1]", "[]:1",  "[[:1",
                              "::1:1", "a/b:1",   "dns:///", "dns:///a",    "dns:a:1", "unix:", "ipv4:", "ipv4:127.0.0.1"}) {
    expect_refusal("address", [&] { Client::connect(address, kApiKey); });
    expect_refusal("address", [&] { AdminClient::connect(address, kApiKey); });
  }
  for (const char* address : {"a:1", "a.b:65535", "[::1]:1", "dns:///a:1", "dns:///[::1]:1", "ipv4:127.0.0.1:1,127.0.0.2:1",
                              "ipv6:[::1]:1", "unix:/run/otpd.sock", "xds:///otpd"}) {
    EXPECT_NO_THROW(Client::connect(address, kApiKey)) << address;
  }
}

TEST(Refusals, AKeyThatCannotBeSent) {
  for (const char* end : {"\n", " ", "\xc3\xa9", "\x7f"}) {
    expect_refusal("api_key", [&] { Client::connect(kAddress, kApiKey + std::string(end)); });
  }
  expect_refusal("api_key", [] { Client::connect(kAddress, ""); });
}

TEST(Refusals, ADeadlineThatIsNoTime) {
  using std::chrono::milliseconds;
  using Seconds = std::chrono::duration<double>;
  using Years = std::chrono::duration<std::int64_t, std::ratio<31'556'952>>;
  const Client client = Client::connect(kAddress, kApiKey);
  const auto expect_no_time = [&](auto time) {
    Options options;
    expect_refusal("deadline", [&] { options.deadline = time; });
    expect_refusal("deadline", [&] { client.token({}, time); });
    expect_refusal("deadline", [&] { client.watch_token({}, time); });
  };
  for (const milliseconds time : {milliseconds::min(), -1ms, 0ms, 86'400'001ms, milliseconds::max()}) expect_no_time(time);
  for (const double seconds : {std::nan(""), std::numeric_limits<double>::infinity(), 0.0, 86'400.001, 1e300}) {
    expect_no_time(Seconds(seconds));
    expect_no_time(Seconds(-seconds));
  }
  expect_no_time(std::chrono::hours::max());
  expect_no_time(Years::max());
  expect_no_time(std::chrono::nanoseconds::max());
  EXPECT_EQ(Deadline(1ns).time(), 1ms);
  EXPECT_EQ(Deadline(Seconds(0.5)).time(), 500ms);
  EXPECT_EQ(Deadline(24h).time(), 24h);
  EXPECT_EQ(Deadline().time(), std::nullopt);
}

TEST(Refusals, CertificatesForPlaintext) {
  const KeyPair own;
  for (const auto option : {&Options::root_certificates, &Options::client_certificate, &Options::client_key}) {
    Options options = with(option, own.certificate());
    options.plaintext = true;
    expect_refusal("plaintext", options);
  }
}

TEST(Refusals, ACertificateWithoutItsKey) {
  const KeyPair own;
  expect_refusal("client_key", with(&Options::client_certificate, own.certificate()));
  expect_refusal("client_certificate", with(&Options::client_key, own.key()));
  expect_refusal("client_key", with_pair(own.certificate(), KeyPair().key()));
}

TEST(Refusals, CertificatesThatAreNone) {
  const KeyPair own;
  const std::string garbled = "-----BEGIN CERTIFICATE-----\nMAAA\n-----END CERTIFICATE-----\n";
  for (const std::string& pem : {std::string("ca.crt"), std::string("-----BEGIN CERTIFICATE-----\n"), own.key(), garbled,
                                 own.certificate().substr(0, 100), own.certificate() + garbled}) {
    expect_refusal("root_certificates", with(&Options::root_certificates, pem));
    expect_refusal("client_certificate", with_pair(pem, own.key()));
  }
  for (const std::string& pem :
       {std::string("client.key"), own.certificate(), own.key().substr(0, 100), own.encrypted(EVP_aes_128_cbc(), "passphrase")}) {
    expect_refusal("client_key", with_pair(own.certificate(), pem));
  }
  EXPECT_NO_THROW(
      Client::connect(kAddress, kApiKey, with(&Options::root_certificates, own.certificate() + KeyPair().certificate())));
  EXPECT_NO_THROW(Client::connect(kAddress, kApiKey, with_pair(own.certificate(), own.key())));
}

TEST(Refusals, AMakerThatMakesNoChannel) {
  Options options;
  options.make_channel = [](auto&&...) { return nullptr; };
  expect_refusal("make_channel", options);
}

}  // namespace
}  // namespace otpd::test
