#include "output/time_format.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <ctime>

#include "fake_names.h"

namespace skbtrail::output {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kDay = 1'700'000'000 * kSecond;  // 2023-11-14 22:13:20 UTC

// The time zone for one test.
class Zone {
 public:
  explicit Zone(const char* zone) {
    if (const char* before = std::getenv("TZ")) before_ = before;
    setenv("TZ", zone, 1);
    tzset();
  }
  ~Zone() {
    before_ ? setenv("TZ", before_->c_str(), 1) : unsetenv("TZ");
    tzset();
  }
  Zone(const Zone&) = delete;
  Zone& operator=(const Zone&) = delete;

 private:
  std::optional<std::string> before_;
};

std::string text(TimeFormat& format, uint64_t monotonic_ns, uint64_t day_ns = 0) {
  fmt::memory_buffer out;
  format.append(out, monotonic_ns, day_ns);
  return fmt::to_string(out);
}

std::string once(TimeStyle style, uint64_t day_ns) {
  TimeFormat format(style);
  return text(format, 1, day_ns);
}

TEST(TimeFormat, ClockIsTheLocalTime) {
  Zone utc("UTC0");
  EXPECT_EQ(once(TimeStyle::clock, kDay + 123'456'789), "22:13:20.123456");
}

TEST(TimeFormat, ClockFollowsTheZone) {
  Zone tokyo("JST-9");
  EXPECT_EQ(once(TimeStyle::clock, kDay), "07:13:20.000000");
}

TEST(TimeFormat, DateIsTheLocalDateAndTime) {
  {
    Zone utc("UTC0");
    EXPECT_EQ(once(TimeStyle::date, kDay), "2023-11-14 22:13:20.000000");
  }
  Zone tokyo("JST-9");
  EXPECT_EQ(once(TimeStyle::date, kDay + 999'999'999), "2023-11-15 07:13:20.999999");
}

TEST(TimeFormat, UtcIsTheSameInEveryZone) {
  for (const char* zone : {"UTC0", "JST-9", "EST5EDT"}) {
    Zone here(zone);
    EXPECT_EQ(once(TimeStyle::utc, kDay + 1000), "2023-11-14T22:13:20.000001Z");
  }
}

TEST(TimeFormat, TheSecondIsRenewedWhenItEnds) {
  Zone utc("UTC0");
  TimeFormat format(TimeStyle::clock);
  EXPECT_EQ(text(format, 1, kDay + 999'999'999), "22:13:20.999999");
  EXPECT_EQ(text(format, 2, kDay + kSecond), "22:13:21.000000");
  EXPECT_EQ(text(format, 3, kDay + 5), "22:13:20.000000");  // a late one
}

TEST(TimeFormat, TheFirstSecondOf1970IsOne) {
  Zone utc("UTC0");
  EXPECT_EQ(once(TimeStyle::date, 0), "1970-01-01 00:00:00.000000");
}

TEST(TimeFormat, MonoIsSecondsSinceBoot) {
  TimeFormat format(TimeStyle::mono);
  EXPECT_EQ(text(format, 453516 * kSecond + 922'978'123), "453516.922978123");
  EXPECT_EQ(text(format, 7), "0.000000007");
}

TEST(TimeFormat, DeltaIsTheTimeSinceTheEventBefore) {
  TimeFormat format(TimeStyle::delta);
  EXPECT_EQ(text(format, 5 * kSecond), "+0.000000000");
  EXPECT_EQ(text(format, 5 * kSecond + 12'345), "+0.000012345");
  EXPECT_EQ(text(format, 7 * kSecond + 12'345), "+2.000000000");
  EXPECT_EQ(text(format, 7 * kSecond + 12'345), "+0.000000000");
}

TEST(TimeFormat, DeltaToALateEventIsNegative) {
  TimeFormat format(TimeStyle::delta);
  text(format, 5 * kSecond);
  EXPECT_EQ(text(format, 5 * kSecond - 10), "-0.000000010");
  EXPECT_EQ(text(format, 5 * kSecond), "+0.000000010");
}

TEST(TimeFormat, DeltaAcrossClocksIsThatOfTheTimesOfDay) {
  TimeFormat format(TimeStyle::delta);
  const auto delta = [&](uint64_t monotonic_ns, uint64_t day_ns, event::Clock clock) {
    fmt::memory_buffer out;
    format.append(out, monotonic_ns, day_ns, clock);
    return fmt::to_string(out);
  };
  const test::FakeNames one, other;
  EXPECT_EQ(delta(5 * kSecond, kDay, {&one}), "+0.000000000");
  EXPECT_EQ(delta(900 * kSecond, kDay + 7, {&other}), "+0.000000007") << "of another host";
  EXPECT_EQ(delta(0, kDay + 9, {&other, 1}), "+0.000000002") << "after a boot, in a file put together of two";
  EXPECT_EQ(delta(5, kDay + kSecond, {&other, 1}), "+0.000000005") << "the time of day was set";
  EXPECT_EQ(delta(6 * kSecond, kDay + 1, {&one}), "-0.999999999");
}

TEST(TimeStyles, AreFoundByTheirNames) {
  EXPECT_THAT(time_style_names(), testing::ElementsAre("clock", "date", "utc", "mono", "delta", "trail"));
  EXPECT_EQ(time_style("clock"), TimeStyle::clock);
  EXPECT_EQ(time_style("date"), TimeStyle::date);
  EXPECT_EQ(time_style("utc"), TimeStyle::utc);
  EXPECT_EQ(time_style("mono"), TimeStyle::mono);
  EXPECT_EQ(time_style("delta"), TimeStyle::delta);
  EXPECT_EQ(time_style("trail"), TimeStyle::trail);
  EXPECT_FALSE(time_style("Clock"));
  EXPECT_FALSE(time_style(""));
}

}  // namespace
}  // namespace skbtrail::output
