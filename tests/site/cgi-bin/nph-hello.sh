#!/bin/sh
# A script whose name begins with nph- is the server: it writes status line, fields and body itself.
printf 'HTTP/1.1 200 OK\r\n'
printf 'Date: %s\r\n' "$(LC_ALL=C date -u '+%a, %d %b %Y %H:%M:%S GMT')"
printf 'Content-Type: text/plain; charset=utf-8\r\n'
printf 'Connection: close\r\n\r\n'
[ "$REQUEST_METHOD" = HEAD ] || echo 'Every byte of this answer was written by the script.'
