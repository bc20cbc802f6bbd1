"""The sample site, all of it, and `units/demo`, which serves it and other folders."""

import contextlib
import hashlib
import html.parser
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import time
import unittest
import urllib.parse
import zlib

import chromium
import harness
import machine

TOP = pathlib.Path(__file__).resolve().parents[2]
SITE = TOP / "tests" / "site"
SCRIPTS = sorted(path.name for path in (SITE / "cgi-bin").iterdir())


def copy_of_site():
    """The sample site where the handler may read it, whoever owns this clone."""
    root = harness.folder() / "site"
    shutil.copytree(SITE, root)
    for path in [root, *root.rglob("*")]:
        path.chmod(0o755 if path.is_dir() or path.parent.name == "cgi-bin" else 0o644)
    return root


def writable_folder():
    path = harness.folder() / "data"
    path.mkdir()
    path.chmod(0o777)
    return path


class _Page(html.parser.HTMLParser):
    """What a page links to, and the tags that it leaves open."""

    _VOID = {"meta", "link", "br", "hr", "img", "input"}

    def __init__(self, text):
        super().__init__()
        self.links, self.open, self.faults = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        if tag not in self._VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name in ("href", "src", "action") and not value.startswith("data:"):
                self.links.append(value)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)


class Case(unittest.TestCase):
    def setUp(self):
        harness.need("perl", "python3")
        self.data = writable_folder()
        self.server = self.enterContext(self.serve(self.data))

    def serve(self, data):
        confined = ["--confine", "--allow-network"]  # as units/demo has it
        confined += [f"--writable={data}"] if data else []
        return harness.Server(
            copy_of_site(), *confined, f"--set-env=GUESTBOOK_FOLDER={data}"
        )

    def get(self, target, *fields):
        lines = [f"GET {target} HTTP/1.1", "Host: h", *fields, "", ""]
        return harness.ask(self.server.port, "\r\n".join(lines).encode())

    def post(self, target, body, kind="application/x-www-form-urlencoded"):
        head = f"POST {target} HTTP/1.1\r\nHost: h\r\nContent-Type: {kind}\r\n"
        head += f"Content-Length: {len(body)}\r\n\r\n"
        return harness.ask(self.server.port, head.encode() + body)


