"""The same requests to Python's `http.server --cgi` and to ours, on one tree.

A row says why it is there, what is sent, and what is compared.  In lower case that
is a part of the answer (`status`, `body`, `message` of the error page, `links` of a
listing, `args` of a script, any header field with `_` for `-`); in upper case it is
an environment variable as the script saw it.  A plain value has to come from both.
`differs(ROW, ancestor, ours)` is an intended difference, and has to be there: ROW is
explained in DIFFERENCES.  Where both answer with the same status, what USUAL names
has to be the same too, unless the row says otherwise.
"""

import collections
import contextlib
import functools
import html
import http
import http.server
import json
import os
import pwd
import re
import select
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

import harness

# What the ancestor does; what ours does.
DIFFERENCES = {
    1: "a request line may have 65536 bytes; ours 8192",
    2: "any white space separates words, LF ends a line, nobody needs Host; ours "
    "follows RFC 9112 section 3 to the letter, anything else is 400",
    3: "a line of white space closes the connection; ours 400",
    4: "one word is answered without a head, four with the whole line; ours 400",
    5: "HTTP/0.9 is answered; ours 400",
    6: "an ill-formed version is answered without a head; ours 400",
    7: "a version above 1 is answered without a head; ours 505",
    10: "each field may have 65536 bytes; ours 32 KiB for the whole head",
    11: "folded lines, lines without a colon, controls are tolerated; ours 400",
    13: "Expect is ignored; ours 100 when a script is about to run, otherwise 417",
    14: "a blank line before the request closes the connection; ours skips it",
    16: "all methods but GET, HEAD and POST are 501; ours runs scripts with every one "
    "that it knows, answers OPTIONS, and 405 with Allow for files",
    17: "HEAD of a script has the script's body; ours has none",
    18: "the Server field tells the versions; ours only the name",
    19: "the reason phrase of a refusal is its message; ours that of RFC 9110",
    20: "HTTP/1.0, and no Connection field; ours HTTP/1.1 and Connection: close",
    21: "the log has no size; ours is the Combined Log Format",
    25: "`..` above the root and %00 close the connection; ours stays at the root, "
    "and %00 is 400",
    26: "a redirect has no body, and the path as it came; ours has a page, and the "
    "normalised path",
    29: "dotfiles are listed and served; ours shows only /.well-known/",
    31: "what may not be read is 404; ours 403",
    35: "text has no charset, types of today are missing; ours has both",
    36: "a FIFO hangs the handler; ours 403",
    37: "symlinks are followed everywhere; ours only below the root",
    38: "`#` in the request target begins a fragment; ours 400",
    43: "script name and PATH_INFO are decoded twice, and a decoded `?` begins the "
    "query; ours decodes once, and an ill-formed escape is 400",
    44: "root, which may execute all, asks for the x bit; ours the user that runs it",
    46: "SERVER_NAME and SERVER_PROTOCOL are the server's, REMOTE_HOST is empty, "
    "PATH_TRANSLATED is always set; ours are as RFC 3875 has them",
    47: "REMOTE_USER is whoever the client says to be; ours has none unchecked",
    48: "CONTENT_TYPE and CONTENT_LENGTH are invented, or unchecked; ours are the "
    "request's, or absent",
    49: "four fields become HTTP_*, empty when absent; ours all that are there",
    50: "the de-facto variables are missing, the server's own inherited; ours has "
    "the former, and nothing of the latter",
    51: "a script's head is sent as it is; ours interprets it, unless =direct",
    52: "a query without `=` is an argument; ours has none, unless --isindex",
    53: "stdin is the connection, which does not end; ours ends after the body",
    55: "a script started by root keeps root's groups; ours has none",
    56: "a script runs where the server was started; ours in its own folder",
    57: "a script that cannot be started is a cut off 200; ours 403",
    58: "the log has the exit code; ours names the script as well",
}
USUAL = ("reason", "content_type", "location", "last_modified", "message", "body")

NOTHING = "closed without a word"
BARE = "a body without a head"
HANGS = "not asked, for it would hang"

AS_ROOT = os.geteuid() == 0
ROOT = harness.folder()
AWAY = harness.folder()
ENVIRONMENT = {"CANARY": "sings", "LC_ALL": "C.UTF-8"}  # of both, as they are started

Row = collections.namedtuple("Row", "why request options compare")
Differs = collections.namedtuple("Differs", "ancestor ours")
found_differences = set()


def row(why, request, *options, **compare):
    """One row of a table; `options` are those of ours."""
    return Row(why, request, options, compare)


def differs(number, ancestor, ours):
    """An intended difference; the values are what comes, or a pattern of it."""
    assert number in DIFFERENCES and ancestor != ours
    found_differences.add(number)
    return Differs(ancestor, ours)


def ask(method, target, *fields, body=b"", version="HTTP/1.1"):
    """A complete request, as a browser would send it."""
    length = [f"Content-Length: {len(body)}"] if body else []
    lines = [f"{method} {target} {version}", "Host: example.test", *fields, *length]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def get(target, *fields, **more):
    return ask("GET", target, *fields, **more)


def head(target, *fields):
    return ask("HEAD", target, *fields)


def post(target, *fields, body=b"a=1&b=2"):
    return ask("POST", target, *fields, body=body)


def fails(status, message):
    """Both refuse, with the same words."""
    reason = differs(19, message, http.HTTPStatus(status).phrase)
    return {"status": status, "reason": reason, "message": message}


def fails_silently(status, message):
    """The same, as the answer to HEAD."""
    return {**fails(status, message), "message": None, "body": b""}


def moves(location, sent=None):
    """Both redirect, the ancestor to the path as it was sent."""
    return {
        "status": 301,
        "location": differs(26, sent, location) if sent else location,
        "content_type": differs(26, None, "text/html; charset=utf-8"),
        "texts": differs(26, None, [location]),
        "body": differs(26, b"", None),
    }


