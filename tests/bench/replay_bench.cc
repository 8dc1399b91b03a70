// Events a second from a ring's bytes to printed lines, on one core: Order, Event::decode, a layout, the writer to
// /dev/null. Google Benchmark counts CPU time, so other work on the machine does not matter much.
//
// With --write DIRECTORY nothing is measured: what every case prints is left there, to compare two builds byte by
// byte. Times of day are made; namespaces, drop reasons and addresses have the names of this host.
#include <benchmark/benchmark.h>

#include <deque>
#include <filesystem>
#include <memory>

#include "event/held_events.h"
#include "event/trail_fields.h"
#include "kernel/btf.h"
#include "output/layout.h"
#include "output/writer.h"
#include "recording/reader.h"
#include "recording/recorder.h"
#include "replay.h"
#include "run/pipeline.h"
#include "stream/live_names.h"
#include "stream/order.h"
#include "trail/trails.h"

namespace skbtrail::bench {
namespace {

constexpr size_t kRecords = 200'000;

// The names of a live trace, but for the time of day, which would be another in each run.
class ReplayNames : public stream::LiveNames {
 public:
  ReplayNames() : LiveNames(kernel::DropReasons(kernel::Btf::of_kernel()), probes()) {}
  uint64_t time_of_day_ns(uint64_t monotonic_ns) const override { return 1'700'000'000'000'000'000 + monotonic_ns; }

 private:
  // In the order of Probe in replay.cc, but kfree_skb, as the kernel calls it.
  static std::vector<probe::Probe> probes() {
    std::vector<probe::Probe> all;
    for (const char* name : {"net_dev_queue", "net_dev_start_xmit", "netif_rx_entry", "netif_rx", "net_dev_xmit",
                             "netif_receive_skb", "consume_skb", "kfree_skb"})
      all.push_back({name, "vmlinux", {}});
    return all;
  }
};

const ReplayNames& names() {
  static const ReplayNames all;
  return all;
}

// As a run prints: decoded, through the pipeline to a sink.
class Printer : public stream::OrderSink, private event::Sink {
 public:
  Printer(output::Layout& layout, output::Writer& writer, event::Known known = event::Known::with_event)
      : layout_(layout), writer_(writer) {
    pipeline_.follow(known);
    pipeline_.show(*this);
  }
  void record(std::span<const std::byte> bytes, bool late) override { print(bytes, late, names()); }
  void print(std::span<const std::byte> bytes, bool late, const event::Names& of) {
    auto event = event::Event::decode(bytes, of);
    if (!event) return;
    event->late = late;
    pipeline_.event(*event);
  }
  void gap(const event::Gap& gap) override { pipeline_.gap(gap, names()); }
  void flush() { pipeline_.flush(); }

 private:
  void event(const event::Event& event) override {
    layout_.event(writer_.buffer(), event);
    writer_.event_added();
  }
  void gap(const event::Gap& gap, const event::Names& of) override {
    layout_.gap(writer_.buffer(), gap, of);
    writer_.added();
  }

