/* Weightmark for C, and for all languages that call C.
 *
 * Handles. What the library makes is behind a pointer to a type that only the library
 * knows. Each handle is freed with the function of its type that ends in _free, once;
 * NULL is freed by doing nothing. The order does not matter: a file outlives its model,
 * and everything outlives the options that it was made with. No other function takes
 * NULL for a handle, but those that return a status then answer `usage`.
 *
 * Status. A function that can fail returns WEIGHTMARK_OK, which is 0, or what the
 * failure means (enum weightmark_status). It makes the handle that its `..._out`
 * parameter points to only when it returns WEIGHTMARK_OK, and else sets it to NULL.
 *
 * Errors. Where `error` is not NULL, *error becomes NULL, or, on failure, an error that
 * the caller frees. What it was before is not looked at. The code of an error is stable
 * text such as "file-mismatch"; docs/errors.md lists all. The other texts are for people
 * and can change. They may quote what an attacker wrote: print weightmark_error_message.
 *
 * Text. Paths, names and codes are NUL-terminated; names are UTF-8, paths are the
 * system's. Everything else that the caller hands over is a pointer and a length in
 * bytes, where NULL is allowed with length 0; it is copied during the call. A text that
 * an accessor returns belongs to the handle and lives as long as that.
 *
 * Verified. Whatever a weightmark_verified, a weightmark_model and what is opened from
 * one hands out was signed by somebody whom the options trust. Nothing else can make
 * these handles, so there is no way to forget it.
 *
 * Threads. Options, texts and streams are used by one thread at a time. All other
 * handles may be used by several at once, freeing excepted. Callbacks are called on the
 * thread that called the library. They must not throw; should one do so nevertheless, it
 * is caught, and the call fails with the code internal.
 *
 * Time, network, environment. The library reads no clock and no variable, and what is
 * declared here asks no server.
 *
 * Compatibility. What is declared here stays as it is: functions are added, never
 * changed and never taken away, while the library's soname is the same. Numbers in an
 * enum keep their meaning. New ones may appear; a status that is not WEIGHTMARK_OK is a
 * failure, whatever it is.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "weightmark/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- Library, status, errors -------------------------------------------------------- */

/* The version of the library, such as "0.1.0". */
WEIGHTMARK_API const char* weightmark_version(void);

/* What an error means for the caller; also the exit statuses of the command. */
enum weightmark_status {
  WEIGHTMARK_OK = 0,
  WEIGHTMARK_REFUSED = 1,      /* looked at, and it is not as it must be */
  WEIGHTMARK_USAGE = 2,        /* the call itself is wrong */
  WEIGHTMARK_UNDECIDED = 3,    /* could not be looked at; a refusal all the same */
  WEIGHTMARK_UNSIGNED = 4,     /* not signed, which the policy allows; nothing is verified */
  WEIGHTMARK_INTERRUPTED = 130 /* stopped by the caller */
};

typedef struct weightmark_error weightmark_error;

WEIGHTMARK_API const char* weightmark_error_code(const weightmark_error* error);    /* "file-mismatch" */
WEIGHTMARK_API int weightmark_error_class(const weightmark_error* error);           /* the status that it came with */
WEIGHTMARK_API const char* weightmark_error_what(const weightmark_error* error);    /* what happened */
WEIGHTMARK_API const char* weightmark_error_subject(const weightmark_error* error); /* to what; may be "" */
WEIGHTMARK_API const char* weightmark_error_hint(const weightmark_error* error);    /* what to do; may be "" */

/* One line, "SUBJECT: WHAT [CODE]", in which nothing can steer a terminal. */
WEIGHTMARK_API const char* weightmark_error_message(const weightmark_error* error);
WEIGHTMARK_API void weightmark_error_free(weightmark_error* error);

/* --- Texts -------------------------------------------------------------------------- */

/* A text of any length: what a callback hands to the library, or the library returns. */
typedef struct weightmark_text weightmark_text;

/* Appends `size` bytes.
 * Errors: out-of-memory; file-too-large beyond 64 MiB. */
WEIGHTMARK_API int weightmark_text_append(weightmark_text* text, const void* data, size_t size,
                                          weightmark_error** error);
WEIGHTMARK_API const char* weightmark_text_data(const weightmark_text* text); /* NUL-terminated */
WEIGHTMARK_API size_t weightmark_text_size(const weightmark_text* text);      /* bytes, without the NUL */
WEIGHTMARK_API void weightmark_text_free(weightmark_text* text);

