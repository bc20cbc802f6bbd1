"""README's recipe for containers: podman starts one for each request.

Quadlet came after the podman of Debian 12, so this file does its work, key by
key as podman-systemd.unit(5) says.
"""

import configparser
import os
import pathlib
import shutil
import unittest

import harness
import machine
from recipes import block, static_program

_PROGRAM = "STATIC_PROGRAM"
IMAGE = "localhost/cgihttpd"

OPTIONS = {
    "ContainerName": "--name={}",
    "DropCapability": "--cap-drop={}",
    "LogDriver": "--log-driver={}",
    "Network": "--network={}",
    "NoNewPrivileges": "--security-opt=no-new-privileges",
    "ReadOnly": "--read-only={}",
    "Volume": "--volume={}",
}
# What every unit of Quadlet has, but for --cgroups: a machine in a machine may
# have no groups with limits.
RUN = "run --replace --rm -d --sdnotify=conmon --cgroups=disabled"
SERVICE = {
    "Delegate": "yes",
    "Environment": "PODMAN_SYSTEMD_UNIT=%n",
    "KillMode": "mixed",
    "NotifyAccess": "all",
    "SyslogIdentifier": "%N",
    "Type": "notify",
}
CONTAINERS = """[containers]
default_sysctls = []
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
conmon_path = ["{conmon}"]
events_logger = "file"
runtime = "crun"
[engine.runtimes]
crun = ["{crun}"]
"""
STORAGE = """[storage]
driver = "overlay"
graphroot = "/run/containers/storage"
runroot = "/run/containers/run"
"""
POLICY = '{"default": [{"type": "insecureAcceptAnything"}]}'


def parse(text):
    sections = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    sections.optionxform = str
    sections.read_string(text)
    return {name: dict(sections[name]) for name in sections.sections()}


def service(text):
    """The unit that Quadlet makes of a .container file."""
    quadlet = parse(text)
    keys = quadlet.pop("Container")
    image, arguments = keys.pop("Image"), keys.pop("Exec")
    user = f"--user={keys.pop('User')}:{keys.pop('Group')}"
    options = [user, *(OPTIONS[key].format(value) for key, value in keys.items())]
    podman = shutil.which("podman")
    stop = f"-{podman} rm --volumes --force --ignore {keys['ContainerName']}"
    start = " ".join([podman, RUN, *options, image, arguments])
    commands = {"ExecStart": start, "ExecStopPost": stop}
    quadlet["Service"] = SERVICE | commands | quadlet["Service"]
    return "".join(
        f"[{name}]\n" + "".join(f"{key}={value}\n" for key, value in section.items())
        for name, section in quadlet.items()
    )


def setUpModule():
    harness.need("podman", "conmon", "crun")
    paths = {name: shutil.which(name) for name in ("conmon", "crun")}
    etc = pathlib.Path("/etc/containers")
    etc.mkdir(exist_ok=True)
    (etc / "containers.conf").write_text(CONTAINERS.format(**paths))
    (etc / "storage.conf").write_text(STORAGE)
    (etc / "policy.json").write_text(POLICY)
    place = harness.folder()
    (place / "build-static" / "src").mkdir(parents=True)
    shutil.copy(os.environ[_PROGRAM], place / "build-static" / "src")
    (place / "Containerfile").write_text(block("FROM scratch"))
    machine.run("podman", "build", "--quiet", "--tag", IMAGE, place)
    units = pathlib.Path("/etc/systemd/system")
    (units / "website@.service").write_text(service(block("[Container]")))
    (units / "website.socket").write_text(block("[Socket]"))
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "--quiet", "enable", "--now", "website.socket")


class Container(unittest.TestCase):
    def test_each_request_has_one_which_is_gone_afterwards(self):
        journal = machine.Journal()
        for name, status in (("file.txt", 200), ("absent", 404)):
            answer = machine.get(f"/{name}", source="127.0.0.2")
            self.assertEqual(answer.status, status)
            journal.wait_for(rf'^127\.0\.0\.2 - - .*"GET /{name} HTTP/1\.1" {status} ')
        # podman, which has the connection as its output, too, adds nothing to it.
        received = harness.raw(80, b"GET /file.txt HTTP/1.0\r\n\r\n")
        self.assertEqual(received.partition(b"\r\n\r\n")[2], b"text\n")
        machine.until(self.nothing_is_left, "containers do not end")

    def nothing_is_left(self):
        left = machine.run("podman", "ps", "--all", "--quiet")
        left += machine.run("systemctl", "list-units", "--plain", "--no-legend", "website@*")
        return not left.strip()

    def test_they_have_neither_a_network_nor_privileges(self):
        [held] = machine.hold(1, "127.0.0.1")
        self.addCleanup(held.close)
        name = machine.until(self.handler, "no handler runs")
        process = pathlib.Path("/proc", name)
        devices = (process / "net" / "dev").read_text().splitlines()[2:]
        self.assertEqual([line.split(":")[0].strip() for line in devices], ["lo"])
        status = dict(
            line.split(":\t", 1) for line in (process / "status").read_text().splitlines()
        )
        self.assertEqual(status["Uid"].split(), ["65534"] * 4)
        self.assertEqual(status["Gid"].split(), ["65534"] * 4)
        self.assertEqual(int(status["CapBnd"], 16), 0)
        self.assertEqual(status["NoNewPrivs"], "1")
        self.assertEqual(machine.finish([held]), [b"text\n"])

    @staticmethod
    def handler():
        for path in pathlib.Path("/proc").glob("[0-9]*/comm"):
            try:
                if path.read_text() == "cgihttpd\n":
                    return path.parent.name
            except OSError:
                pass
        return None


if __name__ == "__main__":
    if _PROGRAM not in os.environ:
        if shutil.which("podman") is None:  # before the program is built for it
            harness.skip("podman is not installed")
        os.environ[_PROGRAM] = str(static_program())
    machine.main()
