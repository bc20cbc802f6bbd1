"""The installed completions, in bash, zsh and fish: at a terminal, keys pressed."""

import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import time
import unittest

import harness
import machine

# A command line, Tab where it is pressed, and what the program is then given.
TYPED = (
    ("--max-b\t5G", ["--max-body=5G"]),
    ("--ma\ta\t60", ["--max-age=60"]),
    ("--no-l\t", ["--no-listing"]),
    ("--symlinks=f\t", ["--symlinks=follow"]),
    ("--cgi-o\td\t", ["--cgi-output=direct"]),
    ("--forwarded-f\tX\t", ["--forwarded-field=X-Forwarded-For"]),
    ("--log=j\t", ["--log=journal"]),
    ("--log=/some/wh\t", ["--log=/some/where"]),
    ("--log-f\tj\t", ["--log-format=json"]),
    ("--user=nobo\t", ["--user=nobody"]),
    ("--auth=/a=/some/wh\t", ["--auth=/a=/some/where"]),
    ("--check --no-c\t /some/fo\t", ["--check", "--no-cgi", "/some/folder"]),
)


def setUpModule():
    global folder, share
    destination = harness.folder()
    machine.install(destination)
    [share] = destination.glob("usr/local/share")
    folder = harness.folder()
    (folder / "some" / "folder").mkdir(parents=True)
    (folder / "some" / "where").write_text("")


class Terminal:
    """An interactive shell at a terminal of its own, in an empty home."""

    def __init__(self, *command, rc, rc_name="rc"):
        home = harness.folder()
        (home / rc_name).write_text(rc)
        keys, terminal = pty.openpty()
        self._keys = keys
        self._shown = ""
        self._process = subprocess.Popen(
            [word.replace("RC", str(home / "rc")) for word in command],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            cwd=folder,
            start_new_session=True,
            env={
                "HOME": str(home),
                "ZDOTDIR": str(home),
                "PATH": harness.PATH,
                "TERM": "dumb",
                "LC_ALL": "C.UTF-8",
            },
        )
        os.close(terminal)

    def press(self, text):
        os.write(self._keys, text.encode())

    def wait_for(self, pattern):
        """What matches; it and all before it is not looked at again."""
        deadline = time.monotonic() + harness.PATIENCE
        while not (found := re.search(pattern, self._shown)):
            left = max(0, deadline - time.monotonic())
            if not select.select([self._keys], [], [], left)[0]:
                raise AssertionError(f"no {pattern!r} in {self._shown!r}")
            self._shown += os.read(self._keys, 4096).decode(errors="replace")
        self._shown = self._shown[found.end() :]
        return found

    def close(self):
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._keys)


# The program of the tests says what it was given.
CGIHTTPD = 'cgihttpd() { printf "given:"; printf " <%s>" "$@"; echo " end"; }\n'


class Shell:
    """At a terminal of the shell that a class below names."""

    @classmethod
    def setUpClass(cls):
        cls.terminal = cls.start()
        cls.addClassCleanup(cls.terminal.close)
        cls.terminal.wait_for("ready")

    def test_keys_complete_options_values_and_paths(self):
        for typed, expected in TYPED:
            with self.subTest(typed):
                self.terminal.press(f"cgihttpd {typed.replace('/some', f'{folder}/some')}\n")
                given = self.terminal.wait_for("given:( .*?)? end\r?\n")[1]
                # bash leaves the slash behind a folder.
                arguments = re.findall("<(.*?)/?>", given.replace(str(folder), ""))
                self.assertEqual(arguments, expected)


class Bash(Shell, unittest.TestCase):
    @classmethod
    def start(cls):
        library = "/usr/share/bash-completion/bash_completion"
        if not os.path.exists(library):
            raise unittest.SkipTest("bash-completion is not installed")
        file = share / "bash-completion" / "completions" / "cgihttpd"
        rc = f". {library}\n. {file}\n{CGIHTTPD}PS1='> '\necho rea''dy\n"
        return Terminal("bash", "--noprofile", "--rcfile", "RC", "-i", rc=rc)


class Zsh(Shell, unittest.TestCase):
    @classmethod
    def start(cls):
        harness.need("zsh")
        rc = f"fpath=({share}/zsh/site-functions $fpath)\n"
        rc += "autoload -Uz compinit; compinit -D -u\nunsetopt zle_bracketed_paste\n"
        rc += f"{CGIHTTPD}PS1='> '\necho rea''dy\n"
        return Terminal("zsh", "-d", "-i", rc=rc, rc_name=".zshrc")


class Fish(unittest.TestCase):
    def complete(self, line):
        harness.need("fish")
        file = share / "fish" / "vendor_completions.d" / "cgihttpd.fish"
        shown = subprocess.run(
            ["fish", "--no-config", "-c", f"source {file}; complete -C '{line}'"],
            env={"HOME": str(folder), "PATH": harness.PATH, "LC_ALL": "C.UTF-8"},
            cwd=folder,
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        ).stdout
        return [text.split("\t")[0] for text in shown.splitlines()]

    def test_options_values_and_paths_are_offered(self):
        for line, expected in (
            ("--ma", ["--max-age", "--max-body"]),
            ("--no-l", ["--no-listing"]),
            ("--symlinks=", ["--symlinks=below", "--symlinks=follow"]),
            ("--log=j", ["--log=journal"]),
            ("--log=some/w", ["--log=some/where"]),
            ("--user=nobo", ["--user=nobody"]),
            ("--auth=/a=some/w", ["--auth=/a=some/where"]),
            ("some/", ["some/folder/"]),
        ):
            with self.subTest(line):
                self.assertEqual(self.complete(f"cgihttpd {line}"), expected)


class Table(unittest.TestCase):
    def test_each_file_has_every_option(self):
        shown = subprocess.check_output([harness.binary(), "--help"], text=True)
        options = re.findall(r"^ +(?:-., )?--([a-z-]+)", shown, re.MULTILINE)
        self.assertGreater(len(options), 30)
        for name in (
            "bash-completion/completions/cgihttpd",
            "zsh/site-functions/_cgihttpd",
            "fish/vendor_completions.d/cgihttpd.fish",
        ):
            text = pathlib.Path(share / name).read_text()
            named = set(re.findall(r"(?:--|-l )([a-z][a-z-]+)", text))
            self.assertEqual(set(options) - named, set(), name)


if __name__ == "__main__":
    harness.main()
