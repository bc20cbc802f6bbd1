#!/usr/bin/perl
# Small scripts in one file, the same as beside it in sh and in python; the
# first word of PATH_INFO says which one to be.  They use CGI.pm where it helps.

use strict;
use warnings;
use CGI qw(-utf8);
use Digest::SHA qw(sha256_hex);

my %text = (-type => 'text/plain', -charset => 'utf-8');

my %scripts = (
    '/form' => sub {
        my $q = CGI->new;
        print $q->header(%text);
        for my $name (sort $q->param) {
            my $value = $q->param($name);
            if (my $file = $q->upload($name)) {
                binmode $file;
                my $content = do { local $/; <$file> };
                utf8::decode($value);    # -utf8 leaves the names of files alone
                $value .= ' ' . sha256_hex($content);
            }
            my $line = "$name=$value\n";
            utf8::encode($line);
            print $line;
        }
    },
    '/digest' => sub {
        read STDIN, my $body, $ENV{CONTENT_LENGTH};
        print CGI->new('')->header(%text), sha256_hex($body), "\n";
    },
    '/digest-to-the-end' => sub {
        my $body = do { local $/; <STDIN> };
        print CGI->new('')->header(%text), sha256_hex($body), "\n";
    },
    '/visit' => sub {
        my $q = CGI->new;
        my $visits = ($q->cookie('visits') // 0) + 1;
        my @cookies = (
            $q->cookie(-name => 'visits', -value => $visits, -path => '/'),
            $q->cookie(-name => 'last', -value => 'a b', -path => '/'),
        );
        print $q->header(%text, -cookie => \@cookies), "$visits\n";
    },
    '/go' => sub {
        my $q = CGI->new('');
        my $to = "$ENV{REQUEST_SCHEME}://$ENV{HTTP_HOST}/landing.txt";
        my $status = $ENV{QUERY_STRING};
        print $status
            ? $q->redirect(-uri => $to, -status => "$status Elsewhere")
            : "Location: $to\r\n\r\n";
    },
    '/status' => sub {
        my $status = "$ENV{QUERY_STRING} By Script";
        print CGI->new('')->header(%text, -status => $status), "by script\n";
    },
    '/download' => sub {
        open my $file, '<:raw', $ENV{DOWNLOAD} or die "$ENV{DOWNLOAD}: $!\n";
        my $length = -s $file;
        print CGI->new('')->header(
            -type => 'application/octet-stream',
            -Content_length => $length,
        );
        print $_ while read $file, $_, 7777;
    },
    '/where' => sub {
        print CGI->new('')->header(%text), "$ENV{PATH_INFO}\n$ENV{QUERY_STRING}\n";
    },
    '/environment' => sub {
        print CGI->new('')->header(%text);
        print "$_=$ENV{$_}\n" for sort keys %ENV;
    },
    '/complain' => sub {
        local $| = 1;
        warn "complaint 1\n";
        print CGI->new('')->header(%text);
        warn "complaint 2\n";
        print "answer\n";
        warn "complaint 3\n";
    },
    '/raw' => sub {
        print "HTTP/1.1 299 Mine\r\nX-Odd:  two  spaces \r\n";
        print "Connection: close\r\n\r\nraw";
    },
);

binmode STDOUT;
my ($word) = $ENV{PATH_INFO} =~ m{^(/[^/]*)};
$scripts{$word}->();