/* --- Stopping ----------------------------------------------------------------------- */

/* Stops work that is under way: set it, and every call whose options have it ends with
 * the code interrupted, soon, and so does every later one. */
typedef struct weightmark_cancel weightmark_cancel;

/* Returns NULL where there is no memory. */
WEIGHTMARK_API weightmark_cancel* weightmark_cancel_new(void);

/* May be called from any thread and from a signal's handler. */
WEIGHTMARK_API void weightmark_cancel_set(weightmark_cancel* cancel);
WEIGHTMARK_API void weightmark_cancel_free(weightmark_cancel* cancel);

/* --- What to verify, and against what ------------------------------------------------ */

/* Exactly one of these decides whom to trust: public keys; certificate roots; a trusted
 * root with identities; a policy. Functions that begin with add may be called again. */
typedef struct weightmark_verify_options weightmark_verify_options;

/* Returns NULL where there is no memory. */
WEIGHTMARK_API weightmark_verify_options* weightmark_verify_options_new(void);
WEIGHTMARK_API void weightmark_verify_options_free(weightmark_verify_options* options);

/* The model: a folder, or a file. Streams alone need none, but then the signature's path. */
WEIGHTMARK_API int weightmark_verify_options_set_model(weightmark_verify_options* options, const char* path,
                                                       weightmark_error** error);

/* The signature. Where it is not set, it is looked for inside the model, then beside it. */
WEIGHTMARK_API int weightmark_verify_options_set_signature(weightmark_verify_options* options, const char* path,
                                                           weightmark_error** error);

/* Now, in seconds since 1970, UTC: certificates are checked at it. It has to be set,
 * since the library reads no clock.
 * Errors: usage, where it is before 1970 or after the year 9999. */
WEIGHTMARK_API int weightmark_verify_options_set_time(weightmark_verify_options* options, int64_t seconds,
                                                      weightmark_error** error);

/* A key that may have signed: one "PUBLIC KEY" block. Any of several suffices. With a
 * trusted root only signatures count that one of its transparency logs has.
 * Errors: key-malformed, key-unsupported. */
WEIGHTMARK_API int weightmark_verify_options_add_public_key(weightmark_verify_options* options, const char* pem,
                                                            size_t size, weightmark_error** error);

/* Certificates under one of which the signer's must be. Those that are not self-signed
 * only help to build chains.
 * Errors: certificate-malformed. */
WEIGHTMARK_API int weightmark_verify_options_add_certificate_roots(weightmark_verify_options* options, const char* pem,
                                                                   size_t size, weightmark_error** error);

/* A timestamp authority, for certificates: its own, the signer's first, its root last. A
 * signature that it attests outlives its certificate.
 * Errors: certificate-malformed. */
WEIGHTMARK_API int weightmark_verify_options_add_timestamp_chain(weightmark_verify_options* options, const char* pem,
                                                                 size_t size, weightmark_error** error);

/* The trusted_root.json of a Sigstore.
 * Errors: trusted-root-*, certificate-malformed, json-*. */
WEIGHTMARK_API int weightmark_verify_options_set_trusted_root(weightmark_verify_options* options, const char* json,
                                                              size_t size, weightmark_error** error);

/* An identity that may have signed, with the URL of the provider that confirmed it. If
 * `patterns` is not 0, both are POSIX extended regular expressions that must match from
 * end to end. Needs a trusted root. */
WEIGHTMARK_API int weightmark_verify_options_add_identity(weightmark_verify_options* options, const char* identity,
                                                          const char* provider, int patterns, weightmark_error** error);

/* Hands the text of a file that a policy names to the library, by weightmark_text_append.
 * Returns 0, or anything else where it cannot: the code is then file-unreadable. */
typedef int (*weightmark_policy_file)(void* context, const char* path, weightmark_text* text);

/* A policy (docs/policy.md) in YAML or JSON. `files` is called with `context` during this
 * call only; it may be NULL where the policy names no files. A policy with signers of
 * Sigstore and no trusted root of its own needs weightmark_verify_options_set_trusted_root.
 * Errors: policy-too-large, policy-syntax, policy-malformed, pattern-syntax, those of what
 * the named files hold, file-unreadable. */
