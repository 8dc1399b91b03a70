#include "filter/operands.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <string_view>
#include <utility>

namespace skbtrail::filter {
namespace {

constexpr size_t kDeepest = 32;  // parentheses

// Move the offsets of all that follows.
constexpr std::array<std::string_view, 6> kMoving{"vlan", "mpls", "pppoed", "pppoes", "geneve", "vxlan"};

// A primitive that begins with one of these takes nothing from the one before it.
constexpr std::array<std::string_view, 39> kBeginnings{
    "host",    "net",  "port", "portrange", "src",   "dst",       "ether",     "link",    "ip",      "ip6",
    "arp",     "rarp", "tcp",  "udp",       "icmp",  "icmp6",     "sctp",      "igmp",    "igrp",    "pim",
    "ah",      "esp",  "vrrp", "carp",      "proto", "broadcast", "less",      "len",     "llc",     "stp",
    "greater", "ipx",  "iso",  "lat",       "aarp",  "atalk",     "multicast", "inbound", "outbound"};

// What may be between a primitive's first word and its last.
constexpr std::array<std::string_view, 19> kQualifiers{"host", "net",  "port",  "portrange", "src",  "dst", "ether",
                                                       "link", "ip",   "ip6",   "arp",       "rarp", "tcp", "udp",
                                                       "sctp", "icmp", "proto", "or",        "and"};

template <size_t kCount>
bool is_one_of(std::string_view word, const std::array<std::string_view, kCount>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_beginning(std::string_view word) {
  return is_one_of(word, kBeginnings);
}

bool is_word_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || std::string_view("_.-:/\\").find(c) != std::string_view::npos;
}

// Words, and symbols of one or two characters.
std::vector<std::string_view> tokens_of(std::string_view text) {
  std::vector<std::string_view> tokens;
  for (size_t at = 0; at < text.size();) {
    if (std::isspace(static_cast<unsigned char>(text[at]))) {
      at++;
      continue;
    }
    size_t end = at + 1;
    if (is_word_character(text[at])) {
      while (end < text.size() && is_word_character(text[end])) end++;
    } else if (const std::string_view two = text.substr(at, 2); two == "&&" || two == "||" || two == "!=" ||
                                                                two == "==" || two == "<=" || two == ">=" ||
                                                                two == "<<" || two == ">>") {
      end = at + 2;
    }
    tokens.push_back(text.substr(at, end - at));
    at = end;
  }
  return tokens;
}

using Tokens = std::span<const std::string_view>;

bool is_and(std::string_view token) {
  return token == "and" || token == "&&";
}
bool is_or(std::string_view token) {
  return token == "or" || token == "||";
}
bool is_not(std::string_view token) {
  return token == "not" || token == "!";
}

std::string joined(Tokens tokens) {
  std::string text;
  for (const std::string_view token : tokens) {
    if (!text.empty()) text += ' ';
    text += token;
  }
  return text;
}

class Taking {
 public:
  // False: it cannot be taken apart.
  bool take(Tokens tokens, std::vector<Operand>& into, size_t depth) {
    if (depth > kDeepest || tokens.empty()) return false;
    Operand::Join join = Operand::Join::both;
    for (size_t begin = 0; begin <= tokens.size();) {
      const auto end = end_of_operand(tokens, begin);
      if (!end || !take_operand(tokens.subspan(begin, *end - begin), join, into, depth)) return false;
      if (*end == tokens.size()) return true;
      join = is_or(tokens[*end]) ? Operand::Join::either : Operand::Join::both;
      begin = *end + 1;
    }
    return false;
  }

 private:
  static std::optional<size_t> end_of_operand(Tokens tokens, size_t begin) {
    int open = 0;
    for (size_t i = begin; i < tokens.size(); i++) {
      const std::string_view token = tokens[i];
      if (token == "(" || token == "[") open++;
      if (token == ")" || token == "]") open--;
      if (open < 0) return std::nullopt;
      if (open > 0 || (!is_and(token) && !is_or(token))) continue;
      // `src or dst port 80` is one primitive.
      if (i > begin && (tokens[i - 1] == "src" || tokens[i - 1] == "dst")) continue;
      return i;
    }
    return open == 0 ? std::optional(tokens.size()) : std::nullopt;
  }

  bool take_operand(Tokens tokens, Operand::Join join, std::vector<Operand>& into, size_t depth) {
    Operand operand;
    operand.join = join;
    while (!tokens.empty() && is_not(tokens.front())) {
      operand.opposite = !operand.opposite;
      tokens = tokens.subspan(1);
    }
    if (tokens.empty()) return false;
    const bool taken = is_in_parentheses(tokens) ? take(tokens.subspan(1, tokens.size() - 2), operand.parts, depth + 1)
                                                 : take_primitive(tokens, operand.primitive);
    into.push_back(std::move(operand));
    return taken;
  }

  // All of it, and not those of arithmetic.
  static bool is_in_parentheses(Tokens tokens) {
    if (tokens.front() != "(" || tokens.back() != ")") return false;
    int open = 0;
    for (size_t i = 0; i < tokens.size(); i++) {
      if (tokens[i] == "(") open++;
      if (tokens[i] == ")") open--;
      if (open == 0) return i + 1 == tokens.size();
    }
    return false;
  }

  bool take_primitive(Tokens tokens, std::string& primitive) {
    if (std::any_of(tokens.begin(), tokens.end(), [](auto token) { return is_one_of(token, kMoving); })) return false;
    if (tokens.size() == 1 && !is_beginning(tokens.front())) {
      // It has the qualifiers of the one before it.
      if (qualifiers_.empty()) return false;
      primitive = qualifiers_ + " " + std::string(tokens.front());
      return true;
    }
    primitive = joined(tokens);
    qualifiers_.clear();
    const bool compares = std::any_of(tokens.begin(), tokens.end(),
                                      [](auto token) { return token.find_first_of("=<>") != std::string_view::npos; });
    if (compares) return true;
    if (!is_beginning(tokens.front())) return false;
    const Tokens before = tokens.first(tokens.size() - 1);
    const bool plain =
        !before.empty() && !is_one_of(tokens.back(), kQualifiers) &&
        std::all_of(before.begin(), before.end(), [](auto token) { return is_one_of(token, kQualifiers); });
    if (plain) qualifiers_ = joined(before);
    return true;
  }

  std::string qualifiers_;  // of the last primitive; empty where they are not known
};

}  // namespace

std::optional<std::vector<Operand>> take_apart(const std::string& expression) {
  const auto tokens = tokens_of(expression);
  std::vector<Operand> operands;
  if (!Taking().take(tokens, operands, 0)) return std::nullopt;
  return operands;
}

}  // namespace skbtrail::filter
