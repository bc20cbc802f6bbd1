"""CGI programs of many kinds: Python's, AWStats, and scripts as people write them."""

import hashlib
import html
import json
import os
import pathlib
import random
import re
import shutil
import socket
import subprocess
import unittest

import curl
import harness

AWSTATS = "/usr/lib/cgi-bin/awstats.pl"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
# Each says the same: method, PATH_INFO and query.
SCRIPTS = {
    "awk": """\
#!/usr/bin/awk -f
BEGIN {
  printf "Content-Type: text/plain\\r\\n\\r\\n"
  print ENVIRON["REQUEST_METHOD"], ENVIRON["PATH_INFO"], ENVIRON["QUERY_STRING"]
}
""",
    "lua": """\
#!/usr/bin/lua5.4
io.write("Content-Type: text/plain\\n\\n")
print(os.getenv("REQUEST_METHOD"), os.getenv("PATH_INFO"), os.getenv("QUERY_STRING"))
""",
    "busybox": """\
#!/bin/busybox sh
echo Content-Type: text/plain
echo
echo "$REQUEST_METHOD" "$PATH_INFO" "$(busybox httpd -d "$QUERY_STRING")"
""",
}
C_SOURCE = """\
#include <stdio.h>
#include <stdlib.h>

int main(void) {
  printf("Content-Type: text/plain\\n\\n%s %s %s\\n", getenv("REQUEST_METHOD"),
         getenv("PATH_INFO"), getenv("QUERY_STRING"));
  return 0;
}
"""
UNTYPED = """\
#!/bin/sh
echo X-Mine: 1
echo
echo '<b>guess</b>'
"""
EARLY_HINTS = """\
#!/bin/sh
printf 'HTTP/1.1 103 Early Hints\\r\\nLink: </style.css>; rel=preload\\r\\n\\r\\n'
cat "$GATE"
printf 'HTTP/1.1 200 OK\\r\\nContent-Type: text/plain\\r\\nContent-Length: 3\\r\\n'
printf 'Connection: close\\r\\n\\r\\nok\\n'
"""
EVENTS = """\
#!/bin/sh
printf 'Content-Type: text/event-stream\\r\\nCache-Control: no-cache\\r\\n\\r\\n'
printf 'id: 1\\ndata: first\\n\\n'
cat "$GATE"
printf 'id: 2\\ndata: second\\n\\n'
"""


def setUpModule():
    global top
    harness.need("curl")
    top = harness.folder()
    os.mkfifo(top / "gate")
    (top / "gate").chmod(0o644)


def write_scripts(site, scripts):
    for name, text in scripts.items():
        harness.write_script(site / "cgi-bin" / name, text)


class Case(unittest.TestCase):
    def tearDown(self):
        self.assertEqual(self.server.complaints(), [])

    @classmethod
    def serve(cls, *arguments, **more):
        cls.server = cls.enterClassContext(harness.Server(*arguments, **more))


class Languages(Case):
    @classmethod
    def setUpClass(cls):
        write_scripts(top / "languages", SCRIPTS)
        cls.serve(top / "languages", "--confine")

    def check(self, name):
        url = f"{self.server.url}/cgi-bin/{name}/path%C3%BC?a=b"
        answer = curl.fetch(url)
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.body.decode().split(), ["GET", "/pathü", "a=b"])

    def test_awk(self):
        self.check("awk")

    def test_lua(self):
        harness.need("lua5.4")
        self.check("lua")

    def test_busybox(self):
        harness.need("busybox")
        self.check("busybox")

    def test_a_static_c_program(self):
        harness.need("gcc")
        program = top / "languages" / "cgi-bin" / "static"
        command = ["gcc", "-static", "-Os", "-x", "c", "-o", program, "-"]
        subprocess.run(command, input=C_SOURCE.encode(), check=True)
        self.check("static")


class Python(Case):
    @classmethod
    def setUpClass(cls):
        source = pathlib.Path(__file__).parent / "cgi-bin"
        scripts = ("upload.py", "wsgi.py")
        texts = {name: (source / name).read_text() for name in scripts}
        write_scripts(top / "python", texts)
        cls.serve(top / "python", "--confine")

    def test_a_file_is_uploaded_without_the_module_cgi(self):
        content = random.Random(8).randbytes(3 << 20)
        (top / "upload").write_bytes(content)
        form = ["--form", f"file=@{top}/upload;filename=a b.png"]
        form += ["--form-string", "title=;@"]
        for chunked in ((), ("--header", "Transfer-Encoding: chunked")):
            url = f"{self.server.url}/cgi-bin/upload.py"
            answer = curl.fetch(url, *form, *chunked)
            found = json.loads(answer.body)
            digests = {
                name: [filename, len(data), hashlib.sha256(data).hexdigest()]
                for name, filename, data in (
                    ("file", "a b.png", content),
                    ("title", None, b";@"),
                )
            }
            self.assertEqual(found, digests)

    def test_a_wsgi_application_answers(self):
        script = f"{self.server.url}/cgi-bin/wsgi.py"
        for suffix in ("", "/", "/p%C3%A4th?q=%20", "?q"):
            for body in ((), ("--data", "a=b")):
                answer = curl.fetch(script + suffix, *body)
                self.assertEqual((answer.status, answer.reason), (201, "Made"))
                self.assertEqual(answer.fields.get_all("X-Twice"), ["1", "2"])
                found = json.loads(answer.body)
                self.assertEqual(found["url"], script + suffix)
                self.assertEqual(found["application"], script)
                self.assertEqual(found["method"], "POST" if body else "GET")
                self.assertEqual(found["body"], "a=b" if body else "")


