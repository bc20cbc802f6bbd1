"""Recipes of README, taken from it, in the programs that they are for.

The first words of a block of code name it.  Ports and paths are replaced by
those of the test; what is not tried here is in container.py, git_web.py, php.py
and superservers.py.
"""

import os
import pathlib
import re
import shlex
import shutil
import subprocess
import tempfile
import textwrap
import unittest

import curl
import harness
import machine
from proxies import CLIENT, Proxy, Reply

HERE = pathlib.Path(__file__).resolve().parent
README = HERE.parents[1] / "README.md"
EXAMPLES = HERE.parents[1] / "units"


def blocks():
    """README's blocks of code, as they are without the indentation."""
    found = re.findall(r"(?m)(?:^    .*\n(?:\n(?=    ))?)+", README.read_text("utf-8"))
    return [textwrap.dedent(text) for text in found]


def block(start):
    """The block of code that begins so."""
    [found] = [text for text in blocks() if text.startswith(start)]
    return found


def command(start, **places):
    """The options and the root of a block that is a command line."""
    text = block(start).replace("\\\n", " ")
    for name, path in places.items():
        text = text.replace("/" + name.replace("_", "/"), str(path))
    _, *options, root = shlex.split(text)
    return root, options


def static_program():
    """What README's recipe for routers builds; the folder of the build keeps it."""
    folder = pathlib.Path(os.environ.get("BUILD") or harness.folder()) / "build-static"
    folder.mkdir(exist_ok=True)
    with harness.locked(folder / "lock"):
        for line in block("./units/musl").splitlines():
            step = shlex.split(line.replace("build-static", str(folder)))
            subprocess.run(step, cwd=README.parent, check=True, stdout=subprocess.DEVNULL)
    return folder / "src" / "cgihttpd"


class Readme(unittest.TestCase):
    # Nothing is replaced in these; what they start, tests start.
    COMMANDS = ("./tests/run", "./units/debian-package", "sudo systemctl", "systemctl")

    def test_every_block_is_tried(self):
        tests = "".join(path.read_text("utf-8") for path in HERE.glob("*.py"))
        names = "block|command|configuration|recipe"
        taken = re.findall(rf'\b(?:{names})\(\s*"(.+?)"', tests)
        starts = (*self.COMMANDS, *(text.replace("\\n", "\n") for text in taken))
        for text in blocks():
            program = re.match(r"cgihttpd --(?:script|handler)=\S+/(\S+)", text)
            is_taken = program and program[1] in tests
            self.assertTrue(is_taken or text.startswith(starts), text)


class StaticSite(unittest.TestCase):
    def test_files_a_page_for_the_rest_and_no_listing(self):
        top = harness.folder()
        (top / "folder").mkdir()
        (top / "index.html").write_text("the page\n")
        (top / "404.html").write_text("not here\n")
        root, options = command("cgihttpd --no-cgi", srv_www=top)
        with harness.Server(root, *options) as server:
            page = curl.fetch(server.url + "/")
            self.assertEqual((page.status, page.body), (200, b"the page\n"))
            self.assertEqual(page.fields["Cache-Control"], "max-age=3600")
            absent = curl.fetch(server.url + "/absent")
            self.assertEqual((absent.status, absent.body), (404, b"not here\n"))
            self.assertEqual(curl.fetch(server.url + "/folder/").status, 403)


class Uploads(unittest.TestCase):
    def setUp(self):
        harness.need("openssl")
        top = harness.folder()
        self.uploads = top / "uploads"
        self.uploads.mkdir()
        if os.geteuid() == 0:
            os.chown(self.uploads, 65534, 65534)
        script = block("#!/bin/sh\nname=").replace("/srv/uploads", str(self.uploads))
        harness.write_script(top / "site/cgi-bin/upload", script)
        hashed = subprocess.check_output(
            ["openssl", "passwd", "-6", "-stdin"], input=b"secret"
        )
        (top / "passwords").write_text("alice:" + hashed.decode())
        self.file = top / "file"
        self.file.write_bytes(os.urandom(3 << 20))
        root, options = command(
            "cgihttpd --auth=/cgi-bin/upload",
            srv_www=top / "site",
            etc_cgihttpd=top / "cgihttpd",
        )
        os.rename(top / "passwords", top / "cgihttpd.passwords")
        self.server = self.enterContext(harness.Server(root, *options))

    def put(self, name, *more):
        url = f"{self.server.url}/cgi-bin/upload/{name}"
        return curl.fetch(url, "--upload-file", str(self.file), *more).status

    def test_a_file_arrives_whole_for_who_knows_the_password(self):
        alice = ("--user", "alice:secret")
        self.assertEqual(self.put("a%20name", *alice), 201)
        chunked = ("--header", "Transfer-Encoding: chunked")
        self.assertEqual(self.put("chunked", *alice, *chunked), 201)
        self.assertEqual(self.put("none"), 401)
        for name in (".hidden", "a/b", "%2e%2e/b"):
            self.assertIn(self.put(name, *alice), (400, 404), name)
        self.assertEqual(sorted(os.listdir(self.uploads)), ["a name", "chunked"])
        for name in ("a name", "chunked"):
            self.assertEqual(
                (self.uploads / name).read_bytes(), self.file.read_bytes()
            )

    def test_half_a_file_is_none(self):
        head = (
            "PUT /cgi-bin/upload/half HTTP/1.1\r\nHost: h\r\n"
            "Authorization: Basic YWxpY2U6c2VjcmV0\r\nContent-Length: 100\r\n\r\n"
        )
        with harness.connect(self.server.port) as connection:
            connection.sendall(head.encode() + b"half")
        self.server.wait_until_idle()
        self.assertEqual(os.listdir(self.uploads), [])


