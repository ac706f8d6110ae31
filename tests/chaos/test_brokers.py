#!/usr/bin/env python3
"""Brokers die, freeze, lose topics, take less, and refuse; daemons with a spool, without one, and with `sink.ack: spool` live
through it side by side. Nothing that was acknowledged is missing in the end, and each counter adds up."""
import time
import zlib

import ledger
import shim
from fleet import BrokerCase as Case, Fleet, admin
from ledger import harness, pick


class One(Case):
    """A single broker."""

    @ledger.long_only("test_disk_full, and tests/system/test_spool.py")
    def test_killed(self):
        fleet = Fleet(self, "a broker killed (SIGKILL) and started again")
        for _ in range(pick(1, 5)):
            self.kafka.signal("KILL")
            fleet.wait_spooling()
            time.sleep(pick(1, 20))
            self.kafka.start()
            fleet.wait(100)
        fleet.finish()

    @ledger.long_only("test_slow, and tests/system/test_spool.py")
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

    def test_slow(self):
        """A broker that answers later than spool.after and than the timeout: records that were given up arrive after all. They
        are there twice, and none is missing."""
        fleet = Fleet(self, "a broker that takes seconds for every answer", kafka__message_timeout="2s")
        try:
            for _ in range(pick(3, 30)):
                self.kafka.signal("STOP")
                time.sleep(3)
                self.kafka.signal("CONT")
                time.sleep(0.3)
        finally:
            self.kafka.signal("CONT")
        fleet.wait(100).finish()

    def test_topic_deleted(self):
        """Topics are made anew by the next record. What was in the old one is gone, by an operator's wish; what is acknowledged
        of requests that begin when the new one is there is in it. The idempotent producers' numbers start in the middle."""
        fleet = Fleet(self, "a topic deleted under load (made anew by the broker)")
        for _ in range(pick(1, 5)):
            for name in fleet.daemons:
                admin(self.kafka, "delete", fleet.topics(name)[0])
            fleet.wait(500)
        since = fleet.all_there_again()
        fleet.wait(300).finish(excused=since)

    def test_partitions_added(self):
        """A topic is given more partitions under load. Kafka keeps the order of a key on a partition only, so what a key has on
        the old one and on the new one has none between them; but on each of them its records are in order, and soon all new
        ones are on one. `keys`: one for each partition, by CRC-32."""
        counts = pick((4,), (2, 4))
        keys = [f"k{next(i for i in range(1000) if zlib.crc32(f'k{i}'.encode()) % counts[-1] == client)}" for client in range(4)]
        def make(number, client, bad):
            return ledger.event(number, client, bad).replace(f'"u{client}"', f'"{keys[client]}"')
        fleet = Fleet(self, f"a topic of 1 partition is given {', '.join(map(str, counts))}", make=make, made=1,
                      **{"kafka.client.topic.metadata.refresh.interval.ms": 300})
        for count in counts:
            fleet.all_partitions(count)
        fleet.run_for(2)                       # a port asks for the number of partitions once a second, when it has records
        settled = time.monotonic()
        fleet.wait(200).finish(settled=settled)

    def test_topic_takes_less(self):
        """max.message.bytes of both topics is lowered below some records: good ones are rejected as too large, bad ones are cut
        until they fit; what the spool holds of them already, it sets aside. Nobody is refused for ever."""
        def make(number, client, bad):
            text = ledger.event(number, client, bad)
            return text if not number.endswith("5") else text[:-1] + ',"pad":"' + "x" * 3000 + '"}'
        fleet = Fleet(self, "max.message.bytes of both topics lowered below records", make=make)
        for name in fleet.daemons:
            for topic in fleet.topics(name):
                admin(self.kafka, "set", topic, "max.message.bytes=2000")
        fleet.wait(1000).finish(excused=fleet.set_aside)
        for name, book in fleet.books.items():
            large = [n for n, is_bad in book.sent.items() if n.endswith("5") and not is_bad]
            refused = [n for n in large if book.acknowledged[n] == "rejected"]
            self.assertTrue(refused or book.excused, f"{name}: nothing was too large")
        whole = [record for record in self.kafka.read(fleet.topics("no spool")[1]) if record.json()["reason"] == "schema_invalid"]
        self.assertTrue(any(record.json().get("truncated") for record in whole), "no bad record was cut")

    def test_log_cut(self):
        """A broker comes back without the end of its logs, as after a power cut without replicas. What it had confirmed is its
        loss; but what the producers count as sent no longer fits to what it has, and they must go on all the same."""
        fleet = Fleet(self, "a broker that lost the end of its logs", kafka__message_timeout="8s")
        for _ in range(pick(1, 5)):
            self.kafka.signal("KILL")
            self.kafka.cut_logs()
            since = time.monotonic()
            self.kafka.start()
            fleet.wait(300)
        fleet.finish(excused=lambda book: {number for number, began in book.began.items() if began < since})

    def test_disk_full(self):
        """The broker may not make files larger: it fails to write, gives its disk up, and ends."""
        fleet = Fleet(self, "a broker's disk full")
        self.kafka.limit_files(16384)
        self.kafka.wait_end()
        fleet.wait_spooling()
        self.kafka.start()
        fleet.wait(300).finish()


