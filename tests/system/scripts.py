"""CGI scripts in sh, perl and python, asked by curl and by Python's http.client.

The scripts are cgi-bin/all.*: each file holds the same small programs in its
language, and the first word of PATH_INFO chooses one.
"""

import functools
import hashlib
import http.client
import http.cookies
import itertools
import pathlib
import random
import re
import shutil
import subprocess
import unittest
import urllib.parse

import curl
import harness

SCRIPTS = ("all.sh", "all.pl", "all.py")
FORM = "application/x-www-form-urlencoded"
DOWNLOAD = random.Random(20).randbytes(20 << 20)
UPLOAD = random.Random(5).randbytes(5 << 20)
MALFORMED = {
    "empty": b"",
    "no-field": b"hello\n\nbody\n",
    "no-end": b"Content-Type: text/plain\n",
    "no-head": b"\nbody\n",
    "bad-status": b"Status: fine\nContent-Type: text/plain\n\nbody\n",
}
UNSTARTABLE = {
    "no-interpreter": "#!/nonexistent/sh\n",
    "carriage-return": "#!/bin/sh\r\necho Status: 200\r\n",
    "no-program": "echo Content-Type: text/plain; echo\n",
}


def ask_with_curl(server, method, target, body=None, **fields):
    arguments = ["--include", "--raw", "--request", method]
    for name, value in fields.items():
        arguments += ["--header", f"{name}: {value}"]
    if body is not None:
        arguments += ["--data-binary", "@-"]
    received = curl.run(*arguments, server.url + target, given=body or b"")
    return harness.parse(received, method)


def ask_with_python(server, method, target, body=None, **fields):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, harness.PATIENCE)
    connection.request(method, target, body, fields)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return harness.Answer(response.status, response.reason, response.headers, body)


CLIENTS = {"curl": ask_with_curl, "http.client": ask_with_python}


def digest(content):
    return hashlib.sha256(content).hexdigest()


def setUpModule():
    global top
    harness.need("curl", "perl")
    if subprocess.run(["perl", "-MCGI", "-e1"], stderr=subprocess.DEVNULL).returncode:
        raise unittest.SkipTest("perl's CGI.pm is not installed")
    top = harness.folder()
    (top / "download").write_bytes(DOWNLOAD)
    cgi_bin = top / "site" / "cgi-bin"
    for script in SCRIPTS:
        source = pathlib.Path(__file__).parent / "cgi-bin" / script
        # Neither the owner nor the modes of the source tree matter.
        for name in (script, f"nph-{script}", f"sub dir/日本 {script}"):
            harness.write_script(cgi_bin / name, source.read_text())
    for name, output in MALFORMED.items():
        (top / name).write_bytes(output)
        harness.write_script(cgi_bin / name, f"#!/bin/sh\ncat {top}/{name}\n")
    for name, text in UNSTARTABLE.items():
        harness.write_script(cgi_bin / name, text)
        harness.write_script(cgi_bin / f"nph-{name}", text)
    (top / "site" / "landing.txt").write_text("landed\n")
    (top / "tmp").mkdir()
    (top / "tmp").chmod(0o777)  # the script is nobody


