"""What a browser makes of the answers: Chromium, without a screen.

Each case has a server and an empty cache of its own, and looks at both ends: at
what the page shows and says, and at what the handler has logged.
"""

import gzip
import hashlib
import json
import os
import pathlib
import random
import select
import time
import unittest
import urllib.parse

import chromium
import harness

UPLOAD = random.Random(1).randbytes(1 << 20)
OLD = 1_000_000_000  # seconds since the epoch

PAGE = """<!DOCTYPE html>
<title>Page</title>
<link rel="stylesheet" href="style.css">
<p>text</p>
<img src="picture.svg" alt="">
<script src="script.js"></script>
"""
PARTS = {
    "style.css": "p { color: rgb(1, 2, 3) }",
    "picture.svg": '<svg xmlns="http://www.w3.org/2000/svg" width="7" height="9"/>',
    "script.js": "window.said = 'hello'",
}
SHOWN = """({
  color: getComputedStyle(document.querySelector("p")).color,
  width: document.querySelector("img").naturalWidth,
  said: window.said,
})"""


def setUpModule():
    global browser
    browser = unittest.enterModuleContext(chromium.Browser())


def answers(files, status):
    """What `requests` tells when these were asked for, and answered so."""
    return sorted((f"/{name}", status) for name in files)


class Case(unittest.TestCase):
    """A site, which `serve` puts on the network, and a browser that asks for it."""

    def setUp(self):
        self.top = harness.folder()
        self.site = self.top / "site"
        self.site.mkdir()

    def write(self, name, content):
        """Writes a file of the site that has been there for long."""
        path = self.site / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        os.utime(path, (OLD, OLD))

    def write_script(self, name, text):
        harness.write_script(self.site / "cgi-bin" / name, text)

    def write_scripts(self):
        """The scripts that scripts.py has, in perl, whose CGI.pm reads forms."""
        harness.need("perl")
        source = pathlib.Path(__file__).parent / "cgi-bin" / "all.pl"
        self.write_script("all.pl", source.read_text())

    def serve(self, *options):
        # The browser connects in advance, too: nothing may ever come from it then.
        options = ("--log-format=json", "--head-timeout=2", *options)
        self.server = self.enterContext(harness.Server(self.site, *options))
        self.page = self.enterContext(browser.page())
        self.lines_seen = 0

    def go(self, target):
        self.page.go(self.server.url + target)

    def lines(self):
        """The lines of the log since they were last asked for."""
        self.server.wait_until_idle()
        lines = [json.loads(line) for line in self.server.log().splitlines()]
        new, self.lines_seen = lines[self.lines_seen :], len(lines)
        return new

    def requests(self):
        """The paths and statuses of these; a page's icon is not the page's wish."""
        return sorted(
            (line["target"], line["status"])
            for line in self.lines()
            if "error" not in line and line["target"] != "/favicon.ico"
        )

    def wait_for_entity_tags(self, *names):
        """A file that has just been changed has none."""
        deadline = time.monotonic() + harness.PATIENCE
        for name in names:
            request = f"HEAD /{name} HTTP/1.1\r\nHost: h\r\n\r\n".encode()
            while "ETag" not in harness.ask(self.server.port, request).fields:
                self.assertLess(time.monotonic(), deadline, name)
        self.lines()


