#!/bin/sh
# The smallest script: a header, an empty line, a body.
echo 'Content-Type: text/plain; charset=utf-8'
echo
echo "Hello, $REMOTE_ADDR. I am process $$, and it is $(date -u '+%H:%M:%S') UTC."
