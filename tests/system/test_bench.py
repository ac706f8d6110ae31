#!/usr/bin/env python3
"""`millrace bench`, as a user runs it: on the plan's examples, on a file of events, against real brokers, over the spool."""
import json
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
            self.assertEqual(list(pathlib.Path(folder).iterdir()), [])

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
                (["--seconds", "none"], "--seconds none is no number from 0.5 to 3600"),
                (["--per-request", "0"], "--per-request 0 is no list"),
                (["/nowhere/events"], "/nowhere/events: No such file or directory"),
                (["--set", "kafka.linger=never"], "kafka.linger"),
                (["--spool", "/nowhere", "--seconds", "0.5", "--connections", "2"], "/nowhere: No such file or directory"),
                (["--program", "/nowhere/millrace"], "/nowhere/millrace: No such file or directory")]:
            done = bench(*words)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(sentence, done.stderr)


if __name__ == "__main__":
    harness.main()
