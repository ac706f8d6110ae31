"""What every test of damage shares: a Ledger, which is a few good clients with a book of every event's fate, and the final count.

The clients are what a good SDK is: they keep their connection, honour Retry-After, and send again, with the same ids, whatever
they have no 200 for, until they have one. Each sends one request after the other, in turn of 1 and of BATCH events, one bad event
in BAD_EVERY; each has a `userId` of its own, so that a daemon with `kafka.key: userId` must keep their order.

    book = ledger.Ledger(daemon)              # clients run
    ...damage...
    book.finish()                             # they stop, when each event has its 200
    book.count(kafka, topic, bad_topic)       # nothing acknowledged is missing; good on good, bad on bad; raises otherwise
    ledger.row("lost", "what happened", **book.figures(), setting="...")

Scenarios have a short form (ctest) and a long one (CHAOS=long): pick(short, long). Rows go to the file CHAOS_RESULTS, from which
tools/chaos makes the tables of docs/reliability.md."""
import collections
import contextlib
import http.client
import json
import os
import pathlib
import select
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "system"))
import harness

LONG = os.environ.get("CHAOS") == "long"
BATCH, BAD_EVERY = 50, 7


def pick(short, long):
    """The value of this run's form."""
    return long if LONG else short


def long_only(instead):
    """A scenario that the short form has in another one."""
    return unittest.skipUnless(LONG, f"long form; the short one: {instead}")


def row(table, what, **figures):
    """One line of a table of docs/reliability.md: `lost`, `load` or `spool`. Printed, and kept for tools/chaos."""
    found = {"table": table, "what": what, **figures}
    print("chaos:", " · ".join([what, *(f"{name} {value}" for name, value in figures.items())]), flush=True)
    if os.environ.get("CHAOS_RESULTS"):
        with open(os.environ["CHAOS_RESULTS"], "a", encoding="utf-8") as file:
            file.write(json.dumps(found) + "\n")


def event(number, client, bad=False):
    """An event's JSON text; `bad` ones do not fit their schema."""
    data = '{"ulr":"x"}' if bad else f'{{"url":"https://shop.example/{number}"}}'
    return f'{{"id":"{number}","type":"page_view","userId":"u{client}","data":{data}}}'


class Client(threading.Thread):
    """One connection, one request after the other, as fast as `rate` events a second. Every fourth client makes a connection for
    each request."""

    def __init__(self, ledger, number, rate):
        super().__init__(daemon=True)
        self.ledger, self.number, self.rate = ledger, number, rate
        self.connection, self.sent, self.requests = None, 0, 0

    def run(self):
        self.ledger.enter()
        due = time.monotonic()
        while not self.ledger.ending.is_set():
            size = 1 if self.requests % 2 else self.ledger.batch
            self.requests += 1
            numbers = [f"{self.ledger.name}-{self.number}-{self.sent + i}" for i in range(size)]
            bad = [(self.sent + i) % BAD_EVERY == 0 for i in range(size)]
            self.sent += size
            body = "[" + ",".join(self.ledger.make(n, self.number, b) for n, b in zip(numbers, bad)) + "]"
            self.deliver(numbers, bad, body.encode())
            due = max(due + size / self.rate, time.monotonic() - 1)        # after an outage not all at once
            self.ledger.ending.wait(max(0.0, due - time.monotonic()))
        self.hang_up()

    def deliver(self, numbers, bad, body):
        """Until it has its 200, or the test gives up."""
        book = self.ledger
        with book.lock:
            book.sent.update(zip(numbers, bad))
            book.order[self.number].append(numbers)
        while not book.abandoned.is_set():
            began = time.monotonic()
            status, pause, answer = self.send(body)
            with book.lock:
                book.statuses[status] += 1
                book.tried += len(numbers)
                if status == 200:
                    book.began.update((number, began) for number in numbers)
                    book.acknowledged.update((n, entry["outcome"]) for n, entry in zip(numbers, answer["events"]))
                    return
                (book.unanswered if status is None else book.refused).update(numbers)
            book.abandoned.wait(pause)

    def send(self, body):
        """(status, seconds to wait, answer); (None, ...) when the connection was cut or refused."""
        book = self.ledger
        if not book.dumb and self.connection and select.select([self.connection.sock], [], [], 0)[0]:
            self.hang_up()                     # the server has closed it meanwhile, as it may
        try:
            if not self.connection:
                self.connection = http.client.HTTPConnection(book.host, book.port, timeout=harness.PATIENCE)
                self.connection.connect()
            self.connection.request("POST", "/v1/events?verbose", body, {"Content-Type": "application/json", **book.headers})
            response = self.connection.getresponse()
            answer = json.loads(response.read())
            if response.getheader("Connection", "").lower() == "close" or self.number % 4 == 3:
                self.hang_up()
            return response.status, float(response.getheader("Retry-After", "0.2")), answer
        except (OSError, http.client.HTTPException, ValueError) as error:
            with book.lock:
                book.errors[type(error).__name__] += 1
            self.hang_up()
            return None, 0.05, None

    def hang_up(self):
        if self.connection:
            self.connection.close()
        self.connection = None


