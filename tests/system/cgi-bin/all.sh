#!/bin/sh
# Small scripts in one file, the same as beside it in perl and in python; the
# first word of PATH_INFO says which one to be.

text='Content-Type: text/plain; charset=utf-8'

case $PATH_INFO in
/form)
    printf '%s\n\n' "$text"
    head -c "$CONTENT_LENGTH"
    ;;
/digest)
    digest=$(head -c "$CONTENT_LENGTH" | sha256sum)
    printf '%s\n\n%s\n' "$text" "${digest%% *}"
    ;;
/digest-to-the-end)
    digest=$(sha256sum)
    printf '%s\n\n%s\n' "$text" "${digest%% *}"
    ;;
/visit)
    visits=0
    case "; $HTTP_COOKIE;" in
    *'; visits='*) visits=${HTTP_COOKIE##*visits=} visits=${visits%%;*} ;;
    esac
    visits=$((visits + 1))
    printf 'Set-Cookie: visits=%d; Path=/\nSet-Cookie: last=a%%20b; Path=/\n' $visits
    printf '%s\n\n%s\n' "$text" "$visits"
    ;;
/go)
    [ -z "$QUERY_STRING" ] || printf 'Status: %s Elsewhere\n' "$QUERY_STRING"
    printf 'Location: %s://%s/landing.txt\n\n' "$REQUEST_SCHEME" "$HTTP_HOST"
    ;;
/status)
    printf 'Status: %s By Script\n%s\n\n%s\n' "$QUERY_STRING" "$text" "by script"
    ;;
/download)
    printf 'Content-Type: application/octet-stream\n\n'
    cat "$DOWNLOAD"
    ;;
/where*)
    printf '%s\n\n%s\n%s\n' "$text" "$PATH_INFO" "$QUERY_STRING"
    ;;
/environment)
    printf '%s\n\n' "$text"
    env
    ;;
/complain)
    echo 'complaint 1' >&2
    printf '%s\n\n' "$text"
    echo 'complaint 2' >&2
    echo 'answer'
    echo 'complaint 3' >&2
    ;;
/raw)
    printf 'HTTP/1.1 299 Mine\r\nX-Odd:  two  spaces \r\nConnection: close\r\n\r\nraw'
    ;;
esac
