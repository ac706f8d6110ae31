#!/usr/bin/env python3
"""The whole way: HTTP in, a real broker out. Every acknowledged event is on its topic, every event is counted once, and the
law received = published + rejected + refused + open holds at every scrape, whatever dies meanwhile."""
import collections
import concurrent.futures
import http.client
import json
import pathlib
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness


def good(number, **further):
    return {"id": f"e{number}", "type": "page_view", "userId": "u1", "data": {"url": f"https://shop.example/{number}"}, **further}


def bad(number):
    return {"id": f"e{number}", "type": "page_view", "data": {"ulr": "x"}}


def event_ids(records):
    return [record.json()["id"] for record in records]


class Load:
    """Clients that post events until stop(): which were acknowledged, which refused, which have no answer."""

    def __init__(self, daemon, clients=4, batch=5, bad_every=7):
        self.daemon, self.batch, self.bad_every = daemon, batch, bad_every
        self.lock, self.ending = threading.Lock(), threading.Event()
        self.acknowledged, self.refused, self.unanswered, self.statuses = {}, set(), set(), collections.Counter()
        self.last_status = None
        self.threads = [threading.Thread(target=self.client, args=(number,)) for number in range(clients)]
        for thread in self.threads:
            thread.start()

    def client(self, client):
        connection, number = None, 0
        while not self.ending.is_set():
            numbers = [f"{client}-{number + i}" for i in range(self.batch)]
            events = [bad(n) if (number + i) % self.bad_every == 0 else good(n) for i, n in enumerate(numbers)]
            number += self.batch
            status, answer = None, None
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", self.daemon.port, timeout=harness.PATIENCE)
                connection.request("POST", "/v1/events?verbose", json.dumps(events), {"Content-Type": "application/json"})
                response = connection.getresponse()
                status, answer = response.status, json.loads(response.read())
            except (OSError, http.client.HTTPException, ValueError):
                connection.close()
                connection = None
                time.sleep(0.02)
            self.take([event["id"] for event in events], status, answer)
        if connection:
            connection.close()

    def take(self, numbers, status, answer):
        with self.lock:
            self.statuses[status] += 1
            self.last_status = status
            if status == 200:
                for number, entry in zip(numbers, answer["events"]):
                    self.acknowledged[number] = entry["outcome"]
            elif status is None:
                self.unanswered.update(numbers)
            else:
                self.refused.update(numbers)

    def wait(self, more):
        """Until so many more events are acknowledged."""
        goal = len(self.acknowledged) + more
        harness.wait_until(lambda: len(self.acknowledged) >= goal, f"{more} events to be acknowledged")
        return self

    def stop(self):
        self.ending.set()
        for thread in self.threads:
            thread.join()
        return self

    def outcome(self, which):
        return {number for number, outcome in self.acknowledged.items() if outcome == which}