def refused(number, ancestor=200, ours=400):
    """Ours refuses."""
    return {"status": differs(number, ancestor, ours)}


def served(number, ancestor):
    """Ours sends the file."""
    body = differs(number, None, b"hello")
    return {"status": differs(number, ancestor, 200), "body": body}


def runs(**compare):
    """Both run the script."""
    reason = differs(51, "Script output follows", "OK")
    return {"status": 200, "reason": reason, **compare}


HELLO = {"status": 200, "body": b"hello", "content_type": "application/octet-stream"}
INDEX = {**HELLO, "content_type": differs(35, "text/html", "text/html; charset=utf-8")}
NOT_FOUND = fails(404, "File not found")
NO_POST = fails(501, "Can only POST to CGI scripts")
DATE = re.compile(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT")

# --- The tree ---------------------------------------------------------------------

# Tells, as JSON, what only a script can see.
DUMP = r"""#!/usr/bin/python3 -IS
import json, os, sys
def is_open(fd):
    try:
        return bool(os.fstat(fd))
    except OSError:
        return False
with open("/proc/self/environ", encoding="utf-8", errors="surrogateescape") as file:
    environment = dict(line.split("=", 1) for line in file.read().split("\0")[:-1])
seen = {
    "environment": environment,
    "args": sys.argv[1:],
    "folder": os.getcwd(),
    "ids": [os.getuid(), os.getgid(), os.getgroups()],
    "fds": [fd for fd in range(64) if is_open(fd)],
    "stdin": os.readlink("/proc/self/fd/0").split(":")[0],
}
sys.stdout.write("Content-Type: application/json\r\n\r\n" + json.dumps(seen))
"""


def shell(fields, then=""):
    """A script in sh which writes this head, and then does something."""
    return f"#!/bin/sh\nprintf '%s\\r\\n' {fields} ''\n{then}\n"


SCRIPTS = {
    "cgi-bin/env": DUMP,
    "cgi-bin/sub/env": DUMP,
    "cgi-bin/sub/deep/env": DUMP,
    "cgi-bin/sp ace": DUMP,
    "htbin/env": DUMP,
    "cgi-bin/plain": DUMP,
    "cgi-bin/mine": DUMP,
    "x/cgi-bin/env": "#!/bin/sh\n",
    "cgi-bin/echo": shell("Content-Type:text/x", 'exec head -c "$CONTENT_LENGTH"'),
    "cgi-bin/cat": shell("Content-Type:text/x", "exec cat"),
    "cgi-bin/gone": shell("'Status: 404 Gone for good' Content-Type:text/x", "echo no"),
    "cgi-bin/away": shell("Location:http://example.test/there"),
    "cgi-bin/exit": shell("Content-Type:text/x", "echo out; exit 3"),
    "cgi-bin/lf": "#!/bin/sh\nprintf 'Content-Type: text/x\\n\\nlines'\n",
    "cgi-bin/silent": "#!/bin/sh\n",
    "cgi-bin/nph-own": shell("'HTTP/1.1 299 Mine' Content-Type:text/x", "echo own"),
    "cgi-bin/no-interpreter": "#!/nonexistent/interpreter\n",
    "cgi-bin/no-shebang": "printf hello\n",
}

OLD = 784111777  # 1994-11-06

LISTED = ["100%.bin", "a.bin", "a:b.bin", "B.bin", "C&<d>\"'.bin", "h#q?.bin"]
LISTED += ["in.bin@", "sp ace.bin", "sub/", "\xfc.bin"]
LINKED = ["/" + name.rstrip("@") for name in LISTED]

# File name; what the ancestor calls it (a pattern: versions and systems differ); ours.
TYPES = [
    ("t.html", "text/html", "text/html; charset=utf-8"),
    ("T.HTML", "text/html", "text/html; charset=utf-8"),
    ("t.txt", "text/plain", "text/plain; charset=utf-8"),
    ("t.css", "text/css", "text/css; charset=utf-8"),
    ("t.csv", "text/csv", "text/csv; charset=utf-8"),
    ("t.js", "(text|application)/javascript", "text/javascript; charset=utf-8"),
    ("t.json", "application/json", "application/json"),
    ("t.png", "image/png", "image/png"),
    ("t.jpeg", "image/jpeg", "image/jpeg"),
    ("t.gif", "image/gif", "image/gif"),
    ("t.svg", r"image/svg\+xml", "image/svg+xml"),
    ("t.pdf", "application/pdf", "application/pdf"),
    ("t.zip", "application/zip", "application/zip"),
    ("t.gz", "application/gzip", "application/gzip"),
    ("t.bz2", "application/x-bzip2", "application/x-bzip2"),
    ("t.xz", "application/x-xz", "application/x-xz"),
    ("t.tar", "application/x-tar", "application/x-tar"),
    ("t.tar.gz", "application/gzip", "application/gzip"),
    ("t.mp4", "video/mp4", "video/mp4"),
    ("t.unheard-of", "application/octet-stream", "application/octet-stream"),
    ("no-suffix", "application/octet-stream", "application/octet-stream"),
]


def setUpModule():
    """Makes everything that the rows ask for."""
    for name, text in SCRIPTS.items():
        harness.write_script(ROOT / name, text)
    harness.write_script(AWAY / "env", DUMP)
    files = ["a.bin", "kept.bin", "dir/a.bin", ".dot.bin", ".well-known/a.bin"]
    files += ["page/index.html", "old/index.htm", "both/index.html", "odd/index.htm"]
    files += ["list/.hidden.bin", "list/sub/index.html", *(name for name, *_ in TYPES)]
    files += ["list/" + name for name in LISTED if name[-1] not in "/@"]
    for path in [AWAY / "a.bin", *(ROOT / name for name in files)]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"hello")
    (ROOT / "empty.bin").touch()
    (ROOT / "both/index.htm").write_bytes(b"not this one")
    (ROOT / "odd/index.html").mkdir()
    (ROOT / "void").mkdir()
    (ROOT / "in.bin").symlink_to("dir/a.bin")
    (ROOT / "list/in.bin").symlink_to("a.bin")
    (ROOT / "loop").symlink_to("loop")
    (ROOT / "out.bin").symlink_to(AWAY / "a.bin")
    (ROOT / "absolute.bin").symlink_to(ROOT / "a.bin")
    os.mkfifo(ROOT / "fifo")
    (ROOT / "kept.bin").chmod(0)
    (ROOT / "closed").mkdir(mode=0o311)
    unittest.addModuleCleanup((ROOT / "closed").chmod, 0o755)
    (ROOT / "cgi-bin/folder").mkdir()
    (ROOT / "cgi-bin/out").symlink_to(AWAY / "env")
    (ROOT / "cgi-bin/plain").chmod(0o644)
    (ROOT / "cgi-bin/mine").chmod(0o744)
    # In its first second, ours tells no date of a file.
    for path in ROOT.rglob("*.*"):
        os.utime(path, (OLD, OLD), follow_symlinks=False)