class Caches(Case):
    def setUp(self):
        super().setUp()
        for name, content in {"page.html": PAGE, **PARTS}.items():
            self.write(name, content)

    def open(self, *options):
        self.serve(*options)
        self.wait_for_entity_tags("page.html", *PARTS)
        self.go("/page.html")
        expected = {"color": "rgb(1, 2, 3)", "width": 7, "said": "hello"}
        self.assertEqual(self.page.evaluate(SHOWN), expected)
        self.assertEqual(self.requests(), answers(["page.html", *PARTS], 200))

    def test_what_has_not_changed_is_not_sent_again(self):
        self.open("--max-age=0")
        self.page.reload()
        self.assertEqual(self.requests(), answers(["page.html", *PARTS], 304))
        self.assertEqual(self.page.evaluate("said"), "hello")

    def test_what_has_changed_is_sent_again(self):
        self.open("--max-age=0")
        # As an archive is unpacked: of the same size and date as before.
        self.write("style.css", PARTS["style.css"].replace("(1, 2, 3)", "(3, 2, 1)"))
        self.page.reload()
        self.assertEqual(self.page.evaluate(SHOWN)["color"], "rgb(3, 2, 1)")
        others = {"page.html", *PARTS} - {"style.css"}
        expected = sorted(answers(others, 304) + answers(["style.css"], 200))
        self.assertEqual(self.requests(), expected)

    def test_what_is_fresh_is_not_asked_for(self):
        self.open("--max-age=3600")
        self.write("other.html", PAGE)
        self.go("/other.html")
        self.assertEqual(self.page.evaluate("said"), "hello")
        self.assertEqual(self.requests(), [("/other.html", 200)])
        self.go("/page.html")
        self.assertEqual(self.page.evaluate("said"), "hello")
        self.assertEqual(self.requests(), [])
        self.page.reload()
        self.assertEqual(self.requests(), [("/page.html", 304)])

    def test_a_hard_reload_gets_all_anew(self):
        for option in ("--max-age=0", "--max-age=3600"):
            with self.subTest(option):
                self.open(option)
                self.page.reload(ignore_cache=True)
                self.assertEqual(self.page.evaluate("said"), "hello")
                self.assertEqual(self.requests(), answers(["page.html", *PARTS], 200))

    def test_a_page_of_many_pictures_is_complete(self):
        names = [f"{number}.svg" for number in range(60)]
        for name in names:
            self.write(name, PARTS["picture.svg"])
        pictures = "".join(f'<img src="{name}">' for name in names)
        self.write("many.html", f"<!DOCTYPE html>{pictures}")
        self.serve()
        self.go("/many.html")
        widths = self.page.evaluate("[...document.images].map(i => i.naturalWidth)")
        self.assertEqual(widths, [7] * len(names))
        self.assertEqual(self.requests(), answers(["many.html", *names], 200))


def brotli(content):
    """One block that is not compressed, and the end (RFC 7932 9.1 and 9.2)."""
    head = 0b1011 | (len(content) - 1) << 7 | 1 << 23
    return head.to_bytes(3, "little") + content + b"\x03"


def zstandard(content):
    """A frame of one block that is not compressed (RFC 8878 3.1.1)."""
    block = (len(content) << 3 | 1).to_bytes(3, "little")
    return b"\x28\xb5\x2f\xfd\x20" + bytes([len(content)]) + block + content


class Codings(Case):
    """A file and the same in a coding: here each says which one it is."""

    CODERS = {"br": brotli, "zst": zstandard, "gz": gzip.compress}

    def setUp(self):
        super().setUp()
        self.write("page.html", '<!DOCTYPE html><script src="script.js"></script>')
        self.write("script.js", "window.coding = 'none'")

    def write_coded(self, *suffixes):
        for suffix in suffixes:
            code = f"window.coding = '{suffix} ü'".encode()
            self.write(f"script.js.{suffix}", self.CODERS[suffix](code))

    def script_fields(self):
        """The fields of the answer with which the script came."""
        received = self.page.told("Network.responseReceived")
        last = [told for told in received if told["type"] == "Script"][-1]
        return {k.lower(): v for k, v in last["response"]["headers"].items()}

    def accepted(self):
        """The codings that the browser said it takes, when it came last."""
        sent = self.page.told("Network.requestWillBeSentExtraInfo")[-1]["headers"]
        return sent["Accept-Encoding"].split(", ")

    def test_the_best_coding_is_sent_to_this_machine(self):
        self.serve("--max-age=0")
        tags = set()
        for suffix, coding in {"gz": "gzip", "zst": "zstd", "br": "br"}.items():
            with self.subTest(suffix):
                self.write_coded(suffix)
                self.wait_for_entity_tags("page.html", f"script.js.{suffix}")
                self.go("/page.html")
                self.assertEqual(self.page.evaluate("coding"), f"{suffix} ü")
                fields = self.script_fields()
                self.assertEqual(fields["content-encoding"], coding)
                self.assertEqual(fields["vary"], "Accept-Encoding")
                kind = "text/javascript; charset=utf-8"
                self.assertEqual(fields["content-type"], kind)
                tags.add(fields["etag"])
        self.assertEqual(len(tags), 3)
        self.assertLessEqual({"gzip", "br", "zstd"}, set(self.accepted()))

    def test_gzip_is_sent_where_the_browser_takes_no_other(self):
        self.write_coded("br", "zst", "gz")
        page = '<!DOCTYPE html><p>gz ü</p><script src="script.js"></script>'
        self.write("page.html.gz", gzip.compress(page.encode()))
        self.serve()
        self.page.go(f"http://{chromium.NAME}:{self.server.port}/page.html")
        self.assertEqual(self.page.text.strip(), "gz ü")
        self.assertEqual(self.page.evaluate("coding"), "gz ü")
        self.assertEqual(self.accepted(), ["gzip", "deflate"])
        self.assertEqual(self.script_fields()["content-encoding"], "gzip")

    def test_what_is_coded_is_confirmed(self):
        self.write_coded("br", "zst", "gz")
        self.serve("--max-age=0")
        self.wait_for_entity_tags("page.html", "script.js.br")
        self.go("/page.html")
        self.requests()
        self.page.reload()
        self.assertEqual(self.requests(), answers(["page.html", "script.js"], 304))
        self.assertEqual(self.page.evaluate("coding"), "br ü")

    def test_what_is_a_file_of_its_own_stays_coded(self):
        self.write_coded("gz")
        self.serve()
        self.go("/page.html")
        begin = "(async () => [...new Uint8Array(await (await fetch('script.js.gz'))"
        octets = self.page.evaluate(begin + ".arrayBuffer())])()")
        self.assertEqual(bytes(octets), (self.site / "script.js.gz").read_bytes())


