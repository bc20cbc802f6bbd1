"""Git, gitweb, cgit and Fossil, as Debian packages them, by the lines of README."""

import hashlib
import html
import io
import os
import random
import re
import subprocess
import tarfile
import unittest
import urllib.parse

import curl
import harness
from git_clone import commit, git

HTTP_BACKEND = "/usr/lib/git-core/git-http-backend"
GITWEB = "/usr/lib/cgi-bin/gitweb.cgi"
CGIT = "/usr/lib/cgit/cgit.cgi"
FOSSIL = "/usr/bin/fossil"
FILES = {
    "README": b"read me & <weep>\n",
    "dir/ümläut and space.txt": "grüße\n".encode(),
    "picture.png": b"\x89PNG\r\n\x1a\n" + random.Random(3).randbytes(70_000),
}


def digest(content):
    return hashlib.sha256(content).hexdigest()


def need_package(file):
    if not os.path.exists(file):
        raise unittest.SkipTest(f"{file} is not installed")


def hand_over(top):
    """Gives files to the user that the handler becomes, as README says to."""
    if os.getuid() == 0:
        for folder, _, names in os.walk(top):
            for name in (".", *names):
                os.chown(os.path.join(folder, name), 65534, 65534)


def make_project(path):
    """A bare repository of a few commits, and the working tree that made it."""
    working = harness.folder() / "working"
    git("init", "--quiet", "--initial-branch=main", working)
    for name, content in FILES.items():
        file = working / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)
        commit(working, f"add {name}")
    (working / "README").write_bytes(b"read it\n")
    commit(working, "change <README>")
    git("tag", "v1", at=working)
    git("clone", "--quiet", "--bare", working, path)
    git("update-server-info", at=path)
    return working


def serve(case, program, places):
    """The server of a class of cases, as README says."""
    options, root = harness.recipe(program, places)
    server = harness.Server(root, *options, superserver=case.superserver)
    return case.enterClassContext(server)


class Pages(unittest.TestCase):
    """What the pages of all have in common."""

    superserver = "socket-activate"

    def tearDown(self):
        self.assertEqual(self.server.complaints(), [])

    def page(self, path, *arguments, status=200, media_type="text/html"):
        answer = curl.fetch(self.server.url + path, *arguments)
        self.assertEqual((answer.status, path), (status, path))
        self.assertEqual(answer.fields.get_content_type(), media_type, path)
        return answer.body

    def browse(self, start, count):
        """Follows the links of pages that begin as the first one does."""
        found, asked = [start], 0
        while asked < min(len(found), count):
            answer = curl.fetch(self.server.url + found[asked])
            self.assertEqual((answer.status, found[asked]), (200, found[asked]))
            asked += 1
            if answer.fields.get_content_type() == "text/html":
                page = html.unescape(answer.body.decode())
                links = re.findall(rf"""href=["']({start}[^"'#]*)""", page)
                found += [link for link in dict.fromkeys(links) if link not in found]
        self.assertEqual(asked, count)

    def assert_archive_is(self, archive, prefix, working):
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as members:
            digests = {
                member.name: digest(members.extractfile(member).read())
                for member in members
                if member.isfile()
            }
        expected = {
            f"{prefix}/{path.relative_to(working)}": digest(path.read_bytes())
            for path in working.rglob("*")
            if path.is_file() and ".git" not in path.parts
        }
        self.assertEqual(digests, expected)