class Cluster(Case):
    """Three brokers, min.insync.replicas=2."""
    broker = {"nodes": 3, "heap": "256m", "extra": "leader.imbalance.check.interval.seconds=1\n"
                                                   "leader.imbalance.per.broker.percentage=0"}

    def test_one_then_two(self):
        """One is killed; then another: NOT_ENOUGH_REPLICAS from the last one, where it leads, and no leader for the rest. They
        come back, and leaders move to where they belong."""
        fleet = Fleet(self, "one of three brokers killed, then a second, then both back")
        self.kafka.signal("KILL", 1)
        fleet.wait(400)
        self.kafka.signal("KILL", 2)
        fleet.wait_spooling()
        self.kafka.start(1)
        self.kafka.start(2)
        fleet.run_for(2).wait(100).finish()

    @ledger.long_only("test_one_then_two")
    def test_one_killed(self):
        fleet = Fleet(self, "one of three brokers killed")
        for turn in range(pick(1, 6)):
            self.kafka.signal("KILL", turn % 3 + 1)
            fleet.wait(800)
            self.kafka.start(turn % 3 + 1)
        fleet.wait(100).finish()

    @ledger.long_only("test_one_then_two")
    def test_two_killed(self):
        """NOT_ENOUGH_REPLICAS from those that lead, no leader for the others."""
        fleet = Fleet(self, "two of three brokers killed (too few replicas)")
        for turn in range(pick(1, 3)):
            victims = (turn % 3 + 1, (turn + 1) % 3 + 1)
            for node in victims:
                self.kafka.signal("KILL", node)
            fleet.wait_spooling()
            time.sleep(pick(2, 20))
            for node in victims:
                self.kafka.start(node)
            fleet.wait(100)
        fleet.finish()

    @ledger.long_only("test_one_then_two")
    def test_leaders_moved(self):
        """A broker is stopped in good order, which moves its leaders away; they move back when it has come again."""
        fleet = Fleet(self, "leaders moved to other brokers and back")
        for turn in range(pick(2, 9)):
            self.kafka.signal("TERM", turn % 3 + 1)
            fleet.wait(100)
            self.kafka.start(turn % 3 + 1)
            fleet.run_for(3)
        fleet.wait(100).finish()


    @ledger.long_only("unit.sink.spool_silent")
    def test_no_leader(self):
        """A topic without replicas: while a broker is away some of its partitions have no leader. What the spool has for another
        topic passes it, also after a kill -9."""
        (topic, bad_topic), port, spool = self.topics(), harness.free_port(), self.folder()
        admin(self.kafka, "create", topic, 6, 1)
        admin(self.kafka, "create", bad_topic, 6, 3)
        def start():
            daemon = self.daemon(http__listen=f"127.0.0.1:{port}", kafka__key="userId", sink__ack="spool", spool__path=spool,
                                 spool__reserve="0", spool__segment="1MiB", spool__after="1s", spool__park_after="2s")
            daemon.port = port
            return daemon.wait_ready()
        daemon = start()
        book, times = ledger.Ledger(daemon, clients=12, rate=1000).wait(200), pick(1, 6)
        for turn in range(times):
            node = turn % 3 + 1
            self.kafka.signal("KILL", node)
            # The other topic may be parked, too, for the second or two until its partitions have another leader.
            harness.wait_until((spool / "parked" / topic).exists, "the topic without replicas to be parked")
            harness.wait_until(lambda: daemon.metrics()["millrace_spool_parked_records"] > 0, "parked records")
            bad = {number for number, outcome in dict(book.acknowledged).items() if outcome == "rejected"}
            def left():
                return bad - set(ledger.read_ids(self.kafka.bootstrap, bad_topic))
            harness.wait_until(lambda: not left(), lambda: f"others to pass: {len(left())} of {len(bad)} are missing, " + str(
                {name: value for name, value in daemon.metrics().items() if name.startswith("millrace_spool_")}))
            self.assertTrue((spool / "parked" / topic).exists())
            self.assertGreater(daemon.metrics()["millrace_spool_parked_records"], 0)
            if turn % 2:
                daemon.process.kill()
                daemon.process.wait()
                daemon = start()
            self.kafka.start(node)
            harness.wait_until(lambda: daemon.metrics()["millrace_spool_parked_topics"] == 0, "what was parked to be delivered")
            book.wait(300)
        book.finish()
        ledger.wait_empty(daemon)
        book.count(self.kafka, topic, bad_topic, keyed=True)
        ledger.row("lost", "a topic without replicas, and one of three brokers killed", setting="ack: spool", **book.figures())