# --- The rows ---------------------------------------------------------------------

FOLDERS = [
    row("a folder without index lists its names, sorted without case", get("/list/"),
        status=200, title="Directory listing for /list/",
        links=differs(29, ["/.hidden.bin", *LINKED], LINKED)),
    row("a folder is shown with `/`, a symlink with `@`", get("/list/"), status=200,
        texts=differs(29, [".hidden.bin", *LISTED], LISTED)),
    row("an empty folder is an empty listing", get("/void/"), status=200, links=[]),
    row("a query means nothing to a listing", get("/void/?a"), status=200, links=[]),
    row("HEAD of a listing has no body", head("/void/"), status=200, body=b""),
    row("index.html is the folder", get("/page/"), **INDEX),
    row("so is index.htm", get("/old/"), **INDEX),
    row("index.html goes first", get("/both/"), **INDEX),
    row("a folder is no index", get("/odd/"), **INDEX),
    row("a folder without its slash is redirected", get("/dir"), **moves("/dir/")),
    row("the query is kept", get("/dir?a=/?b"), **moves("/dir/?a=/?b")),
    row("a slash in the query is none", get("/page?a=b/"), **moves("/page/?a=b/")),
    row("HEAD is redirected", head("/dir"), **{**moves("/dir/"), "body": b"",
        "texts": None}),
    row("never to another host", get("//dir"), **moves("/dir/")),
    row("nor in the middle", get("/x//..//dir"), **moves("/dir/", "/x//..//dir/")),
    row("an escape that is needless", get("/%64ir"), **moves("/dir/", "/%64ir/")),
    row("one that is needed", get("/cgi-bin/../list%2Fsub"),
        **moves("/list/sub/", "/cgi-bin/../list%2Fsub/")),
    row("a folder of scripts, too", get("/cgi-bin"), **moves("/cgi-bin/")),
    row("a folder that may not be listed", get("/closed/"),
        **refused(31, 200 if AS_ROOT else 404, 403)),
]

FILES = [
    row("a file is sent whole, with size and time", get("/a.bin"), **HELLO,
        content_length="5", last_modified=DATE),
    row("HEAD has the same head and no body", head("/a.bin"), **{**HELLO, "body": b""},
        content_length="5", last_modified=DATE),
    row("an empty file is an answer", get("/empty.bin"), **{**HELLO, "body": b""},
        content_length="0"),
    row("a query means nothing to a file", get("/a.bin?b=/c"), **HELLO),
    row("escapes are decoded", get("/%61.bi%6E"), **HELLO),
    row("`//` is `/`", get("//dir//a.bin"), **HELLO),
    row("`.` and `..` are resolved", get("/./dir/../dir/./a.bin"), **HELLO),
    row("so is an escaped `..`", get("/list/%2e%2e/a.bin"), **HELLO),
    row("an escaped slash is a slash", get("/dir%2Fa.bin"), **HELLO),
    row("a space is %20", get("/list/sp%20ace.bin"), **HELLO),
    row("`+` is no space", get("/list/sp+ace.bin"), **NOT_FOUND),
    row("UTF-8 is bytes", get("/list/%C3%BC.bin"), **HELLO),
    row("`%` in a name", get("/list/100%25.bin"), **HELLO),
    row("`#` and `?` in a name", get("/list/h%23q%3F.bin"), **HELLO),
    row("an absent file", get("/absent"), **NOT_FOUND),
    row("HEAD of it", head("/absent"), **fails_silently(404, "File not found")),
    row("case matters", get("/A.BIN"), **NOT_FOUND),
    row("a file is no folder", get("/a.bin/"), **NOT_FOUND),
    row("nothing is below a file", get("/a.bin/b"), **NOT_FOUND),
    row("a name that is too long", get("/" + 300 * "a"), **NOT_FOUND),
    row("a symlink that goes round", get("/loop"), **NOT_FOUND),
    row("a symlink below the root", get("/in.bin"), **HELLO),
    row("one that leads out", get("/out.bin"), **refused(37, 200, 404)),
    row("an absolute one", get("/absolute.bin"), **refused(37, 200, 404)),
    row("a dotfile", get("/.dot.bin"), **refused(29, 200, 404)),
    row("the folder that is for all", get("/.well-known/a.bin"), **HELLO),
    row("a FIFO", get("/fifo"), **refused(36, HANGS, 403)),
    row("a file that may not be read", get("/kept.bin"),
        **refused(31, 200 if AS_ROOT else 404, 403)),
    row("`..` above the root", get("/../a.bin"), **served(25, NOTHING)),
    row("the same, escaped", get("/%2e%2e/a.bin"), **served(25, NOTHING)),
    row("the same, deeper", get("/dir/../../a.bin"), **served(25, NOTHING)),
    row("NUL in the path", get("/a.bin%00"), **refused(25, NOTHING)),
    row("an ill-formed escape", get("/a.bin%zz"), **refused(43, 404)),
    row("a cut off escape", get("/a.bin%2"), **refused(43, 404)),
    row("a fragment", get("/a.bin#b"), **refused(38)),
]

