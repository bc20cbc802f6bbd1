"""Each system call of a request fails, or moves a single octet, in turn.

A request of each kind is answered once to learn its calls (see
inject_fault.cc), and then once for each call and each error that it can have.
Whatever fails, the client gets the right answer, an error of the server, or a
part of the right answer, and never another octet; the log has one line about
it at most; no process and no descriptor is left, and the exit status is one
that the manual names.
"""

import collections
import ctypes
import dataclasses
import errno
import gzip
import multiprocessing
import os
import re
import select
import signal
import socket
import tempfile
import time
import unittest

import harness

INJECT = os.environ.get("INJECT_FAULT")
WORKERS = 4  # most of the time they wait
ACCESS_LINE = re.compile(r'\S+ - \S+ \[[^]]+\] "|\S+ - - \S+ ')
EXIT_STATUSES = (0, 71, 78)  # the manual's, of those that a request can have
PR_SET_CHILD_SUBREAPER = 36

COMMON = ("EIO", "ENOMEM")
NEW_FD = ("EMFILE", "ENFILE", "ENOMEM")
OPEN = ("EINTR", "EIO", *NEW_FD)
IDENTITY = ("EAGAIN", "EPERM", "ENOMEM")
ERRORS = {
    "read": ("EINTR", "EIO", "short"),
    "recvfrom": ("EINTR", "EAGAIN", "ENOMEM", "ECONNRESET", "short"),
    "sendto": ("EINTR", "EAGAIN", "ENOMEM", "EPIPE", "ECONNRESET", "short"),
    "write": ("EINTR", "EIO", "ENOSPC", "EPIPE", "short"),
    "sendfile": ("EINTR", "EAGAIN", *COMMON, "EPIPE", "ECONNRESET", "short"),
    "splice": ("EINTR", "EAGAIN", *COMMON, "EPIPE", "ECONNRESET", "short"),
    "poll": ("EINTR", "ENOMEM"),
    "ppoll": ("EINTR", "ENOMEM"),
    "open": OPEN,
    "openat": OPEN,
    "openat2": ("EAGAIN", *OPEN),
    "pipe2": NEW_FD,
    "signalfd4": NEW_FD,
    "memfd_create": NEW_FD,
    "socket": NEW_FD,
    "dup2": ("EINTR", "EMFILE"),
    "dup3": ("EINTR", "EMFILE"),
    "fcntl": ("EMFILE",),
    "vfork": ("EAGAIN", "ENOMEM"),
    "clone": ("EAGAIN", "ENOMEM"),
    "execve": ("EAGAIN", "EIO", *NEW_FD),
    "close": ("EINTR", "EIO"),
    "close_range": ("ENOSYS",),
    "mmap": ("ENOMEM",),
    "mremap": ("ENOMEM",),
    "munmap": ("ENOMEM",),
    "mprotect": ("ENOMEM",),
    "brk": ("ENOMEM",),
    "connect": ("EAGAIN", "ECONNREFUSED", "EINTR"),
    "shutdown": ("ENOTCONN",),
    "getsockname": ("ENOBUFS",),
    "getpeername": ("ENOBUFS", "ENOTCONN"),
    "getsockopt": ("ENOBUFS",),
    "setsockopt": ("ENOBUFS", "ENOMEM"),
    "setgroups": IDENTITY,
    "setgid": IDENTITY,
    "setuid": IDENTITY,
    "setresgid": IDENTITY,
    "setresuid": IDENTITY,
    "prctl": ("ENOSYS", "EINVAL", "ENOMEM"),
    "seccomp": ("ENOSYS", "EINVAL", "ENOMEM"),
    "landlock_create_ruleset": ("ENOSYS", "EOPNOTSUPP", *NEW_FD),
    "landlock_add_rule": ("ENOSYS", "ENOMEM"),
    "landlock_restrict_self": ("ENOSYS", "EPERM", "ENOMEM"),
    "getrandom": ("EINTR", "ENOSYS"),
    "kill": ("ESRCH", "EPERM"),
    "wait4": ("EINTR",),
    "waitid": ("EINTR",),
    # What cannot fail, or not for a reason that is not ours.
    "alarm": (),
    "exit_group": (),
    "futex": (),
    "getegid": (),
    "geteuid": (),
    "getgid": (),
    "getpid": (),
    "gettid": (),
    "getuid": (),
    "rt_sigaction": (),
    "rt_sigprocmask": (),
    "rt_sigreturn": (),
    "sched_yield": (),
    "umask": (),
}
# Of these the first and the last are tried, not all: an octet each, or a name.
MAX_SITES = 3
STREAM_ERRORS = {
    "read": ("EAGAIN", "ECONNRESET"),
    "write": ("EAGAIN",),
    "recvfrom": ("EHOSTUNREACH",),
    "sendto": ("ENETUNREACH",),
    "sendfile": ("EHOSTUNREACH",),
}
# That the client is gone, of which the log says nothing.
GONE = ("EPIPE", "ECONNRESET", "EHOSTUNREACH", "ENETUNREACH")