class EitherWay:
    """What is true however the output of a script becomes the answer."""

    @classmethod
    def setUpClass(cls):
        options = [f"--cgi-output={cls.output}", f"--set-env=DOWNLOAD={top}/download"]
        if cls.is_confined:
            options += ["--confine", f"--readable={top}", f"--writable={top}/tmp"]
            options += [f"--set-env=TMPDIR={top}/tmp"]
        cls.server = cls.enterClassContext(
            harness.Server(top / "site", *options, superserver=cls.superserver)
        )

    def each(self, check, scripts=SCRIPTS):
        """Checks every script with every client."""
        for script, (name, client) in itertools.product(scripts, CLIENTS.items()):
            with self.subTest(script=script, client=name):
                check(f"/cgi-bin/{script}", functools.partial(client, self.server))

    def test_a_form_is_posted(self):
        fields = {"name": "Ärger & Söhne", "sum": "1+1=2 ≠ 100%", "void": ""}
        form = urllib.parse.urlencode(fields).encode()
        lines = "".join(f"{name}={value}\n" for name, value in sorted(fields.items()))

        def check(script, ask):
            answer = ask("POST", f"{script}/form", form, **{"Content-Type": FORM})
            self.assertEqual(answer.status, 200)
            # No parser of forms in sh: it says what it has read.
            expected = form if script.endswith("sh") else lines.encode()
            self.assertEqual(answer.body, expected)

        self.each(check)

    def test_a_file_is_uploaded_to_cgi_pm(self):
        form = ["--form", f"file=@{top}/download;filename=Bild ä.png"]
        form += ["--form-string", "title=Übung;@"]
        body = curl.run(*form, f"{self.server.url}/cgi-bin/all.pl/form")
        expected = f"file=Bild ä.png {digest(DOWNLOAD)}\ntitle=Übung;@\n"
        self.assertEqual(body.decode(), expected)

    def test_a_body_of_5_mib_arrives_whole(self):
        def check(script, ask):
            kind = {"Content-Type": "application/octet-stream"}
            answer = ask("POST", f"{script}/digest", UPLOAD, **kind)
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.body.decode().strip(), digest(UPLOAD))

        self.each(check)

    def test_curl_uploads_from_a_pipe_in_chunks(self):
        for script in SCRIPTS:
            with self.subTest(script):
                # It waits for 100 Continue, and is told no size beforehand.
                target = f"/cgi-bin/{script}/digest-to-the-end"
                arguments = ["--upload-file", "-", self.server.url + target]
                answer = curl.run(*arguments, given=DOWNLOAD)
                self.assertEqual(answer.decode().split()[-1], digest(DOWNLOAD))
                self.server.wait_until_idle()
                self.assertIn(f'"PUT {target} HTTP/1.1" 200 ', self.server.log())

    def test_curl_is_told_that_a_body_is_too_large(self):
        with harness.Server(
            top / "site", f"--cgi-output={self.output}", "--max-body=1M"
        ) as server:
            for expect in ("Expect: 100-continue", "Expect:"):
                for source in ("-", str(top / "download")):
                    with self.subTest(expect=expect, source=source):
                        status = curl.run(
                            *("--output", "/dev/null", "--write-out", "%{http_code}"),
                            *("--header", expect, "--upload-file", source),
                            f"{server.url}/cgi-bin/all.sh/digest-to-the-end",
                            given=DOWNLOAD,
                        )
                        self.assertEqual(status, b"413")

    def test_a_download_of_20_mib_arrives_whole(self):
        def check(script, ask):
            answer = ask("GET", f"{script}/download")
            self.assertEqual(answer.status, 200)
            self.assertEqual(len(answer.body), len(DOWNLOAD))
            self.assertEqual(digest(answer.body), digest(DOWNLOAD))

        self.each(check)

    def test_cookies_go_there_and_back(self):
        def check(script, ask):
            jar = http.cookies.SimpleCookie()
            for visit in (1, 2, 3):
                sent = "; ".join(f"{name}={jar[name].coded_value}" for name in jar)
                cookies = {"Cookie": sent} if jar else {}
                answer = ask("GET", f"{script}/visit", **cookies)
                self.assertEqual(answer.body, b"%d\n" % visit)
                for field in answer.fields.get_all("Set-Cookie"):
                    jar.load(field)
                self.assertEqual(jar["last"].value, "a%20b")

        self.each(check)

    def test_path_info_is_decoded_once_and_the_query_is_left_alone(self):
        rows = (
            # why, what follows /where in the target, PATH_INFO, QUERY_STRING
            ("nothing", "", "", ""),
            ("Unicode", "/%E6%97%A5%E6%9C%AC/%C3%BC", "/日本/ü", ""),
            ("decoded once", "/%2541%2B+", "/%41++", ""),
            ("Unicode in the query", "?q=%C3%A9&r=1+2", "", "q=%C3%A9&r=1+2"),
            ("question marks", "/a%3Fb?c?d=/e?", "/a?b", "c?d=/e?"),
        )

        def check(script, ask):
            for why, suffix, path_info, query in rows:
                answer = ask("GET", f"{script}/where{suffix}")
                expected = f"/where{path_info}\n{query}\n"
                self.assertEqual(answer.body.decode(), expected, why)

        self.each(check)

    def test_a_script_may_have_a_unicode_name_in_a_folder_with_a_space(self):
        def check(script, ask):
            answer = ask("GET", f"{script}/where/%C3%BC")
            self.assertEqual(answer.body.decode(), "/where/ü\n\n")

        names = [f"sub dir/日本 {script}" for script in SCRIPTS]
        self.each(check, [urllib.parse.quote(name) for name in names])

    def test_complaints_of_a_script_are_logged_and_never_sent(self):
        def check(script, ask):
            before = len(re.findall("complaint", self.server.log()))
            answer = ask("GET", f"{script}/complain")
            self.assertEqual(answer.body, b"answer\n")
            self.assertNotIn("complaint", str(answer.fields))
            self.server.wait_until_idle()
            after = re.findall("complaint [123]", self.server.log())[before:]
            self.assertEqual(after, [f"complaint {number}" for number in (1, 2, 3)])

        self.each(check)

    def test_an_nph_script_says_every_byte_of_the_answer(self):
        for script in SCRIPTS:
            with self.subTest(script):
                line = f"GET /cgi-bin/nph-{script}/raw HTTP/1.1"
                request = f"{line}\r\nHost: x\r\n\r\n"
                self.assertEqual(
                    harness.raw(self.server.port, request.encode()),
                    b"HTTP/1.1 299 Mine\r\nX-Odd:  two  spaces \r\n"
                    b"Connection: close\r\n\r\nraw",
                )
                self.server.wait_until_idle()
                self.assertIn(f'"{line}" ', self.server.log())


    def test_head_runs_the_script_and_sends_no_body(self):
        for script in SCRIPTS:
            with self.subTest(script):
                line = f"HEAD /cgi-bin/{script}/complain HTTP/1.1"
                request = f"{line}\r\nHost: x\r\n\r\n"
                received = harness.raw(self.server.port, request.encode())
                head, body = received.split(b"\r\n\r\n", 1)
                self.assertEqual(body, b"")
                self.assertRegex(head, rb"^HTTP/1\.1 200 ")
                if self.output == "parsed":
                    self.assertRegex(head, rb"\r\nContent-Type: text/plain; ?charset=")
                self.server.wait_until_idle()
                self.assertIn(f'"{line}" 200 ', self.server.log())


    def test_a_script_that_cannot_be_started_is_forbidden(self):
        for prefix, name in itertools.product(("", "nph-"), UNSTARTABLE):
            with self.subTest(prefix + name):
                line = f"GET /cgi-bin/{prefix}{name} HTTP/1.1"
                request = f"{line}\r\nHost: x\r\n\r\n"
                answer = harness.ask(self.server.port, request.encode())
                self.assertEqual(answer.status, 403)
                self.server.wait_until_idle()
                self.assertIn(f'"{line}" 403 ', self.server.log())