METHODS = [
    row("POST to a file", post("/a.bin"), **NO_POST),
    row("POST to a folder", post("/"), **NO_POST),
    row("POST to nothing", post("/absent"), **NO_POST),
    row("an unknown method", ask("BREW", "/"),
        **fails(501, "Unsupported method ('BREW')")),
    row("case matters", ask("get", "/"), **fails(501, "Unsupported method ('get')")),
    *(row(f"{method} of a file", ask(method, "/a.bin"), **refused(16, 501, 405),
          allow=differs(16, None, "GET, HEAD, OPTIONS"))
      for method in ("PUT", "DELETE", "PATCH", "TRACE")),
    row("OPTIONS of a file", ask("OPTIONS", "/a.bin"), **refused(16, 501, 204),
        allow=differs(16, None, "GET, HEAD, OPTIONS")),
    *(row(f"{method} of a script", ask(method, "/cgi-bin/env", body=b"a"),
          **refused(16, 501, 200), REQUEST_METHOD=differs(16, None, method))
      for method in ("PUT", "DELETE", "PATCH", "OPTIONS")),
]

LOGGED = r'^127\.0\.0\.1 - - \[[^]]+\] "GET /a\.bin\?logged HTTP/1\.1" 200 '

ANSWERS = [
    row("the status line", get("/a.bin"), **HELLO,
        version=differs(20, "HTTP/1.0", "HTTP/1.1"), reason="OK"),
    row("HTTP/1.0 is answered the same", get("/a.bin", version="HTTP/1.0"), **HELLO,
        version=differs(20, "HTTP/1.0", "HTTP/1.1")),
    row("the connection closes", get("/a.bin", "Connection: keep-alive"), **HELLO,
        connection=differs(20, None, "close")),
    row("only one request is answered", 2 * get("/a.bin"), **HELLO),
    row("who answers", get("/a.bin"), **HELLO,
        server=differs(18, re.compile(r"SimpleHTTP/0\.6 Python/3\..+"), "cgihttpd")),
    row("when", get("/a.bin"), **HELLO, date=DATE),
    row("an error page has code, message and explanation", get("/absent"), **NOT_FOUND,
        content_type="text/html; charset=utf-8", title="Error response", code="404",
        explanation="404 - Nothing matches the given URI."),
    row("it closes the connection", get("/absent"), **NOT_FOUND, connection="close"),
    row("it is escaped", get("/cgi-bin/%3Cb%3E&lt;"),
        **fails(404, "No such CGI script ('/cgi-bin/<b>&lt;')")),
    row("every request is logged", get("/a.bin?logged"), **HELLO,
        log=differs(21, LOGGED + "-$", LOGGED + '5 "-" "-"$')),
]

MANY = [f"X-{i}: a" for i in range(150)]
LONG = [f"X-{i}: {1000 * 'a'}" for i in range(40)]
ANY = re.compile(".+")


def too_large(message):
    """Both refuse, each in its words."""
    reason = differs(19, message, "Request Header Fields Too Large")
    return {"status": 431, "reason": reason, "message": differs(10, message, ANY)}


SYNTAX = [
    row("nothing at all", b"", status=NOTHING),
    row("HTTP/1.2 is an HTTP/1.1", get("/a.bin", version="HTTP/1.2"), **HELLO),
    row("HTTP/2.0", get("/a.bin", version="HTTP/2.0"), **refused(7, BARE, 505)),
    row("HTTP/a.b", get("/a.bin", version="HTTP/a.b"), **refused(6, BARE)),
    row("http/1.1", get("/a.bin", version="http/1.1"), **refused(6, BARE)),
    row("HTTP/1", get("/a.bin", version="HTTP/1"), **refused(6, BARE)),
    row("HTTP/0.9", b"GET /a.bin\r\n\r\n", **refused(5, BARE)),
    row("two words", b"POST /a.bin\r\n\r\n", **refused(5, BARE)),
    row("one word", b"GET\r\n\r\n", **refused(4, BARE)),
    row("no word", b" \t \r\n\r\n", **refused(3, NOTHING)),
    row("four words", get("/a.bin b"), status=400,
        reason=differs(19, ANY, "Bad Request"),
        message=differs(4, "Bad request syntax ('GET /a.bin b HTTP/1.1')", ANY)),
    row("tabs", b"GET\t/a.bin\tHTTP/1.0\r\n\r\n", **refused(2)),
    row("two spaces", get(" /a.bin"), **refused(2)),
    row("a space at the end", get("/a.bin", version="HTTP/1.0 "), **refused(2)),
    row("line feeds only", b"GET /a.bin HTTP/1.0\n\n", **refused(2)),
    row("no Host", b"GET /a.bin HTTP/1.1\r\n\r\n", **refused(2)),
    row("two of them", get("/a.bin", "Host: b"), **refused(2)),
    row("one that is none", b"GET /a.bin HTTP/1.1\r\nHost: a/b\r\n\r\n", **refused(2)),
    row("HTTP/1.0 needs no Host", b"GET /a.bin HTTP/1.0\r\n\r\n", **HELLO),
    row("an absolute target", get("http://example.test/a.bin"), **served(2, 404)),
    row("a target without slash", get("a.bin"), **refused(2)),
    row("a blank line first", b"\r\n" + get("/a.bin"), **served(14, NOTHING)),
    row("a long target", get("/a.bin?" + 8000 * "a"), **HELLO),
    row("a longer one", get("/a.bin?" + 9000 * "a"), **refused(1, 200, 414)),
    row("one that is too long for both", get("/" + 70000 * "a"), status=414,
        reason=re.compile("(Request-)?URI Too Long"),
        message=re.compile("(Request-)?URI Too Long")),
    row("many fields", get("/a.bin", *MANY[:90]), **HELLO),
    row("too many", get("/a.bin", *MANY), **too_large("Too many headers")),
    row("a long field", get("/a.bin", "X: " + 30000 * "a"), **HELLO),
    row("one that is too long", get("/a.bin", "X: " + 70000 * "a"),
        **too_large("Line too long")),
    row("many long ones", get("/a.bin", *LONG), **refused(10, 200, 431)),
    row("a folded field", get("/a.bin", "X: a", " b"), **refused(11)),
    row("no colon", get("/a.bin", "X"), **refused(11)),
    row("a space before it", get("/a.bin", "X : a"), **refused(11)),
    row("no name", get("/a.bin", ": a"), **refused(11)),
    row("a bare CR", get("/a.bin", "X: a\rb"), **refused(11)),
    row("a NUL", get("/a.bin", "X: a\0b"), **refused(11)),
    row("an unknown Expect", get("/a.bin", "Expect: tea"), **refused(13, 200, 417)),
]


