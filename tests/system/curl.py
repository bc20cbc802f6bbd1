"""curl as a test's client: what it is asked with, and its answers taken apart."""

import subprocess

import harness

COMMAND = ["curl", "--disable", "--noproxy", "*", "--silent", "--show-error"]


def run(*arguments, given=b""):
    """Runs curl, and returns what it wrote; fails if curl does."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        input=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=harness.PATIENCE,
    )
    if done.returncode != 0:
        raise AssertionError(f"curl {arguments}: {done.stderr.decode()}")
    return done.stdout


def fetch(url, *arguments, given=b""):
    """Asks for one URL, and returns the last answer that came, redirects and all."""
    received = run("--include", "--raw", *arguments, url, given=given)
    method = "HEAD" if "--head" in arguments else "GET"
    return harness.parse(received, method)


class Stream:
    """The content of an answer while it comes: a binary file to read from."""

    def __init__(self, url, *arguments):
        self._command = [*COMMAND, "--no-buffer", *map(str, arguments), url]

    def __enter__(self):
        timeout = ["--max-time", str(harness.PATIENCE)]
        self._process = subprocess.Popen(
            [*self._command, *timeout], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
        )
        return self._process.stdout

    def __exit__(self, *_):
        self._process.stdout.close()
        self._process.wait()
