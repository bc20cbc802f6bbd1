#!/bin/sh
# Sends the client elsewhere, with a status of its own.
host=${HTTP_HOST:-$SERVER_NAME:$SERVER_PORT}
echo 'Status: 303 See Other'
echo "Location: $REQUEST_SCHEME://$host/"
echo 'Content-Type: text/plain; charset=utf-8'
echo
echo 'The start page is elsewhere.'
