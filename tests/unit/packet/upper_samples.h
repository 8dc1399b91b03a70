// The upper half of the samples: options, extension headers, multicast, transport protocols, and names in payloads.
// The lines are in samples.cc's form; what follows tcpdump's line is separate (Sample::beyond_tcpdump).
#pragma once

#include <string_view>
#include <vector>

#include "samples.h"

namespace skbtrail::test {

inline ByteVector text_bytes(std::string_view text) {
  return {text.begin(), text.end()};
}

inline ByteVector joined(std::initializer_list<ByteVector> parts) {
  ByteVector all;
  for (const ByteVector& part : parts) put(all, part);
  return all;
}

// What comes after a length of `bytes_of_length` bytes.
inline ByteVector with_length(unsigned bytes_of_length, const ByteVector& bytes) {
  ByteVector all;
  for (unsigned i = bytes_of_length; i-- > 0;) put8(all, static_cast<unsigned>(bytes.size() >> (8 * i)));
  put(all, bytes);
  return all;
}

// "example.org" as labels.
inline ByteVector dns_name(std::string_view name) {
  ByteVector wire;
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    put(wire, with_length(1, text_bytes(label)));
    name.remove_prefix(std::min(name.size(), label.size() + 1));
  }
  put8(wire, 0);
  return wire;
}

struct DnsCounts {
  unsigned questions = 1, answers = 0, authorities = 0, additional = 0;
};

inline ByteVector dns_header(unsigned id, unsigned flags, const DnsCounts& counts = {}) {
  ByteVector header;
  for (unsigned word : {id, flags, counts.questions, counts.answers, counts.authorities, counts.additional}) {
    put16(header, word);
  }
  return header;
}

inline ByteVector dns_question(const ByteVector& name, unsigned type, unsigned dns_class = 1) {
  ByteVector question = name;
  put16(question, type), put16(question, dns_class);
  return question;
}

inline ByteVector dns_record(const ByteVector& name, unsigned type, const ByteVector& body, unsigned dns_class = 1) {
  ByteVector record = dns_question(name, type, dns_class);
  put32(record, 300);
  put(record, with_length(2, body));
  return record;
}

inline ByteVector tls_extension(unsigned type, const ByteVector& body) {
  ByteVector extension;
  put16(extension, type);
  put(extension, with_length(2, body));
  return extension;
}

inline ByteVector tls_record(unsigned type, const ByteVector& fragment) {
  ByteVector record = {static_cast<uint8_t>(type), 3, 1};
  put(record, with_length(2, fragment));
  return record;
}

inline ByteVector client_hello(std::string_view name) {
  const ByteVector sni = with_length(2, joined({{0}, with_length(2, text_bytes(name))}));
  const ByteVector alpn =
      with_length(2, joined({with_length(1, text_bytes("h2")), with_length(1, text_bytes("http/1.1"))}));
  const ByteVector extensions = joined({tls_extension(0x1a1a, {}), tls_extension(0, sni), tls_extension(16, alpn),
                                        tls_extension(43, {4, 0x1a, 0x1a, 3, 4})});
  const ByteVector body = joined({{3, 3},
                                  ByteVector(32, 0x55),
                                  with_length(1, ByteVector(32, 0x66)),
                                  with_length(2, {0x13, 1, 0x13, 2}),
                                  {1, 0},
                                  with_length(2, extensions)});
  return tls_record(22, joined({{1}, with_length(3, body)}));
}

std::vector<Sample> upper_samples();

}  // namespace skbtrail::test
