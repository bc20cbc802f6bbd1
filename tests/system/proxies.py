"""nginx and HAProxy in front: through each of them, and all ways to say whose
request it is, the same things are asked.

The client is 127.0.0.2, the proxies are 127.0.0.1: an address that a proxy has
lost is seen.
"""

import contextlib
import hashlib
import http.client
import os
import pathlib
import pwd
import random
import re
import socket
import ssl
import subprocess
import unittest

import harness

CLIENT = "127.0.0.2"
SPOOFED = "198.51.100.9"
BIG = random.Random(3).randbytes(5 << 20)
TRUSTED = ("--trusted-proxy=127.0.0.1", "--forwarded-field=X-Forwarded-For")

# It reads all before it answers: nginx sends no more of a body after that.
WHO = """#!/bin/sh
sum=$(head -c "${CONTENT_LENGTH:-0}" | sha256sum)
printf 'Content-Type: text/plain\\n\\n'
echo "$REQUEST_METHOD from $REMOTE_ADDR:$REMOTE_PORT to $SERVER_ADDR:$SERVER_PORT"
echo "https ${HTTPS-off} $REQUEST_SCHEME $HTTP_HOST"
echo "$sum"
"""

STREAM = """#!/bin/sh
printf 'Content-Type: text/plain\\n\\nfirst\\n'
read -r line <"$GATE"
echo "$line"
"""

# {name} is what a case gives; nginx's own braces are doubled.
NGINX = """
pid {folder}/nginx.pid;
error_log stderr warn;
worker_processes 1;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_max_body_size 10m;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen {address};
    location / {{
      proxy_pass http://127.0.0.1:{port};
      proxy_http_version 1.1;
      proxy_buffering {buffering};
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto {scheme};
    }}
  }}
}}
"""

HAPROXY = """
global
  maxconn 64
  nbthread 1
defaults
  mode {mode}
  # Without it, a health check has no longer than until the next one.
  timeout check 20s
  timeout connect 20s
  timeout client 20s
  timeout server 20s
frontend front
  bind fd@{descriptor} {bind}
  {frontend}
  default_backend back
backend back
  {backend}
  server ours 127.0.0.1:{port} {server}
"""


def setUpModule():
    global root, gate
    root = harness.folder()
    gate = root / "gate"
    os.mkfifo(gate)
    gate.chmod(0o666)
    site = root / "site"
    harness.write_script(site / "cgi-bin" / "who", WHO)
    harness.write_script(site / "cgi-bin" / "stream", STREAM)
    (site / "file.txt").write_text("text\n")
    (site / "health.txt").write_text("fine\n")
    (site / "big").write_bytes(BIG)


class Proxy:
    """One proxy in the foreground, by no rights of its own, until `stop`.

    It inherits a listening socket: whoever connects too early waits in there.
    """

    def __init__(self, program, template, port, **settings):
        harness.need(program)
        self.folder = harness.folder()
        with socket.create_server(("127.0.0.1", 0)) as listening:
            descriptor = listening.fileno()
            self.port = listening.getsockname()[1]
            settings |= {"address": f"127.0.0.1:{self.port}", "port": port}
            settings |= {"folder": self.folder, "descriptor": descriptor}
            path = self.folder / "configuration"
            path.write_text(template.format(**settings))
            command = {
                "nginx": ["nginx", "-p", self.folder, "-e", "stderr", "-c", path]
                + ["-g", "daemon off;"],
                "haproxy": ["haproxy", "-db", "-f", path],
            }
            # As nginx tells its successor which sockets it has opened.
            environment = {"PATH": harness.PATH, "NGINX": f"{descriptor};"}
            self._errors = (self.folder / "errors").open("wb")
            self._process = subprocess.Popen(
                command[program],
                pass_fds=[descriptor],
                stdin=subprocess.DEVNULL,
                stdout=self._errors,
                stderr=self._errors,
                env=environment,
                **self._unprivileged(),
            )

    def _unprivileged(self):
        if os.geteuid() != 0:
            return {}
        nobody = pwd.getpwnam("nobody")
        os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
        return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}

    def errors(self):
        return (self.folder / "errors").read_text(errors="replace")

    def stop(self):
        self._process.terminate()
        self._process.wait(harness.PATIENCE)
        self._errors.close()