class Secured(Case):
    """Users, rules, and topics that only an operator makes."""
    broker = {"secure": 1, "extra": "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n"
                                    "super.users=User:ANONYMOUS\nallow.everyone.if.no.acl.found=true\n"
                                    "auto.create.topics.enable=false"}
    LOGIN = {"security.protocol": "sasl_plaintext", "sasl.mechanisms": "PLAIN", "sasl.username": "alice",
             "sasl.password": "alice-secret"}

    def fleet(self, what, **settings):
        return Fleet(self, what, made=4, kafka__brokers=self.kafka.sasl,
                     **{f"kafka.client.{name}": value for name, value in self.LOGIN.items()}, **settings)

    def test_forbidden(self):
        """TOPIC_AUTHORIZATION_FAILED for the good topic; the bad one is still open."""
        fleet = self.fleet("the right to write to a topic taken away and given back")
        for _ in range(pick(1, 5)):
            for name in fleet.daemons:
                admin(self.kafka, "deny", "alice", fleet.topics(name)[0])
            fleet.wait_spooling()
            time.sleep(pick(2, 20))
            for name in fleet.daemons:
                admin(self.kafka, "allow", "alice", fleet.topics(name)[0])
            fleet.wait(100)
        fleet.finish()

    def test_parked(self):
        """One topic takes nothing for longer than spool.park_after: what the spool has for another passes it, also after a
        kill -9, which may come while records are moved; and in the end everything is there, in its order."""
        times = pick(1, 8)
        fleet = self.fleet(f"a topic forbidden, its records parked, and millrace killed (SIGKILL) {times} times",
                           spool__park_after="1s")
        spooled = [name for name in fleet.daemons if name != "no spool"]
        for name in fleet.daemons:
            admin(self.kafka, "deny", "alice", fleet.topics(name)[0])
        fleet.wait_spooling()
        for _ in range(times):
            for name in spooled:
                harness.wait_until(lambda: fleet.daemons[name].metrics()["millrace_spool_parked_records"] > 0, f"{name}: parked")
                fleet.books[name].wait(200)
                fleet.daemons[name].process.kill()
                fleet.daemons[name].process.wait()
                fleet.start(name).wait_ready()
        for name in spooled:
            bad = {number for number, outcome in fleet.books[name].acknowledged.items() if outcome == "rejected"}
            harness.wait_until(lambda: not bad - set(ledger.read_ids(self.kafka.bootstrap, fleet.topics(name)[1])),
                               f"{name}: bad events to pass the parked ones")
            self.assertGreater(fleet.daemons[name].metrics()["millrace_spool_parked_records"], 0)
        for name in fleet.daemons:
            admin(self.kafka, "allow", "alice", fleet.topics(name)[0])
        fleet.wait(100).finish()
        for name in spooled:
            self.assertEqual(list(fleet.spools[name].glob("parked/*")), [])

    def probe(self, daemon, book, count):
        """Single events that are bad, and so for a topic that is open: taken, whatever holds up the other one."""
        for _ in range(count):
            number = f"p-0-{len(book.sent)}"
            status, answer = daemon.post(f"[{ledger.event(number, 0, True)}]".encode(), "/v1/events?verbose")
            self.assertEqual((status, answer["events"][0].get("outcome")), (200, "rejected"), answer)
            with book.lock:
                book.sent[number], book.acknowledged[number] = True, "rejected"

    def parked(self, name, size, **settings):
        """A daemon and clients; a small disk; the topic of the good events is forbidden."""
        for topic in self.topics(name):
            admin(self.kafka, "create", topic, 4, 1)
        disk, port = self.small_disk(size), harness.free_port()
        def start():
            daemon = self.daemon(name, http__listen=f"127.0.0.1:{port}", kafka__brokers=self.kafka.sasl, kafka__key="userId",
                                 spool__path=disk / "spool", spool__reserve="0", spool__segment="1MiB", spool__after="1s",
                                 spool__park_after="1s", **settings,
                                 **{f"kafka.client.{key}": value for key, value in self.LOGIN.items()})
            daemon.port = port
            return daemon.wait_ready()
        daemon = start()
        book = ledger.Ledger(daemon, rate=1500, make=shim.event).wait(100)
        admin(self.kafka, "deny", "alice", self.topics(name)[0])
        return disk, start, daemon, book

    def arrive(self, name, daemon, book, what, **figures):
        """The topic is open again: all that was acknowledged comes, in its order, and nothing is left behind."""
        admin(self.kafka, "allow", "alice", self.topics(name)[0])
        book.wait(100).finish()
        ledger.wait_empty(daemon)
        harness.wait_until(lambda: daemon.metrics()["millrace_spool_parked_topics"] == 0, "the topic's own log to go")
        book.count(self.kafka, *self.topics(name), keyed=True)
        ledger.row("lost", what, **book.figures(), **figures)
        self.assertEqual(daemon.stop(), 0, daemon.log())

    def test_parked_on_a_full_disk(self):
        """Another program fills the disk while a topic's records are parked: its events are refused, those of another topic are
        not, also after a kill -9; when the topic is back, what was acknowledged arrives while the disk is still full."""
        disk, start, daemon, book = self.parked("", "24m")
        times, kills = pick(1, 8), pick(1, 2)
        for turn in range(times):
            harness.wait_until(lambda: daemon.metrics()["millrace_spool_parked_records"] > 0, "parked records")
            self.fill(disk / "filler")
            for _ in range(kills):
                before = book.statuses[503]
                harness.wait_until(lambda: book.statuses[503] > before + 2, "events to be refused")
                self.assertGreater(daemon.metrics()["millrace_events_refused_total"], 0)
                self.probe(daemon, book, 10)
                daemon.process.kill()
                daemon.process.wait()
                daemon = start()
            if turn < times - 1:
                (disk / "filler").unlink()
                book.wait(200)
        self.arrive("", daemon, book, f"a topic parked, then the disk full, and millrace killed (SIGKILL) {kills * times} times",
                    setting="spool")
        self.assertGreater((disk / "filler").stat().st_size, 0)

    def test_parked_fills_the_disk(self):
        """With `sink.ack: spool` everything goes over the disk, and what a topic does not take fills it, before it can be parked:
        what there is for another topic passes all the same."""
        _, _, daemon, book = self.parked("-fills", "8m", sink__ack="spool")
        harness.wait_until(lambda: book.statuses[503] > 2, "events to be refused")
        harness.wait_until(lambda: daemon.get("/ready")[0] == 503, "not to be ready")
        def bad():
            return {number for number, outcome in dict(book.acknowledged).items() if outcome == "rejected"}
        def arrived():
            return set(ledger.read_ids(self.kafka.bootstrap, self.topics("-fills")[1]))
        known = bad()
        harness.wait_until(lambda: not known - arrived(), lambda: f"{len(known - arrived())} bad events to pass the parked ones")
        self.assertGreater(daemon.metrics()["millrace_spool_parked_records"], 0)
        self.arrive("-fills", daemon, book, "a topic's records fill the disk", setting="ack: spool")

    def test_password_changed(self):
        fleet = self.fleet("the user's password changed at the broker and back")
        for _ in range(pick(1, 3)):
            self.kafka.signal("TERM")
            self.kafka.edit("alice-secret", "alice-other")
            self.kafka.start()
            fleet.wait_spooling()
            time.sleep(pick(2, 20))
            self.kafka.signal("TERM")
            self.kafka.edit("alice-other", "alice-secret")
            self.kafka.start()
            fleet.wait(100)
        fleet.finish()

    def test_topic_deleted(self):
        """No broker makes it again; an operator does, after a while."""
        fleet = self.fleet("a topic deleted under load (made anew by hand)")
        for _ in range(pick(1, 5)):
            for name in fleet.daemons:
                admin(self.kafka, "delete", fleet.topics(name)[0])
            fleet.wait_spooling()
            time.sleep(pick(2, 20))
            since = None
            for name in fleet.daemons:
                admin(self.kafka, "create", fleet.topics(name)[0], 4, 1)
            since = fleet.all_there_again()
            fleet.wait(300)
        fleet.finish(excused=since)


if __name__ == "__main__":
    ledger.main()
