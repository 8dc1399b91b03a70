// A folder that lives as long as the test.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace skbtrail::test {

class TempDir {
 public:
  TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "skbtrail-test-XXXXXX").string();
    if (!mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp " + pattern);
    path_ = pattern;
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] std::string path(const std::string& name = "") const {
    return name.empty() ? path_ : path_ + "/" + name;
  }

  // Makes the folders above it too; returns the inode number, as a namespace's is one.
  uint32_t write(const std::string& name, const std::string& text = "") const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::ofstream(path(name)) << text;
    return inode(name);
  }

  // A second name for a file: the same inode number.
  void link(const std::string& existing, const std::string& name) const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::filesystem::create_hard_link(path(existing), path(name));
  }

  [[nodiscard]] uint32_t inode(const std::string& name) const {
    struct stat file {};
    if (stat(path(name).c_str(), &file) != 0) throw std::runtime_error("stat " + path(name));
    return static_cast<uint32_t>(file.st_ino);
  }

  [[nodiscard]] std::string read(const std::string& name) const {
    std::ifstream file(path(name));
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::string path_;
};

}  // namespace skbtrail::test
