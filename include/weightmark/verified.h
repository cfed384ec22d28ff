// Verified<T>: data that the verifier vouches for.
#pragma once

#include <utility>

namespace weightmark {

class Verifier;

// Verified holds a T that only the verifier can put there. Code that needs
// trusted data takes a Verified<T>, so that forgetting to verify does not compile.
template <class T>
class Verified {
 public:
  const T& operator*() const { return value_; }
  const T* operator->() const { return &value_; }

 private:
  friend class Verifier;
  explicit Verified(T value) : value_(std::move(value)) {}
  T value_;
};

}  // namespace weightmark
