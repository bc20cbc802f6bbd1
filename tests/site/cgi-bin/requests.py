#!/usr/bin/python3
"""Asks this server for a file in several ways, and shows what was said.

It asks only the server that has started it, and only for one file of this site.
"""

import http.client
import os
import sys

TARGET = "/files/words.txt"


def ask(why, fields):
    """Shows a request, and the answer's head; returns its fields."""
    print(f"--- {why}\n\nGET {TARGET}")
    for name, value in fields.items():
        print(f"{name}: {value}")
    host, port = os.environ["SERVER_ADDR"], int(os.environ["SERVER_PORT"])
    connection = http.client.HTTPConnection(host, port, timeout=5)
    connection.request("GET", TARGET, headers=fields)
    answer = connection.getresponse()
    body = answer.read()
    print(f"\n{answer.status} {answer.reason}")
    for name in ("Content-Encoding", "Content-Length", "Content-Range", "ETag", "Last-Modified"):
        if name in answer.headers:
            print(f"{name}: {answer.headers[name]}")
    if answer.status == 206:
        print(f"\n{body.decode()}")
    print()
    return answer.headers


sys.stdout.reconfigure(encoding="utf-8")
print("Content-Type: text/plain; charset=utf-8\nCache-Control: no-store\n")
try:
    seen = ask("The whole file", {"Accept-Encoding": "identity"})
    ask("Compressed, since words.txt.gz lies beside it", {"Accept-Encoding": "gzip"})
    ask("Octets 4 to 8 of it", {"Accept-Encoding": "identity", "Range": "bytes=4-8"})
    ask("Only if it has changed", {"If-Modified-Since": seen["Last-Modified"]})
except (KeyError, ValueError, OSError, http.client.HTTPException) as error:
    print(f"The server cannot be asked from here: {error}")
