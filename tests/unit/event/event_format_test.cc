// Format files of real kernels, and texts that are none.
#include "event/event_format.h"

#include <gmock/gmock.h>

#include "format_texts.h"

namespace skbtrail::event {
namespace {

using testing::ElementsAre;
using testing::Pair;

std::vector<std::string> names(const EventFormat& format) {
  std::vector<std::string> found;
  for (const auto& field : format.fields) found.push_back(field.name);
  return found;
}

// Of a file with one field, declared and printed so.
FormatField field(const std::string& declaration, uint32_t size, const std::string& print = "\"\"") {
  const auto format = EventFormat::parse("g", "name: e\nID: 1\nformat:\n\tfield:" + declaration +
                                                  ";\toffset:8;\tsize:" + std::to_string(size) +
                                                  ";\tsigned:0;\n\nprint fmt: " + print + "\n");
  return format.fields.empty() ? FormatField{} : format.fields.front();
}

TEST(EventFormat, NameNumberAndFieldsAreRead) {
  const auto format = EventFormat::parse("net", test::kNetDevQueue);
  EXPECT_EQ(format.group, "net");
  EXPECT_EQ(format.name, "net_dev_queue");
  EXPECT_EQ(format.id, 2304u);
  EXPECT_THAT(names(format), ElementsAre("skbaddr", "len", "name"));
  EXPECT_EQ(format.text, test::kNetDevQueue);
}

TEST(EventFormat, PlacesTypesAndSizesAreTheFilesOwn) {
  const auto format = EventFormat::parse("net", test::kNetDevQueue);
  const FormatField& skb = format.fields[0];
  EXPECT_EQ(skb.type, "void *");
  EXPECT_EQ(skb.offset, 8u);
  EXPECT_EQ(skb.size, 8u);
  EXPECT_EQ(skb.look, Look::address);
  const FormatField& name = format.fields[2];
  EXPECT_TRUE(name.dynamic);
  EXPECT_EQ(name.element, 1u);
  EXPECT_EQ(name.look, Look::text);
}

TEST(EventFormat, ThePrintFormatSaysWhatAFieldMeans) {
  const auto format = EventFormat::parse("sock", test::kInetSockSetState);
  EXPECT_EQ(format.find("saddr")->look, Look::ipv4);
  EXPECT_EQ(format.find("daddr_v6")->look, Look::ipv6);
  EXPECT_EQ(format.find("skaddr")->look, Look::address);
  EXPECT_EQ(format.find("sport")->look, Look::decimal);
  EXPECT_THAT(format.find("family")->names, ElementsAre(Pair(2, "AF_INET"), Pair(10, "AF_INET6")));
  EXPECT_EQ(format.find("newstate")->names.at(10), "TCP_LISTEN");
}

TEST(EventFormat, CodeAndHexadecimalNumbersAreTold) {
  EXPECT_EQ(field("void * location", 8, "\"%pS\", REC->location").look, Look::symbol);
  EXPECT_EQ(field("unsigned long ip", 8, "\"x=%pS\", (void *)REC->ip").look, Look::symbol);
  EXPECT_EQ(field("u32 mark", 4, "\"a=%d%% mark=%#x\", REC->other, REC->mark").look, Look::hex);
  EXPECT_EQ(field("u16 proto", 2, "\"%-*s 0x%04x\", 3, \"a, b\", REC->proto").look, Look::hex);
}

TEST(EventFormat, ALookThatDoesNotFitTheFieldIsNotBelieved) {
  EXPECT_EQ(field("u8 a[6]", 6, "\"%pI4\", REC->a").look, Look::bytes);
  EXPECT_EQ(field("u32 a", 4, "\"%pS\", REC->a").look, Look::decimal);
}

TEST(EventFormat, ArraysKnowTheirElements) {
  EXPECT_EQ(field("char comm[16]", 16).look, Look::text);
  EXPECT_EQ(field("__u8 saddr[28]", 28).look, Look::bytes);
  EXPECT_EQ(field("unsigned long args[6]", 48).element, 8u);
  EXPECT_EQ(field("unsigned long args[6]", 48).name, "args");
  EXPECT_EQ(field("__data_loc u32[] values", 4).element, 4u);
  EXPECT_EQ(field("unsigned int flags", 4).element, 4u);
}

TEST(EventFormat, RoomIsKeptForTextsBehindTheFields) {
  EXPECT_EQ(EventFormat::parse("sock", test::kInetSockSetState).bytes_to_copy(1024), 72u);
  EXPECT_EQ(EventFormat::parse("net", test::kNetDevQueue).bytes_to_copy(1024), 88u);
  EXPECT_EQ(EventFormat::parse("net", test::kNetDevQueue).bytes_to_copy(20), 16u);
}

TEST(EventFormat, ATextThatIsNoFormatIsRefused) {
  for (const char* text : {"", "name: x\n", "ID: 3\n", "name: x\nID: none\n", "\0\xff"})
    EXPECT_THROW(EventFormat::parse("g", text), std::invalid_argument) << text;
}

TEST(EventFormat, LinesThatAreBrokenCostOnlyThemselves) {
  const auto format =
      EventFormat::parse("g",
                         "name: e\nID: 1\nformat:\n\tfield:int a;\toffset:x;\tsize:4;\n\tfield:;\toffset:"
                         "0;\tsize:4;\n\tfield:int b;\toffset:8;\tsize:4;\tsigned:1;\n");
  EXPECT_THAT(names(format), ElementsAre("b"));
}

TEST(EventFormat, ArgumentsStandEightBytesApart) {
  const auto format = EventFormat::of_arguments("e", {{"skb", "struct sk_buff *"}, {"rc", "int", 4, true}});
  EXPECT_EQ(format.id, 0u);
  EXPECT_EQ(format.fields[1].offset, 8u);
  EXPECT_EQ(format.fields[0].look, Look::address);
  EXPECT_EQ(format.bytes_to_copy(1024), 16u);
}

}  // namespace
}  // namespace skbtrail::event