def call_names():
    """The names of the system calls, by number."""
    path = "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"
    with open(path, encoding="ascii") as header:
        found = re.findall(r"#define __NR_(\w+) (\d+)", header.read())
    return {int(number): name for name, number in found}


@dataclasses.dataclass
class Kind:
    """A request, and how it is served."""

    name: str
    request: bytes
    options: list = dataclasses.field(default_factory=list)
    root: str = ""
    pipes: bool = False
    # Whose answer is right, too: what a failure may leave out.
    also: object = None
    # Its log is not what the test reads.
    elsewhere: bool = False


def get(target, *fields, method=b"GET"):
    head = [method + b" " + target + b" HTTP/1.1", b"Host: h", *fields]
    return b"\r\n".join(head) + b"\r\n\r\n"


def post(target, body, *fields):
    length = b"Content-Length: %d" % len(body)
    return get(target, length, *fields, method=b"POST") + body


def chunked(target, *pieces):
    body = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in (*pieces, b""))
    return get(target, b"Transfer-Encoding: chunked", method=b"POST") + body


UPLOAD = bytes(range(256)) * 800
FDS = "cd /proc/$$/fd && echo *"
PASSWORDS = "--auth=/private=%(root)s/../passwords"
KINDS = [
    Kind("small file", get(b"/a.txt")),
    Kind("head", get(b"/a.txt", method=b"HEAD")),
    Kind("range of a big file", get(b"/big.bin", b"Range: bytes=1000-2000000")),
    Kind("coded file", get(b"/coded.txt", b"Accept-Encoding: gzip")),
    Kind("unknown type", get(b"/a.unknown")),
    Kind("index", get(b"/site/")),
    Kind("listing", get(b"/folder/")),
    Kind("404", get(b"/missing")),
    Kind("301", get(b"/folder")),
    Kind(
        "error page",
        get(b"/missing"),
        ["--error-page=404=/404.html"],
        also=Kind("404", get(b"/missing")),
    ),
    Kind("fallback", get(b"/missing"), ["--fallback=/a.txt"]),
    Kind("malformed", b"GET /\r\n\r\n"),
    Kind("script", get(b"/cgi-bin/get")),
    Kind("script with a body", post(b"/cgi-bin/post", b"one line\n")),
    Kind("script with much", post(b"/cgi-bin/much", UPLOAD)),
    Kind("script with a chunked body", chunked(b"/cgi-bin/post", b"one ", b"line\n")),
    Kind("program", get(b"/program/x"), ["--script=/program=%(root)s/cgi-bin/get"]),
    Kind("local redirect", get(b"/cgi-bin/redirect")),
    Kind("failing script", get(b"/cgi-bin/fails")),
    Kind("limits", get(b"/cgi-bin/get"), ["--cgi-limit=files=64", "--cgi-timeout=60"]),
    Kind("nph", get(b"/cgi-bin/nph-get")),
    Kind("direct", get(b"/cgi-bin/get"), ["--cgi-output=direct"]),
    Kind(
        "direct, chunked",
        chunked(b"/cgi-bin/post", b"one line\n"),
        ["--cgi-output=direct", "--cgi-timeout=60"],
    ),
    Kind(
        "password",
        get(b"/private/a.txt", b"Authorization: Basic YTpi"),
        [PASSWORDS],
    ),
    Kind("no password", get(b"/private/a.txt"), [PASSWORDS]),
    Kind("password file", get(b"/pw.txt"), ["--auth=/private=%(root)s/pw.txt"]),
    Kind("host", get(b"/a.txt"), ["--vhosts"], root="hosts"),
    Kind(
        "PROXY header",
        b"PROXY TCP4 1.2.3.4 5.6.7.8 9 80\r\n" + get(b"/a.txt"),
        ["--proxy-protocol"],
    ),
    Kind("log file", get(b"/a.txt"), ["--log=%(root)s/../log"], elsewhere=True),
    Kind("syslog", get(b"/a.txt"), ["--log=syslog"], elsewhere=True),
    Kind("nph and syslog", get(b"/cgi-bin/nph-get"), ["--log=syslog"], elsewhere=True),
    Kind("pipes", get(b"/big.bin"), pipes=True),
    Kind("pipes and a script", post(b"/cgi-bin/post", b"one line\n"), pipes=True),
]
if os.environ.get("CGIHTTPD_LIBCRYPT") == "0":
    KINDS = [kind for kind in KINDS if "--auth" not in str(kind.options)]


