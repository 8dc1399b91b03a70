#pragma once

namespace skbtrail::event {

// The version of the JSON schema; raised when a key changes its meaning or goes.
constexpr int kSchemaVersion = 1;

}  // namespace skbtrail::event
