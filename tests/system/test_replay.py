#!/usr/bin/env python3
"""Rejected events against a real broker: a schema is mended, and they are replayed as if they had been good at first. And a spool
that is sent without a daemon."""
import hashlib
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness
from test_daemon import Case, event_ids

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": False}


class Replay(Case):
    @classmethod
    def setUpClass(cls):
        cls.kafka = harness.Kafka()

    @classmethod
    def tearDownClass(cls):
        cls.kafka.close()

    def setUp(self):
        self.plan = pathlib.Path(tempfile.mkdtemp(prefix="millrace-plan-"))
        self.addCleanup(shutil.rmtree, self.plan, ignore_errors=True)

    def write(self, schema, name="sale"):
        path = self.plan / "com.acme" / name / "jsonschema"
        path.mkdir(parents=True, exist_ok=True)
        (path / "1-0-0").write_text(json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}))

    def command(self, words, settings):
        settings = {"kafka.brokers": self.kafka.bootstrap, "schemas.path": self.plan, **self.topics(), **self.common,
                    **{name.replace("__", "."): value for name, value in settings.items()}}
        command = [harness.program("MILLRACE", "millrace"), *words, "--config", "/dev/null"]
        for name, value in settings.items():
            command += ["--set", f"{name}={value}"]
        return [str(word) for word in command]

    def start(self, *words, **settings):
        return subprocess.Popen(self.command(words, settings), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def millrace(self, *words, **settings):
        """(exit status, standard output) of a command over this test's topics."""
        done = subprocess.run(self.command(words, settings), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=harness.PATIENCE * 2)
        self.told = done.stdout + done.stderr
        return done.returncode, done.stdout

    common = {"enrich.order": "user_agent", "kafka.key": "userId", "kafka.linger": "5ms"}
    agent = {"Content-Type": "application/json",
             "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}

    def post(self, daemon, path, body):
        status, _, answer = daemon.request("POST", path, json.dumps(body), headers=self.agent)
        return status, json.loads(answer)

    def test_a_schema_is_mended(self):
        self.write(SCHEMA)
        settings = {name.replace(".", "__"): value for name, value in self.common.items()}
        daemon = self.daemon(schemas__path=self.plan, **settings).wait_ready()
        events = [{"id": f"e{n}", "type": "sale", "userId": f"u{n}", "data": {"n": n if n < 2 else f"{n}"}} for n in range(4)]
        self.assertEqual(self.post(daemon, "/v1/events", events)[1], {"accepted": 2, "rejected": 2})
        self.assertEqual(self.post(daemon, "/v1/events", {"type": "sale", "data": {"n": "x"}})[1], {"accepted": 0, "rejected": 1})
        for path, event in (("/v1/events/com.acme/sale/1-0-0", {"n": "bare"}),
                            ("/v1/events", {"id": "e9", "type": "dance", "data": {}})):
            self.assertEqual(self.post(daemon, path, event)[1], {"accepted": 0, "rejected": 1})
        self.assertEqual(daemon.stop(), 0)
        before = {record.json()["id"]: record for record in self.read(bad_ones=True)}
        self.assertEqual(len(before), 5)

        self.assertEqual(self.millrace("replay", "--dry-run")[0], 1, "nothing is mended yet")
        self.write({**SCHEMA, "properties": {"n": {"type": ["integer", "string"]}}})
        status, out = self.millrace("replay", "--dry-run")
        self.assertEqual(status, 1, self.told)
        self.assertIn("5 records read, 5 chosen: 4 events would be published, 1 are still bad\n", out)
        self.assertRegex(out, r"schema_unknown +1  partition \d, offset \d+: .*dance")
        self.assertEqual(len(self.read()), 2, "a dry run publishes nothing")
        self.assertEqual(self.millrace("replay", "--dry-run", "--where", 'id == "e2"')[0], 0, self.told)
        self.assertIn("0 chosen", self.millrace("replay", "--since", "2100-01-01")[1])
        self.assertIn("0 chosen", self.millrace("replay", "--until", "2001-01-01")[1])

        status, out = self.millrace("replay", "--group", "again", "--where", 'reason == "schema_invalid"')
        self.assertEqual(status, 0, self.told)
        self.assertIn("4 chosen: 4 events published, 0 still bad\n", out)
        records = {record.json()["id"]: record for record in self.read()}
        self.assertEqual(len(self.read()), 6)
        self.assertEqual(set(records), {"e0", "e1"} | set(before) - {"e9"}, "identifiers stay, ours too")
        replayed, usual = records["e2"], records["e0"]
        self.assertEqual(replayed.key, "u2")
        self.assertRegex(replayed.headers.pop("replayed_at"), r"^20\d\d-")
        self.assertEqual(replayed.headers, {**usual.headers, "event_id": "e2", "received_at": before["e2"].json()["received"]})
        expected = usual.value.replace('"e0"', '"e2"').replace('"u0"', '"u2"').replace('"n": 0', '"n": "2"')
        expected = expected.replace(usual.headers["received_at"], before["e2"].json()["received"])
        self.assertEqual(replayed.value, expected, "as if it had been good at first")
        bare = [record.json() for record in records.values() if record.json()["data"] == {"n": "bare"}]
        self.assertEqual(bare[0]["dataschema"], "iglu:com.acme/sale/jsonschema/1-0-0")

        self.assertIn("0 records read", self.millrace("replay", "--group", "again")[1], "the group is at the end")
        self.assertEqual(len(self.read(bad_ones=True)), 5)
        status, out = self.millrace("replay", "--keep-bad", "--where", 'reason == "schema_unknown"')
        self.assertEqual((status, len(self.read(bad_ones=True))), (1, 6), self.told)

    def test_what_a_signal_left_is_not_noted(self):
        self.write(SCHEMA)
        settings = {name.replace(".", "__"): value for name, value in self.common.items()}
        daemon = self.daemon(schemas__path=self.plan, **settings).wait_ready()
        events = [{"id": f"e{n}", "type": "sale", "userId": f"u{n}", "data": {"n": f"{n}"}} for n in range(4)]
        self.assertEqual(self.post(daemon, "/v1/events", events)[1], {"accepted": 0, "rejected": 4})
        self.assertEqual(daemon.stop(), 0)
        self.write({**SCHEMA, "properties": {"n": {"type": "string"}}})
        slow = self.start("replay", "--group", "cut", "--rate", "1")
        harness.wait_until(lambda: len(self.read()) == 1, "the first is there, and the second waits for the rate")
        time.sleep(0.3)
        slow.send_signal(signal.SIGINT)
        out, _ = slow.communicate(timeout=harness.PATIENCE)
        self.assertEqual(slow.returncode, 1)
        self.assertIn("NOT published, though good: 1 (", out)
        self.assertEqual(self.millrace("replay", "--group", "cut")[0], 0, self.told)
        self.assertEqual({record.json()["id"] for record in self.read()}, {"e0", "e1", "e2", "e3"})

    def test_keys_stay_within_their_schemas(self):
        keys = self.plan / "keys.yaml"
        digest = hashlib.sha256(b"abc").hexdigest()
        keys.write_text(f"keys:\n- {{name: web, hash: 'sha256:{digest}', schemas: [com.acme/sale]}}\n")
        self.write(SCHEMA)
        daemon = self.daemon(schemas__path=self.plan, keys__file=keys).wait_ready()
        events = [{"id": f"e{n}", "dataschema": f"com.acme/{name}/1-0-0", "data": {"n": "x"}}
                  for n, name in enumerate(("sale", "other"))]
        status, _, answer = daemon.request("POST", "/v1/events", json.dumps(events),
                                           headers={**self.agent, "Authorization": "Bearer abc"})
        self.assertEqual((status, json.loads(answer)), (200, {"accepted": 0, "rejected": 2}))
        self.assertEqual(daemon.stop(), 0)
        for name in ("sale", "other"):
            self.write({**SCHEMA, "properties": {"n": {"type": "string"}}}, name)
        status, out = self.millrace("replay", keys__file=keys)
        self.assertEqual(status, 1, self.told)
        self.assertIn("2 chosen: 1 events published, 1 still bad\n", out)
        self.assertRegex(out, "schema_not_allowed +1 ")
        self.assertEqual([record.json()["id"] for record in self.read()], ["e0"])

    def test_no_such_topic(self):
        self.write(SCHEMA)
        status, _ = self.millrace("replay", "--from", "nowhere-at-all.here", kafka__bad_topic="x")
        self.assertEqual(status, 1)

    def test_a_spool_is_sent_without_a_daemon(self):
        spool = self.plan / "spool"
        self.write(SCHEMA)
        settings = {"schemas__path": self.plan, "spool__path": spool, "spool__reserve": "0", "spool__after": "1s"}
        self.kafka.signal("KILL")
        daemon = self.daemon(**settings).wait_ready()
        events = [{"id": f"e{n}", "type": "sale", "data": {"n": n if n % 3 else "x"}} for n in range(60)]
        self.assertEqual(self.post(daemon, "/v1/events", events)[1], {"accepted": 40, "rejected": 20})
        further = {"spool__path": spool, "spool__reserve": "0"}
        self.assertIn("is at work in it", self.millrace("spool", "ls", **further)[1])
        self.assertEqual(self.millrace("spool", "replay", **further)[0], 1, "a daemon holds it")
        daemon.process.kill()
        daemon.process.wait()
        self.assertEqual(self.millrace("spool", "verify", **further)[0], 0, self.told)
        _, lines = self.millrace("spool", "cat", "--topic", self.topics()["kafka.topic"], **further)
        self.assertEqual(len(lines.splitlines()), 40)
        self.kafka.start()
        status, out = self.millrace("spool", "replay", **further)
        self.assertEqual((status, out), (0, "60 records are delivered, 0 are left\n"), self.told)
        self.assertEqual((len(event_ids(self.read())), len(event_ids(self.read(True)))), (40, 20))
        self.assertIn("\n0 records, 0 bytes\n", self.millrace("spool", "ls", **further)[1])


if __name__ == "__main__":
    harness.main()
