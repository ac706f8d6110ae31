#!/usr/bin/env python3
"""`millrace bench`, as a user runs it: on the plan's examples, on a file of events, against real brokers, over the spool."""
import json
import signal
import subprocess
import tempfile
import pathlib
import unittest

import harness

CONFIG = harness.ROOT / "config" / "first-steps.yaml"


def bench(*words, input=None):
    command = [harness.program("MILLRACE", "millrace"), "bench", "--config", CONFIG, *words]
    return subprocess.run([str(word) for word in command], input=input, capture_output=True, text=True, timeout=300)


class Case(unittest.TestCase):
    pass


class Bench(Case):
    def rows(self, *words, input=None):
        done = bench("--json", "--seconds", 0.5, "--connections", 8, *words, input=input)
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = json.loads(done.stdout)["rows"]
        for row in rows:
            self.assertEqual((row["failed"], row["refused"]), (0, 0))
            self.assertGreater(row["cpu_us_per_event"], 0)
            self.assertGreater(row["events_per_second"], 0)
            self.assertGreater(row["request_bytes_per_event"], 100)
            self.assertGreater(row["p50_ms"], 0)
            self.assertGreaterEqual(row["p99_ms"], row["p50_ms"])
        return rows

    def test_examples_and_the_spool(self):
        with tempfile.TemporaryDirectory() as folder:
            rows = self.rows("--spool", folder, "--events-per-day", "6e9")
            self.assertEqual([(row["events_per_request"], row["spool"]) for row in rows],
                             [(1, False), (50, False), (1, True), (50, True)])
            self.assertEqual([row["spool_bytes_per_event"] > 100 for row in rows], [False, False, True, True])
            self.assertEqual({row["plan"]["events_per_second"] for row in rows}, {69444})
            for row in rows:
                self.assertEqual(row["drained_per_second"] > 0, row["spool"])
            self.assertEqual(list(pathlib.Path(folder).iterdir()), [])

    def test_the_spool_is_emptied_while_it_is_measured(self):
        with tempfile.TemporaryDirectory() as folder:
            _, slow = self.rows("--spool", folder, "--per-request", "50", "--set", "spool.drain_rate=64KiB")
            self.assertGreater(slow["drained_per_second"] * slow["spool_bytes_per_event"], 1 << 20)

    def test_an_interrupted_one_leaves_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            command = [harness.program("MILLRACE", "millrace"), "bench", "--config", CONFIG, "--per-request", "50", "--spool"]
            process = subprocess.Popen([*command, folder], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            harness.wait_until(lambda: list(pathlib.Path(folder).glob("*/*")), "a spool that is measured", 60)
            children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            process.send_signal(signal.SIGINT)
            self.assertIn(b"interrupted", process.communicate(timeout=20)[1])
            self.assertEqual(process.returncode, -signal.SIGINT)
            self.assertEqual(list(pathlib.Path(folder).iterdir()), [])
            self.assertEqual([child for child in children if pathlib.Path(f"/proc/{child}").exists()], [])

    def test_brokers_that_want_tls_do_not_matter_to_the_cluster_inside(self):
        secured = {"security.protocol": "sasl_ssl", "sasl.mechanisms": "PLAIN", "sasl.username": "a", "sasl.password": "b"}
        self.rows("--per-request", "50", *(f"--set=kafka.client.{name}={value}" for name, value in secured.items()))

    def test_its_memory_is_not_ours(self):
        data = {"url": "https://shop.example/?q=" + 900 * "x"}
        event = json.dumps({"dataschema": "com.acme/page_view/1-0-0", "data": data}) + "\n"
        few, = self.rows("--per-request", "1", "-", input=event)
        many, = self.rows("--per-request", "1", "-", input=90000 * event)
        self.assertLess(many["peak_memory_bytes"], 2 * few["peak_memory_bytes"])

    def test_a_broken_event_has_a_request_of_its_own(self):
        good = json.dumps({"dataschema": "com.acme/page_view/1-0-0", "data": {"url": "https://shop.example/"}})
        done = bench("--json", "--seconds", 0.5, "--connections", 8, "-", input="\n".join([good, '{"a":}', good, good]))
        self.assertEqual(done.returncode, 0, done.stderr)
        out = json.loads(done.stdout)
        self.assertEqual(out["samples"]["by_reason"], {"published": 3, "json_malformed": 1})
        one, fifty = out["rows"]
        self.assertLess(fifty["kafka_bytes_per_event"], 1.5 * one["kafka_bytes_per_event"])
        self.assertEqual(fifty["request_bytes_per_event"] < 200, True, fifty)

    def test_what_is_refused_is_no_measurement(self):
        with tempfile.TemporaryDirectory() as folder:
            done = bench("--seconds", 0.5, "--per-request", "50", "--events-per-day", "6e9", "--spool", folder,
                         "--set", "spool.size=2MiB", "--set", "spool.segment=1MiB")
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertIn("requests were not taken: no plan follows of the rest", done.stderr)
            self.assertIn("(status 503: ", done.stdout)

    def test_events_of_a_file_on_real_brokers(self):
        events = "\n".join(json.dumps({"dataschema": "com.acme/page_view/1-0-0", "id": f"e-{i}",
                                       "data": {"url": "https://shop.example/"} if i % 3 else {"url": 7}}) for i in range(9))
        kafka = harness.Kafka()
        try:
            self.rows("--set", f"kafka.brokers={kafka.bootstrap}", "--topic", "measured", "--per-request", "3", "-", input=events)
            for topic in ("measured", "measured-bad"):
                out = subprocess.run(["kcat", "-b", kafka.bootstrap, "-t", topic, "-C", "-o", "beginning", "-c", "1", "-e", "-q"],
                                     capture_output=True, timeout=60, check=True).stdout
                self.assertGreater(len(out), 100, topic)
        finally:
            kafka.close()

    def test_mistakes(self):
        for words, sentence in [
                (["--replicas", "2.5"], "--replicas 2.5 is no whole number from 1 to 10"),
                (["--per-request", "1001", "--seconds", "0.5", "--set", "events.count_limit=1000"],
                 "1001 events a request are more than events.count_limit (1000)"),
                (["--per-request", "200", "--seconds", "0.5", "--set", "http.body_limit=16KiB"], "http.body_limit (16384)"),
                (["/dev/null"], "there is no event in it"),
                (["--seconds", "none"], "--seconds none is no number from 0.5 to 3600"),
                (["--per-request", "0"], "--per-request 0 is no list"),
                (["/nowhere/events"], "/nowhere/events: No such file or directory"),
                (["--set", "kafka.linger=never"], "kafka.linger"),
                (["--spool", "/nowhere", "--seconds", "0.5", "--connections", "2"], "/nowhere: No such file or directory"),
                (["--program", "/nowhere/millrace"], "/nowhere/millrace: No such file or directory")]:
            done = bench(*words)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(sentence, done.stderr)
        for event in ('{"a":}', '{"dataschema":"com.acme/none/1-0-0","data":{}}'):
            done = bench("-", input=event)
            self.assertEqual(done.returncode, 1)
            self.assertIn("the event in it would be rejected", done.stderr)


if __name__ == "__main__":
    harness.main()