def script(name, why, target):
    """A row about what the script is called that a target runs."""
    return row(why, get(target), **runs(SCRIPT_NAME=name, PATH_INFO=""))


def missing(name):
    return fails(404, f"No such CGI script ('{name}')")


def no_file(name):
    return fails(403, f"CGI script is not a plain file ('{name}')")


SELECTION = [
    script("/cgi-bin/env", "a script", "/cgi-bin/env"),
    script("/htbin/env", "the other folder", "/htbin/env"),
    script("/cgi-bin/sub/env", "in a folder below", "/cgi-bin/sub/env"),
    script("/cgi-bin/sub/deep/env", "in the next one", "/cgi-bin/sub/deep/env"),
    script("/cgi-bin/env", "`//` is `/`", "//cgi-bin//env"),
    script("/cgi-bin/env", "`.` is nothing", "/./cgi-bin/./env"),
    script("/cgi-bin/env", "an escaped slash", "/cgi-bin%2fenv"),
    script("/cgi-bin/env", "an escaped letter", "/%63gi-bin/%65nv"),
    script("/cgi-bin/sp ace", "an escaped space", "/cgi-bin/sp%20ace"),
    script("/cgi-bin/env", "a way round", "/x/../cgi-bin/env"),
    script("/cgi-bin/env", "one that is absent", "/absent/../cgi-bin/env"),
    script("/cgi-bin/env", "out and in again", "/cgi-bin/../cgi-bin/env"),
    row("the way out", get("/cgi-bin/../a.bin"), **HELLO),
    row("the escaped way out", get("/cgi-bin/..%2fa.bin"), **HELLO),
    row("other folders have no scripts", get("/x/cgi-bin/env"), **HELLO | {
        "body": b"#!/bin/sh\n"}),
    row("the case matters", get("/CGI-BIN/env"), **NOT_FOUND),
    row("a name that begins the same", get("/cgi-binary"), **NOT_FOUND),
    row("a missing script", get("/cgi-bin/x"), **missing("/cgi-bin/x")),
    row("POST to it", post("/cgi-bin/x"), **missing("/cgi-bin/x")),
    row("one in a folder", get("/cgi-bin/sub/x/y?z"), **missing("/cgi-bin/sub/x")),
    row("HEAD of it", head("/cgi-bin/x"),
        **fails_silently(404, "No such CGI script ('/cgi-bin/x')")),
    row("the folder itself", get("/cgi-bin/"), **no_file("/cgi-bin/")),
    row("a folder in it", get("/cgi-bin/folder"), **no_file("/cgi-bin/folder")),
    row("one with a slash", get("/cgi-bin/folder/"), **no_file("/cgi-bin/folder/")),
    row("no x bit", get("/cgi-bin/plain"),
        **fails(403, "CGI script is not executable ('/cgi-bin/plain')")),
    row("an x bit that is for its owner", get("/cgi-bin/mine"),
        **(refused(44, 200, 403), runs())[not AS_ROOT]),
    row("a name that is escaped twice", get("/cgi-bin/%2565nv"),
        **refused(43, 200, 404),
        message=differs(43, None, "No such CGI script ('/cgi-bin/%65nv')")),
    row("a `?` in the name", get("/cgi-bin/env%3Fx=1"), **refused(43, 200, 404)),
    row("a symlink that leads out", get("/cgi-bin/out"), **refused(37, 200, 404)),
    row("a fragment", get("/cgi-bin/env#f"), **refused(38)),
    row("`..` above the root", get("/../cgi-bin/env"), **refused(25, NOTHING, 200)),
]


def path_info(target, expected):
    """A row about PATH_INFO, and what comes with it."""
    return row(f"PATH_INFO of {target}", get(target), **runs(
        PATH_INFO=expected, PATH_TRANSLATED=f"{ROOT}{expected}",
        SCRIPT_NAME="/cgi-bin/env", QUERY_STRING=""))


def query(target, expected):
    """A row about QUERY_STRING, which nobody decodes."""
    return row(f"QUERY_STRING of {target}", get(target), **runs(
        QUERY_STRING=expected, SCRIPT_NAME="/cgi-bin/env"))


