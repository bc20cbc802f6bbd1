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
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<link rel="stylesheet" href="../style.css">
</head>
<body>
<main>
<h1>$title</h1>
$content
<form method="post"><p><input name="message" aria-label="Message"></p><p><button>Send</button></p></form>
<p><a href="../">Back</a> &middot; <a href="source.py?file=form.pl">Source</a></p>
</main>
</body>
</html>
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
    $content .= "<dt>$name</dt><dd class='text'>$value</dd>\n";
}
answer('200 OK', 'Received', "<dl>$content</dl>");
