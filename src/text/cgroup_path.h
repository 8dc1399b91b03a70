// What the path of a control group says of who runs in it, as container engines, Kubernetes and systemd make such
// paths. No daemon is asked, so an engine that is not known is one without containers.
//
//   /system.slice/docker-ID.scope                                       docker, nerdctl, podman (libpod-), CRI-O
//   (crio-) /docker/ID                                                          the same without systemd
//   /kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podUID.slice/cri-containerd-ID.scope
//   /kubepods/burstable/podUID/ID                                       the same without systemd
//   /system.slice/containerd.service/kubepods-podUID.slice:cri-containerd:ID
//   /lxc.payload.NAME/...                                               LXC
//   /user.slice/user-1000.slice/user@1000.service/app.slice/app-x.scope
//
// An ID has 64 hexadecimal digits. In a UID of a path of systemd '_' means '-'. What is innermost counts: a
// container in a container, a unit in a container.
#pragma once

#include <string>
#include <string_view>

namespace skbtrail::text {

// Empty: in none. Views are into the path.
std::string_view container_of(std::string_view cgroup);
// The pod's UID, "0f5d8f0a-1b2c-4d3e-8f90-a1b2c3d4e5f6"; of a static pod 32 digits.
std::string pod_of(std::string_view cgroup);
// systemd's: "ssh.service", "session-3.scope", "user@1000.service"; that of a container, too ("docker-ID.scope").
std::string_view unit_of(std::string_view cgroup);

}  // namespace skbtrail::text
