/// Certificates and keys in PEM, made anew.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace otpd::test {

/// A key, and a certificate that it has signed itself.
class KeyPair {
 public:
  KeyPair() : key_(EVP_EC_gen("P-256"), EVP_PKEY_free), certificate_(X509_new(), X509_free) {
    X509_set_pubkey(certificate_.get(), key_.get());
    X509_gmtime_adj(X509_getm_notBefore(certificate_.get()), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate_.get()), 3600);
    X509_sign(certificate_.get(), key_.get(), EVP_sha256());
  }

  std::string certificate() const {
    return written([this](BIO* bio) { PEM_write_bio_X509(bio, certificate_.get()); });
  }

  std::string key() const { return encrypted(nullptr, ""); }

  /// The key under a passphrase.
  std::string encrypted(const EVP_CIPHER* cipher, const std::string& passphrase) const {
    return written([&](BIO* bio) {
      PEM_write_bio_PrivateKey(bio, key_.get(), cipher, nullptr, 0, nullptr, const_cast<char*>(passphrase.c_str()));
    });
  }

 private:
  template <class Write>
  static std::string written(Write write) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
    write(bio.get());
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    return {text, static_cast<std::size_t>(size)};
  }

  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
  std::unique_ptr<X509, decltype(&X509_free)> certificate_;
};

}  // namespace otpd::test
