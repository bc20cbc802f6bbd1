"""PHP as Debian packages it: php-cgi, by the lines of README.

cgi-bin/all.php holds the small programs; the first word of the path behind it
chooses one.
"""

import hashlib
import json
import os
import pathlib
import random
import shutil
import unittest
import urllib.parse

import curl
import harness

PHP = "/usr/bin/php-cgi"
UPLOAD = random.Random(7).randbytes(20 << 20)
UPLOAD_DIGEST = hashlib.sha256(UPLOAD).hexdigest()
SETTINGS = """\
upload_max_filesize = 32M
post_max_size = 40M
session.save_path = {top}/tmp
upload_tmp_dir = {top}/tmp
opcache.lockfile_path = {top}/tmp
log_errors = On
error_log =
html_errors = Off
"""


def setUpModule():
    global top
    harness.need(PHP)
    top = harness.folder()
    source = pathlib.Path(__file__).parent / "cgi-bin" / "all.php"
    for name in ("cgi-bin/all.php", "index.php", "blog/index.php", "deep/er/all.php"):
        file = top / "site" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, file)  # it need not be executable
    (top / "site" / "style.css").write_text("b {}\n")
    (top / "site" / "landing.txt").write_text("landed\n")
    (top / "upload").write_bytes(UPLOAD)
    (top / "php.ini").write_text(SETTINGS.format(top=top))
    (top / "tmp").mkdir()
    (top / "tmp").chmod(0o777)  # the script is nobody
    os.mkfifo(top / "gate")
    (top / "gate").chmod(0o644)


class Php:
    """What is true wherever the script is; `script` is its path."""

    superserver = "socket-activate"

    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(
            harness.Server(
                *(top / "site", *cls.options),
                *("--confine", f"--readable={top}", f"--writable={top}/tmp"),
                f"--set-env=PHPRC={top}/php.ini",
                f"--set-env=DOWNLOAD={top}/upload",
                f"--set-env=GATE={top}/gate",
                superserver=cls.superserver,
            )
        )
        cls.url = cls.server.url + cls.script

    def setUp(self):
        self.expected_complaints = []

    def tearDown(self):
        self.assertEqual(self.server.complaints(), self.expected_complaints)

    def ask(self, path, *arguments):
        answer = curl.fetch(self.url + path, *arguments)
        self.assertEqual(answer.status, 200)
        return json.loads(answer.body)

    def test_a_form_is_got_and_posted(self):
        fields = {"name": "Ärger & Söhne", "sum": "1+1=2 ≠ 100%", "void": ""}
        query = urllib.parse.urlencode(fields)
        answer = self.ask(f"/form?{query}")
        self.assertEqual(answer["get"], fields)
        answer = self.ask("/form?q[]=1&q[]=2", "--data", query)
        self.assertEqual(answer["post"], fields)
        self.assertEqual(answer["get"], {"q": ["1", "2"]})

    def test_20_mib_are_uploaded_of_known_size_and_in_chunks(self):
        form = ["--form", f"file=@{top}/upload;filename=Bild ä.png;type=image/png"]
        form += ["--form-string", "title=Übung;@"]
        for chunked in ((), ("--header", "Transfer-Encoding: chunked")):
            with self.subTest(chunked):
                answer = self.ask("/form", *form, *chunked)
                expected = ["Bild ä.png", "image/png", 0, UPLOAD_DIGEST]
                self.assertEqual(answer["files"], {"file": expected})
                self.assertEqual(answer["post"], {"title": "Übung;@"})

    def test_a_body_of_any_type_is_read(self):
        kind = ("--header", "Content-Type: application/json")
        for method in ("POST", "PUT", "PATCH"):
            body = ("--request", method, "--data-binary", f"@{top}/upload")
            answer = self.ask("/body", *kind, *body)
            self.assertEqual(answer, [method, UPLOAD_DIGEST])

    def test_a_session_is_kept_by_its_cookie(self):
        jar = harness.folder() / "jar"
        visits = [
            self.ask("/visit", "--cookie", jar, "--cookie-jar", jar) for _ in range(3)
        ]
        self.assertEqual(visits, [1, 2, 3])
        self.assertEqual(self.ask("/visit"), 1)

    def test_a_redirect_is_the_clients_wherever_it_leads(self):
        for to in (f"{self.server.url}/landing.txt", "/landing.txt"):
            for status in (302, 301, 303, 307):
                query = urllib.parse.urlencode({"to": to, "status": status})
                answer = curl.fetch(f"{self.url}/go?{query}")
                self.assertEqual(answer.status, status)
                self.assertEqual(answer.fields["Location"], to)
            answer = curl.fetch(f"{self.url}/go?to={to}")
            self.assertEqual((answer.status, answer.fields["Location"]), (302, to))
            landed = curl.run("--location", f"{self.url}/go?to={to}")
            self.assertEqual(landed, b"landed\n")

    def test_a_script_chooses_the_status(self):
        answer = curl.fetch(self.url + "/absent")
        self.assertEqual((answer.status, answer.reason), (404, "Not Found"))
        self.assertEqual(answer.body, b"nothing here")

    def test_head_has_no_content(self):
        answer = curl.fetch(self.url + "/form", "--head")
        self.assertEqual((answer.status, answer.body), (200, b""))
        self.assertEqual(answer.fields["Content-Type"], "application/json")

    def test_a_complaint_is_logged(self):
        answer = curl.fetch(self.url + "/complain")
        self.assertEqual(answer.body, b"answer")
        self.expected_complaints = [f"cgihttpd: {self.script}: a complaint"]

    def test_a_download_arrives_whole(self):
        answer = curl.fetch(self.url + "/download")
        self.assertEqual(hashlib.sha256(answer.body).hexdigest(), UPLOAD_DIGEST)

    def test_what_is_flushed_is_sent_at_once(self):
        with curl.Stream(self.url + "/stream") as lines:
            self.assertEqual(lines.readline(), b"first\n")
            (top / "gate").write_text("let in\n")
            self.assertEqual(lines.read(), b"let in\nsecond\n")

    def test_a_path_behind_the_script_is_told(self):
        found = self.ask("/wh%C3%A4re/%2541?q=%20")
        path_info = "/whäre/%41"
        self.assertEqual(
            found,
            {
                "SCRIPT_NAME": self.script,
                "SCRIPT_FILENAME": f"{top}/site{self.script}",
                "PATH_INFO": path_info,
                "PHP_SELF": self.script + path_info,
                "REQUEST_URI": f"{self.script}/wh%C3%A4re/%2541?q=%20",
                "QUERY_STRING": "q=%20",
                "DOCUMENT_ROOT": f"{top}/site",
                "__FILE__": f"{top}/site{self.script}",
                "getcwd": os.path.dirname(f"{top}/site{self.script}"),
            },
        )

    def test_a_query_is_no_option(self):
        # CVE-2012-1823
        for query in ("-s", "-d+auto_prepend_file%3d/etc/passwd", "--help"):
            found = self.ask(f"/where?{query}")
            self.assertEqual(found["QUERY_STRING"], query)


