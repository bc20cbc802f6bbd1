#!/usr/bin/python3
"""Draws a PNG by hand: waves that meet, others each time (or ?seed=NUMBER)."""

import math
import os
import random
import struct
import sys
import urllib.parse
import zlib

WIDTH, HEIGHT = 240, 120


def chunk(kind, content):
    """One chunk of a PNG (ISO/IEC 15948): length, kind, content, checksum."""
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def color(x, y, sources):
    height = sum(math.sin(math.hypot(x - sx, y - sy) / size) for sx, sy, size in sources)
    share = (height / len(sources) + 1) / 2
    return bytes(round(a + (b - a) * share) for a, b in zip((20, 64, 95), (232, 163, 61)))


query = urllib.parse.parse_qs(os.environ.get("QUERY_STRING", ""))
chance = random.Random(query.get("seed", [None])[0])
waves = [
    (chance.uniform(0, WIDTH), chance.uniform(0, HEIGHT), chance.uniform(4, 12))
    for _ in range(3)
]
lines = (b"\0" + b"".join(color(x, y, waves) for x in range(WIDTH)) for y in range(HEIGHT))
sys.stdout.buffer.write(
    b"Content-Type: image/png\nCache-Control: no-store\n\n\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress(b"".join(lines)))
    + chunk(b"IEND", b"")
)