class Reply:
    """An answer, its head read; and the port that the client had.

    In names of fields `_` stands for `-`.
    """

    def __init__(self, proxy, method, target, body=None, tls=False, **fields):
        self.connection = http.client.HTTPConnection(
            "127.0.0.1", proxy.port, harness.PATIENCE, source_address=(CLIENT, 0)
        )
        self.connection.connect()
        if tls:
            # Nobody's name is on the certificate of a test.
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            self.connection.sock = context.wrap_socket(self.connection.sock)
        self.client_port = self.connection.sock.getsockname()[1]
        names = {name.replace("_", "-"): value for name, value in fields.items()}
        try:
            self.connection.request(method, target, body, names)
            self.response = self.connection.getresponse()
        except Exception as error:
            raise AssertionError(f"{method} {target}: {proxy.errors()}") from error
        self.status = self.response.status

    def read(self):
        with contextlib.closing(self.connection):
            return self.response.read()


class Front:
    """What is true through any proxy; `start_proxy` says through which."""

    options = TRUSTED
    https = "off http"
    tls = False
    # Whether the proxy tells the ports, too.
    tells_ports = False

    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(
            harness.Server(root / "site", *cls.options, f"--set-env=GATE={gate}")
        )
        cls.proxy = cls.start_proxy()
        # Before the server: what checks its health has to end first.
        cls.addClassCleanup(cls.proxy.stop)

    def ask(self, method, target, body=None, **fields):
        return Reply(self.proxy, method, target, body, self.tls, **fields)

    def check_log(self, request, status):
        line = rf'^{re.escape(CLIENT)} - - .*"{request} HTTP/1\.1" {status} '
        self.server.wait_for_log(line)

    def test_a_file_is_sent(self):
        reply = self.ask("GET", "/file.txt")
        self.assertEqual((reply.status, reply.read()), (200, b"text\n"))
        self.check_log("GET /file.txt", 200)

    def test_what_is_not_there_is_not_found(self):
        reply = self.ask("GET", "/nothing")
        self.assertEqual(reply.status, 404)
        self.assertIn(b"404", reply.read())
        self.check_log("GET /nothing", 404)

    def test_head_has_the_length_and_no_body(self):
        reply = self.ask("HEAD", "/big")
        self.assertEqual(reply.status, 200)
        self.assertEqual(reply.response.getheader("Content-Length"), str(len(BIG)))
        self.assertEqual(reply.read(), b"")
        self.check_log("HEAD /big", 200)

    def test_a_big_file_arrives_byte_for_byte(self):
        self.assertTrue(self.ask("GET", "/big").read() == BIG)

    def test_a_big_body_arrives_byte_for_byte(self):
        lines = self.ask("POST", "/cgi-bin/who", BIG).read().decode()
        self.assertIn(f"\n{hashlib.sha256(BIG).hexdigest()} ", lines)

    def test_a_big_body_that_nobody_wants_loses_no_answer(self):
        reply = self.ask("POST", "/cgi-bin/nothing", BIG)
        self.assertEqual(reply.status, 404)
        self.assertIn(b"404", reply.read())

    def test_a_script_knows_the_client(self):
        reply = self.ask("POST", "/cgi-bin/who", b"a=b&c", Host="example.test:1")
        lines = reply.read().decode().splitlines()
        port = reply.client_port if self.tells_ports else 0
        our_port = self.proxy.port if self.tells_ports else self.server.port
        self.assertEqual(
            lines,
            [
                f"POST from {CLIENT}:{port} to 127.0.0.1:{our_port}",
                f"https {self.https} example.test:1",
                f"{hashlib.sha256(b'a=b&c').hexdigest()}  -",
            ],
        )
        self.check_log("POST /cgi-bin/who", 200)

    def test_a_client_cannot_choose_its_address(self):
        rows = (
            {"X_Forwarded_For": SPOOFED},
            {"X_Forwarded_For": f"127.0.0.1, {SPOOFED}, 127.0.0.1"},
            {"Forwarded": f"for={SPOOFED};proto=https"},
            {"Forwarded": 'for="', "X_Forwarded_Proto": "https"},
        )
        for fields in rows:
            with self.subTest(fields):
                lines = self.ask("GET", "/cgi-bin/who", **fields).read().decode()
                self.assertIn(f"GET from {CLIENT}:", lines)
                self.assertIn(f"https {self.https} ", lines)

    def test_output_of_a_script_comes_as_it_is_written(self):
        reply = self.ask("GET", "/cgi-bin/stream")
        self.assertEqual(reply.response.readline(), b"first\n")
        # For both, since a FIFO that only we had open would make us wait.
        descriptor = os.open(gate, os.O_RDWR)
        os.write(descriptor, b"second\n")
        self.assertEqual(reply.read(), b"second\n")
        os.close(descriptor)


