// Commands with placeholders, filled in with what a packet has: ready to be pasted into a shell of root.
//
//   ip route get {dst} from {src} iif {dev}   ─►   ip netns exec blue ip route get 10.0.0.2 from 10.0.0.1 iif eth0
//
//   ss -Hu[ sport = :{dport}]               ─►   ss -Hu             where the packet has no ports
//   nft list ruleset; iptables-save         ─►   both, each of them in the packet's namespace
//
// What a newcomer gets wrong: names are others' words. A container may call its device `$(reboot)`, so whatever is
// filled in is quoted for a shell, and a command of the file has no signs of a shell itself.
#pragma once

#include <string>
#include <string_view>

#include "diagnose/subject.h"

namespace skbtrail::diagnose {

// What is wrong with a command of a file: a placeholder that is not known, a sign of the shell; empty: nothing.
std::string mistake_in_command(std::string_view pattern);

// As it is to be typed for this packet, in its namespace. What is not known of it stays as a word: DST.
std::string command_for(std::string_view pattern, const Subject& subject);

// Without a packet: every placeholder as a word.
std::string command_with_words(std::string_view pattern);

// One word of a shell, in quotes where it needs them.
std::string shell_word(std::string_view text);

}  // namespace skbtrail::diagnose
