#include "tlog/checkpoint.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/encoding.h"
#include "crypto/pki_testing.h"
#include "crypto/sha2.h"

namespace weightmark {
namespace {

constexpr const char* kHost = "rekor.lab";

template <class T>
std::string code(const Result<T>& result) {
  return result ? "no error" : std::string(code_name(result.error().code));
}

std::string root64() { return to_base64(merkle_leaf({})); }

std::string text_of(std::string_view origin, std::string_view size = "7") {
  return fmt::format("{}\n{}\n{}\n", origin, size, root64());
}

std::string line(std::string_view name, ByteView id, ByteView signature) {
  Bytes bytes(id.begin(), id.begin() + 4);
  bytes.insert(bytes.end(), signature.begin(), signature.end());
  return fmt::format("\u2014 {} {}\n", name, to_base64(bytes));
}

// Signer is a log or a witness.
struct Signer {
  explicit Signer(std::string host, KeyType type = KeyType::kEcP256)
      : name(std::move(host)),
        pem(testing::generate_key_pem(type)),
        key(load_private_key(pem, {}).value()),
        id(sha2(Sha2::k256, key->public_key().spki())) {}

  bool pure() const { return key->public_key().type() == KeyType::kEd25519; }

  CheckpointSigner log() const {
    const SignatureScheme scheme = pure() ? SignatureScheme::kEd25519 : default_scheme(key->public_key().type());
    return {name, id, key->public_key(), scheme};
  }

  Bytes sign(std::string_view text) const {
    return pure() ? testing::sign_ed25519(pem, as_bytes(text)) : key->sign(as_bytes(text)).value();
  }

  std::string line_for(std::string_view text) const { return line(name, id, sign(text)); }

  std::string name;
  std::string pem;
  std::unique_ptr<SigningKey> key;
  Bytes id;
};

class VerifyCheckpoint : public ::testing::Test {
 protected:
  std::string note(const std::string& text) const { return text + "\n" + log_.line_for(text); }
  std::string verify(const std::string& note) const { return code(verify_checkpoint(note, log_.log())); }

