#!/usr/bin/python3
"""A form as python reads it now that there is no module cgi: by that for mail."""

import email.parser
import email.policy
import hashlib
import json
import os
import sys

body = sys.stdin.buffer.read(int(os.environ["CONTENT_LENGTH"]))
head = f"Content-Type: {os.environ['CONTENT_TYPE']}\r\n\r\n"
parser = email.parser.BytesParser(policy=email.policy.HTTP)
parts = {}
for part in parser.parsebytes(head.encode() + body).iter_parts():
    name = part.get_param("name", header="Content-Disposition")
    content = part.get_payload(decode=True)
    digest = hashlib.sha256(content).hexdigest()
    parts[name] = [part.get_filename(), len(content), digest]

print("Content-Type: application/json\n")
json.dump(parts, sys.stdout)
