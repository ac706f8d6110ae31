#!/usr/bin/env python3
"""Power cuts: the daemon is killed at a moment of chance, its folder is made into what a disk may have after a power cut
(powercut.py), and the next daemon starts on that. In the end everything that was acknowledged is on its topic.

The cuts follow from the seed that is printed: POWER_SEED repeats them (the moments of the kills are the machine's)."""
import os
import pathlib
import random
import signal
import time

import ledger
import powercut
import shim
from ledger import Case, harness, pick

SEED = int(os.environ.get("POWER_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
NOWHERE = "127.0.0.1:9"                                         # brokers that are away


def event(number, client, bad=False):
    """Some are small, some fill several blocks, so that a segment is soon full."""
    data = '{"ulr":"x"}' if bad else f'{{"url":"https://shop.example/{number}"}}'
    padding = "x" * (hash(number) % 23) ** 3
    return f'{{"id":"{number}","type":"page_view","userId":"u{client}","subject":"{padding}","data":{data}}}'


class Power(Case):
    @classmethod
    def setUpClass(cls):
        cls.kafka = harness.Kafka()

    @classmethod
    def tearDownClass(cls):
        cls.kafka.close()

    def setUp(self):
        self.home = self.folder()
        self.root = self.home / "disk"
        self.root.mkdir()
        self.control = shim.Control(self.home / "control")
        self.disk = powercut.Disk(self.root, self.home / "journal")
        self.port = harness.free_port()

    def start(self, **settings):
        """A daemon on this test's disk, always at the same port."""
        topic, bad_topic = self.topics()
        settings = {"kafka.brokers": self.kafka.bootstrap, "kafka.topic": topic, "kafka.bad_topic": bad_topic,
                    "worker.threads": 1, "spool.path": self.root / "spool", "spool.reserve": 0, "spool.segment": "1MiB",
                    "spool.after": "1s", "http.listen": f"127.0.0.1:{self.port}",
                    **{key.replace("__", "."): value for key, value in settings.items()}}
        daemon = harness.Daemon(settings, environment=shim.environment(self.control, self.root, self.disk.journal))
        self.addCleanup(daemon.__exit__, None, None, None)
        daemon.port = self.port
        return daemon

    def cut(self, daemon, chance, model):
        daemon.process.kill()
        daemon.process.wait()
        self.disk.replay()
        self.disk.cut(chance, model)

    def test_power_cuts(self):
        """With sink.ack spool and kafka, with brokers and without, while the spool is written and while it drains."""
        cuts, torn, damaged = pick(5, 200), 0, 0
        book = None
        for number in range(cuts):
            chance = random.Random(SEED + number)
            model = chance.choice(powercut.MODELS) if number >= len(powercut.MODELS) else powercut.MODELS[number]
            settings = {"sink__ack": chance.choice(("spool", "kafka")), "spool__drain_rate": chance.choice(("1MiB", "64KiB"))}
            if number % 3 != 2:
                settings["kafka__brokers"] = NOWHERE
            pause = chance.uniform(0, 0.6)
            print(f"cut {number}: POWER_SEED={SEED + number} {model} {settings}", flush=True)
            daemon = self.start(**settings).wait_ready()
            book = book or ledger.Ledger(daemon, rate=600, make=event)
            book.wait(150)
            time.sleep(pause)
            found = daemon.metrics()
            torn += found.get("millrace_spool_torn_total", 0)
            damaged += found["millrace_spool_damaged_total"]
            self.cut(daemon, chance, model)
        daemon = self.start(spool__drain_rate=0).wait_ready()
        book.wait(100).finish()
        ledger.wait_empty(daemon)
        self.assertEqual(daemon.stop(signal.SIGTERM), 0)
        book.count(self.kafka, *self.topics())
        ledger.row("lost", "power cuts", cuts=cuts, **book.figures(), torn=int(torn), damaged=int(damaged), seed=SEED)


if __name__ == "__main__":
    ledger.main()