  output::Layout& layout_;
  output::Writer& writer_;
  std::optional<filter::Where> where_;
  run::Pipeline pipeline_{where_, {}, {}};
};

struct Case {
  std::string name;
  std::vector<const event::Field*> fields;
  bool json = false;
  bool color = false;
  size_t width = 0;
  output::TimeStyle time = output::TimeStyle::clock;
  Seen seen = Seen::everywhere;
};

std::vector<Case> measured_cases() {
  return {{"line", event::default_columns(false, false)},
          {"line_v", event::default_columns(true, false)},
          {"line_meta", event::default_columns(false, true)},
          {"json", event::default_keys(false), true},
          {"json_meta", event::default_keys(true), true},
          {"line_once", event::default_columns(false, false), false, false, 0, output::TimeStyle::clock, Seen::once},
          {"json_once", event::default_keys(false), true, false, 0, output::TimeStyle::clock, Seen::once}};
}

std::vector<Case> written_cases() {
  auto cases = measured_cases();
  cases.push_back({"line_all", event::default_keys(true)});
  cases.push_back({"line_color", event::default_columns(true, true), false, true});
  cases.push_back({"line_narrow", event::default_columns(true, true), false, true, 80});
  cases.push_back({"line_few", event::choose_fields("drop_reason,packet,src,location", {})});
  cases.push_back({"json_few", event::choose_fields("src,time,dst,len,fault,sport,comm,packet", {}), true});
  for (auto [name, style] : {std::pair{"utc", output::TimeStyle::utc},
                             {"date", output::TimeStyle::date},
                             {"mono", output::TimeStyle::mono},
                             {"delta", output::TimeStyle::delta}})
    cases.push_back({std::string("line_") + name, event::default_columns(false, false), false, false, 0, style});
  return cases;
}

std::unique_ptr<output::Layout> layout_of(const Case& chosen) {
  output::LayoutChoice choice{chosen.fields, chosen.time, chosen.color};
  auto layout = chosen.json ? output::make_json_layout(choice) : output::make_line_layout(choice);
  layout->set_width(chosen.width);
  return layout;
}

void replay(const Replay& records, output::Layout& layout, output::Writer& writer) {
  Printer printer(layout, writer);
  stream::Order order(printer);
  records.play([&](std::span<const std::byte> record) { order.add(record); },
               [&](uint64_t now_ns) { order.advance(now_ns); });
  order.finish([](uint32_t) { return event::LossCounts{}; }, 0);
  writer.flush();
}

uint32_t sections_of(const Case& chosen) {
  return event::sections_of(chosen.fields) | REC_SECTION_DEVICE | REC_SECTION_RESULT;
}

void measure(benchmark::State& state, const Case& chosen) {
  const Replay records(kRecords, sections_of(chosen), chosen.seen);
  auto layout = layout_of(chosen);
  output::Writer writer("/dev/null");
  for (auto _ : state) replay(records, *layout, writer);
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * static_cast<int64_t>(records.size()));
}

// Recordings ---------------------------------------------------------------------------------------------------------

class Recording : public stream::OrderSink {
 public:
  explicit Recording(const std::string& path) : recorder_({path}, head(), names()) {}
  void record(std::span<const std::byte> bytes, bool late) override {
    auto event = event::Event::decode(bytes, names());
    if (!event) return;
    event->late = late;
    recorder_.event(*event);
    if (recorder_.congested()) recorder_.wait_for_room();
  }
  void gap(const event::Gap& gap) override { recorder_.gap(gap, names()); }
  void end() { recorder_.end({}); }

 private:
  static recording::Head head() {
    recording::Head head;
    for (uint16_t number = 0; number < 8; number++)
      head.probes.push_back({std::string(names().probe(number)), nullptr});
    return head;
  }
  recording::Recorder recorder_;
};

void record(const Replay& records, const std::string& path) {
  Recording recording(path);
  stream::Order order(recording);
  records.play([&](std::span<const std::byte> record) { order.add(record); },
               [&](uint64_t now_ns) { order.advance(now_ns); });
  order.finish([](uint32_t) { return event::LossCounts{}; }, 0);
  recording.end();
}

std::string recorded_file(const char* name) {
  return std::filesystem::temp_directory_path() / (std::string("replay_bench.") + name);
}

// From the rings' bytes to a file. The time is that of both threads.
void measure_record(benchmark::State& state, const char* name, uint32_t sections, Seen seen) {
  const Replay records(kRecords, sections, seen);
  const std::string path = recorded_file(name);
  for (auto _ : state) record(records, path);
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * static_cast<int64_t>(records.size()));
  state.counters["bytes_an_event"] =
      static_cast<double>(std::filesystem::file_size(path)) / static_cast<double>(records.size());
  std::filesystem::remove(path);
}

void measure_read(benchmark::State& state, const char* name, uint32_t sections) {
  const Replay records(kRecords, sections);
  const std::string path = recorded_file(name);
  record(records, path);
  auto layout = output::make_line_layout({event::default_columns(false, false), output::TimeStyle::clock});
  output::Writer writer("/dev/null");
  for (auto _ : state) {
    recording::Reader reader(path);
    Printer printer(*layout, writer);
    while (reader.next() == recording::Reader::Found::event)
      printer.print(reader.event_bytes(), reader.late(), reader.names());
    writer.flush();
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * static_cast<int64_t>(records.size()));
  std::filesystem::remove(path);
}