WEIGHTMARK_API int weightmark_verify_options_set_policy(weightmark_verify_options* options, const char* text,
                                                        size_t size, weightmark_policy_file files, void* context,
                                                        weightmark_error** error);

/* What the publisher must call the model: a signature says who and what, not which. */
WEIGHTMARK_API int weightmark_verify_options_expect_name(weightmark_verify_options* options, const char* name,
                                                         weightmark_error** error);

/* The root digest or the manifest digest that the model must have: 64 lower-case
 * hexadecimal digits.
 * Errors: digest-syntax. */
WEIGHTMARK_API int weightmark_verify_options_expect_digest(weightmark_verify_options* options, const char* hex,
                                                           weightmark_error** error);

/* What files are compared by (docs/library.md). */
enum weightmark_evidence {
  WEIGHTMARK_EVIDENCE_TREES = 0,       /* signed trees, or the kernel's digests; the default */
  WEIGHTMARK_EVIDENCE_WHOLE_FILES = 1, /* digests of whole files, as other clients do */
  WEIGHTMARK_EVIDENCE_BOTH = 2
};
WEIGHTMARK_API int weightmark_verify_options_set_evidence(weightmark_verify_options* options, int evidence,
                                                          weightmark_error** error);

/* How many threads; 0, the default: one for each processor. */
WEIGHTMARK_API int weightmark_verify_options_set_threads(weightmark_verify_options* options, unsigned threads,
                                                         weightmark_error** error);

/* If not 0, files that are there unsigned are no reason to refuse. */
WEIGHTMARK_API int weightmark_verify_options_set_ignore_unsigned(weightmark_verify_options* options, int ignore,
                                                                 weightmark_error** error);

/* `cancel` stops what is done with these options. It may be freed before they are. */
WEIGHTMARK_API int weightmark_verify_options_set_cancel(weightmark_verify_options* options,
                                                        const weightmark_cancel* cancel, weightmark_error** error);

/* --- Who signed what ------------------------------------------------------------------ */

/* What was signed. It belongs to the handle that it was got from. */
typedef struct weightmark_manifest weightmark_manifest;

WEIGHTMARK_API const char* weightmark_manifest_name(const weightmark_manifest* manifest); /* the publisher's */
WEIGHTMARK_API const char* weightmark_manifest_root(const weightmark_manifest* manifest); /* 64 digits of hex */

/* The digest that binds names and sizes as well, 64 digits of hex; NULL where there is
 * none, as in signatures by other clients. */
WEIGHTMARK_API const char* weightmark_manifest_digest(const weightmark_manifest* manifest);

WEIGHTMARK_API size_t weightmark_manifest_file_count(const weightmark_manifest* manifest);

/* The name of a file, by '/' between folders and relative; in byte order; NULL from the
 * count on. Of a model that is one file it is the name that was signed. */
WEIGHTMARK_API const char* weightmark_manifest_file_name(const weightmark_manifest* manifest, size_t index);

/* Its digest as "ALGORITHM:HEX"; NULL where it was signed in shards. */
WEIGHTMARK_API const char* weightmark_manifest_file_digest(const weightmark_manifest* manifest, size_t index);

/* Its size in bytes; -1 where the signature does not tell it. */
WEIGHTMARK_API int64_t weightmark_manifest_file_size(const weightmark_manifest* manifest, size_t index);

/* Who signed it. It belongs to the handle that it was got from. */
typedef struct weightmark_signer weightmark_signer;

WEIGHTMARK_API const char* weightmark_signer_method(const weightmark_signer* signer);   /* key, certificate, sigstore */
WEIGHTMARK_API const char* weightmark_signer_key_type(const weightmark_signer* signer); /* "EC P-256" */

/* SHA-256 of the key's PEM text, 64 digits of hex. */
WEIGHTMARK_API const char* weightmark_signer_key_fingerprint(const weightmark_signer* signer);

/* The subject of the signer's certificate by RFC 2253; NULL for keys. */
WEIGHTMARK_API const char* weightmark_signer_certificate_subject(const weightmark_signer* signer);

/* For sigstore, the names in the certificate, and the provider that confirmed them; NULL
 * for others, and from the count on. */
WEIGHTMARK_API size_t weightmark_signer_identity_count(const weightmark_signer* signer);
WEIGHTMARK_API const char* weightmark_signer_identity(const weightmark_signer* signer, size_t index);
WEIGHTMARK_API const char* weightmark_signer_provider(const weightmark_signer* signer);

