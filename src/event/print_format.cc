#include "event/print_format.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "text/trimmed.h"

namespace skbtrail::event {

namespace {

using text::trimmed;

constexpr size_t kMostArguments = 256;

// After the closing quote of the string that begins at `at`, or the end.
size_t after_string(std::string_view text, size_t at) {
  for (at++; at < text.size() && text[at] != '"'; at++)
    if (text[at] == '\\') at++;
  return std::min(at + 1, text.size());
}

// Parts between commas that are in no parentheses, braces or strings.
std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  size_t begin = 0, at = 0;
  int depth = 0;
  while (at < text.size() && parts.size() < kMostArguments) {
    const char c = text[at];
    if (c == '"') {
      at = after_string(text, at);
      continue;
    }
    depth += (c == '(' || c == '{' || c == '[') - (c == ')' || c == '}' || c == ']');
    if (c == ',' && depth <= 0) {
      parts.push_back(trimmed(text.substr(begin, at - begin)));
      begin = at + 1;
    }
    at++;
  }
  if (begin < text.size()) parts.push_back(trimmed(text.substr(begin)));
  return parts;
}

// Of %p with these letters after it (Documentation/core-api/printk-formats.rst).
Look look_of_pointer(std::string_view kind) {
  if (kind.starts_with("I4") || kind.starts_with("i4")) return Look::ipv4;
  if (kind.starts_with("I6") || kind.starts_with("i6")) return Look::ipv6;
  if (kind.starts_with("IS")) return Look::socket_address;
  if (kind.starts_with('M')) return Look::mac;
  if (kind.starts_with('S') || kind.starts_with('s') || kind.starts_with('F')) return Look::symbol;
  return Look::address;
}

constexpr std::string_view kModifiers = "#0- +.123456789*hlLzjtq";

// One for each argument that the format string asks for.
std::vector<Look> conversions(std::string_view format) {
  std::vector<Look> looks;
  for (size_t at = 0; at < format.size(); at++) {
    if (format[at] != '%') continue;
    at++;
    if (at < format.size() && format[at] == '%') continue;
    for (; at < format.size() && kModifiers.find(format[at]) != std::string_view::npos; at++)
      if (format[at] == '*') looks.push_back(Look::decimal);  // its width is an argument
    if (at == format.size()) break;
    if (format[at] == 'x' || format[at] == 'X')
      looks.push_back(Look::hex);
    else
      looks.push_back(format[at] == 'p' ? look_of_pointer(format.substr(at + 1)) : Look::decimal);
  }
  return looks;
}

bool is_name(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return isalnum(c) != 0 || c == '_'; });
}

// Does the parenthesis that the text begins with end where it ends?
bool is_wrapped(std::string_view text) {
  if (!text.starts_with('(') || !text.ends_with(')')) return false;
  int depth = 0;
  for (size_t at = 0; at + 1 < text.size(); at++) {
    depth += (text[at] == '(') - (text[at] == ')');
    if (depth == 0) return false;
  }
  return true;
}

// The field that an expression is, after casts and parentheses.
std::optional<std::string_view> field_in(std::string_view expression) {
  constexpr std::string_view kRecord = "REC->";
  for (int casts = 0; casts < 8; casts++) {
    expression = trimmed(expression);
    if (is_wrapped(expression)) {
      expression = expression.substr(1, expression.size() - 2);
    } else if (expression.starts_with('(')) {
      expression.remove_prefix(std::min(expression.find(')') + 1, expression.size()));
    } else {
      break;
    }
  }
  if (!expression.starts_with(kRecord) || !is_name(expression.substr(kRecord.size()))) return std::nullopt;
  return expression.substr(kRecord.size());
}

std::optional<uint64_t> number_in(std::string_view text) {
  text = trimmed(text);
  while (is_wrapped(text)) text = trimmed(text.substr(1, text.size() - 2));
  const bool hexadecimal = text.starts_with("0x");
  if (hexadecimal) text.remove_prefix(2);
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, hexadecimal ? 16 : 10);
  if (error != std::errc{} || end == text.data()) return std::nullopt;
  const std::string_view suffix(end, static_cast<size_t>(text.data() + text.size() - end));
  return suffix.find_first_not_of("uUlL") == std::string_view::npos ? std::optional(value) : std::nullopt;
}

// "{ 1, "TCP_ESTABLISHED" }"
void add_name(std::string_view pair, std::map<uint64_t, std::string>& names) {
  if (!pair.starts_with('{') || !pair.ends_with('}')) return;
  const auto parts = split(pair.substr(1, pair.size() - 2));
  if (parts.size() != 2 || !parts[1].starts_with('"') || !parts[1].ends_with('"') || parts[1].size() < 2) return;
  if (const auto value = number_in(parts[0])) names.emplace(*value, parts[1].substr(1, parts[1].size() - 2));
}

std::optional<Meaning> meaning_of(std::string_view argument, Look look) {
  constexpr std::string_view kTable = "__print_symbolic(";
  Meaning meaning;
  if (argument.starts_with(kTable) && argument.ends_with(')')) {
    const auto parts = split(argument.substr(kTable.size(), argument.size() - kTable.size() - 1));
    const auto field = parts.empty() ? std::nullopt : field_in(parts.front());
    if (!field) return std::nullopt;
    meaning.field = *field;
    for (size_t i = 1; i < parts.size(); i++) add_name(parts[i], meaning.names);
    return meaning;
  }
  const auto field = field_in(argument);
  if (!field) return std::nullopt;
  meaning.field = *field;
  meaning.look = look;
  return meaning;
}

}  // namespace

std::vector<Meaning> parse_print_format(std::string_view text) {
  std::vector<Meaning> meanings;
  text = trimmed(text);
  if (!text.starts_with('"')) return meanings;
  const size_t end = after_string(text, 0);
  const auto looks = conversions(text.substr(1, end - 1));
  text = trimmed(text.substr(end));
  if (!text.starts_with(',')) return meanings;
  const auto arguments = split(text.substr(1));
  for (size_t i = 0; i < std::min(arguments.size(), looks.size()); i++)
    if (auto meaning = meaning_of(arguments[i], looks[i])) meanings.push_back(std::move(*meaning));
  return meanings;
}

}  // namespace skbtrail::event
