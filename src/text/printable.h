// Texts that are not ours, fit for a terminal: names of devices, namespaces, tasks and files, symbols, what packets and
// recordings hold. The kernel lets a name be nearly any bytes, and a terminal obeys some.
//
// One '?' replaces each
//   - control character: C0, DEL, C1 (U+0080 to U+009F; U+009B begins a sequence as ESC [ does)
//   - character that changes the direction of what follows (U+202E and its like), or that is not seen (U+200B, U+FEFF)
//   - byte that is not UTF-8 (RFC 3629)
// and the rest goes out as it is. JSON escapes the same characters instead (output/json_text.h): exact names are there.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "text/append.h"
#include "text/plain.h"

namespace skbtrail::text {

// Whether a terminal shows the character as one, and does nothing else.
bool is_printable(char32_t code);

// Terminal columns that a text takes which append_printable() wrote: of the characters of two columns and of those that
// combine with the one before, the usual ones are known.
size_t columns_of(std::string_view text);

// Blanks, until the text from `begin` on takes so many columns.
void fill_columns(fmt::memory_buffer& out, size_t begin, size_t columns);

size_t append_printable_slowly(fmt::memory_buffer& out, std::string_view text);

// How many bytes more than columns were added: 0 for all that is ASCII.
inline size_t append_printable(fmt::memory_buffer& out, std::string_view text) {
  if (!is_plain<>(text)) return append_printable_slowly(out, text);
  append(out, text);
  return 0;
}

std::string printable(std::string_view text);

// The same of whole lines, whose ends and tabs are kept.
std::string printable_lines(std::string_view text);

// The same of a message that quotes others' words: a line's end is kept only where our own may be, in front of a line
// that is indented by two. So a name with a line's end in it cannot pass for a message.
std::string printable_message(std::string_view text);

}  // namespace skbtrail::text
