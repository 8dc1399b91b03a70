// What people write who come from other tools: each row of src/text/habits.cc is told where it is written.
#include "text/habits.h"

#include <gmock/gmock.h>
#include <net/if.h>

#include <set>

#include "cli/options.h"
#include "event/fields.h"
#include "filter/expression.h"
#include "filter/where.h"
#include "sentence.h"

namespace skbtrail::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string refusal(const std::vector<std::string>& line) {
  return test::sentence<UsageError>([&] { parse_trace_options(line); });
}

std::string where_refusal(const std::string& condition) {
  return test::sentence<std::invalid_argument>([&] { filter::Where::parse(condition); });
}

TEST(Habits, EveryOptionOfAnotherToolIsToldWhatItIsHere) {
  for (const auto& [option, hint] : text::option_habits())
    for (const std::string& written : {std::string(option), std::string(option) + "=1"})
      EXPECT_THAT(refusal({written}),
                  AllOf(HasSubstr("unrecognized option '" + std::string(option) + "'"), HasSubstr(hint)));
}

TEST(Habits, EveryOptionThatWouldBeReadAsOneOfOursIsToldWhatItIsHere) {
  for (const auto& [option, hint] : text::taken_habits())
    EXPECT_EQ(refusal({std::string(option)}), fmt::format("unrecognized option '{}'; {}", option, hint));
}

// Each example is met by its own row, and what it is told to be is an expression, or is said to be none.
TEST(Habits, EveryShapeIsToldWhatItIsHere) {
  std::set<std::string> told;
  for (const auto& shape : text::shapes()) {
    const std::string hint = text::hint_for_expression(shape.example);
    EXPECT_TRUE(told.insert(hint).second) << shape.example << ": " << hint;
    EXPECT_THAT(refusal({std::string(shape.example)}), testing::EndsWith("syntax error; " + hint));
    const size_t begin = hint.find('\''), end = hint.find('\'', begin + 1);
    const std::string meant = hint.substr(begin + 1, end - begin - 1);
    if (!hint.starts_with("did you mean")) continue;
    if (meant.starts_with("-")) {
      EXPECT_THAT(meant, testing::AnyOf(testing::StartsWith("-t "), testing::StartsWith("-i ")));
    } else if (meant.find("web-1") == std::string::npos && meant.find("example") == std::string::npos) {
      EXPECT_NO_THROW(filter::compile(meant)) << meant;  // names are not looked up here
    }
  }
  EXPECT_EQ(told.count(""), 0);
}

TEST(Habits, ShapesHaveTheirPartsInTheirPlaces) {
  EXPECT_EQ(text::hint_for_expression("10.0.0.1:80"),
            "did you mean 'host 10.0.0.1 and port 80', or -H 10.0.0.1 -P 80?");
  EXPECT_EQ(text::hint_for_expression("[fd00::1]:80"), "did you mean 'host fd00::1 and port 80', or -H fd00::1 -P 80?");
  EXPECT_EQ(text::hint_for_expression("localhost:8080"), "did you mean 'host localhost and port 8080'?");
  EXPECT_EQ(text::hint_for_expression("fd00::/8"), "did you mean 'net fd00::/8', or -H fd00::/8?");
  EXPECT_EQ(text::hint_for_expression("80/tcp"), "did you mean 'tcp port 80'?");
  EXPECT_EQ(text::hint_for_expression("10.0.0.1 port 80"), "did you mean 'host 10.0.0.1 and port 80'?");
  EXPECT_EQ(text::hint_for_expression("tcp port 80,443"), "did you mean 'tcp port 80 or tcp port 443'?");
  EXPECT_EQ(text::hint_for_expression("src=10.0.0.1"), "did you mean 'src 10.0.0.1'?");
  EXPECT_EQ(text::hint_for_expression("tracepoint:skb:kfree_skb"), "did you mean '-t skb:kfree_skb'?");
  EXPECT_EQ(text::hint_for_expression("br-0a1b2c"), "did you mean '-i br-0a1b2c'?");
  EXPECT_EQ(text::hint_for_expression(std::string(1 << 20, '1')), "");  // no stack is used up
}

TEST(Habits, TcpdumpsOptionAgainstPromiscuousDevicesIsToldToBeNone) {
  EXPECT_THAT(refusal({"-p", "host", "10.0.0.1"}), HasSubstr("so leave out -p: skbtrail host ..."));
}

TEST(Habits, EveryFirstWordIsToldWhatItIsHere) {
  for (const auto& [word, hint] : text::word_habits()) {
    EXPECT_THAT(refusal({std::string(word)}), HasSubstr(hint)) << word;
    EXPECT_THAT(refusal({std::string(word), "and", "tcp"}), HasSubstr(hint)) << word;
  }
}

TEST(Habits, EveryFieldIsToldWhatItIsHere) {
  for (const auto& [field, hint] : text::field_habits()) {
    EXPECT_THAT(where_refusal(std::string(field) + " == 1"), HasSubstr(hint));
    EXPECT_THAT(refusal({"--fields", std::string(field)}), HasSubstr(hint));
    if (field.find('.') != std::string_view::npos) {
      EXPECT_THAT(refusal({std::string(field) + "==1"}), HasSubstr(hint));
      EXPECT_THAT(refusal({std::string(field), "==", "1"}), HasSubstr(hint));
    }
  }
}

TEST(Habits, AnEthernetTypeIsNoNameOfAProtocol) {
  EXPECT_THAT(where_refusal("protocol == tcp"), HasSubstr("did you mean proto?"));
}

TEST(Habits, ValuesOfALaterVersionSaySo) {
  EXPECT_THAT(refusal({"-o", "perfetto"}), HasSubstr("not in this version"));
  EXPECT_THAT(refusal({"-o", "pcap"}), HasSubstr("pcapng"));
}

TEST(Habits, ABareAddressPortAndDeviceHaveTheirOption) {
  EXPECT_THAT(refusal({"10.0.0.1"}), HasSubstr("'host 10.0.0.1', or -H 10.0.0.1"));
  EXPECT_THAT(refusal({"fd00::1"}), HasSubstr("-H fd00::1"));
  EXPECT_THAT(refusal({"8080"}), HasSubstr("'port 8080', or -P 8080"));
  if (if_nametoindex("lo") != 0) {
    EXPECT_THAT(refusal({"lo"}), HasSubstr("-i lo"));
  }
}

// A hint must not stand in the way of what is right.
TEST(Habits, NoneIsAFieldAnOptionOrAnExpression) {
  for (const auto& [field, hint] : text::field_habits()) EXPECT_FALSE(event::find_field(field)) << field;
  for (const auto& [word, hint] : text::word_habits())
    EXPECT_THROW(filter::compile(std::string(word)), std::invalid_argument) << word;
}

TEST(Habits, NoneIsThereTwice) {
  for (const auto habits : {text::option_habits(), text::word_habits(), text::field_habits(), text::value_habits()}) {
    std::set<std::string_view> known;
    for (const auto& habit : habits) EXPECT_TRUE(known.insert(habit.written).second) << habit.written;
  }
}

TEST(Habits, OfWhatIsNoHabitThereIsNoHint) {
  EXPECT_EQ(text::hint_for(text::option_habits(), "--frobnicate"), "");
  EXPECT_EQ(text::hint_for_expression("tcp prot 80"), "");
  EXPECT_EQ(text::hint_for_expression(""), "");
  EXPECT_EQ(text::hint_for_expression("no.such.field == 1"), "");
}

}  // namespace
}  // namespace skbtrail::cli
