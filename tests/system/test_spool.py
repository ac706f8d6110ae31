#!/usr/bin/env python3
"""The spool against a real broker that dies, and a daemon that dies: clients keep their answers at the speed of the disk, and
everything that was acknowledged is on its topic in the end."""
import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness
from test_daemon import Case, Load, bad, event_ids, good


class Outage(Case):
    @classmethod
    def setUpClass(cls):
        cls.kafka = harness.Kafka()

    @classmethod
    def tearDownClass(cls):
        cls.kafka.close()

    def setUp(self):
        self.spool = self.spool_folder()
        self.port = harness.free_port()

    def spooled(self, **settings):
        """A daemon with this test's spool, always at the same port."""
        return self.daemon(spool__path=self.spool, spool__reserve="0", spool__segment="1MiB", spool__after="1s",
                           http__listen=f"127.0.0.1:{self.port}", **settings)

    def left_behind(self):
        """The broker is away; a daemon takes a good event and a bad one, and dies."""
        self.kafka.signal("KILL")
        daemon = self.spooled()
        daemon.port = self.port
        daemon.wait_ready()
        self.assertEqual(daemon.post([good(1), bad(2)])[1], {"accepted": 1, "rejected": 1})
        daemon.process.kill()
        daemon.process.wait()

    def load(self, daemon, **further):
        daemon.port = self.port
        return Load(daemon, **further)

    def test_the_broker_dies_and_comes_back(self):
        daemon = self.spooled().wait_ready()
        load = self.load(daemon).wait(100)
        self.kafka.signal("KILL")
        load.wait(2000)
        self.assertEqual(daemon.get("/ready")[0], 200)
        self.assertGreater(daemon.metrics()["millrace_spool_records"], 0)
        self.kafka.start()
        load.wait(500)
        load.stop()
        self.wait_empty(daemon)
        self.assertEqual((load.refused, load.unanswered), (set(), set()))
        self.assertGreater(daemon.metrics()["millrace_spool_drained_records_total"], 1000)
        self.assertEqual(daemon.stop(), 0)
        self.assert_acknowledged_are_there(load, once=False)
        self.assertEqual(list(self.spool.glob("*.spool")), [])

    def test_the_broker_is_paused(self):
        """A broker that takes connections and answers nothing: after spool.after events go to the disk."""
        daemon = self.spooled().wait_ready()
        load = self.load(daemon).wait(100)
        self.kafka.signal("STOP")
        try:
            load.wait(500)
        finally:
            self.kafka.signal("CONT")
        load.wait(500).stop()
        self.wait_empty(daemon)
        self.assertEqual((load.refused, load.unanswered), (set(), set()))
        self.assertEqual(daemon.stop(), 0)
        self.assert_acknowledged_are_there(load, once=False)

    def test_the_daemon_is_killed(self):
        """kill -9 again and again, with and without a broker; the next one finds what the last one had acknowledged."""
        daemon = self.spooled(sink__ack="spool").wait_ready()
        load = self.load(daemon)
        for turn in range(6):
            load.wait(300)
            if turn == 2:
                self.kafka.signal("KILL")
            if turn == 4:
                self.kafka.start()
            daemon.process.kill()
            daemon.process.wait()
            daemon = self.spooled(sink__ack="spool").wait_ready()
        load.wait(300).stop()
        self.wait_empty(daemon)
        self.assertEqual(load.refused, set())
        self.assertEqual(daemon.stop(), 0)
        self.assert_acknowledged_are_there(load, once=False)
        found = set(event_ids(self.read())) | set(event_ids(self.read(True)))
        self.assertEqual(found - set(load.acknowledged) - load.unanswered, set(), "there, but never sent")

    def test_the_order_of_a_key_stays(self):
        """One client, one key, one event after the other, through an outage."""
        daemon = self.spooled(kafka__key="userId").wait_ready()
        daemon.port = self.port
        sent = 0
        for turn, signal in enumerate((None, "KILL", "start", None)):
            if signal == "start":
                self.kafka.start()
            elif signal:
                self.kafka.signal(signal)
            for _ in range(60 if turn < 3 else 200):
                self.assertEqual(daemon.post(good(sent))[0], 200)
                sent += 1
        self.wait_empty(daemon)
        order = list(dict.fromkeys(event_ids(self.read())))
        self.assertEqual(order, [f"e{number}" for number in range(sent)])

    def test_a_full_spool_refuses(self):
        daemon = self.spooled(spool__size="2MiB").wait_ready()
        daemon.port = self.port
        self.assertEqual(daemon.post(good(0))[0], 200)
        self.kafka.signal("KILL")
        accepted, padding = {"e0"}, "x" * 20000
        for number in range(1, 400):
            status, headers, _ = daemon.request("POST", "/v1/events", json.dumps(good(number, subject=padding)))
            if status != 200:
                break
            accepted.add(f"e{number}")
        self.assertEqual(status, 503)
        self.assertIn("Retry-After", headers)
        self.assertGreater(len(accepted), 80)
        harness.wait_until(lambda: daemon.get("/ready")[0] == 503, "not to be ready")
        self.assertLessEqual(sum(file.stat().st_size for file in self.spool.glob("*.spool")), 2 << 20)
        self.assertEqual(daemon.metrics()["millrace_spool_healthy"], 0)
        self.kafka.start()
        daemon.wait_ready()
        self.wait_empty(daemon)
        self.assertEqual(daemon.post(good(1000))[0], 200)
        self.assertEqual(accepted - set(event_ids(self.read())), set())

    def test_answers_from_memory(self):
        """Answered before the broker has the event: what it then does not take is counted as lost, or goes to the spool; a stop
        waits for the reports."""
        daemon = self.daemon(sink__ack="memory", kafka__message_timeout="2s").wait_ready()
        self.kafka.signal("KILL")
        self.assertEqual(daemon.post([good(1), bad(2), good(3)])[1], {"accepted": 2, "rejected": 1})
        self.assertEqual(daemon.metrics()["millrace_events_refused_total"], 0)
        harness.wait_until(lambda: daemon.metrics()["millrace_events_lost_total"] == 3, "the events to be given up")
        self.assertEqual(daemon.metrics()["millrace_events_open"], 0)
        harness.wait_until(lambda: daemon.metrics()["millrace_open_bytes"] == 0, "their memory")
        self.assertEqual(daemon.stop(), 0)
        daemon = self.spooled(sink__ack="memory").wait_ready()
        daemon.port = self.port
        self.assertEqual(daemon.post([good(4), bad(5)])[1], {"accepted": 1, "rejected": 1})
        harness.wait_until(lambda: daemon.metrics()["millrace_spool_records"] == 2, "the spool to have them")
        self.kafka.start()
        self.wait_empty(daemon)
        self.assertEqual(daemon.post([good(6), bad(7)])[1], {"accepted": 1, "rejected": 1})
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual((set(event_ids(self.read())), set(event_ids(self.read(True)))), ({"e4", "e6"}, {"e5", "e7"}))

    def test_without_a_broker_from_the_start(self):
        """The daemon starts, and takes events, before there is any broker; bad events are as durable as good ones."""
        self.left_behind()
        self.kafka.start()
        daemon = self.spooled().wait_ready()
        self.wait_empty(daemon)
        self.assertEqual(event_ids(self.read()), ["e1"])
        self.assertEqual(event_ids(self.read(True)), ["e2"])

    def test_a_cluster_that_keeps_nothing_gets_nothing(self):
        """The brokers were forgotten: the embedded cluster would take what the last run has left, and end with the daemon."""
        self.left_behind()
        daemon = self.spooled(kafka__brokers="embedded")
        self.assertEqual(daemon.process.wait(harness.PATIENCE), 1)
        self.assertIn(f"spool.path: {self.spool} holds records of an earlier run", daemon.log())
        self.kafka.start()
        daemon = self.spooled().wait_ready()
        self.wait_empty(daemon)
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual((event_ids(self.read()), event_ids(self.read(True))), (["e1"], ["e2"]))
        daemon = self.spooled(kafka__brokers="embedded", sink__ack="spool")        # nothing is left there
        daemon.port = self.port
        daemon.wait_ready()
        self.assertEqual(daemon.post(good(3))[0], 200)
        self.wait_empty(daemon)
        self.assertEqual(daemon.stop(), 0)


