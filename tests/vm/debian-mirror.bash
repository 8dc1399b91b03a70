# shellcheck shell=bash
# Sourced by fetch-kernel and fetch-qemu: looks packages up on the Debian mirror and unpacks them into the cache.
#
# What a newcomer would get wrong: nothing here may touch the host's own apt. Every call goes through
# `private_apt`, which has its own sources, lists and archives below the cache; a bare `apt-get` would act on /etc/apt.

cache=${SKBTRAIL_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/skbtrail-vm}
mirror=${SKBTRAIL_VM_MIRROR:-http://deb.debian.org}   # its /debian and /debian-security are used
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
me=${0##*/}

say() { echo "$me: $*" >&2; }
die() { say "$*"; exit 1; }

# need_tools TOOL...
need_tools() {
  local tool
  for tool; do command -v "$tool" >/dev/null || die "needs $tool (see packages.txt)"; done
  [[ -r $keyring ]] || die "needs $keyring (package debian-archive-keyring)"
}

# hold_lock NAME: only one process fetches NAME; the others wait here. Held until the script ends.
hold_lock() {
  mkdir -p "$cache"
  exec {lock_fd}>"$cache/lock-$1"
  flock -n "$lock_fd" || { say "waiting for another fetch of $1"; flock "$lock_fd"; }
}

# open_mirror NAME STATUS SUITE...: a private apt called NAME on these suites. STATUS is the dpkg status file
# that says what counts as installed (/dev/null: nothing). Its lists (100 MB and more) go when the script ends.
open_mirror() {
  local name=$1 status=$2 suite area
  shift 2
  apt_dir=$cache/apt-$name
  trap 'rm -rf "$apt_dir"' EXIT
  mkdir -p "$apt_dir"/{lists,archives}/partial "$apt_dir/preferences.d"
  for suite; do
    area=debian
    [[ $suite == *-security ]] && area=debian-security
    echo "deb [signed-by=$keyring] $mirror/$area $suite main"
  done >"$apt_dir/sources.list"
  apt_options=(
    -o "Dir::Etc::sourcelist=$apt_dir/sources.list" -o Dir::Etc::sourceparts=-
    -o Dir::Etc::preferences=/dev/null -o "Dir::Etc::preferencesparts=$apt_dir/preferences.d"
    -o "Dir::State::lists=$apt_dir/lists" -o "Dir::State::status=$status"
    -o "Dir::Cache=$apt_dir" -o "Dir::Cache::archives=$apt_dir/archives"
    -o Dir::Cache::pkgcache=pkgcache.bin -o Dir::Cache::srcpkgcache=srcpkgcache.bin
    -o APT::Architecture=amd64 -o APT::Architectures=amd64 -o "APT::Sandbox::User=$(id -un)"
    -o Acquire::Languages=none -o Acquire::Check-Valid-Until=false   # suites past their life are not renewed
    -o Acquire::Retries=3 -o Debug::NoLocking=1
  )
  # One suite out of reach is not fatal: whether the package can be had is found out when it is asked for.
  private_apt apt-get -qq -o APT::Update::Error-Mode=any update >&2 ||
    say "not every one of the suites $* on $mirror could be read"
}

private_apt() { local tool=$1; shift; "$tool" "${apt_options[@]}" "$@"; }

# candidate PACKAGE: the version that apt would choose; empty if there is none.
candidate() { private_apt apt-cache policy "$1" | sed -n 's/^  Candidate: //p' | grep -vxF '(none)' || :; }

# depends_of PACKAGE: the names it depends on, one a line.
depends_of() {
  private_apt apt-cache show --no-all-versions "$1" | sed -nE 's/^(Pre-)?Depends: //p' |
    tr ',|' '\n' | awk '{ print $1 }'
}

# download DIR PACKAGE[=VERSION|/SUITE]...: exactly these .deb files, into DIR.
download() {
  local dir=$1
  shift
  (cd "$dir" && private_apt apt-get -q download "$@" >&2)
}
