"""What the administrator, and who asks wrongly, is told: all of it.

Whatever the program says in these cases is kept.  The last one takes the messages
from the sources, and asserts that each has been said.
"""

import base64
import contextlib
import html
import os
import pathlib
import re
import shlex
import socket
import subprocess
import sys
import tempfile
import unittest

import harness

SOURCES = pathlib.Path(__file__).resolve().parents[2] / "src"
SAID = []
CHECKS_PASSWORDS = os.environ.get("CGIHTTPD_LIBCRYPT", "1") == "1"
HASH = "$5$salt$" + "." * 43  # no password's

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
    ("--max-age=-1", "needs a number of seconds up to 2147483647"),
    ("--cgi-output=raw", "is either parsed or direct"),
    ("--cgi-limit=cpu=0", "needs cpu=SECONDS, memory=SIZE such as 512M"),
    ("--set-env=A", "needs NAME=VALUE"),
    ("--trusted-proxy=10.0.0.1/8", "needs an address, a network such as 10.0.0.0/8"),
    ("--forwarded-field=Via", "is either Forwarded or X-Forwarded-For"),
    ("--auth=/a", "needs PREFIX=FILE such as /a=/etc/passwords"),
    ("--log-format=xml", "is either combined or json"),
    ("--sandbox=on", "is auto, require or off"),
    ("--script=/git=true", "needs the absolute path of a program after the `='"),
    ("--header=Date:x", "is a field that cgihttpd sets itself"),
    ("--pass-env=A=B", "needs the name of a variable"),
    ("--writable=x", "needs the absolute path of a folder"),
    ("--log=x", "is stderr, syslog, journal, none, or the absolute path of a file"),
    ("--none", "no such option; see --help"),
    ("--confine --sandbox=off", "is a part of the sandbox, which --sandbox=off takes"),
    ("--allow-network", "is for scripts that --confine confines"),
    ("--chroot", "no script could be executed there: give --no-cgi, and"),
    ("--chroot --no-cgi --log=journal", "the journal is out of reach there"),
)

