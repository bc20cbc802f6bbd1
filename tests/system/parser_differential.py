"""The parser of request heads beside an independent one: llhttp, of Node.js.

Both get the same few thousand heads, which are the same in each run.  Where one
accepts what the other refuses, or both accept and mean something else, that has
to be of a class below, which says why.
"""

import collections
import itertools
import os
import pathlib
import random
import re
import subprocess
import unittest

import harness

HOST = b"Host: example.org\r\n"
METHODS = [
    *(b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"TRACE", b"PATCH"),
    *(b"CONNECT", b"PROPFIND", b"PURGE", b"get", b"BREW", b"M-SEARCH", b"A!#$%&'*"),
    *(b"", b"G T", b"G\tT", b"GET:", b"G(T", b"G\xc9T", b"PRI", b"SOURCE"),
]
TARGETS = [
    *(b"/", b"/a/b.html?c=d&e", b"//a", b"/..%2f", b"/%zz", b"/%", b"/%00", b"/a#b"),
    *(b"*", b"*?a", b"a", b"a:80", b"?a", b"", b"/a b", b"/a\tb", b"/\xc3\xa4", b"/|"),
    *(b"http://h", b"http://h/a?b", b"HTTP://h/", b"https://h:81/", b"http:///", b"/?%zz"),
    *(b"http://u@h/", b"ftp://h/", b"http://[::1]/", b"http://[::1/", b"http:/a", b"/\\"),
]
VERSIONS = [
    *(b"HTTP/1.1", b"HTTP/1.0", b"HTTP/1.2", b"HTTP/1.9", b"HTTP/0.9", b"HTTP/2.0"),
    *(b"HTTP/3.0", b"HTTP/1", b"HTTP/1.", b"HTTP/1.10", b"HTTP/11.1", b"http/1.1"),
    *(b"HTTP/1.a", b"HTTPS/1.1", b"", b"HTTP/1,1", b"HTTP /1.1", b"RTSP/1.0", b"ICE/1.0"),
]
LENGTHS = [
    *(b"0", b"5", b"0005", b"5, 5", b"5,5", b"5, 6", b"5,", b",5", b"", b" ", b"+5", b"-5"),
    *(b"5x", b"0x5", b"5 5", b"5.0", b"1e3", b'"5"', b"\t5\t", b"5\xa0", b"5;a", b"a"),
    *(b"18446744073709551615", b"18446744073709551616", b"9" * 40),
]
CODINGS = [
    *(b"chunked", b"CHUNKED", b" chunked ", b"chunked,", b",chunked", b", ,", b""),
    *(b"chunked, chunked", b"gzip, chunked", b"chunked, gzip", b"gzip", b"identity"),
    *(b"xchunked", b"chunkedx", b"chunked;a=b", b'"chunked"', b"chun ked", b"\x0bchunked"),
    *(b"chunked chunked", b"identity, chunked", b"chunked\x00", b"\xa0chunked"),
]
HOSTS = [
    *(b"h", b"h:80", b"h:", b":80", b"", b"h:x", b"h:65536", b"[::1]", b"[::1", b"::1"),
    *(b"a/b", b"u@h", b"a b", b"a, b", b"..", b"%2e", b"<h>", b"h\xc3\xa4", b"[v1.a]"),
]
EXPECTATIONS = [b"100-continue", b"100-CONTINUE", b"", b"x", b"100-continue, x", b"200-ok"]


def line(method=b"GET", target=b"/", version=b"HTTP/1.1"):
    return method + b" " + target + b" " + version + b"\r\n"


def head(*fields, method=b"GET", version=b"HTTP/1.1"):
    return line(method, version=version) + HOST + b"".join(fields) + b"\r\n"


def field(name, value):
    return name + b": " + value + b"\r\n"


def request_lines():
    for method, target in itertools.product(METHODS, TARGETS):
        yield line(method, target) + HOST + b"\r\n"
    for version, method in itertools.product(VERSIONS, (b"GET", b"OPTIONS", b"BREW")):
        yield line(method, version=version) + HOST + b"\r\n"
    for blanks in (b"", b"  ", b"\t", b" \t", b"\x0b", b"\xa0", b"\r", b"\n", b"\x00"):
        yield b"GET" + blanks + b"/ HTTP/1.1\r\n" + HOST + b"\r\n"
        yield b"GET /" + blanks + b"HTTP/1.1\r\n" + HOST + b"\r\n"
        yield b"GET / HTTP/1.1" + blanks + b"\r\n" + HOST + b"\r\n"
        yield blanks + b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"
    for start in (b"\r\n", b"\r\n\r\n", b"\n", b"\r", b" \r\n", b"\x00", b"\xef\xbb\xbf"):
        yield start + head()


