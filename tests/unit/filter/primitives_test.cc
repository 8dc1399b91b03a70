// docs/filters.md promises something of every primitive of pcap-filter(7). Its tables are the list of what is tried
// here, so that they cannot say anything else than what happens.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <fstream>
#include <set>
#include <sstream>
#include <vector>

#include "filter/classic.h"
#include "filter/expression.h"
#include "sentence.h"

namespace skbtrail::filter {
namespace {

using testing::HasSubstr;
using Strings = std::vector<std::string>;

struct Row {
  std::string primitive;
  Strings examples;
  std::string is, remark;
};

std::string stripped(std::string text) {
  text.erase(0, std::min(text.find_first_not_of(' '), text.size()));
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

// The cells between the bars of a line; \| is no bar.
Strings cells(const std::string& line) {
  Strings found;
  std::string cell;
  for (size_t at = 1; at < line.size(); at++) {
    if (line.compare(at, 2, "\\|") == 0) {
      cell += '|', at++;
    } else if (line[at] == '|') {
      found.push_back(stripped(cell));
      cell.clear();
    } else {
      cell += line[at];
    }
  }
  return found;
}

Strings in_backticks(const std::string& cell) {
  Strings found;
  std::istringstream parts(cell);
  std::string part;
  for (bool inside = false; std::getline(parts, part, '`'); inside = !inside)
    if (inside) found.push_back(part);
  return found;
}

std::vector<Row> rows() {
  std::ifstream page(TEST_SOURCE_DIR "/../../../docs/filters.md");
  std::vector<Row> found;
  bool reached = false;
  for (std::string line; std::getline(page, line);) {
    reached |= line == "## Every primitive";
    if (!reached || !line.starts_with("| ") || line.starts_with("| primitive |")) continue;
    const Strings parts = cells(line);
    if (parts.size() != 4) throw std::runtime_error("docs/filters.md: not four cells: " + line);
    found.push_back({parts[0], in_backticks(parts[1]), parts[2], parts[3]});
  }
  return found;
}

std::vector<Row> rows_that_are(const std::string& is) {
  std::vector<Row> found = rows();
  std::erase_if(found, [&](const Row& row) { return row.is != is; });
  return found;
}

std::string refusal(const std::string& expression) {
  return test::sentence<std::invalid_argument>([&] { compile(expression); });
}

// A loop, which libpcap makes of protochain alone, jumps back.
bool has_loop(const ClassicProgram& program) {
  constexpr uint16_t kJumpAlways = 0x05;
  for (const ClassicInstruction& it : program)
    if (it.code == kJumpAlways && static_cast<int32_t>(it.k) < 0) return true;
  return false;
}

std::vector<bpf_insn> translated(const std::string& expression, Front front) {
  return translate(compile(expression), {.copied_max = 160, .front = front});
}

TEST(Primitives, EachRowOfTheTablesHasExamplesAndAnAnswer) {
  const std::set<std::string> answers{"mapped", "bounded", "refused"};
  EXPECT_GT(rows().size(), 80u);
  for (const Row& row : rows()) {
    EXPECT_FALSE(row.examples.empty()) << row.primitive;
    EXPECT_EQ(answers.count(row.is), 1u) << row.primitive;
  }
}

TEST(Primitives, NoExampleStandsTwice) {
  std::set<std::string> seen;
  for (const Row& row : rows())
    for (const std::string& example : row.examples) EXPECT_TRUE(seen.insert(example).second) << example;
}

TEST(Primitives, WhatIsMappedIsTranslatedWhereverThePacketStarts) {
  for (const Row& row : rows_that_are("mapped"))
    for (const std::string& example : row.examples)
      for (Front front : {Front::none, Front::tag, Front::link_header, Front::tagged_link_header})
        EXPECT_NO_THROW(translated(example, front)) << example;
}

TEST(Primitives, OnlyWhatIsBoundedHasALoop) {
  for (const Row& row : rows_that_are("mapped"))
    for (const std::string& example : row.examples) EXPECT_FALSE(has_loop(compile(example))) << example;
  for (const Row& row : rows_that_are("bounded"))
    for (const std::string& example : row.examples) {
      EXPECT_TRUE(has_loop(compile(example))) << example;
      EXPECT_NO_THROW(translated(example, Front::tagged_link_header)) << example;
    }
}

TEST(Primitives, TheBoundIsTheOneThatIsTold) {
  const std::string rounds = std::to_string(Layout{}.rounds) + " headers";
  for (const Row& row : rows_that_are("bounded")) EXPECT_THAT(row.remark, testing::StartsWith(rounds)) << row.primitive;
}

TEST(Primitives, WhatIsRefusedIsRefusedWithThatSentence) {
  for (const Row& row : rows_that_are("refused"))
    for (const std::string& example : row.examples) {
      EXPECT_FALSE(row.remark.empty()) << row.primitive;
      EXPECT_THAT(refusal(example), HasSubstr(row.remark)) << example;
    }
}

}  // namespace
}  // namespace skbtrail::filter
