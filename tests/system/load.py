"""Many clients at a time: honest ones, broken ones, and such as take their time.

The environment may say how many REQUESTS of all kinds there are; else 20000.
"""

import concurrent.futures
import multiprocessing
import os
import pathlib
import re
import resource
import socket
import statistics
import subprocess
import sys
import time
import unittest

import harness

REQUESTS = int(os.environ.get("REQUESTS", "20000"))
AT_A_TIME = 64
SLOW_CLIENTS = 1000
HONEST_CLIENTS = 8


def setUpModule():
    harness.need("tcpserver")


def until(condition, timeout):
    """Waits until it holds, and returns whether it does."""
    deadline = time.monotonic() + timeout
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


class Tcpserver:
    """tcpserver, whose log is a file, and what the kernel says of it."""

    def __init__(self, root, *options, at_most=AT_A_TIME + 8):
        self.port = harness.free_port()
        self._log = harness.folder() / "log"
        command = ["tcpserver", "-HR", "-l", "localhost"]
        command += ["-c", str(at_most), "-b", "1024", "127.0.0.1", str(self.port)]
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(
                [*command, harness.binary(), *options, str(root)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )

    def __enter__(self):
        if not until(self._is_listening, harness.PATIENCE):
            raise AssertionError(f"tcpserver does not listen: {self.lines()}")
        until(lambda: not self.children(), harness.PATIENCE)
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()

    def _is_listening(self):
        try:
            harness.connect(self.port).close()
        except ConnectionRefusedError:
            return False
        return True

    def lines(self):
        return self._log.read_text("utf-8").splitlines()

    def children(self):
        """Handlers, and what of them nobody has waited for."""
        pid = self._process.pid
        return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()

    def memory(self):
        """KiB."""
        status = pathlib.Path(f"/proc/{self._process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s*(\d+)", status)[1])


def processes_below(folder):
    """Who has this folder, or one in it, as the current one: scripts."""
    found = []
    for link in pathlib.Path("/proc").glob("[0-9]*/cwd"):
        try:
            if os.readlink(link).startswith(str(folder)):
                found.append(link.parent.name)
        except OSError:  # it has ended just now
            continue
    return found


def make_site():
    root = harness.folder()
    (root / "small.txt").write_text("small\n" * 100)
    (root / "large.bin").write_bytes(bytes(range(251)) * 1200)
    harness.write_script(
        root / "cgi-bin/query",
        "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n%s' \"$QUERY_STRING\"\n",
    )
    harness.write_script(
        root / "cgi-bin/echo",
        "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'; exec cat\n",
    )
    return root


def latencies(port):
    """Of honest clients, each with one request after the other: seconds."""

    def ask(_):
        times = []
        for _ in range(25):
            start = time.monotonic()
            answer = harness.ask(port, b"GET /small.txt HTTP/1.1\r\nHost: h\r\n\r\n")
            times.append(time.monotonic() - start)
            assert answer.status == 200 and answer.body == b"small\n" * 100
        return times

    with concurrent.futures.ThreadPoolExecutor(HONEST_CLIENTS) as honest:
        return [t for times in honest.map(ask, range(HONEST_CLIENTS)) for t in times]


HEADS = {
    "head": b"GET /",
    "body": b"POST /cgi-bin/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10000\r\n\r\n",
    "chunks": b"POST /cgi-bin/echo HTTP/1.1\r\nHost: h\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n1000\r\n",
    "reading": b"GET /huge.bin HTTP/1.1\r\nHost: h\r\n\r\n",
}


def be_slow(port, ready):
    """Clients that send, or take, an octet a second, and never give up."""
    clients = []
    for number in range(SLOW_CLIENTS):
        kind = list(HEADS)[number % len(HEADS)]
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", port))
        client.sendall(HEADS[kind])
        client.setblocking(False)
        clients.append((kind, client))
    ready.set()
    while True:
        for kind, client in clients:
            try:
                if kind == "reading":
                    client.recv(1)
                else:
                    client.send(b"x")
            except OSError:  # its connection has ended
                continue
        time.sleep(1)