TARGETS = [
    path_info("/cgi-bin/env/", "/"),
    path_info("/cgi-bin/env/a/b", "/a/b"),
    path_info("/cgi-bin/env/a/", "/a/"),
    path_info("/cgi-bin/env/a//b/", "/a/b/"),
    path_info("/cgi-bin/env/a/./../b", "/b"),
    path_info("/cgi-bin/env/a%2Fb", "/a/b"),
    path_info("/cgi-bin/env%2Fa", "/a"),
    path_info("/cgi-bin/env/sp%20a+ce", "/sp a+ce"),
    path_info("/cgi-bin/env/%C3%BC", "/\xfc"),
    row("no PATH_INFO", get("/cgi-bin/env"), **runs(
        PATH_INFO="", PATH_TRANSLATED=differs(46, str(ROOT), None))),
    row("PATH_INFO that is escaped twice", get("/cgi-bin/env/%2541"), **runs(
        PATH_INFO=differs(43, "/A", "/%41"))),
    row("`?` in PATH_INFO", get("/cgi-bin/env/a%3Fb"), **runs(
        PATH_INFO=differs(43, "/a", "/a?b"), QUERY_STRING=differs(43, "b", ""))),
    row("bytes that are no UTF-8", get("/cgi-bin/env/%ff"), **runs(
        PATH_INFO=differs(43, "/\ufffd", "/\udcff"))),
    query("/cgi-bin/env", ""),
    query("/cgi-bin/env?", ""),
    query("/cgi-bin/env?a=1&b=2", "a=1&b=2"),
    query("/cgi-bin/env?a?b?c", "a?b?c"),
    query("/cgi-bin/env??", "?"),
    query("/cgi-bin/env/x?a/../b", "a/../b"),
    query("/cgi-bin/env?a%2Fb+c%20%zz", "a%2Fb+c%20%zz"),
]


def variable(number, name, ancestor, ours):
    """A row about one variable of a simple GET."""
    value = {name: differs(number, ancestor, ours)}
    return row(name, get("/cgi-bin/env?a=b"), **runs(**value))


BASIC = "Basic bWU6c2VjcmV0"  # me:secret
NOBODY = pwd.getpwnam("nobody")
IDS = [os.getuid(), os.getgid(), os.getgroups()]
IDS_OF_ROOT = differs(55, [NOBODY.pw_uid, *IDS[1:]], [NOBODY.pw_uid, NOBODY.pw_gid, []])

BOTH_HAVE = """GATEWAY_INTERFACE PATH PATH_INFO QUERY_STRING REMOTE_ADDR REMOTE_HOST
REQUEST_METHOD SCRIPT_NAME SERVER_NAME SERVER_PORT SERVER_PROTOCOL SERVER_SOFTWARE"""
ANCESTOR_HAS = """CANARY CONTENT_LENGTH CONTENT_TYPE HTTP_ACCEPT HTTP_COOKIE
HTTP_REFERER HTTP_USER_AGENT LC_ALL PATH_TRANSLATED"""
OURS_HAS = """DOCUMENT_ROOT HTTP_HOST REDIRECT_STATUS REMOTE_PORT REQUEST_SCHEME
REQUEST_URI SCRIPT_FILENAME SERVER_ADDR"""

VARIABLES = [
    row("these, and no other", get("/cgi-bin/env"), **runs(names=differs(
        50, sorted(f"{BOTH_HAVE} {ANCESTOR_HAS}".split()),
        sorted(f"{BOTH_HAVE} {OURS_HAS}".split())))),
    row("of a GET", get("/cgi-bin/env?a=b"), **runs(
        GATEWAY_INTERFACE="CGI/1.1", REQUEST_METHOD="GET", SERVER_PORT="its port",
        SCRIPT_NAME="/cgi-bin/env", PATH_INFO="", QUERY_STRING="a=b",
        REMOTE_ADDR="127.0.0.1", args=[], fds=[0, 1, 2])),
    row("of a POST", post("/cgi-bin/env", "Content-Type: text/x;  y=z"), **runs(
        REQUEST_METHOD="POST", CONTENT_LENGTH="7", CONTENT_TYPE="text/x;  y=z")),
    row("of the fields that both know",
        get("/cgi-bin/env", "User-Agent: a", "Referer: b", "Accept: c", "Cookie: d=e"),
        **runs(HTTP_USER_AGENT="a", HTTP_REFERER="b", HTTP_ACCEPT="c",
               HTTP_COOKIE="d=e")),
    row("of a field that comes twice", get("/cgi-bin/env", "Accept: a", "accept: b"),
        **runs(HTTP_ACCEPT=differs(49, "a,b", "a, b"))),
    row("of two Cookie fields", get("/cgi-bin/env", "Cookie: a=1", "cookie: b=2"),
        **runs(HTTP_COOKIE=differs(49, "a=1, b=2", "a=1; b=2"))),
    row("of others", get("/cgi-bin/env", "X-It: a", "X_It: b", "Proxy: c"), **runs(
        HTTP_X_IT=differs(49, None, "a"), HTTP_PROXY=None,
        HTTP_HOST=differs(49, None, "example.test"))),
    row("of credentials", get("/cgi-bin/env", f"Authorization: {BASIC}"), **runs(
        AUTH_TYPE=differs(47, "Basic", None), REMOTE_USER=differs(47, "me", None),
        HTTP_AUTHORIZATION=None)),
    row("of credentials that are for the script",
        get("/cgi-bin/env", f"Authorization: {BASIC}"), "--pass-authorization",
        **runs(HTTP_AUTHORIZATION=differs(47, None, BASIC),
               REMOTE_USER=differs(47, "me", None))),
    row("a length that is none", get("/cgi-bin/env", "Content-Length: 5x"),
        **refused(48)),
    row("--set-env", get("/cgi-bin/env"), "--set-env=CANARY=mute",
        **runs(CANARY=differs(50, "sings", "mute"))),
    row("--pass-env", get("/cgi-bin/env"), "--pass-env=CANARY", **runs(CANARY="sings")),
    variable(46, "SERVER_SOFTWARE", re.compile("SimpleHTTP/.+"),
             re.compile("cgihttpd(/.+)?")),
    variable(46, "SERVER_NAME", ANY, "example.test"),
    variable(46, "SERVER_PROTOCOL", "HTTP/1.0", "HTTP/1.1"),
    variable(46, "REMOTE_HOST", "", "127.0.0.1"),
    variable(48, "CONTENT_TYPE", "text/plain", None),
    variable(48, "CONTENT_LENGTH", "", None),
    variable(49, "HTTP_ACCEPT", "", None),
    variable(49, "HTTP_USER_AGENT", "", None),
    variable(49, "HTTP_REFERER", "", None),
    variable(49, "HTTP_COOKIE", "", None),
    variable(50, "SCRIPT_FILENAME", None, f"{ROOT}/cgi-bin/env"),
    variable(50, "DOCUMENT_ROOT", None, str(ROOT)),
    variable(50, "REQUEST_URI", None, "/cgi-bin/env?a=b"),
    variable(50, "REQUEST_SCHEME", None, "http"),
    variable(50, "REDIRECT_STATUS", None, "200"),
    variable(50, "SERVER_ADDR", None, "127.0.0.1"),
    variable(50, "REMOTE_PORT", None, re.compile(r"\d+")),
]

