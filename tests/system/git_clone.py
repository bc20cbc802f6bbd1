"""git's smart HTTP protocol: what is cloned is what was there."""

import os
import random
import shutil
import subprocess
import unittest

import harness

NOW = "2001-02-03T04:05:06Z"
ENVIRONMENT = {
    "PATH": harness.PATH,
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    **{f"GIT_{who}_NAME": "A. Uthor" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_EMAIL": "a@example.org" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_DATE": NOW for who in ("AUTHOR", "COMMITTER")},
}


def setUpModule():
    global original
    harness.need("git")
    original = harness.folder() / "original"
    make_repository(original)


def git(*arguments, at=None, given="", **environment):
    """Runs git, and returns what it printed, its traces included."""
    done = subprocess.run(
        ["git", *map(str, arguments)],
        cwd=at,
        env=ENVIRONMENT | environment,
        input=given.encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
    )
    text = done.stdout.decode("utf-8", "backslashreplace")
    if done.returncode != 0:
        raise AssertionError(f"git {arguments} exits with {done.returncode}:\n{text}")
    return text.strip()


def refs(repository):
    """Every ref, its object, the commit's tree and the annotated commit's."""
    form = "%(refname) %(objectname) %(tree) %(*tree)"
    return git("for-each-ref", f"--format={form}", at=repository)


def commit(repository, message):
    git("add", "--all", at=repository)
    git("commit", "--quiet", "--allow-empty", "-m", message, at=repository)


def make_repository(path):
    """Two long branches and a merge, big and small files, tags of both kinds."""
    contents = random.Random(2001)
    git("init", "--quiet", "--initial-branch=main", path)
    for number in range(5):
        for name in ("big", "umläut ünd spaß", "dir/sub/small"):
            file = path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(contents.randbytes(400_000 if name == "big" else 500))
        commit(path, f"commit {number}")
    git("switch", "--quiet", "--create", "side", "main~2", at=path)
    (path / "side").write_text("of the side\n")
    (path / "run").symlink_to("side")
    commit(path, "side")
    git("switch", "--quiet", "main", at=path)
    git("merge", "--quiet", "--no-ff", "-m", "merge", "side", at=path)
    git("tag", "light", "main~1", at=path)
    git("tag", "--annotate", "-m", "annotated", "v1.0", "main", at=path)
    # With so many tips to ask for, the client compresses the body of its POST.
    topics = (
        f"commit refs/heads/topic/{number}\n"
        f"committer A <a@example.org> {number} +0000\n"
        "data 5\ntopic\nfrom refs/heads/main\n\n"
        for number in range(40)
    )
    git("fast-import", "--quiet", at=path, given="".join(topics))


