#include "model/small_trees.h"

#include <algorithm>
#include <vector>

#include "base/try.h"
#include "hash/fsverity.h"
#include "model/range_reader.h"

namespace weightmark {
namespace {

class SmallTrees {
 public:
  SmallTrees(UnitSource& units, std::size_t files, std::span<std::uint8_t> buffer, const WorkOptions& work)
      : units_(units), files_(files), buffer_(buffer), work_(work) {}

  void run() {
    while (fill()) hash();
  }

 private:
  // fill reads the next files and says whether there are any.
  bool fill() {
    read_.clear();
    contents_.clear();
    std::span<std::uint8_t> room = buffer_;
    while (read_.size() < files_ && room.size() >= kSmallTree) {
      const auto unit = units_.next();
      if (!unit) break;
      auto content = read(*unit, room);
      if (!content) {
        units_.done(*unit);
        continue;
      }
      read_.push_back(*unit);
      contents_.push_back(*content);
      room = room.subspan(padded_size(content->size()));
    }
    return !read_.empty();
  }

  // read returns nothing where there is nothing to hash, which the job knows.
  std::optional<ByteView> read(const JobUnit& unit, std::span<std::uint8_t> room) const {
    const OpenFile* file = unit.job->open();
    if (file == nullptr) return std::nullopt;
    const auto size = static_cast<std::size_t>(file->identity.size);
    RangeReader reader(*file, unit.job->name(), work_, 0, size);
    auto content = reader.next(room.first(size));
    if (!content) {
      unit.job->fail(std::move(content).error());
      return std::nullopt;
    }
    std::ranges::fill(room.first(padded_size(size)).subspan(size), std::uint8_t{0});
    return *content;
  }

  void hash() {
    const std::vector<Digest> digests = fsverity_digests(contents_);
    for (std::size_t i = 0; i < read_.size(); ++i) {
      read_[i].job->set_tree({contents_[i].size(), digests[i], {}});
      units_.done(read_[i]);
    }
  }

  UnitSource& units_;
  std::size_t files_;
  std::span<std::uint8_t> buffer_;
  const WorkOptions& work_;
  std::vector<JobUnit> read_;
  std::vector<ByteView> contents_;  // of read_, in buffer_
};

}  // namespace

void run_small_trees(UnitSource& units, std::size_t files, std::span<std::uint8_t> buffer, const WorkOptions& work) {
  SmallTrees(units, files, buffer, work).run();
}

}  // namespace weightmark
