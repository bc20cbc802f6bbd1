"""apt-get updates, downloads and installs from a signed Debian repository."""

import gzip
import lzma
import os
import random
import re
import subprocess
import unittest

import harness

OLD, NEW = 1_500_000_000, 1_600_000_000
SIZE = 2 << 20
PARTS = 20  # more than apt sends requests for before it reads an answer
# All that is apt's is below one folder: nothing of the machine's own is used.
CONFIGURATION = """
Dir "{0}";
Dir::State::status "{0}/var/lib/dpkg/status";
APT::Architecture "amd64";
APT::Architectures {{ "amd64"; }};
APT::Sandbox::User "root";
APT::Get::Assume-Yes "true";
Acquire::Languages "none";
Acquire::Retries "0";
DPkg::Options {{ "--root={0}"; "--force-not-root,bad-path,unsafe-io"; }};
DPkg::Options {{ "--log=/dev/null"; }};
"""
CONTROL = """Package: {0}
Version: {1}
Architecture: all
Maintainer: nobody <nobody@localhost>
Description: {0}
{2}"""


def run(*command, at, **environment):
    done = subprocess.run(
        command,
        cwd=at,
        env={"PATH": harness.PATH, "LC_ALL": "C", "HOME": str(at), **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=3 * harness.PATIENCE,
    )
    if done.returncode != 0:
        said = (done.stdout + done.stderr).decode(errors="replace")
        raise AssertionError(f"{command} ended with {done.returncode}: {said}")
    return done.stdout


def sign(*arguments):
    options = ["--batch", "--quiet", "--passphrase", ""]
    run("gpg", *options, *arguments, at=keys, GNUPGHOME=str(keys))


def stop_agent():
    run("gpgconf", "--kill", "all", at=keys, GNUPGHOME=str(keys))


def setUpModule():
    global keys
    harness.need("apt-get", "apt-ftparchive", "dpkg-deb", "gpg", "gpg-agent")
    keys = harness.folder()
    keys.chmod(0o700)
    unittest.addModuleCleanup(stop_agent)
    sign("--quick-generate-key", "repository", "ed25519", "sign", "never")
    sign("--export", "--output", keys / "public.gpg")


class Repository:
    """Packages in `pool`, and in `dists` their index, which is signed."""

    def __init__(self):
        self.top = harness.folder()
        self.index = self.top / "dists" / "stable" / "main" / "binary-amd64"
        self.index.mkdir(parents=True)
        (self.top / "pool").mkdir()

    def package(self, name, version):
        return self.top / "pool" / f"{name}_{version}_all.deb"

    def add(self, name, version, size=SIZE, depends=()):
        """Builds a package with a file of its name; returns its octets."""
        tree = harness.folder()
        (tree / "DEBIAN").mkdir()
        relation = f"Depends: {', '.join(depends)}\n" if depends else ""
        control = CONTROL.format(name, version, relation)
        (tree / "DEBIAN" / "control").write_text(control)
        (tree / name).write_bytes(random.Random(name + version).randbytes(size))
        package = self.package(name, version)
        run("dpkg-deb", "-Znone", "-b", tree, package, at=tree)
        return package.read_bytes()

    def publish(self, modified):
        """Writes the index of what has been added, as it was at that time."""
        index = run("apt-ftparchive", "packages", "pool", at=self.top)
        (self.index / "Packages").write_bytes(index)
        (self.index / "Packages.gz").write_bytes(gzip.compress(index))
        (self.index / "Packages.xz").write_bytes(lzma.compress(index))
        dist = self.top / "dists" / "stable"
        (dist / "InRelease").unlink(missing_ok=True)
        options = ["-o", "APT::FTPArchive::Release::Codename=stable"]
        release = run("apt-ftparchive", *options, "release", dist, at=self.top)
        (keys / "Release").write_bytes(release)
        sign("--clear-sign", "--output", dist / "InRelease", keys / "Release")
        # Nothing that has just changed has a date: see conditional.h.
        for folder, _, names in os.walk(self.top):
            for name in names:
                os.utime(os.path.join(folder, name), (modified, modified))


class Machine:
    """The folders of an apt that knows that repository and no package."""

    def __init__(self, url):
        self.top = harness.folder()
        for folder in ("apt.conf.d", "preferences.d"):
            (self.top / "etc" / "apt" / folder).mkdir(parents=True)
        for folder in ("lib/dpkg/updates", "lib/dpkg/info", "log/apt"):
            (self.top / "var" / folder).mkdir(parents=True)
        (self.top / "var" / "lib" / "dpkg" / "status").touch()
        self.lists = self.top / "var" / "lib" / "apt" / "lists"
        self.archives = self.top / "var" / "cache" / "apt" / "archives"
        for folder in (self.lists, self.archives):
            (folder / "partial").mkdir(parents=True)
        source = f"deb [signed-by={keys}/public.gpg] {url} stable main\n"
        (self.top / "etc" / "apt" / "sources.list").write_text(source)
        self.configuration = self.top / "configuration"
        self.configuration.write_text(CONFIGURATION.format(self.top))

    def get(self, *arguments):
        configuration = str(self.configuration)
        run("apt-get", *arguments, at=self.top, APT_CONFIG=configuration)


class AptGet(unittest.TestCase):
    """A repository, its server, and a machine that uses it."""

    superserver = "socket-activate"

    def setUp(self):
        self.known_answers = 0
        self.repository = Repository()
        self.server = self.enterContext(
            harness.Server(self.repository.top, superserver=self.superserver)
        )
        self.machine = Machine(self.server.url)

    def answers(self):
        """Name, status and octets of each answer since the last call, sorted."""
        self.server.wait_until_idle()
        line = re.compile(r'"GET \S*/(\S+) HTTP/1\.1" (\d+) (\d+|-) ')
        lines = line.findall(self.server.log())
        new, self.known_answers = lines[self.known_answers :], len(lines)
        return sorted((n, int(s), int(o.replace("-", "0"))) for n, s, o in new)

    def statuses(self):
        return [(name, status) for name, status, _ in self.answers()]

    def publish(self, modified=OLD):
        """Lets the machine know all that the repository has."""
        self.repository.publish(modified)
        self.machine.get("update")
        self.answers()

    def list_name(self, name):
        """What apt calls a file of the index."""
        top = f"127.0.0.1:{self.server.port}_dists_stable"
        return f"{top}_main_binary-amd64_{name}"

    def assert_same(self, path, expected):
        # assertEqual would print megabytes.
        self.assertTrue(path.read_bytes() == expected, f"{path} differs")


class Update(AptGet):
    def assert_index_is_known(self):
        index = self.repository.index / "Packages"
        copy = self.machine.lists / self.list_name("Packages")
        self.assertEqual(copy.read_text(), index.read_text())

    def test_an_index_is_fetched_where_it_has_changed(self):
        fetched = [("InRelease", 200), ("Packages.xz", 200)]
        for version, modified in (("1", OLD), ("2", NEW)):
            self.repository.add("tool", version)
            self.repository.publish(modified)
            for statuses in (fetched, [("InRelease", 304)], [("InRelease", 304)]):
                self.machine.get("update")
                self.assertEqual(self.statuses(), statuses)
                self.assert_index_is_known()

    def test_an_index_goes_on_where_it_ended(self):
        self.repository.add("tool", "1")
        self.repository.publish(OLD)
        index = (self.repository.index / "Packages.xz").read_bytes()
        part = self.machine.lists / "partial" / self.list_name("Packages.xz")
        part.write_bytes(index[:100])
        os.utime(part, (OLD, OLD))
        self.machine.get("update")
        self.assertIn(("Packages.xz", 206, len(index) - 100), self.answers())
        self.assert_index_is_known()


class Download(AptGet):
    superserver = "tcpserver"

    def test_a_package_is_the_one_that_was_built(self):
        package = self.repository.add("tool", "1")
        self.publish()
        self.machine.get("download", "tool")
        self.assert_same(self.machine.top / "tool_1_all.deb", package)
        self.assertEqual(self.statuses(), [("tool_1_all.deb", 200)])

    def test_one_answer_a_connection_is_enough_for_many_packages(self):
        names = [f"part{number}" for number in range(PARTS)]
        packages = {f"{n}_1_all.deb": self.repository.add(n, "1") for n in names}
        packages["all_1_all.deb"] = self.repository.add("all", "1", 10, names)
        self.publish()
        for depth in ("10", "0"):
            with self.subTest(depth):
                option = f"Acquire::http::Pipeline-Depth={depth}"
                self.machine.get("clean")
                self.machine.get("install", "-d", "-o", option, "all")
                expected = [(name, 200) for name in sorted(packages)]
                self.assertEqual(self.statuses(), expected)
                for name, package in packages.items():
                    self.assert_same(self.machine.archives / name, package)

    def go_on(self, package, part, modified):
        """Downloads the package where this part is there; returns the answer."""
        self.machine.get("clean")
        path = self.machine.archives / "partial" / "tool_1_all.deb"
        path.write_bytes(part)
        os.utime(path, (modified, modified))
        self.machine.get("install", "-d", "tool")
        self.assert_same(self.machine.archives / "tool_1_all.deb", package)
        [(_, status, octets)] = self.answers()
        return status, octets

    def test_a_package_goes_on_where_it_ended(self):
        package = self.repository.add("tool", "1")
        self.publish()
        for size in (1, SIZE // 2, len(package) - 1):
            with self.subTest(size):
                answer = self.go_on(package, package[:size], OLD)
                self.assertEqual(answer, (206, len(package) - size))

    def test_a_part_of_another_version_is_dropped(self):
        package = self.repository.add("tool", "1")
        self.publish()
        half = bytes(SIZE // 2)
        for why, part, modified in (
            ("an older one", half, OLD - 1),
            ("a newer one", half, NEW),
            ("an older one of more octets", 4 * half, OLD - 1),
        ):
            with self.subTest(why):
                answer = self.go_on(package, part, modified)
                self.assertEqual(answer, (200, len(package)))


class Install(AptGet):
    superserver = "socket-activate-fd"

    def test_what_is_installed_is_what_was_built(self):
        for version, modified in (("1", OLD), ("2", NEW)):
            self.repository.add("library", version)
            self.repository.add("tool", version, SIZE, [f"library (= {version})"])
            self.publish(modified)
            self.machine.get("install", "tool")
            for name in ("tool", "library"):
                content = random.Random(name + version).randbytes(SIZE)
                self.assert_same(self.machine.top / name, content)


if __name__ == "__main__":
    harness.main()
