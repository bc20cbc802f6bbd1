"""What the system tests share: the binary under real superservers on loopback.

    with harness.Server(root, "--no-cgi") as server:
        answer = harness.ask(server.port, b"GET / HTTP/1.0\r\n\r\n")

A test file ends in `harness.main()`.  Exit status 77 tells meson "skipped".
"""

import atexit
import codecs
import collections
import contextlib
import fcntl
import http.client
import io
import os
import pathlib
import random
import re
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

SKIPPED = 77
PASSES_DESCRIPTORS = os.environ.get("CGIHTTPD_LIBSYSTEMD", "1") == "1"
PATIENCE = 60  # seconds; longer than any wait here takes on a loaded machine
SUPERSERVERS = ("socket-activate", "socket-activate-fd", "tcpserver")

# The tests may be started from anywhere, with any umask, by root or by a user:
# the handler, which root's privileges leave, has to read what they write.
os.umask(0o022)
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
if unpacked := os.environ.get("UNPACKED"):  # see units/build.sh
    PATH += f":{unpacked}/usr/sbin:{unpacked}/usr/bin"
os.environ["PATH"] = PATH

Answer = collections.namedtuple("Answer", "status reason fields body")


def skip(reason):
    """Ends this test program as skipped."""
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def need(*programs):
    """Skips the case, the class or the file (in setUpModule) that calls it."""
    for program in programs:
        if shutil.which(program) is None:
            raise unittest.SkipTest(f"{program} is not installed")


def binary():
    """The program under test, as the build names it."""
    if "CGIHTTPD" not in os.environ:
        skip("CGIHTTPD does not name the program to test")
    path = os.path.abspath(os.environ["CGIHTTPD"])
    if not os.access(path, os.X_OK):
        sys.exit(f"CGIHTTPD={path} cannot be executed")
    return path


def folder():
    """Makes a folder that everybody may read; it goes when the program ends."""
    path = tempfile.mkdtemp(prefix="cgihttpd-test-")
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    os.chmod(path, 0o755)
    return pathlib.Path(path)


