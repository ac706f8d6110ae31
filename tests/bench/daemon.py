"""What the whole benchmarks share: a broker, a daemon under measurement, a load for it."""
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE = os.environ.get("SERVER_CORE", str(CORES[0]))
LOAD_CORE = os.environ.get("LOAD_CORE", str(CORES[-1]))
ENDS = ("published", "rejected")


class Broker:
    """A real Kafka on the load's core, unless BROKER names one or `embedded` is wanted, which is no measure of anything."""

    def __init__(self, folder, embedded=False):
        self.folder = None
        self.address = "embedded" if embedded else os.environ.get("BROKER")
        if self.address:
            return
        self.folder = folder / "kafka"
        # Small files, gone soon: memory that a virtual machine touches for the first time costs many times the writing.
        extra = ("message.max.bytes=8388608\nsocket.request.max.bytes=209715200\nlog.segment.bytes=67108864\n"
                 "log.retention.bytes=67108864\nlog.retention.check.interval.ms=1000\nlog.initial.task.delay.ms=1000\n"
                 "log.segment.delete.delay.ms=0")
        command = ["taskset", "-c", LOAD_CORE, ROOT / "tools/kafka-up", self.folder]
        out = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True,
                             env={"KAFKA_HEAP": "1g", "KAFKA_EXTRA": extra, **os.environ}).stdout
        self.address = re.search(r"^(?:export )?KAFKA_BOOTSTRAP=['\"]?([^'\"\n]+)", out, re.M)[1]

    def close(self):
        if self.folder:
            subprocess.run([ROOT / "tools/kafka-down", self.folder], check=False)


class Daemon:
    """One process of `program`, pinned to `cores`, ready when this returns. `options` are OPTION=VALUE; `under` is a command that
    runs it, such as valgrind."""

    def __init__(self, program, folder, name, options, cores=SERVER_CORE, under=()):
        self.log = folder / f"{name}.log"
        settings = ["http.listen=127.0.0.1:0", "admin.listen=127.0.0.1:0", *options]
        command = ["taskset", "-c", cores, *under, program, "run"]
        for setting in settings:
            command += ["--set", setting]
        self.started = time.monotonic()
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen([str(word) for word in command], stdout=log, stderr=log)
        self.await_ready()

    def await_ready(self):
        until = time.monotonic() + 600             # valgrind on a busy machine
        while time.monotonic() < until and self.process.poll() is None:
            said = dict(re.findall(r"^(events|admin): +http://127\.0\.0\.1:(\d+)/", self.log.read_text(), re.M))
            if len(said) == 2:
                self.port, self.admin = int(said["events"]), int(said["admin"])
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/ready", timeout=1)
                    self.ready = time.monotonic() - self.started
                    return
                except OSError:
                    pass
            time.sleep(0.003)
        self.close()
        sys.exit(f"bench: the daemon did not start: {self.log.read_text()[-2000:]}")

    def cpu(self):
        """Seconds: user and system of all threads that live, by the scheduler's clock; none ends while the daemon serves. Not of
        the one that does nothing but answer our own questions about the counters: of a thousand schemas that takes a while."""
        tasks = pathlib.Path(f"/proc/{self.process.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks
                   if (task / "comm").read_text().strip() != "admin") / 1e9

    def counters(self):
        text = urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/metrics", timeout=10).read().decode()
        value = {}
        pattern = r"^millrace_events_(received|published|rejected|refused|open)\w*(?:\{[^}]*\})? ([\d.e+]+)$"
        for name, number in re.findall(pattern, text, re.M):
            value[name] = value.get(name, 0) + float(number)
        return value

    def settled(self):
        """The counters once nothing is open any more: all that was sent has been confirmed."""
        for _ in range(100):
            now = self.counters()
            if not now.get("open"):
                break
            time.sleep(0.02)
        return now

    def peak_mib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(120)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Mock(Daemon):
    """A broker that answers at once and keeps nothing, for what the daemon's own part of a delay is: the mock cluster of another
    millrace, on the load's core."""

    def __init__(self, program, folder):
        super().__init__(program, folder, "mock", ["kafka.brokers=embedded", f"schemas.path={ROOT / 'schemas'}"], LOAD_CORE)
        while not (said := re.search(r"^kafka: +([0-9.]+:[0-9]+)", self.log.read_text(), re.M)):
            time.sleep(0.003)
        self.address = said[1]


def cores_idle(cores):
    """Seconds that these cores (a list as taskset takes it, without ranges) had nothing to do, on average."""
    lines = re.findall(r"^cpu(\d+) (.*)$", pathlib.Path("/proc/stat").read_text(), re.M)
    idle = [sum(map(int, line.split()[3:5])) for number, line in lines if number in cores.split(",")]
    return sum(idle) / len(idle) / os.sysconf("SC_CLK_TCK")


def cost(daemon, load):
    """What an event of a load cost; `load` sends it and answers what it saw."""
    before, cpu, idle, start = daemon.settled(), daemon.cpu(), cores_idle(LOAD_CORE), time.monotonic()
    told = load()
    told["load_core_percent"] = 100 - 100 * (cores_idle(LOAD_CORE) - idle) / (time.monotonic() - start)
    after, cpu = daemon.settled(), daemon.cpu() - cpu
    ended = sum(after.get(end, 0) - before.get(end, 0) for end in ENDS)
    return {"events": ended, "cpu_us_per_event": cpu * 1e6 / max(ended, 1), "events_per_second": ended / told["seconds"],
            "cpu_percent": cpu * 100 / told["seconds"], **told}


def wrk(daemon, connections, seconds, requests):
    """As fast as answers come; whole seconds only."""
    command = ["taskset", "-c", LOAD_CORE, "wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "10s",
               "--latency", "-s", ROOT / "tests/bench/load.lua", f"http://127.0.0.1:{daemon.port}"]
    out = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True,
                         env={**os.environ, "REQUESTS": str(requests)}).stdout
    count, micros, not_2xx, errors, p50, p99, p999 = map(int, re.search(r"^WRK (.*)$", out, re.M)[1].split())
    return {"answered": count - not_2xx, "refused": not_2xx, "failed": errors, "late": 0, "seconds": micros / 1e6,
            "p50_ms": p50 / 1e3, "p99_ms": p99 / 1e3, "p999_ms": p999 / 1e3}


def generate(generator, daemon, connections, seconds, requests, rate=0, patience=30):
    """The load of `millrace bench`: with a rate, each answer is measured from when its request was due."""
    command = ["taskset", "-c", LOAD_CORE, generator, daemon.port, connections, seconds, rate, requests, patience]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"bench: {done.stderr}")
    return json.loads(done.stdout)


def lateness(seconds=2):
    """How late a sleep of 1 ms ends, in ms: p99, p99.9. On a shared machine a core is away now and then."""
    late, end = [], time.monotonic() + seconds
    while (start := time.monotonic()) < end:
        time.sleep(0.001)
        late.append((time.monotonic() - start) * 1e3 - 1)
    late.sort()
    return [late[len(late) * part // 1000] for part in (990, 999)]


def machine():
    """What a figure depends on."""
    def first(command):
        try:
            return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.strip()
        except (OSError, subprocess.CalledProcessError):
            return ""
    model = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    return {"commit": first(["git", "describe", "--always", "--dirty", "--abbrev=12"]), "cpu": model[1] if model else "",
            "cores": len(CORES), "server_core": SERVER_CORE, "load_core": LOAD_CORE, "kernel": os.uname().release,
            "load_before": os.getloadavg()[0], "late_ms": lateness(), "date": time.strftime("%Y-%m-%d %H:%M", time.gmtime())}
