"""The first minutes with README, in a Debian that has git and nothing else.

Each step is a block of README's code, and is timed.
"""

import pathlib
import shutil
import subprocess
import time
import unittest

import debian_package
import harness
import machine
from recipes import block

TOP = pathlib.Path(__file__).resolve().parents[2]
INSIDE = {"PATH": "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
PATIENCE = 400  # seconds; a compiler is fetched, and everything compiled


def setUpModule():
    debian_package.setUpModule()
    harness.need("git")
    if not (TOP / ".git").exists():
        raise unittest.SkipTest("there is nothing to clone")


class Newcomer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = harness.folder() / "root"
        subprocess.run(["cp", "-a", debian_package.make_debian(), cls.root], check=True)
        # Where packages come from is this machine's matter.
        shutil.rmtree(cls.root / "etc/apt")
        shutil.copytree("/etc/apt", cls.root / "etc/apt", symlinks=True)
        for name in ("resolv.conf", "hosts"):
            shutil.copy(f"/etc/{name}", cls.root / "etc" / name)
        clone = ["git", "clone", "--quiet", "--bare", TOP, cls.root / "srv/cgihttpd.git"]
        subprocess.run(clone, check=True)

    def start(self, script):
        """Runs a script inside; what it starts goes with it."""
        proc = "mount -t proc proc /proc; mount -t tmpfs dev /dev; "
        proc += "for n in null zero full random urandom; do "
        proc += "touch /dev/$n; mount --bind /host/$n /dev/$n; done; "
        proc += "ln -s /proc/self/fd /dev/fd; ln -s fd/0 /dev/stdin; "
        (self.root / "host").mkdir(exist_ok=True)
        bind = f"mount --bind /dev {self.root}/host && exec chroot {self.root} sh -euc"
        unshare = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
        process = subprocess.Popen(
            [*unshare, "sh", "-c", f'{bind} "$0"', proc + script],
            env=INSIDE,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=self.output,
        )
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def said(self):
        return pathlib.Path(self.output.name).read_text(errors="replace")[-3000:]

    def do(self, what, script):
        start = time.monotonic()
        status = self.start(script).wait(PATIENCE)
        self.assertEqual(status, 0, self.said())
        print(f"{what}: {time.monotonic() - start:.1f} s", flush=True)

    def test_from_git_clone_to_an_installed_program(self):
        self.output = (self.root.parent / "output").open("w+")
        self.addCleanup(self.output.close)
        install_git = "apt-get update -q; apt-get install -qy --no-install-recommends git"
        self.do("git, before the start", install_git)
        self.do("git clone", "cd /srv; git clone --quiet cgihttpd.git cgihttpd")

        port = harness.free_port()
        demo = block("./units/demo").strip()
        demo = demo.replace("[FOLDER]", "tests/site").replace("[PORT]", str(port))
        start = time.monotonic()
        process = self.start(f"cd /srv/cgihttpd; exec {demo}")

        def is_answered():
            self.assertIsNone(process.poll(), self.said())
            try:
                return machine.get("/", port).status == 200
            except OSError:
                return False

        machine.until(is_answered, "the demo does not answer", PATIENCE)
        print(f"./units/demo, to the first answer: {time.monotonic() - start:.1f} s")
        answer = machine.get("/cgi-bin/hello.sh", port)
        self.assertEqual(answer.status, 200)
        process.kill()
        process.wait()

        steps = block("meson setup build\nninja -C build\n").replace("sudo ", "")
        self.do("the installation", f"cd /srv/cgihttpd; {steps}")
        shown = (self.root / "usr/local/sbin/cgihttpd").exists()
        self.assertTrue(shown, self.said())
        self.do("the manual's first words", "cgihttpd --help; cgihttpd --version")
        self.assertRegex(self.said(), r"(?m)^cgihttpd \d")


if __name__ == "__main__":
    harness.main()