/* --- Verifying a model ---------------------------------------------------------------- */

/* A model whose signature and whose files were as signed when they were read. Files can
 * change afterwards: who goes on to use them opens them by weightmark_model_open. */
typedef struct weightmark_verified weightmark_verified;

/* Verifies the signature and every signed file, and refuses files that are there unsigned.
 * The error is that of the first check that failed; where the policy allows the model to
 * be unsigned, the code is signature-not-found and the status WEIGHTMARK_UNSIGNED.
 * Errors: usage; those of docs/report.md. */
WEIGHTMARK_API int weightmark_verify(const weightmark_verify_options* options, weightmark_verified** verified_out,
                                     weightmark_error** error);
WEIGHTMARK_API const weightmark_manifest* weightmark_verified_manifest(const weightmark_verified* verified);
WEIGHTMARK_API const weightmark_signer* weightmark_verified_signer(const weightmark_verified* verified);

/* The report in JSON (docs/report.schema.json), with every check and every file. */
WEIGHTMARK_API const char* weightmark_verified_report(const weightmark_verified* verified);
WEIGHTMARK_API void weightmark_verified_free(weightmark_verified* verified);

/* Verifies in the same way, and makes the report in JSON whatever came of it. Returns the
 * status that weightmark_verify would. `error` is set, and there is no report, only where
 * nothing could be verified: usage, out-of-memory, internal. */
WEIGHTMARK_API int weightmark_verify_only_reports(const weightmark_verify_options* options,
                                                  weightmark_text** report_out, weightmark_error** error);

/* --- Reading verified bytes ------------------------------------------------------------ */

/* A model whose signature holds, and whose files are verified as they are read. */
typedef struct weightmark_model weightmark_model;

/* Verifies the signature, and opens the model but none of its files: that some are missing
 * or there unsigned is not noticed before weightmark_model_check_files, though none of
 * those is handed out.
 * Errors: usage; those of docs/report.md up to the signature; model-not-found,
 * symlink-refused, special-*, file-unreadable. */
WEIGHTMARK_API int weightmark_model_open(const weightmark_verify_options* options, weightmark_model** model_out,
                                         weightmark_error** error);
WEIGHTMARK_API const weightmark_manifest* weightmark_model_manifest(const weightmark_model* model);
WEIGHTMARK_API const weightmark_signer* weightmark_model_signer(const weightmark_model* model);
WEIGHTMARK_API void weightmark_model_free(weightmark_model* model);

/* Compares the names and sizes of the files that are there with the signed ones, and reads
 * none. Before a loader that looks around in the model's folder, this refuses what nobody
 * signed, such as code.
 * Errors: file-missing, file-extra, file-mismatch, shard-past-end, policy-uncovered,
 * symlink-*, special-*, name-*, too-many-files, file-unreadable, read-failed, interrupted. */
WEIGHTMARK_API int weightmark_model_check_files(const weightmark_model* model, weightmark_error** error);

/* A signed file, of which ranges are verified when they are read. */
typedef struct weightmark_file weightmark_file;

/* Opens a file by its name in the manifest.
 * Errors: file-not-signed, file-missing, file-mismatch, shard-past-end, symlink-*,
 * special-*, file-unreadable, read-failed; of a file that can only be verified whole, which
 * is done at once, also those of weightmark_file_read and tree-conflict. */
WEIGHTMARK_API int weightmark_model_open_file(const weightmark_model* model, const char* name,
                                              weightmark_file** file_out, weightmark_error** error);
WEIGHTMARK_API const char* weightmark_file_name(const weightmark_file* file);
WEIGHTMARK_API uint64_t weightmark_file_size(const weightmark_file* file); /* bytes, as signed */

/* What the bytes are compared by: "tree", "whole" or "kernel". */
WEIGHTMARK_API const char* weightmark_file_coverage(const weightmark_file* file);

/* Fills `out` with the `size` verified bytes from `offset`. Until it returns, `out` may
 * hold bytes that are not verified; after an error it is all zeros.
 * Errors: range-past-end, file-mismatch, file-changed, file-shrank, file-grew, read-failed,
 * file-unreadable, interrupted. */
WEIGHTMARK_API int weightmark_file_read(const weightmark_file* file, uint64_t offset, void* out, size_t size,
                                        weightmark_error** error);