class Load(unittest.TestCase):
    def test_requests_of_all_kinds(self):
        client = os.environ["LOAD_CLIENT"]
        root = make_site()
        with Tcpserver(root) as server:
            # Once before, so that what it allocates for ever is there.
            subprocess.run(
                [client, str(server.port), root, "500", str(AT_A_TIME)],
                check=True,
                stdout=subprocess.DEVNULL,
                timeout=60,
            )
            self.assertTrue(until(lambda: not server.children(), 40))
            before, memory = len(server.lines()), server.memory()
            start = time.monotonic()
            ended = subprocess.run(
                [client, str(server.port), root, str(REQUESTS), str(AT_A_TIME)],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                timeout=600 * max(1, REQUESTS // 20000),
            )
            seconds = time.monotonic() - start
            self.assertEqual(ended.returncode, 0, ended.stderr)
            counts = {k: int(n) for k, n in map(str.split, ended.stdout.splitlines())}
            unanswered = counts.pop("unanswered", 0)
            self.assertEqual(sum(counts.values()), REQUESTS)
            self.assertEqual(len(counts), 8, counts)
            # A handler may go on for a while with a client that is gone.
            self.assertTrue(until(lambda: not server.children(), 40))
            self.assertEqual(processes_below(root), [])
            self.assertLessEqual(server.memory(), memory + 64)
            lines = server.lines()[before:]
            access = [line for line in lines if '" "' in line]
            answered = REQUESTS - unanswered - counts["abort"]
            self.assertGreaterEqual(len(access), answered)
            self.assertLessEqual(len(access), answered + counts["abort"])
            faults = [line for line in access if re.search(r'" 5\d\d ', line)]
            self.assertEqual(faults, [])
        print(f"{REQUESTS} in {seconds:.0f} s: {counts}", file=sys.stderr)

    def test_slow_clients(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (min(hard, 4 * SLOW_CLIENTS), hard)
        )
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        root = make_site()
        os.truncate(root / "large.bin", 1000)
        with open(root / "huge.bin", "wb") as huge:
            huge.truncate(64 << 20)
        limits = ["--head-timeout=20", "--send-timeout=20", "--cgi-timeout=20"]
        with Tcpserver(root, *limits, at_most=SLOW_CLIENTS + 100) as server:
            idle = statistics.median(latencies(server.port))
            ready = multiprocessing.Event()
            slow = multiprocessing.Process(target=be_slow, args=(server.port, ready))
            slow.start()
            start = time.monotonic()
            self.addCleanup(slow.join)
            self.addCleanup(slow.kill)
            self.assertTrue(ready.wait(harness.PATIENCE))
            self.assertTrue(
                until(lambda: len(server.children()) >= SLOW_CLIENTS, 15),
                len(server.children()),
            )
            loaded = statistics.median(latencies(server.port))
            self.assertGreaterEqual(len(server.children()), SLOW_CLIENTS)
            # Its time, and that in which it may go on sending after the answer.
            self.assertTrue(until(lambda: not server.children(), 80))
            seconds = time.monotonic() - start
            self.assertTrue(slow.is_alive())
            self.assertTrue(until(lambda: not processes_below(root), 10))
        print(
            f"idle {idle * 1000:.1f} ms, beside {SLOW_CLIENTS} slow ones "
            f"{loaded * 1000:.1f} ms; all ended after {seconds:.0f} s",
            file=sys.stderr,
        )
        self.assertLess(loaded, 2 * idle)

    def test_slowhttptest(self):
        harness.need("slowhttptest")
        root = make_site()
        with open(root / "huge.bin", "wb") as huge:
            huge.truncate(64 << 20)
        modes = {
            "-H": ["/"],
            "-B": ["/cgi-bin/echo", "-t", "POST"],
            "-R": ["/huge.bin"],
            "-X": ["/huge.bin", "-n", "1", "-w", "512", "-y", "1024", "-z", "32"],
        }
        limits = ["--head-timeout=10", "--send-timeout=10", "--cgi-timeout=10"]
        with Tcpserver(root, *limits, at_most=1000) as server:
            url = f"http://127.0.0.1:{server.port}"
            attacks = [
                subprocess.Popen(
                    # No faster than a slow machine can start handlers.
                    ["slowhttptest", mode, "-c", "150", "-r", "15", "-i", "1"]
                    + ["-l", "20", "-p", "3", "-u", url + path, *more],
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                )
                for mode, (path, *more) in modes.items()
            ]
            asked = 0
            while any(attack.poll() is None for attack in attacks):
                answer = harness.ask(
                    server.port, b"GET /small.txt HTTP/1.1\r\nHost: h\r\n\r\n", 10
                )
                self.assertEqual(answer.status, 200)
                asked += 1
                self.assertLess(asked, 1000)
                time.sleep(0.05)
            for mode, attack in zip(modes, attacks):
                with self.subTest(mode):
                    said = re.sub("\x1b\\[[0-9;]*m", "", attack.communicate()[0])
                    self.assertRegex(said, r"service available:\s+YES")
                    self.assertNotRegex(said, r"service available:\s+NO")
            self.assertGreater(asked, 10)
            self.assertTrue(until(lambda: not server.children(), 60))


if __name__ == "__main__":
    harness.main()
