// Where a probe's arguments say what the kernel is about to send (event/sending.h), so that its records have the
// section `sent`.
#pragma once

#include "bpf/config.h"
#include "kernel/btf.h"
#include "probe/tracepoints.h"

namespace skbtrail::probe {

// Sets sent_arg, sent_code_arg and the section. Where nothing is sent, or no argument says what, there is neither.
void find_sent(const kernel::Tracepoint& tracepoint, probe_config& config);
void find_sent(const kernel::Function& function, probe_config& config);

// The reasons for which a reset is sent are named as this kernel does.
void name_reset_reasons(Probe& probe, const kernel::Btf& btf);

}  // namespace skbtrail::probe
