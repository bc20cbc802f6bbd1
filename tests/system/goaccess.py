"""GoAccess reads every access line, of whatever a client has sent.

Some hundred lines are the program's own, of real requests; the others, of the
same formatter, are those of write_access_lines.cc.
"""

import itertools
import json
import random
import subprocess
import unittest

import harness

LINES = 10_000
SCRIPT = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nhello\\n'\n"
TARGETS = (
    "/",
    "/a.txt",
    "/none",
    "/folder",
    "/cgi-bin/hello/path?a=b",
    "/cgi-bin/nph-hello",
    "http://localhost/a.txt",
    "/%C3%BC%22%5C",
)
AGENTS = (
    b"",
    b"User-Agent: curl/7.88.1\r\n",
    b'User-Agent: "\\" - - [x] "\r\nReferer: http://a/"b"\\\r\n',
    "User-Agent: ü\r\nReferer: 日本\r\n".encode(),
)
NO_HTTP = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    b"GET /\r\n\r\n",
    b"GET / b HTTP/1.1\r\n\r\n",
    b'"\r\n\r\n',
    b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n",
    b"\r\n\r\n",
)


def setUpModule():
    harness.need("goaccess")


def requests():
    """Requests of all kinds, about 300."""
    for method, target, agent in itertools.product(("GET", "HEAD"), TARGETS, AGENTS):
        yield f"{method} {target} HTTP/1.1\r\nHost: h\r\n".encode() + agent + b"\r\n"
    yield from NO_HTTP
    hostile = random.Random(9)
    for size in range(1, 200):
        octets = hostile.randbytes(size)
        yield b"GET /" + octets + b" HTTP/1.1\r\nHost: h\r\n\r\n"


def own_lines(top):
    """What the program logs of `requests`."""
    site = top / "site"
    (site / "folder").mkdir(parents=True)
    (site / "a.txt").write_text("text\n")
    harness.write_script(site / "cgi-bin" / "hello", SCRIPT)
    harness.write_script(site / "cgi-bin" / "nph-hello", SCRIPT)
    access = top / "access.log"
    # Made here, so that a handler that is not root may write to it.
    access.touch(mode=0o666)
    access.chmod(0o666)
    with harness.Server(site, f"--log={access}") as server:
        for request in requests():
            harness.raw(server.port, request)
        server.wait_until_idle()
    # Beside them, the file has lines of errors.
    lines = access.read_text(encoding="ascii").splitlines(keepends=True)
    return [line for line in lines if not line.startswith("cgihttpd: ")]


class GoAccess(unittest.TestCase):
    def test_it_fails_on_no_line(self):
        top = harness.folder()
        lines = own_lines(top)
        self.assertGreater(len(lines), 250)
        lines += harness.access_lines("combined", LINES - len(lines))
        self.assertEqual(len(lines), LINES)
        log, report = top / "log", top / "report.json"
        log.write_text("".join(lines), encoding="ascii")
        subprocess.run(
            ["goaccess", log, "--no-global-config", "--log-format=COMBINED"]
            + ["--no-progress", f"--invalid-requests={top}/invalid", "-o", report],
            check=True,
            stdin=subprocess.DEVNULL,
            timeout=harness.PATIENCE,
        )
        # It decodes what is percent-encoded to whatever octets that is.
        text = report.read_text(encoding="utf-8", errors="replace")
        general = json.loads(text, strict=False)["general"]
        invalid = (top / "invalid").read_text(encoding="ascii")
        self.assertEqual(general["failed_requests"], 0, invalid)
        self.assertEqual(general["total_requests"], LINES)
        self.assertEqual(general["valid_requests"], LINES)


if __name__ == "__main__":
    harness.main()
