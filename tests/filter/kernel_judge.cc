#include "tests/filter/kernel_judge.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <elf.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string_view>

#include "kernel/btf.h"

namespace skbtrail::test {
namespace {

struct Close {
  void operator()(bpf_object* object) const { bpf_object__close(object); }
};
using Object = std::unique_ptr<bpf_object, Close>;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what);
}

std::vector<char> object_bytes() {
  std::ifstream file(JUDGE_OBJECT, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

template <typename T>
T read_at(const std::vector<char>& bytes, size_t at) {
  T value;
  if (at + sizeof(value) > bytes.size()) fail("the object file is cut");
  std::memcpy(&value, bytes.data() + at, sizeof(value));
  return value;
}

// Where the code of a function is in the file.
size_t offset_of(const std::vector<char>& bytes, std::string_view function) {
  const auto header = read_at<Elf64_Ehdr>(bytes, 0);
  const auto section = [&](size_t i) { return read_at<Elf64_Shdr>(bytes, header.e_shoff + i * sizeof(Elf64_Shdr)); };
  for (size_t i = 0; i < header.e_shnum; i++) {
    if (section(i).sh_type != SHT_SYMTAB) continue;
    const size_t names = section(section(i).sh_link).sh_offset;
    for (size_t at = 0; at < section(i).sh_size; at += sizeof(Elf64_Sym)) {
      const auto symbol = read_at<Elf64_Sym>(bytes, section(i).sh_offset + at);
      if (function == bytes.data() + names + symbol.st_name)
        return section(symbol.st_shndx).sh_offset + symbol.st_value;
    }
  }
  fail(fmt::format("{} is not in the object", function));
}

bpf_insn make(int code, int offset) {
  bpf_insn made{};
  made.code = static_cast<uint8_t>(code);
  made.off = static_cast<int16_t>(offset);
  return made;
}

// At the end of the stub, after a jump over what is left of it that is always taken: the verifier does not walk what
// it skips, and still finds a way to every instruction.
void patch(std::vector<char>& bytes, size_t stub, const std::vector<bpf_insn>& filter) {
  constexpr size_t kStub = JUDGE_STUB_WORDS + 2;  // with `r0 = 0; exit`
  if (filter.size() + 2 > kStub)
    fail(fmt::format("a filter of {} instructions is too long for the stub", filter.size()));
  const size_t first = kStub - filter.size();
  const bpf_insn skip[] = {make(BPF_ALU64 | BPF_MOV | BPF_K, 0),
                           make(BPF_JMP | BPF_JEQ | BPF_K, static_cast<int>(first - 2))};
  std::memcpy(bytes.data() + stub, skip, sizeof(skip));
  std::memcpy(bytes.data() + stub + first * sizeof(bpf_insn), filter.data(), filter.size() * sizeof(bpf_insn));
}

bpf_map* map_of(const Object& object, const char* part) {
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object.get()) {
    if (std::strstr(bpf_map__name(map), part)) return map;
  }
  fail(fmt::format("no map {}", part));
}

// Loaded, with the packets of another map. `log` must live as long as the object.
Object loaded(const std::vector<char>& bytes, int packets, std::string& log) {
  log.assign(1 << 20, '\0');
  LIBBPF_OPTS(bpf_object_open_opts, options, .kernel_log_buf = log.data(), .kernel_log_size = log.size());
  Object object(bpf_object__open_mem(bytes.data(), bytes.size(), &options));
  if (!object) fail("cannot open judge.bpf.o");
  size_t size = 0;
  *static_cast<bool*>(const_cast<void*>(bpf_map__initial_value(map_of(object, ".rodata"), &size))) = kernel_has_typed();
  if (bpf_map__reuse_fd(map_of(object, "packets"), packets)) fail("cannot share the packets");
  if (bpf_object__load(object.get()) == 0) return object;
  log.resize(std::strlen(log.c_str()));
  constexpr size_t kLastWords = 1000;
  fail("the kernel refuses the program: ..." + log.substr(log.size() - std::min(log.size(), kLastWords)));
}

judged_packet as_judged(const FilterPacket& packet) {
  judged_packet judged{};
  std::memset(judged.copy, 0xa5, sizeof(judged.copy));
  std::memset(judged.linear_bytes, 0x5a, sizeof(judged.linear_bytes));
  std::memcpy(judged.copy, packet.bytes.data(), packet.copied);
  std::memcpy(judged.linear_bytes, packet.bytes.data(), packet.bytes.size());
  judged.copied = packet.copied;
  judged.linear = static_cast<uint32_t>(packet.bytes.size());
  judged.wire_len = packet.wire_len;
  judged.ethertype = packet.ethertype;
  judged.tag = packet.tag;
  judged.packet_type = test::packet_type(packet);
  return judged;
}

void run(int program, size_t times) {
  char frame[64] = {};
  LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = sizeof(frame),
              .repeat = static_cast<int>(times));
  if (bpf_prog_test_run_opts(program, &options)) fail(fmt::format("BPF_PROG_TEST_RUN: {}", strerror(errno)));
}

}  // namespace

uint32_t packet_type(const FilterPacket& packet) {
  return packet.wire_len % 5;
}

filter::Cast kernel_cast() {
  static const filter::Cast cast = [] {
    const auto kernel = kernel::Btf::of_kernel();
    return filter::Cast{kernel.function_id("bpf_rdonly_cast"), kernel.byte_array(JUDGE_COPY_MAX)};
  }();
  return cast;
}

bool kernel_has_typed() {
  return kernel_cast().function && kernel_cast().type;
}

KernelJudge::KernelJudge(const std::vector<FilterPacket>& packets) : count_(packets.size()) {
  if (count_ > JUDGE_PACKETS) fail("more packets than the map holds");
  LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
  packets_ =
      bpf_map_create(BPF_MAP_TYPE_ARRAY, "packets", sizeof(uint32_t), sizeof(judged_packet), JUDGE_PACKETS, &options);
  if (packets_ < 0) fail(fmt::format("cannot make a map: {}", strerror(errno)));
  constexpr size_t kSize = JUDGE_PACKETS * sizeof(judged_packet);
  void* memory = mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_SHARED, packets_, 0);
  if (memory == MAP_FAILED) fail(fmt::format("cannot map a map: {}", strerror(errno)));
  judged_ = static_cast<judged_packet*>(memory);
  for (size_t i = 0; i < count_; i++) judged_[i] = as_judged(packets[i]);
}

KernelJudge::~KernelJudge() {
  munmap(judged_, JUDGE_PACKETS * sizeof(judged_packet));
  close(packets_);
}

Results KernelJudge::judge(const Filters& filters) {
  std::vector<char> bytes = object_bytes();
  // A stub left as it is would match nothing too, but the kernel takes long to remove so many instructions that do
  // nothing.
  const std::vector<bpf_insn> nothing = {make(BPF_ALU | BPF_MOV | BPF_K, 0), make(BPF_JMP | BPF_EXIT, 0)};
  for (size_t i = 0; i < filters.size(); i++)
    patch(bytes, offset_of(bytes, fmt::format("filter_{}", i)), filters[i].empty() ? nothing : filters[i]);
  std::string log;
  const Object object = loaded(bytes, packets_, log);
  run(bpf_program__fd(bpf_object__next_program(object.get(), nullptr)), count_);
  Results results;
  for (size_t i = 0; i < count_; i++) results.push_back(std::to_array(judged_[i].results));
  return results;
}

}  // namespace skbtrail::test