WEIGHTMARK_API void weightmark_file_free(weightmark_file* file);

/* The verified bytes of a whole file, in memory that nobody else can write to. */
typedef struct weightmark_loaded_file weightmark_loaded_file;

/* Errors: those of weightmark_model_open_file and weightmark_file_read; out-of-memory. */
WEIGHTMARK_API int weightmark_model_load_file(const weightmark_model* model, const char* name,
                                              weightmark_loaded_file** file_out, weightmark_error** error);
WEIGHTMARK_API const char* weightmark_loaded_file_name(const weightmark_loaded_file* file);

/* The bytes, from the start of a page on; they may be written to, which changes no file.
 * They live as long as the handle. Where the kernel keeps the file sealed it reads and
 * checks pages when they are used, and the process gets SIGBUS where that fails. */
WEIGHTMARK_API void* weightmark_loaded_file_data(const weightmark_loaded_file* file);
WEIGHTMARK_API size_t weightmark_loaded_file_size(const weightmark_loaded_file* file); /* bytes */
WEIGHTMARK_API const char* weightmark_loaded_file_coverage(const weightmark_loaded_file* file);
WEIGHTMARK_API void weightmark_loaded_file_free(weightmark_loaded_file* file);

/* The verified bytes of a whole file behind a descriptor, for libraries that read from
 * nothing else: memory that is sealed against writing, or a file that the kernel has sealed. */
typedef struct weightmark_sealed_copy weightmark_sealed_copy;

/* Errors: those of weightmark_model_load_file. */
WEIGHTMARK_API int weightmark_model_seal_copy(const weightmark_model* model, const char* name,
                                              weightmark_sealed_copy** copy_out, weightmark_error** error);
WEIGHTMARK_API const char* weightmark_sealed_copy_name(const weightmark_sealed_copy* copy);
WEIGHTMARK_API uint64_t weightmark_sealed_copy_size(const weightmark_sealed_copy* copy); /* bytes */

/* For reading, at whatever offset it was left. It belongs to the handle, which closes it:
 * who needs one of their own opens weightmark_sealed_copy_path. */
WEIGHTMARK_API int weightmark_sealed_copy_descriptor(const weightmark_sealed_copy* copy);

/* Where libraries of this process find it while the handle lives: "/proc/self/fd/N". */
WEIGHTMARK_API const char* weightmark_sealed_copy_path(const weightmark_sealed_copy* copy);
WEIGHTMARK_API const char* weightmark_sealed_copy_coverage(const weightmark_sealed_copy* copy);
WEIGHTMARK_API void weightmark_sealed_copy_free(weightmark_sealed_copy* copy);

/* A signed file that is verified while its bytes arrive. */
typedef struct weightmark_stream weightmark_stream;

/* Gets verified bytes: in order, each once, from `offset` in the file. They are there only
 * during the call. Returns 0, or anything else to end the stream with the code interrupted. */
typedef int (*weightmark_sink)(void* context, uint64_t offset, const void* data, size_t size);

/* `sink` is called with `context` during weightmark_stream_write and _finish.
 * Errors: file-not-signed, stream-unverifiable. */
WEIGHTMARK_API int weightmark_model_open_stream(const weightmark_model* model, const char* name, weightmark_sink sink,
                                                void* context, weightmark_stream** stream_out,
                                                weightmark_error** error);

/* Takes the next bytes. After an error every further call returns the same one.
 * Errors: file-mismatch, stream-too-long, stream-unverifiable, interrupted; usage after
 * weightmark_stream_finish. */
WEIGHTMARK_API int weightmark_stream_write(weightmark_stream* stream, const void* data, size_t size,
                                           weightmark_error** error);

/* Says that no more will come. Only if it succeeds the file is verified.
 * Errors: stream-too-short; those of weightmark_stream_write. */
WEIGHTMARK_API int weightmark_stream_finish(weightmark_stream* stream, weightmark_error** error);
WEIGHTMARK_API void weightmark_stream_free(weightmark_stream* stream);

/* --- Signing and hashing ---------------------------------------------------------------- */

typedef struct weightmark_sign_options weightmark_sign_options;

/* Returns NULL where there is no memory. */
WEIGHTMARK_API weightmark_sign_options* weightmark_sign_options_new(void);
WEIGHTMARK_API void weightmark_sign_options_free(weightmark_sign_options* options);

