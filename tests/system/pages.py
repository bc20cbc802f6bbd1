"""The pages that the handler makes itself, as a strict browser takes them."""

import base64
import hashlib
import html.parser
import re
import unittest

import harness


class _Checker(html.parser.HTMLParser):
    """Collects the tags that are open, and what a page must not have."""

    _VOID = {"meta", "link", "br", "hr", "img", "input"}

    def __init__(self):
        super().__init__()
        self.open, self.faults = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in self._VOID:
            self.open.append(tag)
        names = [name for name, _ in attrs]
        if tag in ("script", "img", "link", "iframe", "object"):
            self.faults.append(f"<{tag}>")
        if any(name.startswith("on") or name == "style" for name in names):
            self.faults.append(f"<{tag}> has {names}")
        if len(names) != len(set(names)):
            self.faults.append(f"<{tag}> has an attribute twice")

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes nothing")


class Pages(unittest.TestCase):
    TARGETS = ("/", "/sub/deep/?sort=size&order=desc", "/absent", "/sub", "/%zz")

    @classmethod
    def setUpClass(cls):
        root = harness.folder()
        (root / "sub/deep").mkdir(parents=True)
        for name in ("a.txt", "<b>&\"'.txt", "sp ace.txt", "\u00fc.txt"):
            (root / name).write_text("x", encoding="utf-8")
        server = cls.enterClassContext(harness.Server(root, "--cgi-dir=/c"))
        cls.answers = {
            target: harness.ask(
                server.port, f"GET {target} HTTP/1.1\r\nHost: h\r\n\r\n".encode()
            )
            for target in cls.TARGETS
        }

    def test_the_policy_allows_their_style_and_nothing_else(self):
        for target, answer in self.answers.items():
            with self.subTest(target):
                policy = answer.fields["Content-Security-Policy"]
                styles = re.findall(r"<style>(.*?)</style>", answer.body.decode())
                self.assertEqual(1, len(styles))
                digest = hashlib.sha256(styles[0].encode()).digest()
                hashed = base64.b64encode(digest).decode()
                self.assertIn(f"style-src 'sha256-{hashed}'", policy)
                self.assertIn("default-src 'none'", policy)

    def test_they_are_well_formed_without_script(self):
        for target, answer in self.answers.items():
            with self.subTest(target):
                checker = _Checker()
                checker.feed(answer.body.decode())
                checker.close()
                self.assertEqual([], checker.faults)
                self.assertEqual([], checker.open)


if __name__ == "__main__":
    harness.main()
