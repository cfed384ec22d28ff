// Looking up names in a list that is sorted by name.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

namespace weightmark {

// NameCursor finds the items of a list by name. It looks first where the last one was
// left: names that are asked for in the list's own order are found at once.
template <class Item>
class NameCursor {
 public:
  explicit NameCursor(const std::vector<Item>& sorted) : items_(&sorted), next_(sorted.begin()) {}

  // find returns the item of that name, or null.
  const Item* find(std::string_view name) {
    if (next_ == items_->end() || next_->name != name) next_ = std::ranges::lower_bound(*items_, name, {}, &Item::name);
    const bool found = next_ != items_->end() && next_->name == name;
    return found ? &*next_++ : nullptr;
  }

 private:
  const std::vector<Item>* items_;
  typename std::vector<Item>::const_iterator next_;
};

}  // namespace weightmark