class GitWithPasswords(unittest.TestCase):
    """A pack of more than 50 MiB goes in chunks, and past 16 MiB to a file."""

    superserver = "socket-activate"

    @classmethod
    def setUpClass(cls):
        need_package(HTTP_BACKEND)
        harness.need("openssl")
        top = harness.folder()
        cls.project = top / "git" / "project.git"
        git("init", "--quiet", "--bare", "--initial-branch=main", cls.project)
        git("config", "core.logAllRefUpdates", "true", at=cls.project)
        hand_over(top / "git")
        (top / "site").mkdir()
        hashed = subprocess.check_output(
            ["openssl", "passwd", "-6", "-stdin"], input=b"se:cret"
        )
        (top / "passwords").write_text("alice:" + hashed.decode())
        cls.places = {
            "/srv/git": top / "git",
            "/srv/www": top / "site",
            "/etc/cgihttpd.passwords": top / "passwords",
        }
        cls.server = serve(cls, HTTP_BACKEND, cls.places)
        cls.anonymous = f"{cls.server.url}/git/project.git"
        cls.alice = cls.anonymous.replace("//", "//alice:se%3Acret@")

    def tearDown(self):
        self.assertEqual(self.server.complaints(), [])

    def make_working_tree(self):
        working = harness.folder() / "working"
        git("init", "--quiet", "--initial-branch=main", working)
        # Compressed, random octets take time and no less room.
        git("config", "core.compression", "0", at=working)
        (working / "small").write_bytes(b"small")
        commit(working, "small")
        return working

    def test_a_large_push_a_clone_and_a_fetch(self):
        working = self.make_working_tree()
        (working / "large").write_bytes(random.Random(52).randbytes(52 << 20))
        commit(working, "large")
        push = ("push", "--quiet", self.alice, "main")
        trace = git(*push, at=working, GIT_TRACE_CURL="1", GIT_TRACE_CURL_NO_DATA="1")
        self.assertIn("Transfer-Encoding: chunked", trace)
        log = (self.project / "logs" / "refs" / "heads" / "main").read_text()
        self.assertIn(" alice <alice@", log)  # from REMOTE_USER, REMOTE_ADDR

        copy = harness.folder() / "copy"
        asks = "!f() { echo username=alice; echo password=se:cret; }; f"
        credentials = ("-c", f"credential.helper={asks}")
        git(*credentials, "clone", "--quiet", self.anonymous, copy)
        git("fsck", "--full", "--strict", at=copy)
        (working / "small").write_bytes(b"not so small")
        commit(working, "later")
        git(*push, at=working)
        git(*credentials, "pull", "--quiet", at=copy)
        head = ("rev-parse", "HEAD", "HEAD^{tree}")
        self.assertEqual(git(*head, at=copy), git(*head, at=working))

    def test_nobody_is_let_in_without_the_password(self):
        working = self.make_working_tree()
        wrong = self.alice.replace("se%3Acret", "se")
        for url, complaint in (
            (self.anonymous, "could not read Username"),
            (wrong, "Authentication failed"),
        ):
            for command in (("push", url, "main:other"), ("ls-remote", url)):
                with self.subTest(url=url, command=command):
                    with self.assertRaisesRegex(AssertionError, complaint):
                        git(*command, at=working)
        for path in ("/info/refs?service=git-receive-pack", "/git-receive-pack"):
            answer = curl.fetch(self.anonymous + path)
            self.assertEqual(answer.status, 401)
            self.assertRegex(answer.fields["WWW-Authenticate"], "^Basic ")

    def test_without_passwords_all_may_read_and_nobody_may_write(self):
        working = self.make_working_tree()
        git("push", "--quiet", self.alice, "main:side", at=working)
        options, root = harness.recipe(HTTP_BACKEND, self.places)
        options = [option for option in options if "--auth" not in option]
        with harness.Server(root, *options) as server:
            url = f"{server.url}/git/project.git"
            self.assertIn("refs/heads/side", git("ls-remote", url))
            with self.assertRaisesRegex(AssertionError, "error: 403"):
                git("push", url, "main:other", at=working)
            refusal = "cgihttpd: /git: Service not enabled: 'receive-pack'"
            self.assertEqual(server.complaints(), [refusal])


