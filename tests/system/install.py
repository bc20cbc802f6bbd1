"""What is installed is taken away again, and the units name what is there."""

import os
import re
import subprocess
import unittest

import harness
import machine


def setUpModule():
    harness.need("meson", "ninja")


def list_tree(root):
    return {str(path.relative_to(root)) for path in root.rglob("*")}


class Install(unittest.TestCase):
    def setUp(self):
        self.root = harness.folder()
        # What was there before has to be there afterwards.
        (self.root / "usr/local/sbin").mkdir(parents=True)
        (self.root / "usr/local/sbin/other").write_text("")
        self.before = list_tree(self.root)
        # Until the end: what another test installs is not for us to uninstall.
        self.build = self.enterContext(machine.installed(self.root))

    def test_the_units_name_the_installed_program(self):
        named = 0
        for path in self.root.rglob("*"):
            if path.is_file() and re.search(r"cgihttpd.*\.", path.name):
                text = path.read_bytes().decode(errors="replace")
                self.assertNotRegex(text, r"@[a-z_]+@", path)
                for program in re.findall(r"(?<![\w/])/[\w/]*/sbin/cgihttpd\b", text):
                    self.assertTrue(os.access(f"{self.root}{program}", os.X_OK), path)
                    named += 1
        self.assertGreater(named, 8)

    def test_nothing_is_left_when_it_is_uninstalled(self):
        self.assertIn("usr/local/sbin/cgihttpd", list_tree(self.root))
        subprocess.run(
            ["ninja", "-C", self.build, "uninstall"],
            check=True,
            stdout=subprocess.DEVNULL,
            env=os.environ | {"DESTDIR": str(self.root)},
        )
        self.assertEqual(list_tree(self.root), self.before)


if __name__ == "__main__":
    harness.main()
