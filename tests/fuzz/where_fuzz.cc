// libFuzzer: any bytes as a --where expression. What is accepted is judged on an event with everything, on one with
// nothing and on one that is cut off, and obeys the laws of its logic there; what is refused is refused with a column
// within the text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "event/event.h"
#include "filter/where.h"
#include "tests/unit/sample_records.h"

namespace {

using namespace skbtrail;
using filter::Tribool;
using filter::Where;

void require(bool holds) {
  if (!holds) std::abort();
}

const filter::KnownNames& names(bool known) {
  static const filter::KnownNames kNone;
  static const filter::KnownNames kSome{{"NO_SOCKET", "TCP_CSUM", "openvswitch:LAST_ACTION"}, {"kfree_skb"}};
  return known ? kSome : kNone;
}

const std::vector<test::RecordBuilder::Record>& records() {
  static const std::vector<test::RecordBuilder::Record> kRecords{
      test::full_record().bytes(), test::RecordBuilder().bytes(), test::full_record().snap(30).bytes()};
  return kRecords;
}

Tribool judged(const std::string& text, const filter::KnownNames& known, const event::Event& event) {
  return Where::parse(text, known).evaluate(event);
}

void check_laws(const std::string& text, const filter::KnownNames& known) {
  static const test::FakeNames kNames;
  const auto where = Where::parse(text, known);
  require(!where.fields().empty());
  for (const auto& record : records()) {
    const auto event = event::Event::decode(record, kNames);
    require(event.has_value());
    const Tribool evaluated = where.evaluate(*event);
    const auto opposite = static_cast<Tribool>(2 - static_cast<int>(evaluated));
    try {
      require(judged("not (" + text + ")", known, *event) == opposite);
      require(judged("(" + text + ") and known(cpu)", known, *event) == evaluated);
      require(judged("(" + text + ") or not known(cpu)", known, *event) == evaluated);
    } catch (const filter::WhereError& error) {
      // It was as deep as may be, so that the parentheses put around it are too many.
      require(std::string(error.what()).find("parentheses within each other") != std::string::npos);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  if (size < 1) return 0;
  const std::string text(reinterpret_cast<const char*>(input + 1), size - 1);
  const auto& known = names(input[0] & 1);
  try {
    check_laws(text, known);
  } catch (const filter::WhereError& error) {
    require(error.column >= 1 && error.column <= text.size() + 1);
    require(std::string(error.what()).starts_with("--where: column " + std::to_string(error.column) + ": "));
  }
  return 0;
}
