"""curl, wget and aria2c fetch parts, versions and codings of files."""

import email.utils
import gzip
import hashlib
import os
import random
import re
import subprocess
import time
import unittest

import harness

CONTENT = random.Random(3).randbytes(3 << 20)
HALF = len(CONTENT) // 2
BIG_SIZE = 100 << 20
HUGE_SIZE = 5 << 30
# Between them, the huge file is a hole.
MIDDLE_MARK, END_MARK = b"before 4behind 4", b"the end !\n"
MIDDLE = (4 << 30) - 8
OLD, NEW = 1_500_000_000, 1_600_000_000
TEXT = b"".join(b"line %d of a text\n" % line for line in range(3000))

CURL = ["curl", "--disable", "--noproxy", "*", "--silent", "--show-error"]
WGET = ["wget", "--no-config", "--no-proxy", "--no-verbose", "--tries=1"]
ARIA2C = ["aria2c", "--no-conf", "--no-netrc", "--enable-color=false", "--max-tries=1"]
ARIA2C += ["-x", "8", "-s", "8", "-k", "1M"]


def brotli(content):
    """A brotli stream of up to 64 KiB, uncompressed (RFC 7932 9.1 and 9.2)."""
    # WBITS is 16, ISLAST 0, MNIBBLES 4, then MLEN - 1 and ISUNCOMPRESSED.
    head = (len(content) - 1) << 4 | 1 << 20
    return head.to_bytes(3, "little") + content + b"\3"


def zstandard(content):
    """A zstd frame of one block, which is raw (RFC 8878 3.1.1)."""
    # Single_Segment_Flag, and a Frame_Content_Size of four octets.
    head = b"\x28\xb5\x2f\xfd\xa0" + len(content).to_bytes(4, "little")
    last_block = len(content) << 3 | 1
    return head + last_block.to_bytes(3, "little") + content


# What curl calls them in its features, how they are made, and files named.
CODINGS = {
    "br": ("brotli", brotli, ".br"),
    "zstd": ("zstd", zstandard, ".zst"),
    "gzip": ("libz", gzip.compress, ".gz"),
}


def write(path, content, modified=OLD):
    """Writes a file as if it had been there for long."""
    path.write_bytes(content)
    os.utime(path, (modified, modified))


def write_coded(folder):
    """Writes a text for each coding that has only that one, and one with all."""
    write(folder / "none.txt", TEXT)
    for coding, (_, encode, suffix) in CODINGS.items():
        for name in (coding, "all"):
            write(folder / f"{name}.txt", TEXT)
            write(folder / f"{name}.txt{suffix}", encode(TEXT))


def write_huge(path):
    with open(path, "wb") as huge:
        huge.truncate(HUGE_SIZE)
        huge.seek(MIDDLE)
        huge.write(MIDDLE_MARK)
        huge.seek(HUGE_SIZE - len(END_MARK))
        huge.write(END_MARK)
    os.utime(path, (OLD, OLD))


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def http_date(seconds):
    return email.utils.formatdate(seconds, usegmt=True)


def multipart(boundary, content_type, ranges, content):
    """RFC 9110 14.6, with the line ends and fields as they are here."""
    parts = b""
    for first, last in ranges:
        parts += (
            f"--{boundary}\r\nContent-Type: {content_type}\r\n"
            f"Content-Range: bytes {first}-{last}/{len(content)}\r\n\r\n"
        ).encode()
        parts += content[first : last + 1] + b"\r\n"
    return parts + f"--{boundary}--\r\n".encode()


