"""Each sample configuration as it is installed, under its superserver."""

import collections
import concurrent.futures
import pathlib
import random
import re
import shutil
import socket
import ssl
import subprocess
import unittest

import harness
import machine
from machine import EXAMPLES, Journal, run
from recipes import block

CLIENT = "127.0.0.2"
FIELDS = "Host: site.test\r\nConnection: close\r\n"


class Superserver:
    """What is true under any of them; `start` says under which."""

    port = 80
    scheme = "http"

    @classmethod
    def setUpClass(cls):
        cls.start()
        cls.addClassCleanup(run, "systemctl", "stop", "superserver")
        machine.until(cls.is_listening, "nobody listens")

    @classmethod
    def serve(cls, program, *arguments, kind="simple"):
        """Starts the superserver, whose stderr is the journal."""
        run(
            *("systemd-run", "--quiet", "--collect", "--unit=superserver"),
            *(f"--service-type={kind}", f"--setenv=PATH={harness.PATH}"),
            *(shutil.which(program), *arguments),
        )

    @classmethod
    def is_listening(cls):
        try:
            harness.connect(cls.port).close()
        except ConnectionRefusedError:
            return False
        return True

    def setUp(self):
        self.journal = Journal()

    def ask(self, request, source=CLIENT):
        return harness.ask(self.port, request, source=source)

    def get(self, target, source=CLIENT):
        request = f"GET {target} HTTP/1.1\r\n{FIELDS}\r\n"
        return self.ask(request.encode(), source)

    def test_a_file(self):
        answer = self.get("/file.txt")
        self.assertEqual((answer.status, answer.body), (200, b"text\n"))
        self.journal.wait_for(
            rf'^{re.escape(CLIENT)} .*"GET /file\.txt HTTP/1\.1" 200 5 '
        )

    def test_a_script(self):
        answer = self.get("/cgi-bin/who?x=1")
        self.assertEqual(
            answer.body.decode().splitlines(),
            [f"GET from {CLIENT} to port {self.port} by {self.scheme}", "user 65534"],
        )
        self.journal.wait_for(r"a word of /cgi-bin/who\?x=1$")

    def test_a_body(self):
        body = random.Random(5).randbytes(300_000)
        head = f"POST /cgi-bin/who HTTP/1.1\r\n{FIELDS}"
        head += f"Content-Length: {len(body)}\r\n\r\n"
        answer = self.ask(head.encode() + body)
        self.assertEqual(answer.status, 200)
        self.assertTrue(answer.body.endswith(b"\nuser 65534\n" + body))

    def test_a_burst_of_visitors(self):
        """As many as no superserver lets in by default."""

        def visit(number):
            # A handler lives longer than its answer takes: it writes the log.
            return self.get("/file.txt", f"127.0.1.{number % 50 + 1}").status

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            got = collections.Counter(pool.map(visit, range(400)))
        self.assertEqual(got, {200: 400})

    def test_one_greedy_client_leaves_the_others_their_share(self):
        held = machine.hold(33, "127.0.0.3", self.port)
        self.assertEqual(self.get("/file.txt").status, 200)
        bodies = machine.finish(held)
        self.assertEqual(bodies.count(b"text\n"), 32)


class Xinetd(Superserver, unittest.TestCase):
    @classmethod
    def start(cls):
        harness.need("xinetd")
        cls.serve("xinetd", "-dontfork", "-f", EXAMPLES / "cgihttpd.xinetd")

    def test_the_257th_connection_is_closed(self):
        held = [c for n in range(8) for c in machine.hold(32, f"127.0.1.{n + 1}")]
        last = machine.hold(1, CLIENT)
        self.assertEqual(machine.finish(last), [None])
        self.assertEqual(machine.finish(held), [b"text\n"] * 256)


class Inetd(Superserver, unittest.TestCase):
    # It has no limit for one client.
    test_one_greedy_client_leaves_the_others_their_share = None

    @classmethod
    def start(cls):
        harness.need("inetd")
        cls.serve("inetd", "-i", EXAMPLES / "cgihttpd.inetd")

    def test_ipv6(self):
        with socket.create_connection(("::1", 80), harness.PATIENCE) as connection:
            connection.sendall(b"GET /cgi-bin/who HTTP/1.0\r\n\r\n")
            answer = harness.parse(harness.receive_all(connection))
        self.assertIn(b"from ::1 to port 80", answer.body)


