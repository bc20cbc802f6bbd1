"""Each line of --log-format=json is an object, of whatever a client has sent."""

import datetime
import json
import unittest

import harness

MEMBERS = {
    "time": str,
    "remote_address": str,
    "remote_port": int,
    "user": str,
    "method": str,
    "target": str,
    "protocol": str,
    "request_line": str,
    "host": str,
    "status": int,
    "bytes": int,
    "referer": str,
    "user_agent": str,
    "script": str,
    "script_cpu_us": int,
    "duration_us": int,
}
WORDS = {"method", "target", "protocol"}
SCRIPT = """#!/bin/sh
echo complaint >&2
echo Content-Type: text/plain
echo
echo hello
"""
NPH_SCRIPT = "#!/bin/sh\necho HTTP/1.1 204 None; echo\n"


def decoded(octets):
    """As JSON has it: each octet that is not of UTF-8 is lost."""
    characters = octets.decode("utf-8", "surrogateescape")
    return "".join("\ufffd" if 0xDC80 <= ord(c) <= 0xDCFF else c for c in characters)


def utc_now():
    return datetime.datetime.now(datetime.timezone.utc)


def time_of(found):
    return datetime.datetime.strptime(found["time"], "%Y-%m-%dT%H:%M:%S.%f%z")


def parse(line):
    """Checks what is true of each line; returns the object."""
    if not line.isascii() or not line.isprintable() or len(line) >= 4096:
        raise AssertionError(f"not printable, or too long: {line!r}")
    return json.loads(line)


def parse_access(line):
    """The same for the line of a request."""
    found = parse(line)
    left_out = WORDS if "request_line" in found else {"request_line"}
    if set(found) != set(MEMBERS) - left_out:
        raise AssertionError(f"other members: {line}")
    for name, value in found.items():
        if value is not None and type(value) is not MEMBERS[name]:
            raise AssertionError(f"{name} is {value!r}: {line}")
    time_of(found)
    return found


def setUpModule():
    global site
    site = harness.folder()
    (site / "a.txt").write_text("text\n")
    (site / "link").symlink_to("/etc/passwd")
    harness.write_script(site / "cgi-bin" / "hello", SCRIPT)
    harness.write_script(site / "cgi-bin" / "nph-hello", NPH_SCRIPT)


class Lines(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(harness.Server(site, "--log-format=json"))

    def objects_of(self, request):
        """The objects that the log gets of a request."""
        self.server.wait_until_idle()
        before = len(self.server.log().splitlines())
        harness.raw(self.server.port, request)
        self.server.wait_until_idle()
        return self.server.log().splitlines()[before:]

    def access_of(self, request):
        return parse_access(self.objects_of(request)[-1])

    def test_a_file(self):
        before = utc_now() - datetime.timedelta(milliseconds=1)
        found = self.access_of(
            b"GET /a.txt?b HTTP/1.1\r\nHost: Example.org:80\r\n"
            + "Referer: http://ä/\r\nUser-Agent: \"\\\r\n\r\n".encode()
        )
        after = utc_now()
        expected = {
            "remote_address": "127.0.0.1",
            "user": None,
            "method": "GET",
            "target": "/a.txt?b",
            "protocol": "HTTP/1.1",
            "host": "example.org",
            "status": 200,
            "bytes": 5,
            "referer": "http://ä/",
            "user_agent": '"\\',
            "script": None,
            "script_cpu_us": None,
        }
        self.assertEqual(found, found | expected)
        time = time_of(found)
        self.assertLessEqual(before, time)
        self.assertLessEqual(time, after)
        self.assertGreater(found["remote_port"], 0)
        self.assertGreater(found["duration_us"], 0)
        self.assertLess(found["duration_us"], 1_000_000 * harness.PATIENCE)

    def test_scripts(self):
        lines = self.objects_of(b"GET /cgi-bin/hello/path HTTP/1.0\r\n\r\n")
        error, access = parse(lines[0]), parse_access(lines[1])
        self.assertEqual(list(error), ["time", "subject", "error"])
        self.assertEqual(error["subject"], "/cgi-bin/hello")
        self.assertEqual(error["error"], "complaint")
        self.assertEqual(access["script"], "/cgi-bin/hello")
        self.assertEqual((access["status"], access["bytes"]), (200, 6))
        self.assertLess(access["script_cpu_us"], 1_000_000 * harness.PATIENCE)
        self.assertIsNone(access["host"])
        access = self.access_of(b"GET /cgi-bin/nph-hello HTTP/1.0\r\n\r\n")
        self.assertEqual(access["script"], "/cgi-bin/nph-hello")
        for unknown in ("status", "bytes", "duration_us", "script_cpu_us"):
            self.assertIsNone(access[unknown])

    def test_errors(self):
        lines = self.objects_of(b"GET /link HTTP/1.1\r\nHost: \xff\r\n\r\n")
        self.assertEqual(parse_access(lines[-1])["status"], 400)
        lines = self.objects_of(b"GET /link HTTP/1.1\r\nHost: h\r\n\r\n")
        self.assertEqual(parse_access(lines[-1])["status"], 404)
        self.assertEqual(parse(lines[0])["subject"], "127.0.0.1 GET /link HTTP/1.1")

    def test_what_is_no_http(self):
        found = self.access_of(b"\x16\x03\x01\x02\r\n\r\n")
        self.assertEqual(found["status"], 400)
        self.assertEqual(found["request_line"], "\x16")

    def test_every_octet(self):
        for octet in range(256):
            with self.subTest(octet):
                value = b"a%cb" % octet
                lines = self.objects_of(
                    b"GET /" + value + b" HTTP/1.1\r\nHost: h\r\n"
                    b"User-Agent: " + value + b"\r\n\r\n"
                )
                found = parse_access(lines[-1])
                if found["status"] == 404:
                    self.assertEqual(found["target"], "/" + decoded(value))
                    self.assertEqual(found["user_agent"], decoded(value))
                else:
                    self.assertEqual(found["status"], 400)

    def test_utf8(self):
        for value in ("ü", "日本", "\U0001f600", "\u202e"):
            with self.subTest(value):
                fields = f"Host: h\r\nUser-Agent: {value}\r\n"
                request = f"GET /none HTTP/1.1\r\n{fields}\r\n"
                found = self.access_of(request.encode())
                self.assertEqual(found["user_agent"], value)


class Formatter(unittest.TestCase):
    def test_10000_lines(self):
        lines = harness.access_lines("json", 10_000)
        self.assertEqual(len(lines), 10_000)
        for line in lines:
            parse_access(line.rstrip("\n"))


if __name__ == "__main__":
    harness.main()
