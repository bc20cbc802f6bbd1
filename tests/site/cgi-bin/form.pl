#!/usr/bin/perl
# Shows what a form sent. Whatever came from the client is escaped before it is
# shown.
use strict;
use warnings;

my $MAX_BODY_OCTETS = 64 * 1024;

sub decode { return $_[0] =~ tr/+/ /r =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ger }
sub escape { return $_[0] =~ s/([&<>"'])/'&#' . ord($1) . ';'/ger }

sub answer {
    my ($status, $title, $content) = @_;
    print "Status: $status\nContent-Type: text/html; charset=utf-8\n\n", <<"END";
<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>$title</title>
<style>
body { margin: 0 auto; padding: 1rem; max-width: 40rem; font: 1rem/1.5 system-ui, sans-serif }
pre { white-space: pre-wrap; overflow-wrap: anywhere }
</style>
<h1>$title</h1>
$content
<form method="post"><input name="message" aria-label="message"> <button>Send</button></form>
<p><a href="../">Back</a></p>
END
    exit;
}

answer('200 OK', 'Send something', '') if $ENV{REQUEST_METHOD} ne 'POST';
my $length = $ENV{CONTENT_LENGTH} || 0;
answer('413 Content Too Large', 'Too much for this form', '') if $length > $MAX_BODY_OCTETS;

read(STDIN, my $body = '', $length);
my $content = '';
for my $field (split /&/, $body) {
    my ($name, $value) = map { escape(decode($_)) } $field =~ /^([^=]*)=?(.*)$/s;
    $content .= "<dt>$name<dd><pre>$value</pre>\n";
}
answer('200 OK', 'Received', "<dl>$content</dl>");