@contextlib.contextmanager
def locked(path):
    """Alone with what `path` names, a file for that, among tests that run at the
    same time."""
    with open(path, "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def write_script(path, text):
    """Writes an executable file, and the folders that lead to it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def recipe(program, places):
    """The options and the root of README's recipe for a program.

    `places` says what stands here for the paths that README has.
    """
    readme = pathlib.Path(__file__).parents[2] / "README.md"
    lines = readme.read_text("utf-8").replace("\\\n", " ").splitlines()
    commands = [line for line in lines if line.startswith("    cgihttpd ")]
    [command] = [line for line in commands if program in line]
    for place, path in places.items():
        command = command.replace(place, str(path))
    *options, root = shlex.split(command)[1:]
    return options, root


def access_lines(log_format, count):
    """Lines of the formatter itself; see write_access_lines.cc."""
    path = os.environ.get("WRITE_ACCESS_LINES")
    if path is None:
        skip("WRITE_ACCESS_LINES does not name the program that writes lines")
    written = subprocess.check_output([path, log_format, str(count)])
    return written.decode("ascii").splitlines(keepends=True)


def free_port():
    """A loopback port that nobody has at this moment, and no connection is given."""
    for _ in range(100):
        port = random.randrange(20000, 30000)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


def connect(port, source="127.0.0.1", timeout=PATIENCE):
    """Connects from a loopback address; whoever calls it closes the socket."""
    return socket.create_connection(("127.0.0.1", port), timeout, (source, 0))


def receive_all(connection, timeout=PATIENCE):
    """All bytes that come until the end of file."""
    deadline = time.monotonic() + timeout
    received = bytearray()
    while True:
        connection.settimeout(max(0.001, deadline - time.monotonic()))
        if not (piece := connection.recv(1 << 16)):
            return bytes(received)
        received += piece


def raw(port, request, timeout=PATIENCE, source="127.0.0.1"):
    """Sends these bytes, and returns all bytes that come until the end of file."""
    with connect(port, source, timeout) as connection:
        connection.sendall(request)
        return receive_all(connection, timeout)


def parse(received, method="GET"):
    """Takes an answer apart; a chunked body is decoded, a short one is an error."""

    class Socket:
        def makefile(self, *_):
            return io.BytesIO(received)

    response = http.client.HTTPResponse(Socket(), method=method)
    response.begin()
    return Answer(response.status, response.reason, response.headers, response.read())


def ask(port, request, timeout=PATIENCE, source="127.0.0.1"):
    """`raw` and `parse` in one."""
    received = raw(port, request, timeout, source)
    return parse(received, request.split(b" ", 1)[0].decode())


class Server:
    """One superserver on a loopback port, which starts the handler for `root`.

    When it ends, every handler must have exited with status 0: a superserver
    that counts failures must have none to count, whatever the clients did.
    """

    # What the superservers themselves say on the stderr that handlers inherit.
    _LISTENING = re.compile(r"Listening on |tcpserver: status: 0/")
    _ACCEPTED = re.compile(r"Communication attempt on fd |tcpserver: pid \d+ from ")
    _ENDED = re.compile(
        r"Child \d+ died with (.+)$|tcpserver: end \d+ status (\d+)", re.MULTILINE
    )
    _CHATTER = re.compile(
        r"tcpserver: |Listening on |Communication attempt on fd |Connection from "
        r"|Spawned |Execing |Child \d+ died with "
    )

    def __init__(self, root, *options, superserver="socket-activate", environment=None):
        self._handler = [binary(), *options, str(root)]
        self._superserver = superserver
        self._environment = environment or {}
        self._text = ""
        self._closed = False
        self._news = threading.Condition()
        self._asked_lines = 0
        self.port = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def log(self):
        """What the handlers and their scripts have written to stderr so far."""
        lines = self._all().splitlines(keepends=True)
        return "".join(line for line in lines if not self._CHATTER.match(line))

    def complaints(self):
        """The lines of the log, since this was asked last, that are no request's."""
        self.wait_until_idle()
        request = re.compile(r'\S+ - \S+ \[[^]]+\] "')
        lines = self.log().splitlines()
        begin, self._asked_lines = self._asked_lines, len(lines)
        return [line for line in lines[begin:] if not request.match(line)]

    def wait_for_log(self, pattern, timeout=PATIENCE):
        """Waits until the log has the pattern: a line may follow its answer."""
        found = re.compile(pattern, re.MULTILINE)
        if not self._wait(lambda: found.search(self.log()), timeout):
            raise AssertionError(f"{pattern!r} is not in the log:\n{self.log()}")
        return found.search(self.log())

    def wait_until_idle(self, timeout=PATIENCE):
        """Waits until every connection so far has been answered, and logged."""
        if not self._wait(self._is_idle, timeout):
            raise AssertionError(f"a handler does not end:\n{self._all()}")

    def __enter__(self):
        for _ in range(5):  # somebody else may take the free port first
            self.port = free_port()
            self._start()
            if self._wait(lambda: self._LISTENING.search(self._text), PATIENCE):
                return self
            self._stop()
            if "in use" not in self._text:
                break
        raise AssertionError(f"{self._superserver} does not listen:\n{self._text}")

    def __exit__(self, failure, *_):
        try:
            if failure is None:
                self.wait_until_idle()
        finally:
            self._stop()
        ends = {code or status for code, status in self._ENDED.findall(self._text)}
        if failure is None and ends - {"code 0", "0"}:
            raise AssertionError(f"a handler failed:\n{self._text}")

    def _command(self):
        if self._superserver == "tcpserver":
            need("tcpserver")
            listen = ["-v", "-H", "-R", "-l", "localhost", "-c", "200", "-b", "200"]
            return ["tcpserver", *listen, "127.0.0.1", str(self.port), *self._handler]
        need("systemd-socket-activate")
        if self._superserver == "socket-activate-fd" and not PASSES_DESCRIPTORS:
            raise unittest.SkipTest("built without libsystemd")
        mode = {"socket-activate": ["--inetd"], "socket-activate-fd": []}
        # It clears the environment of its children; -E brings back what is named.
        keep = [f"--setenv={n}={v}" for n, v in self._environment.items()]
        listen = ["--accept", *mode[self._superserver], *keep]
        address = f"--listen=127.0.0.1:{self.port}"
        return ["systemd-socket-activate", *listen, address, *self._handler]

    def _start(self):
        self._text, self._closed = "", False
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
        self._process = subprocess.Popen(
            self._command(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={"PATH": PATH, **self._environment},
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _stop(self):
        self._process.kill()
        # Not reaped yet, so that its id still names its own process group below.
        os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
        self._reader.join(2)
        if self._reader.is_alive():
            os.killpg(self._process.pid, signal.SIGKILL)
            self._reader.join(2)
        self._process.wait()
        if self._closed:  # else a script that escaped may still write to it
            self._process.stderr.close()

    def _read(self):
        while not self._closed:
            select.select([self._process.stderr], [], [])
            with self._news:
                self._catch_up()
                self._news.notify_all()

    def _catch_up(self):
        """Takes what has been written by now; call it with `_news` locked."""
        stderr = self._process.stderr
        while not self._closed and select.select([stderr], [], [], 0)[0]:
            piece = os.read(stderr.fileno(), 1 << 16)
            self._text += self._decoder.decode(piece)
            self._closed = not piece

    def _wait(self, condition, timeout):
        def is_over():
            self._catch_up()
            return condition() or self._closed

        with self._news:
            self._news.wait_for(is_over, timeout)
            return condition()

    def _all(self):
        with self._news:
            self._catch_up()
            return self._text

    def _is_idle(self):
        accepted = len(self._ACCEPTED.findall(self._text))
        return accepted == len(self._ENDED.findall(self._text))


class _Result(unittest.TextTestResult):
    passed = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1


def main():
    """Runs the cases of the file that calls it; all skipped is skipped."""
    binary()
    # Ended by the test run: leave the `with` blocks, and no superserver behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    runner = unittest.TextTestRunner(verbosity=2, resultclass=_Result)
    result = unittest.main(testRunner=runner, exit=False).result
    if not result.wasSuccessful():
        sys.exit(1)
    if not result.passed:
        sys.exit(SKIPPED if result.skipped else "no case has that name")
