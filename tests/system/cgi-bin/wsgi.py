#!/usr/bin/python3
"""A WSGI application, which wsgiref holds to the letter of PEP 3333."""

import json
import wsgiref.handlers
import wsgiref.util
import wsgiref.validate


def application(environ, start_response):
    size = int(environ.get("CONTENT_LENGTH") or 0)
    answer = {
        "url": wsgiref.util.request_uri(environ),
        "application": wsgiref.util.application_uri(environ),
        "method": environ["REQUEST_METHOD"],
        "body": environ["wsgi.input"].read(size).decode(),
    }
    fields = [("Content-Type", "application/json"), ("X-Twice", "1"), ("X-Twice", "2")]
    start_response("201 Made", fields)
    return [json.dumps(answer).encode()]


wsgiref.handlers.CGIHandler().run(wsgiref.validate.validator(application))
