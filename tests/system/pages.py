"""The pages that the handler makes itself, as a strict browser takes them."""

import base64
import hashlib
import html.parser
import os
import pathlib
import re
import socket
import subprocess
import time
import unittest

import chromium
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
        links = [v for n, v in attrs if n in ("href", "src", "action")]
        if any(re.match(r"[a-z]+:|//", link, re.I) for link in links):
            self.faults.append(f"<{tag}> leads elsewhere: {links}")
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


class Sizes(unittest.TestCase):
    @staticmethod
    def fill(count):
        root = harness.folder()
        for number in range(count):
            (root / f"a-file-of-today-{number}").touch()
        return root

    @staticmethod
    def list(root):
        """Returns a folder's page, and the CPU time and the time that it took."""
        ours, theirs = socket.socketpair()
        with ours:
            ours.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            begin = time.monotonic()
            handler = subprocess.Popen(
                [harness.binary(), "--log=none", root], stdin=theirs, stdout=theirs
            )
            theirs.close()
            page = harness.parse(harness.receive_all(ours)).body
            seconds = time.monotonic() - begin
            _, status, used = os.wait4(handler.pid, 0)
            handler.returncode = status
        return page, used.ru_utime + used.ru_stime, seconds

    def test_twenty_names_are_a_small_page(self):
        page, _, _ = self.list(self.fill(20))
        print(f"20 names: {len(page)} octets")
        self.assertEqual(21, page.count(b"<tr>"))
        self.assertLessEqual(len(page), 6 * 1024)

    def test_ten_thousand_names_come_at_once(self):
        root = self.fill(10_000)
        # What the kernel takes for the names and their facts, on this machine.
        start = time.process_time()
        for name in os.listdir(root):
            os.lstat(root / name)
        limit = max(0.050, 2 * (time.process_time() - start))
        # On a busy machine, caches are cold: the best of some tries counts.
        for _ in range(20):
            page, cpu, seconds = self.list(root)
            if cpu < limit:
                break
        print(f"10000 names: {cpu * 1000:.0f} ms of CPU, {seconds * 1000:.0f} ms")
        self.assertEqual(10_001, page.count(b"<tr>"))
        if os.environ.get("CGIHTTPD_OPTIMIZED") == "1":
            self.assertLess(cpu, limit)


def contrast(one, other):
    """The contrast ratio of two colours such as `rgb(1, 2, 3)` (WCAG 2)."""

    def luminance(color):
        channels = [int(part) / 255 for part in re.findall(r"\d+", color)[:3]]
        linear = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
            for c in channels
        ]
        return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear))

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