DIRECT = "--cgi-output=direct"
SAID = {"status": 200, "reason": "Script output follows"}
LARGE = bytes(range(256)) * 1000

EXECUTION = [
    row("a body", post("/cgi-bin/echo"), **runs(body=b"a=1&b=2")),
    row("a large one", post("/cgi-bin/echo", body=LARGE), **runs(body=LARGE)),
    row("a body that is read to its end", post("/cgi-bin/cat"),
        status=differs(53, HANGS, 200), body=b"a=1&b=2"),
    row("no body", get("/cgi-bin/env"), **runs(
        stdin=differs(53, "socket", "/dev/null"))),
    row("Expect", post("/cgi-bin/echo", "Expect: 100-continue"), **runs(
        body=b"a=1&b=2", interim=differs(13, None, "100"))),
    row("no query", get("/cgi-bin/env"), **runs(args=differs(52, [""], []))),
    row("a query without `=`", get("/cgi-bin/env?a+b%20c"), **runs(
        args=differs(52, ["a b%20c"], []))),
    row("--isindex", get("/cgi-bin/env?a+b%20c"), "--isindex", **runs(
        args=differs(52, ["a b%20c"], ["a", "b c"]))),
    row("where", get("/cgi-bin/sub/env"), **runs(
        folder=differs(56, "/", f"{ROOT}/cgi-bin/sub"))),
    row("who", get("/cgi-bin/env"), **runs(ids=IDS_OF_ROOT if AS_ROOT else IDS)),
    row("a head with line feeds", get("/cgi-bin/lf"), **runs(
        content_type="text/x", body=b"lines")),
    row("HEAD", head("/cgi-bin/exit"), **runs(body=differs(17, b"out\n", b""))),
    row("an exit status", get("/cgi-bin/exit"), **runs(
        body=b"out\n", log=differs(58, r"CGI script exit code 3$",
                                   r"/cgi-bin/exit: exit status 3, \d+ ms of CPU "
                                   r"time$"))),
    row("Status", get("/cgi-bin/gone"), **refused(51, 200, 404), body=b"no\n",
        reason=differs(51, "Script output follows", "Gone for good")),
    row("Location", get("/cgi-bin/away"), **refused(51, 200, 302),
        location="http://example.test/there"),
    row("no output", get("/cgi-bin/silent"), **refused(51, 200, 502)),
    row("nph-", get("/cgi-bin/nph-own"), **refused(51, 200, 299),
        reason=differs(51, "Script output follows", "Mine")),
    row("no interpreter", get("/cgi-bin/no-interpreter"), **refused(57, 200, 403)),
    row("no shebang", get("/cgi-bin/no-shebang"), **refused(57, 200, 403)),
    row("direct: a GET", get("/cgi-bin/env/a?b=c"), DIRECT, **SAID,
        PATH_INFO="/a", QUERY_STRING="b=c", fds=[0, 1, 2], stdin="socket"),
    row("direct: HEAD", head("/cgi-bin/lf"), DIRECT, **SAID,
        body=differs(17, b"lines", b""), content_type=differs(17, "text/x", None)),
    row("direct: a body", post("/cgi-bin/echo"), DIRECT, **SAID, body=b"a=1&b=2"),
    row("direct: Status means nothing", get("/cgi-bin/gone"), DIRECT, **SAID,
        body=b"no\n", field_status="404 Gone for good"),
    row("direct: nor does Location", get("/cgi-bin/away"), DIRECT, **SAID,
        location="http://example.test/there"),
    row("direct: a missing script", get("/cgi-bin/x"), DIRECT, **missing("/cgi-bin/x")),
    row("direct: no interpreter", get("/cgi-bin/no-interpreter"), DIRECT,
        **refused(57, 200, 403)),
]

# --- Both sides -------------------------------------------------------------------


@contextlib.contextmanager
def ancestor():
    """Runs the ancestor; gives its port, and what searches its log."""
    command = [sys.executable, "-u", "-W", "ignore", "-m", "http.server", "--cgi"]
    command += ["--bind", "127.0.0.1", "--directory", str(ROOT), "0"]
    with tempfile.TemporaryFile() as log, subprocess.Popen(
        command,
        cwd="/",
        env={"PATH": harness.PATH, **ENVIRONMENT},
        stdout=subprocess.PIPE,
        stderr=log,
    ) as process:

        def find_in_log(pattern):
            text = os.pread(log.fileno(), 1 << 20, 0).decode()
            return re.search(pattern, text, re.MULTILINE)

        try:
            assert select.select([process.stdout], [], [], harness.PATIENCE)[0]
            greeting = process.stdout.readline().decode()
            yield int(re.search(r" port (\d+) ", greeting)[1]), find_in_log
        finally:
            process.kill()


@contextlib.contextmanager
def ours(*options):
    """The same with the program under test."""
    with harness.Server(ROOT, *options, environment=ENVIRONMENT) as server:
        yield server.port, server.wait_for_log


