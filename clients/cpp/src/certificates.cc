#include "certificates.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <limits>
#include <memory>
#include <stdexcept>
#include <vector>

namespace otpd {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Bio = std::unique_ptr<BIO, Free>;
using Certificate = std::unique_ptr<X509, Free>;
using Key = std::unique_ptr<EVP_PKEY, Free>;

/// Without one, OpenSSL asks the terminal for it.
char no_passphrase[] = "";

Bio reader_of(const std::string& pem) {
  // Nothing of what others have left behind is taken for a failure of this.
  ERR_clear_error();
  if (pem.size() > std::numeric_limits<int>::max()) return nullptr;
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

/// All that are in the text; none if one of them is broken.
std::vector<Certificate> certificates_in(const std::string& pem) {
  std::vector<Certificate> found;
  const Bio bio = reader_of(pem);
  while (bio != nullptr) {
    Certificate next(PEM_read_bio_X509(bio.get(), nullptr, nullptr, no_passphrase));
    if (next == nullptr) break;
    found.push_back(std::move(next));
  }
  const bool at_the_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_the_end) found.clear();
  return found;
}

Key key_in(const std::string& pem) {
  const Bio bio = reader_of(pem);
  Key key(bio == nullptr ? nullptr : PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, no_passphrase));
  ERR_clear_error();
  return key;
}

std::vector<Certificate> usable(const char* option, const std::string& pem) {
  auto found = certificates_in(pem);
  if (!found.empty()) return found;
  throw std::invalid_argument(std::string(option) + " must be certificates in PEM: what the file holds, not its name");
}

}  // namespace

void check_certificates(const char* option, const std::string& pem) { usable(option, pem); }

void check_key_pair(const std::string& chain, const std::string& key) {
  const auto certificates = usable("client_certificate", chain);
  const Key own = key_in(key);
  if (own == nullptr) {
    throw std::invalid_argument(
        "client_key must be a private key in PEM, without a passphrase: what the file holds, not its name");
  }
  const bool fits = X509_check_private_key(certificates.front().get(), own.get()) == 1;
  ERR_clear_error();
  if (!fits) throw std::invalid_argument("client_key must be the key of the first certificate in client_certificate");
}

}  // namespace otpd
