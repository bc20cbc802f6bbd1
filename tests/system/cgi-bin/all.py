#!/usr/bin/python3
# Small scripts in one file, the same as beside it in sh and in perl; the
# first word of PATH_INFO says which one to be.

import hashlib
import http.cookies
import os
import shutil
import sys
import urllib.parse

TEXT = "Content-Type: text/plain; charset=utf-8"


def answer(*fields, body=""):
    head = "".join(field + "\n" for field in fields) + "\n"
    sys.stdout.buffer.write(os.fsencode(head + body))
    sys.stdout.flush()


def body():
    return sys.stdin.buffer.read(int(os.environ["CONTENT_LENGTH"]))


def form():
    pairs = sorted(urllib.parse.parse_qsl(body().decode(), keep_blank_values=True))
    answer(TEXT, body="".join(f"{name}={value}\n" for name, value in pairs))


def digest():
    answer(TEXT, body=hashlib.sha256(body()).hexdigest() + "\n")


def digest_to_the_end():
    everything = sys.stdin.buffer.read()
    answer(TEXT, body=hashlib.sha256(everything).hexdigest() + "\n")


def visit():
    cookies = http.cookies.SimpleCookie(os.environ.get("HTTP_COOKIE"))
    visits = int(cookies["visits"].value) + 1 if "visits" in cookies else 1
    fields = (f"Set-Cookie: visits={visits}; Path=/", "Set-Cookie: last=a%20b; Path=/")
    answer(*fields, TEXT, body=f"{visits}\n")


def go():
    query = os.environ["QUERY_STRING"]
    status = [f"Status: {query} Elsewhere"] if query else []
    site = f"{os.environ['REQUEST_SCHEME']}://{os.environ['HTTP_HOST']}"
    answer(*status, f"Location: {site}/landing.txt")


def status():
    answer(f"Status: {os.environ['QUERY_STRING']} By Script", TEXT, body="by script\n")


def download():
    answer("Content-Type: application/octet-stream")
    with open(os.environ["DOWNLOAD"], "rb") as file:
        shutil.copyfileobj(file, sys.stdout.buffer)


def where():
    answer(TEXT, body=f"{os.environ['PATH_INFO']}\n{os.environ['QUERY_STRING']}\n")


def environment():
    lines = (f"{name}={value}\n" for name, value in sorted(os.environ.items()))
    answer(TEXT, body="".join(lines))


def complain():
    print("complaint 1", file=sys.stderr, flush=True)
    answer(TEXT)
    print("complaint 2", file=sys.stderr, flush=True)
    print("answer", flush=True)
    print("complaint 3", file=sys.stderr, flush=True)


def raw():
    head = "HTTP/1.1 299 Mine\r\nX-Odd:  two  spaces \r\nConnection: close\r\n\r\n"
    sys.stdout.write(head + "raw")


word = os.environ["PATH_INFO"].split("/")[1]
globals()[word.replace("-", "_")]()
