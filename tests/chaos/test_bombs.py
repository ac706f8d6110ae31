#!/usr/bin/env python3
"""Bombs: small requests that would cost much. Each is sent in two sizes, one four times the other, and the CPU time of the daemon
is taken for both: it may grow a little faster than the bytes, never with their square. Each has its answer: status and reason."""
import gzip
import http.client
import json
import os
import re
import socket
import statistics
import struct
import zlib

import ledger
from ledger import Case, harness, pick

VENDOR = "com.example.bombs"
SMALL, TIMES = pick(32_000, 48_000), 4                # bytes of the smaller one, and how much larger the other is
STEEPEST = 10                           # times the CPU time of the smaller one, where linear is 4 and quadratic is 16
LEAST_MS = pick(3, 6)                            # of CPU time to look at, so that the clock is fine enough
FACTOR = 0xE7037ED1A0B428DB - (1 << 64)         # what the hash of our tables multiplies by, as a number that JSON can hold

SCHEMAS = {
    "open": {},
    "closed": {"properties": {"a": {}}, "additionalProperties": False},
    "named": {"propertyNames": {"pattern": "^[a-z0-9]+$"}},
    "unique": {"properties": {"a": {"type": "array", "uniqueItems": True}}},
    "pattern": {"properties": {
        "nested": {"pattern": "^(a+)+$"}, "either": {"pattern": "^(a|aa|a?)+$"}, "ahead": {"pattern": "^(?=(a+)+$)"},
        "again": {"pattern": "(\\w+)\\1+$"}, "twice": {"pattern": "(x+x+)+y"}, "many": {"pattern": "^(.*a){20}$"}}},
}


def event(data, schema="open", **further):
    """One event; `data` is JSON text."""
    attributes = "".join(f",{json.dumps(name)}:{json.dumps(value)}" for name, value in further.items())
    return (f'{{"dataschema":"iglu:{VENDOR}/{schema}/jsonschema/1-0-0","type":"{schema}"{attributes},"data":{data}}}').encode()