class Answers:
    """What scripts say of their answers; for each superserver a class below."""

    @classmethod
    def setUpClass(cls):
        scripts = {"untyped": UNTYPED, "nph-early": EARLY_HINTS, "events": EVENTS}
        write_scripts(top / "answers", scripts)
        options = [f"--set-env=GATE={top}/gate"]
        cls.serve(top / "answers", *options, superserver=cls.superserver)

    def test_a_type_that_is_not_told_is_not_invented(self):
        # RFC 3875 6.3.1
        answer = curl.fetch(f"{self.server.url}/cgi-bin/untyped")
        self.assertEqual((answer.status, answer.fields["X-Mine"]), (200, "1"))
        self.assertIsNone(answer.fields["Content-Type"])
        self.assertEqual(answer.body, b"<b>guess</b>\n")

    def test_an_nph_script_sends_103_before_it_has_more_to_say(self):
        early = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
        final = (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n"
            b"Connection: close\r\n\r\nok\n"
        )
        address = ("127.0.0.1", self.server.port)
        with socket.create_connection(address, harness.PATIENCE) as connection:
            connection.sendall(b"GET /cgi-bin/nph-early HTTP/1.1\r\nHost: x\r\n\r\n")
            received = connection.makefile("rb")
            self.assertEqual(received.read(len(early)), early)
            (top / "gate").write_text("")
            self.assertEqual(received.read(), final)

    def test_curl_takes_what_follows_a_103(self):
        with curl.Stream(f"{self.server.url}/cgi-bin/nph-early") as received:
            (top / "gate").write_text("")
            self.assertEqual(received.read(), b"ok\n")

    def test_an_event_arrives_before_the_next_is_written(self):
        accept = ("--header", "Accept: text/event-stream", "--include")
        with curl.Stream(f"{self.server.url}/cgi-bin/events", *accept) as received:
            head = iter(received.readline, b"\r\n")
            self.assertIn(b"Content-Type: text/event-stream\r\n", list(head))
            event = [received.readline() for _ in range(3)]
            self.assertEqual(event, [b"id: 1\n", b"data: first\n", b"\n"])
            (top / "gate").write_text(": let in\n")
            self.assertEqual(received.read(), b": let in\nid: 2\ndata: second\n\n")


class AnswersUnderSocketActivate(Answers, Case):
    superserver = "socket-activate"


class AnswersUnderSocketActivatePassingDescriptor3(Answers, Case):
    superserver = "socket-activate-fd"


class AnswersUnderTcpserver(Answers, Case):
    superserver = "tcpserver"


class Awstats(Case):
    """It reads the log of the handler that it runs under."""

    PAGES = {"page.html": 3, "other page.html": 2, "deep/page.html": 1}

    @classmethod
    def setUpClass(cls):
        if not os.path.exists(AWSTATS):
            raise unittest.SkipTest("awstats is not installed")
        site, log = top / "awstats", top / "access.log"
        for name in cls.PAGES:
            (site / name).parent.mkdir(parents=True, exist_ok=True)
            (site / name).write_text("a page\n")
        shutil.copytree("/usr/share/awstats/icon/other", site / "icon" / "other")
        log.touch()  # else only root may read it
        (top / "data").mkdir()
        (top / "data").chmod(0o777)  # the script is nobody
        (top / "awstats.own.conf").write_text(
            f'LogFile="{log}"\nLogFormat=1\nSiteDomain="own"\nDNSLookup=0\n'
            f'DirData="{top}/data"\nDirIcons="/icon"\nAllowToUpdateStatsFromBrowser=1\n'
        )
        cls.serve(
            *(site, f"--log={log}", f"--script=/awstats.pl={AWSTATS}"),
            f"--set-env=AWSTATS_ENABLE_CONFIG_DIR={top}",
        )
        cls.log = log

    def test_it_counts_what_was_asked_for(self):
        for name, count in self.PAGES.items():
            for _ in range(count):
                url = f"{self.server.url}/{name}".replace(" ", "%20")
                answer = curl.fetch(url, "--user-agent", BROWSER)
                self.assertEqual(answer.status, 200)
        curl.fetch(f"{self.server.url}/none", "--user-agent", BROWSER)
        self.server.wait_until_idle()

        self.assertIn("Firefox", self.page("update=1"))
        page = self.page("output=urldetail")
        for name, count in self.PAGES.items():
            path = re.escape("/" + name.replace(" ", "%20"))
            self.assertRegex(page, f">{path}</a></td><td>{count}</td>")
        self.assertIn("/none", self.page("output=errors404"))

        picture = re.search(r'src="(/icon/[^"]+\.png)"', page)[1]
        answer = curl.fetch(self.server.url + picture)
        self.assertEqual(answer.fields.get_content_type(), "image/png")
        with open(f"/usr/share/awstats{picture}", "rb") as file:
            self.assertEqual(answer.body, file.read())
        self.server.wait_until_idle()
        lines = self.log.read_text().splitlines()
        self.assertEqual([line for line in lines if line.startswith("cgihttpd")], [])

    def page(self, query):
        query = f"config=own&configdir={top}&framename=mainright&{query}"
        answer = curl.fetch(f"{self.server.url}/awstats.pl?{query}")
        self.assertEqual(answer.status, 200)
        return html.unescape(answer.body.decode())


if __name__ == "__main__":
    harness.main()
