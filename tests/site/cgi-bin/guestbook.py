#!/usr/bin/python3
"""A guestbook: what it keeps is bounded, locked while it changes, and escaped.

It writes to the folder $GUESTBOOK_FOLDER, which is not below the root: nobody can
ask for its files, or have something executed there. A new version of the book
takes the old one's place at once, so that no reader ever finds half of it.
"""

import fcntl
import html
import json
import os
import pathlib
import sys
import time
import urllib.parse

MAX_BODY, MAX_NAME, MAX_TEXT, MAX_ENTRIES = 8192, 40, 500, 50

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Guestbook</title>
<link rel="stylesheet" href="../style.css">
</head>
<body>
<main>
<h1>Guestbook</h1>
{content}
<p><a href="../">Back</a> · <a href="source.py?file=guestbook.py">Source</a></p>
</main>
</body>
</html>"""
FORM = """<form method="post">
<p><label>Name<br><input name="name" maxlength="40" required></label></p>
<p><label>Text<br><textarea name="text" rows="3" maxlength="500" required></textarea></label></p>
<p><button>Write</button></p>
</form>"""


def answer(status, content):
    print(f"Status: {status}\nContent-Type: text/html; charset=utf-8")
    print("Cache-Control: no-store\nContent-Security-Policy: default-src 'none'; style-src 'self'\n")
    print(PAGE.format(content=content))
    sys.exit()


def read_entries(folder):
    try:
        return json.loads((folder / "book.json").read_text("utf-8"))
    except FileNotFoundError:
        return []


def add_entry(folder, entry):
    with open(folder / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        entries = [*read_entries(folder), entry][-MAX_ENTRIES:]
        new = folder / "book.new"
        new.write_text(json.dumps(entries), "utf-8")
        new.replace(folder / "book.json")


def received_entry():
    length = int(os.environ.get("CONTENT_LENGTH") or 0)
    if length > MAX_BODY:
        answer("413 Content Too Large", "<p>That is too much for this book.</p>")
    body = sys.stdin.buffer.read(length).decode("utf-8", "replace")
    fields = dict(urllib.parse.parse_qsl(body))
    name, text = fields.get("name", "").strip(), fields.get("text", "").strip()
    if not name or not text:
        answer("400 Bad Request", f"<p>A name and a text, please.</p>{FORM}")
    return {"name": name[:MAX_NAME], "text": text[:MAX_TEXT], "time": int(time.time())}


def show(entry):
    date = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(entry["time"]))
    name, text = html.escape(entry["name"]), html.escape(entry["text"])
    return f"<article><p><b>{name}</b>, {date}</p><p class=text>{text}</p></article>"


sys.stdout.reconfigure(encoding="utf-8")
place = os.environ.get("GUESTBOOK_FOLDER")
if not place:
    answer("503 Service Unavailable", "<p>There is no book: --set-env=GUESTBOOK_FOLDER=FOLDER gives it a place.</p>")
try:
    if os.environ["REQUEST_METHOD"] == "POST":
        add_entry(pathlib.Path(place), received_entry())
        # Who reloads the page that follows sends nothing twice.
        print("Status: 303 See Other\nLocation: guestbook.py\n")
    else:
        book = read_entries(pathlib.Path(place))
        answer("200 OK", FORM + "\n".join(show(entry) for entry in reversed(book)))
except OSError as error:
    print(error, file=sys.stderr)  # to the log
    answer("503 Service Unavailable", "<p>The book cannot be written now; the log says why.</p>")
