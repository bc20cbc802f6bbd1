"""A tree of a thousand files comes back byte for byte, sixteen at a time."""

import concurrent.futures
import http.client
import os
import random
import re
import subprocess
import unittest
import urllib.parse

import harness

AT_ONCE = 16
FILES = 1000
MANY_SIZES = (0, 1, 511, 512, 4095, 4096, 4097, 65535, 65536, 65537)
BIG_SIZES = (2_500_000, 5 << 20, (8 << 20) + 1)
# What means something in a URL, in HTML, in a shell or in a log line, or is no
# ASCII, or is not even UTF-8 (the last one).
ODD = (
    *" %?#+&;=:@!$,'\"<>\\|*[]{}^`~()",
    *("%41", "%2F", "%00", "%zz", "&amp;", "..", "http:", "--", "a b"),
    *("é", "ß", "日本", "Ж", "🙂", "\u0301", "\u200b", "\udcff"),
)


def make_tree(root):
    """Writes the files; returns what each holds, by its path below the root."""
    choice = random.Random(1000)
    folders = [f"{number}" for number in range(AT_ONCE)]
    for depth in range(3 * AT_ONCE):
        # Neither a dotfile nor an index: these are not listed, by intention.
        name = f"d{choice.choice(ODD)}{depth}{choice.choice(ODD)}"
        folders.append(f"{choice.choice(folders)}/{name}")
    sizes = [*BIG_SIZES, *MANY_SIZES]
    while len(sizes) < FILES:
        sizes.append(int(choice.triangular(0, 200 << 10, 0)))
    contents = {}
    for number, size in enumerate(sizes):
        odd = choice.choices(ODD, k=choice.randint(0, 3))
        name = f"f{''.join(odd[:1])}{number}{''.join(odd[1:])}"
        path = f"{folders[number % len(folders)]}/{name}"
        contents[path] = choice.randbytes(size)
        os.makedirs(f"{root}/{os.path.dirname(path)}", exist_ok=True)
        with open(f"{root}/{path}", "wb") as file:
            file.write(contents[path])
    return contents


def target(path):
    return "/" + urllib.parse.quote(os.fsencode(path))


def wget_name(path):
    """The name of wget's copy: of a file's name it decodes once more."""
    folder, name = os.path.split(os.fsencode(path))
    encoded = re.compile(rb"%(?!00|2F)([0-9A-Fa-f]{2})")
    name = encoded.sub(lambda found: bytes.fromhex(found[1].decode()), name)
    return os.path.join(folder, name)


def setUpModule():
    global root, contents
    harness.need("curl", "wget")
    root = harness.folder()
    contents = make_tree(root)


class Fetch:
    """The cases, for each superserver a class below."""

    def setUp(self):
        self.server = self.enterContext(
            harness.Server(root, superserver=self.superserver)
        )
        self.copy = harness.folder()

    def run_client(self, command, **options):
        done = subprocess.run(
            command,
            cwd=self.copy,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=60,
            **options,
        )
        self.assertEqual(done.returncode, 0, done.stdout.decode(errors="replace"))

    def request(self, method, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, 30)
        connection.request(method, target(path))
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response.status, response.getheader("Content-Length"), body

    def request_all(self, method):
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            return zip(contents, pool.map(lambda p: self.request(method, p), contents))

    def assert_copied(self, copies):
        """`copies` maps a path to the name that the client gave to its copy."""
        for path, content in contents.items():
            with open(copies(path), "rb") as copy:
                # assertEqual would print megabytes.
                self.assertTrue(copy.read() == content, f"{path!r} differs")

    def test_curl_fetches_every_file(self):
        number = {path: str(index) for index, path in enumerate(contents)}
        config = "".join(
            f'url = "{self.server.url}{target(path)}"\noutput = "{number[path]}"\n'
            for path in contents
        )
        options = ["--disable", "--silent", "--show-error", "--fail", "--noproxy", "*"]
        parallel = ["--parallel", "--parallel-max", str(AT_ONCE), "--config", "-"]
        self.run_client(["curl", *options, *parallel], input=config.encode())
        self.assert_copied(lambda path: self.copy / number[path])

    def test_wget_finds_every_file_in_the_listings(self):
        options = ["--no-config", "--no-proxy", "--no-verbose", "--recursive"]
        options += ["--level=inf", "--no-parent", "--no-host-directories"]
        # Names are kept as they are; listings may link to themselves with a query.
        options += ["--no-iri", "--restrict-file-names=nocontrol"]
        options += ["--reject-regex=[?]", "--execute=robots=off"]
        xargs = ["xargs", "-P", str(AT_ONCE), "-n", "1", "wget", *options]
        tops = "".join(f"{self.server.url}/{top}/\n" for top in range(AT_ONCE))
        self.run_client(xargs, input=tops.encode())
        here = os.fsencode(self.copy)
        self.assert_copied(lambda path: os.path.join(here, wget_name(path)))
        copied = {
            os.path.relpath(os.path.join(at, file), here)
            for at, _, files in os.walk(here)
            for file in files
            if file != b"index.html"  # wget's name for a listing
        }
        self.assertEqual(copied ^ {wget_name(path) for path in contents}, set())

    def test_python_fetches_every_file_and_each_is_logged_with_its_size(self):
        for path, (status, length, body) in self.request_all("GET"):
            with self.subTest(path):
                self.assertEqual((status, length), (200, str(len(contents[path]))))
                self.assertTrue(body == contents[path], "another content")
        self.server.wait_until_idle()
        logged = re.findall(
            r'^127\.0\.0\.1 - - \[[^]]+\] "GET (\S+) HTTP/1\.1" 200 (\d+|-) ',
            self.server.log(),
            re.MULTILINE,
        )
        sizes = {(target(path), str(len(body))) for path, body in contents.items()}
        # Combined Log Format has "-" for no byte at all.
        logged = [(path, "0" if size == "-" else size) for path, size in logged]
        self.assertEqual(set(logged) ^ sizes, set())
        self.assertEqual(len(logged), FILES)

    def test_head_tells_every_length_and_sends_no_body(self):
        for path, answer in self.request_all("HEAD"):
            with self.subTest(path):
                self.assertEqual(answer, (200, str(len(contents[path])), b""))


class UnderSocketActivate(Fetch, unittest.TestCase):
    superserver = "socket-activate"


class UnderTcpserver(Fetch, unittest.TestCase):
    superserver = "tcpserver"


if __name__ == "__main__":
    harness.main()