class Tcpserver(Superserver, unittest.TestCase):
    # It has no limit for one client.
    test_one_greedy_client_leaves_the_others_their_share = None

    @classmethod
    def start(cls):
        harness.need("tcpserver")
        cls.serve(EXAMPLES / "cgihttpd.tcpserver")


class Tcpsvd(Superserver, unittest.TestCase):
    @classmethod
    def start(cls):
        harness.need("tcpsvd")
        cls.serve(EXAMPLES / "cgihttpd.tcpsvd")


class Stunnel(Superserver, unittest.TestCase):
    port = 443
    scheme = "https"
    # It has no limit for one client.
    test_one_greedy_client_leaves_the_others_their_share = None

    @classmethod
    def start(cls):
        harness.need("openssl", "stunnel4")
        folder = pathlib.Path("/etc/stunnel")
        folder.mkdir(exist_ok=True)
        make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes"]
        make += ["-subj", "/CN=localhost", "-keyout", folder / "cgihttpd.pem"]
        made = subprocess.run(make, check=True, capture_output=True)
        with (folder / "cgihttpd.pem").open("ab") as both:
            both.write(made.stdout)
        cls.serve("stunnel4", EXAMPLES / "cgihttpd.stunnel", kind="forking")

    def ask(self, request, source=CLIENT):
        # Nobody's name is on the certificate of a test.
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with harness.connect(self.port, source) as plain:
            with context.wrap_socket(plain) as connection:
                connection.sendall(request)
                received = harness.receive_all(connection)
        return harness.parse(received, request.split(b" ", 1)[0].decode())

    def test_a_script_knows_of_tls(self):
        script = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'; echo $HTTPS\n"
        harness.write_script(machine.SITE / "cgi-bin" / "tls", script)
        self.assertEqual(self.get("/cgi-bin/tls").body, b"on\n")


class HAProxy(Superserver, unittest.TestCase):
    """With what its sample says of systemd's units."""

    # It has no limit for one client.
    test_one_greedy_client_leaves_the_others_their_share = None

    @classmethod
    def start(cls):
        harness.need("haproxy")
        sample = EXAMPLES / "cgihttpd.haproxy"
        said = re.sub(r"(?m)^# *", "", sample.read_text())
        sections = {
            "cgihttpd.socket": re.search(r"\[Socket\]\n(.+\n)+", said)[0],
            "cgihttpd@.service": re.search(r"\[Service\]\n(.+\n)+?(?=global)", said)[0],
        }
        for unit, section in sections.items():
            path = pathlib.Path(f"/etc/systemd/system/{unit}.d/proxy.conf")
            path.parent.mkdir()
            path.write_text(section)
        run("systemctl", "daemon-reload")
        run("systemctl", "start", "cgihttpd.socket")
        cls.addClassCleanup(run, "systemctl", "stop", "cgihttpd.socket")
        cls.serve("haproxy", "-db", "-f", sample)


class Readme(unittest.TestCase):
    """README's lines for each superserver, as they stand there.

    Those for systemd are in systemd.py.
    """

    def answer(self, *command):
        run(
            *("systemd-run", "--quiet", "--collect", "--unit=superserver"),
            *(f"--setenv=PATH={harness.PATH}", *command),
        )
        self.addCleanup(run, "systemctl", "stop", "superserver")
        machine.until(Superserver.is_listening, "nobody listens")
        self.assertEqual(machine.get("/file.txt").body, b"text\n")

    def configuration(self, start):
        path = harness.folder() / "configuration"
        path.write_text(block(start))
        return path

    def test_xinetd(self):
        harness.need("xinetd")
        path = self.configuration("service cgihttpd")
        self.answer(shutil.which("xinetd"), "-dontfork", "-f", path)

    def test_inetd(self):
        harness.need("inetd")
        self.answer(shutil.which("inetd"), "-i", self.configuration("80 stream tcp"))

    def test_tcpserver(self):
        harness.need("tcpserver")
        self.answer("sh", "-c", "exec " + block("tcpserver -HR"))


if __name__ == "__main__":
    machine.main()