class Site(Case):
    ENDLESS = "/cgi-bin/events.sh"

    def check_page(self, target, answer):
        page = _Page(answer.body.decode())
        self.assertEqual(([], []), (page.open, page.faults), target)
        return page.links

    def test_every_link_leads_to_something(self):
        seen, left = {}, ["/"]
        while left:
            target = left.pop()
            if target in seen or target == self.ENDLESS:
                continue
            answer = self.get(target)
            seen[target] = answer.status
            links = []
            if answer.fields.get("Content-Type", "").startswith("text/html"):
                if "clock.sh" not in target:
                    links = self.check_page(target, answer)
            for link in links:
                url = urllib.parse.urljoin(target, link)
                self.assertNotIn("//", url)
                left.append(url.partition("#")[0])
        others = {"/nothing-here": 404, "/files": 301, "/cgi-bin/redirect.sh": 303}
        wrong = {t: s for t, s in seen.items() if s != others.get(t, 200)}
        self.assertEqual({}, wrong)
        for script in set(SCRIPTS) - {"events.sh"}:
            self.assertTrue([t for t in seen if script in t.partition("?")[0]], script)

    def test_scripts_show_their_source_and_nothing_else(self):
        for script in SCRIPTS:
            with self.subTest(script):
                shown = self.get(f"/cgi-bin/source.py?file={script}")
                self.assertEqual(200, shown.status)
                self.assertEqual((SITE / "cgi-bin" / script).read_bytes(), shown.body)
        for name in ("x", "../index.html", "%2e%2e/index.html", "/etc/passwd", "none"):
            with self.subTest(name):
                answer = self.get(f"/cgi-bin/source.py?file={name}")
                self.assertEqual(404, answer.status)
                self.assertNotIn(b"html", answer.body)
                self.assertNotIn(b"root:", answer.body)

    def test_a_form_is_shown_escaped(self):
        answer = self.post("/cgi-bin/form.pl", b"message=%3Cb%3E+%26+%22")
        self.assertIn(b"&#60;b&#62; &#38; &#34;", answer.body)
        self.assertEqual([], [x for x in self.check_page("form", answer) if "b>" in x])

    def test_an_upload_is_described(self):
        content = random.Random(1).randbytes(1 << 20) + b"\r\n\r\n\n\r"
        body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="<i>.bin"'
        body += b"\r\nContent-Type: application/octet-stream\r\n\r\n" + content
        body += b"\r\n--x--\r\n"
        kind = "multipart/form-data; boundary=x"
        answer = self.post("/cgi-bin/upload.py", body, kind)
        self.assertIn(hashlib.sha256(content).hexdigest(), answer.body.decode())
        self.assertIn(b"&lt;i&gt;.bin", answer.body)
        self.check_page("upload", answer)
        self.assertEqual(400, self.post("/cgi-bin/upload.py", b"x", kind).status)
        too_large = self.post("/cgi-bin/upload.py", bytes(5 << 20), kind)
        self.assertEqual(413, too_large.status)

    def test_a_picture_is_drawn(self):
        one = self.get("/cgi-bin/picture.py?seed=1")
        self.assertEqual("image/png", one.fields["Content-Type"])
        self.assertEqual(b"\x89PNG\r\n\x1a\n", one.body[:8])
        begin = one.body.index(b"IDAT")
        length = int.from_bytes(one.body[begin - 4 : begin], "big")
        pixels = zlib.decompress(one.body[begin + 4 : begin + 4 + length])
        self.assertEqual(120 * (1 + 3 * 240), len(pixels))
        self.assertEqual(one.body, self.get("/cgi-bin/picture.py?seed=1").body)
        self.assertNotEqual(one.body, self.get("/cgi-bin/picture.py?seed=2").body)

    def test_requests_are_shown(self):
        text = self.get("/cgi-bin/requests.py").body.decode()
        for shown in (
            "200 OK",
            "Content-Encoding: gzip",
            "206 Partial Content",
            "Content-Range: bytes 4-8/",
            "304 Not Modified",
        ):
            self.assertIn(shown, text)

    def test_the_clock_goes(self):
        """In Chromium, by Server-Sent Events."""
        with chromium.Browser() as browser, browser.page() as page:
            page.go(f"{self.server.url}/clock.html")
            watch = """new Promise(done => {
              const times = new Set(), clock = document.querySelector("output");
              new MutationObserver(() => {
                times.add(clock.textContent);
                if (times.size == 2) done([...times]);
              }).observe(clock, {childList: true});
            })"""
            for shown in page.evaluate(watch):
                self.assertRegex(shown, r"^\d\d:\d\d:\d\d UTC$")
            page.go("about:blank")

    def test_the_pages_fit_a_phone(self):
        build = pathlib.Path(os.environ.get("BUILD") or harness.folder())
        pictures = build / "screenshots"
        pictures.mkdir(exist_ok=True)
        self.post("/cgi-bin/guestbook.py", b"name=Ann&text=" + b"long" * 100)
        pages = ("", "cgi-bin/guestbook.py", "cgi-bin/upload.py", "cgi-bin/form.pl")
        with chromium.Browser() as browser, browser.page() as page:
            for target in pages:
                for width, scheme in ((360, "light"), (1280, "dark")):
                    page.look(width, scheme)
                    page.go(f"{self.server.url}/{target}")
                    name = f"site-{pathlib.Path(target).stem or 'index'}-{width}"
                    picture = pictures / f"{name}-{scheme}.png"
                    picture.write_bytes(page.screenshot())
                    scrolled = "document.documentElement.scrollWidth"
                    self.assertLessEqual(page.evaluate(scrolled), width, target)
                    self.assertEqual([], page.told("Runtime.exceptionThrown"))


