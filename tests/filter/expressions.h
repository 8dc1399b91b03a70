// The expressions that the proof is made with: every kind of primitive, and combinations of them made at random.
#pragma once

#include <string>
#include <vector>

namespace skbtrail::test {

std::vector<std::string> filter_expressions();

}  // namespace skbtrail::test
