#!/usr/bin/python3
"""Says what an uploaded file is. It is looked at in memory, and kept nowhere."""

import email
import email.policy
import hashlib
import html
import os
import sys

MAX_BODY = 4 << 20

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Upload</title>
<link rel="stylesheet" href="../style.css">
</head>
<body>
<main>
<h1>Upload</h1>
{content}
<form method="post" enctype="multipart/form-data">
<p><label>A file of at most 4 MiB<br><input type="file" name="file" required></label></p>
<p><button>Send</button></p>
</form>
<p><a href="../">Back</a> · <a href="source.py?file=upload.py">Source</a></p>
</main>
</body>
</html>"""


def answer(status, content):
    print(f"Status: {status}\nContent-Type: text/html; charset=utf-8\n")
    print(PAGE.format(content=content))
    sys.exit()


def received_parts():
    """The parts of the form: it is framed as a mail with attachments is."""
    length = int(os.environ.get("CONTENT_LENGTH") or 0)
    if length > MAX_BODY:
        answer("413 Content Too Large", "<p>The file is too large.</p>")
    kind = os.environ.get("CONTENT_TYPE", "")
    head = f"Content-Type: {kind}\r\n\r\n".encode("utf-8", "surrogateescape")
    message = email.message_from_bytes(
        head + sys.stdin.buffer.read(length), policy=email.policy.HTTP
    )
    return message.iter_parts() if message.is_multipart() else ()


def describe(part):
    content = part.get_payload(decode=True) or b""
    rows = {
        "Name": part.get_filename(),
        "Type": part.get_content_type(),
        "Size": f"{len(content)} octets",
        "SHA-256": hashlib.sha256(content).hexdigest(),
    }
    return "".join(f"<dt>{k}</dt><dd>{html.escape(v)}</dd>" for k, v in rows.items())


sys.stdout.reconfigure(encoding="utf-8", errors="replace")
if os.environ["REQUEST_METHOD"] != "POST":
    answer("200 OK", "")
files = [describe(part) for part in received_parts() if part.get_filename()]
if not files:
    answer("400 Bad Request", "<p>There was no file in it.</p>")
answer("200 OK", f"<dl>{''.join(files)}</dl>")
