#!/usr/bin/env python3
"""Counts visits in a cookie: the browser keeps the number."""

import os
from http.cookies import CookieError, SimpleCookie


def earlier_visits():
    try:
        number = SimpleCookie(os.environ.get("HTTP_COOKIE", ""))["visits"].value
    except (CookieError, KeyError):
        return 0
    return int(number) if number.isdecimal() and len(number) < 7 else 0


visits = earlier_visits() + 1
print("Content-Type: text/plain; charset=utf-8")
print(f"Set-Cookie: visits={visits}; Max-Age=86400; HttpOnly; SameSite=Lax")
print("Cache-Control: no-store")
print()
print(f"Visit number {visits}. Reload the page.")