/* The model: a folder, or a file. */
WEIGHTMARK_API int weightmark_sign_options_set_model(weightmark_sign_options* options, const char* path,
                                                     weightmark_error** error);

/* Where the signature goes; else MODEL/model.sig for a folder, FILE.sig for a file. */
WEIGHTMARK_API int weightmark_sign_options_set_signature(weightmark_sign_options* options, const char* path,
                                                         weightmark_error** error);

/* What the model is called; else as its folder or file is. */
WEIGHTMARK_API int weightmark_sign_options_set_name(weightmark_sign_options* options, const char* name,
                                                    weightmark_error** error);

/* Now, in seconds since 1970, UTC. weightmark_sign needs it; weightmark_digest does not.
 * Errors: usage, where it is before 1970 or after the year 9999. */
WEIGHTMARK_API int weightmark_sign_options_set_time(weightmark_sign_options* options, int64_t seconds,
                                                    weightmark_error** error);

/* Writes a password of at most `capacity` bytes to `buffer` and its length to *size. Returns
 * 0, or anything else where there is none: the code is then key-password-required. The
 * library wipes the buffer. */
typedef int (*weightmark_password)(void* context, char* buffer, size_t capacity, size_t* size);

/* The key to sign with: a PEM private key of PKCS#8, SEC1 or PKCS#1. `password` is called
 * with `context` at most once, during this call and only where the key is encrypted; it may
 * be NULL. The caller wipes `pem`.
 * Errors: key-malformed, key-unsupported, key-password-required, key-password-wrong. */
WEIGHTMARK_API int weightmark_sign_options_set_private_key(weightmark_sign_options* options, const char* pem,
                                                           size_t size, weightmark_password password, void* context,
                                                           weightmark_error** error);

/* The key's certificate first, then those above it. May be called again for those.
 * Errors: certificate-malformed. */
WEIGHTMARK_API int weightmark_sign_options_add_certificates(weightmark_sign_options* options, const char* pem,
                                                            size_t size, weightmark_error** error);

/* A file or folder to leave out, relative to the model; the signature records it. */
WEIGHTMARK_API int weightmark_sign_options_add_ignored_path(weightmark_sign_options* options, const char* path,
                                                            weightmark_error** error);
WEIGHTMARK_API int weightmark_sign_options_set_threads(weightmark_sign_options* options, unsigned threads,
                                                       weightmark_error** error);
WEIGHTMARK_API int weightmark_sign_options_set_cancel(weightmark_sign_options* options, const weightmark_cancel* cancel,
                                                      weightmark_error** error);

/* What was hashed on this machine. That says nothing about who vouches for it. */
typedef struct weightmark_hashed weightmark_hashed;

/* Hashes a model, signs, verifies the new signature and only then writes it, whole or not
 * at all. It replaces an older signature, but no other file. `hashed_out` may be NULL.
 * Errors: usage, model-not-found, model-empty, those of listing and hashing, certificate-*,
 * signature-place-taken, self-check, bundle-too-large, disk-full, write-failed. */
WEIGHTMARK_API int weightmark_sign(const weightmark_sign_options* options, weightmark_hashed** hashed_out,
                                   weightmark_error** error);

/* Hashes a model. Of the options those about keys, times and signatures mean nothing.
 * Errors: usage, model-not-found, model-empty, those of listing and hashing. */
WEIGHTMARK_API int weightmark_digest(const weightmark_sign_options* options, weightmark_hashed** hashed_out,
                                     weightmark_error** error);
WEIGHTMARK_API const char* weightmark_hashed_signature(
    const weightmark_hashed* hashed);                                               /* its path; NULL: no one signed */
WEIGHTMARK_API const char* weightmark_hashed_root(const weightmark_hashed* hashed); /* 64 digits of hex */
WEIGHTMARK_API const char* weightmark_hashed_digest(
    const weightmark_hashed* hashed); /* as weightmark_manifest_digest */
WEIGHTMARK_API size_t weightmark_hashed_file_count(const weightmark_hashed* hashed);
WEIGHTMARK_API uint64_t weightmark_hashed_bytes(const weightmark_hashed* hashed); /* of all files */
WEIGHTMARK_API void weightmark_hashed_free(weightmark_hashed* hashed);

#ifdef __cplusplus
}
#endif