void register_recordings() {
  const auto usual = static_cast<uint32_t>(event::sections_of(event::default_columns(true, false)) |
                                           REC_SECTION_DEVICE | REC_SECTION_RESULT);
  const auto all = static_cast<uint32_t>(usual | event::sections_of(event::default_keys(true)));
  const auto add = [](const char* name, auto body) {
    benchmark::RegisterBenchmark(name, body)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();
  };
  for (auto [name, file, sections, seen] : {std::tuple{"record", "pcapng", usual, Seen::everywhere},
                                            {"record_meta", "meta.pcapng", all, Seen::everywhere},
                                            {"record_once", "once.pcapng", all, Seen::once},
                                            {"record_zstd", "pcapng.zst", usual, Seen::everywhere},
                                            {"record_meta_zstd", "meta.pcapng.zst", all, Seen::everywhere}})
    add(name, [=](benchmark::State& state) { measure_record(state, file, sections, seen); });
  add("read_to_line", [=](benchmark::State& state) { measure_read(state, "read.pcapng", all); });
  add("read_zstd_to_line", [=](benchmark::State& state) { measure_read(state, "read.pcapng.zst", all); });
}

// Trails -------------------------------------------------------------------------------------------------------------

constexpr uint32_t kSectionsOfTrails =
    REC_SECTION_DEVICE | REC_SECTION_RESULT | REC_SECTION_TASK | REC_SECTION_DROP | REC_SECTION_BYTES;

// From a ring's bytes to trails: an item is a trail.
void measure_trails(benchmark::State& state, std::unique_ptr<output::Layout> (*make)(const output::LayoutChoice&),
                    bool latency = false) {
  const Replay records(kRecords, kSectionsOfTrails | event::sections_of(event::default_columns(false, false)));
  output::Writer writer("/dev/null");
  uint64_t trails = 0, steps = 0;
  for (auto _ : state) {
    output::LayoutChoice choice{event::default_columns(false, false), output::TimeStyle::clock};
    choice.trails.shows_latency = latency;
    const auto layout = make(choice);
    Printer printer(*layout, writer);
    stream::Order order(printer);
    records.play([&](std::span<const std::byte> record) { order.add(record); },
                 [&](uint64_t now_ns) { order.advance(now_ns); });
    order.finish([](uint32_t) { return event::LossCounts{}; }, 0);
    layout->end(writer.buffer());
    writer.flush();
    trails += layout->trails()->printed;
    steps += records.size();
  }
  state.SetItemsProcessed(static_cast<int64_t>(trails));
  state.counters["steps_a_trail"] = static_cast<double>(steps) / static_cast<double>(trails);
}

// Lines of events that know their trail: at once, or when it is complete. An item is an event.
void measure_followed(benchmark::State& state, std::string_view fields) {
  const auto columns = event::choose_fields(fields, event::default_columns(false, false));
  const Replay records(kRecords, kSectionsOfTrails | event::sections_of(columns));
  output::Writer writer("/dev/null");
  for (auto _ : state) {
    const auto layout = output::make_line_layout({columns, output::TimeStyle::clock});
    Printer printer(*layout, writer, event::known_at(columns));
    stream::Order order(printer);
    records.play([&](std::span<const std::byte> record) { order.add(record); },
                 [&](uint64_t now_ns) { order.advance(now_ns); });
    order.finish([](uint32_t) { return event::LossCounts{}; }, 0);
    printer.flush();
    writer.flush();
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * static_cast<int64_t>(records.size()));
}

// What a packet takes that is under way: no end of it was seen.
void measure_open_trails(benchmark::State& state) {
  struct Nobody : trail::Receiver {
    void trail(const trail::Trail&) override {}
  } nobody;
  const Replay records(kRecords, event::sections_of(event::default_keys(false)) | REC_SECTION_DEVICE, Seen::once);
  for (auto _ : state) {
    trail::Trails trails(nobody, {.trails = kRecords * 2, .memory = SIZE_MAX});
    uint64_t taken = 0;
    records.play(
        [&](std::span<const std::byte> record) {
          if (const auto event = event::Event::decode(record, names())) trails.event(*event);
          taken++;
        },
        [](uint64_t) {});
    if (trails.open())
      state.counters["bytes_a_trail"] = static_cast<double>(trails.memory()) / static_cast<double>(trails.open());
    state.counters["open"] = static_cast<double>(trails.open());
  }
}