def framings():
    for version in (b"HTTP/1.1", b"HTTP/1.0"):
        lengths = [field(b"Content-Length", each) for each in LENGTHS]
        codings = [field(b"Transfer-Encoding", each) for each in CODINGS]
        few = [*lengths[:4], *codings[:3], codings[8], codings[10]]
        for each in lengths + codings:
            yield head(each, method=b"POST", version=version)
        for pair in itertools.product(few, lengths + codings):
            yield head(*pair, method=b"POST", version=version)
    for value in EXPECTATIONS:
        yield head(field(b"Expect", value))


def hosts():
    for version, target in itertools.product((b"HTTP/1.1", b"HTTP/1.0"), (b"/", b"http://h/")):
        start = line(target=target, version=version)
        yield start + b"\r\n"
        for value in HOSTS:
            yield start + field(b"Host", value) + b"\r\n"
            yield start + field(b"Host", value) + HOST + b"\r\n"


def field_lines():
    lines = [
        *(b"A: b", b"A:b", b"A:", b"A: \t b \t ", b"A : b", b"A\t: b", b" A: b", b"\tA: b"),
        *(b": b", b":", b"A", b"A B: c", b"A: b\r\n c", b"A: b\r\n\tc", b"A:\r\n b", b'"A": b'),
        *(b"A: b\r\n ", b"A: b\nB: c", b"A: b\rB: c", b"A: b\r\r", b"A: \r\n\r", b"A_B: c"),
        *(b"Connection: close", b"Connection: upgrade", b"Upgrade: h2c", b"Proxy: x"),
        *(b"A: " + b"x" * 9000, b"A" * 9000 + b": b", b"A: b\x00", b"\x00A: b"),
    ]
    for each, ending in itertools.product(lines, (b"\r\n", b"\n", b"\r")):
        yield line() + HOST + each + ending + b"\r\n"
        yield line() + each + ending + HOST + b"\r\n"
    for count in (98, 99, 100, 500):
        yield head(*[b"A: b\r\n"] * count)


def octets():
    """Each octet in each place."""
    for octet in (bytes([each]) for each in range(256)):
        yield line(method=b"GE" + octet + b"T") + HOST + b"\r\n"
        yield line(target=b"/a" + octet + b"b") + HOST + b"\r\n"
        yield line(version=b"HTTP/1." + octet) + HOST + b"\r\n"
        yield head(b"A" + octet + b"B: c\r\n")
        yield head(b"A: b" + octet + b"c\r\n")
        yield head(b"A: b\r" + octet + b"C: d\r\n")
        yield line() + field(b"Host", b"a" + octet + b"b") + b"\r\n"


def mutations():
    """Whole heads with a few octets deleted, doubled, changed or moved."""
    dice = random.Random(9112)
    interesting = b"\r\n\t :;,/*%#?\x00\x7f\x80\xff019aAzZ\"-+"
    bases = [
        head(b"Accept: */*\r\n", field(b"User-Agent", b"curl/8"), b"Cookie: a=b; c=d\r\n"),
        head(field(b"Content-Length", b"12"), method=b"POST"),
        head(field(b"Transfer-Encoding", b"chunked"), b"Trailer: A\r\n", method=b"PUT"),
        line(b"GET", b"http://h:80/a?b") + HOST + b"\r\n",
        line(b"OPTIONS", b"*") + HOST + field(b"Expect", b"100-continue") + b"\r\n",
        head(version=b"HTTP/1.0"),
    ]
    for _ in range(2500):
        octets = bytearray(dice.choice(bases))
        for _ in range(dice.choice((1, 1, 1, 2, 3))):
            at = dice.randrange(len(octets))
            kind = dice.randrange(4)
            if kind == 0:
                del octets[at]
            elif kind == 1:
                octets.insert(at, dice.choice(interesting))
            elif kind == 2:
                octets[at] = dice.choice(interesting)
            else:
                octets.insert(dice.randrange(len(octets)), octets.pop(at))
        yield bytes(octets)


