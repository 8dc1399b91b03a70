// What a field may be compared with: the words after an operator become a condition, or a sentence that says what the
// field takes.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "event/fields.h"
#include "filter/where/names.h"
#include "filter/where/program.h"
#include "filter/where/words.h"

namespace skbtrail::filter::where {

class Values {
 public:
  // Both are only borrowed.
  Values(std::string_view expression, const KnownNames& names) : expression_(expression), names_(names) {}

  // `field OPERATOR value`. Throws WhereError.
  [[nodiscard]] Condition compared(const event::Field& field, const Word& comparison, const Word& value) const;

  // `field in (values)`. Throws WhereError.
  [[nodiscard]] Condition among(const event::Field& field, const Word& in, const std::vector<Word>& values) const;

 private:
  [[noreturn]] void refuse(const Word& at, std::string_view sentence) const;
  void check(const event::Field& field, const Word& comparison) const;
  [[nodiscard]] Condition glob(const event::Field& field, const Word& value) const;
  [[nodiscard]] Condition boolean(const event::Field& field, const Word& value) const;
  [[nodiscard]] Condition ordered_number(const event::Field& field, const Word& comparison, const Word& value) const;
  [[nodiscard]] NumberRange number_range(const event::Field& field, const Word& value) const;
  [[nodiscard]] uint64_t number(const event::Field& field, const Word& value, std::string_view text) const;
  [[nodiscard]] AddressRange address_range(const event::Field& field, const Word& value) const;
  [[nodiscard]] std::string text(const event::Field& field, const Word& value) const;
  [[nodiscard]] std::string name(const event::Field& field, const NameSet& set, const Word& value) const;

  std::string_view expression_;
  const KnownNames& names_;
};

}  // namespace skbtrail::filter::where