@functools.cache
def running(side, *options):
    """Starts a side when it is first asked; it runs until the tests end."""
    return unittest.enterModuleContext(side(*options))


def look(side, row):
    """What a side makes of a row: all that can be compared, by its name."""
    port, find_in_log = running(side, *(row.options if side is ours else ()))
    # The ancestor resets a connection of which it did not read everything.
    seen = take_apart(converse(port, row.request, OSError if side is ancestor else ()))
    if seen.get("SERVER_PORT") == str(port):
        seen["SERVER_PORT"] = "its port"
    if "log" in row.compare:
        pattern = getattr(row.compare["log"], side.__name__)
        seen["log"] = pattern if find_in_log(pattern) else None
    return seen


def converse(port, request, forgiven):
    """What comes back until the end; what is `forgiven` is an end, too."""
    received = bytearray()
    address = ("127.0.0.1", port)
    with socket.create_connection(address, harness.PATIENCE) as connection:
        with contextlib.suppress(forgiven):
            connection.sendall(request)
        if not request:
            connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(forgiven):
            while piece := connection.recv(1 << 16):
                received += piece
    return bytes(received)


def take_apart(received):
    """Names the parts of an answer."""
    if not received.startswith(b"HTTP/"):
        return {"status": BARE if received else NOTHING}
    lines, body = re.split(rb"\r?\n\r?\n|\Z", received, 1)
    status_line, *lines = lines.decode("latin-1").splitlines()
    version, status, reason = status_line.split(" ", 2)
    if status == "100":
        return {**take_apart(body), "interim": status}
    seen = {}
    for name, _, value in (line.partition(":") for line in lines):
        name = name.lower().replace("-", "_")
        value = value.strip().replace(";charset=", "; charset=")
        seen["field_status" if name == "status" else name] = value
    if seen.get("transfer_encoding") == "chunked":
        body = without_chunks(body)
    seen |= {"version": version, "status": int(status), "reason": reason}
    return seen | take_body_apart(body)


def without_chunks(body):
    """Joins the chunks; an answer that is cut off is an error."""
    whole = b""
    while size := int(body[: body.index(b"\r\n")], 16):
        begin = body.index(b"\r\n") + 2
        whole += body[begin : begin + size]
        body = body[begin + size + 2 :]
    return whole


def take_body_apart(body):
    """Names what a dump, an error page or a listing says; others are as they are."""
    text = body.decode("utf-8", "surrogateescape")
    if text.startswith('{"environment": '):
        seen = json.loads(text)
        environment = seen.pop("environment")
        return {**seen, **environment, "names": sorted(environment)}
    if not (title := re.search("<title>([^<]*)</title>", text)):
        return {"body": body}
    if message := re.search(r"<p>Message: ([^<]*)\.</p>", text):
        return {
            "title": title[1],
            "code": re.search(r"<p>Error code: (\d+)</p>", text)[1],
            "message": html.unescape(message[1]),
            "explanation": re.search(r"explanation: ([^<]*)</p>", text)[1],
        }
    # Ours has a way to the folder and titles that sort, besides.
    entries = text[max(text.find("<tbody>"), 0):]
    links = re.findall('<a href="([^"]*)">([^<]*)</a>', entries)
    links = [link for link in links if link[0] != "../"]
    paths = [path_for(href) for href, _ in links]
    texts = [html.unescape(shown) for _, shown in links]
    return {"title": title[1], "links": paths, "texts": texts}


def path_for(href):
    """The path which a browser in the root folder would ask for, decoded."""
    url = urllib.parse.urljoin("http://example.test/", html.unescape(href))
    return urllib.parse.unquote(urllib.parse.urlsplit(url).path)


def agrees(expected, seen):
    if isinstance(expected, re.Pattern):
        return isinstance(seen, str) and expected.fullmatch(seen)
    return expected == seen


def faults(row):
    """Says what is not as the row has it."""
    hangs = HANGS in [getattr(each, "ancestor", None) for each in row.compare.values()]
    seen = {side: look(side, row) for side in ([ours] if hangs else [ancestor, ours])}
    for name, expected in row.compare.items():
        for side, answer in seen.items():
            wanted = getattr(expected, side.__name__, expected)
            if not agrees(wanted, answer.get(name)):
                yield f"{name} of {side.__name__}: {answer.get(name)!r}, not {wanted!r}"
    if len({answer["status"] for answer in seen.values()}) == 1 and not hangs:
        for name in set(USUAL) - set(row.compare):
            values = [answer.get(name) for answer in seen.values()]
            if values[0] != values[1]:
                yield f"{name} differs, and no row says so: {values}"


class SideBySide(unittest.TestCase):
    def compare(self, rows):
        for row in rows:
            with self.subTest(row.why):
                self.assertEqual([], list(faults(row)))

    def test_folders(self):
        self.compare(FOLDERS)

    def test_files(self):
        self.compare(FILES)

    def test_types(self):
        for name, ancestors, our in TYPES:
            is_same = re.fullmatch(ancestors, our)
            kind = our if is_same else differs(35, re.compile(ancestors), our)
            self.compare([row(name, get("/" + name), status=200, content_type=kind)])

    def test_methods(self):
        self.compare(METHODS)

    def test_answers(self):
        self.compare(ANSWERS)

    def test_syntax(self):
        self.compare(SYNTAX)

    def test_selection(self):
        self.compare(SELECTION)

    def test_targets(self):
        self.compare(TARGETS)

    def test_variables(self):
        self.compare(VARIABLES)

    def test_execution(self):
        self.compare(EXECUTION)

    def test_every_difference_has_a_row(self):
        self.assertEqual(set(DIFFERENCES), found_differences)


if __name__ == "__main__":
    if not hasattr(http.server, "CGIHTTPRequestHandler"):
        harness.skip("this python's http.server has no --cgi any more (3.15)")
    harness.main()
