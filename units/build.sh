# build.sh - Installs what the project needs and builds it. Sourced by
# units/demo, units/musl, tests/run and others.

top=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
build=$top/build

# What must be there (a command, a path, a header or a Perl module), and the
# Debian package that has it.
build_needs='
  g++                      g++
  meson                    meson
  ninja                    ninja-build
  pkg-config               pkg-config
  seccomp.h                libseccomp-dev
  systemd/sd-daemon.h      libsystemd-dev
  systemd-socket-activate  systemd
'
# What units/musl needs: the source of the compiler that is there, or else of
# Debian 12's.
gcc_version=$(g++ -dumpversion 2>/dev/null || echo 12)
musl_needs="
  make                     make
  musl-gcc                 musl-tools
  /usr/lib/llvm-*/lib/libunwind.a libunwind-14-dev
  /usr/src/gcc-$gcc_version/gcc-*.tar.xz gcc-$gcc_version-source
"
test_needs='
  ab                       apache2-utils
  afl-fuzz                 afl++
  apt-ftparchive           apt-utils
  aria2c                   aria2
  /usr/lib/cgi-bin/awstats.pl awstats
  /usr/share/bash-completion/bash_completion bash-completion
  boost/test/unit_test.hpp libboost-test-dev
  busybox                  busybox
  CGI.pm                   libcgi-pm-perl
  /usr/lib/cgit/cgit.cgi   cgit
  chromium                 chromium
  clang++                  clang
  curl                     curl
  debootstrap              debootstrap
  dpkg-shlibdeps           dpkg-dev
  fish                     fish
  fossil                   fossil
  git                      git
  /usr/lib/cgi-bin/gitweb.cgi gitweb
  goaccess                 goaccess
  gpg                      gpg
  gpg-agent                gpg-agent
  ip                       iproute2
  /usr/lib/llvm-*/lib/clang/*/include/fuzzer libclang-rt-dev
  llvm-cov                 llvm
  lua5.4                   lua5.4
  mandoc                   mandoc
  node                     nodejs
  openssl                  openssl
  php-cgi                  php-cgi
  python3                  python3
  slowhttptest             slowhttptest
  strace                   strace
  tcpserver                ucspi-tcp
  tcpsvd                   ipsvd
  wget                     wget
  zsh                      zsh

  libbsd.so.0                    libbsd0
  libdevmapper.so.1.02.1         libdevmapper1.02.1
  libevent-2.1.so.7              libevent-2.1-7
  libglib-2.0.so.0               libglib2.0-0
  libgpgme.so.11                 libgpgme11
  liblua5.3.so.0                 liblua5.3-0
  libopentracing-c-wrapper.so.0  libopentracing-c-wrapper0
  libsubid.so.4                  libsubid4
  libtirpc.so.3                  libtirpc3
  libwrap.so.0                   libwrap0
  libyajl.so.2                   libyajl2
'
# Daemons that tests start themselves. Installed, they would be started at every
# boot of this machine, and two of them exclude each other: they are unpacked,
# into the folder of the build. The libraries that they need stand above.
test_daemons='
  caddy     caddy
  conmon    conmon
  crun      crun
  fail2ban-regex fail2ban
  haproxy   haproxy
  inetd     openbsd-inetd
  nginx     nginx
  podman    podman
  stunnel4  stunnel4
  xinetd    xinetd
'
# What tests/bench/run needs: a list as build_needs, and one as test_daemons.
bench_needs='
  ab                   apache2-utils
  boost/test/unit_test.hpp libboost-test-dev
  busybox              busybox
  perl                 perl
  python3              python3
  libapr-1.so.0        libapr1
  libaprutil-1.so.0    libaprutil1
  libfcgi.so.0         libfcgi0ldbl
  libnettle.so.8       libnettle8
  libpcre2-8.so.0      libpcre2-8-0
  libxxhash.so.0       libxxhash0
'
bench_daemons='
  apache2      apache2-bin
  fcgiwrap     fcgiwrap
  lighttpd     lighttpd
  micro-httpd  micro-httpd
  mini_httpd   mini-httpd
  nginx        nginx
'

say() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
}

die() {
  say "$@"
  exit 1
}

has() {
  case $1 in
    /*) ls -d $1 >/dev/null 2>&1 ;;  # of any version
    *.h | *.hpp) [ -e "/usr/include/$1" ] ;;
    *.pm) perl -e "require '$1'" 2>/dev/null ;;
    *.so.*) /sbin/ldconfig -p | grep -qF "$1 " ;;
    # Daemons are where a user's PATH does not lead.
    *) (PATH=$PATH:/usr/sbin && command -v "$1" >/dev/null) ;;
  esac
}

# Installs Debian packages. No daemon that comes with them is started.
install_packages() (
  policy=/usr/sbin/policy-rc.d
  if [ -d "${policy%/*}" ] && [ ! -e "$policy" ]; then
    trap '$as_root rm -f "$policy"' EXIT
    trap 'exit 130' INT TERM
    printf '#!/bin/sh\nexit 101\n' | $as_root install -m 755 /dev/stdin "$policy"
  fi
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy \
    --no-install-recommends -o DPkg::Lock::Timeout=120 "$@"
)

# Installs what is missing of a list as above, or names it and stops.
install_missing() {
  names='' packages=''
  while read -r name package; do
    [ -z "$name" ] || has "$name" || {
      names="$names $name"
      packages="$packages $package"
    }
  done <<END
$1
END
  [ -n "$names" ] || return 0
  command -v apt-get >/dev/null ||
    die "missing:$names (on Debian the packages$packages)"
  as_root=
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null ||
      die "missing:$names; as root: apt-get install$packages"
    as_root=sudo
  fi
  say "installing$packages"
  $as_root apt-get update -q ||
    say 'apt-get update failed; trying with the package lists as they are'
  # shellcheck disable=SC2086
  install_packages $packages
}

# Unpacks what is missing of a list as above; a test skips itself where that
# fails.
unpack_missing() (
  unpacked=$build/unpacked
  PATH=$PATH:$unpacked/usr/sbin:$unpacked/usr/bin
  packages=''
  while read -r name package; do
    [ -z "$name" ] || has "$name" || packages="$packages $package"
  done <<END
$1
END
  [ -n "$packages" ] && command -v apt-get >/dev/null || return 0
  say "unpacking$packages into $unpacked"
  mkdir -p "$unpacked"
  cd "$unpacked" || return
  # shellcheck disable=SC2086
  apt-get download -q $packages || return 0
  for archive in *.deb; do
    dpkg-deb -x "$archive" .
    rm "$archive"
  done
)

# Runs a command whose output matters only when it fails.
quietly() {
  output=$("$@" 2>&1) || die "$* failed:
$output"
}

# Configures the folder `build`, with options of meson, where there is none.
configure() {
  [ -f "$build/build.ninja" ] || quietly meson setup "$@" "$build" "$top"
}

# Builds a ninja target (default: everything), silent when it is up to date.
build() {
  case $(ninja -C "$build" -n "$@") in
    *'no work to do'*) ;;
    *) ninja -C "$build" "$@" ;;
  esac
}