class Guestbook(Case):
    BOOK = "/cgi-bin/guestbook.py"

    def write(self, name, text):
        fields = urllib.parse.urlencode({"name": name, "text": text})
        return self.post(self.BOOK, fields.encode())

    def test_what_is_written_is_shown_escaped(self):
        answer = self.write("<b>Ännchen</b>", "<script>\nalert(1)")
        self.assertEqual(303, answer.status)
        self.assertEqual("guestbook.py", answer.fields["Location"])
        page = self.get(self.BOOK).body.decode()
        self.assertIn("&lt;b&gt;Ännchen&lt;/b&gt;", page)
        self.assertNotIn("<script", page)
        served = list(pathlib.Path(self.data).iterdir())
        self.assertEqual({"book.json", "lock"}, {path.name for path in served})

    def test_it_has_an_end(self):
        for number in range(53):
            self.assertEqual(303, self.write("n" * 99, f"no. {number} " * 200).status)
        page = self.get(self.BOOK).body.decode()
        self.assertEqual(50, page.count("<article>"))
        self.assertIn("no. 52 ", page)
        self.assertNotIn("no. 2 ", page)
        self.assertLess((self.data / "book.json").stat().st_size, 50 * 700)
        self.assertEqual(413, self.write("n", "x" * 9000).status)
        self.assertEqual(400, self.write("", "x").status)

    def test_those_who_write_at_once_lose_nothing(self):
        fields = [f"name=n&text=no.{number}." for number in range(20)]
        connections = []
        for body in fields:
            head = f"POST {self.BOOK} HTTP/1.1\r\nHost: h\r\n"
            head += f"Content-Length: {len(body)}\r\n\r\n{body}"
            connection = harness.connect(self.server.port)
            self.addCleanup(connection.close)
            connection.sendall(head.encode())
            connections.append(connection)
        for connection in connections:
            self.assertEqual(303, harness.parse(harness.receive_all(connection)).status)
        page = self.get(self.BOOK).body.decode()
        for number in range(20):
            self.assertIn(f"no.{number}.", page)

    def test_it_says_when_it_cannot_write(self):
        for data in ("/proc", "/nonexistent", ""):
            with self.subTest(data), self.serve(data) as self.server:
                answer = self.write("n", "x")
                self.assertEqual(503, answer.status)
                self.assertIn(b"book", answer.body)
                self.assertNotIn(b"Traceback", answer.body)