class Parsed(EitherWay, unittest.TestCase):
    output = "parsed"
    is_confined = False
    superserver = "socket-activate"

    def test_a_body_ends_where_content_length_says(self):
        def check(script, ask):
            answer = ask("POST", f"{script}/digest-to-the-end", UPLOAD)
            self.assertEqual(answer.body.decode().strip(), digest(UPLOAD))

        self.each(check)

    def test_without_a_body_there_is_nothing_to_read(self):
        def check(script, ask):
            answer = ask("GET", f"{script}/digest-to-the-end")
            self.assertEqual(answer.body.decode().strip(), digest(b""))

        self.each(check)

    def test_a_location_is_a_redirect(self):
        landing = f"{self.server.url}/landing.txt"

        def check(script, ask):
            for query in ("", "?301", "?303", "?307"):
                answer = ask("GET", f"{script}/go{query}")
                self.assertEqual(answer.status, int(query[1:] or 302))
                self.assertEqual(answer.fields.get_all("Location"), [landing])
                self.assertIsNone(answer.fields["Status"])

        self.each(check)

    def test_curl_follows_a_redirect_after_a_form(self):
        for script, query in itertools.product(SCRIPTS, ("", "?303")):
            with self.subTest(script=script, query=query):
                url = f"{self.server.url}/cgi-bin/{script}/go{query}"
                landed = curl.run("--location", "--data", "a=b", url)
                self.assertEqual(landed, b"landed\n")

    def test_a_script_chooses_the_status(self):
        def check(script, ask):
            for status in (201, 404, 418, 500, 503):
                answer = ask("GET", f"{script}/status?{status}")
                self.assertEqual((answer.status, answer.reason), (status, "By Script"))
                self.assertEqual(answer.body, b"by script\n")
                self.assertIsNone(answer.fields["Status"])

        self.each(check)

    def test_malformed_output_is_a_bad_gateway(self):
        for name in MALFORMED:
            with self.subTest(name):
                request = f"GET /cgi-bin/{name} HTTP/1.1\r\nHost: x\r\n\r\n"
                answer = harness.ask(self.server.port, request.encode())
                self.assertEqual(answer.status, 502)