class Ranges(Case):
    FETCH = """(async () => {
      const answer = await fetch("octets.txt", {
        cache: "no-store",
        headers: {Range: "bytes=%s"},
      });
      const range = answer.headers.get("Content-Range");
      return [answer.status, range, await answer.text()];
    })()"""

    def test_parts_are_fetched(self):
        self.write("page.html", "<!DOCTYPE html>")
        self.write("octets.txt", "0123456789")
        self.serve()
        self.go("/page.html")
        rows = {
            "0-3": [206, "bytes 0-3/10", "0123"],
            "4-": [206, "bytes 4-9/10", "456789"],
            "-2": [206, "bytes 8-9/10", "89"],
            "8-99": [206, "bytes 8-9/10", "89"],
        }
        for wanted, expected in rows.items():
            with self.subTest(wanted):
                self.assertEqual(self.page.evaluate(self.FETCH % wanted), expected)
        status, fields, _ = self.page.evaluate(self.FETCH % "10-")
        self.assertEqual((status, fields), (416, "bytes */10"))

    def test_a_sound_is_sought_in(self):
        self.write("sound.wav", self.silence(24 << 20))
        self.write("page.html", '<!DOCTYPE html><audio src="sound.wav">')
        self.serve()
        self.go("/page.html")
        seek = """new Promise((done, failed) => {
          const sound = document.querySelector("audio");
          sound.onerror = () => failed(sound.error.message);
          sound.onseeked = () => done([sound.currentTime, Math.floor(sound.duration)]);
          const seek = () => { sound.currentTime = 3000; };
          if (sound.readyState > 0) seek(); else sound.onloadedmetadata = seek;
        })"""
        self.assertEqual(self.page.evaluate(seek), [3000, (24 << 20) // 8000])
        wanted = [
            told["headers"]["Range"]
            for told in self.page.told("Network.requestWillBeSentExtraInfo")
            if "Range" in told["headers"]
        ]
        self.assertEqual(wanted[0], "bytes=0-")
        first = wanted[-1].removeprefix("bytes=").partition("-")[0]
        self.assertGreater(int(first), 20 << 20)
        self.page.go("about:blank")  # in the midst of an answer
        statuses = {s for target, s in self.requests() if target == "/sound.wav"}
        statuses.discard(499)  # not wanted any more, before it was answered
        self.assertEqual(statuses, {206})

    @staticmethod
    def silence(size):
        """A WAV file: 8000 samples a second, of one octet."""
        kind = [(1, 2), (1, 2), (8000, 4), (8000, 4), (1, 2), (8, 2)]
        form = b"".join(value.to_bytes(width, "little") for value, width in kind)
        length = size.to_bytes(4, "little")
        head = b"WAVEfmt " + len(form).to_bytes(4, "little") + form + b"data" + length
        total = (len(head) + size).to_bytes(4, "little")
        return b"RIFF" + total + head + b"\x80" * size


class Events(Case):
    """Server-Sent Events: answers that have no end."""

    RELAY = """#!/bin/sh
echo Content-Type: text/event-stream
echo
printf 'data: %s\\n\\n' $$
while read -r word; do
  printf 'data: %s\\n\\n' "$word"
done <"$WORDS"
"""
    AGAIN = """#!/bin/sh
printf 'Content-Type: text/event-stream\\n\\nretry: 1\\nid: 7 ä\\n'
printf 'data: %s\\n\\n' "${HTTP_LAST_EVENT_ID-none}"
"""

    def listen(self, target):
        """Has a page listen to the events; next_event() then tells each."""
        self.page.call("Runtime.addBinding", name="tell")
        self.events_seen = len(self.page.events)
        self.page.evaluate(
            f"window.events = new EventSource('{target}');"
            "events.onmessage = event => tell(event.data); 0"
        )

    def next_event(self):
        told = self.page.wait_for("Runtime.bindingCalled", self.events_seen)
        event = ("Runtime.bindingCalled", told)
        self.events_seen = self.page.events.index(event, self.events_seen) + 1
        return told["payload"]

    def test_each_comes_when_it_is_written(self):
        os.mkfifo(self.top / "words")
        # Opened for both, or it would wait for the script.
        words = os.open(self.top / "words", os.O_RDWR | os.O_CLOEXEC)
        self.addCleanup(os.close, words)
        self.write_script("events", self.RELAY)
        self.write("page.html", "<!DOCTYPE html>")
        self.serve(f"--set-env=WORDS={self.top}/words")
        self.go("/page.html")
        self.listen("/cgi-bin/events")
        script = os.pidfd_open(int(self.next_event()))
        self.addCleanup(os.close, script)
        for word in ("one", "two", "three"):
            os.write(words, word.encode() + b"\n")
            self.assertEqual(self.next_event(), word)
        self.page.evaluate("events.close()")
        self.assertTrue(self.ends(script, lambda: os.write(words, b"nobody listens\n")))
        self.assertIn(("/cgi-bin/events", 200), self.requests())

    def ends(self, process, make_it_write):
        """Whether it ends by what it writes; the first word may still be taken."""
        end = select.poll()
        end.register(process, select.POLLIN)
        deadline = time.monotonic() + harness.PATIENCE
        while time.monotonic() < deadline:
            make_it_write()
            if end.poll(50):
                return True
        return False

    def test_the_browser_comes_again_and_says_what_it_has(self):
        self.write_script("again", self.AGAIN)
        self.write("page.html", "<!DOCTYPE html>")
        self.serve()
        self.go("/page.html")
        self.listen("/cgi-bin/again")
        self.assertEqual(self.next_event(), "none")
        self.assertEqual(self.next_event(), "7 ä")
        self.page.evaluate("events.close()")


class Forms(Case):
    """What people fill in; cookies; and being sent elsewhere."""

    FORM = """<!DOCTYPE html>
<form method="post" action="{action}" enctype="{enctype}">
<input name="title" value="Ärger &amp; Söhne = 100%+">
<textarea name="text">two
lines</textarea>
<input type="file" name="file">
<button name="go" value="1">Go</button>
</form>
"""
    URLENCODED = "application/x-www-form-urlencoded"
    MULTIPART = "multipart/form-data"
    SHOWN = "go=1\ntext=two\nlines\ntitle=Ärger & Söhne = 100%+\n"

    def setUp(self):
        super().setUp()
        self.write_scripts()
        self.write("landing.txt", "landed\n")

    def submit(self, action, enctype, *options):
        """Fills in a form with a file of 1 MiB, and sends it there."""
        self.write("form.html", self.FORM.format(action=action, enctype=enctype))
        upload = self.top / "Bild ä.png"
        upload.write_bytes(UPLOAD)
        self.serve(*options)
        self.go("/form.html")
        self.page.choose_file("input[type=file]", upload)
        self.page.click("button")

    def test_fields(self):
        self.submit("/cgi-bin/all.pl/form", self.URLENCODED)
        self.assertEqual(self.page.text, "file=Bild ä.png\n" + self.SHOWN)

    def test_a_file_of_1_mib(self):
        self.submit("/cgi-bin/all.pl/form", self.MULTIPART)
        digest = hashlib.sha256(UPLOAD).hexdigest()
        expected = f"file=Bild ä.png {digest}\n{self.SHOWN}"
        self.assertEqual(self.page.text, expected)

    def test_who_refuses_a_file_is_heard(self):
        rows = {
            "no script": ("/landing.txt", 501, ()),
            "too large": ("/cgi-bin/all.pl/form", 413, ("--max-body=512K",)),
            "nothing there": ("/cgi-bin/none", 404, ()),
            "does not read": ("/cgi-bin/all.pl/status?409", 409, ()),
        }
        for why, (action, status, options) in rows.items():
            with self.subTest(why):
                self.submit(action, self.MULTIPART, *options)
                shown = "by script" if status == 409 else f"Error code: {status}"
                self.assertIn(shown, self.page.text)
                self.assertIn((action, status), self.requests())

    def test_cookies_come_back(self):
        self.serve()
        for visits in ("1", "2", "3"):
            self.go("/cgi-bin/all.pl/visit")
            self.assertEqual(self.page.text.strip(), visits)
        self.assertIn("last=a%20b", self.page.evaluate("document.cookie"))

    def test_what_was_posted_leads_to_a_page(self):
        """POST, 303, GET: a reload then sends nothing again."""
        self.submit("/cgi-bin/all.pl/go?303", self.MULTIPART)
        self.assertEqual(self.page.text, "landed\n")
        self.assertEqual(self.page.url, f"{self.server.url}/landing.txt")
        self.lines()
        self.page.reload()
        self.assertEqual(len(self.requests()), 1)

    def test_a_script_sends_elsewhere(self):
        self.write_script("local", "#!/bin/sh\nprintf 'Location: /landing.txt\\n\\n'\n")
        self.serve()
        rows = {
            "/cgi-bin/all.pl/go": "/landing.txt",
            "/cgi-bin/all.pl/go?307": "/landing.txt",
            "/cgi-bin/local": "/cgi-bin/local",
        }
        for target, expected in rows.items():
            with self.subTest(target):
                self.go(target)
                self.assertEqual(self.page.text, "landed\n")
                self.assertEqual(self.page.url, self.server.url + expected)


@unittest.skipIf(os.environ.get("CGIHTTPD_LIBCRYPT") == "0", "built without libcrypt")
class Passwords(Case):
    NAME, PASSWORD = "Jürgen", "pass wörd: 1"
    HASH = "$2y$04$G.vCAcbF.23t0cZlJWVEg.6t/s3szzk8qNb36NWYQjwTYpnVxYIk2"

    def setUp(self):
        super().setUp()
        self.write_scripts()
        self.write(
            "secret/page.html", '<!DOCTYPE html><script src="script.js"></script>'
        )
        self.write("secret/script.js", PARTS["script.js"])
        passwords = self.top / "passwords"
        passwords.write_text(f"{self.NAME}:{self.HASH}\n", encoding="utf-8")
        folders = ("/secret", "/cgi-bin")
        self.serve(*(f"--auth={folder}={passwords}" for folder in folders))

    def check_environment(self, site):
        self.page.go(f"{site}/cgi-bin/all.pl/environment")
        lines = self.page.text.splitlines()
        self.assertIn(f"REMOTE_USER={self.NAME}", lines)
        self.assertIn("AUTH_TYPE=Basic", lines)
        self.assertFalse([n for n in lines if n.startswith("HTTP_AUTHORIZATION")])

    def test_those_in_the_address_are_sent(self):
        who = f"{urllib.parse.quote(self.NAME)}:{urllib.parse.quote(self.PASSWORD)}"
        site = f"http://{who}@127.0.0.1:{self.server.port}"
        self.page.go(f"{site}/secret/page.html")
        self.assertEqual(self.page.evaluate("said"), "hello")
        statuses = [s for t, s in self.requests() if t == "/secret/page.html"]
        self.assertEqual(statuses, [200, 401])
        self.check_environment(site)

    def test_those_that_were_typed_are_sent(self):
        realms = []

        def on_challenge(told):
            realms.append(told["authChallenge"]["realm"])
            typed = {"username": self.NAME, "password": self.PASSWORD}
            if len(realms) == 1:  # a slip
                typed["password"] += "!"
            self.answer_challenge(told, response="ProvideCredentials", **typed)

        self.ask_for_password(on_challenge)
        self.go("/secret/page.html")
        self.assertEqual(self.page.evaluate("said"), "hello")
        self.assertEqual(len(realms), 2)
        self.check_environment(self.server.url)

    def test_who_has_none_sees_the_error(self):
        self.ask_for_password(
            lambda told: self.answer_challenge(told, response="CancelAuth")
        )
        self.go("/secret/page.html")
        self.assertIn("Error code: 401", self.page.text)
        self.assertEqual(self.requests(), [("/secret/page.html", 401)])

    def ask_for_password(self, on_challenge):
        def go_on(told):
            self.page.send("Fetch.continueRequest", requestId=told["requestId"])

        self.page.react("Fetch.requestPaused", go_on)
        self.page.react("Fetch.authRequired", on_challenge)
        self.page.call("Fetch.enable", handleAuthRequests=True)

    def answer_challenge(self, told, **answer):
        number = told["requestId"]
        self.page.send(
            "Fetch.continueWithAuth", requestId=number, authChallengeResponse=answer
        )


class Listings(Case):
    NAMES = (
        "plain",
        'quote"',
        "apostrophe'",
        "<b>bold&amp;",
        "<img src=x onerror=alert(1)>",
        "<script>alert(1)",
        "100%41",
        "hash#1",
        "what?a=b",
        "a b+c",
        "  around  ",
        "Ärger 日本 \U0001f600",
        "e\u0301",
        "new\nline",
        "return\rtab\t",
        "javascript:alert(1)",
        "http:",
        "back\\slash",
        "semi;colon,",
        "%2e%2e",
        "~",
        "\u202eright to left",
        os.fsdecode(b"latin-1 \xe4"),
    )
    FOLDER = "<a href='#\"?x=%26&amp;\n ä\\"

    ROWS, TITLES, WAY = "tbody a", "thead a", "nav a"

    def link_texts(self, where):
        links = f"[...document.querySelectorAll('{where}')]"
        return self.page.evaluate(f"{links}.map(link => link.textContent)")

    def click_on(self, text, where):
        index = self.link_texts(where).index(text)
        with self.page.loading():
            self.page.evaluate(f"document.querySelectorAll('{where}')[{index}].click()")

    @staticmethod
    def shown(name):
        # CR has no other way into a page than as LF.
        return os.fsencode(name).decode("utf-8", "replace").replace("\r", "\n")

    def check_links(self, folder, names):
        """Follows each link of the listing that the page shows."""
        listing = self.page.url
        for name in names:
            with self.subTest(name):
                self.click_on(self.shown(name), self.ROWS)
                self.assertEqual(self.page.text, f"{folder}{name!a}")
                self.page.go(listing)
        self.assertFalse(self.page.told("Page.javascriptDialogOpening"))

    def test_each_link_leads_to_its_file(self):
        names = [f"{name}.txt" for name in self.NAMES]
        for name in names:
            self.write(name, f"{name!a}")
        self.serve()
        self.go("/")
        self.assertEqual(len(self.link_texts(self.ROWS)), len(names))
        self.check_links("", names)

    def test_folders_are_entered_and_left(self):
        self.write(f"{self.FOLDER}/{self.FOLDER}/in.txt", "in'in.txt'")
        self.serve()
        self.go("/")
        folder = f"{self.FOLDER}/"
        for _ in range(2):
            self.click_on(folder, self.ROWS)
            headline = self.page.evaluate("document.querySelector('h1').textContent")
            self.assertIn(f"/{folder}", headline)
        self.check_links("in", ["in.txt"])
        inner = self.page.url
        self.click_on(self.FOLDER, self.WAY)
        self.assertEqual(self.link_texts(self.ROWS), ["Parent folder", folder])
        self.page.go(inner)
        for _ in range(2):
            self.click_on("Parent folder", self.ROWS)
        self.assertEqual(self.page.url, f"{self.server.url}/")

    def test_titles_sort(self):
        for name, size in {"a.txt": 2, "b.txt": 3, "c.txt": 1}.items():
            self.write(name, size * "x")
        self.serve()
        self.go("/")
        for title, expected in (("Size", "cab"), ("Size", "bac"), ("Name", "abc")):
            self.click_on(title, self.TITLES)
            self.assertEqual(
                self.link_texts(self.ROWS), [f"{name}.txt" for name in expected]
            )

    def test_no_path_leads_to_another_host(self):
        """CVE-2021-28861, and its like."""
        for before in ("", "\\", "\t", "@"):
            self.write(f"{before}evil.example/sub/file.txt", "here")
        self.serve()
        targets = (
            "///evil.example",
            "//evil.example/sub",
            "//evil.example//sub",
            "//evil.example/..",
            "//evil.example/%2e%2e",
            "//evil.example/%2f..",
            "//evil.example/..%2fevil.example",
            "//evil.example%2f..",
            "//evil.example%2fsub",
            "/%2fevil.example",
            "/%2Fevil.example/sub",
            "/.//evil.example",
            "/%2e//evil.example",
            "/none/..//evil.example",
            "/none/%2e%2e//evil.example",
            "/\\evil.example",
            "/%5cevil.example",
            "//%5cevil.example",
            "/%09evil.example",
            "/@evil.example",
            "//@evil.example",
            "/%40evil.example/sub",
        )
        self.go("//evil.example")
        self.assertEqual(self.page.url, f"{self.server.url}/evil.example/")
        self.write("page.html", "<!DOCTYPE html>")
        self.go("/page.html")
        for target in targets:
            with self.subTest(target):
                address = json.dumps(self.server.url + target)
                reached = self.page.evaluate(f"fetch({address}).then(a => a.url)")
                self.assertTrue(reached.startswith(self.server.url + "/"), reached)
        self.assertIn(301, dict(self.requests()).values())


class Types(Case):
    """What the browser takes an answer for, and what it says of it."""

    # (module (func (export "f") (result i32) i32.const 42))
    WASM = bytes.fromhex(
        "0061736d010000000105016000017f03020100070501016600000a06010400412a0b"
    )

    def complaints(self):
        """What the browser has said, but that there was an error to show."""
        console = self.page.told("Runtime.consoleAPICalled")
        thrown = self.page.told("Runtime.exceptionThrown")
        entries = [told["entry"] for told in self.page.told("Log.entryAdded")]
        issues = self.page.told("Audits.issueAdded")
        return [
            *console,
            *thrown,
            *(entry for entry in entries if entry["source"] != "network"),
            *issues,
        ]

    def test_nothing_is_wrong_with_our_pages(self):
        self.write("folder/file.txt", "")
        (self.site / "link").symlink_to("folder")
        self.write_script("broken", "#!/bin/sh\n")
        self.serve()
        self.page.enable("Audits")
        for target in ("/", "/folder/", "/none", "/<b>&", "/cgi-bin/broken"):
            with self.subTest(target):
                self.go(target)
                facts = "[document.compatMode, document.characterSet]"
                self.assertEqual(self.page.evaluate(facts), ["CSS1Compat", "UTF-8"])
                self.assertEqual(self.complaints(), [])

    def test_text_is_not_executed(self):
        self.write("page.html", '<!DOCTYPE html><script src="note.txt"></script>')
        self.write("note.txt", "window.said = 'executed'")
        rows = {(): None, ("--header=X-Content-Type-Options: none",): "executed"}
        for options, expected in rows.items():
            with self.subTest(options):
                self.serve(*options)
                self.go("/page.html")
                self.assertEqual(self.page.evaluate("window.said"), expected)
        self.write("markup.txt", "<script>window.said = 'executed'</script>")
        self.go("/markup.txt")
        self.assertIsNone(self.page.evaluate("window.said ?? null"))

    def test_text_is_no_style(self):
        page = '<!DOCTYPE html><link rel="stylesheet" href="style.txt"><p>text</p>'
        self.write("page.html", page)
        self.write("style.txt", PARTS["style.css"])
        self.serve()
        self.go("/page.html")
        color = "getComputedStyle(document.querySelector('p')).color"
        self.assertEqual(self.page.evaluate(color), "rgb(0, 0, 0)")

    def test_modules_and_webassembly_are(self):
        self.write("page.html", "<!DOCTYPE html>")
        self.write("module.mjs", "export const said = 'hello'")
        self.write("answer.wasm", self.WASM)
        self.serve()
        self.go("/page.html")
        said = self.page.evaluate("import('/module.mjs').then(module => module.said)")
        self.assertEqual(said, "hello")
        result = self.page.evaluate(
            "WebAssembly.instantiateStreaming(fetch('/answer.wasm'))"
            ".then(loaded => loaded.instance.exports.f())"
        )
        self.assertEqual(result, 42)
        self.assertEqual(self.complaints(), [])


if __name__ == "__main__":
    harness.main()
