// The structural guard: what a file is, and which parts of it are code, paths or offsets
// that a loader would follow. It tells facts; it never calls a file safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "formats/content.h"
#include "weightmark/content.h"

namespace weightmark {

struct PickleNames;

// IsFile says whether the model has a file of that name.
using IsFile = std::function<bool(std::string_view name)>;

// facts_of looks into one file of a model.
// Errors: the content's own.
Result<std::vector<ContentFact>> facts_of(std::string_view name, const Content& content, const IsFile& is_file);

// Of one format each, in structural_guard_*.cc. They add to `facts`.
class Facts {
 public:
  explicit Facts(std::string_view file) : file_(file) {}
  void add(ContentKind kind, std::string detail) { list_.push_back({file_, kind, std::move(detail)}); }
  // add_of tells one of a member of an archive; "" is the file itself.
  void add_of(std::string_view member, ContentKind kind, std::string detail);
  // add_all tells those of a member that was looked into as a file of its own.
  void add_all(std::vector<ContentFact> of_member);
  std::vector<ContentFact> take() && { return std::move(list_); }

 private:
  std::string file_;
  std::vector<ContentFact> list_;
};

inline constexpr std::size_t kMaxTold = 16;  // of many names, so many are told
inline constexpr std::uint64_t kMaxJson = std::uint64_t{64} << 20U;

// pickle_facts tells names that are no plain data; `member` is "" for a file of its own.
Result<void> pickle_facts(const Content& content, std::string_view member, Facts& facts);
void pickle_facts(const PickleNames& pickle, std::string_view member, Facts& facts);
// storage_facts compares what the pickle `member` says of its storages with the sizes of the
// archive's members.
void storage_facts(const PickleNames& pickle, std::string_view member,
                   const std::map<std::string, std::uint64_t, std::less<>>& sizes, Facts& facts);
Result<void> zip_facts(const Content& content, Facts& facts);
// tar_facts looks into each member as into a file of a model.
Result<void> tar_facts(const Content& content, Facts& facts);
// torch_tar_facts is of the members that PyTorch's oldest files have beside "pickle": "storages"
// and "tensors", where pickles and numbers take turns.
Result<void> torch_tar_facts(const Content& content, std::string_view member, Facts& facts);
// json_facts tells what the well-known JSON files of models have run or name.
Result<void> json_facts(std::string_view name, const Content& content, Facts& facts);
// keras_facts is of the configuration within a .keras file or an HDF5 file of Keras.
void keras_facts(std::string_view config, std::string_view member, Facts& facts);
Result<void> hdf5_facts(const Content& content, Facts& facts);
Result<void> onnx_facts(std::string_view name, const Content& content, const IsFile& is_file, Facts& facts);
Result<void> numpy_facts(const Content& content, std::string_view member, Facts& facts);

// What of a file's name says that it is code: "" where nothing does.
std::string_view code_by_name(std::string_view name);

}  // namespace weightmark
