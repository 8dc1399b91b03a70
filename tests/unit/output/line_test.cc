// Layout `line`.
#include <gmock/gmock.h>

#include "event/trail_values.h"
#include "output/shown_event.h"

namespace skbtrail::output {
namespace {

using test::FakeNames;
using test::RecordBuilder;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

class Line : public testing::Test {
 protected:
  void show(std::string_view fields, TimeStyle time = TimeStyle::mono) {
    layout = make_line_layout({test::these_fields(fields), time});
  }
  std::string line(const RecordBuilder& record, bool late = false) { return test::shown(*layout, record, names, late); }

  FakeNames names;
  std::unique_ptr<Layout> layout;
};

TEST_F(Line, OneEventIsOneLine) {
  show("cpu,func");
  EXPECT_EQ(line(RecordBuilder().cpu(1)), "1    kfree_skb\n");
}

TEST_F(Line, TheHeaderNamesTheColumns) {
  show("cpu,ifname,func");
  EXPECT_EQ(test::header(*layout), "CPU  IFNAME  FUNC\n");
}

TEST_F(Line, TheHeaderStandsAboveItsColumns) {
  show("netns_inum,cpu,func");
  std::string header = test::header(*layout);
  std::string event = line(RecordBuilder().cpu(7).device("lo", 1, 1));
  EXPECT_EQ(header.find("CPU"), event.find('7'));
  EXPECT_EQ(header.find("FUNC"), event.find("kfree_skb"));
}

TEST_F(Line, WhatIsUnknownIsADash) {
  show("ifname,cpu,func");
  EXPECT_EQ(line(RecordBuilder()), "-       0    kfree_skb\n");
}

TEST_F(Line, AColumnGrowsWithWhatItHasShown) {
  show("ifname,func");
  EXPECT_EQ(line(RecordBuilder().device("lo", 1)), "lo      kfree_skb\n");
  EXPECT_EQ(line(RecordBuilder().device("wlp0s20f3", 3)), "wlp0s20f3  kfree_skb\n");
  EXPECT_EQ(line(RecordBuilder().device("lo", 1)), "lo         kfree_skb\n");
}

TEST_F(Line, AVeryLongValueSticksOutAndTheColumnDoesNotGrow) {
  show("netns,func");
  names.netns_name = "";
  for (int i = 0; i < 40; i++) names.netns_name += "\u00e9";  // characters are not cut
  EXPECT_EQ(line(RecordBuilder().device("lo", 1, 1)), names.netns_name + "  kfree_skb\n");
  names.netns_name = "blue";
  EXPECT_EQ(line(RecordBuilder().device("lo", 1, 1)), "blue   kfree_skb\n");
}

TEST_F(Line, ALongNamespaceIsShortenedInTheMiddle) {
  show("netns,func");
  names.netns_name = "cni-0f5e3a5c-9a44-8d31-5d2b-c1a9f0b1a3e7";
  EXPECT_EQ(line(RecordBuilder().device("lo", 1, 1)), "cni-0f5e3a5..1a9f0b1a3e7  kfree_skb\n");
}

TEST_F(Line, AFunctionsColumnIsAsWideAsTheLongestName) {
  show("func,cpu");
  layout->expect_functions(23);
  EXPECT_EQ(line(RecordBuilder().cpu(1)), "kfree_skb                1\n");
}

TEST_F(Line, TheHeaderComesAgainWhereColumnsBecameMuchWider) {
  show("ifname,cpu,func");
  const std::string head = test::header(*layout);
  EXPECT_EQ(line(RecordBuilder().device("lo", 1)), "lo      0    kfree_skb\n");
  EXPECT_EQ(line(RecordBuilder().device("wlp0s20f3", 3)), "wlp0s20f3  0    kfree_skb\n");
  EXPECT_EQ(line(RecordBuilder().device("wlp0s20f3dev12", 3)),
            "IFNAME          CPU  FUNC\nwlp0s20f3dev12  0    kfree_skb\n");
  EXPECT_EQ(line(RecordBuilder().device("lo", 1)), "lo              0    kfree_skb\n");
}

TEST_F(Line, WithoutAHeaderNoneComesLater) {
  show("ifname,cpu,func");
  EXPECT_EQ(line(RecordBuilder().device("wlp0s20f3dev12", 3)), "wlp0s20f3dev12  0    kfree_skb\n");
}

TEST_F(Line, AMarkOfZeroTakesNoColumnWhereItIsUsual) {
  layout =
      make_line_layout({.fields = test::these_fields("cpu,mark,func"), .zero_is_usual = event::find_field("mark")});
  EXPECT_EQ(line(RecordBuilder().mark(0)), "0    kfree_skb\n");
  EXPECT_EQ(line(RecordBuilder().mark(0x2a)), "0    kfree_skb  mark=0x2a\n");
}

TEST_F(Line, NumbersAreDecimalAddressesAndMarksHexadecimal) {
  show("len,mark,skb");
  EXPECT_EQ(line(RecordBuilder().len(1500).mark(0x2a).skb_address(0xffff888001234500)),
            "1500  0x2a    0xffff888001234500\n");
}

TEST_F(Line, TruthIsYesOrNo) {
  show("nonlinear");
  EXPECT_EQ(line(RecordBuilder()), "no\n");
  EXPECT_EQ(line(RecordBuilder().flag(REC_FLAG_NONLINEAR)), "yes\n");
}

TEST_F(Line, RareFieldsStandBehindTheColumnsByName) {
  show("func,drop_reason,location,result");
  EXPECT_EQ(line(RecordBuilder()), "kfree_skb\n");
  EXPECT_EQ(line(RecordBuilder().drop(FakeNames::kIcmpRcv, 2)),
            "kfree_skb  drop_reason=NO_SOCKET  location=icmp_rcv+0x0\n");
  EXPECT_EQ(line(RecordBuilder().probe(1).result(-1)), "net_dev_xmit  result=-1\n");
}

TEST_F(Line, ARareFieldStandsBehindAlsoWhereItWasNamedFirst) {
  show("drop_reason,func");
  EXPECT_EQ(line(RecordBuilder().drop(0, 2)), "kfree_skb  drop_reason=NO_SOCKET\n");
}

TEST_F(Line, ARareFieldAloneIsAColumn) {
  show("drop_reason");
  EXPECT_EQ(line(RecordBuilder().drop(0, 2)), "NO_SOCKET\n");
  EXPECT_EQ(line(RecordBuilder()), "-\n");
}

TEST_F(Line, RareFieldsAloneAreKeptApart) {
  show("drop_reason,location");
  EXPECT_THAT(line(RecordBuilder().drop(FakeNames::kIcmpRcv, 2)), testing::ContainsRegex("NO_SOCKET  +icmp_rcv"));
}

TEST_F(Line, APacketBeforeAnotherColumnIsKeptApartFromIt) {
  show("packet,func");
  EXPECT_THAT(line(RecordBuilder().packet(test::tcp_syn())), EndsWith("  kfree_skb\n"));
}

TEST_F(Line, LateIsTold) {
  show("func,late");
  EXPECT_EQ(line(RecordBuilder(), true), "kfree_skb  late=yes\n");
  EXPECT_EQ(line(RecordBuilder(), false), "kfree_skb\n");
}

TEST_F(Line, ControlCharactersInNamesAreReplaced) {
  show("ifname,cpu_comm,drop_reason,func");
  EXPECT_EQ(line(RecordBuilder().device("a\x1b[31m", 1).task("x\ny\tz\x7f", 1, 1, REC_CONTEXT_SOFTIRQ)),
            "a?[31m  x?y?z?      kfree_skb\n");
}

TEST_F(Line, LinesEndWithoutBlanks) {
  show("func,ifname");
  EXPECT_THAT(line(RecordBuilder()), Not(HasSubstr(" \n")));
  show("func,ifname,drop_reason");
  EXPECT_THAT(test::header(*layout), Not(HasSubstr(" \n")));
}

TEST_F(Line, TheTimeIsInItsStyle) {
  show("time,func", TimeStyle::mono);
  EXPECT_EQ(line(RecordBuilder().time(1'500'000'000)), "1.500000000      kfree_skb\n");
  show("time,func", TimeStyle::delta);
  EXPECT_THAT(line(RecordBuilder().time(1'500'000'000)), testing::StartsWith("+0.000000000"));
  EXPECT_THAT(line(RecordBuilder().time(1'500'000'777)), testing::StartsWith("+0.000000777"));
}

TEST_F(Line, DefaultColumnsShowThePacketLast) {
  layout = make_line_layout({event::default_columns(true, true), TimeStyle::mono});
  std::string text = line(test::full_record());
  EXPECT_THAT(text, HasSubstr("drop_reason=NO_SOCKET"));
  EXPECT_THAT(text, HasSubstr("truesize=768"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  EXPECT_LT(text.find("10.0.0.1"), text.find("drop_reason="));
}

TEST_F(Line, TheTimeMayBeThatSinceThePacketWasFirstSeen) {
  show("time,func", TimeStyle::trail);
  const event::TrailValues trail{.id = 1, .first_ns = 1'000'000'000, .first_day_ns = 0, .whole = {}};
  const auto record = RecordBuilder().time(3'000'000'123).bytes();
  auto event = *event::Event::decode(record, names);
  event.trail = &trail;
  fmt::memory_buffer out;
  layout->event(out, event);
  event.trail = nullptr;  // it is of no packet
  layout->event(out, event);
  EXPECT_EQ(fmt::to_string(out), "+2.000000123     kfree_skb\n-                kfree_skb\n");
}

TEST_F(Line, TheNamesOfAListStandBetweenCommas) {
  show("trail.id,trail.netns,trail.time,func");
  event::TrailValues trail{.id = 12, .first_ns = 1'000'000'000, .first_day_ns = 0, .whole = {}};
  trail.whole.emplace().netns = "blue\ngr\x1b[1meen";
  const auto record = RecordBuilder().time(3'000'000'123).bytes();
  auto event = *event::Event::decode(record, names);
  event.trail = &trail;
  fmt::memory_buffer out;
  layout->event(out, event);
  EXPECT_THAT(fmt::to_string(out), testing::StartsWith("12     blue,gr"));
  EXPECT_THAT(fmt::to_string(out), testing::HasSubstr("  1.000000000 "));
  EXPECT_EQ(fmt::to_string(out).find('\x1b'), std::string::npos);
}

TEST_F(Line, EveryFieldAloneIsOneLine) {
  for (const auto& field : event::fields())
    for (const auto& record : {RecordBuilder(), test::full_record()}) {
      layout = make_line_layout({{&field}, TimeStyle::utc});
      std::string text = line(record);
      EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << field.name;
      EXPECT_EQ(text.back(), '\n') << field.name;
      EXPECT_GT(text.size(), 1u) << field.name;
    }
}

TEST_F(Line, WithoutAWidthALineIsNeverBroken) {
  show("ifname,func,drop_reason,location");
  layout->set_width(0);
  EXPECT_EQ(line(RecordBuilder().drop(FakeNames::kIcmpRcv, 2)),
            "-       kfree_skb  drop_reason=NO_SOCKET  location=icmp_rcv+0x0\n");
}

TEST_F(Line, ATerminalsLineIsBrokenBetweenFieldsAndIndented) {
  show("ifname,func,drop_reason,location");
  layout->set_width(45);
  EXPECT_EQ(line(RecordBuilder().drop(FakeNames::kIcmpRcv, 2)),
            "-       kfree_skb  drop_reason=NO_SOCKET\n    location=icmp_rcv+0x0\n");
  layout->set_width(30);
  EXPECT_EQ(line(RecordBuilder().drop(FakeNames::kIcmpRcv, 2)),
            "-       kfree_skb\n    drop_reason=NO_SOCKET\n    location=icmp_rcv+0x0\n");
}

TEST_F(Line, WhatJustFitsIsNotBroken) {
  show("ifname,func,drop_reason");
  std::string whole = "-       kfree_skb  drop_reason=NO_SOCKET";
  layout->set_width(whole.size());
  EXPECT_EQ(line(RecordBuilder().drop(0, 2)), whole + "\n");
  layout->set_width(whole.size() - 1);
  EXPECT_EQ(line(RecordBuilder().drop(0, 2)), "-       kfree_skb\n    drop_reason=NO_SOCKET\n");
}

TEST_F(Line, ColumnsAreBrokenBeforeTheSameOneInTheHeaderAndInEachEvent) {
  show("netns,ifname,func,skb,cpu");
  layout->set_width(45);
  EXPECT_EQ(test::header(*layout), "NETNS  IFNAME  FUNC\n    SKB                 CPU\n");
  EXPECT_EQ(line(RecordBuilder().cpu(1).device("lo", 1, 1).skb_address(0xffff888001234500)),
            "host   lo      kfree_skb\n    0xffff888001234500  1\n");
  EXPECT_EQ(line(RecordBuilder().cpu(1).skb_address(0xffff888001234500)),
            "-      -       kfree_skb\n    0xffff888001234500  1\n");
}

TEST_F(Line, TheHeaderComesAgainWhereColumnsMoveToTheNextLine) {
  show("ifname,func,cpu");
  layout->set_width(35);
  EXPECT_EQ(test::header(*layout), "IFNAME  FUNC                    CPU\n");
  EXPECT_EQ(line(RecordBuilder().cpu(1).device("wlp0s20", 1)), "wlp0s20  kfree_skb               1\n");
  EXPECT_EQ(line(RecordBuilder().cpu(1).device("wlp0s20", 1)), "IFNAME   FUNC\n    CPU\nwlp0s20  kfree_skb\n    1\n");
}

TEST_F(Line, ColumnsAreSetCloserWhereThatMakesRoomForAPacketInTheSameLine) {
  show("netns,func,skb,packet");
  const auto record = RecordBuilder().device("lo", 1, 1).skb_address(0xffff888001234500).packet(test::tcp_syn());
  const std::string packet = "IP 10.0.0.1.4000 > 10.0.0.2.80: Flags [S], seq 7, win 64240, length 0\n";
  layout->set_width(123);
  EXPECT_EQ(line(record), "host   kfree_skb               0xffff888001234500  " + packet);
  layout->set_width(122);
  EXPECT_EQ(line(record), "host  kfree_skb          0xffff888001234500 " + packet);
  layout->set_width(80);  // there is no room in any case
  EXPECT_EQ(line(record), "host   kfree_skb               0xffff888001234500\n    " + packet);
}

TEST_F(Line, APlainEchoIsOneLineOf160Columns) {
  layout =
      make_line_layout({.fields = event::default_columns(true, false), .zero_is_usual = event::find_field("mark")});
  layout->set_width(160);
  layout->expect_functions(28);
  const auto text = line(RecordBuilder()
                             .probe(1)
                             .device("eth0", 2, 1)
                             .task("ping", 20169, 20169, REC_CONTEXT_PROCESS)
                             .len(98)
                             .mark(0)
                             .skb_address(0xffff888001234500)
                             .packet(test::tcp_syn()));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
}

TEST_F(Line, ARareFieldThatIsUnknownBreaksNoLine) {
  show("packet,drop_reason,location");
  layout->set_width(40);
  EXPECT_EQ(line(RecordBuilder().packet(test::tcp_syn())),
            "IP 10.0.0.1.4000 > 10.0.0.2.80: Flags [S], seq 7, win 64240, length 0\n");
}

TEST_F(Line, EvenTheNarrowestTerminalShowsEverything) {
  layout = make_line_layout({test::all_fields(), TimeStyle::utc});
  layout->set_width(1);
  std::string text = line(test::full_record());
  EXPECT_THAT(text, HasSubstr("drop_reason=NO_SOCKET\n"));
  EXPECT_THAT(text, Not(HasSubstr("\n\n")));
  EXPECT_THAT(text, Not(HasSubstr(" \n")));
}

TEST_F(Line, ADropIsColouredWhereAskedFor) {
  layout = make_line_layout({test::these_fields("func,drop_reason"), TimeStyle::mono, true});
  EXPECT_EQ(line(RecordBuilder().drop(0, 2)), "\033[1;31mkfree_skb  drop_reason=NO_SOCKET\033[0m\n");
  EXPECT_EQ(line(RecordBuilder().probe(1)), "net_dev_xmit\n");
}

TEST_F(Line, ColourCountsNothingTowardsTheWidth) {
  layout = make_line_layout({test::these_fields("func,drop_reason"), TimeStyle::mono, true});
  layout->set_width(32);
  EXPECT_EQ(line(RecordBuilder().drop(0, 2)), "\033[1;31mkfree_skb  drop_reason=NO_SOCKET\033[0m\n");
}

TEST_F(Line, AGapIsColouredWhereAskedFor) {
  layout = make_line_layout({test::these_fields("func"), TimeStyle::mono, true});
  EXPECT_EQ(test::shown(*layout, event::Gap{0, 5, 0, {1, 0, 0, 0}}, names),
            "\033[1;33m*** lost on CPU 0: 1 (ring full) ***\033[0m\n");
}

TEST_F(Line, AGapSaysWhatWasLostWhereAndWhen) {
  show("func");
  EXPECT_EQ(test::shown(*layout, event::Gap{1'000'000'000, 1'002'000'000, 3, {5, 0, 0, 0}}, names),
            "*** lost on CPU 3 within 0.002000 s: 5 (ring full) ***\n");
}

TEST_F(Line, AGapOfSeveralCausesNamesThemAll) {
  show("func");
  EXPECT_EQ(test::shown(*layout, event::Gap{1, 2'000'001, 0, {1, 2, 3, 4}}, names),
            "*** lost on CPU 0 within 0.002000 s: 1 (ring full), 2 (tracking table full), up to 3 (no room, before "
            "the filter was run), 4 (hit while the same probe was running) ***\n");
}

TEST_F(Line, AGapOfHitsThatTheKernelSkippedNamesTheProbeOrCountsTheFunctions) {
  show("func");
  EXPECT_EQ(test::shown(*layout, event::Gap{1, 1'000'000'001, event::Gap::kAnyCpu, {}, 7, 0, 0}, names),
            "*** lost at kfree_skb within 1.000000 s: 7 (skipped by the kernel, busy with another hit) ***\n");
  EXPECT_EQ(test::shown(*layout, event::Gap{0, 1, event::Gap::kAnyCpu, {}, 7, 1452}, names),
            "*** lost at 1452 functions: 7 (skipped by the kernel, busy with another hit) ***\n");
}

TEST_F(Line, AGapOfWhatMayHaveMatchedSaysSo) {
  show("func");
  EXPECT_EQ(test::shown(*layout, event::Gap{0, 1, 0, {7, 0, 0, 0}, 0, 0, event::Gap::kNoProbe, true}, names),
            "*** lost on CPU 0: up to 7 (ring full) ***\n");
}

TEST_F(Line, AGapWithoutABeginningOrAnEndSaysNoTime) {
  show("func");
  EXPECT_EQ(test::shown(*layout, event::Gap{0, 5, 0, {1, 0, 0, 0}}, names), "*** lost on CPU 0: 1 (ring full) ***\n");
  EXPECT_EQ(test::shown(*layout, event::Gap{5, 0, 0, {1, 0, 0, 0}}, names), "*** lost on CPU 0: 1 (ring full) ***\n");
}

TEST_F(Line, AGapBeforeALateRecordHasNoNegativeTime) {
  show("func");
  EXPECT_EQ(test::shown(*layout, event::Gap{9, 5, 0, {1, 0, 0, 0}}, names),
            "*** lost on CPU 0 within 0.000000 s: 1 (ring full) ***\n");
}

// Names of an event that hands out what net_dev_queue does, and of one stack.
class CallNames : public FakeNames {
 public:
  const event::EventFormat* format(uint16_t) const override { return &format_; }
  std::span<const uint64_t> stack(uint64_t id) const override {
    static const std::vector<uint64_t> kFrames{kIcmpRcv, 0x1234, 0};
    return id == 5 ? std::span<const uint64_t>(kFrames) : std::span<const uint64_t>();
  }

 private:
  event::EventFormat format_ = event::EventFormat::of_arguments("e", {{"a", "int", 4, true}, {"b", "int", 4, true}});
};

RecordBuilder with_args() {
  std::vector<std::byte> bytes(16);
  bytes[0] = std::byte{7};
  return RecordBuilder().args(bytes);
}

TEST_F(Line, ArgumentsStandWithTheirOwnNames) {
  show("func,args");
  EXPECT_EQ(test::shown(*layout, with_args(), CallNames()), "kfree_skb  a=7 b=0\n");
}

TEST_F(Line, ArgumentsTakeThePlaceOfAPacketThatIsNotThere) {
  show("func,packet,args");
  EXPECT_EQ(test::shown(*layout, with_args(), CallNames()), "kfree_skb                 a=7 b=0\n");
  EXPECT_EQ(test::shown(*layout, RecordBuilder(), CallNames()), "kfree_skb               -\n");
}

TEST_F(Line, ArgumentsThatAreLongerThanTheTerminalAreBrokenBetweenThem) {
  show("func,args");
  layout->set_width(12);
  EXPECT_EQ(test::shown(*layout, with_args(), CallNames()), "kfree_skb\n    a=7 b=0\n");
  layout->set_width(8);
  EXPECT_EQ(test::shown(*layout, with_args(), CallNames()), "kfree_skb\n    a=7\n    b=0\n");
}

TEST_F(Line, ArgumentsThatAreNotKnownAreNotShown) {
  show("func,args");
  EXPECT_EQ(test::shown(*layout, RecordBuilder().args(std::vector<std::byte>(16), false), CallNames()), "kfree_skb\n");
}

TEST_F(Line, AStackStandsBelowItsEvent) {
  show("func,stack");
  EXPECT_EQ(test::shown(*layout, RecordBuilder().stack(5), CallNames()), "kfree_skb\n    icmp_rcv+0x0\n    0x1234\n");
  EXPECT_EQ(test::shown(*layout, RecordBuilder().stack(6), CallNames()), "kfree_skb\n    (its stack is not known)\n");
  EXPECT_EQ(test::shown(*layout, RecordBuilder(), CallNames()), "kfree_skb\n");
}

TEST_F(Line, TheCallerIsTheInnermostFrame) {
  show("func,caller");
  EXPECT_EQ(test::shown(*layout, RecordBuilder().caller({FakeNames::kIcmpRcv, 1}), CallNames()),
            "kfree_skb  caller=icmp_rcv+0x0\n");
}

}  // namespace
}  // namespace skbtrail::output