def make_site(top):
    root = top / "root"
    for name, content in {
        "a.txt": b"text\n" * 400,
        "a.unknown": b"what is it",
        "big.bin": bytes(range(251)) * 12000,
        "coded.txt": b"coded\n" * 100,
        "coded.txt.gz": gzip.compress(b"coded\n" * 100, mtime=0),
        "404.html": b"<p>not there",
        "site/index.html": b"<p>index",
        "folder/x.txt": b"x",
        "folder/sub/y.txt": b"y",
        "private/a.txt": b"secret",
        "pw.txt": b"a:b",
        "hosts/h/a.txt": b"of h",
        "hosts/default/a.txt": b"of nobody",
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    scripts = {
        "get": f"printf 'Content-Type: text/plain\\n\\n'; {FDS}",
        "post": "read -r line; printf 'Content-Type: a/b\\n\\n%s\\n' \"$line\"",
        "much": "printf 'Content-Type: a/b\\n\\n'; cat; cat ../big.bin",
        "redirect": "printf 'Location: /a.txt\\n\\n'",
        "fails": "printf 'no header\\n'; exit 3",
        "nph-get": "printf 'HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nhi'",
    }
    for name, text in scripts.items():
        harness.write_script(root / "cgi-bin" / name, f"#!/bin/sh\n{text}\n")
    # SHA-512 of the password b, with the least rounds.
    (top / "passwords").write_text(
        "a:$6$rounds=1000$saltsalt$YFkNMtkh3LhDxCLUbVCC58Wt1D"
        "OENxOJ322pbhedcxoZdBFrrNl3qncNwm62W5lyVtabxdvGd1huTPUvTw5G80\n",
        encoding="ascii",
    )
    (top / "log").touch()
    (top / "log").chmod(0o666)
    return root


# What the client got; the exit status; the lines of the log; what inject_fault
# says; whether something waited for too long; how many processes went on.
Outcome = collections.namedtuple("Outcome", "octets status lines report hung left")


END = b"\0end of the answer"  # which none contains


def normal(octets, method="GET"):
    """An answer without what differs from time to time: date and framing.

    One that is seen to be whole has END after it.
    """
    octets = re.sub(rb"\r\nDate: [^\r]*", b"\r\nDate: now", octets)
    head, blank, body = octets.partition(b"\r\n\r\n")
    if not blank:
        return octets
    if b"\r\nTransfer-Encoding: chunked" in head:
        body = unchunked(body)
    elif length := re.search(rb"\r\nContent-Length: (\d+)", head):
        if len(body) == int(length[1]) or method == "HEAD":
            body += END
    head = re.sub(rb"\r\n(Content-Length|Transfer-Encoding): [^\r]*", b"", head)
    return head + blank + body


def unchunked(body):
    decoded = b""
    while found := re.match(rb"([0-9a-f]+)\r\n", body):
        size = int(found[1], 16)
        body = body[found.end() :]
        decoded += body[:size]
        if size == 0:
            return decoded + END + body.removeprefix(b"\r\n")
        body = body[size:].removeprefix(b"\r\n")
    return decoded


class Runner:
    """Runs the program once for each fault, in a process of its own."""

    def __init__(self, root):
        self.root = root
        self.report = tempfile.NamedTemporaryFile()
        self.listener = socket.create_server(("127.0.0.1", 0))
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)

    def run(self, kind, fault):
        with open(os.memfd_create("stderr"), "rb+", buffering=0) as errors:
            client, reading, writing = self.connect(kind)
            pid = self.start(kind, fault, reading, writing, errors.fileno())
            for fd in {reading, writing}:
                os.close(fd)
            octets, hung = self.talk(client, kind.request)
            status = self.end(pid)
            left = self.count_left()
            errors.seek(0)
            lines = errors.read().decode("latin-1").splitlines()
        with open(self.report.name, encoding="ascii") as report:
            said = report.read().splitlines()
        hung = hung or status is None
        return Outcome(octets, status, lines, said, hung, left)

    def connect(self, kind):
        """The client's ends for reading and for writing, and the program's."""
        if kind.pipes:
            reading, to_program = os.pipe()
            from_program, writing = os.pipe()
            return (from_program, to_program), reading, writing
        client = socket.create_connection(self.listener.getsockname())
        server, _ = self.listener.accept()
        fd = server.detach()
        own = client.detach()
        return (own, own), fd, fd

    def start(self, kind, fault, reading, writing, errors):
        options = [option % {"root": self.root} for option in kind.options]
        program = [harness.binary(), *options, str(self.root / kind.root)]
        command = [INJECT, self.report.name, fault, *program]
        actions = [
            (os.POSIX_SPAWN_DUP2, fd, number)
            for number, fd in enumerate((reading, writing, errors))
        ]
        environment = {"PATH": harness.PATH, "TMPDIR": "/tmp"}
        return os.posix_spawn(INJECT, command, environment, file_actions=actions)

    @staticmethod
    def talk(client, request):
        """Sends the request and receives until the end, for a limited time.

        Returns what came, and whether its end did not.
        """
        reading, writing = client
        end = time.monotonic() + harness.PATIENCE
        received = bytearray()
        for fd in client:
            os.set_blocking(fd, False)
        try:
            while (left := end - time.monotonic()) > 0:
                ready = select.select([reading], [writing] if request else [], [], left)
                if ready[1]:
                    request = request[send_some(writing, request) :]
                if ready[0]:
                    if not (piece := receive_some(reading)):
                        return bytes(received), False
                    received += piece
            return bytes(received), True
        finally:
            for fd in set(client):
                os.close(fd)

    @staticmethod
    def end(pid):
        """The exit status; nothing where it does not end by itself."""
        pidfd = os.pidfd_open(pid)
        try:
            ended = select.select([pidfd], [], [], harness.PATIENCE)[0]
            if not ended:
                os.kill(pid, signal.SIGKILL)  # takes the program with it
            status = os.waitpid(pid, 0)[1]
            return os.waitstatus_to_exitcode(status) if ended else None
        finally:
            os.close(pidfd)

    @staticmethod
    def count_left():
        """How many processes go on of what was started."""
        count = 0
        end = time.monotonic() + 1  # for those that were told to end
        while True:
            try:
                pid, _ = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return count
            if pid == 0 and time.monotonic() > end:
                for child in children_of(os.getpid()):
                    count += 1
                    os.kill(child, signal.SIGKILL)
                    os.waitpid(child, 0)
            elif pid == 0:
                time.sleep(0.001)