def corpus():
    kinds = (request_lines, framings, hosts, field_lines, octets, mutations)
    return list(dict.fromkeys(itertools.chain(*(kind() for kind in kinds))))


Verdict = collections.namedtuple("Verdict", "accepts code reason head")
Head = collections.namedtuple("Head", "version method target framing fields")

# Ours refuses what llhttp accepts: with which status, and the start of which
# reason; what is then in the head; and why it is so.
STRICTER = {
    "no Host": ("400", "no Host field", rb"", "RFC 9112 3.2: MUST; llhttp leaves it to Node.js"),
    "two Hosts": ("400", "more than one Host", rb"(?is)\nHost:.*\nHost:", "RFC 9112 3.2: MUST"),
    "no host": ("400", "malformed Host", rb"(?i)\nHost:", "RFC 9112 3.2: MUST"),
    "escape": (
        *("400", "malformed request target", rb"^[^\r]*%(00|(?![0-9A-Fa-f]{2}))"),
        "RFC 3986 2.1: not two digits; NUL ends a path for the kernel",
    ),
    "fragment": ("400", "malformed request target", rb"^[^\r]*#", "RFC 9112 3.2: in no form"),
    "two blanks": (
        *("400", "malformed request target", rb"^(\r\n)?\S+ (|\S+ +) "),
        "RFC 9112 3: a single SP; llhttp skips more",
    ),
    "form": (
        *("400", "malformed request target", rb"^(\r\n)?\S+ (?!/)"),
        "RFC 9112 3.2: neither origin-form nor an absolute-form that is ours",
    ),
    "asterisk": ("400", "`*` is a target", rb"^(\r\n)?\S+ \* ", "RFC 9112 3.2.4: for OPTIONS"),
    "tunnel": ("501", "this is no proxy", rb"^(\r\n)?CONNECT ", "RFC 9110 9.3.6: for proxies"),
    "old or new": ("505", "not HTTP/1", rb"HTTP/[^1]\.\d", "RFC 9110 15.6.6; llhttp has 0.9, 2.0"),
    "protocol": ("400", "malformed version", rb" (RTSP|ICE)/", "llhttp parses others than HTTP"),
    "no version": (
        *("400", "", rb"^[^ ]+ +[^ ]+\r?\n"),
        "RFC 9112 3: llhttp still knows the request line of HTTP/0.9",
    ),
    "expectation": ("417", "Expect", rb"(?i)\nExpect:", "RFC 9110 10.1.1; llhttp has no opinion"),
    "coding": ("501", "Transfer-Encoding", rb"(?i)\nTransfer-Encoding:", "RFC 9112 6.1: unknown"),
    "coding in HTTP/1.0": (
        *("400", "Transfer-Encoding in HTTP/1.0", rb" HTTP/1\.0\r\n"),
        "RFC 9112 6.1: MUST be treated as a wrong framing",
    ),
    "empty coding": ("400", "an empty Transfer-Enc", rb"", "RFC 9112 6.3: chunked is not the last"),
    "fields": ("431", "", rb"(?s)(\n[^\n]*){100}", "a maximum of ours"),
    "empty lines": ("400", "", rb"^\r\n\r\n", "RFC 9112 2.2: one at least is ignored; ours: one"),
    "line ends": (
        *("400", "", rb"(?<!\r)\n|\r(?!\n)"),
        "RFC 9112 2.2: LF alone MAY end a line, CR alone must not; ours: CRLF only",
    ),
}

# Ours accepts what llhttp refuses: with which code; what is then in the head;
# and why it is so.
LOOSER = {
    "method": (
        *("HPE_INVALID_METHOD", rb"^(\r\n)?[!#$%&'*+.^_`|~0-9A-Za-z-]+ "),
        "RFC 9110 9.1: any token, for a script to know; llhttp has a list",
    ),
    "PRI": ("HPE_INVALID_VERSION", rb"^PRI ", "a method like others; a preface of HTTP/2 is 505"),
    "minor version": (
        *("HPE_INVALID_VERSION", rb"HTTP/1\.[2-9]\r\n"),
        "RFC 9110 2.5: as the highest minor version that we know",
    ),
    "octets in a target": (
        *("HPE_INVALID_URL", rb"^[^\r]*[\x80-\xff]"),
        "RFC 9112 3.2: invalid, but browsers send them in a query, and nothing is ambiguous",
    ),
    "list of lengths": (
        *("HPE_INVALID_CONTENT_LENGTH", rb"(?i)\nContent-Length:[\t ]*\d+[\t ]*(,|\t)"),
        "RFC 9110 8.6: MAY be taken as one number if all are the same; OWS has tabs",
    ),
    "lengths": (
        *("HPE_UNEXPECTED_CONTENT_LENGTH", rb"(?is)\nContent-Length:.*\nContent-Length:"),
        "RFC 9110 8.6: MAY be taken as one number if all are the same",
    ),
    "empty members": (
        *("HPE_INVALID_TRANSFER_ENCODING", rb"(?is)\nTransfer-Encoding:[^\n]*,"),
        "RFC 9110 5.6.1: MUST be ignored in a list",
    ),
}


