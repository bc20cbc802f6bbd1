"""A machine of its own for a test file: a private systemd, our build installed.

A file that ends in `machine.main()` runs inside of boot-systemd, as root, in
its own network: port 80 is free, /etc and /srv are there to be written to, and
nothing of it is left.  Where that is not allowed, the file is skipped.
"""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

import harness

SITE = pathlib.Path("/srv/www")
EXAMPLES = pathlib.Path("/usr/local/share/doc/cgihttpd/examples")
_HERE = pathlib.Path(__file__).resolve().parent
_INSTALLED = "CGIHTTPD_INSTALLED"

SITE_FILES = {"index.html": "the page\n", "file.txt": "text\n"}

# It tells the journal, and the client, all that a test wants to know.
WHO = """#!/bin/sh
echo "a word of $REQUEST_URI" >&2
printf 'Content-Type: text/plain\\n\\n'
echo "$REQUEST_METHOD from $REMOTE_ADDR to port $SERVER_PORT by $REQUEST_SCHEME"
echo "user $(id -u)"
cat
"""


@contextlib.contextmanager
def installed(destination):
    """The folder of the build, once it is installed as DESTDIR=destination; for
    this test alone, as meson logs what it installs there."""
    if "BUILD" not in os.environ:
        harness.skip("BUILD does not name the folder of the build")
    build = pathlib.Path(os.environ["BUILD"])
    with harness.locked(build / "meson-logs" / "install.lock"):
        subprocess.run(
            ["meson", "install", "-C", build, "--no-rebuild"]
            + ["--destdir", destination],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        yield build


def install(destination):
    """Installs as DESTDIR=destination."""
    with installed(destination):
        pass


def main(inside=harness.main):
    """Runs `inside` in a machine, from the file that calls it, and ends with its
    status."""
    if installed := os.environ.get(_INSTALLED):
        shutil.copytree(installed, "/", symlinks=True, dirs_exist_ok=True)
        _make_site()
        inside()
        return
    harness.binary()
    if os.geteuid() != 0:
        harness.skip("only root may boot a manager")
    destination = harness.folder()
    install(destination)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    show = [_HERE.parent.parent, os.environ["BUILD"], destination]
    boot = subprocess.Popen(
        [_HERE / "boot-systemd", *(word for path in show for word in ("--show", path))]
        + [sys.executable, os.path.abspath(sys.argv[0]), *sys.argv[1:]],
        env=os.environ | {_INSTALLED: str(destination)},
        cwd="/",
    )
    try:
        sys.exit(boot.wait())
    finally:
        boot.terminate()
        boot.wait()


def _make_site():
    for name, text in SITE_FILES.items():
        path = SITE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    harness.write_script(SITE / "cgi-bin" / "who", WHO)


def run(*command, check=True, **options):
    """What a command has written to stdout; with check=False, whatever its end."""
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, **options)
    if check and done.returncode != 0:
        raise AssertionError(f"{command}: status {done.returncode}\n{done.stdout}")
    return done.stdout


def until(condition, what, timeout=harness.PATIENCE):
    """Asks again until there is an answer, which is returned."""
    deadline = time.monotonic() + timeout
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain: {what}")
        time.sleep(0.01)
    return answer


def get(target, port=80, source="127.0.0.1"):
    request = f"GET {target} HTTP/1.1\r\nHost: site.test\r\n\r\n"
    return harness.ask(port, request.encode(), source=source)


def post(target, body, port=80, source="127.0.0.1"):
    head = f"POST {target} HTTP/1.1\r\nHost: site.test\r\nContent-Length: {len(body)}"
    return harness.ask(port, head.encode() + b"\r\n\r\n" + body, source=source)


def hold(count, source, port=80):
    """Connections that have a handler each, which waits for the end of a head."""
    held = [harness.connect(port, source) for _ in range(count)]
    for connection in held:
        with contextlib.suppress(ConnectionError):  # `finish` tells
            connection.sendall(b"GET /file.txt HTTP/1.0\r\n")
    return held


def finish(held):
    """Ends the heads of held connections, and returns the answers' bodies.

    None stands for a connection that was closed without an answer.
    """
    bodies = []
    for connection in held:
        with connection:
            try:
                connection.sendall(b"\r\n")
                received = harness.receive_all(connection)
            except ConnectionError:
                received = b""
        bodies.append(harness.parse(received).body if received else None)
    return bodies


class Journal:
    """What has been logged since this was made."""

    def __init__(self):
        run("journalctl", "--sync")
        shown = run("journalctl", "--lines=0", "--show-cursor")
        self._cursor = re.search(r"cursor: (.*)", shown)[1]

    def entries(self, **fields):
        """As dictionaries: those that have these values."""
        run("journalctl", "--sync")
        # Not filtered by journalctl, which then skips the first one.
        shown = run("journalctl", "--output=json", f"--after-cursor={self._cursor}")
        entries = (json.loads(line) for line in shown.splitlines())
        return [e for e in entries if fields.items() <= e.items()]

    def wait_for(self, pattern, **fields):
        """Waits for an entry whose MESSAGE has the pattern."""
        found = re.compile(pattern)

        def find():
            entries = self.entries(**fields)
            return [e for e in entries if found.search(str(e["MESSAGE"]))]

        return until(find, f"{pattern!r} is not in the journal")[0]
