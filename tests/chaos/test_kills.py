#!/usr/bin/env python3
"""The daemon is killed, stopped, reloaded, and followed by another one, under load."""
import collections
import random
import signal
import socket
import time

import ledger
from fleet import BrokerCase as Case, Fleet
from ledger import harness, pick


class Killed(Case):
    def test_kill_9(self):
        """At any moment, with and without a broker: what the next one finds is what was acknowledged. Without a spool the broker
        stays, as a daemon that cannot deliver acknowledges nothing anyway."""
        times = pick(5, 20)
        fleet = Fleet(self, f"millrace killed (SIGKILL) {times} times under load")
        for turn in range(times):
            fleet.wait(random.randrange(50, 400))
            if turn == times // 2:
                self.kafka.signal("KILL")
                time.sleep(1)
            fleet.end_all(signal.SIGKILL)
            if turn == times // 2:
                for name in fleet.daemons:
                    fleet.start(name)
                time.sleep(1)
                self.kafka.start()
            else:
                fleet.start_all()
        fleet.wait(100).finish()


class Restarted(Case):
    def test_terminated(self):
        """SIGTERM and another one at the same port. What had an answer or none at all is there once: no request was cut off
        between its publication and its answer."""
        fleet = Fleet(self, f"millrace stopped (SIGTERM) and started again {pick(2, 20)} times under load", spool__after="20s",
                      kafka__message_timeout="60s")
        for _ in range(pick(2, 20)):
            fleet.wait(100)
            fleet.end_all()
            fleet.start_all()
        fleet.wait(100).finish()
        for name, book in fleet.books.items():
            self.assertEqual(book.duplicates, 0, f"{name}: published, but the connection was cut before the answer")

    def test_terminated_in_an_outage(self):
        """SIGTERM while a silent broker has unconfirmed records, and no time to wait for it: their clients are told to send again
        (exit status 2), and a record that the broker or the spool has all the same is there twice."""
        fleet = Fleet(self, "millrace stopped (SIGTERM) while the broker is silent", spool__after="20s", worker__drain_time="2s")
        for _ in range(pick(1, 5)):
            self.kafka.signal("STOP")
            time.sleep(1)
            fleet.end_all(statuses=(0, 2))
            for name in fleet.daemons:
                fleet.start(name)
            self.kafka.signal("CONT")
            fleet.wait(100)
        fleet.finish()

    def test_reloaded(self):
        """SIGHUP under load: nobody is refused, nothing is counted twice."""
        fleet = Fleet(self, f"millrace reloaded (SIGHUP) {pick(5, 50)} times under load", spool__after="30s",
                      kafka__message_timeout="60s")
        for turn in range(pick(5, 50)):
            for daemon in fleet.daemons.values():
                daemon.process.send_signal(signal.SIGHUP)
                harness.wait_until(lambda: daemon.metrics()["millrace_plan_reloads_total"] == turn + 1, "the reload")
            fleet.wait(20)
        fleet.finish()
        for name, book in fleet.books.items():
            self.assertEqual((set(book.statuses), book.duplicates), ({200}, 0), name)

    def test_socket_activated(self):
        """A socket that outlives daemons, as systemd has it. One is ready before the last one goes, or comes after it, as with
        systemctl restart: then connections wait. None is refused, no request is answered with 503, and none is cut off, not even
        of clients that do not look before they send."""
        listener = socket.create_server(("127.0.0.1", harness.free_port()), backlog=512)
        self.addCleanup(listener.close)
        topic, bad_topic = self.topics()
        settings = {"kafka.brokers": self.kafka.bootstrap, "kafka.topic": topic, "kafka.bad_topic": bad_topic,
                    "worker.threads": 2}

        def start():
            daemon = harness.Daemon(settings, listener=listener)
            self.addCleanup(daemon.__exit__, None, None, None)
            daemon.port = listener.getsockname()[1]
            return daemon.wait_ready()
        daemon = start()
        book, statuses = ledger.Ledger(daemon, rate=500, clients=8, batch=5, dumb=True), collections.Counter()
        times = pick(4, 30)
        for turn in range(times):
            book.wait(200)
            if turn % 2:
                statuses[daemon.stop()] += 1
                daemon = start()
            else:
                old, daemon = daemon, start()
                statuses[old.stop()] += 1
        book.wait(200).finish().count(self.kafka, topic, bad_topic)
        self.assertEqual(daemon.metrics()["millrace_events_open"], 0)
        statuses[daemon.stop()] += 1
        ledger.row("lost", f"a socket handed from one daemon to the next {times} times under load", setting="no spool",
                   **book.figures())
        self.assertEqual(statuses, {0: times + 1})
        self.assertEqual((set(book.statuses), dict(book.errors), book.duplicates), ({200}, {}, 0))


if __name__ == "__main__":
    ledger.main()