class Looks(unittest.TestCase):
    """The pages in Chromium: small and wide, light and dark.

    Their pictures are in the folder `screenshots` of the build, to be looked at.
    """

    WIDTHS, SCHEMES = (360, 1280), ("light", "dark")
    TARGETS = {
        "listing": "/",
        "sorted": "/?sort=size&order=desc",
        "folder": "/folder/%3Cb%3E%26/deep/",
        "not-found": "/nothing-here",
    }
    PROTECTED = {}
    if os.environ.get("CGIHTTPD_LIBCRYPT", "1") == "1":
        PROTECTED = {"unauthorized": "/private", "server-error": "/no-passwords"}
    NAMES = (
        "<b>&\"'.txt",
        "<script>alert(1)<",
        "  around  ",
        "new\nline",
        "\u202eright to left",
        "\u00c4rger \u65e5\u672c.pdf",
        "no-blank-" * 27,
        "a name of many words " * 11,
        os.fsdecode(b"latin-1 \xe4"),
        "javascript:alert(1)",
    )
    # Each text with its colour, what is behind it, and its size.
    TEXTS = """[...document.querySelectorAll("body *")]
      .filter(e => [...e.childNodes].some(n => n.nodeType == 3 && n.data.trim()))
      .map(e => {
        const style = getComputedStyle(e);
        let behind = e, color;
        do {
          color = getComputedStyle(behind).backgroundColor;
          behind = behind.parentElement;
        } while (color == "rgba(0, 0, 0, 0)" && behind);
        return [e.textContent, style.color, color, parseFloat(style.fontSize)];
      })"""

    @classmethod
    def setUpClass(cls):
        root = harness.folder()
        (root / "folder/<b>&/deep").mkdir(parents=True)
        for number, name in enumerate(cls.NAMES):
            with (root / name).open("wb") as file:
                file.truncate(number * 7**number)
        (root / "link").symlink_to("folder")
        # One file lets nobody in, and none of the other can be checked.
        passwords = harness.folder()
        (passwords / "private").write_text(f"nobody:$5$salt${'.' * 43}\n")
        options = [f"--auth={path}={passwords}{path}" for path in cls.PROTECTED.values()]
        cls.server = cls.enterClassContext(harness.Server(root, *options))
        browser = cls.enterClassContext(chromium.Browser())
        cls.page = cls.enterClassContext(browser.page())
        cls.cancel_challenges()
        build = pathlib.Path(os.environ.get("BUILD") or harness.folder())
        cls.pictures = build / "screenshots"
        cls.pictures.mkdir(exist_ok=True)

    @classmethod
    def cancel_challenges(cls):
        """Who is asked for a password says Cancel, and sees the page."""

        def go_on(told):
            cls.page.send("Fetch.continueRequest", requestId=told["requestId"])

        def cancel(told):
            answer = {"response": "CancelAuth"}
            cls.page.send(
                "Fetch.continueWithAuth",
                requestId=told["requestId"],
                authChallengeResponse=answer,
            )

        cls.page.react("Fetch.requestPaused", go_on)
        cls.page.react("Fetch.authRequired", cancel)
        cls.page.call("Fetch.enable", handleAuthRequests=True)

    def show(self, target, width=1280, scheme="light"):
        self.page.look(width, scheme)
        self.page.go(self.server.url.replace("//", self.sends(target)) + target)

    def sends(self, target):
        return "//name:word@" if target == self.PROTECTED.get("server-error") else "//"

    def every_look(self):
        for name, target in (self.TARGETS | self.PROTECTED).items():
            for width in self.WIDTHS:
                for scheme in self.SCHEMES:
                    look = f"{name}-{width}-{scheme}"
                    with self.subTest(look):
                        self.show(target, width, scheme)
                        yield look, width

    def test_they_fit_and_are_pictured(self):
        for name, width in self.every_look():
            picture = self.pictures / f"{name}.png"
            picture.write_bytes(self.page.screenshot())
            self.assertGreater(picture.stat().st_size, 1000)
            scrolled = "document.documentElement.scrollWidth"
            self.assertLessEqual(self.page.evaluate(scrolled), width)

    def test_text_has_contrast(self):
        """WCAG 2.2 AA, 1.4.3: 4.5 to 1."""
        for _ in self.every_look():
            texts = self.page.evaluate(self.TEXTS)
            self.assertGreater(len(texts), 3)
            for text, color, behind, size in texts:
                self.assertGreaterEqual(contrast(color, behind), 4.5, text)
                self.assertGreaterEqual(size, 12, text)

    def test_light_and_dark_differ(self):
        behind = "getComputedStyle(document.body).backgroundColor"
        pages = []
        for scheme in self.SCHEMES:
            self.show("/", scheme=scheme)
            pages.append(contrast(self.page.evaluate(behind), "rgb(0, 0, 0)"))
        self.assertGreater(pages[0], 15)
        self.assertLess(pages[1], 1.5)

    def test_links_are_large_enough_for_a_finger(self):
        """WCAG 2.2 AA, 2.5.8: 24 pixels each way."""
        self.show("/folder/%3Cb%3E%26/deep/", 360)
        sizes = self.page.evaluate(
            "[...document.querySelectorAll('table a')].map(link => {"
            "const b = link.getBoundingClientRect(); return [b.width, b.height]})"
        )
        for width, height in sizes:
            self.assertGreaterEqual(width, 24)
            self.assertGreaterEqual(height, 24)

    def test_the_keyboard_goes_from_link_to_link(self):
        self.show("/folder/%3Cb%3E%26/deep/")
        reached = []
        focus = """(() => {
          const style = getComputedStyle(document.activeElement);
          return [document.activeElement.textContent, style.outlineStyle];
        })()"""
        for _ in range(7):
            self.page.press("Tab")
            reached.append(self.page.evaluate(focus))
        texts = ["Root", "folder", "<b>&", "Name", "Size", "Modified (UTC)"]
        self.assertEqual(reached, [[t, "solid"] for t in [*texts, "Parent folder"]])

    def test_a_screen_reader_is_told_what_is_what(self):
        self.show("/folder/")
        nodes = self.page.call("Accessibility.getFullAXTree")["nodes"]
        told = [
            (node["role"]["value"], node["name"]["value"])
            for node in nodes
            if not node["ignored"] and node.get("name", {}).get("value")
        ]
        for expected in (
            ("RootWebArea", "Directory listing for /folder/"),
            ("navigation", "Path"),
            ("heading", "Directory listing for /folder/"),
            ("columnheader", "Name"),
            ("columnheader", "Size"),
            ("columnheader", "Modified (UTC)"),
            ("rowheader", "Parent folder"),
            ("rowheader", "<b>&/"),
            ("link", "<b>&/"),
        ):
            self.assertIn(expected, told)
        roles = [node["role"]["value"] for node in nodes if not node["ignored"]]
        for role, count in {"main": 1, "table": 1, "heading": 1, "row": 3}.items():
            self.assertEqual(roles.count(role), count, role)
        # Shapes and arrows are for the eye.
        self.assertFalse([text for _, text in told if set("\u25b2\u25bc") & set(text)])

    def test_errors_have_a_heading_and_a_main_part(self):
        errors = {"/nothing-here": 404}
        errors |= dict(zip(self.PROTECTED.values(), (401, 500)))
        for target, code in reversed(errors.items()):
            self.show(target)
            self.assertIn(f"Error code: {code}", self.page.text)
            nodes = self.page.call("Accessibility.getFullAXTree")["nodes"]
            roles = [node["role"]["value"] for node in nodes if not node["ignored"]]
            self.assertEqual((roles.count("main"), roles.count("heading")), (1, 1))
            self.assertEqual("en", self.page.evaluate("document.documentElement.lang"))


if __name__ == "__main__":
    harness.main()