class Clone:
    """The cases, for each superserver a class below."""

    @classmethod
    def setUpClass(cls):
        top = harness.folder()
        cls.original = top / "projects" / "original"
        shutil.copytree(original, cls.original, symlinks=True)
        script = "#!/bin/sh\nexec git http-backend\n"
        harness.write_script(top / "site" / "cgi-bin" / "git", script)
        options = [
            f"--set-env=GIT_PROJECT_ROOT={cls.original.parent}",
            "--set-env=GIT_HTTP_EXPORT_ALL=1",
            # The repository belongs to whom the tests run as; the script is nobody.
            "--set-env=GIT_CONFIG_COUNT=1",
            "--set-env=GIT_CONFIG_KEY_0=safe.directory",
            "--set-env=GIT_CONFIG_VALUE_0=*",
        ]
        cls.server = cls.enterClassContext(
            harness.Server(top / "site", *options, superserver=cls.superserver)
        )
        cls.url = f"{cls.server.url}/cgi-bin/git/original"

    def setUp(self):
        self.copy = harness.folder() / "copy"

    def assert_equal_to_the_original(self, copy):
        git("fsck", "--full", "--strict", at=copy)
        self.assertEqual(refs(copy), refs(self.original))

    def test_a_mirror_equals_the_original(self):
        for version in ("0", "1", "2"):
            with self.subTest(protocol=version):
                copy = self.copy / version
                trace = git(
                    *("-c", f"protocol.version={version}"),
                    *("clone", "--mirror", self.url, copy),
                    GIT_TRACE_PACKET="1",
                    GIT_TRACE_CURL="1",
                )
                self.assert_equal_to_the_original(copy)
                self.assertEqual(f"< version {version}" in trace, version != "0")
                self.assertIn("Content-Encoding: gzip", trace)

    def test_a_working_tree_is_the_one_that_was_committed(self):
        git("clone", "--branch=side", self.url, self.copy)
        self.assertEqual(git("status", "--porcelain", at=self.copy), "")
        tree = git("rev-parse", "side^{tree}", at=self.original)
        self.assertEqual(git("rev-parse", "HEAD^{tree}", at=self.copy), tree)
        self.assertEqual(os.readlink(self.copy / "run"), "side")

    def test_a_shallow_clone_has_one_commit_and_can_be_deepened(self):
        git("clone", "--depth=1", "--no-single-branch", self.url, self.copy)
        count = ("rev-list", "--count", "HEAD")
        self.assertEqual(git(*count, at=self.copy), "1")
        git("fsck", "--full", at=self.copy)
        git("fetch", "--unshallow", at=self.copy)
        self.assertEqual(git(*count, at=self.copy), git(*count, at=self.original))

    def test_a_fetch_brings_what_was_committed_since(self):
        git("clone", "--mirror", self.url, self.copy)
        before = refs(self.copy)
        (self.original / "later").write_bytes(random.Random(1).randbytes(300_000))
        commit(self.original, "later")
        git("tag", f"tag-of-{self.id()}", at=self.original)
        git("fetch", "--prune", at=self.copy)
        self.assertNotEqual(refs(self.copy), before)
        self.assert_equal_to_the_original(self.copy)

    def test_a_repository_that_is_absent_is_said_to_be_absent(self):
        with self.assertRaisesRegex(AssertionError, "not found"):
            git("clone", self.url + "-absent", self.copy)


class UnderSocketActivate(Clone, unittest.TestCase):
    superserver = "socket-activate"


class UnderSocketActivatePassingDescriptor3(Clone, unittest.TestCase):
    superserver = "socket-activate-fd"


class UnderTcpserver(Clone, unittest.TestCase):
    superserver = "tcpserver"


class Push(unittest.TestCase):
    """A pack of more than 1 MiB goes in chunks: its size is not told."""

    def test_a_large_push_arrives(self):
        top = harness.folder()
        git("init", "--quiet", "--bare", "--shared=0777", top / "pushed")
        for folder, _, _ in os.walk(top / "pushed"):
            os.chmod(folder, 0o777)  # the script is nobody
        settings = {"safe.directory": "*", "http.receivepack": "true"}
        options = [f"--set-env=GIT_PROJECT_ROOT={top}", "--set-env=GIT_HTTP_EXPORT_ALL=1"]
        options.append(f"--set-env=GIT_CONFIG_COUNT={len(settings)}")
        for number, (key, value) in enumerate(settings.items()):
            options.append(f"--set-env=GIT_CONFIG_KEY_{number}={key}")
            options.append(f"--set-env=GIT_CONFIG_VALUE_{number}={value}")
        script = "#!/bin/sh\nexec git http-backend\n"
        harness.write_script(top / "site" / "cgi-bin" / "git", script)
        with harness.Server(top / "site", *options) as server:
            url = f"{server.url}/cgi-bin/git/pushed"
            trace = git("push", "--mirror", url, at=original, GIT_TRACE_CURL="1")
        self.assertIn("Transfer-Encoding: chunked", trace)
        pushed = harness.folder() / "copy"
        git("clone", "--mirror", top / "pushed", pushed)
        git("fsck", "--full", "--strict", at=pushed)
        self.assertEqual(refs(pushed), refs(original))


class FromPlainFiles(unittest.TestCase):
    """The "dumb" protocol, for which a folder of files is enough."""

    def test_a_mirror_equals_the_original(self):
        top = harness.folder()
        copy, served = top / "copy", top / "site" / "original.git"
        git("clone", "--mirror", original, served)
        git("update-server-info", at=served)
        with harness.Server(top / "site", "--no-cgi") as server:
            git("clone", "--mirror", f"{server.url}/original.git", copy)
        git("fsck", "--full", "--strict", at=copy)
        self.assertEqual(refs(copy), refs(original))


if __name__ == "__main__":
    harness.main()
