#!/usr/bin/perl
# What a script is told: its environment, arguments and working directory.
use strict;
use warnings;
use Cwd ();

print "Content-Type: text/plain; charset=utf-8\n\n";
print "$_=$ENV{$_}\n" for sort keys %ENV;
print "\narguments: ", (@ARGV ? join(' ', map { "[$_]" } @ARGV) : 'none'), "\n";
print 'folder: ', Cwd::getcwd() // 'unknown', "\n";
print "user $>, groups $)\n";