class Nginx(Front, unittest.TestCase):
    @classmethod
    def start_proxy(cls):
        settings = {"buffering": "off", "scheme": "$scheme"}
        return Proxy("nginx", NGINX, cls.server.port, **settings)


class NginxBuffering(Front, unittest.TestCase):
    """As it comes; and it says that it speaks TLS with the client."""

    https = "on https"
    test_output_of_a_script_comes_as_it_is_written = None

    @classmethod
    def start_proxy(cls):
        settings = {"buffering": "on", "scheme": "https"}
        return Proxy("nginx", NGINX, cls.server.port, **settings)


class HAProxy(Front):
    mode = "http"
    bind = ""
    frontend = ""
    backend = ""
    server_options = ""

    @classmethod
    def start_proxy(cls):
        return Proxy(
            *("haproxy", HAPROXY, cls.server.port),
            mode=cls.mode,
            bind=cls.bind,
            frontend=cls.frontend,
            backend=cls.backend,
            server=cls.server_options,
        )


class HAProxyFields(HAProxy, unittest.TestCase):
    frontend = (
        "option forwardfor\n"
        "  http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]"
    )


class HAProxyHeader(HAProxy, unittest.TestCase):
    options = ("--proxy-protocol",)
    server_options = "send-proxy"
    tells_ports = True


class HAProxyBinaryHeader(HAProxy, unittest.TestCase):
    """It also looks itself whether the server is well: LOCAL."""

    options = ("--proxy-protocol",)
    backend = "option httpchk GET /health.txt"
    server_options = (
        "send-proxy-v2 proxy-v2-options crc32c,unique-id,authority "
        "check check-send-proxy inter 200ms"
    )
    tells_ports = True

    def test_its_own_requests_come_from_itself(self):
        self.server.wait_for_log(r'^127\.0\.0\.1 .*"GET /health.txt HTTP/1.0" 200 ')


class HAProxyTunnel(HAProxy, unittest.TestCase):
    """Here the proxy knows nothing of HTTP."""

    options = ("--proxy-protocol",)
    mode = "tcp"
    server_options = "send-proxy"
    tells_ports = True


class HAProxyTls(HAProxy, unittest.TestCase):
    """TLS ends at the proxy, which then knows nothing of HTTP."""

    options = ("--proxy-protocol",)
    mode = "tcp"
    server_options = "send-proxy-v2-ssl-cn proxy-v2-options crc32c"
    https = "on https"
    tls = True
    tells_ports = True

    @classmethod
    def start_proxy(cls):
        harness.need("openssl")
        pem = harness.folder() / "pem"
        make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes"]
        make += ["-subj", "/CN=localhost", "-keyout", pem, "-out", f"{pem}.crt"]
        subprocess.run(make, check=True, capture_output=True)
        with pem.open("a") as both:
            both.write(pathlib.Path(f"{pem}.crt").read_text())
        pem.chmod(0o644)
        cls.bind = f"ssl crt {pem}"
        return super().start_proxy()


class Both(unittest.TestCase):
    """A proxy that nothing else is known of, and a client's own field."""

    def test_a_field_that_the_proxy_lets_through_is_refused(self):
        with harness.Server(root / "site", TRUSTED[0]) as server:
            settings = {"buffering": "off", "scheme": "$scheme"}
            proxy = Proxy("nginx", NGINX, server.port, **settings)
            with contextlib.ExitStack() as stack:
                stack.callback(proxy.stop)
                reply = Reply(proxy, "GET", "/file.txt")
                self.assertEqual((reply.status, reply.read()), (200, b"text\n"))
                forwarded = {"Forwarded": f"for={SPOOFED}"}
                reply = Reply(proxy, "GET", "/file.txt", **forwarded)
                self.assertEqual(reply.status, 400)
                reply.read()
                server.wait_for_log("--forwarded-field")


if __name__ == "__main__":
    harness.main()
