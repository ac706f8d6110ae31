"""What the system tests share: a real Apache Kafka (tools/kafka-up), the daemon, a reader of topics (kcat).

A machine without Java, kcat or (the first time) Maven skips these tests and says so; with CI set in the environment that is
a failure. Nothing here uses a fixed port or leaves a process behind."""
import atexit
import contextlib
import http.client
import json
import os
import pathlib
import random
import re
import resource
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SKIPPED = 77                                                    # ctest's SKIP_RETURN_CODE
PATIENCE = float(os.environ.get("SYSTEM_PATIENCE", "60"))       # seconds until waiting for something is a failure


def program(variable, name):
    """The program under test: named by ctest, or the newest build of the dev preset."""
    return os.environ.get(variable) or str(ROOT / "build" / "dev" / name)


def main():
    """In place of unittest.main(): skips, or fails in CI, when a tool is missing."""
    missing = [tool for tool in ("java", "kcat", "bash", "openssl") if not shutil.which(tool)]
    if missing:
        print("system tests need", ", ".join(missing), file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") else SKIPPED)
    subprocess.run([ROOT / "tools" / "kafka-up", "--prepare"], check=True, stdin=subprocess.DEVNULL)
    unittest.main()


def wait_until(condition, what, patience=PATIENCE):
    """The first true answer of condition(). `what`: words, or a function that gives them when it was in vain."""
    end = time.monotonic() + patience
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"waited {patience:.0f} s for {what() if callable(what) else what}")
        time.sleep(0.05)


def spool_is_empty(metrics):
    """All of it is read, and delivered."""
    return metrics["millrace_spool_unread_bytes"] == 0 and metrics["millrace_spool_records"] == 0


PORTS_GIVEN = set()        # of this process: one that nobody listens at yet is not given twice


def free_port():
    """Below those that the kernel gives to clients: a client that tries again and again while a daemon is away would otherwise
    be given the daemon's own port one day, and talk to itself."""
    while True:
        port = random.randrange(10000, 20000)
        if port in PORTS_GIVEN:
            continue
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            PORTS_GIVEN.add(port)
            return port


