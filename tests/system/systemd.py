"""The units as they are installed, under a real systemd."""

import collections
import concurrent.futures
import contextlib
import os
import pathlib
import random
import re
import socket
import struct
import subprocess
import threading
import time
import unittest

import harness
import machine
from machine import Journal, get, post, run
from recipes import block

UNITS = pathlib.Path("/lib/systemd/system")
USER_UNITS = pathlib.Path("/usr/lib/systemd/user")
INSTANCES = "cgihttpd@*"
NOBODY = 65534

STUCK = """#!/bin/sh
trap '' TERM
printf 'Content-Type: text/plain\\n\\nbegun\\n'
sleep 1000
"""


# Every user of the machine may read the list of packages and use the memory.
CONFINED = """#!/bin/sh
printf 'Content-Type: text/plain\\n\\n'
head -c 1 /etc/passwd
cat /var/lib/dpkg/status >/dev/null || echo no file
(echo >/dev/shm/file) || echo no memory
grep Seccomp_filters /proc/self/status
"""


def setUpModule():
    harness.write_script(machine.SITE / "cgi-bin" / "stuck", STUCK)
    harness.write_script(machine.SITE / "cgi-bin" / "confined", CONFINED)
    crash = "#!/bin/sh\nkill -SEGV $$\n"
    harness.write_script(machine.SITE / "cgi-bin" / "nph-crash", crash)
    run("systemctl", "enable", "--quiet", "--now", "cgihttpd.socket")


@contextlib.contextmanager
def drop_in(unit, text):
    """Changes a unit for a while; a socket is started anew, with its limits."""
    path = pathlib.Path(f"/etc/systemd/system/{unit}.d/50-test.conf")
    path.parent.mkdir()
    path.write_text(text)
    reload(unit)
    try:
        yield
    finally:
        path.unlink()
        path.parent.rmdir()
        reload(unit)


def reload(unit):
    run("systemctl", "daemon-reload")
    if unit.endswith(".socket"):
        # Or the fifth start in ten seconds would be refused.
        run("systemctl", "reset-failed", unit)
        run("systemctl", "restart", unit)


def example(name):
    return (machine.EXAMPLES / name).read_text()


def instances():
    """Those that run, and those that have failed and are still in memory."""
    return run("systemctl", "list-units", "--all", "--no-legend", INSTANCES)


def wait_until_idle():
    machine.until(lambda: not instances(), "an instance does not end")


def status_or_none(target, source="127.0.0.1"):
    """None where the connection was refused, or closed before it said a word."""
    try:
        return get(target, source=source).status
    except ConnectionError:
        return None


def at_a_time(workers, function, count):
    """The results of function(0) ... function(count - 1), as a Counter."""
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        return collections.Counter(pool.map(function, range(count)))


def visit(number):
    """Visitors have addresses of their own: what one may have at once counts also
    handlers that have answered, and are about to exit."""
    return status_or_none("/file.txt", f"127.0.1.{number % 250 + 1}")


class UnitFiles(unittest.TestCase):
    def verify(self, *paths, user=False):
        told = run(
            *("systemd-analyze", "--user" if user else "--system"),
            *("--man=no", "verify", *paths),
            check=False,
            stderr=subprocess.STDOUT,
            env=os.environ | {"XDG_RUNTIME_DIR": "/run"},
        )
        self.assertEqual(told, "")

    def check_exposure(self, unit, most):
        """`most` in tenths, as --threshold has it."""
        told = run(
            *("systemd-analyze", "security", "--no-pager", "--offline=true"),
            *(f"--threshold={most}", UNITS / unit),
            check=False,
        )
        self.assertRegex(told, r"exposure level .*: [\d.]+")
        level = float(re.search(r"exposure level .*: ([\d.]+)", told)[1])
        self.assertLessEqual(level, most / 10, told)

    def test_they_are_well_formed(self):
        self.verify(UNITS / "cgihttpd.socket", UNITS / "cgihttpd@.service")
        self.verify(UNITS / "cgihttpd-tcpsvd.service")
        self.verify(
            *(USER_UNITS / "cgihttpd.socket", USER_UNITS / "cgihttpd@.service"),
            user=True,
        )
        for name in "descriptor.conf", "light.conf", "strict.conf":
            with self.subTest(name), drop_in("cgihttpd@.service", example(name)):
                self.verify(UNITS / "cgihttpd@.service")

    def test_exposure(self):
        self.check_exposure("cgihttpd@.service", 50)
        self.check_exposure("cgihttpd-tcpsvd.service", 20)
        for name, most in ("light.conf", 20), ("strict.conf", 4):
            with self.subTest(name), drop_in("cgihttpd@.service", example(name)):
                self.check_exposure("cgihttpd@.service", most)


