// What a protocol in protocol/ keeps of a packet: plain values and offsets into the bytes, of a type that its file
// alone knows. To all others a message is a value that can be copied and compared, and has a protocol.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <new>
#include <type_traits>

namespace skbtrail::packet {

struct Protocol;

class Message {
 public:
  // The room is not cleared: it is read where there is a protocol only.
  Message() noexcept {}  // NOLINT(modernize-use-equals-default): defaulted, value initialisation fills it with zeros

  template <typename T>
  void set(const Protocol& protocol, const T& value) noexcept {
    static_assert(sizeof(T) <= kRoom && alignof(T) <= alignof(void*), "more than a Packet has room for");
    static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>, "is copied as bytes");
    protocol_ = &protocol;
    type_ = &kType<T>;
    new (room_.data()) T(value);
  }

  // Of the type that was set.
  template <typename T>
  [[nodiscard]] const T& get() const noexcept {
    assert(type_ == &kType<T>);
    return *std::launder(reinterpret_cast<const T*>(room_.data()));
  }

  // Null: there is no message.
  [[nodiscard]] const Protocol* protocol() const noexcept { return protocol_; }
  explicit operator bool() const noexcept { return protocol_ != nullptr; }

  bool operator==(const Message& other) const noexcept {
    return protocol_ == other.protocol_ && type_ == other.type_ && (!protocol_ || type_->equal(*this, other));
  }

 private:
  static constexpr size_t kRoom = 32;

  struct Type {
    bool (*equal)(const Message&, const Message&) noexcept;
  };
  template <typename T>
  static bool are_equal(const Message& a, const Message& b) noexcept {
    return a.get<T>() == b.get<T>();
  }
  template <typename T>
  static constexpr Type kType{are_equal<T>};

  const Protocol* protocol_ = nullptr;
  const Type* type_ = nullptr;
  alignas(void*) std::array<std::byte, kRoom> room_;
};

}  // namespace skbtrail::packet