  Signer log_{kHost};
  Signer witness_{"witness.lab", KeyType::kEd25519};
  std::string text_ = text_of(kHost);
};

TEST_F(VerifyCheckpoint, ReturnsWhatTheLogSigned) {
  const auto checkpoint = verify_checkpoint(note(text_), log_.log());
  ASSERT_TRUE(checkpoint);
  EXPECT_EQ(checkpoint->origin, kHost);
  EXPECT_EQ(checkpoint->size, 7U);
  EXPECT_EQ(checkpoint->root, merkle_leaf({}));
}

TEST_F(VerifyCheckpoint, TakesEveryTypeOfKey) {
  for (KeyType type : {KeyType::kEcP256, KeyType::kEcP384, KeyType::kEcP521, KeyType::kRsa, KeyType::kEd25519}) {
    const Signer log(kHost, type);
    std::string signed_note = text_ + "\n" + log.line_for(text_);
    EXPECT_EQ(code(verify_checkpoint(signed_note, log.log())), "no error") << key_type_name(type);
    signed_note.replace(signed_note.find("\n7\n"), 3, "\n8\n");
    EXPECT_EQ(code(verify_checkpoint(signed_note, log.log())), "checkpoint-signature") << key_type_name(type);
  }
}

TEST_F(VerifyCheckpoint, TakesLinesThatLaterVersionsAdd) {
  EXPECT_EQ(verify(note(text_ + "Timestamp: 1700000000\n")), "no error");
  EXPECT_EQ(verify(note(text_ + "\nafter a blank line\n")), "no error");
}

TEST_F(VerifyCheckpoint, PassesOverTheSignaturesOfOthers) {
  const std::string body = text_ + "\n";
  const std::string own = log_.line_for(text_);
  const std::string good = witness_.line_for(text_);
  const std::string bad = witness_.line_for("another text\n");
  for (const std::string& lines : {own + good, good + own, bad + own, good + bad + own + bad})
    EXPECT_EQ(verify(body + lines), "no error");
  // One name can have several keys, told apart by the id, and one key several names.
  EXPECT_EQ(verify(body + line(kHost, witness_.id, witness_.sign(text_)) + own), "no error");
  EXPECT_EQ(verify(body + line("other.lab", log_.id, Bytes(64)) + own), "no error");
}

TEST_F(VerifyCheckpoint, RefusesOneThatTheLogDidNotSign) {
  const std::string body = text_ + "\n";
  const Bytes signature = log_.sign(text_);
  EXPECT_EQ(verify(body), "checkpoint-unsigned");
  EXPECT_EQ(verify(body + witness_.line_for(text_)), "checkpoint-unsigned");
  EXPECT_EQ(verify(body + line(kHost, witness_.id, signature)), "checkpoint-unsigned");
  EXPECT_EQ(verify(body + line("rekor.lab.evil", log_.id, signature)), "checkpoint-unsigned");
}

TEST_F(VerifyCheckpoint, RefusesALogWhoseIdIsTooShortForAKeyId) {
  CheckpointSigner log = log_.log();
  log.log_id.resize(3);
  EXPECT_EQ(code(verify_checkpoint(note(text_), log)), "checkpoint-unsigned");
}

TEST_F(VerifyCheckpoint, RefusesABadSignatureOfTheLogEvenBesideAGoodOne) {
  const std::string body = text_ + "\n";
  const std::string good = log_.line_for(text_);
  const std::string bad = log_.line_for(text_of(kHost, "8"));
  const std::string forged = line(kHost, log_.id, Signer(kHost).sign(text_));
  for (const std::string& lines : {bad, forged, bad + good, good + bad, good + forged})
    EXPECT_EQ(verify(body + lines), "checkpoint-signature");
}

// The signature is over the text with its last newline, and without the blank line.
TEST_F(VerifyCheckpoint, RefusesASignatureOfOtherBytes) {
  for (const std::string& other : {text_.substr(0, text_.size() - 1), text_ + "\n", std::string()})
    EXPECT_EQ(verify(text_ + "\n" + log_.line_for(other)), "checkpoint-signature");
}

TEST_F(VerifyCheckpoint, RefusesASchemeOfAnotherKey) {
  CheckpointSigner log = log_.log();
  log.scheme = SignatureScheme::kEcdsaSha384;
  EXPECT_EQ(code(verify_checkpoint(note(text_), log)), "checkpoint-signature");
}

// What comes before the last blank line is signed, be it a signature or not.
TEST_F(VerifyCheckpoint, SplitsAtTheLastBlankLine) {
  EXPECT_EQ(verify(note(text_) + "\n"), "checkpoint-unsigned");
  EXPECT_EQ(verify(note(text_) + "\n" + witness_.line_for(text_)), "checkpoint-unsigned");
}

struct OriginCase {
  std::string origin;
  std::string code;
};

TEST_F(VerifyCheckpoint, HoldsTheOriginToTheLogsName) {
  const std::vector<OriginCase> cases = {{"rekor.lab", "no error"},
                                         {"rekor.lab - 0", "no error"},
                                         {"rekor.lab - 2605736670972794746", "no error"},
                                         {"rekor.lab - ", "checkpoint-origin"},
                                         {"rekor.lab -", "checkpoint-origin"},
                                         {"rekor.lab - 12a", "checkpoint-origin"},
                                         {"rekor.lab - -1", "checkpoint-origin"},
                                         {"rekor.lab - 1 ", "checkpoint-origin"},
                                         {"rekor.lab-123", "checkpoint-origin"},
                                         {"rekor.lab/123", "checkpoint-origin"},
                                         {"rekor.lab.evil - 123", "checkpoint-origin"},
                                         {"rekor.la", "checkpoint-origin"},
                                         {" rekor.lab", "checkpoint-origin"},
                                         {"Rekor.lab", "checkpoint-origin"},
                                         {"other.lab", "checkpoint-origin"}};
  for (const OriginCase& test : cases) EXPECT_EQ(verify(note(text_of(test.origin))), test.code) << test.origin;
}

TEST_F(VerifyCheckpoint, RefusesWhatIsNoNoteOrNoCheckpoint) {
  EXPECT_EQ(verify(""), "checkpoint-malformed");
  EXPECT_EQ(verify(text_), "checkpoint-malformed");
  EXPECT_EQ(verify(note("rekor.lab\n")), "checkpoint-malformed");
}

// --- the note

TEST(ParseNote, ReadsNamesKeyIdsAndSignatures) {
  const auto note = parse_note("one\ntwo\n\n\u2014 a.lab " + to_base64(Bytes{1, 2, 3, 4, 5}) + "\n\u2014 b " +
                               to_base64(Bytes{6, 7, 8, 9, 10, 11}) + "\n");
  ASSERT_TRUE(note);
  EXPECT_EQ(note->text, "one\ntwo\n");
  ASSERT_EQ(note->signatures.size(), 2U);
  EXPECT_EQ(note->signatures[0].name, "a.lab");
  EXPECT_EQ(note->signatures[0].key_id, (std::array<std::uint8_t, 4>{1, 2, 3, 4}));
  EXPECT_EQ(note->signatures[0].signature, Bytes{5});
  EXPECT_EQ(note->signatures[1].name, "b");
  EXPECT_EQ(note->signatures[1].signature, (Bytes{10, 11}));
}

TEST(ParseNote, RefusesMalformedLines) {
  const std::string good = to_base64(Bytes{1, 2, 3, 4, 5});
  const std::vector<std::string> lines = {"\u2014 a " + good,              // no end
                                          "- a " + good + "\n",            // a hyphen
                                          "\u2013 a " + good + "\n",       // a shorter dash
                                          "\u2014a " + good + "\n",        // no space
                                          "\u2014 " + good + "\n",         // no name
                                          "\u2014  " + good + "\n",        // an empty name
                                          "\u2014 a+b " + good + "\n",     // a plus in the name
                                          "\u2014 a\tb " + good + "\n",    // a tab in the name
                                          "\u2014 a  " + good + "\n",      // two spaces
                                          "\u2014 a " + good + " \n",      // a space at the end
                                          "\u2014 a " + good + "\r\n",     // a carriage return
                                          "\u2014 a b " + good + "\n",     // two names
                                          "\u2014 a AQIDBAU\n",            // no padding
                                          "\u2014 a \n",                   // no base64
                                          "\u2014 a AQIDBA==\n",           // a key id alone
                                          "\u2014 a AQID\n",               // less than a key id
                                          "\u2014 a " + good + "\nrest"};  // a second line without an end
  for (const std::string& line : lines) EXPECT_EQ(code(parse_note("text\n\n" + line)), "checkpoint-malformed") << line;
  EXPECT_EQ(code(parse_note("text\n\n\u2014 a " + good + "\n")), "no error");
}

TEST(ParseNote, WantsABlankLine) {
  EXPECT_EQ(code(parse_note("")), "checkpoint-malformed");
  EXPECT_EQ(code(parse_note("text\n")), "checkpoint-malformed");
  EXPECT_EQ(code(parse_note("text\n\u2014 a AQIDBAU=\n")), "checkpoint-malformed");
}

TEST(ParseNote, WantsUtf8) { EXPECT_EQ(code(parse_note("te\xffxt\n\n\u2014 a AQIDBAU=\n")), "checkpoint-malformed"); }

TEST(ParseNote, HasLimits) {
  constexpr std::size_t kMost = std::size_t{64} << 10U;
  const std::string end = "\n\n\u2014 a AQIDBAU=\n";
  EXPECT_EQ(code(parse_note(std::string(kMost - end.size(), 'x') + end)), "no error");
  EXPECT_EQ(code(parse_note(std::string(kMost - end.size() + 1, 'x') + end)), "checkpoint-malformed");
  std::string note = "text\n\n";
  for (int i = 0; i < 64; ++i) note += "\u2014 a AQIDBAU=\n";
  EXPECT_EQ(code(parse_note(note)), "no error");
  EXPECT_EQ(code(parse_note(note + "\u2014 a AQIDBAU=\n")), "checkpoint-malformed");
}

// --- the checkpoint in it

TEST(ParseCheckpoint, TakesOneSpellingOfASize) {
  for (const char* size : {"0", "1", "10", "18446744073709551615"})
    EXPECT_EQ(code(parse_checkpoint(text_of("log", size))), "no error") << size;
  for (const char* size : {"", "00", "01", "-1", "+1", " 1", "1 ", "0x1", "1e3", "1.0", "18446744073709551616", "one"})
    EXPECT_EQ(code(parse_checkpoint(text_of("log", size))), "checkpoint-malformed") << size;
  EXPECT_EQ(parse_checkpoint(text_of("log", "18446744073709551615"))->size, UINT64_MAX);
}

TEST(ParseCheckpoint, RefusesMalformedTexts) {
  const std::string root = root64();
  const std::vector<std::string> texts = {"",
                                          "log\n",
                                          "log\n1\n",
                                          "log\n1\n" + root,                         // the last line has no end
                                          "\n1\n" + root + "\n",                     // no origin
                                          "log\n1\n\n",                              // no root
                                          "log\n1\n" + root + "=\n",                 // not base64
                                          "log\n1\n" + to_base64(Bytes(31)) + "\n",  // too short a hash
                                          "log\n1\n" + to_base64(Bytes(33)) + "\n",  // too long a hash
                                          "log\n1\n" + to_hex(Bytes(32)) + "\n",     // hexadecimal
                                          "log\r\n1\r\n" + root + "\r\n"};           // other ends of lines
  for (const std::string& text : texts) EXPECT_EQ(code(parse_checkpoint(text)), "checkpoint-malformed") << text;
  EXPECT_EQ(code(parse_checkpoint("log\n1\n" + root + "\n")), "no error");
}

}  // namespace
}  // namespace weightmark
