#include "event/cgroup_fields.h"

#include <variant>

#include "text/cgroup_path.h"

namespace skbtrail::event {

namespace {

constexpr std::monostate kUnknown{};

std::string_view path_of(const Event& event) {
  if (!event.task || event.task->context != REC_CONTEXT_PROCESS) return {};
  return event.names->name(NameKind::cgroup, event.task->pid);
}

Value known(std::string_view text) {
  return text.empty() ? Value(kUnknown) : Value(text);
}

Value cgroup(const Event& event, Scratch&) {
  return known(path_of(event));
}
Value container(const Event& event, Scratch&) {
  return known(text::container_of(path_of(event)));
}
Value pod(const Event& event, Scratch& scratch) {
  const std::string uid = text::pod_of(path_of(event));
  scratch.clear();
  scratch.append(std::string_view(uid));
  return known({scratch.data(), scratch.size()});
}
Value unit(const Event& event, Scratch&) {
  return known(text::unit_of(path_of(event)));
}

}  // namespace

std::vector<Field> cgroup_fields() {
  const auto field = [](std::string_view name, std::string_view meaning, uint8_t width, auto get) {
    Field made{name, Type::text, "", meaning, REC_SECTION_TASK, false, width, true, get};
    made.on_request = true;
    return made;
  };
  return {field("container", "id of the container that the process runs in, by its control group", 12, container),
          field("pod", "UID of its pod in Kubernetes", 36, pod), field("unit", "its systemd unit", 12, unit),
          field("cgroup", "path of its control group", 12, cgroup)};
}

}  // namespace skbtrail::event
