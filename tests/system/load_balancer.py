"""HAProxy before three hosts with the same site, of which one is lost for a while.

The hosts are network namespaces, with the addresses that the sample has.
"""

import collections
import concurrent.futures
import http.client
import random
import re
import shutil
import threading
import unittest

import harness
import machine
from machine import EXAMPLES, Journal, run

HOSTS = ("192.0.2.11", "192.0.2.12", "192.0.2.13")
REQUESTS = 10_000
AT_A_TIME = 32
# Of one write, of several, and of more than the buffers of sockets hold.
CONTENTS = [random.Random(n).randbytes(n) for n in (1, 5000, 40_000, 300_000)]

# Why there was no answer at first, and the body.
Result = collections.namedtuple("Result", "failures body")


def setUpModule():
    harness.need("haproxy", "ip", "tcpsvd")
    for number, content in enumerate(CONTENTS):
        (machine.SITE / f"{number}.bin").write_bytes(content)
    (machine.SITE / "health.txt").write_text("well\n")
    for number, address in enumerate(HOSTS):
        connect_host(f"host{number}", address)
        start_host(number)
    sample = EXAMPLES / "cgihttpd-hosts.haproxy"
    start("haproxy", shutil.which("haproxy"), "-db", "-f", sample)
    machine.until(lambda: ask(0).body, "no host is well")


def tearDownModule():
    for unit in "haproxy", *(f"host{n}" for n in range(len(HOSTS))):
        run("systemctl", "stop", unit)
    for number in range(len(HOSTS)):
        run("ip", "netns", "delete", f"host{number}")


def connect_host(name, address):
    """A namespace at the other end of a cable."""
    run("ip", "netns", "add", name)
    peer = ("peer", "name", "eth0", "netns", name)
    run("ip", "link", "add", name, "type", "veth", *peer)
    run("ip", "address", "add", "192.0.2.1", "peer", address, "dev", name)
    run("ip", "link", "set", name, "up")
    inside = ("ip", "-netns", name)
    run(*inside, "address", "add", f"{address}/24", "dev", "eth0")
    run(*inside, "link", "set", "eth0", "up")


def start(unit, *command, **properties):
    """Starts a service, whose stderr is the journal."""
    run(
        *("systemd-run", "--quiet", "--collect", f"--unit={unit}"),
        f"--setenv=PATH={harness.PATH}",
        *(f"--property={name}={value}" for name, value in properties.items()),
        *command,
    )


def start_host(number):
    """With what the sample says of each of them."""
    sample = (EXAMPLES / "cgihttpd-hosts.haproxy").read_text()
    words = re.search(r"#   (tcpsvd .*)\\\n#(.*)\n", sample)
    program, *arguments = " ".join(words.groups()).split()
    namespace = f"/run/netns/host{number}"
    path = shutil.which(program)
    start(f"host{number}", path, *arguments, NetworkNamespacePath=namespace)


def lose_host(number):
    """Its processes end in the midst of what they do, and its cable is cut."""
    run("ip", "link", "set", f"host{number}", "down")
    run("systemctl", "kill", "--signal=KILL", f"host{number}")


def bring_host_back(number):
    run("ip", "link", "set", f"host{number}", "up")
    start_host(number)


def client_of(number):
    return f"127.0.0.{number % AT_A_TIME + 2}"


def ask_once(number):
    """The whole body; raises when that, or its end, did not come."""
    file = number % len(CONTENTS)
    client = http.client.HTTPConnection(
        "127.0.0.1", 80, harness.PATIENCE, (client_of(number), 0)
    )
    try:
        client.request("GET", f"/{file}.bin?n={number}")
        answer = client.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise http.client.HTTPException(f"status {answer.status}")
        return body
    finally:
        client.close()


def ask(number):
    """Again where there was no answer, as a visitor does."""
    failures = []
    while len(failures) < 5:
        try:
            return Result(failures, ask_once(number))
        except (ConnectionError, http.client.HTTPException) as error:
            failures.append(repr(error))
    return Result(failures, None)


class LoadBalancer(unittest.TestCase):
    def test_a_host_is_lost_and_comes_back(self):
        journal = Journal()
        results = self.ask_all()
        wrong = [n for n in results if results[n].body != CONTENTS[n % len(CONTENTS)]]
        retried = [n for n in results if results[n].failures]
        # What the lost host had begun to send, or could not be told of.
        if wrong or len(retried) > AT_A_TIME:
            why = self.tell(journal, results, retried)
            self.fail(f"wrong: {wrong}, retried: {retried}\n{why}")
        self.assertEqual(len(results), REQUESTS)
        self.check_logs(journal)

    def ask_all(self):
        """Loses a host after a third of the requests, until two thirds."""
        results = {}
        events = {REQUESTS // 3: lose_host, REQUESTS * 2 // 3: bring_host_back}
        lock = threading.Lock()

        def visit(number):
            result = ask(number)
            with lock:
                results[number] = result
                event = events.pop(len(results), None)
            if event:
                event(1)

        with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
            for done in [pool.submit(visit, n) for n in range(REQUESTS)]:
                done.result()
        return results

    @staticmethod
    def tell(journal, results, retried):
        """Why there was no answer at first, and what HAProxy said of the hosts."""
        failures = collections.Counter(f for n in retried for f in results[n].failures)
        said = journal.entries(_SYSTEMD_UNIT="haproxy.service")
        return "\n".join([str(failures), *(str(entry["MESSAGE"]) for entry in said)])

    def check_logs(self, journal):
        """The right client in every line, and lines of every host at the end."""
        line = re.compile(r'^(\S+) .*"GET /\d\.bin\?n=(\d+) HTTP/1\.1" 200 ')
        logged, last = set(), {}
        for entry in journal.entries(_TRANSPORT="stdout"):
            if match := line.match(str(entry["MESSAGE"])):
                client, number = match[1], int(match[2])
                self.assertEqual(client, client_of(number), entry["MESSAGE"])
                logged.add(number)
                last[entry["_SYSTEMD_UNIT"]] = number
        # A handler may have been lost between its answer and its line.
        self.assertLessEqual(REQUESTS - len(logged), AT_A_TIME)
        self.assertEqual(set(last), {f"host{n}.service" for n in range(len(HOSTS))})
        self.assertGreater(min(last.values()), REQUESTS * 2 // 3)


if __name__ == "__main__":
    machine.main()