class Client(unittest.TestCase):
    """A site and its server, and a folder for what the client downloads."""

    program = "curl"
    superserver = "socket-activate"

    def setUp(self):
        harness.need(self.program)
        self.site, self.copies = harness.folder(), harness.folder()
        self.copy = self.copies / "copy"
        self.known_answers = 0
        write(self.site / "file", CONTENT)
        self.server = self.enterContext(
            harness.Server(self.site, superserver=self.superserver)
        )
        self.url = f"{self.server.url}/file"

    def run_client(self, *command, status=0):
        done = subprocess.run(
            command,
            cwd=self.copies,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=3 * harness.PATIENCE,
        )
        said = done.stderr.decode(errors="replace")
        self.assertEqual(done.returncode, status, f"{command}: {said}")
        return done.stdout

    def answers(self):
        """Status and octets of content of each request since the last call.

        Of requests that were made in a row, in any order: the log is written
        when the client has its answer.
        """
        self.server.wait_until_idle()
        lines = re.findall(r'" (\d{3}) (\d+|-) "', self.server.log())
        new, self.known_answers = lines[self.known_answers :], len(lines)
        return [(int(s), 0 if octets == "-" else int(octets)) for s, octets in new]

    def statuses(self):
        return [status for status, _ in self.answers()]

    def assert_same(self, content, expected):
        # assertEqual would print megabytes.
        self.assertTrue(content == expected, "another content")

    def assert_copied(self, content=CONTENT):
        self.assert_same(self.copy.read_bytes(), content)


class CurlParts(Client):
    superserver = "tcpserver"

    def fetch(self, ranges):
        return harness.parse(
            self.run_client(*CURL, "--include", "--raw", "--range", ranges, self.url)
        )

    def test_a_download_goes_on_where_it_ended(self):
        self.copy.write_bytes(CONTENT[:HALF])
        self.run_client(*CURL, "-C", "-", "-o", self.copy, self.url)
        self.assert_copied()
        self.assertEqual(self.answers(), [(206, len(CONTENT) - HALF)])

    def test_a_download_that_is_complete_stays_as_it_is(self):
        self.copy.write_bytes(CONTENT)
        self.run_client(*CURL, "-C", "-", "-o", self.copy, self.url)
        self.assert_copied()
        self.assertEqual(self.statuses(), [416])

    def test_single_ranges(self):
        end = len(CONTENT)
        for ranges, first, last in (
            ("0-0", 0, 0),
            ("4095-65536", 4095, 65536),
            (f"{HALF}-", HALF, end - 1),
            ("-1000", end - 1000, end - 1),
            (f"{end - 1}-{end + 1}", end - 1, end - 1),
        ):
            with self.subTest(ranges):
                answer = self.fetch(ranges)
                self.assertEqual(answer.status, 206)
                expected = f"bytes {first}-{last}/{end}"
                self.assertEqual(answer.fields["Content-Range"], expected)
                self.assert_same(answer.body, CONTENT[first : last + 1])

    def test_several_ranges_are_parts_of_one_content(self):
        end = len(CONTENT)
        scattered = [(n * 40_000, n * 40_000 + n) for n in range(64)]
        for why, ranges, expected in (
            ("two", "0-9,20-29", [(0, 9), (20, 29)]),
            ("a suffix", "5-5,-10", [(5, 5), (end - 10, end - 1)]),
            ("as asked", "900-999,0-1", [(900, 999), (0, 1)]),
            ("large", f"1-{HALF},{HALF + 9}-", [(1, HALF), (HALF + 9, end - 1)]),
            ("one is nowhere", "1-2,9-9,9999999-", [(1, 2), (9, 9)]),
            ("many", ",".join(f"{a}-{b}" for a, b in scattered), scattered),
        ):
            with self.subTest(why):
                answer = self.fetch(ranges)
                self.assertEqual(answer.status, 206)
                self.assertIsNone(answer.fields["Content-Range"])
                media_type, boundary = answer.fields["Content-Type"].split("; ")
                self.assertEqual(media_type, "multipart/byteranges")
                boundary = boundary.removeprefix("boundary=")
                parts = multipart(
                    boundary, "application/octet-stream", expected, CONTENT
                )
                self.assert_same(answer.body, parts)
                self.assertEqual(answer.fields["Content-Length"], str(len(parts)))

    def test_a_range_behind_the_end(self):
        answer = self.fetch(f"{len(CONTENT)}-")
        self.assertEqual(answer.status, 416)
        self.assertEqual(answer.fields["Content-Range"], f"bytes */{len(CONTENT)}")


