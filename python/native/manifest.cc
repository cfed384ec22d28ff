// Manifests, and hashing files while they are written.
#include "weightmark/manifest.h"

#include <fmt/format.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "model/background_hasher.h"
#include "native/bindings.h"
#include "native/buffer.h"
#include "native/errors.h"
#include "weightmark/file_hasher.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace weightmark::python {
namespace {

// As Python has it: anything can be compared.
constexpr const char* kEquality = "def __eq__(self, other: object, /) -> bool";

std::string spell(const Digest& digest) { return std::string(algorithm_name(digest.algorithm())) + ":" + digest.hex(); }

std::optional<std::string> spell(const std::optional<Digest>& digest) {
  return digest ? std::optional(spell(*digest)) : std::nullopt;
}

HashAlgorithm algorithm_of(const std::string& name) {
  if (const auto algorithm = find_algorithm(name)) return *algorithm;
  raise({ErrorCode::kAlgorithmUnknown, "no such algorithm", name, "sha256, blake2b or blake3"});
}

Digest parse_digest(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::string hex = colon == std::string::npos ? "" : text.substr(colon + 1);
  return unwrap(Digest::from_hex(algorithm_of(text.substr(0, colon)), hex));
}

// State is what travels between processes: name, digest, size, the tree's digest, its nodes.
// Shards do not: files that are hashed on the way have none.
using State = std::tuple<std::string, std::string, std::uint64_t, std::string, nb::bytes>;

State state_of(const FileEntry& file) {
  if (!file.digest || !file.tree) throw nb::type_error("only what a FileHasher returned can be pickled");
  const FileTree& tree = *file.tree;
  return {file.name, spell(*file.digest), tree.size, tree.fsverity.hex(),
          nb::bytes(reinterpret_cast<const char*>(tree.nodes.data()), tree.nodes.size() * sizeof(TreeNode))};
}

FileEntry entry_of(const State& state) {
  const auto& [name, digest, size, fsverity, nodes] = state;
  FileEntry file;
  file.name = name;
  file.digest = parse_digest(digest);
  FileTree tree{size, unwrap(Digest::from_hex(HashAlgorithm::kSha256, fsverity)), {}};
  if (nodes.size() % sizeof(TreeNode) != 0) throw nb::value_error("the nodes of a tree have 32 bytes each");
  tree.nodes.resize(nodes.size() / sizeof(TreeNode));
  if (!tree.nodes.empty()) std::memcpy(tree.nodes.data(), nodes.c_str(), nodes.size());
  file.tree = std::move(tree);
  return file;
}

void bind_file_entry(nb::module_& module) {
  nb::class_<FileEntry>(module, "FileEntry",
                        "One signed file: its name in the model, its size and its digest.\n\n"
                        "Example:\n"
                        "    >>> weightmark.digest(\"model\")[\"config.json\"].size\n"
                        "    2")
      .def_ro("name", &FileEntry::name, "The name, relative to the model, with slashes.")
      .def_prop_ro("size", &FileEntry::size, "Bytes; None where the signature does not tell it.")
      .def_prop_ro(
          "digest", [](const FileEntry& file) { return spell(file.digest); },
          "\"algorithm:hex\"; None where only ranges of the file are signed.")
      .def_prop_ro(
          "declared", [](const FileEntry& file) { return file.declared_size.has_value(); },
          "Whether the signer took the digest from elsewhere and did not compute it.")
      .def(
          "__eq__", [](const FileEntry& a, const FileEntry& b) { return a == b; }, nb::is_operator(),
          nb::sig(kEquality))
      .def("__hash__", [](const FileEntry& file) { return std::hash<std::string>{}(file.name); })
      .def("__repr__",
           [](const FileEntry& file) {
             const nb::object name = nb::str(file.name.c_str());
             return "FileEntry(" + std::string(nb::repr(name).c_str()) + ", " +
                    spell(file.digest).value_or("by shards") + ")";
           })
      .def("__getstate__", state_of)
      .def("__setstate__", [](FileEntry& file, const State& state) { new (&file) FileEntry(entry_of(state)); });
}

void bind_file_manifest(nb::module_& module) {
  nb::class_<Manifest>(module, "Manifest",
                       "Which files a model has, and their digests.\n\n"
                       "Example:\n"
                       "    >>> manifest = weightmark.digest(\"model\")\n"
                       "    >>> len(manifest), \"config.json\" in manifest, manifest.name\n"
                       "    (2, True, 'model')")
      .def_ro("name", &Manifest::name, "What the publisher calls the model.")
      .def_ro("files", &Manifest::files, "The files, in byte order of their names.")
      .def_prop_ro(
          "root", [](const Manifest& manifest) { return spell(manifest.root); },
          "The OMS root digest, over all digests as they are listed.")
      .def_prop_ro(
          "manifest_v1", [](const Manifest& manifest) { return spell(manifest.manifest_v1); },
          "The digest that also binds names, sizes and trees; None where a file has none.")
      .def_prop_ro(
          "hash_type",
          [](const Manifest& manifest) { return std::string(algorithm_name(manifest.serialization.hash_type)); })
      .def("__repr__",
           [](const Manifest& manifest) {
             return fmt::format("<manifest of {} files, root {}>", manifest.files.size(), spell(manifest.root));
           })
      .def("__len__", [](const Manifest& manifest) { return manifest.files.size(); })
      .def("__contains__",
           [](const Manifest& manifest, const std::string& name) { return find_file(manifest, name) != nullptr; })
      .def(
          "__getitem__",
          [](const Manifest& manifest, const std::string& name) -> FileEntry {
            if (const FileEntry* file = find_file(manifest, name)) return *file;
            throw nb::key_error(name.c_str());
          },
          "name"_a)
      .def(
          "__eq__", [](const Manifest& a, const Manifest& b) { return a == b; }, nb::is_operator(), nb::sig(kEquality));
}

// SharedHasher lets one thread at a time in: the GIL does not, while it hashes.
class SharedHasher {
 public:
  SharedHasher(std::string name, const std::string& algorithm) : hasher_(std::move(name), algorithm_of(algorithm)) {}

