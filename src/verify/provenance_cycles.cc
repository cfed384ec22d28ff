#include <fmt/format.h>

#include <map>

#include "base/refuse.h"
#include "base/text.h"
#include "verify/provenance.h"

namespace weightmark {
namespace {

using DigestPair = std::pair<std::string, std::string>;
using Statements = std::vector<const SignedProvenance*>;

// Graph has for each statement those whose subject it was built from.
class Graph {
 public:
  explicit Graph(const Statements& statements) : next_(statements.size()), state_(statements.size()) {
    std::multimap<DigestPair, std::size_t> made;
    for (std::size_t i = 0; i < statements.size(); ++i)
      for (const Subject& subject : statements[i]->subjects)
        for (const DigestPair& digest : subject.digests) made.emplace(digest, i);
    for (std::size_t i = 0; i < statements.size(); ++i)
      for (const ResourceDescriptor& dependency : statements[i]->provenance.dependencies)
        for (const DigestPair& digest : dependency.digests) add(i, made, digest);
  }

  // on_cycle returns a statement that depends on itself in the end.
  std::optional<std::size_t> on_cycle() {
    for (std::size_t i = 0; i < next_.size(); ++i)
      if (const auto found = visit(i)) return found;
    return std::nullopt;
  }

 private:
  enum class State : std::uint8_t { kNew, kOpen, kDone };

  void add(std::size_t from, const std::multimap<DigestPair, std::size_t>& made, const DigestPair& digest) {
    const auto [first, last] = made.equal_range(digest);
    for (auto at = first; at != last; ++at) next_[from].push_back(at->second);
  }

  // visit walks depth first, with a stack of its own: who wrote the statements chose the depth.
  std::optional<std::size_t> visit(std::size_t start) {
    if (state_[start] != State::kNew) return std::nullopt;
    std::vector<std::pair<std::size_t, std::size_t>> path = {{start, 0}};
    state_[start] = State::kOpen;
    while (!path.empty()) {
      auto& [at, edge] = path.back();
      if (edge == next_[at].size()) {
        state_[at] = State::kDone;
        path.pop_back();
        continue;
      }
      const std::size_t to = next_[at][edge++];
      if (state_[to] == State::kOpen) return to;
      if (state_[to] == State::kDone) continue;
      state_[to] = State::kOpen;
      path.emplace_back(to, 0);
    }
    return std::nullopt;
  }

  std::vector<std::vector<std::size_t>> next_;
  std::vector<State> state_;
};

}  // namespace

Result<void> check_cycles(const Statements& provenances) {
  const auto found = Graph(provenances).on_cycle();
  if (!found) return {};
  const std::vector<Subject>& subjects = provenances[*found]->subjects;
  return refuse(ErrorCode::kProvenanceCyclic, "it was built from what was built from it",
                subjects.empty() ? "" : excerpt(subjects.front().name));
}

}  // namespace weightmark
