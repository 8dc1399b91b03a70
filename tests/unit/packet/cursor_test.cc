#include "packet/cursor.h"

#include <gtest/gtest.h>

#include <vector>

namespace skbtrail::packet {
namespace {

using Shortage = Cursor::Shortage;
const std::vector<uint8_t> kBytes = {1, 2, 3, 4, 5, 6, 7, 8};

TEST(Cursor, ReadsBigEndianNumbersInOrder) {
  Cursor cursor(kBytes, 8);
  uint8_t one = 0;
  uint16_t two = 0;
  uint32_t four = 0;
  ASSERT_TRUE(cursor.read(one) && cursor.read(two) && cursor.read(four));
  EXPECT_EQ(one, 1);
  EXPECT_EQ(two, 0x0203);
  EXPECT_EQ(four, 0x04050607u);
  EXPECT_EQ(cursor.packet_left(), 1u);
  EXPECT_EQ(cursor.peek(), 8);
}

TEST(Cursor, AFailedReadMovesNothingAndChangesNothing) {
  Cursor cursor(kBytes, 8);
  uint32_t number = 42;
  ASSERT_TRUE(cursor.skip(5));
  EXPECT_FALSE(cursor.read(number));
  EXPECT_EQ(number, 42u);
  EXPECT_EQ(cursor.peek(), 6);
}

TEST(Cursor, TellsACutCopyFromAShortPacket) {
  Cursor cut(kBytes, 100), short_packet(kBytes, 8), unknown(kBytes, std::nullopt);
  EXPECT_FALSE(cut.skip(9) || short_packet.skip(9) || unknown.skip(9));
  EXPECT_EQ(cut.shortage(), Shortage::cut);
  EXPECT_EQ(short_packet.shortage(), Shortage::short_packet);
  EXPECT_EQ(unknown.shortage(), Shortage::cut);
}

TEST(Cursor, BytesBehindTheEndOfThePacketAreNotRead) {
  Cursor cursor(kBytes, 4);
  EXPECT_TRUE(cursor.skip(4));
  EXPECT_FALSE(cursor.peek());
  EXPECT_FALSE(cursor.skip(1));
  EXPECT_EQ(cursor.shortage(), Shortage::short_packet);
}

TEST(Cursor, NarrowingNeverWidens) {
  Cursor cursor(kBytes, 8);
  cursor.narrow(6);
  cursor.narrow(100);
  EXPECT_EQ(cursor.packet_left(), 6u);
  EXPECT_FALSE(cursor.skip(7));
}

TEST(Cursor, NoBytesAreFine) {
  Cursor cursor({}, std::nullopt);
  EXPECT_FALSE(cursor.peek());
  EXPECT_TRUE(cursor.skip(0));
  EXPECT_FALSE(cursor.packet_left());
}

}  // namespace
}  // namespace skbtrail::packet