class HugeFile(Client):
    def setUp(self):
        super().setUp()
        write_huge(self.site / "huge")
        self.url = f"{self.server.url}/huge"

    def test_curl_fetches_its_parts(self):
        end = HUGE_SIZE - len(END_MARK)
        for ranges, expected in (
            (f"{end}-", END_MARK),
            (f"-{len(END_MARK)}", END_MARK),
            (f"{end}-{HUGE_SIZE - 1}", END_MARK),
            (f"{MIDDLE}-{MIDDLE + len(MIDDLE_MARK) - 1}", MIDDLE_MARK),
        ):
            with self.subTest(ranges):
                out = self.run_client(*CURL, "--range", ranges, self.url)
                self.assertEqual(out, expected)
        self.assertEqual(self.statuses(), [206] * 4)

    def test_curl_fetches_several_parts(self):
        ranges = f"{MIDDLE}-{MIDDLE + 7},-{len(END_MARK)}"
        out = self.run_client(*CURL, "--range", ranges, self.url)
        size = HUGE_SIZE
        end = f"Content-Range: bytes {size - len(END_MARK)}-{size - 1}/{size}\r\n\r\n"
        middle = f"Content-Range: bytes {MIDDLE}-{MIDDLE + 7}/{size}\r\n\r\n"
        self.assertIn(middle.encode() + MIDDLE_MARK[:8] + b"\r\n--", out)
        self.assertIn(end.encode() + END_MARK + b"\r\n--", out)

    def go_on(self, *command):
        with open(self.copy, "wb") as copy:
            copy.truncate(MIDDLE + 8)  # a hole, as the start is in the original
        os.truncate(self.site / "huge", MIDDLE + len(MIDDLE_MARK))
        os.utime(self.site / "huge", (OLD, OLD))
        self.run_client(*command, self.url)
        with open(self.copy, "rb") as copy:
            copy.seek(MIDDLE + 8)
            self.assertEqual(copy.read(), MIDDLE_MARK[8:])
        self.assertEqual(self.answers(), [(206, len(MIDDLE_MARK) - 8)])

    def test_curl_goes_on_behind_four_gibibytes(self):
        self.go_on(*CURL, "-C", "-", "-o", self.copy)

    def test_wget_goes_on_behind_four_gibibytes(self):
        harness.need("wget")
        self.go_on(*WGET, "-c", "-O", self.copy)


class CurlVersions(Client):
    superserver = "socket-activate-fd"

    def fetch(self, *options):
        """Into the copy; returns the status."""
        self.run_client(*CURL, *options, "-o", self.copy, self.url)
        # Not as curl has it: it looks at dates itself, and makes up a 304.
        [status] = self.statuses()
        return status

    def wait_for_tag(self):
        """Until the system's clock for files has gone on; see conditional.h."""
        deadline = time.monotonic() + harness.PATIENCE
        request = b"HEAD /file HTTP/1.0\r\n\r\n"
        while "ETag" not in harness.ask(self.server.port, request).fields:
            self.assertLess(time.monotonic(), deadline, "there is no ETag")
        self.answers()

    def test_dates(self):
        day = 86400
        for why, date, status in (
            ("older", http_date(OLD - day), 200),
            ("one second older", http_date(OLD - 1), 200),
            ("the same", http_date(OLD), 304),
            ("newer", http_date(OLD + day), 304),
            ("if older: older", "-" + http_date(OLD - day), 412),
            # Of the same date, it is not older for curl.
            ("if older: newer", "-" + http_date(OLD + 1), 200),
        ):
            with self.subTest(why):
                self.copy.unlink(missing_ok=True)
                self.assertEqual(self.fetch("-z", date), status)
                if status == 200:
                    self.assert_copied()
                if status == 304:
                    self.assertFalse(self.copy.exists())

    def test_the_date_of_a_copy(self):
        self.assertEqual(self.fetch("--remote-time"), 200)
        self.assertEqual(self.copy.stat().st_mtime, OLD)
        self.assertEqual(self.fetch("--remote-time", "-z", self.copy), 304)
        self.assert_copied()
        write(self.site / "file", TEXT, NEW)
        self.assertEqual(self.fetch("--remote-time", "-z", self.copy), 200)
        self.assert_copied(TEXT)
        self.assertEqual(self.copy.stat().st_mtime, NEW)

    def test_the_tag_of_a_copy(self):
        tag = self.copies / "tag"
        compare = ["--etag-compare", tag, "--etag-save", tag]
        self.wait_for_tag()
        self.assertEqual(self.fetch("--etag-save", tag), 200)
        self.assertRegex(tag.read_text(), r'^"[^"]+"\n$')
        self.assertEqual(self.fetch("--etag-compare", tag), 304)
        self.assert_copied()
        # The same size and date, as a hurried build leaves them.
        write(self.site / "file", bytes(len(CONTENT)))
        self.wait_for_tag()
        self.assertEqual(self.fetch(*compare), 200)
        self.assert_copied(bytes(len(CONTENT)))
        self.assertEqual(self.fetch(*compare), 304)