class Proxies(unittest.TestCase):
    """The client's address and the host that it asked for arrive."""

    WHO = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\n"
    WHO += 'echo "$REMOTE_ADDR $REQUEST_SCHEME $HTTP_HOST"\n'

    def setUp(self):
        top = harness.folder()
        harness.write_script(top / "cgi-bin/who", self.WHO)
        root, options = command("cgihttpd --trusted-proxy", srv_www=top)
        self.server = self.enterContext(harness.Server(root, *options))

    def check(self, port, errors):
        class Front:
            pass

        front = Front()
        front.port, front.errors = port, errors
        reply = Reply(front, "GET", "/cgi-bin/who", Host="example.org")
        self.assertEqual(reply.read().decode(), f"{CLIENT} http example.org\n")

    def recipe(self, start):
        return block(start).replace(":8080", f":{self.server.port}")

    def test_nginx(self):
        location = self.recipe("location / {").replace("{", "{{").replace("}", "}}")
        template = (
            "pid {folder}/pid; error_log stderr warn; worker_processes 1;\n"
            "events {{ worker_connections 64; }}\n"
            "http {{ access_log off; client_body_temp_path {folder}/b;\n"
            "proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;\n"
            "uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;\n"
            f"server {{{{ listen {{address}};\n{location} }}}} }}}}\n"
        )
        proxy = Proxy("nginx", template, self.server.port)
        self.addCleanup(proxy.stop)
        self.check(proxy.port, proxy.errors)

    def test_haproxy(self):
        template = (
            "defaults\n  mode http\n  timeout connect 20s\n"
            "  timeout client 20s\n  timeout server 20s\n"
            "frontend front\n  bind fd@{descriptor}\n  default_backend cgihttpd\n"
        ) + self.recipe("backend cgihttpd").replace("{", "{{").replace("}", "}}")
        proxy = Proxy("haproxy", template, self.server.port)
        self.addCleanup(proxy.stop)
        self.check(proxy.port, proxy.errors)

    def test_caddy(self):
        harness.need("caddy")
        folder, port = harness.folder(), harness.free_port()
        text = self.recipe("example.org {").replace(
            "example.org {", f"http://example.org:{port} {{\n    bind 127.0.0.1"
        )
        (folder / "Caddyfile").write_text("{\n    admin off\n}\n" + text)
        errors = (folder / "errors").open("w+")
        self.addCleanup(errors.close)
        caddy = subprocess.Popen(
            ["caddy", "run", "--adapter", "caddyfile", "--config", "Caddyfile"],
            cwd=folder,
            env={"PATH": harness.PATH, "HOME": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
        )
        self.addCleanup(caddy.wait)
        self.addCleanup(caddy.kill)
        wait_for_port(port)
        self.check(port, (folder / "errors").read_text)


def wait_for_port(port):
    def is_listening():
        try:
            harness.connect(port).close()
            return True
        except ConnectionRefusedError:
            return False

    machine.until(is_listening, f"nobody listens on port {port}")


class Stunnel(unittest.TestCase):
    def test_https_and_who_asks(self):
        harness.need("stunnel4", "openssl")
        top, port = harness.folder(), harness.free_port()
        harness.write_script(top / "cgi-bin/who", Proxies.WHO)
        make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes"]
        make += ["-subj", "/CN=localhost", "-keyout", top / "pem"]
        made = subprocess.run(make, check=True, capture_output=True)
        with (top / "pem").open("ab") as both:
            both.write(made.stdout)
        text = block("cert = ").replace("/etc/stunnel/cgihttpd.pem", f"{top}/pem")
        text = text.replace(":::443", f"127.0.0.1:{port}")
        text = text.replace("/usr/local/sbin/cgihttpd", harness.binary())
        text = text.replace("/srv/www", str(top))
        (top / "configuration").write_text("foreground = yes\npid =\n" + text)
        stunnel = subprocess.Popen(
            [shutil.which("stunnel4"), top / "configuration"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.addCleanup(stunnel.wait)
        self.addCleanup(stunnel.kill)
        wait_for_port(port)
        url = f"https://127.0.0.1:{port}/cgi-bin/who"
        shown = curl.run("--insecure", "--interface", CLIENT, url).decode()
        self.assertEqual(shown, f"{CLIENT} https 127.0.0.1:{port}\n")


class Fail2ban(unittest.TestCase):
    def run_tool(self, name, *arguments):
        tool = pathlib.Path(shutil.which(name))
        library = tool.parents[1] / "lib/python3/dist-packages"
        return subprocess.run(
            ["/usr/bin/python3", tool, *arguments],
            env={"PATH": harness.PATH, "PYTHONPATH": str(library)},
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        ).stdout

    def test_the_jail_has_the_filter(self):
        harness.need("fail2ban-client")
        settings = pathlib.Path(shutil.which("fail2ban-client")).parents[2]
        place = harness.folder() / "fail2ban"
        shutil.copytree(settings / "etc" / "fail2ban", place)
        shutil.rmtree(place / "jail.d")
        (place / "jail.d").mkdir()
        (place / "jail.d" / "cgihttpd.conf").write_text(block("[cgihttpd]"))
        rules = EXAMPLES / "cgihttpd.fail2ban"
        shutil.copy(rules, place / "filter.d" / "cgihttpd.conf")
        shown = self.run_tool("fail2ban-client", "-c", place, "-d")
        for line in (
            "['add', 'cgihttpd', 'systemd']",
            "['set', 'cgihttpd', 'addjournalmatch', 'SYSLOG_IDENTIFIER=cgihttpd']",
            "['set', 'cgihttpd', 'maxretry', 20]",
            "['start', 'cgihttpd']",
        ):
            self.assertIn(line, shown)
        self.assertIn("['set', 'cgihttpd', 'addfailregex', '^", shown)

    def test_the_filter_finds_who_was_refused_and_nobody_else(self):
        harness.need("fail2ban-regex")
        top = harness.folder()
        (top / "file").write_text("text\n")
        asked = (
            ("127.0.0.2", b"/absent", True),
            ("127.0.0.3", b"/file", False),
            ("127.0.0.4", b'/"%22\\"', True),
            ("127.0.0.5", b'/file?"404', False),
        )
        with harness.Server(top) as server:
            for source, target, _ in asked:
                request = b"GET " + target + b" HTTP/1.0\r\nReferer: \" 404 5 \"\r\n\r\n"
                harness.ask(server.port, request, source=source)
            server.wait_until_idle()
            lines = server.log()
        lines += "".join(
            f"Nov 27 17:00:00 host cgihttpd[7]: {line}\n"
            for line in re.findall(r"127\.0\.0\.[23] .*", lines)
        ).replace("127.0.0.", "127.0.1.")
        with tempfile.NamedTemporaryFile("w", suffix=".log") as file:
            file.write(lines)
            file.flush()
            rules = EXAMPLES / "cgihttpd.fail2ban"
            shown = self.run_tool("fail2ban-regex", "--out", "ip", file.name, rules)
        expected = {address for address, _, is_found in asked if is_found}
        self.assertGreaterEqual(set(shown.split()), expected)
        self.assertLessEqual(set(shown.split()), expected | {"127.0.1.2"})


class Router(unittest.TestCase):
    def test_the_static_program_runs_where_nothing_else_is(self):
        if os.geteuid() != 0:
            self.skipTest("only root may change the root folder")
        top = harness.folder()
        (top / "root" / "www").mkdir(parents=True)
        shutil.copy(static_program(), top / "root" / "cgihttpd")
        (top / "root" / "www" / "file.txt").write_text("text\n")
        done = subprocess.run(
            ["chroot", top / "root", "/cgihttpd", "/www"],
            input=b"GET /file.txt HTTP/1.0\r\n\r\n",
            stdout=subprocess.PIPE,
            check=True,
        )
        self.assertEqual(harness.parse(done.stdout).body, b"text\n")


if __name__ == "__main__":
    harness.main()