class InCgiBin(Php, unittest.TestCase):
    script = "/cgi-bin/all.php"
    options = [f"--handler=.php={PHP}"]


class Anywhere(Php, unittest.TestCase):
    script = "/deep/er/all.php"
    options = [f"--handler=.php={PHP}", "--handlers-anywhere"]
    superserver = "socket-activate-fd"


class FrontController(Php, unittest.TestCase):
    script = "/index.php"
    options, _ = harness.recipe(PHP, {})
    superserver = "tcpserver"

    def test_it_answers_for_folders_and_for_what_is_not_there(self):
        for target, script, path_info in (
            ("/", "/index.php", ""),
            ("/?q=1", "/index.php", ""),
            ("/blog/", "/blog/index.php", ""),
            ("/articles/7/%C3%BC?q=1", "/index.php", ""),
            ("/none.php", "/index.php", ""),
            ("/blog/index.php/x", "/blog/index.php", "/x"),
        ):
            with self.subTest(target):
                answer = curl.fetch(self.server.url + target)
                found = json.loads(answer.body)
                self.assertEqual(answer.status, 200)
                self.assertEqual(found["SCRIPT_NAME"], script)
                self.assertEqual(found["PHP_SELF"], script + path_info)
                self.assertEqual(found.get("PATH_INFO", ""), path_info)
                self.assertEqual(found["REQUEST_URI"], target)
                self.assertEqual(found["QUERY_STRING"], target.partition("?")[2])

    def test_a_route_of_its_own_takes_forms_and_chooses_the_status(self):
        answer = curl.fetch(self.server.url + "/form", "--data", "a=b")
        self.assertEqual(json.loads(answer.body)["post"], {"a": "b"})
        self.assertEqual(curl.fetch(self.server.url + "/absent").status, 404)

    def test_any_method_is_its_business(self):
        for method in ("DELETE", "OPTIONS", "PROPFIND"):
            url = f"{self.server.url}/body/of/nothing"
            answer = curl.fetch(url, "--request", method)
            self.assertEqual(answer.status, 200)
            self.assertEqual(json.loads(answer.body)[0], method)

    def test_files_are_sent_as_they_are(self):
        answer = curl.fetch(self.server.url + "/style.css")
        self.assertEqual(answer.fields.get_content_type(), "text/css")
        self.assertEqual(answer.body, b"b {}\n")


class Passwords(unittest.TestCase):
    def test_php_sees_them_only_where_they_are_passed_on(self):
        options = [f"--handler=.php={PHP}"]
        for more, expected in (
            ([], [None, None, None]),
            (["--pass-authorization"], ["alice", "se:cret", None]),
        ):
            with harness.Server(top / "site", *options, *more) as server:
                url = f"{server.url}/cgi-bin/all.php/who"
                answer = curl.fetch(url, "--user", "alice:se:cret")
                self.assertEqual(json.loads(answer.body), expected)
                self.assertEqual(server.complaints(), [])


if __name__ == "__main__":
    harness.main()
