// The file, or the ring of files, that a recording goes to: written, and compressed, in a thread of its own, so that a
// disk that lets writes wait keeps nobody from reading the rings.
//
// A name that ends in .zst is compressed with zstd; what was handed over is then readable however the file ends. In a
// ring, files are numbered before the first dot of the name, "trace_00001.pcapng"; numbers go on where an earlier run
// left them, and the oldest are removed, so that at most `keep` are there.
//
// A write that fails (a full disk) ends it: what was whole stays, and the file is cut behind its last whole block.
// Whoever adds next learns the errno. At most kAhead bytes wait, then add() does too. One thread calls.
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "kernel/fd.h"

namespace skbtrail::recording {

struct Destination {
  std::string path;           // empty: standard output
  uint64_t rotate_bytes = 0;  // of a file in the ring, as it lies on the disk; 0: one file
  uint32_t keep = 0;          // files; 0: all
};

// "trace_00007.pcapng" of "trace.pcapng".
std::string numbered(const std::string& path, uint32_t number);

class Files {
 public:
  static constexpr size_t kAhead = 32u << 20;

  // Makes the file, or empties it. Throws std::system_error.
  explicit Files(Destination destination);
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;
  // Waits until everything is written.
  ~Files();

  // Takes whole blocks and leaves the buffer empty. Returns the errno of the first write that failed, 0 if none has.
  int add(fmt::memory_buffer& buffer);

  // What is added from now on goes to the next file.
  void begin_next();

  // Waits until everything is written, and the last frame of zstd, if there is one, is whole; nothing may be added
  // after. Returns as add() does.
  int finish();

  // The file has got as large as the ring's files may be.
  [[nodiscard]] bool full() const;

  [[nodiscard]] int fd() const { return fd_.load(); }
  [[nodiscard]] std::string name() const;  // of the last file, for messages

 private:
  struct Compressor;
  enum class Do : uint8_t { write, next, finish };
  struct Piece {
    fmt::memory_buffer bytes;
    Do what = Do::write;
  };

  void run();
  int carry_out(const Piece& piece);
  int open_file();
  int write_piece(std::string_view bytes);
  int end_frame();
  int put(std::string_view bytes, std::string_view whole_blocks);
  void put_in(fmt::memory_buffer&& bytes, Do what);
  void find_number();

  Destination destination_;
  bool compressed_;
  std::unique_ptr<Compressor> compressor_;
  uint32_t number_ = 0;  // of the file in the ring
  std::string name_;
  kernel::Fd file_;
  std::atomic<int> fd_ = -1;
  std::atomic<uint64_t> written_ = 0;  // bytes of this file
  uint64_t handed_ = 0;                // the same before compression, handed over or not

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Piece> waiting_;  // the first is being written
  std::vector<fmt::memory_buffer> spare_;
  size_t waiting_bytes_ = 0;
  int error_ = 0;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace skbtrail::recording
