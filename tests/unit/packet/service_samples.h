// Messages of services, and samples of them: NTP, DHCP, SNMP, syslog, QUIC, HTTP/1.
#pragma once

#include "upper_samples.h"

namespace skbtrail::test {

// Tag, length, and what is in it; ASN.1's basic encoding.
inline ByteVector ber(unsigned tag, const ByteVector& body) {
  ByteVector element = {static_cast<uint8_t>(tag)};
  put(element, with_length(1, body));
  return element;
}

inline ByteVector ber_number(unsigned number) {
  return ber(2, {static_cast<uint8_t>(number)});
}

inline const ByteVector kSysDescr = {0x2b, 6, 1, 2, 1, 1, 1, 0};  // 1.3.6.1.2.1.1.1.0

inline ByteVector snmp_pdu(unsigned tag, unsigned error = 0, const ByteVector& oid = kSysDescr) {
  const ByteVector variables = ber(0x30, ber(0x30, joined({ber(6, oid), {5, 0}})));
  return ber(tag, joined({ber_number(7), ber_number(error), ber_number(0), variables}));
}

inline ByteVector snmp(unsigned version, const ByteVector& pdu) {
  return ber(0x30, joined({ber_number(version), ber(4, text_bytes("s3cret")), pdu}));
}

inline ByteVector ntp(unsigned mode, unsigned stratum = 0, unsigned poll = 6) {
  ByteVector message = {static_cast<uint8_t>(0x20 | mode), static_cast<uint8_t>(stratum), static_cast<uint8_t>(poll)};
  message.resize(48);
  return message;
}

struct DhcpFields {
  unsigned op = 1;
  std::string client = "0.0.0.0", your = "0.0.0.0";
  ByteVector options = {};  // after the cookie
};

inline ByteVector dhcp(const DhcpFields& fields) {
  ByteVector message = {static_cast<uint8_t>(fields.op), 1, 6, 0, 0x12, 0x34, 0x56, 0x78, 0, 1, 0x80, 0};
  put(message, address_bytes(fields.client));
  put(message, address_bytes(fields.your));
  message.resize(28);
  put(message, {2, 0, 0, 0, 0, 10});
  message.resize(236);
  put(message, {0x63, 0x82, 0x53, 0x63});
  put(message, fields.options);
  return message;
}

inline ByteVector dhcp6_option(unsigned code, const ByteVector& body) {
  ByteVector option;
  put16(option, code);
  put(option, with_length(2, body));
  return option;
}

// `length`: what its own length says; 0: what is after it.
inline ByteVector quic_initial(const ByteVector& dcid, uint32_t version = 1, unsigned length = 0) {
  ByteVector packet = {static_cast<uint8_t>(version == 1 ? 0xc3 : 0xd3)};
  put32(packet, version);
  put(packet, with_length(1, dcid));
  put(packet, {2, 0xaa, 0xbb, 0});
  put16(packet, 0x4000 | (length == 0 ? 30 : length));
  put(packet, ByteVector(30, 0x99));
  return packet;
}

void add_services(std::vector<Sample>& to);

}  // namespace skbtrail::test
