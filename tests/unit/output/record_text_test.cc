// What tracepoints handed out, in the words of their print formats, and the lines of `as perf trace`.
#include "output/record_text.h"

#include <gtest/gtest.h>

#include <cstring>

#include "format_texts.h"
#include "output/shown_event.h"

namespace skbtrail::output {
namespace {

using event::EventFormat;
using test::FakeNames;
using test::RecordBuilder;

template <typename T>
void put(std::vector<std::byte>& to, size_t offset, T value) {
  to.resize(std::max(to.size(), offset + sizeof(value)));
  std::memcpy(to.data() + offset, &value, sizeof(value));
}

void put_text(std::vector<std::byte>& to, size_t offset, std::string_view text) {
  to.resize(std::max(to.size(), offset + text.size() + 1));
  std::memcpy(to.data() + offset, text.data(), text.size());
}

// Of net_dev_queue. The first eight bytes are what BPF leaves there: an address.
std::vector<std::byte> queued(std::string_view device = "docker0") {
  std::vector<std::byte> bytes;
  put(bytes, 0, uint64_t{0xffffc90000123456});
  put(bytes, 8, uint64_t{0xffff893aa3223400});
  put(bytes, 16, uint32_t{98});
  put(bytes, 20, static_cast<uint32_t>((device.size() + 1) << 16 | 24));
  put_text(bytes, 24, device);
  return bytes;
}

EventFormat with_print_format(const std::string& fields, const std::string& print) {
  static int id = 5000;
  id++;
  return EventFormat::parse("test", "name: e" + std::to_string(id) + "\nID: " + std::to_string(id) +
                                        "\nformat:\n"
                                        "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
                                        "\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
                                        "\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
                                        "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n" +
                                        fields + "\nprint fmt: " + print + "\n");
}

class RecordTexts : public testing::Test {
 protected:
  std::string text(const EventFormat& format, const std::vector<std::byte>& bytes) {
    fmt::memory_buffer out;
    texts_.append(out, event::Arguments(format, bytes), names_);
    return fmt::to_string(out);
  }
  RecordText texts_;
  FakeNames names_;
};

const EventFormat kQueue = EventFormat::parse("net", test::kNetDevQueue);
const EventFormat kState = EventFormat::parse("sock", test::kInetSockSetState);

TEST_F(RecordTexts, AreMadeByThePrintFormat) {
  EXPECT_EQ(text(kQueue, queued()), "dev=docker0 skbaddr=0xffff893aa3223400 len=98");
}

TEST_F(RecordTexts, OneRecordLeavesNothingToTheNext) {
  EXPECT_EQ(text(kQueue, queued("averylongname")), "dev=averylongname skbaddr=0xffff893aa3223400 len=98");
  auto cut = queued();
  cut.resize(24);
  EXPECT_EQ(text(kQueue, cut), "dev= skbaddr=0xffff893aa3223400 len=98");
  EXPECT_EQ(text(kQueue, queued("lo")), "dev=lo skbaddr=0xffff893aa3223400 len=98");
}

TEST_F(RecordTexts, NamesOfValuesAndAddressesAreThoseOfThePrintFormat) {
  std::vector<std::byte> bytes(72);
  put(bytes, 16, int32_t{7});
  put(bytes, 20, int32_t{2});
  put(bytes, 26, uint16_t{80});
  put(bytes, 28, uint16_t{2});
  put(bytes, 30, uint16_t{6});
  put(bytes, 36, uint32_t{0x0100007f});
  const std::string line = text(kState, bytes);
  EXPECT_NE(line.find("family=AF_INET protocol=IPPROTO_TCP sport=0 dport=80"), std::string::npos) << line;
  EXPECT_NE(line.find("daddr=127.0.0.1 "), std::string::npos) << line;
  EXPECT_NE(line.find("oldstate=TCP_CLOSE newstate=TCP_SYN_SENT"), std::string::npos) << line;
}

TEST_F(RecordTexts, AddressesInTheKernelsCodeAreNamed) {
  const auto format =
      with_print_format("\tfield:void * location;\toffset:8;\tsize:8;\tsigned:0;\n", "\"at=%pS\", REC->location");
  std::vector<std::byte> bytes;
  put(bytes, 8, FakeNames::kIcmpRcv);
  EXPECT_EQ(text(format, bytes), "at=icmp_rcv+0x0");
  put(bytes, 8, uint64_t{0xffffffff81009999});
  EXPECT_NE(text(format, bytes).find("ffffffff81009999"), std::string::npos);
}

TEST_F(RecordTexts, OffsetsThatLeadBehindTheRecordFindNothing) {
  for (const uint32_t place : {0xffffffffu, 0x0010ffffu, 0xffff0018u, 0u}) {
    auto bytes = queued();
    put(bytes, 20, place);
    EXPECT_NE(text(kQueue, bytes).find("skbaddr=0xffff893aa3223400 len=98"), std::string::npos) << place;
  }
}

TEST_F(RecordTexts, RecordsOfAnyLengthAreHeld) {
  const auto whole = queued();
  for (size_t size = 0; size <= whole.size(); size++)
    EXPECT_EQ(text(kQueue, {whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size)}).substr(0, 4), "dev=") << size;
}

TEST_F(RecordTexts, APrintFormatThatCannotBeUnderstoodGivesTheFields) {
  const auto format = with_print_format("\tfield:u32 x;\toffset:8;\tsize:4;\tsigned:0;\n", "\"%s\", nosuch(REC->x)");
  std::vector<std::byte> bytes;
  put(bytes, 8, uint32_t{7});
  EXPECT_EQ(text(format, bytes), "x=7");
}

TEST_F(RecordTexts, ArgumentsWithoutAFormatFileAreShownByName) {
  const auto format = EventFormat::of_arguments("e", {{"len", "unsigned int", 4, false}});
  std::vector<std::byte> bytes;
  put(bytes, 0, uint64_t{98});
  EXPECT_EQ(text(format, bytes), "len=98");
}

TEST_F(RecordTexts, ControlCharactersDoNotReachTheTerminal) {
  EXPECT_EQ(text(kQueue, queued("a\033[2J")), "dev=a?[2J skbaddr=0xffff893aa3223400 len=98");
}

// The layout -------------------------------------------------------------------------------------------------------

class PerfNames : public FakeNames {
 public:
  const EventFormat* format(uint16_t number) const override { return number == 0 ? &kQueue : nullptr; }
};

RecordBuilder at(uint64_t ns) {
  return RecordBuilder().time(ns).task("ping", 48922, 48922, REC_CONTEXT_PROCESS).args(queued());
}

TEST(PerfLayout, AnEventIsTheLineOfPerfTrace) {
  const PerfNames names;
  auto layout = make_perf_layout({});
  EXPECT_EQ(test::shown(*layout, at(5'000'000'000), names),
            "     0.000 ping/48922 net:net_dev_queue:dev=docker0 skbaddr=0xffff893aa3223400 len=98\n");
  EXPECT_EQ(test::shown(*layout, at(5'000'010'400), names),
            "     0.010 ping/48922 net:net_dev_queue:dev=docker0 skbaddr=0xffff893aa3223400 len=98\n");
}

TEST(PerfLayout, FullTimeCountsFromTheBoot) {
  const PerfNames names;
  auto layout = make_perf_layout({{}, TimeStyle::mono});
  EXPECT_EQ(test::shown(*layout, at(5'000'010'400), names).substr(0, 11), "  5000.010 ");
}

TEST(PerfLayout, OneThatIsLateIsBeforeTheFirst) {
  const PerfNames names;
  auto layout = make_perf_layout({});
  test::shown(*layout, at(5'000'000'000), names);
  EXPECT_EQ(test::shown(*layout, at(4'999'999'000), names).substr(0, 11), "    -0.001 ");
}

TEST(PerfLayout, ALongNameIsCutAsPerfDoes) {
  const PerfNames names;
  auto record = at(1).task("fifteen-letters", 7, 8, REC_CONTEXT_SOFTIRQ);
  EXPECT_EQ(test::shown(*make_perf_layout({}), record, names).substr(11, 18), "fifteen-letter/8 n");
}

TEST(PerfLayout, WhatWasHandedOutAndIsNotKnownIsAMinus) {
  const PerfNames names;
  auto record = RecordBuilder().probe(1).task("ping", 1, 1, REC_CONTEXT_PROCESS);
  EXPECT_EQ(test::shown(*make_perf_layout({}), record, names), "     0.000 ping/1 net_dev_xmit:-\n");
}

}  // namespace
}  // namespace skbtrail::output