class Missing(Case):
    """Brokers that make no topics by themselves."""

    def setUp(self):
        self.kafka = harness.Kafka(extra="auto.create.topics.enable=false")

    def tearDown(self):
        self.doCleanups()                      # the daemon goes before its broker
        self.kafka.close()

    def make_topics(self):
        self.kafka.signal("KILL")
        self.kafka.edit("auto.create.topics.enable=false", "auto.create.topics.enable=true")
        self.kafka.start()

    def assert_refused(self, least, most, **settings):
        """The first event is refused after so many seconds, later ones at once."""
        daemon = self.daemon(**settings).wait_ready()
        times = [time.monotonic()]
        for number in range(3):
            status, answer = daemon.post([good(number)])
            self.assertEqual((status, answer["error"]), (503, "sink_failed"))
            times.append(time.monotonic())
        self.assertTrue(least <= times[1] - times[0] < most, times)
        self.assertLess(times[3] - times[1], 2)
        return daemon

    def test_refused_soon(self):
        """Not when the record's time is over; the operator may say another time; a topic that is made takes events at once."""
        self.assert_refused(0.5, 4, **{"kafka.client.topic.metadata.propagation.max.ms": 1000}).stop()
        daemon = self.assert_refused(4, 15)
        self.make_topics()
        harness.wait_until(lambda: daemon.post([good(3)])[0] == 200, "the topic to take an event")

    def test_parked_soon(self):
        """The topic is out of the way of others after spool.park_after, and the time that a new topic has to appear."""
        daemon = self.daemon(spool__path=self.spool_folder(), spool__reserve="0", spool__after="1s",
                             spool__park_after="1s").wait_ready()
        self.assertEqual(daemon.post([good(1)])[0], 200)
        start = time.monotonic()
        harness.wait_until(lambda: daemon.metrics()["millrace_spool_parked_topics"] == 1, "the topic to be parked")
        self.assertLess(time.monotonic() - start, 20)
        self.make_topics()
        self.wait_empty(daemon)
        self.assertEqual(event_ids(self.read()), ["e1"])


if __name__ == "__main__":
    harness.main()