class Gitweb(Pages):
    @classmethod
    def setUpClass(cls):
        need_package(GITWEB)
        top = harness.folder()
        cls.working = make_project(top / "git" / "project.git")
        hand_over(top / "git")
        conf = top / "git" / "gitweb.conf"  # no /etc, but readable as that is
        conf.write_text(f"our $projectroot = '{top}/git';\n")
        places = {"/etc/gitweb.conf": conf, "/srv/git": top / "git"}
        cls.server = serve(cls, GITWEB, places)

    def test_pages_are_linked(self):
        self.browse("/gitweb", count=20)

    def test_what_was_committed_is_shown(self):
        self.assertIn(b"project.git", self.page("/gitweb"))
        summary = self.page("/gitweb?p=project.git;a=summary")
        self.assertIn(b"change &lt;README&gt;", summary)
        commit_page = self.page("/gitweb/project.git/commit/v1")
        self.assertIn(b"A. Uthor", commit_page)
        patch = "/gitweb?p=project.git;a=patch;h=v1"
        text = self.page(patch, media_type="text/plain")
        self.assertIn(b"\n-read me & <weep>\n", text)

    def test_a_blob_is_what_was_committed(self):
        query = "/gitweb?p=project.git;a=blob_plain;hb=HEAD;f="
        for name, media_type in (
            ("picture.png", "image/png"),
            ("dir/ümläut and space.txt", "text/plain"),
        ):
            content = self.page(query + urllib.parse.quote(name), media_type=media_type)
            self.assertEqual(content, FILES[name])

    def test_a_snapshot_has_the_files(self):
        query = "/gitweb?p=project.git;a=snapshot;h=v1;sf=tgz"
        archive = self.page(query, media_type="application/x-gzip")
        name = "project-v1-" + git("rev-parse", "--short=7", "v1", at=self.working)
        self.assert_archive_is(archive, name, self.working)

    def test_what_is_absent_is_absent(self):
        self.assertIn(b"No such project", self.page("/gitweb?p=none", status=404))

    def test_the_style_is_a_file(self):
        page = self.page("/gitweb").decode()
        path = re.search(r'href="([^"]+\.css)"', page)[1]
        style = self.page(urllib.parse.urljoin("/gitweb", path), media_type="text/css")
        with open("/usr/share/gitweb/static/gitweb.css", "rb") as file:
            self.assertEqual(style, file.read())


class Cgit(Pages):
    @classmethod
    def setUpClass(cls):
        need_package(CGIT)
        top = harness.folder()
        cls.working = make_project(top / "git" / "project.git")
        hand_over(top / "git")
        conf = top / "git" / "cgitrc"  # no /etc, but readable as that is
        conf.write_text(
            "css=/cgit.css\nlogo=/cgit.png\nsnapshots=tar.gz\n"
            f"mimetype.png=image/png\nscan-path={top}/git\n"
        )
        places = {"/etc/cgitrc": conf, "/srv/git": top / "git"}
        cls.server = serve(cls, CGIT, places)

    def test_pages_are_linked(self):
        self.browse("/cgit", count=40)

    def test_what_was_committed_is_shown(self):
        self.assertIn(b"project", self.page("/cgit"))
        log = self.page("/cgit/project.git/log/")
        self.assertIn(b"change &lt;README&gt;", log)
        change = self.page("/cgit/project.git/diff/?id=v1")
        self.assertIn(b"read me &amp; &lt;weep&gt;", change)

    def test_a_blob_is_what_was_committed(self):
        for name, media_type in (
            ("picture.png", "image/png"),
            ("dir/ümläut and space.txt", "text/plain"),
        ):
            path = "/cgit/project.git/plain/" + urllib.parse.quote(name)
            self.assertEqual(self.page(path, media_type=media_type), FILES[name])

    def test_a_snapshot_has_the_files(self):
        path = "/cgit/project.git/snapshot/project-v1.tar.gz"
        archive = self.page(path, media_type="application/x-gzip")
        self.assert_archive_is(archive, "project-v1", self.working)

    def test_a_clone_is_the_original(self):
        copy = harness.folder() / "copy"
        git("clone", "--quiet", f"{self.server.url}/cgit/project.git", copy)
        git("fsck", "--full", "--strict", at=copy)
        self.assertEqual((copy / "picture.png").read_bytes(), FILES["picture.png"])

    def test_what_is_absent_is_absent(self):
        self.assertIn(b"No repositories found", self.page("/cgit/none/", status=404))

    def test_style_and_logo_are_files(self):
        page = self.page("/cgit").decode()
        for path, media_type in (("/cgit.css", "text/css"), ("/cgit.png", "image/png")):
            self.assertIn(f"'{path}'", page)
            with open(f"/usr/share/cgit{path}", "rb") as file:
                self.assertEqual(self.page(path, media_type=media_type), file.read())


