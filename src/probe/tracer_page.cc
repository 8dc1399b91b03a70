#include "probe/tracer_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace skbtrail::probe {

namespace {

constexpr size_t kWidth = 80;
constexpr size_t kMeaningColumn = 40;
constexpr size_t kMarkWidth = 4;

class Page {
 public:
  Page(const TracerTree& tree, const WhyNot& why_not) : tree_(tree), why_not_(why_not) {
    const auto set = tree.default_set();
    default_.insert(set.begin(), set.end());
  }

  std::string text() {
    group(tree_.root(), 0);
    end();
    return std::move(out_);
  }

 private:
  // NOLINTNEXTLINE(misc-no-recursion): as deep as the tree
  void group(const TracerGroup& group, size_t depth) {
    const std::string name(2 * depth, ' ');
    if (depth) out_ += '\n';
    wrap(name + group.name + "  ", group.meaning, 2 * depth + 2);
    if (!group.includes.empty()) {
      std::string list;
      for (const auto& word : group.includes) list += (list.empty() ? "" : ", ") + word;
      wrap(std::string(2 * depth + 2, ' ') + "and ", list, 2 * depth + 4);
    }
    for (const auto& one : group.tracers) tracer(one, depth + 1);
    for (const auto& inner : group.groups) this->group(inner, depth + 1);
  }

  void tracer(const Tracer& tracer, size_t depth) {
    const NameChoice choice = choose_name(tracer, why_not_);
    std::string line = fmt::format("{:<{}}", mark(choice) + (default_.contains(&tracer) ? "*" : ""), kMarkWidth);
    // The mark replaces indentation where there is enough of it.
    line += std::string(std::max(2 * depth, kMarkWidth) - kMarkWidth, ' ');
    line += choice.name;
    if (choice.how == NameChoice::How::stand_in) line += fmt::format(" for {}", tracer.names.front());
    counts_[static_cast<size_t>(choice.how)]++;
    if (line.size() + 2 > kMeaningColumn) {
      out_ += line + '\n';
      line.clear();
    }
    line.resize(kMeaningColumn, ' ');
    wrap(line, tracer.meaning, kMeaningColumn);
  }

  std::string mark(const NameChoice& choice) {
    switch (choice.how) {
      case NameChoice::How::function: return "f";
      case NameChoice::How::tracepoint: return "t";
      case NameChoice::How::stand_in: return "s";
      case NameChoice::How::not_here: break;
    }
    auto known = std::find_if(reasons_.begin(), reasons_.end(), [&](const Reason& r) { return r.why == choice.why; });
    if (known == reasons_.end()) known = reasons_.insert(reasons_.end(), {choice.why});
    known->count++;
    return fmt::format("-{}", known - reasons_.begin() + 1);
  }

  // `text` after `line`, broken between words, at `indent` where it goes on.
  void wrap(std::string line, std::string_view text, size_t indent) {
    bool first = true;
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find(' ', at), text.size());
      const auto word = text.substr(at, end - at);
      if (!first && line.size() + 1 + word.size() > kWidth) {
        out_ += line + '\n';
        line.assign(indent, ' ');
        first = true;
      }
      if (!first) line += ' ';
      line += word;
      first = false;
      at = end + 1;
    }
    out_ += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
  }

  void end() {
    using How = NameChoice::How;
    const auto count = [&](How how) { return counts_[static_cast<size_t>(how)]; };
    out_ += fmt::format("\nf   a function: {}\nt   a tracepoint: {}\n", count(How::function), count(How::tracepoint));
    if (count(How::stand_in)) out_ += fmt::format("s   a tracepoint instead of a function: {}\n", count(How::stand_in));
    out_ += "*   traced where -t says nothing\n";
    for (size_t i = 0; i < reasons_.size(); i++)
      wrap(fmt::format("-{:<3}", i + 1), fmt::format("not here: {} ({})", reasons_[i].why, reasons_[i].count),
           kMarkWidth);
  }

  struct Reason {
    std::string why;
    size_t count = 0;
  };

  const TracerTree& tree_;
  const WhyNot& why_not_;
  std::set<const Tracer*> default_;
  std::vector<Reason> reasons_;
  size_t counts_[4] = {};
  std::string out_;
};

}  // namespace

std::string tracer_tree_page(const TracerTree& tree, const WhyNot& why_not) {
  return Page(tree, why_not).text();
}

}  // namespace skbtrail::probe