class Codings(Client):
    def setUp(self):
        super().setUp()
        write_coded(self.site)

    def decode(self, coding):
        """Lets curl fetch a text that is there in this coding."""
        feature, _, suffix = CODINGS[coding]
        features = self.run_client("curl", "--version").decode()
        if not re.search(rf"^Features:.*\b{feature}\b", features, re.MULTILINE):
            self.skipTest(f"this curl has no {feature}")
        head = self.copies / "head"
        url = f"{self.server.url}/{coding}.txt"
        options = ["--compressed", "--dump-header", head, "-o", self.copy]
        self.run_client(*CURL, *options, url)
        self.assert_copied(TEXT)
        fields = head.read_text().lower().splitlines()
        self.assertIn(f"content-encoding: {coding}", fields)
        self.assertIn("content-type: text/plain; charset=utf-8", fields)
        self.assertIn("vary: accept-encoding", fields)
        sent = self.site / f"{coding}.txt{suffix}"
        self.assertEqual(self.answers(), [(200, sent.stat().st_size)])

    def test_curl_decodes_brotli(self):
        self.decode("br")

    def test_curl_decodes_zstd(self):
        self.decode("zstd")

    def test_curl_decodes_gzip(self):
        self.decode("gzip")

    def test_curl_is_sent_a_part_of_the_text_itself(self):
        write(self.copy, TEXT[:100])
        url = f"{self.server.url}/all.txt"
        self.run_client(*CURL, "--compressed", "-C", "-", "-o", self.copy, url)
        self.assert_copied(TEXT)
        self.assertEqual(self.answers(), [(206, len(TEXT) - 100)])

    def test_the_file_that_is_coded_has_no_coding(self):
        url = f"{self.server.url}/gzip.txt.gz"
        out = self.run_client(*CURL, "--compressed", "--include", url)
        self.assertIsNone(harness.parse(out).fields["Content-Encoding"])
        self.assert_same(gzip.decompress(harness.parse(out).body), TEXT)

    def test_weights(self):
        for field, name, coding in (
            (None, "all", None),
            ("gzip, deflate, br, zstd", "all", "br"),
            ("gzip, deflate", "all", "gzip"),
            ("gzip;q=0.9, br;q=0.8, zstd;q=0.7", "all", "gzip"),
            ("br;q=0.001, zstd;q=0.002", "all", "zstd"),
            ("br;q=0, *", "all", "zstd"),
            ("br;q=0, gzip;q=0, zstd;q=0", "all", None),
            ("gzip;q=0.5, identity", "all", None),
            ("identity", "all", None),
            ("", "all", None),
            ("identity;q=0, gzip", "all", "gzip"),
            ("identity;q=0, *;q=0.1", "gzip", "gzip"),
            ("br, gzip;q=0.1", "gzip", "gzip"),
            # RFC 9110 12.5.3: there is nothing else to send.
            ("identity;q=0", "all", None),
            ("identity;q=0, gzip", "none", None),
            ("*;q=0", "none", None),
        ):
            with self.subTest(field, name=name):
                line = "" if field is None else f"Accept-Encoding: {field}\r\n"
                request = f"GET /{name}.txt HTTP/1.1\r\nHost: h\r\n{line}\r\n"
                answer = harness.ask(self.server.port, request.encode())
                self.assertEqual(answer.status, 200)
                self.assertEqual(answer.fields["Content-Encoding"], coding)
                suffix = CODINGS[coding][2] if coding else ""
                sent = self.site / f"{name}.txt{suffix}"
                self.assert_same(answer.body, sent.read_bytes())


