// `drop --table -o json`: an object a line for each row that counted more since the look before.
//
//   {"time":...,"interval":1000000000,"drops":12,"new":3,"bytes":408,"drop_reason":"NO_SOCKET","location":"...+0x4bc",
//    "netns":"green","netns_inum":4026532281,"ifname":"veth1","ifindex":2,"protocol":2048,"proto":"udp","meaning":"..."}
//
// The last object of a row has what it came to. Keys are the registry's where there is one.
#include "output/command_at.h"
#include "output/drop_table.h"
#include "output/json_advice.h"
#include "output/json_text.h"
#include "packet/protocol_names.h"
#include "text/append.h"

namespace skbtrail::output {

namespace {

class JsonDropTable : public DropTableLayout {
 public:
  JsonDropTable(const DropTableChoice& choice, const event::Names& names) : choice_(choice), names_(names) {}

  void interval(fmt::memory_buffer& out, const DropRows& rows, const std::vector<CounterRow>& counters,
                Moment moment) override {
    for (const auto& row : rows.rows())
      if (row.more > 0) append(out, row, moment);
    append_json_counters(out, counters, names_.time_of_day_ns(moment.time_ns));
  }
  void end(fmt::memory_buffer& out, const DropRows& rows, const std::vector<CounterRow>& counters,
           Moment moment) override {
    interval(out, rows, counters, moment);
  }

 private:
  static void number(fmt::memory_buffer& out, std::string_view key, uint64_t value) {
    text::append(out, ",\"");
    text::append(out, key);
    text::append(out, "\":");
    text::append_number(out, value);
  }
  static void text(fmt::memory_buffer& out, std::string_view key, std::string_view value) {
    if (value.empty()) return;
    text::append(out, ",\"");
    text::append(out, key);
    text::append(out, "\":");
    append_json_text(out, value);
  }

  void append(fmt::memory_buffer& out, const DropRow& row, Moment moment) const {
    text::append(out, "{\"time\":");
    text::append_number(out, names_.time_of_day_ns(moment.time_ns));
    number(out, "interval", moment.since_ns);
    number(out, "drops", row.packets);
    number(out, "new", row.more);
    number(out, "bytes", row.bytes);
    if (row.is_rest)
      text::append(out, ",\"others\":true");
    else
      append_key(out, row);
    text::append(out, "}\n");
  }

  void append_key(fmt::memory_buffer& out, const DropRow& row) const {
    const drop_key& key = row.key;
    text(out, "drop_reason", row.reason);
    text(out, "location", row.location);
    text(out, "netns", row.netns);
    if (key.netns) number(out, "netns_inum", key.netns);
    text(out, "ifname", row.ifname);
    if (key.ifindex) number(out, "ifindex", key.ifindex);
    if (key.protocol) number(out, "protocol", key.protocol);
    append_protocol(out, key);
    text(out, "benign", row.benign);
    if (row.benign.empty() && choice_.reasons)
      append_json_advice(out, advice_on(row.key, *choice_.reasons, names_), choice_.explains);
  }

  // As the registry's `proto` and `ip_version`.
  static void append_protocol(fmt::memory_buffer& out, const drop_key& key) {
    if (key.protocol == packet::kEtherArp) text(out, "proto", "arp");
    const bool v6 = key.protocol == packet::kEtherIpv6;
    if (key.protocol != packet::kEtherIpv4 && !v6) return;
    if (key.next_header != SKBTRAIL_NO_NEXT_HEADER) {
      const char* name = packet::protocol_name(key.next_header);
      text(out, "proto", name ? name : fmt::format("{}", key.next_header));
    }
    number(out, "ip_version", v6 ? 6 : 4);
  }

  DropTableChoice choice_;
  const event::Names& names_;
};

}  // namespace

std::unique_ptr<DropTableLayout> make_json_drop_table(const DropTableChoice& choice, const event::Names& names) {
  return std::make_unique<JsonDropTable>(choice, names);
}

}  // namespace skbtrail::output
