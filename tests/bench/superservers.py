"""What a connection costs under each unit and each superserver.

    export BUILD="$PWD/build"
    UNPACKED="$BUILD/unpacked" CGIHTTPD="$BUILD/src/cgihttpd" \\
        /usr/bin/python3 tests/bench/superservers.py

Beside the handler stands a program that does nothing but answer, with the same
octets and by the same settings: the difference is what we add. ab asks for a
file, 8 at a time; medians of the rounds, in which all take turns. The CPU time
is that of the manager, the journal, the superserver and the handlers.
"""

import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
import harness
import machine
from machine import EXAMPLES, run

ROUNDS, SECONDS = 3, "2"
HANDLER = pathlib.Path("/usr/local/sbin/cgihttpd")
GROUPS = pathlib.Path("/sys/fs/cgroup")

TRIVIAL = """
#include <stdlib.h>
#include <unistd.h>
static const char answer[] = %s;
int main(void) {
  char head[8192];
  int passed = getenv("LISTEN_FDS") != 0;
  return read(passed ? 3 : 0, head, sizeof head) < 1 ||
         write(passed ? 3 : 1, answer, sizeof answer - 1) < 1;
}
"""

BARE = f"""
[Service]
ExecStart={HANDLER} {machine.SITE}
StandardInput=socket
StandardError=journal
"""


class Unit:
    """cgihttpd.socket, and what is changed of its service."""

    url = "http://127.0.0.1/file.txt"
    drop_in = pathlib.Path("/etc/systemd/system/cgihttpd@.service.d/bench.conf")
    unit = "cgihttpd.socket"

    def __init__(self, example=None):
        self.text = (EXAMPLES / example).read_text() if example else ""

    def start(self):
        self.drop_in.parent.mkdir(exist_ok=True)
        self.drop_in.write_text(self.text)
        run("systemctl", "daemon-reload")
        run("systemctl", "start", self.unit)

    def stop(self):
        run("systemctl", "stop", self.unit, "cgihttpd@*")


class Bare(Unit):
    """No setting but those that are needed."""

    template = pathlib.Path("/etc/systemd/system/cgihttpd@.service")

    def start(self):
        self.template.write_text(BARE)
        super().start()

    def stop(self):
        super().stop()
        self.template.unlink()


class Tcpsvd(Unit):
    unit = "cgihttpd-tcpsvd.service"


class Sample:
    """A superserver with the settings that are installed."""

    def __init__(self, *command, url=Unit.url, kind="simple"):
        self.command, self.url, self.kind = command, url, kind

    def start(self):
        run(
            *("systemd-run", "--quiet", "--collect", "--unit=superserver"),
            *(f"--service-type={self.kind}", f"--setenv=PATH={harness.PATH}"),
            *(shutil.which(self.command[0]), *self.command[1:]),
        )

    def stop(self):
        run("systemctl", "stop", "superserver")


def raise_limits():
    """One client is all of them here."""
    units = pathlib.Path("/lib/systemd/system")
    files = [*EXAMPLES.glob("cgihttpd.*"), *units.glob("cgihttpd*")]
    limit = r"(-C|per_source +=|MaxConnectionsPerSource=) ?32\b"
    for path in files:
        path.write_text(re.sub(limit, r"\1 256", path.read_text()))


def make_servers():
    # TLS: its own handshake, of the key that is made here.
    folder = pathlib.Path("/etc/stunnel")
    folder.mkdir(exist_ok=True)
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj"]
    make += ["/CN=localhost", "-keyout", folder / "cgihttpd.pem"]
    made = subprocess.run(make, check=True, capture_output=True)
    with (folder / "cgihttpd.pem").open("ab") as both:
        both.write(made.stdout)
    https = {"url": "https://127.0.0.1/file.txt", "kind": "forking"}
    return {
        "systemd, a bare unit": Bare(),
        "systemd, cgihttpd@.service": Unit(),
        "... descriptor.conf": Unit("descriptor.conf"),
        "... light.conf": Unit("light.conf"),
        "... strict.conf": Unit("strict.conf"),
        "cgihttpd-tcpsvd.service": Tcpsvd(),
        "tcpsvd": Sample(EXAMPLES / "cgihttpd.tcpsvd"),
        "tcpserver": Sample(EXAMPLES / "cgihttpd.tcpserver"),
        "xinetd": Sample("xinetd", "-dontfork", "-f", EXAMPLES / "cgihttpd.xinetd"),
        "inetd": Sample("inetd", "-i", EXAMPLES / "cgihttpd.inetd"),
        "stunnel (TLS)": Sample("stunnel4", EXAMPLES / "cgihttpd.stunnel", **https),
    }


def used_milliseconds():
    """Of the manager, and of all services there have been."""
    names = ("init.scope", "system.slice")
    stats = [(GROUPS / name / "cpu.stat").read_text() for name in names]
    return sum(int(re.search(r"usage_usec (\d+)", s)[1]) for s in stats) / 1000


def measure(server):
    """Connections a second, and milliseconds of CPU time for each."""
    server.start()
    machine.until(
        lambda: subprocess.run(
            ["curl", "-fsk", "-o", "/dev/null", server.url], check=False
        ).returncode
        == 0,
        f"{server.url} of {vars(server)}",
    )
    before = used_milliseconds()
    said = run(
        *("ab", "-q", "-c", "8", "-t", SECONDS, "-n", "1000000", server.url),
        stderr=subprocess.STDOUT,
    )
    used = used_milliseconds() - before
    server.stop()
    complete = int(re.search(r"Complete requests: +(\d+)", said)[1])
    if not re.search(r"Failed requests: +0\n", said) or "Non-2xx" in said:
        sys.exit(f"not every request was answered:\n{said}")
    rate = float(re.search(r"Requests per second: +([\d.]+)", said)[1])
    return rate, used / complete


def make_handlers(folder):
    """The two that take turns as HANDLER."""
    ours, trivial = folder / "ours", folder / "trivial"
    shutil.copy(HANDLER, ours)
    server = Unit()
    server.start()
    answer = harness.raw(80, b"GET /file.txt HTTP/1.0\r\n\r\n")
    server.stop()
    octets = '"' + "".join(f"\\{octet:03o}" for octet in answer) + '"'
    source = folder / "trivial.c"
    source.write_text(TRIVIAL % octets)
    run("gcc", "-O2", "-static", "-o", trivial, source)
    return ours, trivial


def run_rounds():
    folder = harness.folder()
    raise_limits()
    handlers = make_handlers(folder)
    servers = make_servers()
    measured = {(name, handler): [] for name in servers for handler in handlers}
    for _ in range(ROUNDS):
        for handler in handlers:
            shutil.copy(handler, HANDLER.with_suffix(".new"))
            HANDLER.with_suffix(".new").rename(HANDLER)
            for name, server in servers.items():
                measured[name, handler].append(measure(server))
    print("| | conn/s | ms each of 8 | CPU ms | trivial: conn/s | ms | CPU ms |")
    print("|---|---|---|---|---|---|---|")
    for name in servers:
        cells = []
        for handler in handlers:
            rates, used = zip(*measured[name, handler])
            rate = statistics.median(rates)
            cells += [f"{rate:.0f}", f"{8000 / rate:.1f}"]
            cells += [f"{statistics.median(used):.2f}"]
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    machine.main(run_rounds)
