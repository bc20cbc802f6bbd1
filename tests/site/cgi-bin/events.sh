#!/bin/sh
# The time, once a second, as Server-Sent Events: an answer that goes on for ten
# minutes, or until the browser has gone. Then the browser comes again by itself.
printf 'Content-Type: text/event-stream\nCache-Control: no-store\n\n'
second=0
while [ "$second" -lt 600 ]; do
  printf 'data: %s UTC\n\n' "$(date -u '+%H:%M:%S')" || exit
  sleep 1
  second=$((second + 1))
done
