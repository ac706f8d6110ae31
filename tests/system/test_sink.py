#!/usr/bin/env python3
"""The Kafka sink against a real broker, without the rest of the daemon: what is reported as published is there, once and
as it was given; what cannot be published is reported, as what it is."""
import collections
import concurrent.futures
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness

DRIVER = harness.program("SINK_DRIVER", "sink_driver")


class Run:
    """One run of the driver: its summary, what became of each record, what it said."""

    def __init__(self, bootstrap, topic, *arguments, client=None, **settings):
        with tempfile.TemporaryDirectory(prefix="millrace-sink-") as folder:
            fates = pathlib.Path(folder) / "fates"
            command = [DRIVER, "--topic", topic, "--fates", fates, "--set", f"kafka.brokers={bootstrap}"]
            for name, value in settings.items():
                command += ["--set", f"kafka.{name}={value}"]
            for name, value in (client or {}).items():
                command += ["--set", f"kafka.client.{name}={value}"]
            done = subprocess.run([str(word) for word in [*command, *arguments]], stdin=subprocess.DEVNULL, capture_output=True,
                                  text=True, timeout=300)
            self.said = done.stderr
            if done.returncode:
                raise AssertionError(f"the driver ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
            self.summary = json.loads(done.stdout)
            pairs = [line.split() for line in fates.read_text().splitlines()]
        self.fates = {int(number): fate for number, fate in pairs}
        self.counts = collections.Counter(self.fates.values())

    def ids(self, fate):
        return {number for number, found in self.fates.items() if found == fate}


def ids(records):
    return [record.json()["id"] for record in records]


class Case(unittest.TestCase):
    maxDiff = 2000

    def assert_there(self, run, records):
        """Every record that was reported as published is on its topic. Answers those that are there more than once."""
        found = collections.Counter(ids(records))
        self.assertEqual(run.ids("published") - set(found), set(), "reported as published, but not there")
        return [number for number, count in found.items() if count > 1]

    def assert_there_once(self, run, records):
        self.assertEqual(self.assert_there(run, records), [], "there more than once")


class Reach(Case):
    """The ways to a broker."""

    @classmethod
    def setUpClass(cls):
        cls.kafka = harness.Kafka(secure=1)

    @classmethod
    def tearDownClass(cls):
        cls.kafka.close()

    def check(self, bootstrap, topic, client=None, **settings):
        run = Run(bootstrap, topic, "--count", 1000, client=client, **settings)
        self.assertEqual(run.counts, {"published": 1000}, run.said)
        self.assert_there_once(run, self.kafka.read(topic))
        return run

    def test_plain(self):
        run = self.check(self.kafka.bootstrap, "plain")
        self.assertGreaterEqual(run.summary["ready_ms"], 0)

    def test_records_are_as_set(self):
        run = Run(self.kafka.bootstrap, "as-set", "--count", 300, "--headers", 4, "--keys", 7, "--size", 200)
        self.assertEqual(run.counts, {"published": 300}, run.said)
        records = self.kafka.read("as-set")
        self.assert_there_once(run, records)
        partitions = collections.defaultdict(set)
        for record in records:
            number = record.json()["id"]
            self.assertEqual(len(record.value), 200)
            self.assertEqual(record.key, str(number % 7))
            self.assertEqual(record.headers, {
                "schema": "com.example/page_view/1-0-0", "event_id": "019aa5c0-6f00-7000-8000-123456789abc",
                "received_at": "2026-11-21T08:13:00.123Z", "content-type": "application/json"})
            partitions[record.key].add(record.partition)
        self.assertEqual({len(found) for found in partitions.values()}, {1}, "a key is in one partition")
        for key in partitions:
            numbers = [record.json()["id"] for record in sorted(records, key=lambda r: r.offset) if record.key == key]
            self.assertEqual(numbers, sorted(numbers), "the order of a key's records")

    def test_no_key_spreads(self):
        Run(self.kafka.bootstrap, "spread", "--count", 3000, "--rate", 3000, linger="1ms")
        records = self.kafka.read("spread")
        self.assertEqual({record.key for record in records}, {None})
        self.assertGreater(len({record.partition for record in records}), 1)

    def test_compression(self):
        for name in ("lz4", "zstd", "snappy", "gzip"):
            with self.subTest(name):
                self.check(self.kafka.bootstrap, f"compressed-{name}", compression=name)

    def test_tls(self):
        self.check(self.kafka.tls, "tls", {"security.protocol": "ssl", "ssl.ca.location": self.kafka.authority})

    def test_tls_of_a_stranger(self):
        run = Run(self.kafka.tls, "stranger", "--count", 10, "--wait-ready", 1500, message_timeout="2s",
                  client={"security.protocol": "ssl"})
        self.assertEqual(run.counts, {"sink_timeout": 10})
        self.assertEqual(run.summary["ready_ms"], -1)
        self.assertIn("certificate verify failed", run.said)
        self.assertEqual(self.kafka.read("stranger"), [])

    SASL = {"security.protocol": "sasl_ssl", "sasl.mechanism": "PLAIN", "sasl.username": "alice", "sasl.password": "alice-secret"}

    def test_sasl_over_tls(self):
        self.check(self.kafka.sasl_tls, "sasl", {**self.SASL, "ssl.ca.location": self.kafka.authority})

    def test_sasl_wrong_password(self):
        run = Run(self.kafka.sasl_tls, "wrong", "--count", 10, "--wait-ready", 1500, message_timeout="2s",
                  client={**self.SASL, "ssl.ca.location": self.kafka.authority, "sasl.password": "not-it-at-all"})
        self.assertEqual(run.counts, {"sink_timeout": 10})
        self.assertEqual(run.summary["ready_ms"], -1)
        self.assertRegex(run.said, "(?i)authentication failed")
        self.assertNotIn("not-it-at-all", run.said)

    def test_scram(self):
        """Old clients cannot (see the advice); newer ones can."""
        client = {**self.SASL, "sasl.mechanism": "SCRAM-SHA-256", "ssl.ca.location": self.kafka.authority}
        run = Run(self.kafka.sasl_tls, "scram", "--count", 10, "--wait-ready", 1500, message_timeout="2s", client=client)
        if "is refused by Apache Kafka 4.0" in run.said:
            self.assertRegex(run.said, r"librdkafka \((0|1|2\.[0-5]|2\.6\.0)")
            self.assertEqual(run.counts, {"sink_timeout": 10})
            self.assertRegex(run.said, "(?i)invalid credentials|authentication failed")
        else:
            self.assertEqual(run.counts, {"published": 10}, run.said)

    def test_nobody_there(self):
        run = Run(f"127.0.0.1:{harness.free_port()}", "nobody", "--count", 50, "--wait-ready", 1500, message_timeout="2s")
        self.assertEqual(run.counts, {"sink_timeout": 50})
        self.assertEqual(run.summary["ready_ms"], -1)
        self.assertIn("no broker can be reached", run.said)


class Size(Case):
    """A broker that takes less than the client knows."""

    def test_too_large(self):
        kafka = harness.Kafka(extra="message.max.bytes=200000")
        try:
            Run(kafka.bootstrap, "small", "--count", 1)         # makes the topic
            run = Run(kafka.bootstrap, "small", "--count", 1500, "--rate", 300, "--size", 5000, "--big-every", 50,
                      "--big-size", 300000)
            records = kafka.read("small")
        finally:
            kafka.close()
        self.assertLessEqual(run.summary["largest"], 200000)
        self.assertGreater(run.summary["largest"], 190000)
        big = {number for number in run.fates if number % 50 == 49}
        self.assertEqual(big & run.ids("published"), set())
        self.assertEqual(run.ids("event_too_large") - big, set(), "good records were called too large")
        # Only what was on its way before the topic's limit was known may be sent again.
        self.assertLessEqual(max(run.ids("sink_failed"), default=0), 600, run.said)
        self.assertGreaterEqual(len(run.ids("event_too_large")), len(big) // 2)
        found = collections.Counter(record.json()["id"] for record in records if len(record.value) == 5000)
        self.assertEqual(run.ids("published") - set(found), set())


class Crash(Case):
    """Brokers that die. What was reported as published is there, whatever happened."""

    def setUp(self):
        self.kafka = harness.Kafka(nodes=getattr(self, self._testMethodName).__dict__.get("nodes", 1))

    def tearDown(self):
        self.kafka.close()

    def during(self, *steps):
        """Takes (seconds, step) one after the other beside the test; wait() on the answer before the cluster goes."""
        return concurrent.futures.ThreadPoolExecutor(1).submit(
            lambda: [(time.sleep(seconds), step()) for seconds, step in steps])

    def test_killed_and_restarted(self):
        Run(self.kafka.bootstrap, "crash", "--count", 1, "--size", 100)     # id 0 is there twice: made in two runs
        away = self.during((2, self.kafka.signal), (1, self.kafka.start), (3, self.kafka.signal), (1, self.kafka.start))
        run = Run(self.kafka.bootstrap, "crash", "--count", 60000, "--rate", 4000, "--headers", 4, message_timeout="60s")
        away.result()
        self.assertEqual(run.counts, {"published": 60000}, run.said[-2000:])
        self.assert_there_once(run, [record for record in self.kafka.read("crash") if len(record.value) == 700])

    def test_frozen(self):
        away = self.during((2, lambda: self.kafka.signal("STOP")), (4, lambda: self.kafka.signal("CONT")))
        run = Run(self.kafka.bootstrap, "frozen", "--count", 40000, "--rate", 5000, message_timeout="60s",
                  client={"request.timeout.ms": "2000"})
        away.result()
        self.assertEqual(run.counts, {"published": 40000}, run.said[-2000:])
        self.assert_there_once(run, self.kafka.read("frozen"))

    def test_away_longer_than_the_timeout(self):
        away = self.during((3, self.kafka.signal), (6, self.kafka.start))
        # Half a minute: a broker that starts on a busy machine takes some of it.
        run = Run(self.kafka.bootstrap, "away", "--count", 60000, "--rate", 2000, message_timeout="2s")
        away.result()
        self.assertEqual(set(run.counts), {"published", "sink_timeout"}, run.said[-2000:])
        self.assertGreater(run.counts["sink_timeout"], 2000)
        self.assertGreater(run.counts["published"], 2000)      # those before, and those after the broker has started
        self.assertEqual(run.fates[59999], "published", "it recovered")
        # Records that time out leave gaps in the sequence, so the client begins a new one for every partition; a batch that the
        # broker had kept without our hearing of it is then sent again as a stranger. At least once is what is promised.
        self.assertLess(len(self.assert_there(run, self.kafka.read("away"))), 2000, "more than was under way is there twice")

    def test_queue_is_bounded(self):
        away = self.during((1, self.kafka.signal), (4, self.kafka.start))
        # The client asks again at once when the broker is back, which may take it long on a busy machine.
        run = Run(self.kafka.bootstrap, "full", "--count", 60000, "--rate", 2000, queue="2MiB", message_timeout="60s",
                  client={"reconnect.backoff.max.ms": "500"})
        away.result()
        self.assertEqual(set(run.counts), {"published", "sink_full"}, run.said[-2000:])
        self.assertEqual(run.fates[59999], "published", "it recovered")
        self.assert_there_once(run, self.kafka.read("full"))

    def test_one_of_three(self):
        away = self.during((2, lambda: self.kafka.signal("KILL", 2)), (6, lambda: self.kafka.start(2)))
        run = Run(self.kafka.bootstrap, "three", "--count", 40000, "--rate", 3000, message_timeout="60s")
        away.result()
        self.assertEqual(run.counts, {"published": 40000}, run.said[-2000:])
        self.assert_there_once(run, self.kafka.read("three"))
    test_one_of_three.nodes = 3


if __name__ == "__main__":
    harness.main()
