// Owning pointers for OpenSSL's types, its error queue, and DER.
// Only files of src/crypto include this: no other layer sees OpenSSL.
#pragma once

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <memory>
#include <string>

#include "weightmark/bytes.h"

namespace weightmark {

// FreeWith makes a deleter of one of OpenSSL's X_free functions.
template <auto kFree>
struct FreeWith {
  template <class T>
  void operator()(T* pointer) const {
    kFree(pointer);
  }
};

// FreeStack frees a stack, but not the certificates on it, which it borrows.
struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};

// FreeX509s frees a stack together with its certificates.
struct FreeX509s {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_pop_free(stack, X509_free); }
};

using BioPtr = std::unique_ptr<BIO, FreeWith<BIO_free_all>>;
using EcdsaSignaturePtr = std::unique_ptr<ECDSA_SIG, FreeWith<ECDSA_SIG_free>>;
using MdContextPtr = std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>>;
using Pkcs8Ptr = std::unique_ptr<PKCS8_PRIV_KEY_INFO, FreeWith<PKCS8_PRIV_KEY_INFO_free>>;
using PkeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, FreeWith<EVP_PKEY_CTX_free>>;
using PkeyPtr = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using SpkiPtr = std::unique_ptr<X509_PUBKEY, FreeWith<X509_PUBKEY_free>>;
using X509Ptr = std::unique_ptr<X509, FreeWith<X509_free>>;
using X509SigPtr = std::unique_ptr<X509_SIG, FreeWith<X509_SIG_free>>;
using X509sPtr = std::unique_ptr<STACK_OF(X509), FreeX509s>;
using X509StackPtr = std::unique_ptr<STACK_OF(X509), FreeStack>;
using X509StoreContextPtr = std::unique_ptr<X509_STORE_CTX, FreeWith<X509_STORE_CTX_free>>;
using X509StorePtr = std::unique_ptr<X509_STORE, FreeWith<X509_STORE_free>>;

// take_openssl_errors empties this thread's error queue and returns the reason
// of the first error in it, or "" when there is none. Whoever sees an OpenSSL
// function fail calls it, so that no later caller finds a stale error.
std::string take_openssl_errors();

// memory_reader returns a BIO that reads `text`, which must outlive it. OpenSSL
// counts with int, so that `text` must be shorter than 2 GiB.
BioPtr memory_reader(std::string_view text);

// written_text returns what was written to a memory BIO.
std::string written_text(BIO* bio);

// hash returns the digest of `message`.
Bytes hash(const EVP_MD* algorithm, ByteView message);

// sha256_hex returns lower-case hex SHA-256 of `message`.
std::string sha256_hex(ByteView message);

// encode_der runs one of OpenSSL's i2d_X functions.
template <class T>
Bytes encode_der(int (*i2d)(const T*, unsigned char**), const T* value) {
  int length = i2d(value, nullptr);
  if (length <= 0) return {};
  Bytes der(static_cast<std::size_t>(length));
  unsigned char* out = der.data();
  i2d(value, &out);
  return der;
}

// decode_der runs one of OpenSSL's d2i_X functions. The result is null unless
// the value takes up all of `der`; the error queue is left empty.
template <class Pointer, class T>
Pointer decode_der(T* (*d2i)(T**, const unsigned char**, long), ByteView der) {
  const unsigned char* in = der.data();
  Pointer value(d2i(nullptr, &in, static_cast<long>(der.size())));
  if (!value) take_openssl_errors();
  if (in != der.data() + der.size()) return nullptr;
  return value;
}

}  // namespace weightmark
