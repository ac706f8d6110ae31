#!/usr/bin/env python3
"""Batches that come a moment too early, as their partition is just being made: the broker says that it does not lead it, takes
the next one, which is under way meanwhile, as the producer's first, and finds the first one out of order when it comes again.
librdkafka takes that for "it was there before" and reports success; nobody has the records. See src/sink/kafka_doubt.c.

The moment is short, so a proxy makes it: it answers each producer's first batch of each partition by itself, once the next one is
there. All else is between librdkafka and a real broker."""
import collections
import contextlib
import random
import socket
import struct
import threading
import time

import ledger
from fleet import admin
from ledger import Case, harness, pick

PRODUCE, NOT_LEADER = 0, 6                                      # of Kafka's protocol


class Words:
    """Reads the fields of a request, one after the other."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def number(self, code):
        (value,) = struct.unpack_from(">" + code, self.data, self.at)
        self.at += struct.calcsize(">" + code)
        return value

    def text(self, code="h"):
        size = max(0, self.number(code))                        # -1: none
        self.at += size
        return self.data[self.at - size:self.at]


def produce_request(frame):
    """(correlation, version, [(topic, [partition, ...])]) of a Produce request of version 3 to 8; None of any other."""
    words = Words(frame)
    if words.number("h") != PRODUCE:
        return None
    version = words.number("h")
    assert 3 <= version <= 8, version
    correlation = words.number("i")
    words.text(), words.text(), words.number("h"), words.number("i")          # client, transaction, acks, the time-out
    topics = []
    for _ in range(words.number("i")):
        topic, partitions = words.text(), []
        for _ in range(words.number("i")):
            partitions.append(words.number("i"))
            words.text("i")
        topics.append((topic, partitions))
    return correlation, version, topics


def not_leader(correlation, version, topics):
    """The answer to such a request."""
    body = struct.pack(">ii", correlation, len(topics))
    for topic, partitions in topics:
        body += struct.pack(">h", len(topic)) + topic + struct.pack(">i", len(partitions))
        for partition in partitions:
            body += struct.pack(">ihqq", partition, NOT_LEADER, -1, -1)
            body += struct.pack(">q", -1) if version >= 5 else b""
            body += struct.pack(">ih", 0, -1) if version >= 8 else b""
    return body + struct.pack(">i", 0)


class Connection:
    """One of a client's: requests go to the broker, or are answered here; answers go back in the order of the requests."""

    def __init__(self, proxy, client, broker):
        self.proxy, self.client, self.broker = proxy, client, broker
        self.known = set()                                      # partitions of which a batch was seen
        self.ended = False                                      # one of its threads is
        self.order, self.changed = collections.deque(), threading.Condition()
        for run in (self.requests, self.answers):
            threading.Thread(target=self.guard, args=(run,), daemon=True).start()

    def guard(self, run):
        with contextlib.suppress(OSError, EOFError):
            run()
        with self.changed:
            self.order.append(None)
            self.changed.notify_all()
            first, self.ended = not self.ended, True
        for end in (self.client, self.broker):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR) if first else end.close()

    @staticmethod
    def read(end):
        """A frame, without its size."""
        def exactly(size):
            data = b""
            while len(data) < size:
                more = end.recv(size - len(data))
                if not more:
                    raise EOFError
                data += more
            return data
        return exactly(*struct.unpack(">i", exactly(4)))

    def requests(self):
        while True:
            frame = self.read(self.client)
            found, early, places = produce_request(frame), None, set()
            if found:
                places = {(topic, partition) for topic, partitions in found[2] for partition in partitions}
                if places - self.known and all(topic.startswith(b"test") for topic, _ in places):
                    early = not_leader(*found)
                    self.proxy.early += 1
                self.known |= places
            with self.changed:
                self.order.append((early, places))
                self.changed.notify_all()
            if not early:
                self.broker.sendall(struct.pack(">i", len(frame)) + frame)

    def overtaken(self, places):
        """The next batch of a partition is under way, or the connection is over."""
        return any(entry is None or entry[1] & places for entry in list(self.order)[1:])

    def answers(self):
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self.order)
                if self.order[0] is None:
                    return
                early, places = self.order[0]
                if early and self.changed.wait_for(lambda: self.overtaken(places), 1):
                    self.proxy.overtaken += 1
                self.order.popleft()
            answer = early or self.read(self.broker)
            self.client.sendall(struct.pack(">i", len(answer)) + answer)


class Proxy:
    def __init__(self, port):
        self.target, self.early, self.overtaken = None, 0, 0
        self.listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                try:
                    broker = socket.create_connection(("127.0.0.1", self.target))
                except OSError:
                    client.close()
                    continue
                for end in (client, broker):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                Connection(self, client, broker)


class Early(Case):
    @classmethod
    def setUpClass(cls):
        port = harness.free_port()
        cls.proxy = Proxy(port)
        cls.kafka = harness.Kafka(extra=f"advertised.listeners=PLAINTEXT://127.0.0.1:{port}")
        cls.proxy.target = int(cls.kafka.bootstrap.rsplit(":", 1)[1])

    @classmethod
    def tearDownClass(cls):
        cls.kafka.close()
        cls.proxy.listener.close()

    def check(self, setting, **settings):
        """On a busy machine the next batch may come late, so that it takes a few more turns."""
        books, chance, times, before = [], random.Random(0), pick(1, 10), self.proxy.overtaken
        while len(books) < times or (len(books) < times + 5 and self.proxy.overtaken <= before + times / 2):
            name = f"-{len(books)}"
            for topic in self.topics(name):
                admin(self.kafka, "create", topic, 1, 1)
            daemon = self.daemon(name, **settings).wait_ready()
            book = ledger.Ledger(daemon, clients=24, rate=400, batch=1, enter=lambda: time.sleep(chance.random()))
            books.append(book.wait(200).finish())
            if "spool__path" in settings:
                ledger.wait_empty(daemon)
            book.count(self.kafka, *self.topics(name))
            self.assertEqual(daemon.stop(), 0, daemon.log())
        self.assertGreater(self.proxy.overtaken, before + times / 2, "batches that came too early and were overtaken")
        figures = collections.Counter()
        for book in books:
            figures.update(book.figures())
        ledger.row("lost", "a partition's first batch comes too early, and the next one is taken", **figures, setting=setting)

    @ledger.long_only("test_with_a_spool")
    def test_without_a_spool(self):
        self.check("no spool")

    def test_with_a_spool(self):
        self.check("spool", spool__path=self.folder(), spool__reserve="0", spool__segment="1MiB")


if __name__ == "__main__":
    ledger.main()
