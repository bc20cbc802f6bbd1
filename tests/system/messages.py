"""What the administrator, and who asks wrongly, is told: rows of message by cause.

tests/messages finds those that have no case, here or elsewhere.
"""

import contextlib
import os
import socket
import subprocess
import unittest

import harness

OPTIONS = (
    ("--head-timeout=0", "needs a number of seconds from 1 to 604800"),
    ("--max-body=5T", "needs a number of octets, or one with K, M or G"),
    ("--user=", "needs USER or USER:GROUP"),
    ("--cgi-dir=/..", "needs a URL path such as /cgi-bin"),
    ("--script=git=/bin/true", "needs a URL path such as /git"),
    ("--handler=php=/bin/true", "needs an extension such as .php"),
    ("--index=a/b", "needs a file name such as index.html"),
    ("--symlinks=all", "is either below or follow"),
    ("--fallback=x", "needs a path such as /index.html"),
    ("--error-page=200=/x", "needs CODE=PATH such as 404=/404.html, with a code"),
    ("--header=X", "needs 'NAME: VALUE' on one line"),
    ("--max-age=-1", "needs a number of seconds"),
    ("--cgi-output=raw", "is either parsed or direct"),
    ("--cgi-limit=cpu=0", "needs cpu=SECONDS, memory=SIZE such as 512M"),
    ("--set-env=A", "needs NAME=VALUE"),
    ("--trusted-proxy=10.0.0.1/8", "needs an address, a network such as 10.0.0.0/8"),
    ("--forwarded-field=Via", "is either Forwarded or X-Forwarded-For"),
    ("--auth=/a", "needs PREFIX=FILE such as /a=/etc/passwords"),
    ("--log-format=xml", "is either combined or json"),
    ("--sandbox=on", "is auto, require or off"),
    ("--chroot", "no script could be executed there: give --no-cgi, and"),
    ("--chroot --no-cgi --log=journal", "the journal is out of reach there"),
)

HOST = "Host: h\r\n"
REQUESTS = (
    ("GET / HTTP/2.0\r\n", 505, "not HTTP/1: HTTP/2.0"),
    ("GET\r\n", 400, "malformed request line"),
    ("G(T / HTTP/1.1\r\n", 400, "malformed method"),
    ("GET / HTTP/1.1\r\nHost: a b\r\n", 400, "malformed Host field"),
    (f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding:\r\n", 400)
    + ("an empty Transfer-Encoding",),
    (f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: (\r\n", 400)
    + ("malformed Transfer-Encoding",),
    (f"POST / HTTP/1.1\r\n{HOST}Content-Length: 1, 2\r\n", 400)
    + ("two different Content-Lengths",),
    (f"POST / HTTP/1.1\r\n{HOST}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",)
    + (400, "both Transfer-Encoding and Content-Length"),
    (f"GET /empty/ HTTP/1.1\r\n{HOST}", 403, "This folder has no index"),
)


def setUpModule():
    global top
    top = harness.folder()
    (top / "empty").mkdir()
    script = "#!/bin/sh\nprintf 'Location: /%%zz\\n\\n'\n"
    harness.write_script(top / "cgi-bin" / "nowhere", script)


def say(*command, status, **options):
    """What a program that ends with this status says to standard error."""
    options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE} | options
    done = subprocess.run(
        command,
        stderr=subprocess.PIPE,
        text=True,
        timeout=harness.PATIENCE,
        **options,
    )
    if done.returncode != status:
        raise AssertionError(f"status {done.returncode}: {done.stderr}")
    return done.stderr


class Setup(unittest.TestCase):
    def test_an_option_names_itself_its_value_and_what_it_needs(self):
        for options, needs in OPTIONS:
            with self.subTest(options):
                said = say(harness.binary(), *options.split(), str(top), status=64)
                told = options.split()[0].removesuffix("=")
                self.assertEqual(said.count("\n"), 1)
                self.assertTrue(said.startswith(f"cgihttpd: {told}: {needs}"), said)

    def test_a_listening_socket(self):
        with socket.create_server(("127.0.0.1", 0)) as listening:
            both = {"stdin": listening, "stdout": listening}
            said = say(harness.binary(), str(top), status=78, **both)
        self.assertIn("standard input is a listening socket, and cgihttpd", said)
        self.assertIn("answers one accepted connection: set Accept=yes", said)

    @unittest.skipUnless(harness.PASSES_DESCRIPTORS, "built without libsystemd")
    def test_what_systemd_passes_and_is_no_connection(self):
        with contextlib.ExitStack() as stack:
            listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            datagrams = stack.enter_context(
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            )
            for passed, message in (
                ([listening], "what systemd passed (web) is a listening socket"),
                ([datagrams], "what systemd passed (web) is no stream connection"),
                ([listening, datagrams], "systemd passed 2 sockets, and cgihttpd"),
            ):
                with self.subTest(message):
                    self.assertIn(message, self.pass_to_it(passed))

    def pass_to_it(self, sockets):
        names = ":".join(["web"] * len(sockets))
        script = "".join(f"exec {3 + i}<&{10 + i}; " for i in range(len(sockets)))
        for i, one in enumerate(sockets):
            os.dup2(one.fileno(), 10 + i)
        script += f"export LISTEN_FDS={len(sockets)} LISTEN_FDNAMES={names} LISTEN_PID=$$"
        return say(
            *("bash", "-c", f'{script}; exec "$0" "$1"'),
            *(harness.binary(), str(top)),
            status=78,
            stdin=subprocess.DEVNULL,
            pass_fds=range(10, 10 + len(sockets)),
        )

    @unittest.skipUnless(os.geteuid() == 0, "only root has to become somebody")
    def test_root(self):
        said = say(harness.binary(), "--user=root", str(top), status=78)
        self.assertIn("--user=root: root serves nothing: name an unprivileged", said)
        said = say(
            *("setpriv", "--bounding-set=-setuid,-setgid", "--inh-caps=-all"),
            *(harness.binary(), str(top)),
            status=78,
        )
        self.assertIn("cannot become --user=65534: start cgihttpd as that user", said)
        self.assertIn(": start cgihttpd as that user, or with CAP_SETUID", said)


class Answers(unittest.TestCase):
    def test_a_refused_request_is_told_why(self):
        with harness.Server(top, "--no-listing") as server:
            for head, status, message in REQUESTS:
                with self.subTest(message):
                    answer = harness.ask(server.port, f"{head}\r\n".encode())
                    self.assertEqual(answer.status, status)
                    self.assertIn(message, answer.body.decode())

    def test_a_redirect_to_nowhere_is_logged(self):
        with harness.Server(top) as server:
            answer = harness.ask(server.port, b"GET /cgi-bin/nowhere HTTP/1.0\r\n\r\n")
            self.assertEqual(answer.status, 502)
            server.wait_for_log("a local redirect to no path")


class Check(unittest.TestCase):
    def test_an_interpreter_that_is_not_there(self):
        site = harness.folder()
        harness.write_script(site / "cgi-bin" / "a", "#!/nowhere/sh\n")
        done = subprocess.run(
            [harness.binary(), "--check", site], stdout=subprocess.PIPE, text=True
        )
        self.assertEqual(done.returncode, 1)
        self.assertIn("install it, or mend the #! line", done.stdout)


if __name__ == "__main__":
    harness.main()
