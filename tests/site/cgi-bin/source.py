#!/usr/bin/python3
"""Shows the source of these scripts, and of nothing else.

The server never sends what is in a folder of scripts. So this script does, from a
list: no name that a client sends becomes the name of a file.
"""

import os
import pathlib
import sys
import urllib.parse

FILES = (
    "clock.sh",
    "cookie.py",
    "environment.pl",
    "events.sh",
    "form.pl",
    "guestbook.py",
    "hello.sh",
    "nph-hello.sh",
    "picture.py",
    "redirect.sh",
    "requests.py",
    "source.py",
    "upload.py",
)

query = urllib.parse.parse_qs(os.environ.get("QUERY_STRING", ""))
wanted = query.get("file", [""])[0]
sys.stdout.reconfigure(encoding="utf-8")
if wanted and wanted not in FILES:
    print("Status: 404 Not Found")
print("Content-Type: text/plain; charset=utf-8\nX-Content-Type-Options: nosniff\n")
if wanted in FILES:
    print(pathlib.Path(FILES[FILES.index(wanted)]).read_text("utf-8"), end="")
else:
    print("Ask for one of these as source.py?file=NAME:", *FILES, sep="\n")