class Variant:
    """What is true of any way to start the handler."""

    port = 80
    user = str(NOBODY)
    unit = r"cgihttpd@.*\.service"

    def setUp(self):
        self.journal = Journal()

    def get(self, target):
        return get(target, self.port)

    def check_journal(self, pattern):
        entry = self.journal.wait_for(pattern, SYSLOG_IDENTIFIER="cgihttpd")
        if self.unit:
            self.assertRegex(entry["_SYSTEMD_UNIT"], f"^{self.unit}$")
        self.assertEqual(entry["PRIORITY"], "5")

    def test_a_file(self):
        answer = self.get("/file.txt")
        self.assertEqual((answer.status, answer.body), (200, b"text\n"))
        self.check_journal(r'^127\.0\.0\.1 .*"GET /file\.txt HTTP/1\.1" 200 5 ')

    def test_a_script(self):
        answer = self.get("/cgi-bin/who?x=1")
        self.assertEqual(answer.status, 200)
        first, second = answer.body.decode().splitlines()
        self.assertEqual(first, f"GET from 127.0.0.1 to port {self.port} by http")
        self.assertRegex(second, f"^user {self.user}$")
        self.check_journal(r'"GET /cgi-bin/who\?x=1 HTTP/1\.1" 200 ')

    def test_a_body(self):
        body = random.Random(5).randbytes(300_000)
        answer = post("/cgi-bin/who", body, self.port)
        self.assertEqual(answer.status, 200)
        self.assertTrue(answer.body.endswith(b"\n" + body))

    def test_a_script_is_confined(self):
        """By our own means, whatever the unit takes from it beside."""
        check = [harness.binary(), "--check", "--confine", machine.SITE]
        told = subprocess.run(check, stdout=subprocess.PIPE, text=True).stdout
        if "--confine: " in told:
            raise unittest.SkipTest(told)
        answer = self.get("/cgi-bin/confined")
        self.assertEqual(answer.status, 200)
        said = answer.body.decode().replace(":", "").split()
        self.assertEqual(said[:5], ["rno", "file", "no", "memory", "Seccomp_filters"])
        self.assertGreaterEqual(int(said[5]), 2)

    def test_what_a_script_complains_of_is_in_the_journal(self):
        answer = self.get("/cgi-bin/who?complaint")
        self.assertNotIn(b"a word of", answer.body)
        self.check_journal(r"a word of /cgi-bin/who\?complaint$")

    def test_an_error_is_in_the_journal(self):
        self.assertEqual(self.get("/nothing").status, 404)
        self.check_journal(r'"GET /nothing HTTP/1\.1" 404 ')


class Default(Variant, unittest.TestCase):
    def test_ipv6(self):
        with socket.create_connection(("::1", 80), harness.PATIENCE) as connection:
            connection.sendall(b"GET /cgi-bin/who HTTP/1.0\r\n\r\n")
            answer = harness.parse(harness.receive_all(connection))
        self.assertIn(b"from ::1 to port 80", answer.body)

    def test_nothing_is_left_when_nobody_asks(self):
        self.get("/cgi-bin/who")
        wait_until_idle()
        group = pathlib.Path("/sys/fs/cgroup/system.slice/system-cgihttpd.slice")
        left = [p.read_text() for p in group.rglob("cgroup.procs")]
        self.assertEqual("".join(left), "")


class Readme(unittest.TestCase):
    def test_another_folder_and_other_options(self):
        script = pathlib.Path("/srv/public/cgi-bin/script")
        harness.write_script(script, "no script\n")
        with drop_in("cgihttpd@.service", block("[Service]\nExecStart=")):
            self.assertEqual(get("/cgi-bin/script").body, b"no script\n")


class DropIn(Variant):
    """The default, and an example in addition."""

    @classmethod
    def setUpClass(cls):
        cls.enterClassContext(drop_in("cgihttpd@.service", example(cls.name)))


class Light(DropIn, unittest.TestCase):
    name = "light.conf"


class Strict(DropIn, unittest.TestCase):
    name = "strict.conf"
    # Of systemd's dynamic users.
    user = "6[1-5][0-9]{3}"


