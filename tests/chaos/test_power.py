#!/usr/bin/env python3
"""Power cuts: the daemon is killed at a moment of chance, its folder is made into what a disk may have after a power cut
(powercut.py), and the next daemon starts on that. In the end everything that was acknowledged is on its topic.

The cuts follow from the seed that is printed: POWER_SEED repeats them (the moments of the kills are the machine's); POWER_CUTS
says how many."""
import os
import random
import time

import ledger
import powercut
import shim
import test_brokers
from fleet import admin
from ledger import harness, pick
from shim import Case
from test_remote import Registry

SEED = int(os.environ.get("POWER_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
CUTS = int(os.environ.get("POWER_CUTS", pick(5, 100)))
NOWHERE = "127.0.0.1:9"                                         # brokers that are away


class Power(Case):
    def test_power_cuts(self):
        """With sink.ack spool and kafka, with brokers and without, while the spool is written and while it drains."""
        cuts, damaged, book, disk = CUTS, 0, None, self.disk()
        for number in range(cuts):
            chance = random.Random(SEED + number)
            model = chance.choice(powercut.MODELS) if number >= len(powercut.MODELS) else powercut.MODELS[number]
            settings = {"sink__ack": chance.choice(("spool", "kafka")), "spool__drain_rate": chance.choice(("1MiB", "64KiB"))}
            if number % 3 != 2:
                settings["kafka__brokers"] = NOWHERE
            # A sync that takes its time: else the cut hardly ever comes between a write and its sync.
            self.control.sync_delay = chance.choice((0, 30, 200))
            pause = chance.uniform(0, 0.6)
            print(f"cut {number}: POWER_SEED={SEED + number} {model} {settings}", flush=True)
            daemon = self.start(**settings).wait_ready()
            book = book or ledger.Ledger(daemon, rate=600, make=shim.event)
            book.wait(150)
            time.sleep(pause)
            damaged += daemon.metrics()["millrace_spool_damaged_total"]
            self.kill(daemon)
            disk.replay()
            disk.cut(chance, model)
        self.control.sync_delay = 0
        daemon = self.start(spool__drain_rate=0).wait_ready()
        book.wait(100)
        self.finish(daemon, book, f"the power is cut {cuts} times", setting=f"torn or damaged places: {int(damaged)}")

    @ledger.long_only("unit.sink.spool_drain, a crash while records are moved")
    def test_while_records_are_parked(self):
        """A topic is forbidden, so that what the spool has for it is moved to a log of its own, again and again cut off there."""
        self.kafka = harness.Kafka(**test_brokers.Secured.broker)
        self.addCleanup(self.kafka.close)
        login = {f"kafka.client.{name}": value for name, value in test_brokers.Secured.LOGIN.items()}
        settings = {"kafka.brokers": self.kafka.sasl, "sink.ack": "spool", "spool.park_after": "100ms", "kafka.key": "userId",
                    **login}
        for topic in self.topics():
            admin(self.kafka, "create", topic, 4, 1)
        admin(self.kafka, "deny", "alice", self.topics()[0])
        cuts, book, disk, parked = min(CUTS, 40), None, self.disk(), 0
        for number in range(cuts):
            print(f"cut {number}: POWER_SEED={SEED + number}", flush=True)
            chance = random.Random(SEED + number)
            self.control.sync_delay = chance.choice((0, 30, 200))
            daemon = self.start(**settings).wait_ready()
            book = book or ledger.Ledger(daemon, rate=600, make=shim.event)
            book.wait(150)
            time.sleep(chance.uniform(0, 1.5))
            parked += daemon.metrics()["millrace_spool_parked_records"] > 0
            self.kill(daemon)
            disk.replay()
            disk.cut(chance, chance.choice(powercut.MODELS))
        self.assertGreater(parked, cuts // 2)
        self.control.sync_delay = 0
        admin(self.kafka, "allow", "alice", self.topics()[0])
        daemon = self.start(**{**settings, "spool.drain_rate": 0}).wait_ready()
        book.wait(100)
        self.finish(daemon, book, f"the power is cut {cuts} times while a topic's records are parked", keyed=True)

    def test_the_cache_of_schemas(self):
        """After a cut, and with the registry away, a cached schema is what the registry said, or unknown; never a part of it."""
        registry = self.home / "registry"
        registry.mkdir()
        (self.home / "sink").mkdir()
        server = Registry(registry)
        self.addCleanup(server.kill)
        for name in ("tick", "tock"):
            server.give(name, type="object", required=["n"], description="x" * 5000)
        settings = {"sink__type": "file", "sink__path": self.home / "sink", "spool__path": "", "schemas__remote_time": "5s",
                    "schemas__cache": self.root / "cache", "schemas__remote": server.url}
        disk = self.disk()
        daemon = self.start(**settings).wait_ready()
        for name in ("tick", "tock"):
            harness.wait_until(lambda: self.outcome(daemon, name, {"n": 1}) == "published", f"{name} to be known")
        self.kill(daemon)
        server.kill()
        disk.replay()
        tree, found = disk.tree, set()
        for number in range(pick(4, 60)):
            disk.tree = tree
            disk.cut(random.Random(SEED + number), powercut.MODELS[number % len(powercut.MODELS)])
            daemon = self.start(journal=False, **settings).wait_ready()
            for name in ("tick", "tock"):
                outcome = self.outcome(daemon, name, {"n": 1})
                self.assertIn(outcome, ("published", "schema_unknown"))
                self.assertEqual(self.outcome(daemon, name, {}), "schema_invalid" if outcome == "published" else outcome)
                found.add(outcome)
            self.assertEqual(daemon.stop(), 0)
        self.assertIn("published", found, "the cache was never of use")

    @staticmethod
    def outcome(daemon, name, data):
        _, answer = daemon.post({"dataschema": f"iglu:com.remote/{name}/jsonschema/1-0-0", "data": data}, "/v1/events?verbose")
        (entry,) = answer["events"]
        return entry.get("reason", entry["outcome"])


if __name__ == "__main__":
    ledger.main()
