"""Measurements that are too long for the tests: each module is a command, and prints what it measured."""