class Case(unittest.TestCase):
    maxDiff = 2000

    def topics(self):
        """Topics of this test's own."""
        name = self._testMethodName
        return {"kafka.topic": name, "kafka.bad_topic": f"{name}-bad"}

    def daemon(self, yaml="", **settings):
        settings = {name.replace("__", "."): value for name, value in settings.items()}
        daemon = harness.Daemon({"kafka.brokers": self.kafka.bootstrap, **self.topics(), **settings}, yaml)
        self.addCleanup(daemon.__exit__, None, None, None)
        return daemon

    def spool_folder(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="millrace-spool-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        return folder

    def wait_empty(self, daemon):
        harness.wait_until(lambda: harness.spool_is_empty(daemon.metrics()), "the spool to be empty")

    def read(self, bad_ones=False):
        return self.kafka.read(self.topics()["kafka.bad_topic" if bad_ones else "kafka.topic"])

    def assert_acknowledged_are_there(self, load, once=True):
        for outcome, bad_ones in (("published", False), ("rejected", True)):
            found = collections.Counter(event_ids(self.read(bad_ones)))
            self.assertEqual(load.outcome(outcome) - set(found), set(), f"answered as {outcome}, but not there")
            if once:
                self.assertEqual([number for number in load.outcome(outcome) if found[number] != 1], [], "more than once")


class Steady(Case):
    """A broker that stays."""

    @classmethod
    def setUpClass(cls):
        cls.kafka = harness.Kafka()

    @classmethod
    def tearDownClass(cls):
        cls.kafka.close()

    def test_good_and_bad(self):
        daemon = self.daemon(kafka__key="userId").wait_ready()
        status, answer = daemon.post([good(1), bad(2), good(3, userId="u2")], "/v1/events?verbose")
        self.assertEqual((status, answer["accepted"], answer["rejected"]), (200, 2, 1))
        self.assertEqual([entry["outcome"] for entry in answer["events"]], ["published", "rejected", "published"])
        records = {record.json()["id"]: record for record in self.read()}
        self.assertEqual(set(records), {"e1", "e3"})
        self.assertEqual((records["e1"].key, records["e3"].key), ("u1", "u2"))
        self.assertEqual(records["e1"].json()["data"], {"url": "https://shop.example/1"})
        headers = records["e1"].headers
        self.assertRegex(headers.pop("received_at"), r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d\d\dZ$")
        self.assertEqual(headers, {"schema": "com.acme/page_view/1-0-0", "event_id": "e1", "content-type": "application/json"})
        (rejected,) = self.read(bad_ones=True)
        record = rejected.json()
        self.assertEqual((record["id"], record["reason"], record["pointer"]), ("e2", "schema_invalid", "/ulr"))
        self.assertEqual(json.loads(record["payload"]), bad(2), "the client's own bytes")

    def test_not_json_at_all(self):
        daemon = self.daemon().wait_ready()
        status, _ = daemon.post(b'{"id": "x", ')
        self.assertEqual(status, 400)
        (record,) = self.read(bad_ones=True)
        self.assertEqual((record.json()["reason"], record.json()["payload"]), ("json_malformed", '{"id": "x", '))

    def test_law_under_load(self):
        daemon = self.daemon().wait_ready()
        load = Load(daemon)
        scrapes = 0
        while scrapes < 100 or len(load.acknowledged) < 500:
            daemon.metrics()                   # asserts the law
            scrapes += 1
        load.stop()
        self.assertEqual(set(load.statuses), {200})
        sums = daemon.metrics()
        self.assertEqual(sums["millrace_events_open"], 0)
        self.assertEqual(sums["millrace_events_published_total"], len(load.outcome("published")))
        self.assertEqual(sums["millrace_events_rejected_total"], len(load.outcome("rejected")))
        self.assertEqual(len(self.read()), len(load.outcome("published")))
        self.assert_acknowledged_are_there(load)

    def test_topics_by_rule(self):
        daemon = self.daemon(**{"kafka.topic": "rule-{vendor}-{name}"}).wait_ready()
        sign_up = {"id": "s1", "type": "sign_up", "data": {"method": "email", "country": "NL"}}
        status, answer = daemon.post([good(1), sign_up], "/v1/events?verbose")
        self.assertEqual((status, answer["rejected"]), (200, 0), answer)
        self.assertEqual(event_ids(self.kafka.read("rule-com.acme-page_view")), ["e1"])
        self.assertEqual(event_ids(self.kafka.read("rule-com.acme-sign_up")), ["s1"])

    def test_larger_than_the_broker_takes(self):
        daemon = self.daemon().wait_ready()
        huge = good(1)
        huge["context"] = {"library": {"name": ["x" * 200000] * 6}}    # strings are limited, events are not
        status, answer = daemon.post([huge, good(2)], "/v1/events?verbose")
        self.assertEqual((status, answer["accepted"], answer["rejected"]), (200, 1, 1))
        self.assertEqual(answer["events"][0]["reason"], "event_too_large")
        self.assertEqual(event_ids(self.read()), ["e2"])
        (record,) = self.read(bad_ones=True)
        self.assertEqual((record.json()["id"], record.json()["reason"]), ("e1", "event_too_large"))

    def test_drain(self):
        """SIGTERM under load: no request is cut off, what was answered is there, the exit status is 0."""
        daemon = self.daemon().wait_ready()
        load = Load(daemon).wait(500)
        status = daemon.stop()
        load.stop()
        self.assertEqual(status, 0, daemon.log())
        self.assertLessEqual(set(load.statuses), {200, 503, None})
        self.assert_acknowledged_are_there(load)
        found = set(event_ids(self.read())) | set(event_ids(self.read(bad_ones=True)))
        self.assertEqual(load.refused & found, set(), "refused, but published")
        self.assertEqual(load.unanswered & found, set(), "published, but the connection was cut before the answer")

    def test_killed(self):
        """kill -9 under load: what was answered is there."""
        daemon = self.daemon().wait_ready()
        load = Load(daemon).wait(500)
        daemon.stop(signal.SIGKILL)
        load.stop()
        self.assert_acknowledged_are_there(load)

    def test_reload(self):
        """SIGHUP under load: another topic from then on; a broken file changes nothing; no request fails."""
        first, second = f"{self._testMethodName}-1", f"{self._testMethodName}-2"
        settings = {**self.topics(), "kafka.brokers": self.kafka.bootstrap}
        del settings["kafka.topic"]
        daemon = harness.Daemon(settings, f"kafka:\n  topic: {first}\n")
        self.addCleanup(daemon.__exit__, None, None, None)
        daemon.wait_ready()
        load = Load(daemon, bad_every=1 << 30).wait(100)
        daemon.config.write_text(f"kafka:\n  topic: {second}\n")
        daemon.process.send_signal(signal.SIGHUP)
        harness.wait_until(lambda: daemon.metrics()["millrace_plan_reloads_total"] == 1, "the reload")
        load.wait(200)
        daemon.config.write_text("kafka:\n  tpoic: third\n")
        daemon.process.send_signal(signal.SIGHUP)
        harness.wait_until(lambda: daemon.metrics()["millrace_plan_reload_failures_total"] == 1, "the failure")
        load.wait(200).stop()
        self.assertEqual(set(load.statuses), {200}, daemon.log())
        self.assertIn("did you mean", daemon.log())
        ids = [event_ids(self.kafka.read(topic)) for topic in (first, second)]
        self.assertTrue(ids[0] and ids[1])
        self.assertEqual(sorted(ids[0] + ids[1]), sorted(load.outcome("published")))

    def test_statistics_of_the_client(self):
        daemon = self.daemon().wait_ready()
        daemon.post([good(1)])
        sums = harness.wait_until(lambda: (found := daemon.metrics()).get("millrace_kafka_sent_records_total") and found,
                                  "librdkafka's statistics")
        self.assertEqual(sums["millrace_kafka_sent_records_total"], 1)
        self.assertGreater(sums["millrace_kafka_round_trip_seconds_average"], 0)


class Embedded(Case):
    def test_read_by_others(self):
        with harness.Daemon({"kafka.brokers": "embedded"}) as daemon:
            daemon.wait_ready()
            status, answer = daemon.post([good(1), bad(2)])
            self.assertEqual((status, answer["accepted"], answer["rejected"]), (200, 1, 1))
            bootstrap = re.search(r"127\.0\.0\.1:\d+(?= \(embedded)", daemon.log())[0]
            self.assertEqual(event_ids(harness.read(bootstrap, "events")), ["e1"])
            self.assertEqual(event_ids(harness.read(bootstrap, "events-bad")), ["e2"])
            self.assertEqual(daemon.stop(), 0)


class Outage(Case):
    """A broker that goes away and comes back."""

    def setUp(self):
        self.kafka = harness.Kafka()

    def tearDown(self):
        self.doCleanups()                      # the daemon goes before its broker
        self.kafka.close()

    def test_away_longer_than_the_timeout(self):
        daemon = self.daemon(kafka__message_timeout="2s").wait_ready()
        self.assertEqual(daemon.post([good(1)])[0], 200)
        self.kafka.signal("KILL")
        status, headers, _ = daemon.request("POST", "/v1/events", json.dumps([good(2), bad(3)]))
        self.assertEqual(status, 503)
        self.assertGreaterEqual(int(headers["Retry-After"]), 1)
        harness.wait_until(lambda: daemon.get("/ready")[0] == 503, "/ready to tell")
        self.assertEqual(daemon.get("/live")[0], 200)
        sums = daemon.metrics()
        self.assertEqual(sums["millrace_events_refused_total"], 2)
        self.assertEqual(sums["millrace_events_published_total"], 1)
        self.kafka.start()
        daemon.wait_ready()
        self.assertEqual(daemon.post([good(4)])[0], 200)
        self.assertEqual(sorted(event_ids(self.read())), ["e1", "e4"])

    def assert_idle(self, daemon, seconds):
        """Counted, not timed: on a busy machine a thread that turns gets little time."""
        before = daemon.switches()
        time.sleep(seconds)
        self.assertLess(daemon.switches() - before, seconds * 500)

    def test_away_takes_no_cpu(self):
        """Longer than it is between two questions about a topic that does not exist: while one could not be sent, the client
        turned."""
        daemon = self.daemon().wait_ready()
        self.assertEqual(daemon.post([good(1)])[0], 200)
        self.kafka.signal("KILL")
        harness.wait_until(lambda: daemon.get("/ready")[0] == 503, "/ready to tell")
        time.sleep(5.5)                        # a question that was under way is given up
        self.assert_idle(daemon, 12)
        self.kafka.start()
        daemon.wait_ready()
        self.assertEqual(daemon.post([good(2)])[0], 200)

    def test_away_takes_no_cpu_with_a_spool(self):
        """The spool's client knows the broker, and hears of a topic for the first time when it is gone."""
        daemon = self.daemon(spool__path=self.spool_folder(), spool__reserve="0", spool__after="1s").wait_ready()
        self.assertEqual(daemon.post([good(1)])[0], 200)
        time.sleep(2)                          # also the client that nothing asks is connected
        self.kafka.signal("KILL")
        self.assertEqual(daemon.post([good(2)])[0], 200)
        self.assert_idle(daemon, 6)
        self.kafka.start()
        self.wait_empty(daemon)
        self.assertEqual(sorted(event_ids(self.read())), ["e1", "e2"])

    def test_killed_under_load(self):
        """The broker dies and comes back twice; the law holds at every scrape, acknowledged events are there once."""
        daemon = self.daemon(kafka__message_timeout="60s").wait_ready()
        load = Load(daemon, clients=8)
        def lose():
            for _ in range(2):
                time.sleep(2)
                self.kafka.signal("KILL")
                time.sleep(1)
                self.kafka.start()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            away = pool.submit(lose)
            while not away.done():
                daemon.metrics()
                time.sleep(0.05)
            away.result()
        daemon.wait_ready()
        load.wait(500).stop()
        self.assertEqual(set(load.statuses), {200}, daemon.log()[-3000:])
        self.assert_acknowledged_are_there(load)
        self.assertEqual(daemon.metrics()["millrace_events_open"], 0)
        self.assertEqual(daemon.stop(), 0)

    def test_stop_while_away(self):
        """A daemon that cannot publish still stops in time, and tells its clients to come again."""
        daemon = self.daemon(worker__drain_time="2s", kafka__message_timeout="60s").wait_ready()
        self.assertEqual(daemon.post([good(1)])[0], 200)
        self.kafka.signal("KILL")
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(daemon.post, [good(2)])
            time.sleep(0.5)
            start = time.monotonic()
            daemon.stop()
            self.assertLess(time.monotonic() - start, 10)
            try:
                self.assertEqual(waiting.result()[0], 503)
            except (OSError, http.client.HTTPException):
                self.fail("the connection was cut without an answer")

    def test_not_there_at_first(self):
        self.kafka.signal("KILL")
        daemon = self.daemon()
        harness.wait_until(lambda: "events: http" in daemon.log(), "the daemon to listen")
        self.assertEqual(daemon.get("/ready")[0], 503)
        self.assertEqual(daemon.get("/live")[0], 200)
        self.kafka.start()
        daemon.wait_ready()
        self.assertEqual(daemon.post([good(1)])[0], 200)


if __name__ == "__main__":
    harness.main()
