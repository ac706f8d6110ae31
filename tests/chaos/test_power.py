#!/usr/bin/env python3
"""Power cuts: the daemon is killed at a moment of chance, its folder is made into what a disk may have after a power cut
(powercut.py), and the next daemon starts on that. In the end everything that was acknowledged is on its topic.

The cuts follow from the seed that is printed: POWER_SEED repeats them (the moments of the kills are the machine's)."""
import os
import random
import time

import ledger
import powercut
import shim
from ledger import pick
from shim import Case

SEED = int(os.environ.get("POWER_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
NOWHERE = "127.0.0.1:9"                                         # brokers that are away


class Power(Case):
    def test_power_cuts(self):
        """With sink.ack spool and kafka, with brokers and without, while the spool is written and while it drains."""
        cuts, damaged, book, disk = pick(5, 200), 0, None, self.disk()
        for number in range(cuts):
            chance = random.Random(SEED + number)
            model = chance.choice(powercut.MODELS) if number >= len(powercut.MODELS) else powercut.MODELS[number]
            settings = {"sink__ack": chance.choice(("spool", "kafka")), "spool__drain_rate": chance.choice(("1MiB", "64KiB"))}
            if number % 3 != 2:
                settings["kafka__brokers"] = NOWHERE
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
        daemon = self.start(spool__drain_rate=0).wait_ready()
        book.wait(100)
        self.finish(daemon, book, f"the power is cut {cuts} times", setting=f"torn or damaged places: {int(damaged)}")


if __name__ == "__main__":
    ledger.main()
