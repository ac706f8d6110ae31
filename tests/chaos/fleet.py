"""A fleet: daemons of each setting (with a spool, without one, and with `sink.ack: spool`), each under load with a ledger, topics
and a folder of its own, against the same brokers, so that one damage tests them all."""
import re
import signal
import subprocess
import time

import ledger
from ledger import harness


def admin(kafka, *words):
    subprocess.run([harness.program("KAFKA_ADMIN", "kafka_admin"), kafka.bootstrap.split(",")[0], *map(str, words)], check=True,
                   stdin=subprocess.DEVNULL)


class Fleet:
    """A daemon of each setting, under load, against the same brokers."""

    SETTINGS = {
        "spool": {"spool.after": "1s", "kafka.key": "userId", "worker.threads": 2},
        "no spool": {"kafka.message_timeout": "4s", "kafka.key": "userId"},
        "ack: spool": {"sink.ack": "spool", "spool.after": "1s"},
    }

    def __init__(self, case, what, rate=250, make=ledger.event, made=0, **settings):
        """`made`: partitions of topics that have to be made first."""
        self.case, self.what = case, what
        self.daemons, self.books, self.spools, self.settings = {}, {}, {}, {}
        self.whole = {}                        # whether the daemon has counted since the beginning
        settings = {key.replace("__", "."): value for key, value in settings.items()}
        for name, own in self.SETTINGS.items():
            self.spools[name] = case.folder()
            spool = {} if name == "no spool" else {"spool.path": self.spools[name], "spool.reserve": "0", "spool.segment": "1MiB"}
            for topic in self.topics(name) if made else ():
                admin(case.kafka, "create", topic, made, 1)
            self.settings[name] = {"http.listen": f"127.0.0.1:{harness.free_port()}", **own, **spool, **settings}
            self.start(name)
        for name, daemon in self.daemons.items():
            self.books[name] = ledger.Ledger(daemon.wait_ready(), rate=rate, make=make)
        self.wait(100)

    def topics(self, name):
        return self.case.topics("-" + re.sub(r"\W+", "-", name))

    def start(self, name):
        """Another daemon with the same settings, at the same port."""
        daemon = self.case.daemon("-" + re.sub(r"\W+", "-", name), **self.settings[name])
        daemon.port = int(self.settings[name]["http.listen"].rsplit(":", 1)[1])
        self.daemons[name], self.whole[name] = daemon, name not in self.whole
        return daemon

    def end_all(self, number=signal.SIGTERM, statuses=(0,)):
        """All at the same time."""
        for daemon in self.daemons.values():
            daemon.process.send_signal(number)
        for name, daemon in self.daemons.items():
            status = daemon.process.wait(harness.PATIENCE)
            if status not in (-signal.SIGKILL, *statuses):
                raise AssertionError(f"{name}: exit status {status}:\n{daemon.log()[-3000:]}")

    def start_all(self):
        for name in self.daemons:
            self.start(name)
        for daemon in self.daemons.values():
            daemon.wait_ready()

    def wait(self, more):
        for book in self.books.values():
            book.wait(more)
        return self

    def run_for(self, seconds):
        time.sleep(seconds)
        return self

    def all_there_again(self):
        """After topics were deleted: when every daemon has published to the new one. The ids that may be missing then are those
        of requests that had begun before."""
        for name in self.daemons:
            harness.wait_until(lambda: ledger.read_ids(self.case.kafka.bootstrap, self.topics(name)[0]), f"{name}: the new topic")
        moment = time.monotonic()
        return lambda book: {number for number, began in book.began.items() if began < moment}

    def all_partitions(self, count):
        """Grows the topics of good events; when every daemon has published to each partition."""
        for name in self.daemons:
            admin(self.case.kafka, "grow", self.topics(name)[0], count)
        for name in self.daemons:
            def used():
                places = ledger.read_ids(self.case.kafka.bootstrap, self.topics(name)[0]).values()
                return {partition for at in places for partition, _ in at} == set(range(count))
            harness.wait_until(used, f"{name}: records on {count} partitions")
        return self

    def set_aside(self, book):
        """Ids that a spool has set aside, as their topics take less than they did: a person has them."""
        (name,) = [name for name, other in self.books.items() if other is book]
        files = [file.read_bytes() for file in self.spools[name].glob("refused/*")]
        return {found.decode() for text in files for found in re.findall(rb'"id":"(e-\d+-\d+)"', text)}

    def wait_spooling(self):
        """Those with a spool have events on the disk; the one without has refused some."""
        for name, daemon in self.daemons.items():
            if name == "no spool":
                harness.wait_until(lambda: self.books[name].refused, "a refusal without a spool")
            else:
                harness.wait_until(lambda: daemon.metrics()["millrace_spool_written_records_total"] > 0, f"{name}: the spool")

    def finish(self, excused=None, settled=0):
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
                       keyed="kafka.key" in self.SETTINGS[name] and not excused, settled=settled)
            self.add_up(name)
            ledger.row("lost", self.what, setting=name, **book.figures())
        self.end_all()

    def add_up(self, name):
        """metrics() has asserted the law; what was answered is what was counted. A request that is refused by its head counts as
        one event, and of one that was cut off nobody knows."""
        sums, book = self.daemons[name].metrics(), self.books[name]
        ended = {end: sums[f"millrace_events_{end}_total"] for end in ("published", "rejected")}
        answered = {end: sum(outcome == end for outcome in book.acknowledged.values()) for end in ended}
        self.case.assertEqual(sums["millrace_events_open"], 0)
        if not self.whole[name]:
            return
        if book.refused or book.unanswered:
            for end in ended:
                self.case.assertGreaterEqual(ended[end], answered[end], f"{name}: {end}")
        else:
            self.case.assertEqual((ended, sums["millrace_events_received_total"]), (answered, book.tried), name)


class BrokerCase(ledger.Case):
    """`broker`: what makes the class's cluster, see Kafka in tests/system/harness.py."""
    broker = {}

    @classmethod
    def setUpClass(cls):
        cls.kafka = harness.Kafka(**cls.broker)

    @classmethod
    def tearDownClass(cls):
        cls.kafka.close()