def send_some(fd, octets):
    """How many were taken: all, where nobody takes any."""
    try:
        return os.write(fd, octets)
    except (BrokenPipeError, ConnectionResetError):
        return len(octets)


def receive_some(fd):
    try:
        return os.read(fd, 1 << 18)
    except ConnectionResetError:
        return b""


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
        return [int(child) for child in children.read().split()]


def open_count(outcome):
    counts = [line for line in outcome.report if line.startswith("open ")]
    return int(counts[0].split()[1]) if counts else None


def is_error_answer(octets):
    """Whether this is one whole answer with an error of the server."""
    return bool(re.match(rb"HTTP/1\.1 50[0347] ", octets)) and octets.endswith(END)


def problems(kind, fault, outcome, baseline, also=()):
    """What sort an outcome is of, and what is wrong with it."""
    name, error = fault
    found = []
    method = "HEAD" if kind.name == "head" else "GET"
    octets, right = (normal(o.octets, method) for o in (outcome, baseline))
    lines = [line for line in outcome.lines if not ACCESS_LINE.match(line)]
    expected = [line for line in baseline.lines if not ACCESS_LINE.match(line)]
    if octets == right:
        sort = "right"
    elif octets in also:
        sort = "plain"
    elif is_error_answer(octets):
        sort = "error"
    elif right.startswith(octets):
        sort = "cut" if octets else "closed"
    elif name == "splice" and error in ("EPIPE", "ECONNRESET"):
        sort = "other"  # the client of a body that ends early is gone
    else:
        sort = "other"
        found.append("another octet")
    if outcome.hung:
        found.append("it hung")
    if outcome.left:
        found.append(f"{outcome.left} processes are left")
    if outcome.status not in (*EXIT_STATUSES, baseline.status):
        found.append(f"exit status {outcome.status}")
    if outcome.status in (71, 78) and octets:
        found.append(f"exit status {outcome.status} with an answer")
    if outcome.status in (71, 78) and len(lines) != 1 and not kind.elsewhere:
        found.append(f"exit status {outcome.status} and {len(lines)} lines")
    if len(lines) > len(expected) + 1:
        found.append("more than one line")
    if name in ("recvfrom", "sendto", "sendfile") and error in GONE:
        if len(lines) > len(expected):
            found.append("a line about a client that is gone")
    if sort == "error" and not lines and not kind.elsewhere:
        found.append("no line")
    if len(outcome.lines) - len(lines) > 1:
        found.append("two access lines")
    if any("/1970:" in line for line in outcome.lines):
        found.append("an access line without a date")
    counts = open_count(outcome), open_count(baseline)
    if None not in counts and counts[0] > counts[1]:
        found.append("a descriptor is left")
    return sort, found


