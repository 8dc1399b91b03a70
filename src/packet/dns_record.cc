// Records of a DNS message (RFC 1035 section 4.1.3; types: IANA).
//
//    0      n      n+2     n+4   n+8      n+10     n+10+len
//   +------+------+-------+-----+--------+--- - - -+
//   | name | type | class | ttl | len    | data    |
//   +------+------+-------+-----+--------+--- - - -+
#include "packet/dns.h"

namespace skbtrail::packet {
namespace {

enum Type : uint16_t {
  kA = 1,
  kNs = 2,
  kCname = 5,
  kPtr = 12,
  kMx = 15,
  kTxt = 16,
  kAaaa = 28,
  kSrv = 33,
  kDname = 39,
  kOpt = 41,
};

constexpr uint16_t kCacheFlush = 0x8000;  // in a class of mDNS (RFC 6762 section 10.2)
constexpr size_t kMostOfName = 64;
constexpr size_t kMostOfText = 40;

struct NumberName {
  uint16_t number;
  const char* name;
};
constexpr NumberName kTypes[] = {
    {kA, "A"},       {kNs, "NS"},        {kCname, "CNAME"}, {6, "SOA"},         {10, "NULL"},   {11, "WKS"},
    {kPtr, "PTR"},   {13, "HINFO"},      {14, "MINFO"},     {kMx, "MX"},        {kTxt, "TXT"},  {17, "RP"},
    {18, "AFSDB"},   {24, "SIG"},        {25, "KEY"},       {kAaaa, "AAAA"},    {29, "LOC"},    {kSrv, "SRV"},
    {35, "NAPTR"},   {36, "KX"},         {37, "CERT"},      {kDname, "DNAME"},  {kOpt, "OPT"},  {42, "APL"},
    {43, "DS"},      {44, "SSHFP"},      {45, "IPSECKEY"},  {46, "RRSIG"},      {47, "NSEC"},   {48, "DNSKEY"},
    {49, "DHCID"},   {50, "NSEC3"},      {52, "TLSA"},      {51, "NSEC3PARAM"}, {53, "SMIMEA"}, {59, "CDS"},
    {60, "CDNSKEY"}, {61, "OPENPGPKEY"}, {62, "CSYNC"},     {63, "ZONEMD"},     {64, "SVCB"},   {65, "HTTPS"},
    {99, "SPF"},     {108, "EUI48"},     {109, "EUI64"},    {249, "TKEY"},      {250, "TSIG"},  {251, "IXFR"},
    {252, "AXFR"},   {255, "ANY"},       {256, "URI"},      {257, "CAA"},
};

// ` NAME`, with what `before` reads of the data first.
DnsRead read_name_data(fmt::memory_buffer* out, const Cursor& message, Cursor data) {
  DnsName name;
  const DnsRead read = read_dns_name(message, data, name);
  if (read != DnsRead::ok || !out) return read;
  append(*out, " ");
  append_dns_name(*out, name, kMostOfName);
  return read;
}

DnsRead read_address(fmt::memory_buffer* out, Cursor data, uint16_t type) {
  IpAddress address;
  if (!(type == kA ? read_ipv4_address(data, address) : read_ipv6_address(data, address))) return DnsRead::out_of_bytes;
  if (!out) return DnsRead::ok;
  append(*out, " ");
  append_address(*out, address);
  return DnsRead::ok;
}

DnsRead read_mx(fmt::memory_buffer* out, const Cursor& message, Cursor data) {
  uint16_t preference = 0;
  if (!data.read(preference)) return DnsRead::out_of_bytes;
  const DnsRead read = read_name_data(out, message, data);
  if (read == DnsRead::ok && out) fmt::format_to(fmt::appender(*out), " {}", preference);
  return read;
}

DnsRead read_srv(fmt::memory_buffer* out, const Cursor& message, Cursor data) {
  uint16_t priority = 0, weight = 0, port = 0;
  if (!(data.read(priority) && data.read(weight) && data.read(port))) return DnsRead::out_of_bytes;
  const DnsRead read = read_name_data(out, message, data);
  if (read == DnsRead::ok && out) fmt::format_to(fmt::appender(*out), ":{} {} {}", port, priority, weight);
  return read;
}

// The first string only.
DnsRead read_txt(fmt::memory_buffer* out, Cursor data) {
  uint8_t len = 0;
  if (!data.read(len)) return DnsRead::out_of_bytes;
  Cursor text = data;
  if (!data.skip(len)) return DnsRead::out_of_bytes;
  if (!out) return DnsRead::ok;
  text.narrow(len);
  append(*out, " \"");
  append_escaped(*out, text, kMostOfText);
  append(*out, "\"");
  return DnsRead::ok;
}

DnsRead read_data(fmt::memory_buffer* out, const Cursor& message, Cursor data, uint16_t type) {
  switch (type) {
    case kA:
    case kAaaa: return read_address(out, data, type);
    case kNs:
    case kCname:
    case kPtr:
    case kDname: return read_name_data(out, message, data);
    case kMx: return read_mx(out, message, data);
    case kSrv: return read_srv(out, message, data);
    case kTxt: return read_txt(out, data);
    default: return DnsRead::ok;
  }
}

}  // namespace

void append_dns_type(fmt::memory_buffer& out, uint16_t type) {
  for (const NumberName& known : kTypes) {
    if (known.number == type) return append(out, known.name);
  }
  fmt::format_to(fmt::appender(out), "Type{}", type);
}

void append_dns_class(fmt::memory_buffer& out, uint16_t dns_class) {
  switch (dns_class) {
    case 1: return;
    case 3: return append(out, " CHAOS");
    case 4: return append(out, " HS");
    case 255: return append(out, " ANY");
    default: fmt::format_to(fmt::appender(out), " (Class {})", dns_class);
  }
}

DnsRead read_dns_record(fmt::memory_buffer* out, const Cursor& message, Cursor& cursor, bool multicast) {
  DnsName name;
  uint16_t type = 0, dns_class = 0, len = 0;
  uint32_t ttl_s = 0;
  if (const DnsRead read = read_dns_name(message, cursor, name); read != DnsRead::ok) return read;
  if (!(cursor.read(type) && cursor.read(dns_class) && cursor.read(ttl_s) && cursor.read(len))) {
    return DnsRead::out_of_bytes;
  }
  if (out) {
    if (type != kOpt) append_dns_class(*out, multicast ? dns_class & ~kCacheFlush & 0xffff : dns_class);
    if (multicast && (dns_class & kCacheFlush)) append(*out, " (Cache flush)");
    append(*out, " ");
    append_dns_type(*out, type);
  }
  const Cursor data = cursor;
  if (!cursor.skip(len)) return DnsRead::out_of_bytes;
  Cursor own = data;
  own.narrow(len);
  const DnsRead read = read_data(out, message, own, type);
  return read == DnsRead::ok ? read : DnsRead::bad;  // the data is all there, and is not what its type says
}

}  // namespace skbtrail::packet