COMMAND_LINES = (
    ("--auth=/a=/b --auth=/A=/c /", 64, "--auth=/A=/c: its PREFIX has a password file"),
    ("--index", 64, "--index: needs a value"),
    ("--no-cgi=1 /", 64, "--no-cgi: takes no value"),
    ("--no-cgi", 78, "no root folder: name the folder to serve"),
    ("/ /", 64, "/: only one root folder can be served"),
    ("''", 78, "the root folder is empty text: name the folder to serve"),
    ("--log=/ /", 78, "--log=/: name a regular file, and no link"),
    ("/none", 78, "the root folder /none: No such file or directory: name a"),
    ("--help", 0, ""),
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
    ("GET / HTTP/1.1\n\n", 400, "A control character, or a line that does not end"),
    ("GET / HTTP/1.1\r\nHost: a\n", 400, "line that does not end with CRLF"),
    ("GET / HTTQ/1.1\r\n", 400, "malformed version"),
    ("GET http://u@h/ HTTP/1.1\r\n", 400, "malformed request target"),
    ("CONNECT h:1 HTTP/1.1\r\n", 501, "this is no proxy"),
    (f"GET * HTTP/1.1\r\n{HOST}", 400, "`*` is a target for OPTIONS only"),
    (f"GET / HTTP/1.1\r\n{HOST}a\r\n", 400, "a field line without colon"),
    (f"GET / HTTP/1.1\r\n{HOST}a : b\r\n", 400, "malformed field name"),
    ("GET / HTTP/1.1\r\n" + HOST * 101, 431, "too many fields"),
    (f"GET / HTTP/1.1\r\n{HOST}{HOST}", 400, "more than one Host field"),
    ("GET / HTTP/1.1\r\n", 400, "no Host field"),
    ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n", 400)
    + ("Transfer-Encoding in HTTP/1.0",),
    (f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked, gzip\r\n", 400)
    + ("chunked is not the last coding",),
    (f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: gzip\r\n", 400)
    + ("Transfer-Encoding without chunked: gzip",),
    (f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked;a=b\r\n", 400)
    + ("chunked has no parameters",),
    (f"POST / HTTP/1.1\r\n{HOST}Content-Length: -1\r\n", 400)
    + ("malformed Content-Length",),
    (f"POST /empty/ HTTP/1.1\r\n{HOST}", 501, "Can only POST to CGI scripts"),
    (f"BREW / HTTP/1.1\r\n{HOST}", 501, "Unsupported method ('BREW')"),
    (f"GET /none HTTP/1.1\r\n{HOST}", 404, "File not found"),
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
    SAID.extend((done.stdout or "", done.stderr))
    if done.returncode != status:
        raise AssertionError(f"status {done.returncode}: {done.stderr}")
    return done.stderr


def talk(request, *arguments, before=(), cut=False, over=None):
    """What one handler answers and logs; `cut`: no more than that is sent;
    `over`: the ends of the connection."""
    ours, theirs = over or socket.socketpair()
    command = [*before, harness.binary(), *map(str, arguments)]
    with ours, tempfile.TemporaryFile("w+") as log:
        with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=log):
            theirs.close()
            answer = b""
            with contextlib.suppress(ConnectionError):
                ours.sendall(request)
                if cut:
                    ours.shutdown(socket.SHUT_WR)
                answer = harness.receive_all(ours)
            ours.close()
        log.seek(0)
        said = html.unescape(answer.decode("latin-1")) + log.read()
    SAID.append(said)
    return said


def get(target, *fields):
    lines = [f"GET {target} HTTP/1.1", "Host: h", *fields, "", ""]
    return "\r\n".join(lines).encode()


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
        for user, message in (
            ("root", "root serves nothing: name an unprivileged user"),
            ("none", "no such user in /etc/passwd"),
            ("1:none", "no such group in /etc/group"),
        ):
            said = say(harness.binary(), f"--user={user}", str(top), status=78)
            self.assertIn(f"--user={user}: {message}", said)
        said = say(
            *("setpriv", "--bounding-set=-setuid,-setgid", "--inh-caps=-all"),
            *(harness.binary(), str(top)),
            status=78,
        )
        self.assertIn("cannot become --user=65534: start cgihttpd as that user", said)
        self.assertIn(": start cgihttpd as that user, or with CAP_SETUID", said)


    def test_a_command_line_that_is_wrong(self):
        for arguments, status, message in COMMAND_LINES:
            with self.subTest(arguments):
                said = say(harness.binary(), *shlex.split(arguments), status=status)
                self.assertIn(message, said)

    def test_what_is_no_connection(self):
        root = str(top)
        with contextlib.ExitStack() as stack:
            datagrams = stack.enter_context(
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            )
            one, two = map(stack.enter_context, socket.socketpair())
            for given, message in (
                ({"stdin": datagrams, "stdout": datagrams},)
                + ("standard input is no stream socket: use",),
                ({"stdin": subprocess.DEVNULL}, "there is no connection on standard input"),
                ({"stdin": one, "stdout": two}, "standard output is not the connection"),
            ):
                with self.subTest(message):
                    said = say(harness.binary(), root, status=78, **given)
                    self.assertIn(message, said)
            closed = 'exec "$0" "$1" >&-'
            said = say("sh", "-c", closed, harness.binary(), root, status=78)
            self.assertIn("standard output is closed: it must be the connection", said)

    def test_a_terminal(self):
        controller, terminal = os.openpty()
        self.addCleanup(os.close, controller)
        self.addCleanup(os.close, terminal)
        said = say(harness.binary(), str(top), status=78, stdin=terminal)
        self.assertIn("standard input is a terminal: cgihttpd is started by a", said)


class Answers(unittest.TestCase):
    def test_a_refused_request_is_told_why(self):
        with harness.Server(top, "--no-listing") as server:
            for head, status, message in REQUESTS:
                with self.subTest(message):
                    answer = harness.ask(server.port, f"{head}\r\n".encode())
                    self.assertEqual(answer.status, status)
                    page = html.unescape(answer.body.decode())
                    SAID.append(page)
                    self.assertIn(message, page)

    def test_a_redirect_to_nowhere_is_logged(self):
        with harness.Server(top) as server:
            answer = harness.ask(server.port, b"GET /cgi-bin/nowhere HTTP/1.0\r\n\r\n")
            self.assertEqual(answer.status, 502)
            SAID.append(server.wait_for_log("a local redirect to no path")[0])


SCRIPTS = {
    "crlf": ("#!/bin/sh\r\n", "is its interpreter there, without CR at its end?"),
    "text": ("echo\n", "a script begins with #! and its interpreter"),
    "status": ("Status: x", "malformed Status"),
    "statuses": ("Status: 200\\nStatus: 200", "more than one Status"),
    "length": ("Content-Length: x", "malformed Content-Length"),
    "line": ("Content-Type: text/plain\\nx", "a line without colon"),
    "name": ("a b: c", "malformed field name"),
    "control": ("A: b\\001", "a control character in a field"),
    "field": ("", "it has no field"),
    "around": ("Location: /cgi-bin/around", "too many local redirects"),
}
MULTIPATH = (
    "an MPTCP connection cannot be given to a confined script: use "
    "SocketProtocol=tcp, or --allow-network"
)
SHELL = {
    "silent": ("exit 3", "the script gave no output"),
    "half": ("printf 'A: b\\n'", "the script's header has no end"),
    "large": ("printf '%070000d'", "the script's header is too large"),
    "killed": ("printf 'A: b\\n\\nhalf'; kill $$", "its answer is not whole"),
    "long": ("exec sleep 60", "it has run for longer than --cgi-timeout or"),
    "loud": ("printf '%0300000d' >&2", "(no more of its error output is logged)"),
}


class Scripts(unittest.TestCase):
    def setUp(self):
        self.site = harness.folder()

    def script(self, name, text):
        harness.write_script(self.site / "cgi-bin" / name, text)

    def ask(self, name, *options, **more):
        request = get(f"/cgi-bin/{name}")
        return talk(request, "--cgi-timeout=1", *options, self.site, **more)

    def test_what_they_write(self):
        for name, (header, message) in SCRIPTS.items():
            text = f"#!/bin/sh\nprintf '{header}\\n\\n'\n"
            self.script(name, header if name in ("crlf", "text") else text)
            self.assertIn(message, self.ask(name), name)

    def test_what_they_do(self):
        for name, (text, message) in SHELL.items():
            self.script(name, f"#!/bin/sh\n{text}\n")
            self.assertIn(message, self.ask(name), name)

    def test_which_cannot_be_started(self):
        self.script("x", "#!/bin/sh\n")
        above = "is --cgi-limit above a limit of the handler's own?"
        before = ["prlimit", "--nofile=64:64"]
        said = self.ask("x", "--cgi-limit=files=100", before=before)
        self.assertIn(above, said)
        (self.site / "cgi-bin" / "x").chmod(0o777)
        said = self.ask("x")
        self.assertIn("CGI script is writable by everybody ('/cgi-bin/x')", said)
        self.assertIn("chmod o-w it, or give --allow-writable-scripts", said)
        (self.site / "cgi-bin" / "x").chmod(0o644)
        said = self.ask("x")
        self.assertIn("CGI script is not executable ('/cgi-bin/x')", said)
        self.assertIn("may not execute it: chmod +x it, or mend its owner", said)
        self.assertIn("CGI script is not a plain file ('/cgi-bin/')", self.ask(""))
        self.assertIn("No such CGI script ('/cgi-bin/y')", self.ask("y"))
        said = talk(get("/s"), "--script=/s=/none", self.site)
        self.assertIn("/none: no program that may be executed", said)
        self.script("x", "#!/bin/sh\necho hello\n")
        said = self.ask("x", "--confine")
        self.assertIn("has no end: an empty line goes before the content", said)
        self.assertIn("does it want what --confine takes (--writable)?", said)
        self.script("x.y", "")
        said = self.ask("x.y", "--handler=.y=/none")
        self.assertIn("/none, which --handler names", said)

    def test_multipath(self):
        try:
            listener = socket.socket(proto=socket.IPPROTO_MPTCP)
        except OSError:
            Together.UNREACHABLE.add(MULTIPATH)
            return
        with listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            client = socket.socket(proto=socket.IPPROTO_MPTCP)
            client.connect(listener.getsockname())
            server, _ = listener.accept()
        self.script("nph-x", "#!/bin/sh\n")
        self.assertIn(MULTIPATH, self.ask("nph-x", "--confine", over=(client, server)))

    def send_chunked(self, body, **more):
        self.script("x", "#!/bin/sh\n")
        head = "POST /cgi-bin/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        return talk(head.encode() + body, self.site, **more)

    def test_bodies(self):
        self.assertIn("The body has no end", self.send_chunked(b"5\r\nhe", cut=True))
        self.assertIn("Malformed chunks", self.send_chunked(b"x\r\n"))
        large = b"100000\r\n" + b"x" * (1 << 20)
        said = self.send_chunked(large, before=["prlimit", "--fsize=65536"])
        self.assertIn("write the body of the request: File too large", said)

    @unittest.skipUnless(os.geteuid() == 0, "only root may mount")
    def test_no_place_for_bodies(self):
        read_only = "for f in /tmp /var/tmp; do mount --bind $f $f; "
        read_only += 'mount -o remount,bind,ro $f; done; exec "$0" "$@"'
        large = b"%x\r\n" % (17 << 20) + b"x" * (17 << 20)
        said = self.send_chunked(
            large, before=["unshare", "--mount", "sh", "-c", read_only]
        )
        self.assertIn("open a temporary file in", said)

    def test_answers_that_are_no_errors(self):
        self.script("x", "#!/bin/sh\nprintf 'A: b\\n\\n'")
        self.assertIn("Script output follows", self.ask("x", "--cgi-output=direct"))
        said = talk(b"OPTIONS / HTTP/1.1\r\nHost: h\r\n\r\n", self.site)
        self.assertIn("Allow: GET, HEAD, OPTIONS", said)
        head = "POST /cgi-bin/x HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n"
        said = talk(f"{head}Expect: 100-continue\r\n\r\n".encode(), self.site)
        self.assertIn("HTTP/1.1 100 Continue", said)


class Files(unittest.TestCase):
    def setUp(self):
        self.site = harness.folder()
        (self.site / "file").write_text("text\n")

    def test_a_request_without_end(self):
        said = talk(b"GET / HTTP/1.1\r\n", self.site, cut=True)
        self.assertIn("The request has no end", said)

    def test_links_and_rights(self):
        (self.site / "out").symlink_to("/etc")
        (self.site / "loop").symlink_to("loop")
        (self.site / "closed").write_text("text\n")
        (self.site / "closed").chmod(0)
        os.mkfifo(self.site / "fifo")
        rows = {
            "out/": "leads out of the root, as each absolute one does, and --symlinks",
            "loop": "a symbolic link cannot be followed",
            "closed": "the user that cgihttpd runs as may not open it",
            "fifo": "it is no regular file",
        }
        for name, message in rows.items():
            self.assertIn(message, talk(get(f"/{name}"), self.site))

    def test_an_error_page_that_is_not_there(self):
        said = talk(get("/none"), "--error-page=404=/missing", self.site)
        self.assertIn("/missing cannot be sent: make it, or mend the option", said)

    def test_a_file_that_becomes_shorter(self):
        with (self.site / "large").open("wb") as large:
            large.truncate(1 << 26)
        with harness.Server(self.site) as server, harness.connect(server.port) as client:
            client.sendall(get("/large"))
            self.assertTrue(client.recv(1))
            os.truncate(self.site / "large", 1)
            harness.receive_all(client)
            message = "the file became shorter while it was sent"
            SAID.append(server.wait_for_log(message)[0])

    def test_a_log_that_cannot_be_opened(self):
        (self.site / "log").touch(mode=0)
        before = ["setpriv", "--reuid=65534"] if os.geteuid() == 0 else []
        said = talk(get("/file"), f"--log={self.site}/log", self.site, before=before)
        self.assertIn(": its lines go here until it can be opened", said)


class Proxies(unittest.TestCase):
    def test_what_they_may_not_say(self):
        said = talk(get("/", 'Forwarded: for="'), "--trusted-proxy=unix:", top)
        self.assertIn("The Forwarded field is malformed", said)
        self.assertIn("the Forwarded field of a trusted proxy is malformed", said)
        both = ("Forwarded: for=192.0.2.1", "X-Forwarded-For: 192.0.2.2")
        said = talk(get("/", *both), "--trusted-proxy=unix:", top)
        self.assertIn("of a trusted proxy tell different things: name the one", said)
        said = talk(get("/"), "--proxy-protocol", top)
        self.assertIn("no valid PROXY header came: closed without answer", said)


@unittest.skipUnless(CHECKS_PASSWORDS, "built without libcrypt")
class Passwords(unittest.TestCase):
    def test_files_that_let_nobody_in(self):
        site = harness.folder()
        rows = {
            "none": (None, "cannot read it: No such file or directory"),
            "folder": ("", "it needs to be a regular file"),
            "large": ("#" * (1 << 20) + "#", "it may have 1 MiB at most"),
            "line": ("alice\n", "line 1: it needs NAME:HASH"),
            "hash": ("alice:{SHA}x\n", "line 1: it needs a whole hash of yescrypt"),
            "unknown": (f"alice:$5$rounds=1${HASH[3:]}\n", "libcrypt does not know the"),
        }
        request = base64.b64encode(b"alice:secret").decode()
        for name, (text, message) in rows.items():
            if name == "folder":
                (site / name).mkdir()
            elif text is not None:
                (site / name).write_text(text)
            said = talk(
                get("/", f"Authorization: Basic {request}"),
                f"--auth=/={site / name}",
                site,
            )
            self.assertIn(message, said, name)
        said = talk(get("/line"), f"--auth=/x={site}/line", site)
        self.assertIn("it is a password file: keep it outside of the root", said)


# What is below the root, with its mode and what it holds.
SITE = {
    "cgi-bin/not-executable": (0o644, "#!/bin/sh\n"),
    "cgi-bin/env": (0o755, "#!/usr/bin/env none\n"),
    "cgi-bin/crlf": (0o755, "#!/bin/sh\r\n"),
    "cgi-bin/gone": (0o755, "#!/none/sh\n"),
    "cgi-bin/text": (0o755, "echo\n"),
    "cgi-bin/writable": (0o777, "#!/bin/sh\n"),
    "cgi-bin/root's": (0o700, "#!/bin/sh\n"),
    "cgi-bin/closed": (0o711, "#!/bin/sh\n"),
    "cgi-bin/open/x": (0o755, "#!/bin/sh\n"),
    "cgi-bin/abi": (0o755, f"\x7fELF{chr(1 if sys.maxsize > 1 << 32 else 2)}"),
    "cgi-bin/.htaccess": (0o644, ""),
    "CGI-BIN/x": (0o644, ""),
    "linked/x": (0o644, ""),
    "hidden/x": (0o644, ""),
    "index.html": (0o644, ""),
    "index.htm": (0o644, ""),
    "index.html.gz": (0o644, ""),
    "closed/file": (0o644, ""),
    "list/file": (0o644, ""),
    "file.php": (0o644, ""),
    "file.cgi": (0o644, ""),
    "file~": (0o644, ""),
    "file.bak": (0o644, ""),
    "dump.sql": (0o644, ""),
    "htpasswd": (0o646, ""),
    ".env": (0o644, ""),
    ".ssh/key": (0o644, ""),
    ".git/config": (0o644, ""),
    "deep" + "/x" * 101: (0o644, ""),
}
LINKS = {
    "to-script": "cgi-bin/env",
    "link": "linked",
    "to-nothing": "none",
    "to-root": "/etc",
    "to-itself": "to-itself",
    "to-closed": "closed/file",
}
CHECKED = (
    "--script=/hidden=/none --handler=.php=/etc --readable=/none --confine"
    " --cgi-dir=/cgi-bin --cgi-dir=/none --cgi-dir=/link --fallback=/none --dotfiles"
)


@unittest.skipUnless(os.geteuid() == 0, "who owns the site may do everything")
class Check(unittest.TestCase):
    def setUp(self):
        self.site = harness.folder()
        for name, (mode, text) in SITE.items():
            path = self.site / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            path.chmod(mode)
        for name, target in LINKS.items():
            (self.site / name).symlink_to(target)
        os.mkfifo(self.site / "fifo")
        os.utime(self.site / "index.html.gz", (0, 0))
        (self.site / "cgi-bin" / "open").chmod(0o777)
        (self.site / "closed").chmod(0o700)
        (self.site / "list").chmod(0o744)

    def check(self, *options):
        say(harness.binary(), "--check", *options, str(self.site), status=1)
        return SAID[-2]

    def test_a_site_with_all_that_can_be_wrong(self):
        said = self.check(*CHECKED.split())
        for name in (*SITE, *LINKS, "fifo"):
            # A folder may stand for what is in it.
            name = re.sub(r"(?<=deep).*|/(x|file|key|config)$", "", name)
            self.assertIn(f"{self.site}/{name}", said)

    def test_passwords(self):
        if not CHECKS_PASSWORDS:
            self.skipTest("built without libcrypt")
        said = self.check(f"--auth=/none={self.site}/htpasswd")
        self.assertIn("a password file below the root", said)
        self.assertIn("it lets nobody in: it names nobody", said)

    def test_hosts(self):
        said = self.check("--vhosts")
        self.assertIn(f"{self.site}/CGI-BIN: no host has this name", said)

    def test_a_path_that_is_too_long(self):
        here = os.open(self.site, os.O_RDONLY)
        for _ in range(20):
            os.mkdir("n" * 250, dir_fd=here)
            below = os.open("n" * 250, os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
        os.close(here)
        said = self.check()
        self.assertIn("its path is too long for the kernel: give it a shorter one", said)


TRACED = "strace -qq -o /dev/null -e inject="


def lacks():
    """What this build or this user cannot have said."""
    if os.geteuid() != 0:
        return "only root gives rights up, and mounts"
    command = [harness.binary(), "--check", "--confine", harness.folder()]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout
    return "".join(re.findall("built with.*", said))


@unittest.skipIf(lacks(), lacks())
class Machines(unittest.TestCase):
    """What other kernels, and machines that lack something, would bring."""

    def refused(self, before, *options, status=78):
        site = str(harness.folder())
        return say(*before, harness.binary(), *options, site, status=status)

    def without(self, call, error, *options, status=78):
        harness.need("strace")
        return self.refused(f"{TRACED}{call}:{error}".split(), *options, status=status)

    def unshared(self, script, *options):
        return self.refused(self.unshare(script), *options)

    @staticmethod
    def unshare(script):
        return ["unshare", "--mount", "sh", "-c", f'{script}; exec "$0" "$@"']

    def test_kernels(self):
        rows = (
            ("prctl", "error=EINVAL", (), "cannot set no_new_privs: Linux 3.5 or newer"),
            ("landlock_create_ruleset", "error=ENOSYS", ("--sandbox=require",))
            + ("this kernel has no Landlock (Linux 5.13",),
            ("landlock_create_ruleset", "retval=2", ("--sandbox=require", "--confine"))
            + ("Landlock of this kernel does not keep scripts from truncating",),
            ("prctl", "error=EINVAL:when=2+", ("--sandbox=require",))
            + ("this kernel has no seccomp filters",),
        )
        for call, error, options, message in rows:
            with self.subTest(message):
                self.assertIn(message, self.without(call, error, *options))

    def test_what_cannot_be_confined(self):
        options = ("--check", "--confine")
        self.without("landlock_create_ruleset", "retval=2", *options, status=1)
        self.assertIn("--confine: scripts are not confined as it says", SAID[-2])
        options = ("--check", "--sandbox=require")
        self.without("landlock_create_ruleset", "error=ENOSYS", *options, status=1)
        self.assertIn("--sandbox=require: nothing is served: this kernel", SAID[-2])

    @unittest.skipUnless(harness.PASSES_DESCRIPTORS, "built without libsystemd")
    def test_libraries_that_are_not_there(self):
        def hidden(name):
            each = f"for f in /lib/*/{name} /lib/{name}; do [ ! -e $f ] ||"
            return f"{each} mount --bind /dev/null $f; done"

        if CHECKS_PASSWORDS:
            before = self.unshare(hidden("libcrypt.so.1"))
            (passwords := harness.folder() / "passwords").write_text(f"a:{HASH}\n")
            request = get("/", "Authorization: Basic YTpi")
            said = talk(request, f"--auth=/={passwords}", top, before=before)
            self.assertIn("--auth: libcrypt of libxcrypt, which checks passwords,", said)
        script = hidden("libsystemd.so.0")
        said = self.unshared(script, "--log=journal")
        self.assertIn("--log=journal: libsystemd.so.0 of systemd 246 or newer", said)
        said = self.unshared(f"{script}; export LISTEN_PID=$$ LISTEN_FDS=1")
        self.assertIn("systemd passed a descriptor, and libsystemd.so.0 of", said)

    def test_no_standard_error(self):
        devices = harness.folder()
        (devices / "null").touch()
        script = f"mount --bind /dev/null {devices}/null; mount --rbind {devices} /dev"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
            log.bind(str(devices / "log"))
            self.unshared(f"{script}; exec 2>&-", "--log=stderr")
            SAID.append(log.recv(1 << 12, socket.MSG_DONTWAIT).decode())
        self.assertIn("descriptor 2 is the connection, or closed: give it an", SAID[-1])

    def test_rights(self):
        keep = "setpriv --reuid=65534 --inh-caps=+chown --ambient-caps=+chown"
        said = self.refused(f"{keep} {TRACED}capset:error=EPERM".split())
        self.assertIn("cannot give capabilities up: start cgihttpd without any,", said)
        drop = ["setpriv", "--inh-caps=-all"]
        said = self.refused(
            [*drop, "--bounding-set=-sys_chroot"], "--chroot", "--no-cgi"
        )
        self.assertIn(": name a folder, and start cgihttpd with CAP_SYS_CHROOT", said)
        said = self.refused(["setpriv", "--reuid=65534"], "--chroot", "--no-cgi")
        self.assertIn("--chroot: only root may do that: start cgihttpd as root", said)


@unittest.skipIf(lacks(), lacks())
@unittest.skipUnless(CHECKS_PASSWORDS, "built without libcrypt")
@unittest.skipUnless(harness.PASSES_DESCRIPTORS, "built without libsystemd")
class Together(unittest.TestCase):
    """The last class: what have the others made the program say?"""

    # What is no message.
    ELSEWHERE = {
        *("access_log.cc", "error_page.cc", "listing.cc", "make_filters.cc"),
        *("media_type.cc", "page.cc", "status.cc", "sys.cc"),
    }
    # What only other builds say.
    BUILT = re.compile(r"\bthis cgihttpd was built\b")
    UNREACHABLE = {
        # After a million files; the unit tests of check_site need fewer.
        "check its folders one by one",
        "not all in it was looked at, there being too much in the root",
        # Such a head is refused before it is taken apart.
        "a line does not end with CRLF",
    }
    # A comment; a raw string; a string, with those that follow it.
    TOKEN = re.compile(
        r"""//[^\n]*|'(?:[^'\\\n]|\\.)+'|R"\(.*?\)\"
        |"((?:[^"\\\n]|\\.)*(?:"\s*(?:std::string\{)?"(?:[^"\\\n]|\\.)*)*)\"""",
        re.DOTALL | re.VERBOSE,
    )
    SEAM = re.compile(r'(?<!\\)"\s*(?:std::string\{)?"')
    SENTENCE = re.compile(r"[\w`']+,? [\w`']+")

    def messages(self):
        for source in sorted(SOURCES.glob("*.cc")):
            if source.name not in self.ELSEWHERE:
                for token in self.TOKEN.finditer(source.read_text("utf-8")):
                    text = self.SEAM.sub("", token[1] or "")
                    text = re.sub(r"\\([^nr])", r"\1", re.sub(r"\\[nr]", " ", text))
                    if self.SENTENCE.search(text) and not self.BUILT.search(text):
                        yield source.name, " ".join(text.split())

    def test_every_message_has_been_said(self):
        said = " ".join("\n".join(SAID).split())
        messages = {m for m in self.messages() if m[1] not in self.UNREACHABLE}
        missing = [m for m in sorted(messages) if m[1] not in said]
        print(f"{len(messages)} messages, {len(missing)} of them not said")
        self.assertGreater(len(messages), 150)
        self.assertFalse(missing, "\n".join(map(": ".join, missing)))


if __name__ == "__main__":
    harness.main()
