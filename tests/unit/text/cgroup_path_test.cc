// What paths of control groups say, of each engine and driver that makes them.
#include "text/cgroup_path.h"

#include <gtest/gtest.h>

namespace skbtrail::text {
namespace {

const std::string kId = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const std::string kOther(64, 'e');
const std::string kUid = "0f5d8f0a-1b2c-4d3e-8f90-a1b2c3d4e5f6";
const std::string kUidOfSlice = "0f5d8f0a_1b2c_4d3e_8f90_a1b2c3d4e5f6";
const std::string kUser = "/user.slice/user-1000.slice/user@1000.service";

struct Path {
  const char* what;
  std::string path;
  std::string container, pod, unit;
};

class CgroupPath : public testing::TestWithParam<Path> {};

TEST_P(CgroupPath, SaysWhoRunsThere) {
  const auto& [what, path, container, pod, unit] = GetParam();
  EXPECT_EQ(container_of(path), container) << what;
  EXPECT_EQ(pod_of(path), pod) << what;
  EXPECT_EQ(unit_of(path), unit) << what;
}

const Path kPaths[] = {
    {"docker", "/docker/" + kId, kId, "", ""},
    {"docker, systemd", "/system.slice/docker-" + kId + ".scope", kId, "", "docker-" + kId + ".scope"},
    {"docker in docker", "/docker/" + kOther + "/docker/" + kId, kId, "", ""},
    {"a service in docker", "/docker/" + kId + "/system.slice/nginx.service", kId, "", "nginx.service"},
    {"docker seen from a namespace of control groups", "/../../system.slice/docker-" + kId + ".scope", kId, "",
     "docker-" + kId + ".scope"},
    {"nerdctl, systemd", "/system.slice/nerdctl-" + kId + ".scope", kId, "", "nerdctl-" + kId + ".scope"},
    {"containerd", "/default/" + kId, kId, "", ""},
    {"containerd, a name of one's own", "/default/web", "", "", ""},
    {"podman", "/machine.slice/libpod-" + kId + ".scope/container", kId, "", "libpod-" + kId + ".scope"},
    {"podman, without systemd", "/libpod_parent/libpod-" + kId, kId, "", ""},
    {"podman, a pod", "/machine.slice/machine-libpod_pod_" + kOther + ".slice/libpod-" + kId + ".scope", kId, "",
     "libpod-" + kId + ".scope"},
    {"podman, of a user", kUser + "/user.slice/libpod-" + kId + ".scope/container", kId, "",
     "libpod-" + kId + ".scope"},
    {"what watches over podman's", "/machine.slice/libpod-conmon-" + kId + ".scope", "", "",
     "libpod-conmon-" + kId + ".scope"},
    {"kubepods, v1, cgroupfs", "/kubepods/burstable/pod" + kUid + "/" + kId, kId, kUid, ""},
    {"kubepods, guaranteed", "/kubepods/pod" + kUid + "/" + kId, kId, kUid, ""},
    {"kubepods, the pod alone", "/kubepods/besteffort/pod" + kUid, "", kUid, ""},
    {"kubepods, systemd, containerd",
     "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + kUidOfSlice + ".slice/cri-containerd-" + kId +
         ".scope",
     kId, kUid, "cri-containerd-" + kId + ".scope"},
    {"kubepods, systemd, guaranteed, CRI-O",
     "/kubepods.slice/kubepods-pod" + kUidOfSlice + ".slice/crio-" + kId + ".scope/container", kId, kUid,
     "crio-" + kId + ".scope"},
    {"what watches over CRI-O's", "/kubepods.slice/kubepods-pod" + kUidOfSlice + ".slice/crio-conmon-" + kId + ".scope",
     "", kUid, "crio-conmon-" + kId + ".scope"},
    {"kubepods, docker",
     "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" + kUidOfSlice + ".slice/docker-" + kId +
         ".scope",
     kId, kUid, "docker-" + kId + ".scope"},
    {"kubepods, the names of systemd without it",
     "/system.slice/containerd.service/kubepods-burstable-pod" + kUidOfSlice + ".slice:cri-containerd:" + kId, kId,
     kUid, "containerd.service"},
    {"kind", "/docker/" + kOther + "/kubelet/kubepods/besteffort/pod" + kUid + "/" + kId, kId, kUid, ""},
    {"a static pod", "/kubepods/burstable/pod" + std::string(32, 'a') + "/" + kId, kId, std::string(32, 'a'), ""},
    {"LXC", "/lxc.payload.web/system.slice/nginx.service", "web", "", "nginx.service"},
    {"a service", "/system.slice/ssh.service", "", "", "ssh.service"},
    {"an instance", "/system.slice/system-getty.slice/getty@tty1.service", "", "", "getty@tty1.service"},
    {"a group below a service", "/system.slice/foo.service/worker/3", "", "", "foo.service"},
    {"a session", "/user.slice/user-0.slice/session-3.scope", "", "", "session-3.scope"},
    {"a user's manager", kUser + "/init.scope", "", "", "init.scope"},
    {"a user's program", kUser + "/app.slice/app-firefox-42.scope", "", "", "app-firefox-42.scope"},
    {"a name that systemd had to escape", "/system.slice/_cpu.service", "", "", "cpu.service"},
    {"a slice alone", "/system.slice", "", "", ""},
    {"the root", "/", "", "", ""},
    {"nothing", "", "", "", ""},
    {"63 digits", "/docker/" + kId.substr(1), "", "", ""},
    {"65 digits", "/docker/a" + kId, "", "", ""},
    {"a word that ends like a pod", "/tripod" + kUid + "/x", "", "", ""},
    {"a UID that is none", "/kubepods/pod" + kUid.substr(0, 35) + "g", "", "", ""},
    {"a type and no name", "/.service", "", "", ""},
};
INSTANTIATE_TEST_SUITE_P(Paths, CgroupPath, testing::ValuesIn(kPaths));

}  // namespace
}  // namespace skbtrail::text
