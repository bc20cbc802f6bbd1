"""The Debian package in a Debian of its own, which debootstrap makes once."""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import unittest

import harness
from machine import run

BUILD = pathlib.Path(os.environ.get("BUILD", "build"))
PACKAGER = pathlib.Path(__file__).parents[2] / "units" / "debian-package"
# What dpkg itself keeps of what it did.
RECORDS = re.compile(r"var/(lib/dpkg|log|cache)(/|$)")


def setUpModule():
    if os.geteuid() != 0:
        raise unittest.SkipTest("only root may change its root folder")
    harness.need("debootstrap", "dpkg-deb", "meson", "unshare")


def make_debian():
    """A minimal tree, kept in the folder of the build: it takes half a minute."""
    tree = BUILD / "debian-tree"
    with harness.locked(BUILD / "debian-tree.lock"):
        if not tree.exists():
            new = BUILD / "debian-tree.new"
            shutil.rmtree(new, ignore_errors=True)
            # What it mounts goes with its namespace.
            make = ["unshare", "--mount", "debootstrap", "--variant=minbase"]
            about = pathlib.Path("/etc/os-release").read_text()
            release = re.search(r"VERSION_CODENAME=(\w+)", about)
            try:
                run(*make, release[1], new)
            except AssertionError as failure:
                raise unittest.SkipTest(f"no Debian can be had: {failure}") from failure
            new.rename(tree)
    return tree


def list_tree(root):
    """Every file, but what is recorded of the installation."""
    paths = (str(path.relative_to(root)) for path in root.rglob("*"))
    return {path for path in paths if not RECORDS.match(path)}


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.debian = make_debian()
        cls.file = run(PACKAGER, BUILD / "debian").strip()

    def setUp(self):
        self.root = harness.folder() / "root"
        run("cp", "-a", self.debian, self.root)
        self.before = list_tree(self.root)
        inside = self.root / "tmp" / "package.deb"
        shutil.copy(self.file, inside)
        self.inside("dpkg", "--install", "/tmp/package.deb")
        inside.unlink()

    def inside(self, *command):
        # C.UTF-8 is there in every Debian.
        environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "LC_ALL": "C.UTF-8",
            "DEBIAN_FRONTEND": "noninteractive",
        }
        return run("chroot", self.root, *command, env=environment)

    def test_it_is_installed(self):
        version = self.inside("cgihttpd", "--version")
        self.assertIn(run("dpkg-deb", "-f", self.file, "Version").strip(), version)
        self.assertEqual(self.inside("dpkg", "--verify", "cgihttpd"), "")
        self.assertRegex(run("dpkg-deb", "-f", self.file, "Depends"), r"^libc6 \(>= ")

    def test_it_answers(self):
        site = self.root / "srv" / "www"
        site.mkdir()
        (site / "file.txt").write_text("text\n")
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.sendall(b"GET /file.txt HTTP/1.0\r\n\r\n")
            handler = subprocess.Popen(
                ["chroot", self.root, "/usr/sbin/cgihttpd", "/srv/www"],
                stdin=theirs,
                stdout=theirs,
                stderr=subprocess.DEVNULL,
            )
            theirs.close()
            answer = harness.parse(harness.receive_all(ours))
            self.assertEqual(handler.wait(harness.PATIENCE), 0)
        self.assertEqual((answer.status, answer.body), (200, b"text\n"))

    def test_its_units_can_be_enabled(self):
        root = f"--root={self.root}"
        run("systemctl", root, "--quiet", "enable", "cgihttpd.socket")
        self.assertEqual(
            run("systemctl", root, "is-enabled", "cgihttpd.socket"), "enabled\n"
        )

    def test_purged_it_leaves_nothing(self):
        self.inside("dpkg", "--purge", "cgihttpd")
        self.assertEqual(list_tree(self.root), self.before)


if __name__ == "__main__":
    harness.main()