class Ledger:
    """`rate`: events a second of all clients together; `make(id, client, bad)`: an event's text; `dumb`: clients do not look
    whether their connection still stands before they use it."""

    def __init__(self, daemon, name="e", clients=4, rate=400, batch=BATCH, make=event, headers=None,
                 dumb=False, enter=None):
        self.dumb = dumb
        self.name, self.port, self.batch, self.make, self.headers = name, daemon.port, batch, make, headers or {}
        self.host = getattr(daemon, "host", "127.0.0.1")
        self.enter = enter or (lambda: None)           # called by each client's thread before it does anything
        self.lock, self.ending, self.abandoned = threading.Lock(), threading.Event(), threading.Event()
        self.sent = {}                         # id: whether it is bad
        self.acknowledged = {}                 # id: "published" or "rejected"
        self.began = {}                        # id: when the request began that was acknowledged (time.monotonic())
        self.refused, self.unanswered = set(), set()           # at least once, by an answer or for want of one
        self.statuses, self.errors = collections.Counter(), collections.Counter()
        self.tried = 0                         # events, each as often as it was sent
        self.order = collections.defaultdict(list)             # client: ids of its requests, in their order
        self.duplicates = self.lost = self.excused = 0
        self.clients = [Client(self, number, rate / clients) for number in range(clients)]
        for client in self.clients:
            client.start()

    def wait(self, more, patience=harness.PATIENCE):
        """Until so many more events are acknowledged."""
        goal = len(self.acknowledged) + more
        harness.wait_until(lambda: len(self.acknowledged) >= goal or self.complain(),
                           lambda: f"{more} events to be acknowledged: {goal - len(self.acknowledged)} are missing, answers "
                                   f"{dict(self.statuses)}", patience)
        return self

    def complain(self):
        dead = [client.number for client in self.clients if not client.is_alive()]
        if dead:
            raise AssertionError(f"clients {dead} ended by a mistake of the test")

    def run_for(self, seconds):
        time.sleep(seconds)
        self.complain()
        return self

    def finish(self, patience=harness.PATIENCE):
        """No new requests; the last ones are sent until they are acknowledged."""
        self.ending.set()
        end = time.monotonic() + patience
        for client in self.clients:
            client.join(max(0.0, end - time.monotonic()))
        late = [client.number for client in self.clients if client.is_alive()]
        self.abandoned.set()
        for client in self.clients:
            client.join()
        if late:
            raise AssertionError(f"clients {late} had no 200 in {patience:.0f} s: {dict(self.statuses)} {dict(self.errors)}")
        missing = set(self.sent) - set(self.acknowledged)
        if missing:
            raise AssertionError(f"{len(missing)} events were never acknowledged, such as {sorted(missing)[:3]}")
        return self

    # ---- the count ----

    def count(self, kafka, topic, bad_topic, excused=frozenset(), keyed=False, settled=0):
        """What the topics hold against what was answered. `excused`: ids that may be missing, as an operator deleted them;
        `keyed`: whether records have the client as key and so an order; `settled`: when the topic had as many partitions as it
        has now, and the daemon knew."""
        good, bad = read_ids(kafka.bootstrap, topic), read_ids(kafka.bootstrap, bad_topic)
        self.duplicates = sum(len(at) - 1 for found in (good, bad) for at in found.values())
        wrong = []
        for outcome, found, other in (("published", good, bad), ("rejected", bad, good)):
            ids = {number for number, what in self.acknowledged.items() if what == outcome}
            lost = ids - set(found)
            self.excused += len(lost & excused)
            lost -= excused
            astray = (ids & set(other)) - self.refused - self.unanswered       # an earlier try may have been judged otherwise
            self.lost += len(lost)
            wrong += [f"{number}: answered as {outcome}, but not on its topic" for number in sorted(lost)[:5]]
            wrong += [f"{number}: answered as {outcome}, but on the other topic, too" for number in sorted(astray)[:5]]
        strangers = (set(good) | set(bad)) - set(self.sent)
        wrong += [f"{number}: on a topic, but never sent" for number in sorted(strangers)[:5]]
        wrong += [f"{number}: bad, but answered as {self.acknowledged[number]}" for number, is_bad in self.sent.items()
                  if is_bad and self.acknowledged.get(number) == "published"][:5]
        if keyed:
            wrong += self.disorder(good, settled)
        if wrong:
            raise AssertionError("\n".join([f"lost {self.lost} of {len(self.acknowledged)} acknowledged", *wrong]))
        return self

    def disorder(self, found, settled=0):
        """Every record of a request is on its partition before those of the same client's later ones (its first copy is). Of
        requests that began after the moment `settled` all are on the same one."""
        wrong = []
        for client, requests in self.order.items():
            before, last, partitions = {}, None, set()
            for numbers in requests:
                at = [found[number][0] for number in numbers if number in found]
                if self.began.get(numbers[0], 0) >= settled:
                    partitions |= {partition for partition, _ in at}
                for partition, offset in at:
                    if offset < before.get(partition, -1):
                        wrong.append(f"client {client}: {numbers[0]} ({offset}) overtook {last} ({before[partition]})")
                for partition, offset in at:
                    before[partition] = max(offset, before.get(partition, -1))
                last = numbers[0] if at else last
            if len(partitions) > 1:
                wrong.append(f"client {client}: one key, several partitions: {sorted(partitions)}")
        return wrong[:10]

    def figures(self):
        return {"sent": len(self.sent), "acknowledged": len(self.acknowledged), "lost": self.lost,
                "duplicates": self.duplicates, "refused": len(self.refused), "unanswered": len(self.unanswered),
                **({"deleted or set aside": self.excused} if self.excused else {})}


