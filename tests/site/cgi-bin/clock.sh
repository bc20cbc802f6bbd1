#!/bin/sh
# Streams: each line reaches the client when it is written.
echo 'Content-Type: text/html; charset=utf-8'
echo 'Cache-Control: no-store'
echo
echo '<!DOCTYPE html><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
echo '<title>clock</title><pre>'
for second in 1 2 3 4 5; do
  echo "$second of 5: $(date -u '+%H:%M:%S') UTC" || exit  # the client is gone
  [ "$second" = 5 ] || sleep 1
done
echo '</pre>'
