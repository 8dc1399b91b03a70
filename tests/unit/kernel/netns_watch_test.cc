// A namespace's way, in made-up folders: inode numbers of files there are the namespaces.
#include "kernel/netns_watch.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "temp_dir.h"

namespace skbtrail::kernel {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class Watched : public testing::Test {
 protected:
  Watched() {
    dir.write("proc/1/ns/net");
    dir.write("run/other");
  }
  std::optional<NetnsWatch::News> later(NetnsWatch& watch) { return watch.look(now += 300s); }
  void remove(const std::string& name) const { std::filesystem::remove_all(dir.path(name)); }

  test::TempDir dir;
  NetnsPaths paths{dir.path("proc"), dir.path("run"), 0};
  NetnsWatch::Clock::time_point now = NetnsWatch::Clock::now();
};

TEST_F(Watched, NothingIsNewsWhileItLives) {
  const uint32_t inum = dir.write("run/blue");
  dir.link("run/blue", "proc/7/ns/net");
  for (const std::string& word :
       {std::string("blue"), dir.path("run/blue"), std::to_string(inum), std::string("pid:7")}) {
    NetnsWatch watch(word, inum, paths);
    EXPECT_FALSE(later(watch)) << word;
    EXPECT_FALSE(later(watch)) << word;
  }
}

TEST_F(Watched, TheNextOneOfItsNameIsTraced) {
  const uint32_t inum = dir.write("run/blue");
  NetnsWatch watch("blue", inum, paths);
  const uint32_t held = dir.write("spare");  // so that the number is another
  remove("run/blue");
  const auto gone = later(watch);
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->inum, 0u);
  EXPECT_THAT(gone->text, HasSubstr("'blue', network namespace " + std::to_string(inum) + ", is gone"));
  EXPECT_FALSE(later(watch));  // it is said once
  const uint32_t next = dir.write("run/blue");
  const auto back = later(watch);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->inum, next);
  EXPECT_THAT(back->text, HasSubstr("'blue' is another network namespace now"));
  EXPECT_FALSE(later(watch));
  EXPECT_NE(held, 0u);
}

TEST_F(Watched, ANameThatLeadsElsewhereIsFollowedAtOnce) {
  const uint32_t inum = dir.write("run/blue");
  NetnsWatch watch("blue", inum, paths);
  const uint32_t next = dir.write("spare");
  std::filesystem::rename(dir.path("spare"), dir.path("run/blue"));
  const auto news = later(watch);
  ASSERT_TRUE(news);
  EXPECT_EQ(news->inum, next);
}

TEST_F(Watched, WithoutItsNameItLivesAsLongAsAProcess) {
  const uint32_t inum = dir.write("run/blue");
  dir.link("run/blue", "proc/7/ns/net");
  NetnsWatch watch("blue", inum, paths);
  remove("run/blue");
  EXPECT_FALSE(later(watch));
  remove("proc/7");
  EXPECT_TRUE(later(watch));
}

TEST_F(Watched, ANumberStaysTheOneThatIsAskedFor) {
  const uint32_t inum = dir.write("run/blue");
  NetnsWatch watch(std::to_string(inum), inum, paths);
  remove("run/blue");
  const auto gone = later(watch);
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->inum, inum);
  EXPECT_THAT(gone->text, HasSubstr("nothing is shown until there is one of that number"));
  EXPECT_EQ(watch.next_look(), NetnsWatch::Clock::time_point::max());
}

TEST_F(Watched, ANumberThatDoesNotLiveYetIsNotWaitedFor) {
  NetnsWatch watch("7", 7, paths);
  EXPECT_EQ(watch.next_look(), NetnsWatch::Clock::time_point::max());
}

TEST_F(Watched, AProcesssNamespaceHasNoNext) {
  const uint32_t inum = dir.write("proc/7/ns/net");
  NetnsWatch watch("pid:7", inum, paths);
  remove("proc/7");
  const auto gone = later(watch);
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->inum, 0u);
  EXPECT_THAT(gone->text, HasSubstr("nothing more is shown"));
  dir.write("proc/7/ns/net");
  EXPECT_FALSE(later(watch));
}

TEST_F(Watched, AContainerThatIsStartedAgainIsFollowed) {
  const std::string id(64, 'a');
  const uint32_t inum = dir.write("proc/7/ns/net");
  dir.write("proc/7/cgroup", "0::/docker/" + id + "\n");
  NetnsWatch watch("container:aaaa", inum, paths);
  EXPECT_FALSE(later(watch));
  dir.write("spare");
  remove("proc/7");
  EXPECT_EQ(later(watch)->inum, 0u);
  const uint32_t next = dir.write("proc/9/ns/net");
  dir.write("proc/9/cgroup", "0::/docker/" + id + "\n");
  EXPECT_EQ(later(watch)->inum, next);
}

TEST_F(Watched, ALookIsDueWhenTheFolderChanges) {
  const uint32_t inum = dir.write("run/blue");
  NetnsWatch watch("blue", inum, paths);
  EXPECT_GE(watch.poll_fd(), 0);
  EXPECT_FALSE(watch.look(now));
  remove("run/blue");
  EXPECT_TRUE(watch.look(now));
}

}  // namespace
}  // namespace skbtrail::kernel
