#!/usr/bin/env python3
"""The ledger itself: each lie that a daemon could tell is found. No broker, no daemon: topics and answers are made up."""
import types
import unittest
from unittest import mock

import ledger
from ledger import Case

# name: what the topics and the answers are changed to; the complaint that must come.
LIES = {
    "nothing": ({}, {}, None),
    "lost": ({"good": {"a0": []}}, {}, "a0: answered as published, but not on its topic"),
    "a bad one lost": ({"bad": {"a2": []}}, {}, "a2: answered as rejected, but not on its topic"),
    "on the other topic, too": ({"bad": {"a0": [(0, 9)]}}, {}, "a0: answered as published, but on the other topic, too"),
    "never sent": ({"good": {"z9": [(0, 9)]}}, {}, "z9: on a topic, but never sent"),
    "a bad one taken for good": ({"good": {"a2": [(0, 9)]}, "bad": {"a2": []}}, {"a2": "published"}, "a2: bad, but answered"),
    "overtaken": ({"good": {"a0": [(0, 7)]}}, {}, "client 0: a1 (1) overtook a0 (7)"),
    "one key on two partitions": ({"good": {"a3": [(1, 3)], "a4": [(0, 4)]}}, {}, "one key, several partitions"),
    "twice": ({"good": {"a0": [(0, 0), (0, 8)]}}, {}, None),
}

# The same of a topic that was given more partitions before the last request began.
GROWN = {
    "a key moves": ({"good": {"a3": [(1, 0)], "a4": [(1, 1)]}}, None),
    "and is not the same afterwards": ({"good": {"a3": [(1, 3)], "a4": [(0, 4)]}}, "one key, several partitions"),
    "overtaken before": ({"good": {"a0": [(0, 7)]}}, "client 0: a1 (1) overtook a0 (7)"),
    "overtaken afterwards": ({"good": {"a1": [(1, 7)], "a3": [(1, 3)], "a4": [(1, 4)]}}, "client 0: a3 (3) overtook a1 (7)"),
}


class Lies(Case):
    def book(self, answers):
        with mock.patch.object(ledger.Client, "start"):
            book = ledger.Ledger(types.SimpleNamespace(port=1))
        book.sent = {"a0": False, "a1": False, "a2": True, "a3": False, "a4": False}
        book.acknowledged = {number: "rejected" if bad else "published" for number, bad in book.sent.items()} | answers
        book.began = {"a0": 10, "a1": 11, "a2": 12, "a3": 20, "a4": 20}
        book.order[0] = [["a0"], ["a1"], ["a2"], ["a3", "a4"]]
        return book

    def count(self, topics, answers, settled=0):
        found = {"good": {f"a{number}": [(0, number)] for number in (0, 1, 3, 4)}, "bad": {"a2": [(0, 0)]}}
        for name, change in topics.items():
            found[name] = {number: at for number, at in (found[name] | change).items() if at}
        book = self.book(answers)
        with mock.patch.object(ledger, "read_ids", lambda _, topic: found[topic]):
            return book.count(types.SimpleNamespace(bootstrap=""), "good", "bad", keyed=True, settled=settled)

    def judge(self, topics, answers, complaint, settled=0):
        if complaint is None:
            self.assertEqual(self.count(topics, answers, settled).lost, 0)
            return
        with self.assertRaises(AssertionError) as caught:
            self.count(topics, answers, settled)
        self.assertIn(complaint, str(caught.exception))

    def test_each_is_found(self):
        for name, (topics, answers, complaint) in LIES.items():
            with self.subTest(name):
                self.judge(topics, answers, complaint)

    def test_partitions_are_added(self):
        for name, (topics, complaint) in GROWN.items():
            with self.subTest(name):
                self.judge(topics, {}, complaint, settled=15)

    def test_copies_are_counted(self):
        self.assertEqual(self.count(LIES["twice"][0], {}).figures()["duplicates"], 1)


if __name__ == "__main__":
    unittest.main()
