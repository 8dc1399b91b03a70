// The file, or the ring of files, that a recording goes to: written, and compressed, in a thread of its own, so that a
// disk that lets writes wait does not keep the rings from being read.
//
// A name that ends in .zst is compressed with zstd; what was handed over is then readable however the file ends. In a
// ring, files are numbered before the first dot of the name, "trace_00001.pcapng"; numbers go on where an earlier run
// left them, and the oldest are removed, so that at most `keep` are there.
//
// A write that fails (a full disk) ends it: what was whole stays, and the file is cut after its last whole block, or,
// compressed, after the last piece that was handed over whole. So events_written() is what `read` finds. Whoever asks
// next learns the errno. One thread calls.
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "io/background_writer.h"
#include "io/batch.h"
#include "io/fd.h"

namespace skbtrail::recording {

struct Destination {
  std::string path;           // empty: standard output
  uint64_t rotate_bytes = 0;  // of a file in the ring, as it lies on the disk; 0: one file
  uint32_t keep = 0;          // files; 0: all
};

// "trace_00007.pcapng" of "trace.pcapng"; five digits, or as many as it takes.
std::string numbered(const std::string& path, uint32_t number);
// The number with which `numbered` makes `name` of `ring`, both without a folder.
std::optional<uint32_t> number_in(const std::string& ring, std::string_view name);

class Files {
 public:
  // Makes the file, or empties it. Throws std::system_error.
  explicit Files(Destination destination);
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;
  // Waits until everything is written.
  ~Files();

  // Takes whole blocks and leaves the batch empty. Returns the errno of the first write that failed, 0 if none has.
  int add(io::Batch& batch);

  // What is added from now on goes to the next file.
  void begin_next();

  // Waits until everything is written, the last frame of zstd, if there is one, is whole, and the file is closed;
  // nothing may be added after. Returns as add() does.
  int finish();

  // The file has got as large as the ring's files may be.
  [[nodiscard]] bool full() const;

  // Of what was added.
  [[nodiscard]] io::BackgroundWriter& writer() { return *writer_; }
  // It has a reader, who may not read.
  [[nodiscard]] bool has_reader() const { return has_reader_; }

  [[nodiscard]] std::string name() const;  // of the last file, for messages

 private:
  struct Compressor;
  using Stop = std::atomic<bool>;

  int open_file();
  int close_file();
  io::Written write(const io::Batch& batch, const Stop& stop);
  io::Written write_blocks(std::string_view blocks, const Stop& stop);
  io::Written write_compressed(std::string_view blocks, const Stop& stop);
  int compress(std::string_view bytes, int how, const Stop& stop);
  int end_frame(const Stop& stop);
  int put(std::string_view bytes, const Stop& stop);
  void cut_at(uint64_t end);
  void find_number();

  Destination destination_;
  bool compressed_;
  bool has_reader_ = false;
  std::unique_ptr<Compressor> compressor_;
  uint32_t number_ = 0;  // of the file in the ring
  mutable std::mutex name_mutex_;
  std::string name_;
  io::Fd file_;
  int fd_ = -1;                        // the thread's
  std::atomic<uint64_t> written_ = 0;  // bytes of this file, from when it was asked for
  uint64_t size_ = 0;                  // of this file; the thread's
  uint64_t handed_ = 0;                // bytes before compression, written or not
  std::unique_ptr<io::BackgroundWriter> writer_;
};

}  // namespace skbtrail::recording