class Descriptor(DropIn, unittest.TestCase):
    name = "descriptor.conf"

    @classmethod
    def setUpClass(cls):
        if not harness.PASSES_DESCRIPTORS:
            raise unittest.SkipTest("built without libsystemd")
        super().setUpClass()


class Tcpsvd(Variant, unittest.TestCase):
    user = "6[1-5][0-9]{3}"
    unit = r"cgihttpd-tcpsvd\.service"

    @classmethod
    def setUpClass(cls):
        harness.need("tcpsvd")
        run("systemctl", "enable", "--quiet", "--now", "cgihttpd-tcpsvd.service")
        cls.addClassCleanup(run, "systemctl", "start", "cgihttpd.socket")
        cls.addClassCleanup(
            run, "systemctl", "disable", "--quiet", "--now", "cgihttpd-tcpsvd.service"
        )
        machine.until(lambda: status_or_none("/") == 200, "tcpsvd does not listen")

    def test_one_greedy_client_leaves_the_others_their_share(self):
        held = machine.hold(33, "127.0.0.2")
        self.assertEqual(get("/file.txt", source="127.0.0.3").status, 200)
        bodies = machine.finish(held)
        self.assertEqual(bodies.count(b"text\n"), 32)

    def test_a_burst_of_visitors(self):
        got = at_a_time(24, visit, 1000)
        self.assertEqual(got, {200: 1000})


class User(Variant, unittest.TestCase):
    """Under the manager of a user, who has no rights but their own."""

    port = 8080
    user = "4321"
    # A user's manager is not believed: journald asks the kernel of which unit a
    # process is, and may come too late.
    unit = None

    @classmethod
    def setUpClass(cls):
        for path, line in (
            ("/etc/passwd", "alice:x:4321:4321::/home/alice:/bin/sh\n"),
            ("/etc/group", "alice:x:4321:\n"),
        ):
            with open(path, "a", encoding="ascii") as file:
                file.write(line)
        home = pathlib.Path("/home/alice")
        home.mkdir(parents=True)
        os.chown(home, 4321, 4321)
        os.symlink(machine.SITE, home / "public_html")
        environment = {"HOME": str(home), "XDG_RUNTIME_DIR": "/run/alice"}
        run(
            *("systemd-run", "--quiet", "--unit=user@4321", "--slice=user-4321"),
            *(
                "--property=Type=notify",
                "--property=User=alice",
                "--property=Delegate=yes",
            ),
            *(
                "--property=RuntimeDirectory=alice",
                "--setenv=XDG_RUNTIME_DIR=/run/alice",
            ),
            *("/lib/systemd/systemd", "--user", "--unit=basic.target"),
        )
        cls.addClassCleanup(run, "systemctl", "stop", "user@4321")
        run(
            *("setpriv", "--reuid=4321", "--regid=4321", "--clear-groups"),
            *("systemctl", "--user", "--quiet", "enable", "--now", "cgihttpd.socket"),
            env=os.environ | environment,
        )


class NativeJournal(unittest.TestCase):
    """--log=journal: a request is an entry with fields."""

    def test_fields(self):
        if not harness.PASSES_DESCRIPTORS:
            self.skipTest("built without libsystemd")
        text = (
            "[Service]\nExecStart=\n"
            f"ExecStart=/usr/local/sbin/cgihttpd --log=journal {machine.SITE}\n"
        )
        for name in None, "light.conf", "strict.conf":
            more = example(name) if name else ""
            with self.subTest(name), drop_in("cgihttpd@.service", more + text):
                journal = Journal()
                self.assertEqual(get("/nothing?q=1").status, 404)
                entry = journal.wait_for("404", HTTP_STATUS="404")
                expected = {
                    "SYSLOG_IDENTIFIER": "cgihttpd",
                    "PRIORITY": "5",
                    "REMOTE_ADDR": "127.0.0.1",
                    "REQUEST_METHOD": "GET",
                    "REQUEST_URI": "/nothing?q=1",
                    "SERVER_NAME": "site.test",
                    "SERVER_PROTOCOL": "HTTP/1.1",
                }
                self.assertEqual({name: entry[name] for name in expected}, expected)