class Kafka:
    """A cluster of its own. Further arguments go to tools/kafka-up as KAFKA_*: nodes=3, secure=1, extra="..."."""

    def __init__(self, **environment):
        self.home = tempfile.mkdtemp(prefix="millrace-kafka-")
        atexit.register(self.close)
        variables = {f"KAFKA_{name.upper()}": str(value) for name, value in environment.items()}
        answer = subprocess.run([ROOT / "tools" / "kafka-up", self.home], env={**os.environ, **variables}, check=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True).stdout
        found = dict(line.split("=", 1) for line in answer.splitlines())
        found = {name: shlex.split(value)[0] for name, value in found.items()}
        self.bootstrap = found["KAFKA_BOOTSTRAP"]
        self.tls, self.sasl, self.sasl_tls = (found.get(f"KAFKA_{name}") for name in ("TLS", "SASL", "SASL_TLS"))
        self.authority = found.get("KAFKA_CA")

    def signal(self, name="KILL", node=1):
        subprocess.run([ROOT / "tools" / "kafka-down", self.home, str(node), name], check=True, stdin=subprocess.DEVNULL)

    def start(self, node=1):
        subprocess.run([ROOT / "tools" / "kafka-up", self.home, str(node)], check=True, stdin=subprocess.DEVNULL)

    def limit_files(self, size, node=1):
        """No file may grow beyond so many bytes from now on, until the node is started again: to the broker, its disk is full."""
        resource.prlimit(int((pathlib.Path(self.home) / f"n{node}" / "pid").read_text()), resource.RLIMIT_FSIZE, (size, size))

    def wait_end(self, node=1):
        """The node ends by itself."""
        pid = (pathlib.Path(self.home) / f"n{node}" / "pid").read_text().strip()
        def gone():
            with contextlib.suppress(OSError):
                return re.search(r"^State:\s+[ZX]", pathlib.Path(f"/proc/{pid}/status").read_text(), re.M)
            return True
        wait_until(gone, f"node {node} to end")

    def cut_logs(self, node=1):
        """The records of a node that is stopped lose their second half, and what it knows of producers is gone."""
        for log in (pathlib.Path(self.home) / f"n{node}" / "log").glob("test*/*.log"):
            with open(log, "r+b") as file:
                file.truncate(os.path.getsize(log) // 2)
            for other in log.parent.iterdir():
                if other.suffix in (".index", ".timeindex", ".snapshot"):
                    other.unlink()

    def edit(self, old, new, node=1):
        """Another word in the node's configuration, for its next start."""
        file = pathlib.Path(self.home) / f"n{node}" / "server.properties"
        file.write_text(file.read_text().replace(old, new))

    def close(self):
        atexit.unregister(self.close)
        subprocess.run([ROOT / "tools" / "kafka-down", self.home], check=False, stdin=subprocess.DEVNULL)

    def read(self, topic):
        return read(self.bootstrap, topic)


class Record:
    def __init__(self, line):
        found = json.loads(line)
        self.key, self.value, self.partition, self.offset = (found[name] for name in ("key", "payload", "partition", "offset"))
        pairs = found.get("headers", [])
        self.headers = dict(zip(pairs[::2], pairs[1::2]))

    def json(self):
        return json.loads(self.value)


def read(bootstrap, topic):
    """Every record of a topic; [] when there is no such topic."""
    done = subprocess.run(["kcat", "-q", "-b", bootstrap, "-C", "-t", topic, "-o", "beginning", "-e", "-J", "-X",
                           "topic.metadata.refresh.interval.ms=500"], stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=PATIENCE)
    if done.returncode and b"Unknown topic" not in done.stderr:
        raise AssertionError(done.stderr.decode(errors="replace"))
    return [Record(line) for line in done.stdout.decode().splitlines()]


class Daemon:
    """`millrace run` with settings over a configuration of its own; a context manager that stops it. `environment`: further
    variables; `before`: words of a command that runs it (prlimit --nofile=100); `listener`: a socket that it inherits as systemd
    would hand it over."""

    def __init__(self, settings, yaml="", environment=None, before=(), listener=None):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="millrace-daemon-"))
        self.port = self.admin = free_port()
        while str(self.admin) in f"{self.port} {settings.get('http.listen')}":     # which nobody may listen to yet
            self.admin = free_port()
        self.config = self.home / "millrace.yaml"
        self.config.write_text(yaml)
        self.settings = {"http.listen": f"127.0.0.1:{self.port}", "admin.listen": f"127.0.0.1:{self.admin}",
                         "schemas.path": ROOT / "schemas", "worker.threads": 2, "kafka.linger": "5ms", **settings}
        self.log_file = open(self.home / "log", "w+", encoding="utf-8")
        command = [*before, program("MILLRACE", "millrace"), "run", "--config", self.config]
        for name, value in self.settings.items():
            command += ["--set", f"{name}={value}"]
        if listener:
            command = ["sh", "-c", f'exec 3<&{listener.fileno()}; LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"', "sh", *command]
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=self.log_file,
                                        stderr=self.log_file, cwd=self.home, env={**os.environ, **(environment or {})},
                                        pass_fds=[listener.fileno()] if listener else [])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.log_file.close()
        log = self.log()
        shutil.rmtree(self.home)
        if any(word in log for word in ("Sanitizer", "runtime error: ", "bug: ")):
            raise AssertionError(f"the daemon broke:\n{log}")

    def log(self):
        return (self.home / "log").read_text(encoding="utf-8", errors="replace")

    def wait_ready(self):
        def ready():
            if self.process.poll() is not None:
                raise AssertionError(f"the daemon ended with {self.process.returncode}:\n{self.log()}")
            with contextlib.suppress(OSError, http.client.HTTPException):
                return self.get("/ready")[0] == 200
        wait_until(ready, f"the daemon to be ready:\n{self.log()}")
        return self

    def request(self, method, path, body=None, port=None, headers=None, timeout=PATIENCE):
        """(status, headers, body) of one request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=timeout)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def get(self, path, timeout=5):
        return self.request("GET", path, port=self.admin, timeout=timeout)

    def post(self, body, path="/v1/events", **further):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        status, _, answer = self.request("POST", path, body, headers={"Content-Type": "application/json"}, **further)
        return status, json.loads(answer)

    def metrics(self):
        """{name: sum over all series}. Fails when the law of the house does not hold."""
        status, _, text = self.get("/metrics", PATIENCE)
        assert status == 200, status
        sums = {}
        for line in text.decode().splitlines():
            if line and not line.startswith("#"):
                series, value = line.rsplit(" ", 1)
                name = series.split("{", 1)[0]
                sums[name] = sums.get(name, 0) + float(value)
        event = {end: sums[f"millrace_events_{end}"] for end in ("received_total", "published_total", "rejected_total",
                                                                   "refused_total", "open")}
        received = event.pop("received_total")
        assert received == sum(event.values()), f"received {received} is not the sum of {event}"
        return sums

    def switches(self):
        """How often its threads went to sleep."""
        tasks = pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/status")
        return sum(int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", task.read_text(), re.M)[1]) for task in tasks)

    def stop(self, number=signal.SIGTERM):
        """Its exit status."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)