def listed(make, size, start='{"a":[', end="]}", **further):
    """Items made by make(number) until they have `size` bytes."""
    width = len(make(0)) + 1
    return event(start + ",".join(make(number) for number in range(size // width)) + end, **further)


def text(byte, size, end):
    """Strings of the longest kind that is taken; several, for more."""
    return json.dumps(byte * (min(size, 250_000) - len(end)) + end)


def colliding(number):
    """Keys that share a sum which forgets where its words stand."""
    first = f"{number:08d}"
    return f'"{first}{"".join(chr(ord(char) ^ 1) for char in first)}AAAAAAAA":1'


def members(number):
    return f'"k{number:09d}":1'


def turned(size):
    """Two objects with the same members, in the opposite order."""
    names = [members(number) for number in range(size // 32)]
    return event('{"a":[{' + ",".join(names) + "},{" + ",".join(reversed(names)) + "}]}", "unique")


def chunks(size, extension=""):
    """A body in chunks of one byte."""
    body = event('{"a":"' + "x" * (size // 8) + '"}')
    return b"".join(b"1" + extension.encode() + b"\r\n" + bytes([byte]) + b"\r\n" for byte in body) + b"0\r\n\r\n"


def zstd_zeros(size):
    """Zstandard by hand: a window of gigabytes, and blocks that say "128 KiB of the same byte" in four bytes."""
    window = bytes([(31 - 10) << 3])
    block = struct.pack("<I", (131072 << 3) | (1 << 1))[:3] + b" "
    last = struct.pack("<I", (1 << 3) | (1 << 1) | 1)[:3] + b" "
    return b"\x28\xb5\x2f\xfd" + b"\x00" + window + block * (size // 4) + last


GZIP, DEFLATE, ZSTD = ({"Content-Encoding": name} for name in ("gzip", "deflate", "zstd"))
LINES = {"Content-Type": "application/x-ndjson"}
DIGITS = "9" * 3000

# what, body of about `size` bytes, headers, status, word of the answer
BOMBS = [
    ("plain events",
     lambda size: b"[" + b",".join(event('{"url":"https://shop.example/%d"}' % i) for i in range(size // 120)) + b"]",
     {}, 200, '"outcome":"published"'),
    # JSON
    ("depth", lambda size: event('{"a":' + "[" * size), {}, 400, "json_depth"),
    ("depth of objects", lambda size: event('{"a":' * (size // 5)), {}, 400, "json_depth"),
    ("tokens", lambda size: listed(lambda i: "1", size), {}, 200, "published"),
    ("empty arrays", lambda size: listed(lambda i: "[]", size), {}, 200, "published"),
    ("digits", lambda size: event('{"a":' + "9" * size + "}"), {}, 200, "published"),
    ("an exponent of digits", lambda size: event('{"a":1e' + "9" * size + "}"), {}, 200, "published"),
    ("1e999999", lambda size: listed(lambda i: "1e999999", size), {}, 200, "published"),
    ("escapes", lambda size: listed(lambda i: '"' + "\\u0041" * 100 + '"', size), {}, 200, "published"),
    ("a string too long", lambda size: event('{"a":"' + "x" * (size + 240_000) + '"}'), {}, 400, "json_string"),
    ("broken UTF-8 at the end", lambda size: event('{"a":["' + '","'.join(["\u20ac" * 80] * (size // 243)) + '","@"]}')
     .replace(b"@", b"\xff"), {}, 400, "json_utf8"),
    # keys
    ("keys", lambda size: listed(members, size, "{", "}"), {}, 200, "published"),
    ("keys that collide", lambda size: listed(colliding, size, "{", "}"), {}, 200, "published"),
    ("keys with escapes", lambda size: listed(lambda i: f'"\\u006b{i:09d}":1', size, "{", "}"), {}, 200, "published"),
    ("keys that are not allowed", lambda size: listed(members, size, "{", "}", schema="closed"), {}, 200, "schema_invalid"),
    ("keys that have a pattern", lambda size: listed(members, size, "{", "}", schema="named"), {}, 200, "published"),
    ("members of the envelope", lambda size: b"{" + b",".join(members(i).encode() for i in range(size // 15)) + b"}",
     {}, 200, "envelope_invalid"),
    ("unique numbers", lambda size: listed(lambda i: f"{i}.250", size, schema="unique"), {}, 200, "published"),
    ("unique arrays that collide", lambda size: listed(lambda i: f"[{i},{FACTOR}]", size, schema="unique"), {}, 200, "published"),
    ("unique objects, turned", turned, {}, 200, "schema_invalid"),
    ("unique numbers of many digits",
     lambda size: listed(lambda i: f"1{i:05d}{DIGITS}e{i}", size, schema="unique"), {}, 200, "published"),
    # patterns
    *((f"pattern {name}", lambda size, name=name, byte=byte: event(f'{{"{name}":{text(byte, size, "!")}}}', "pattern"), {}, 200,
       "schema_invalid|pattern_limit") for name, byte in (("nested", "a"), ("either", "a"), ("ahead", "a"), ("again", "a"),
                                                          ("twice", "x"), ("many", "a"))),
    # events
    ("events of nothing", lambda size: b"[" + b",".join([b"{}"] * (size // 60)) + b"]", {}, 200, "envelope_invalid"),
    ("too many events", lambda size: b"[" + b",".join([b"{}"] * (size // 3)) + b"]", {}, 413, "too_many_events"),
    ("empty lines", lambda size: b"\n" * size + b"{}", LINES, 200, "envelope_invalid"),
    # what enrichments read
    ("parameters of a page", lambda size: event(json.dumps({"url": "https://shop.example/?" + "&".join(
        f"p{i}={i}" for i in range(size // 12))})), {}, 200, "published"),
    # codings
    ("gzip of members of nothing", lambda size: gzip.compress(b"") * (size // 20), GZIP, 400, "json_malformed"),
    ("gzip of members of one byte", lambda size: gzip.compress(b" ", 1) * (size // 21), GZIP, 400, "json_malformed"),
    ("gzip inside of gzip", lambda size: gzip.compress(gzip.compress(os.urandom(size))), GZIP, 400, "json_"),
    # framing
    ("chunks of one byte", lambda size: chunks(size), {"Transfer-Encoding": "chunked"}, 200, "published"),
    ("chunks with extensions", lambda size: chunks(size // 8, ";a=" + "b" * 40), {"Transfer-Encoding": "chunked"}, 400, "chunk"),
]

# A request of any size costs no more than the most that a coding may inflate to: http.inflated_limit.
INFLATING = [
    ("gzip of zeros", lambda size: gzip.compress(b" " * (size * 1000)), GZIP),
    ("deflate of zeros", lambda size: zlib.compress(b" " * (size * 1000)), DEFLATE),
    ("zstd of zeros, with a window of 2 GiB", zstd_zeros, ZSTD),
]


class Target:
    """A daemon that keeps nothing, and what it costs to send it something."""

    def __init__(self, case):
        plan, sink = case.folder(), case.folder()
        for name, schema in SCHEMAS.items():
            folder = plan / VENDOR / name / "jsonschema"
            folder.mkdir(parents=True)
            about = {"vendor": VENDOR, "name": name, "format": "jsonschema", "version": "1-0-0"}
            (folder / "1-0-0").write_text(json.dumps({"self": about, "type": ["object", "string"], **schema}))
        self.daemon = harness.Daemon({"sink.type": "file", "sink.path": sink, "schemas.path": plan, "worker.threads": 1,
                                      "kafka.topic": "events", "kafka.bad_topic": "bad", "limits.delay": "0"})
        case.addCleanup(self.daemon.__exit__, None, None, None)
        self.daemon.wait_ready()
        self.connection = http.client.HTTPConnection("127.0.0.1", self.daemon.port, timeout=harness.PATIENCE)

    def cpu(self):
        """ms of CPU time of all threads, to the microsecond."""
        tasks = f"/proc/{self.daemon.process.pid}/task"
        total = 0
        for task in os.listdir(tasks):
            with open(f"{tasks}/{task}/schedstat", encoding="ascii") as file:
                total += int(file.read().split()[0])
        return total / 1e6

    def send(self, body, headers):
        self.connection.putrequest("POST", "/v1/events?verbose", skip_accept_encoding=True)
        if "Transfer-Encoding" not in headers:
            self.connection.putheader("Content-Length", str(len(body)))
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.connection.putheader(name, value)
        self.connection.endheaders(body)
        answer = self.connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")

    def cost(self, body, headers):
        """(ms of CPU time of one such request, status, answer): the least of a few."""
        costs, spent = [], 0
        while not costs or (spent < LEAST_MS and len(costs) < 200) or len(costs) < pick(2, 3):
            before = self.cpu()
            status, answer = self.send(body, headers)
            costs.append(self.cpu() - before)
            spent += costs[-1]
        return statistics.median(costs), status, answer


class Bombs(Case):
    def setUp(self):
        self.target = Target(self)

    def weigh(self, what, make, headers, wanted, word, small=SMALL):
        """Sends both sizes; the ns of CPU time that a byte costs."""
        first, second = make(small), make(small * TIMES)
        cost, status, answer = self.target.cost(first, headers)
        more, status_too, answer_too = self.target.cost(second, headers)
        self.assertEqual((status, status_too), (wanted, wanted), answer[:300] + answer_too[:300])
        for text_of_one in (answer, answer_too):
            self.assertTrue(re.search(word, text_of_one), text_of_one[:300])
        steps = (len(second) / len(first)) / TIMES
        self.assertLess(more / cost, STEEPEST * max(steps, 1), f"{what}: {cost:.3f} ms, then {more:.3f} ms")
        return more * 1e6 / len(second), more / cost

    def test_bombs(self):
        plain = None
        for what, make, headers, status, word in BOMBS:
            with self.subTest(what):
                a_byte, steps = self.weigh(what, make, headers, status, word)
                plain = plain or a_byte
                ledger.row("bombs", what, answer=f"{status} {word}".replace('"', "").replace("|", " or "),
                           **{"CPU ns a byte": round(a_byte), "to plain events": f"{a_byte / plain:.1f}",
                              "four times the bytes": f"× {steps:.1f}"})
        self.target.daemon.metrics()               # checks the sum of all events

    def test_inflating(self):
        for what, make, headers in INFLATING:
            with self.subTest(what):
                body, larger = make(SMALL), make(SMALL * 30)
                cost, status, answer = self.target.cost(body, headers)
                most, status_too, _ = self.target.cost(larger, headers)
                self.assertEqual((status, status_too), (413, 413), answer)
                self.assertIn("inflated_large", answer)
                self.assertLess(most, max(5 * cost, 100), f"{what}: {cost:.3f} ms, then {most:.3f} ms")
                ledger.row("bombs", what, answer="413 inflated_large", **{"ms a request, at most": round(max(most, cost), 1)})

    def test_torn_heads(self):
        """A head in single bytes is looked at once, not once a byte from its start."""
        def cost(size):
            head = b"POST /v1/events HTTP/1.1\r\nHost: a\r\nX: " + b"y" * size
            before = self.target.cpu()
            with socket.create_connection(("127.0.0.1", self.target.daemon.port), timeout=harness.PATIENCE) as client:
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for at in range(len(head)):
                    client.send(head[at:at + 1])
                client.sendall(b"\r\nContent-Length: 0\r\n\r\n")
                self.assertRegex(client.recv(4096), b"HTTP/1.1 400 ")
            return self.target.cpu() - before
        # How many bytes come in one wake-up is the kernel's affair, so sizes do not compare: a byte may cost what a wake-up does.
        size = 3000 * TIMES
        spent = min(cost(size) for _ in range(pick(2, 10)))
        self.assertLess(spent * 1e6 / size, 100_000, "ns of CPU time a byte")
        ledger.row("bombs", "heads in single bytes", answer="400", **{"CPU ns a byte": round(spent * 1e6 / size)})

    def test_agents(self):
        """User agents that no cache has, made of what the rules look for."""
        pieces = ["Mozilla/5.0 (", "Linux; Android ", "Chrome/", "Version/", "Mobile ", "Safari/", ") ", "; ", "Build/", "bot "]
        def cost(size):
            agents = ["".join(pieces[(number * 7 + at * at) % len(pieces)] for at in range(size // 7))[:size - 8]
                      + f"{number:08d}" for number in range(40)]
            before = self.target.cpu()
            for agent in agents:
                status, answer = self.target.send(event('{"a":1}'), {"User-Agent": agent})
                self.assertEqual(status, 200, answer)
            return (self.target.cpu() - before) / len(agents)
        first, more = cost(1000), cost(1000 * TIMES)
        self.assertLess(more / first, STEEPEST, f"{first:.3f} ms, then {more:.3f} ms")
        ledger.row("bombs", "user agents", answer="200 published", **{"CPU ns a byte": round(more * 1e6 / (1000 * TIMES)),
                                                                      "four times the bytes": f"× {more / first:.1f}"})


if __name__ == "__main__":
    ledger.main()
