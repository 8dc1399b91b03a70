#include "output/counter_rows.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "output/command_at.h"
#include "output/json_text.h"
#include "text/append.h"
#include "text/printable.h"

namespace skbtrail::output {

namespace {

// Groups of /proc/net are written together with the name, as nstat has it; others are in front of it.
bool is_of_devices(std::string_view group) {
  return group == "interface" || group == "driver" || group == "qdisc";
}

std::string name_of(const counters::Key& key) {
  if (key.group == "interface") return key.name;
  if (is_of_devices(key.group) || key.group == "softnet" || key.group == "conntrack")
    return fmt::format("{} {}", key.group, key.name);
  return key.group + key.name;
}

// "veth1" of "veth1 1:", which the owner of a qdisc is.
std::string device_of(const counters::Key& key) {
  if (!is_of_devices(key.group)) return "";
  return key.group == "qdisc" ? key.owner.substr(0, key.owner.rfind(' ')) : key.owner;
}

void append_text(fmt::memory_buffer& out, std::string_view key, std::string_view text) {
  if (text.empty()) return;
  text::append(out, ",\"");
  text::append(out, key);
  text::append(out, "\":");
  append_json_text(out, text);
}

void append_count(fmt::memory_buffer& out, std::string_view key, uint64_t number) {
  text::append(out, ",\"");
  text::append(out, key);
  text::append(out, "\":");
  text::append_number(out, number);
}

// What of a counter is not counted by those that it includes.
void subtract(CounterRow& row, const std::map<counters::Key, const counters::Gain*>& gains) {
  for (const auto& part : row.meaning->includes) {
    counters::Key key = row.key;
    key.name = part;
    const auto found = gains.find(key);
    if (found == gains.end()) continue;
    row.gained -= std::min(row.gained, found->second->gained);
    row.more -= std::min(row.more, found->second->more);
  }
}

constexpr std::string_view kPacketWords[] = {"shown", "some", "unseen", "sign"};

std::string location_of(const CounterRow& row) {
  std::string location = row.netns;
  if (!row.where.empty()) location += (location.empty() ? "" : " ") + row.where;
  return text::printable(location);
}

std::string in_words(const CounterRow& row, DropsShown shown, size_t width) {
  const std::string head =
      fmt::format("  +{}  {}{}{}: {}\n", row.gained, text::printable(row.name), location_of(row).empty() ? "" : " of ",
                  location_of(row), packets_text(row.meaning->packets, shown));
  const std::string look = "look: " + text::printable(row.command);
  const std::string line = fmt::format("      {}; {}\n", row.meaning->means, look);
  if (width == 0 || text::columns_of(line) <= width) return head + line;
  return head + fmt::format("      {}\n      {}\n", row.meaning->means, look);
}

}  // namespace

std::string_view packets_text(counters::Packets packets, DropsShown shown) {
  switch (packets) {
    case counters::Packets::shown:
      if (shown == DropsShown::filtered) return "each is a drop above as well, if the filter lets it through";
      return shown == DropsShown::all ? "each is a drop above as well" : "each is a drop, of which not all are above";
    case counters::Packets::some: return "some are drops above as well";
    case counters::Packets::unseen: return "none is among the drops above";
    case counters::Packets::sign: break;
  }
  return "no drop, but a sign";
}

std::vector<CounterRow> counter_rows(const counters::Gains& gains, const counters::Meanings& meanings,
                                     const event::Names& names) {
  std::vector<CounterRow> rows;
  const auto all = gains.all();
  std::map<counters::Key, const counters::Gain*> by_key;
  for (const auto& gain : all) by_key.emplace(gain.key, &gain);
  for (const auto& gain : all) {
    const auto* meaning = meanings.find(gain.key.group, gain.key.name);
    if (!meaning) continue;
    CounterRow row{.key = gain.key, .meaning = meaning, .gained = gain.gained, .more = gain.more};
    subtract(row, by_key);
    if (row.gained == 0) continue;
    row.name = name_of(gain.key);
    if (gain.key.netns) row.netns = names.name(event::NameKind::netns, gain.key.netns);
    row.where = gain.key.owner;
    row.ifname = device_of(gain.key);
    row.command = command_at(meaning->look, {gain.key.netns, gain.key.ifindex, row.ifname}, names);
    rows.push_back(std::move(row));
  }
  const auto rank = [](const CounterRow& row) {
    const bool unseen = row.meaning->packets == counters::Packets::unseen;
    return std::tuple(!row.is_loss(), !unseen, UINT64_MAX - row.gained);
  };
  std::stable_sort(rows.begin(), rows.end(),
                   [&](const CounterRow& a, const CounterRow& b) { return rank(a) < rank(b); });
  return rows;
}

std::vector<std::string> counters_not_known(const counters::Gains& gains, const event::Names& names) {
  std::vector<std::string> all;
  const auto netns = [&](uint32_t inum) { return text::printable(names.name(event::NameKind::netns, inum)); };
  for (const uint32_t gone : gains.namespaces_gone())
    all.push_back(fmt::format("the namespace {} went away, with what its counters gained at last", netns(gone)));
  for (const auto& device : gains.devices_gone())
    all.push_back(fmt::format("the device {} of {} went away, with what its counters gained at last",
                              text::printable(device.name), netns(device.netns)));
  const auto& last = gains.last();
  if (!last.not_entered.empty())
    all.push_back(
        fmt::format("{} namespaces could not be entered (CAP_SYS_ADMIN lets), and their counters are not known",
                    last.not_entered.size()));
  if (last.skipped > 0)
    all.push_back(fmt::format("the counters of {} more namespaces were not read; -N chooses one", last.skipped));
  return all;
}

std::string counter_report(const counters::Gains& gains, const counters::Meanings& meanings, const event::Names& names,
                           DropsShown shown, size_t width) {
  std::string text;
  for (const auto& row : counter_rows(gains, meanings, names)) text += in_words(row, shown, width);
  for (const auto& sentence : counters_not_known(gains, names)) text += "  " + sentence + "\n";
  if (!text.empty()) text.pop_back();
  return text;
}

void append_json_counters(fmt::memory_buffer& out, const std::vector<CounterRow>& rows, uint64_t time_ns) {
  for (const auto& row : rows) {
    if (row.more == 0) continue;
    text::append(out, "{\"time\":");
    text::append_number(out, time_ns);
    append_text(out, "counter", row.name);
    append_count(out, "gained", row.gained);
    append_count(out, "new", row.more);
    append_text(out, "netns", row.netns);
    if (row.key.netns) append_count(out, "netns_inum", row.key.netns);
    append_text(out, "ifname", row.ifname);
    if (row.key.ifindex) append_count(out, "ifindex", row.key.ifindex);
    if (row.where != row.ifname) append_text(out, "owner", row.where);
    append_text(out, "packets", kPacketWords[static_cast<size_t>(row.meaning->packets)]);
    append_text(out, "meaning", row.meaning->means);
    text::append(out, ",\"look\":[");
    append_json_text(out, row.command);
    text::append(out, "]}\n");
  }
}

}  // namespace skbtrail::output
