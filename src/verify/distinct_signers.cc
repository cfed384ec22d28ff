#include "verify/distinct_signers.h"

#include <algorithm>
#include <map>
#include <optional>

namespace weightmark {
namespace {

// Person has the signatures that share marks.
struct Person {
  std::set<std::string> marks;
  std::map<std::size_t, std::size_t> accepted;  // principal to the first signature that it accepts
};

bool share(const std::set<std::string>& a, const std::set<std::string>& b) {
  return std::ranges::any_of(a, [&](const std::string& mark) { return b.contains(mark); });
}

// add makes one person of all who share a mark with the signature.
void add(std::vector<Person>& people, const SignedBy& signature, std::size_t index) {
  Person person{signature.marks, {}};
  for (const std::size_t principal : signature.principals) person.accepted.emplace(principal, index);
  for (auto other = people.begin(); other != people.end();) {
    if (!share(other->marks, signature.marks)) {
      ++other;
      continue;
    }
    person.marks.merge(other->marks);
    for (const auto& [principal, first] : other->accepted) {
      std::size_t& known = person.accepted.emplace(principal, first).first->second;
      known = std::min(known, first);
    }
    other = people.erase(other);
  }
  people.push_back(std::move(person));
}

// Matching pairs people with principals, as many as possible, by augmenting paths.
class Matching {
 public:
  explicit Matching(const std::vector<Person>& people) : people_(people) {
    for (std::size_t i = 0; i < people.size(); ++i) {
      tried_.clear();
      (void)place(i);
    }
  }

  const std::map<std::size_t, std::size_t>& person_of() const { return person_of_; }

 private:
  // place finds a principal for the person, if need be by moving others.
  bool place(std::size_t person) {
    for (const auto& [principal, signature] : people_[person].accepted) {
      if (!tried_.insert(principal).second) continue;
      const auto taken = person_of_.find(principal);
      if (taken != person_of_.end() && !place(taken->second)) continue;
      person_of_[principal] = person;
      return true;
    }
    return false;
  }

  const std::vector<Person>& people_;
  std::map<std::size_t, std::size_t> person_of_;  // by principal
  std::set<std::size_t> tried_;
};

}  // namespace

std::vector<CountedSigner> count_distinct(const std::vector<SignedBy>& signatures) {
  std::vector<Person> people;
  for (std::size_t i = 0; i < signatures.size(); ++i) add(people, signatures[i], i);
  std::vector<CountedSigner> counted;
  const Matching matching(people);
  for (const auto& [principal, person] : matching.person_of())
    counted.push_back({principal, people[person].accepted.at(principal)});
  std::ranges::sort(counted, {}, &CountedSigner::signature);
  return counted;
}

}  // namespace weightmark