def verdict(answer):
    word, *parts = answer.split(" ")
    texts = [bytes.fromhex(part[1:]) for part in parts if part.startswith(".")]
    if word == "refuse":
        return Verdict(False, parts[0], texts[0].decode("latin-1"), None)
    method, target, *rest = texts
    version, framing = parts[0], parts[3]
    if framing.isdecimal():
        framing = int(framing)
    fields = list(zip(rest[::2], rest[1::2]))
    return Verdict(True, "", "", Head(version, method, target, framing, fields))


def verdicts(command, heads):
    """What a parser makes of each of the heads."""
    given = b"".join(b"%d\n%b" % (len(each), each) for each in heads)
    options = {"stdout": subprocess.PIPE, "timeout": harness.PATIENCE, "check": True}
    lines = subprocess.run(command, input=given, **options).stdout.decode().splitlines()
    if len(lines) != len(heads):
        raise AssertionError(f"{command}: {len(lines)} answers to {len(heads)} heads")
    return [verdict(each) for each in lines]


def as_ours(theirs):
    """What llhttp says, where that is the same for both: ours splits the host off
    an absolute-form, where it takes the place of the field (RFC 9112 3.2.2), and
    knows no minor version but 0 and 1."""
    found = re.match(rb"(?i)https?://([^/?]*)", theirs.target)
    fields = theirs.fields
    if found:
        fields = [field for field in fields if field[0].lower() != b"host"]
        fields.append((b"Host", found[1]))
    path = theirs.target[found.end() if found else 0 :]
    if path[:1] not in (b"/", b"*"):
        path = b"/" + path
    return theirs._replace(target=path, fields=fields)


def class_of(octets, ours, theirs):
    """The class of a disagreement; None: it has none."""
    if ours.accepts:
        for name, (code, pattern, _) in LOOSER.items():
            if theirs.code == code and re.search(pattern, octets):
                return f"looser: {name}"
        return None
    for name, (status, reason, pattern, _) in STRICTER.items():
        if (ours.code, ours.reason[: len(reason)]) == (status, reason):
            if re.search(pattern, octets):
                return f"stricter: {name}"
    return None


def setUpModule():
    global heads, ours, theirs
    harness.need("node")
    if "PARSE_HEAD" not in os.environ:
        raise unittest.SkipTest("PARSE_HEAD does not name the program of that name")
    heads = corpus()
    ours = verdicts([os.environ["PARSE_HEAD"]], heads)
    script = pathlib.Path(__file__).parent / "parse_head.js"
    theirs = verdicts(["node", str(script)], heads)


class Differential(unittest.TestCase):
    def test_the_corpus_is_large_and_of_both_kinds(self):
        self.assertGreater(len(heads), 5000)
        self.assertGreater(sum(each.accepts for each in ours), 1000)
        self.assertGreater(sum(not each.accepts for each in ours), 1000)

    def test_what_both_accept_means_the_same_to_both(self):
        for octets, mine, other in zip(heads, ours, theirs):
            if mine.accepts and other.accepts:
                self.assertEqual(mine.head, as_ours(other.head), octets)

    def test_what_only_one_accepts_has_a_reason(self):
        found = collections.defaultdict(list)
        for each in zip(heads, ours, theirs):
            if each[1].accepts != each[2].accepts:
                found[class_of(*each)].append(each)
        self.assertEqual(found.pop(None, []), [])
        for name, all_of_it in sorted(found.items()):
            print(f"{len(all_of_it):5} {name}, e.g. {all_of_it[0][0][:60]}")


if __name__ == "__main__":
    harness.main()
