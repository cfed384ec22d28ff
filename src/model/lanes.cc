#include "model/lanes.h"

#include <algorithm>
#include <vector>

#include "hash/fsverity.h"
#include "hash/sha256_streams.h"
#include "model/range_reader.h"

namespace weightmark {
namespace {

// Lane is a unit under way.
struct Lane {
  std::optional<JobUnit> unit;  // none: idle
  std::optional<RangeReader> reader;
  TreeHasher tree;
};

class Lanes {
 public:
  Lanes(UnitSource& units, std::size_t lanes, std::span<std::uint8_t> buffer, const WorkOptions& work)
      : units_(units), buffer_(buffer), work_(work), lanes_(lanes), pieces_(lanes), streams_(lanes) {}

  void run() {
    while (fill()) advance();
  }

 private:
  // fill gives every idle lane a unit and says whether any lane is at work.
  bool fill() {
    for (Lane& lane : lanes_)
      while (!lane.unit && begin(lane)) continue;
    return std::ranges::any_of(lanes_, [](const Lane& lane) { return lane.unit.has_value(); });
  }

  // begin takes the next unit, unless there is none. One with nothing to read is
  // done at once.
  bool begin(Lane& lane) {
    auto unit = units_.next();
    if (!unit) return false;
    const OpenFile* file = unit->job->open();
    if (file == nullptr) {
      units_.done(*unit);
      return true;
    }
    const ByteRange bytes = unit->job->range(unit->unit);
    lane.reader.emplace(*file, unit->job->name(), work_, bytes.begin, bytes.end);
    lane.unit = unit;
    return true;
  }

  void advance() {
    for (std::size_t i = 0; i < lanes_.size(); ++i) pieces_[i] = lanes_[i].unit ? read(i) : ByteView();
    streams_.update(pieces_);
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      if (!lanes_[i].unit) continue;
      if (lanes_[i].unit->job->wants_both()) lanes_[i].tree.update(pieces_[i]);
      // An empty piece is the end, or an error that the job keeps.
      if (pieces_[i].empty() || lanes_[i].reader->done()) finish(i);
    }
  }

  ByteView read(std::size_t i) {
    const std::size_t share = buffer_.size() / lanes_.size();
    auto piece = lanes_[i].reader->next(buffer_.subspan(i * share, share));
    if (piece) return *piece;
    lanes_[i].unit->job->fail(std::move(piece).error());
    return {};
  }

  void finish(std::size_t i) {
    Lane& lane = lanes_[i];
    lane.unit->job->set_digest(lane.unit->unit, {HashAlgorithm::kSha256, streams_.finish(i)});
    if (lane.unit->job->wants_both()) lane.unit->job->set_tree(lane.tree.finish());
    lane.reader.reset();
    units_.done(*lane.unit);
    lane.unit.reset();
  }

  UnitSource& units_;
  std::span<std::uint8_t> buffer_;
  const WorkOptions& work_;
  std::vector<Lane> lanes_;
  std::vector<ByteView> pieces_;
  Sha256Streams streams_;
};

}  // namespace

std::size_t most_lanes() { return std::max(wide_sha256_kernel().lanes, stream_sha256_kernel().lanes); }

void run_lanes(UnitSource& units, std::size_t lanes, std::span<std::uint8_t> buffer, const WorkOptions& work) {
  Lanes(units, lanes, buffer, work).run();
}

}  // namespace weightmark