def sites(names, report):
    """The calls in a report, with their place: WHO:NUMBER:NTH, name, place."""
    groups = collections.defaultdict(list)
    for line in report:
        words = line.split(" ", 3)
        if words[0] not in ("program", "child"):
            continue
        place = re.sub(r"\d+", "N", words[3])
        name = names.get(int(words[1]), words[1])
        groups[words[0], name, place].append((":".join(words[:3]), name, place))
    for group in groups.values():
        yield from group[:MAX_SITES]
        yield from group[max(MAX_SITES, len(group) - 1):]


def faults(kind, names, report, with_start):
    """The faults to try, as inject_fault takes them, with their call and error,
    and in words; with those before the request is read, or without."""
    if not with_start:
        report = report[reads_request(names, report) :]
    for site, name, place in sites(names, report):
        chosen = ERRORS.get(name, COMMON)
        if place.startswith("anon_inode"):
            chosen = ("EINTR",)
        elif place.startswith("socket") or (kind.pipes and place.startswith("pipe")):
            chosen += STREAM_ERRORS.get(name, ())
        for error in chosen:
            number = "short" if error == "short" else str(getattr(errno, error))
            description = f"{site.split(':')[0]} {name} ({place}) {error}"
            yield f"{site}:{number}", (name, error), description


def reads_request(names, report):
    """The place of the call that does so first."""
    return next(
        place
        for place, line in enumerate(report)
        if names.get(int(line.split()[1])) in ("recvfrom", "read")
        and re.search(r" (socket|pipe):", line)
    )


def work(root, kinds, results):
    """Tries all of some kinds; what came of one is a result."""
    for fd in os.listdir("/proc/self/fd"):  # with which this test was started
        if int(fd) > 2 and os.path.exists(f"/proc/self/fd/{fd}"):
            os.set_inheritable(int(fd), False)
    runner = Runner(root)
    names = call_names()
    known_options = set()
    for kind in kinds:
        try:
            results.put((kind.name, *try_kind(runner, kind, names, known_options)))
        except Exception as error:  # the test must not wait for ever
            wrong = [f"{kind.name}: {error!r}"]
            results.put((kind.name, collections.Counter(), wrong))


def try_kind(runner, kind, names, known_options):
    baseline = runner.run(kind, "-")
    also = [normal(runner.run(kind.also, "-").octets)] if kind.also else []
    counts = collections.Counter()
    wrong = []
    if baseline.status != 0 or baseline.hung or not baseline.octets:
        wrong.append(f"{kind.name}: {baseline}")
    is_new = str(kind.options) not in known_options
    known_options.add(str(kind.options))
    for fault, cause, description in faults(kind, names, baseline.report, is_new):
        outcome = runner.run(kind, fault)
        sort, found = problems(kind, cause, outcome, baseline, also)
        counts[sort] += 1
        counts["tried"] += 1
        # The next run may make a call less: that is no failure.
        counts["not met"] += "injected" not in outcome.report
        if found:
            wrong.append(
                f"{kind.name}: {description}: {', '.join(found)}\n"
                f"    {outcome.octets[:300]!r}\n    {outcome.lines}"
            )
    return counts, wrong


class FaultInjection(unittest.TestCase):
    def test_each_call_of_each_kind_of_request(self):
        root = make_site(harness.folder())
        time.sleep(1.1)  # else an answer may have no date of its file
        results = multiprocessing.Queue()
        workers = [
            multiprocessing.Process(
                target=work, args=(root, KINDS[i::WORKERS], results)
            )
            for i in range(WORKERS)
        ]
        for worker in workers:
            worker.start()
        total = collections.Counter()
        wrong = []
        print()
        for _ in KINDS:
            name, counts, found = results.get(timeout=280)
            print(f"{name:28}", *(f"{sort} {counts[sort]}" for sort in sorted(counts)))
            total.update(counts)
            wrong += found
        for worker in workers:
            worker.join()
        print(f"{'all':28}", *(f"{sort} {total[sort]}" for sort in sorted(total)))
        self.assertGreater(total["tried"], 50 * len(KINDS))
        self.assertFalse(wrong, f"{len(wrong)} faults:\n" + "\n".join(wrong))


def setUpModule():
    if INJECT is None or os.uname().machine != "x86_64":
        harness.skip("this machine's registers are not known")


if __name__ == "__main__":
    harness.main()