  void update(nb::handle data) {
    const Buffer buffer(data, PyBUF_SIMPLE);
    const nb::gil_scoped_release release;
    const std::lock_guard lock(mutex_);
    hasher_.update(buffer.bytes());
  }

  FileEntry finish() {
    const nb::gil_scoped_release release;
    const std::lock_guard lock(mutex_);
    return hasher_.finish();
  }

 private:
  std::mutex mutex_;
  FileHasher hasher_;
};

// SharedBackgroundHasher keeps what Python lends until it is not needed any more.
class SharedBackgroundHasher {
 public:
  explicit SharedBackgroundHasher(std::string name) : hasher_(std::move(name)) {}

  void begin(nb::handle data) {
    lent_.push_back(std::make_unique<Buffer>(data, PyBUF_SIMPLE));
    const ByteView bytes = lent_.back()->bytes();
    const nb::gil_scoped_release release;
    const std::lock_guard lock(mutex_);
    require_open();
    hasher_.begin(bytes);
  }

  void settle() {
    {
      const nb::gil_scoped_release release;
      const std::lock_guard lock(mutex_);
      if (!closed_) hasher_.settle();
    }
    lent_.clear();
  }

  FileEntry finish() {
    const nb::gil_scoped_release release;
    const std::lock_guard lock(mutex_);
    require_open();
    closed_ = true;
    return hasher_.finish();
  }

  void close() {
    {
      const nb::gil_scoped_release release;
      const std::lock_guard lock(mutex_);
      closed_ = true;
      hasher_.close();
    }
    lent_.clear();
  }

 private:
  // A programming error, which must not end the interpreter.
  void require_open() const {
    if (closed_) throw std::logic_error("the hasher is used up");
  }

  std::vector<std::unique_ptr<Buffer>> lent_;  // as long as the hasher
  std::mutex mutex_;
  bool closed_ = false;
  BackgroundHasher hasher_;
};

void bind_background_hasher(nb::module_& module) {
  nb::class_<SharedBackgroundHasher>(module, "BackgroundHasher",
                                     "A FileHasher with a thread of its own, for bytes that are written meanwhile.")
      .def(nb::init<std::string>(), "name"_a)
      .def("begin", &SharedBackgroundHasher::begin, "data"_a,
           "Hashes the next bytes of the file, which must stay as they are until settle returns.")
      .def("settle", &SharedBackgroundHasher::settle,
           "Returns when nothing that begin was given is needed any more: what is not hashed yet is copied.")
      .def("finish", &SharedBackgroundHasher::finish, "Waits for all and returns the FileEntry. The hasher is used up.")
      .def("close", &SharedBackgroundHasher::close, "Ends the thread where the digest is wanted no more.");
}

void bind_file_hasher(nb::module_& module) {
  nb::class_<SharedHasher>(module, "FileHasher",
                           "Hashes a file while it is written.\n\n"
                           "Example:\n"
                           "    >>> hasher = weightmark.FileHasher(\"weights.bin\")\n"
                           "    >>> hasher.update(bytes(1000))\n"
                           "    >>> hasher.finish() == weightmark.digest(\"model\")[\"weights.bin\"]\n"
                           "    True")
      .def(nb::init<std::string, const std::string&>(), "name"_a, "algorithm"_a = "sha256")
      .def("update", &SharedHasher::update, "data"_a,
           "Hashes the next bytes of the file: any object with a contiguous buffer.")
      .def("finish", &SharedHasher::finish, "Returns the FileEntry. The hasher is used up.");
}

}  // namespace

void bind_manifest(nb::module_& module) {
  bind_file_entry(module);
  bind_file_manifest(module);
  bind_file_hasher(module);
  bind_background_hasher(module);
}

}  // namespace weightmark::python