def read_ids(bootstrap, topic):
    """{event id: [(partition, offset), ...]} of a topic, by the record header; {} when there is no such topic."""
    command = ["kcat", "-q", "-b", bootstrap, "-C", "-t", topic, "-o", "beginning", "-e", "-f", "%p %o %h\n"]
    for last in (False, False, True):
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=harness.PATIENCE / 2,
                                  check=False)
            break
        except subprocess.TimeoutExpired:      # it can wait for ever for a topic that was being made when it came
            if last:
                raise
    if done.returncode and "Unknown topic" not in done.stderr:
        raise AssertionError(done.stderr)
    found = collections.defaultdict(list)
    for line in done.stdout.splitlines():
        partition, offset, headers = line.split(" ", 2)
        (number,) = [pair[len("event_id="):] for pair in headers.split(",") if pair.startswith("event_id=")]
        found[number].append((int(partition), int(offset)))
    return {number: sorted(at, key=lambda place: place[1]) for number, at in found.items()}


class Case(unittest.TestCase):
    """A test with daemons, spools and topics of its own. `kafka` is the class's: see Kafka in tests/system/harness.py."""

    maxDiff = 2000
    kafka = None

    def topics(self, name=""):
        stem = f"{self._testMethodName}{name}"
        return stem, f"{stem}-bad"

    def folder(self):
        made = pathlib.Path(tempfile.mkdtemp(prefix="millrace-chaos-"))
        self.addCleanup(shutil.rmtree, made, ignore_errors=True)
        return made

    def small_disk(self, size):
        """A folder that is a file system of its own, of so many bytes."""
        if os.geteuid() != 0:
            if os.environ.get("CI"):
                self.fail("a file system can be mounted by root only")
            self.skipTest("a file system can be mounted by root only")
        folder = self.folder()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder], check=True, stdin=subprocess.DEVNULL)
        self.addCleanup(subprocess.run, ["umount", "-l", folder], check=True, stdin=subprocess.DEVNULL)
        return folder

    @staticmethod
    def fill(path):
        """Until the file has all that the disk had left."""
        with open(path, "wb") as file, contextlib.suppress(OSError):
            while True:
                os.write(file.fileno(), bytes(65536))

    def daemon(self, name="", **settings):
        """A daemon with topics of its own; `__` stands for the dot in a setting's name."""
        topic, bad_topic = self.topics(name)
        settings = {key.replace("__", "."): value for key, value in settings.items()}
        daemon = harness.Daemon({"kafka.brokers": self.kafka.bootstrap, "kafka.topic": topic, "kafka.bad_topic": bad_topic,
                                 "worker.threads": 1, **settings})
        self.addCleanup(daemon.__exit__, None, None, None)
        return daemon


def wait_empty(daemon, patience=harness.PATIENCE):
    """The spool has delivered everything."""
    harness.wait_until(lambda: harness.spool_is_empty(daemon.metrics()), "the spool to be empty", patience)


def main():
    harness.main()