class Limits(unittest.TestCase):
    def tearDown(self):
        wait_until_idle()
        self.assertEqual(
            run("systemctl", "is-active", "cgihttpd.socket", check=False), "active\n"
        )
        self.assertEqual(run("systemctl", "--failed", "--no-legend"), "")
        self.assertEqual(get("/file.txt").body, b"text\n")

    def test_the_65th_connection_is_closed(self):
        text = "[Socket]\nMaxConnections=64\n"
        with drop_in("cgihttpd.socket", text):
            journal = Journal()
            held = machine.hold(32, "127.0.0.2") + machine.hold(32, "127.0.0.3")
            self.assertIsNone(status_or_none("/file.txt", "127.0.0.4"))
            journal.wait_for("Too many incoming connections")
            self.assertEqual(machine.finish(held), [b"text\n"] * 64)

    def test_one_greedy_client_leaves_the_others_their_share(self):
        journal = Journal()
        held = machine.hold(33, "127.0.0.2")
        self.assertEqual(get("/file.txt", source="127.0.0.3").status, 200)
        journal.wait_for(r"Too many .* from source 127\.0\.0\.2")
        bodies = machine.finish(held)
        self.assertEqual(bodies, [b"text\n"] * 32 + [None])

    def test_a_stuck_script_is_ended(self):
        text = "[Service]\nRuntimeMaxSec=1\nTimeoutStopSec=1\n"
        with drop_in("cgihttpd@.service", text):
            journal = Journal()
            begin = time.monotonic()
            received = harness.raw(80, b"GET /cgi-bin/stuck HTTP/1.0\r\n\r\n")
            self.assertLess(time.monotonic() - begin, 10)
            self.assertTrue(received.endswith(b"begun\n"))
            journal.wait_for("reached runtime time limit")
            wait_until_idle()

    def test_a_crash_leaves_nothing_in_memory(self):
        journal = Journal()
        for _ in range(3):
            self.assertIsNone(status_or_none("/cgi-bin/nph-crash"))
        journal.wait_for("Failed with result '(core-dump|signal)'")

    def test_a_burst_of_visitors(self):
        got = at_a_time(24, visit, 1000)
        self.assertEqual(got, {200: 1000})

    def test_more_at_once_than_there_may_be(self):
        """Each is answered or closed, and the port stays open."""
        held = [harness.connect(80, f"127.0.1.{n % 250 + 1}") for n in range(500)]
        for connection in held:
            with contextlib.suppress(ConnectionError):
                connection.sendall(b"GET /file.txt HTTP/1.0\r\n")
        bodies = collections.Counter(machine.finish(held))
        self.assertLessEqual(set(bodies), {b"text\n", None})
        self.assertGreaterEqual(bodies[b"text\n"], 256)

    def test_garbage_fails_no_instance(self):
        journal = Journal()
        chance = random.Random(7)
        hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
        beginnings = (b"", b"GET ", b"GET / HTTP/1.1\r\n", b"POST /cgi-bin/who ", hello)

        def send(number):
            begin = beginnings[number % len(beginnings)]
            with harness.connect(80) as connection, contextlib.suppress(OSError):
                connection.sendall(begin + chance.randbytes(chance.randrange(1, 2000)))
                if number % 3 == 0:
                    # A reset in place of an end.
                    reset = struct.pack("ii", 1, 0)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
                else:
                    connection.shutdown(socket.SHUT_WR)
                    harness.receive_all(connection)

        at_a_time(24, send, 500)
        wait_until_idle()
        failed = [e["MESSAGE"] for e in journal.entries(_PID="1")]
        self.assertEqual([m for m in failed if "cgihttpd@" in m], [])


class Restart(unittest.TestCase):
    """While the socket is restarted, what has been accepted is answered."""

    def test_no_accepted_request_is_lost(self):
        journal = Journal()
        results = []
        enough = threading.Event()

        def visit(_):
            while not enough.is_set():
                results.append(status_or_none("/file.txt?restart"))

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            visitors = pool.map(visit, range(8))
            for _ in range(5):
                enough_now = results.count(200) + 20
                machine.until(lambda: results.count(200) > enough_now, "no answers")
                run("systemctl", "reset-failed", "cgihttpd.socket")
                run("systemctl", "restart", "cgihttpd.socket")
            enough.set()
            list(visitors)
        self.assertLessEqual(set(results), {200, None})

        def is_logged():
            lines = [str(e["MESSAGE"]) for e in journal.entries(_TRANSPORT="stdout")]
            asked = [line for line in lines if "GET /file.txt?restart " in line]
            return len(asked) == results.count(200)

        # Each handler that was started has had its client until the end.
        machine.until(is_logged, "not as many lines as answers")


if __name__ == "__main__":
    machine.main()