class Fossil:
    """The cases, for each superserver a class below."""

    @classmethod
    def setUpClass(cls):
        need_package(FOSSIL)
        cls.home = harness.folder()
        top = harness.folder()
        repository = top / "fossil" / "project.fossil"
        repository.parent.mkdir()
        cls.fossil("init", "--admin-user", "alice", repository)
        cls.fossil("user", "password", "alice", "secret", "-R", repository)
        hand_over(repository.parent)
        script = f"#!{FOSSIL}\nrepository: {repository}\n"
        harness.write_script(top / "fossil" / "project.cgi", script)
        (top / "site").mkdir()
        places = {"/srv/fossil": top / "fossil", "/srv/www": top / "site"}
        cls.server = serve(cls, "project.cgi", places)
        cls.url = f"{cls.server.url}/project".replace("//", "//alice:secret@")

    @classmethod
    def fossil(cls, *arguments, at=None):
        environment = {"PATH": harness.PATH, "HOME": str(cls.home), "USER": "alice"}
        done = subprocess.run(
            [FOSSIL, *map(str, arguments)],
            cwd=at,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=60,
        )
        text = done.stdout.decode("utf-8", "backslashreplace")
        if done.returncode != 0:
            raise AssertionError(f"fossil {arguments}:\n{text}")
        return text

    def open_clone(self, name):
        working = harness.folder() / name
        working.mkdir()
        self.fossil("clone", "--save-http-password", self.url, f"{working}.fossil")
        self.fossil("open", f"{working}.fossil", at=working)
        return working

    def test_a_commit_goes_there_and_arrives_elsewhere(self):
        working = self.open_clone("one")
        large = random.Random(4).randbytes(1 << 20)
        (working / "large").write_bytes(large)
        self.fossil("add", "large", at=working)
        text = self.fossil("commit", "--no-warnings", "-m", "a <large> file", at=working)
        self.assertIn("Sync done", text)
        other = self.open_clone("other")
        self.assertEqual((other / "large").read_bytes(), large)

        (other / "large").write_bytes(b"small")
        self.fossil("commit", "-m", "smaller", at=other)
        self.fossil("update", at=working)
        self.assertEqual((working / "large").read_bytes(), b"small")
        timeline = self.page("/project/timeline?n=50")
        self.assertIn(b"a &lt;large&gt; file", timeline)
        kind = "application/x-fossil-artifact"
        raw = self.page("/project/raw/large?ci=trunk", media_type=kind)
        self.assertEqual(raw, b"small")

    def test_its_first_page_redirects(self):
        answer = curl.fetch(f"{self.server.url}/project")
        self.assertEqual(answer.status, 302)
        location = f"{self.server.url}/project/index"
        self.assertEqual(answer.fields["Location"], location)

    def test_a_page_is_sent_once_only_to_who_has_it(self):
        # Fossil makes the ETag, and answers the condition, itself.
        url = f"{self.server.url}/project/timeline"
        fields = curl.fetch(url).fields
        answer = curl.fetch(url, "--header", f"If-None-Match: {fields['ETag']}")
        self.assertEqual((answer.status, answer.body), (304, b""))

    def test_a_login_is_kept_by_a_cookie(self):
        file = harness.folder() / "jar"
        jar = ("--cookie", file, "--cookie-jar", file)
        form = self.page("/project/login", *jar).decode()
        self.assertIn('type="password"', form)
        entered = ("--data", "u=alice&p=secret&in=Login")
        answer = curl.fetch(f"{self.server.url}/project/login", *jar, *entered)
        self.assertEqual(answer.status, 302)
        self.assertIn(b"Logout", self.page("/project/timeline", *jar))


class FossilUnderSocketActivate(Fossil, Pages):
    superserver = "socket-activate"


class FossilUnderSocketActivatePassingDescriptor3(Fossil, Pages):
    superserver = "socket-activate-fd"


class FossilUnderTcpserver(Fossil, Pages):
    superserver = "tcpserver"


if __name__ == "__main__":
    harness.main()