class Demo(unittest.TestCase):
    """`units/demo` itself, which builds into the folder `build` of the clone."""

    def setUp(self):
        harness.need("systemd-socket-activate", "meson", "ninja", "perl")
        if os.environ.get("BUILD") != str(TOP / "build"):
            self.skipTest("not the build that units/demo uses")
        self.temporary = writable_folder()
        self.port = harness.free_port()

    @contextlib.contextmanager
    def demo(self, *arguments):
        log = self.temporary.parent / "log"
        with log.open("w", encoding="utf-8") as errors:
            process = subprocess.Popen(
                [TOP / "units" / "demo", *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                env={"PATH": harness.PATH, "TMPDIR": str(self.temporary)},
                start_new_session=True,
            )
        self.log = log
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            # The superserver, no child of this program, may end a moment later.
            machine.until(self.nobody_listens, f"port {self.port} is still open")

    def nobody_listens(self):
        try:
            harness.connect(self.port).close()
            return False
        except ConnectionRefusedError:
            return True

    def wait_until_it_serves(self, process):
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(ConnectionRefusedError):
                harness.connect(self.port).close()
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
        self.fail(self.log.read_text("utf-8"))

    def ask(self, target):
        return harness.ask(self.port, f"GET {target} HTTP/1.0\r\n\r\n".encode())

    def refused(self, *arguments):
        """The line with which it refuses these."""
        with self.demo(*arguments) as process:
            self.assertEqual(1, process.wait(60), self.log.read_text("utf-8"))
        lines = self.log.read_text("utf-8").splitlines()
        # What it is about to do, and what the build says, may stand before.
        lines = [line for line in lines if line.startswith("demo: ")]
        lines = [line for line in lines if "installs what is missing" not in line]
        self.assertEqual(1, len(lines), lines)
        self.assertEqual([], list(self.temporary.iterdir()))
        return lines[0]

    def check_end(self, number, everybody):
        with self.demo(self.port) as process:
            self.wait_until_it_serves(process)
            self.assertEqual(200, self.ask("/").status)
            listening = harness.connect(self.port)
            self.addCleanup(listening.close)
            listening.sendall(b"GET /cgi-bin/events.sh HTTP/1.0\r\n\r\n")
            self.assertTrue(listening.recv(1))
            (os.killpg if everybody else os.kill)(process.pid, number)
            self.assertEqual(130, process.wait(harness.PATIENCE))
            self.assertEqual([], list(self.temporary.iterdir()))
            with self.assertRaises(ConnectionRefusedError):
                harness.connect(self.port)
        log = self.log.read_text("utf-8")
        self.assertIn('"GET / HTTP/1.0" 200', log)
        self.assertIn(f"http://127.0.0.1:{self.port}/ until Ctrl-C", log)

    def test_ctrl_c_ends_it(self):
        self.check_end(signal.SIGINT, everybody=True)

    def test_a_signal_ends_it(self):
        self.check_end(signal.SIGTERM, everybody=False)

    def test_the_guestbook_is_written(self):
        with self.demo(SITE, self.port) as process:
            self.wait_until_it_serves(process)
            if "Python) will not run" in self.log.read_text("utf-8"):
                self.skipTest("this clone is closed to nobody")
            request = b"POST /cgi-bin/guestbook.py HTTP/1.0\r\nContent-Length: 13\r\n\r\n"
            answer = harness.ask(self.port, request + b"name=a&text=b")
            self.assertEqual(303, answer.status)
            options = pathlib.Path(f"/proc/{self.superserver(process)}/cmdline")
            self.assertIn("\0--confine\0", options.read_text("utf-8"))

    def superserver(self, process):
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
        return children.read_text().split()[0]

    def test_options_are_those_of_http_server(self):
        root = harness.folder()
        harness.write_script(root / "cgi-bin/x.sh", "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\ndone\\n'\n")
        rows = {
            ("--directory", root, "--cgi", self.port): b"done\n",
            (f"--directory={root}", "--bind=127.0.0.1", "--no-cgi", self.port): b"#!/b",
            ("-d", root, self.port, "--", "--cgi-dir=/other"): b"#!/b",
            (root, self.port, "-b", "127.0.0.1"): b"done\n",
            (self.port, "--bind", "0.0.0.0", "-d", root): b"done\n",
        }
        for arguments, expected in rows.items():
            with self.subTest(arguments), self.demo(*arguments) as process:
                self.wait_until_it_serves(process)
                answer = self.ask("/cgi-bin/x.sh")
                self.assertEqual(expected, answer.body[: max(4, len(expected))])

    def test_what_cannot_be_is_said_in_a_line(self):
        with harness.Server(harness.folder()) as server:
            line = self.refused(server.port)
            self.assertIn(f"127.0.0.1:{server.port}: Address already in use", line)
        root = harness.folder()
        rows = {
            ("/nonexistent",): "/nonexistent: no such folder",
            (root, "http"): "http: no port number",
            (root, "0"): "0: no port number",
            (root, "65536"): "65536: no port number",
            (root, "1", "2"): "2: one FOLDER and one PORT",
            ("--none",): "--none: no such option",
            ("--bind",): "--bind needs a value",
        }
        for arguments, expected in rows.items():
            with self.subTest(arguments):
                self.assertIn(expected, self.refused(*arguments))

    @unittest.skipUnless(os.geteuid() == 0, "only root's handler becomes nobody")
    def test_a_folder_that_is_closed_to_nobody_is_named(self):
        root = harness.folder()
        root.chmod(0o700)
        line = self.refused(root, self.port)
        self.assertRegex(line, f"{re.escape(str(root))} is closed to nobody.*chmod")


if __name__ == "__main__":
    harness.main()
