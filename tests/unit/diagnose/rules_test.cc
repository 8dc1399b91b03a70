// Files of rules: what is built in, what is refused and where, and what goes over what.
#include "diagnose/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "run/rules.h"
#include "sentence.h"

namespace skbtrail::diagnose {
namespace {

const ReadCondition& reader() {
  static const ReadCondition kReader = run::condition_reader(Reasons());
  return kReader;
}

// What is wrong with a file, after its name.
std::string mistake(const std::string& text) {
  const std::string what = test::sentence<settings::FileError>([&] { Rules(reader()).add(text, "FILE", reader()); });
  return what.starts_with("FILE:") ? what.substr(5) : what;
}

std::string rule(const std::string& keys) {
  return "rules:\n  mine:\n" + keys;
}

TEST(Rules, WhatIsBuiltInIsOneFileWithoutMistakes) {
  const Rules rules(reader());
  EXPECT_GT(rules.all().size(), 30u);
  EXPECT_EQ(rules.all().front().name, "dropped");
}

TEST(Rules, AFileGoesOverWhatIsThereRuleByRule) {
  Rules rules(reader());
  const size_t before = rules.all().size();
  rules.add(
      "rules:\n  no-socket:\n    level: info\n    when: trail.dropped\n    words: mine\n"
      "  other:\n    level: info\n    when: trail.dropped\n    words: mine\n",
      "FILE", reader());
  EXPECT_EQ(rules.all().size(), before + 1);
  EXPECT_EQ(rules.all()[1].name, "no-socket");
  EXPECT_EQ(rules.all()[1].words, "mine");
  EXPECT_TRUE(rules.all()[1].look.empty());
  rules.add("", "FILE", reader());
  EXPECT_EQ(rules.all().size(), before + 1);
}

TEST(Rules, AMistakeIsToldWithItsLineItsColumnAndWhatIsAllowed) {
  struct Case {
    std::string text, told;
  };
  const std::string level = "    level: info\n", words = "    words: hm\n";
  const Case cases[] = {
      {"[a]", "1:1: a file of rules has 'rules:', and maybe 'marks:', with names below"},
      {"rulez:\n", "1:1: 'rulez' is not known here; allowed: rules, marks"},
      {"rules: []\n", "1:8: below 'rules' there are names"},
      {"rules:\n  A b: {}\n", "2:3: a name is expected here: small letters, digits, - and _, at most 40 of them"},
      {"rules:\n  a: 1\n", "2:3: 'a' has nothing below it; 'level:', 'when:', ... is expected"},
      {rule("    when: trail.dropped\n" + words), "2:3: 'mine' has no 'level'"},
      {rule(level + "    when: trail.dropped\n    at: way_back\n" + words),
       "2:3: 'mine': 'at: way_back' requires 'way_back'"},
      {rule("    when: trail.dropped\n" + level), "2:3: 'mine' has no 'words'"},
      {rule(level + words),
       "2:3: 'mine' would hold for every packet; allowed: when, step, after, answers, repeats, way_back"},
      {rule("    when: trail.dropped\n    at: step\n" + level + words), "2:3: 'mine': 'at: step' requires 'step'"},
      {rule("    when: trail.dropped\n    step_at: fate\n" + level + words), "2:3: 'mine': 'step_at' requires 'step'"},
      {rule("    step_at: begin\n"), "3:14: 'step_at': unknown value 'begin'; allowed: fate"},
      {rule("    at: end\n"), "3:9: 'at': unknown value 'end'; allowed: fate, begin, step"},
      {rule("    level: bad\n"), "3:12: 'level': unknown value 'bad'; allowed: error, warning, info"},
      {rule("    whenn: trail.dropped\n"), "3:5: 'whenn' is not known here; did you mean when?"},
      {rule("    when: trail.droped\n"), "3:11: 'when': unknown field 'trail.droped'; did you mean trail.dropped?"},
      {rule("    when: trail.dropped and trail.visits > x\n"), "3:44: 'when': "},
      {rule("    when: trail.drop_reason == NO_SOKET\n"),
       "3:32: 'when': 'NO_SOKET' is not a value of trail.drop_reason; did you mean NO_SOCKET?"},
      {rule("    when: len > 3\n"),
       "3:11: 'when' asks for the trail (trail.fate, ...); 'len' is a field of its steps: 'step:'"},
      {rule("    step: trail.dropped\n"),
       "3:11: 'step' asks for a step; 'trail.dropped' is a field of the trail: 'when:'"},
      {rule("    step: args.x == 3\n"), "3:11: 'step': args.x is not known to rules"},
      {rule("    times: 1\n"), "3:12: 'times': a number from 2 to 1000 is expected"},
      {rule("    words: a {visit}\n"), "3:12: 'words': {visit} is filled in with nothing; did you mean {visits}?"},
      {rule("    words: a {\n"), "3:12: 'words': a brace that is not closed, or not opened"},
      {rule("    look: a;reboot\n"), "3:11: 'look': ';' is a sign of the shell"},
      {rule("    look: a\n    look: b\n"), "4:5: 'mine' has a second 'look'"},
      {rule("    step: len > 3\n    after: sny\n" + level + words), "4:12: there is no mark 'sny'; did you mean syn?"},
      {rule("    step: len > 3\n    over: [droped]\n" + level + words),
       "4:12: there is no rule 'droped'; did you mean dropped?"},
      {"marks:\n  a:\n    over: [b]\n", "3:5: 'over' is not known here; a mark has: when, step"},
      {"marks:\n  a: {}\n", "2:3: 'a' has neither 'when' nor 'step'"},
  };
  for (const auto& [text, told] : cases) EXPECT_THAT(mistake(text), testing::StartsWith(told)) << text;
}

TEST(Rules, AFileThatIsRefusedLeavesAllAsItWas) {
  Rules rules(reader());
  const size_t before = rules.all().size();
  EXPECT_THROW(
      rules.add("rules:\n  a:\n    level: info\n    when: trail.dropped\n    words: a\n  b: {}\n", "FILE", reader()),
      settings::FileError);
  EXPECT_EQ(rules.all().size(), before);
}

TEST(Rules, ThereIsALimitToWhatIsAskedOfSteps) {
  std::string text = "rules:\n";
  for (int i = 0; i < 64; i++)
    text += "  r" + std::to_string(i) + ":\n    level: info\n    step: len > 3\n    words: w\n";
  EXPECT_THAT(mistake(text), testing::HasSubstr("at most 64 rules and marks may have 'step'"));
}

}  // namespace
}  // namespace skbtrail::diagnose