class Wget(Client):
    program = "wget"

    def test_a_download_goes_on_where_it_ended(self):
        (self.copies / "file").write_bytes(CONTENT[:HALF])
        self.run_client(*WGET, "-c", self.url)
        self.assert_same((self.copies / "file").read_bytes(), CONTENT)
        self.assertEqual(self.answers(), [(206, len(CONTENT) - HALF)])

    def test_a_download_that_is_complete_stays_as_it_is(self):
        (self.copies / "file").write_bytes(CONTENT)
        self.run_client(*WGET, "-c", self.url)
        self.assert_same((self.copies / "file").read_bytes(), CONTENT)
        self.assertEqual(self.statuses(), [416])

    def test_only_a_newer_file_is_downloaded_again(self):
        for content, modified in ((CONTENT, OLD), (TEXT, NEW)):
            write(self.site / "file", content, modified)
            for answer in ((200, len(content)), (304, 0)):
                self.run_client(*WGET, "-N", self.url)
                self.assertEqual(self.answers(), [answer])
                copy = self.copies / "file"
                self.assert_same(copy.read_bytes(), content)
                self.assertEqual(copy.stat().st_mtime, modified)

    def test_a_spider_downloads_nothing(self):
        self.run_client(*WGET, "--spider", self.url)
        self.assertEqual(self.answers(), [(200, 0)])
        self.server.wait_for_log('"HEAD /file ')
        self.run_client(*WGET, "--spider", f"{self.url}/none", status=8)
        self.assertEqual(set(self.statuses()), {404})
        self.assertEqual(os.listdir(self.copies), [])


class Aria2c(Client):
    program = "aria2c"
    superserver = "tcpserver"

    def setUp(self):
        super().setUp()
        big = self.site / "big"
        with open(big, "wb") as file:
            for seed in range(100):
                file.write(random.Random(seed).randbytes(BIG_SIZE // 100))
        os.utime(big, (OLD, OLD))
        self.control = self.copies / "copy.aria2"
        self.command = [*ARIA2C, "-o", "copy", f"{self.server.url}/big"]

    def assert_big_copied(self):
        self.assertEqual(digest(self.copy), digest(self.site / "big"))
        self.assertFalse(self.control.exists())

    def interrupt(self):
        """Ends a download that would take five seconds after two."""
        slow = ["--max-overall-download-limit=20M", "--stop=2"]
        self.run_client(*self.command, *slow, status=7)  # unfinished
        self.assertTrue(self.control.exists())

    def test_a_large_file_is_fetched_in_parts_at_once(self):
        self.run_client(*self.command)
        self.assert_big_copied()
        statuses = self.statuses()
        self.assertGreaterEqual(statuses.count(206), 7)
        self.assertLessEqual(set(statuses), {200, 206})

    def test_a_download_that_was_interrupted_goes_on(self):
        self.interrupt()
        self.answers()
        self.run_client(*self.command, "--continue=true")
        self.assert_big_copied()
        self.assertGreaterEqual(self.statuses().count(206), 7)

    def test_only_a_newer_file_is_downloaded_again(self):
        again = ["--conditional-get=true", "--allow-overwrite=true"]
        command = [*ARIA2C, *again, "--remote-time=true", "-o", "copy", self.url]
        self.run_client(*command)
        self.assert_copied()
        self.answers()
        self.run_client(*command)
        self.assertEqual(self.statuses(), [304])
        write(self.site / "file", TEXT, NEW)
        self.run_client(*command)
        self.assert_copied(TEXT)


if __name__ == "__main__":
    harness.main()