void register_trails() {
  struct Row {
    const char* name;
    std::unique_ptr<output::Layout> (*make)(const output::LayoutChoice&);
    bool latency = false;
  };
  for (const auto& [name, make, latency] :
       {Row{"trails", output::make_trail_layout}, Row{"trails_latency", output::make_trail_layout, true},
        Row{"trails_json", output::make_json_trail_layout}, Row{"trails_route", output::make_route_layout}})
    benchmark::RegisterBenchmark(name, [make = make, latency = latency](benchmark::State& state) {
      measure_trails(state, make, latency);
    })->Unit(benchmark::kMillisecond);
  for (auto [name, fields] :
       {std::pair{"line_of_trail", "+trail.id,+trail.since"}, {"line_of_whole_trail", "+trail.id,+trail.fate"}})
    benchmark::RegisterBenchmark(name, [fields = fields](benchmark::State& state) {
      measure_followed(state, fields);
    })->Unit(benchmark::kMillisecond);
}

// Held ---------------------------------------------------------------------------------------------------------------

// As trails hold events: kHeld of them at a time, and of the records that come one in eight stays as long as all of
// these. With `look`, each is looked at when it goes.
void measure_hold(benchmark::State& state, bool look) {
  constexpr size_t kHeld = 65'536;
  const Replay records(kRecords, event::sections_of(event::default_keys(true)) | REC_SECTION_DEVICE);
  event::HeldEvents held(64u << 20);
  std::deque<event::HeldEvent> longer, shorter;
  uint64_t bytes = 0, number = 0;
  const auto let_go = [&](std::deque<event::HeldEvent>& kept) {
    if (look) benchmark::DoNotOptimize(kept.front().view());
    kept.pop_front();
  };
  for (auto _ : state)
    records.play(
        [&](std::span<const std::byte> record) {
          auto one = held.hold(*event::Event::decode(record, names()));
          bytes += record.size();
          auto& kept = ++number % 8 == 0 ? longer : shorter;
          if (one) kept.push_back(std::move(*one));
          if (kept.size() > kHeld / 2) let_go(kept);
        },
        [](uint64_t) {});
  state.SetItemsProcessed(static_cast<int64_t>(number));
  state.counters["bytes_an_event"] =
      static_cast<double>(held.memory()) / static_cast<double>(longer.size() + shorter.size());
  state.counters["bytes_of_records"] = static_cast<double>(bytes) / static_cast<double>(number);
  state.counters["refused"] = static_cast<double>(held.refused());
}

// What decoding alone takes, which is in all of the above.
void measure_decode(benchmark::State& state) {
  const Replay records(kRecords, event::sections_of(event::default_keys(true)) | REC_SECTION_DEVICE);
  for (auto _ : state)
    records.play(
        [&](std::span<const std::byte> record) { benchmark::DoNotOptimize(event::Event::decode(record, names())); },
        [](uint64_t) {});
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * static_cast<int64_t>(records.size()));
}

void write_all(const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory);
  for (const Case& chosen : written_cases()) {
    Replay records(20'000, sections_of(chosen), chosen.seen);
    records.add_samples();
    output::Writer writer(directory / chosen.name);
    replay(records, *layout_of(chosen), writer);
  }
}

}  // namespace
}  // namespace skbtrail::bench

int main(int argc, char** argv) {
  using namespace skbtrail::bench;
  if (argc == 3 && std::string_view(argv[1]) == "--write") {
    write_all(argv[2]);
    return 0;
  }
  for (const Case& chosen : measured_cases())
    benchmark::RegisterBenchmark(chosen.name.c_str(), [chosen](benchmark::State& state) {
      measure(state, chosen);
    })->Unit(benchmark::kMillisecond);
  register_recordings();
  register_trails();
  benchmark::RegisterBenchmark("trails_open", measure_open_trails)->Unit(benchmark::kMillisecond);
  benchmark::RegisterBenchmark("decode", measure_decode)->Unit(benchmark::kMillisecond);
  benchmark::RegisterBenchmark("hold", [](benchmark::State& state) {
    measure_hold(state, false);
  })->Unit(benchmark::kMillisecond);
  benchmark::RegisterBenchmark("hold_and_view", [](benchmark::State& state) {
    measure_hold(state, true);
  })->Unit(benchmark::kMillisecond);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
