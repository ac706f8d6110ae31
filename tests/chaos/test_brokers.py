#!/usr/bin/env python3
"""Brokers die, freeze, lose topics, take less, and refuse; daemons with a spool, without one, and with `sink.ack: spool` live
through it side by side. Nothing that was acknowledged is missing in the end, and each counter adds up."""
import re
import subprocess
import time

import ledger
from ledger import harness, pick


def admin(kafka, *words):
    subprocess.run([harness.program("KAFKA_ADMIN", "kafka_admin"), kafka.bootstrap.split(",")[0], *map(str, words)], check=True,
                   stdin=subprocess.DEVNULL)


class Fleet:
    """A daemon of each setting, under load, against the same brokers."""

    SETTINGS = {
        "spool": {"spool.after": "1s", "kafka.key": "userId"},
        "no spool": {"kafka.message_timeout": "4s", "kafka.key": "userId"},
        "ack: spool": {"sink.ack": "spool", "spool.after": "1s"},
    }

    def __init__(self, case, what, rate=250, names=("spool", "no spool", "ack: spool"), **settings):
        self.case, self.what = case, what
        self.daemons, self.books = {}, {}
        settings = {key.replace("__", "."): value for key, value in settings.items()}
        for name in names:
            spool = {} if name == "no spool" else {"spool.path": case.folder(), "spool.reserve": "0", "spool.segment": "1MiB"}
            self.daemons[name] = case.daemon("-" + re.sub(r"\W+", "-", name), **{**self.SETTINGS[name], **spool, **settings})
        for name, daemon in self.daemons.items():
            self.books[name] = ledger.Ledger(daemon.wait_ready(), rate=rate, clients=3)
        self.wait(100)

    def topics(self, name):
        return self.case.topics("-" + re.sub(r"\W+", "-", name))

    def wait(self, more):
        for book in self.books.values():
            book.wait(more)
        return self

    def metric(self, name, metric):
        return self.daemons[name].metrics().get(metric, 0)

    def wait_spooling(self):
        """Those with a spool have events on the disk; the one without has refused some."""
        for name, daemon in self.daemons.items():
            if name == "no spool":
                harness.wait_until(lambda: self.books[name].refused, "a refusal without a spool")
            else:
                harness.wait_until(lambda: daemon.metrics()["millrace_spool_written_records_total"] > 0, f"{name}: the spool")

    def finish(self, excused=None):
        """Clients end, spools drain, everything is counted; a row each."""
        for book in self.books.values():
            book.finish()
        for name, daemon in self.daemons.items():
            book = self.books[name]
            if name != "no spool":
                ledger.wait_empty(daemon)
                if book.refused:
                    raise AssertionError(f"{name}: {len(book.refused)} events were refused: {dict(book.statuses)}")
            book.count(self.case.kafka, *self.topics(name), excused=excused(book) if excused else frozenset(),
                       keyed="kafka.key" in self.SETTINGS[name] and not excused)
            self.add_up(name)
            if daemon.stop() != 0:
                raise AssertionError(f"{name}: exit status {daemon.process.returncode}:\n{daemon.log()[-3000:]}")
            ledger.row("lost", self.what, setting=name, **book.figures())

    def add_up(self, name):
        """metrics() has asserted the law; what was answered is what was counted. A request that is refused by its head counts as
        one event, and of one that was cut off nobody knows."""
        sums, book = self.daemons[name].metrics(), self.books[name]
        ended = {end: sums[f"millrace_events_{end}_total"] for end in ("published", "rejected")}
        answered = {end: sum(outcome == end for outcome in book.acknowledged.values()) for end in ended}
        self.case.assertEqual(sums["millrace_events_open"], 0)
        if book.refused or book.unanswered:
            for end in ended:
                self.case.assertGreaterEqual(ended[end], answered[end], f"{name}: {end}")
        else:
            self.case.assertEqual((ended, sums["millrace_events_received_total"]), (answered, book.tried), name)


class Case(ledger.Case):
    broker = {}

    @classmethod
    def setUpClass(cls):
        cls.kafka = harness.Kafka(**cls.broker)

    @classmethod
    def tearDownClass(cls):
        cls.kafka.close()


class One(Case):
    """A single broker."""

    def test_killed(self):
        fleet = Fleet(self, "a broker killed (SIGKILL) and started again")
        for _ in range(pick(1, 5)):
            self.kafka.signal("KILL")
            fleet.wait_spooling()
            time.sleep(pick(1, 20))
            self.kafka.start()
            fleet.wait(100)
        fleet.finish()

    def test_paused(self):
        """A broker that takes connections and answers nothing."""
        fleet = Fleet(self, f"a broker paused (SIGSTOP) for {pick(6, 60)} s")
        self.kafka.signal("STOP")
        try:
            time.sleep(pick(6, 60))
            fleet.wait_spooling()
        finally:
            self.kafka.signal("CONT")
        fleet.wait(100).finish()


if __name__ == "__main__":
    ledger.main()