class Direct(EitherWay, unittest.TestCase):
    output = "direct"
    is_confined = True
    # Here the connection has to get from descriptor 3 to 0 and 1.
    superserver = "socket-activate-fd"

    def test_output_follows_the_ancestors_status_line_verbatim(self):
        request = b"GET /cgi-bin/all.sh/status?404 HTTP/1.1\r\nHost: x\r\n\r\n"
        received = harness.raw(self.server.port, request)
        self.assertRegex(received, rb"^HTTP/1\.1 200 Script output follows\r\n")
        self.assertRegex(
            received,
            rb"\r\nStatus: 404 By Script\nContent-Type: text/plain; charset=utf-8\n"
            rb"\nby script\n$",
        )


class Environment(unittest.TestCase):
    def test_it_is_built_from_nothing_whatever_the_superserver_has(self):
        options = ["--set-env=OURS=ours", "--pass-env=PASSED"]
        secrets = {"PASSED": "passed", "SECRET": "secret", "HTTP_EVIL": "evil"}
        for superserver in harness.SUPERSERVERS:
            with self.subTest(superserver), harness.Server(
                top / "site", *options, superserver=superserver, environment=secrets
            ) as server:
                for script in SCRIPTS:
                    self.check(server, f"/cgi-bin/{script}")

    def check(self, server, script):
        answer = ask_with_python(
            *(server, "GET", f"{script}/environment?q"),
            **{"Proxy": "http://x/", "X_Under": "score", "X-Mine": "mine"},
        )
        lines = answer.body.decode().splitlines()
        found = dict(line.split("=", 1) for line in lines)
        expected = {
            "GATEWAY_INTERFACE": "CGI/1.1",
            "HTTP_X_MINE": "mine",
            "OURS": "ours",
            "PASSED": "passed",
            "QUERY_STRING": "q",
            "REMOTE_ADDR": "127.0.0.1",
            "REQUEST_METHOD": "GET",
            "SCRIPT_FILENAME": f"{top}/site{script}",
            "SCRIPT_NAME": script,
            "SERVER_PORT": str(server.port),
        }
        self.assertEqual(found, found | expected)
        foreign = re.compile("LISTEN_|TCP|PROTO$|SECRET|HTTP_(EVIL|PROXY|X_UNDER)")
        self.assertEqual([name for name in found if foreign.match(name)], [])


if __name__ == "__main__":
    harness.main()
