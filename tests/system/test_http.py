#!/usr/bin/env python3
"""The daemon as clients meet it: real HTTP clients, slow ones, too many, and the end. Events go to files; no broker is needed."""
import gzip
import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import harness

EVENT = {"dataschema": "com.example/page_view/1-0-0", "data": {"page": "/"}}


def daemon(folder, **further):
    """Without a schema of its own an event is rejected, which is an answer like any other: it is on a topic, too."""
    settings = {"sink.type": "file", "sink.path": folder, "worker.threads": 2,
                **{name.replace("__", "."): value for name, value in further.items()}}
    return harness.Daemon(settings).wait_ready()


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="millrace-http-")
        self.addCleanup(shutil.rmtree, self.folder)

    def start(self, **further):
        made = daemon(tempfile.mkdtemp(dir=self.folder), **further)
        self.addCleanup(made.__exit__)
        return made

    def records(self):
        """Lines of all files of the sink."""
        return sum(len(file.read_bytes().splitlines()) for file in pathlib.Path(self.folder).glob("*/*.ndjson")
                   if ".meta." not in file.name)


@unittest.skipUnless(shutil.which("curl"), "no curl here")
class Curl(Case):
    """One daemon, one row a way of sending."""

    def test_rows(self):
        body = json.dumps([EVENT] * 20).encode()
        large = json.dumps([EVENT] * 20000).encode()            # over a megabyte: curl asks with Expect: 100-continue
        files = {"plain": body, "gzip": gzip.compress(body), "large": large}
        for name, data in files.items():
            (pathlib.Path(self.folder) / name).write_bytes(data)
        if shutil.which("zstd"):
            subprocess.run(["zstd", "-q", "-k", "plain", "-o", "zstd"], cwd=self.folder, check=True)
        rows = [
            ("a length", ["--data-binary", "@plain"], 200),
            ("chunks", ["-H", "Transfer-Encoding: chunked", "--data-binary", "@plain"], 200),
            ("HTTP/1.0", ["-0", "--data-binary", "@plain"], 200),
            ("a form's content type", ["-d", "@plain"], 200),
            ("gzip", ["-H", "Content-Encoding: gzip", "--data-binary", "@gzip"], 200),
            ("gzip without a label", ["--data-binary", "@gzip"], 200),
            ("gzip in chunks", ["-H", "Content-Encoding: gzip", "-H", "Transfer-Encoding: chunked", "--data-binary", "@gzip"],
             200),
            ("a large body after 100", ["--expect100-timeout", "20", "--data-binary", "@large"], 200),
            ("a body over the limit", ["--expect100-timeout", "20", "--data-binary", "@large", "--limit", ""], 413),
            ("an unknown coding", ["-H", "Content-Encoding: br", "--data-binary", "@gzip"], 415),
            ("a wrong method", ["-X", "PUT", "--data-binary", "@plain"], 405),
            ("HEAD", ["-I"], 405),
            ("HTTP/2 by upgrade stays HTTP/1.1", ["--http2", "--data-binary", "@plain"], 200),
        ]
        if "zstd" in os.listdir(self.folder):
            rows.append(("zstd", ["-H", "Content-Encoding: zstd", "--data-binary", "@zstd"], 200))
        wide = self.start(events__count_limit=100000)
        narrow = self.start(http__body_limit="64KiB")
        for name, arguments, want in rows:
            with self.subTest(name):
                target = narrow if "--limit" in arguments else wide
                arguments = [word for word in arguments if word not in ("--limit", "")]
                command = ["curl", "-sS", "-m", "30", "-o", "answer", "-w", "%{http_code}", *arguments,
                           f"http://127.0.0.1:{target.port}/v1/events"]
                done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True)
                self.assertEqual(done.stdout[-3:], str(want), done.stderr)
                if want == 200:
                    answer = json.loads((pathlib.Path(self.folder) / "answer").read_text())
                    self.assertIn(answer["accepted"] + answer["rejected"], (20, 20000))
        wide.metrics()


@unittest.skipUnless(shutil.which("node"), "no node here")
class Node(Case):
    SCRIPT = """
        const http = require('http'), [port, body] = [+process.argv[2], process.argv[3]];
        const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
        const send = chunked => new Promise((good, bad) => {
            const headers = chunked ? {} : { 'Content-Length': body.length };
            const where = { port, host: '127.0.0.1', method: 'POST', path: '/v1/events', agent, headers };
            const request = http.request(where, answer => {
                let text = ''; answer.on('data', part => text += part); answer.on('end', () => good(answer.statusCode));
            });
            request.on('error', bad);
            if (chunked) for (const part of body.match(/.{1,7}/g)) request.write(part); else request.write(body);
            request.end();
        });
        (async () => {
            const answers = await Promise.all([...Array(200).keys()].map(i => send(i % 2)));
            const more = await Promise.all([...Array(200).keys()].map(async () =>
                (await fetch(`http://127.0.0.1:${port}/v1/events`, { method: 'POST', body })).status));
            console.log([...answers, ...more].filter(status => status === 200).length);
            agent.destroy();
        })();
    """

    def test_keep_alive_chunks_and_fetch(self):
        target = self.start()
        done = subprocess.run(["node", "-", str(target.port), json.dumps(EVENT)], input=self.SCRIPT, capture_output=True,
                              text=True, timeout=60)
        self.assertEqual(done.stdout.strip(), "400", done.stderr)
        self.assertEqual(target.metrics()["millrace_events_received_total"], 400)
        self.assertEqual(target.stop(), 0)
        self.assertEqual(self.records(), 400)


@unittest.skipUnless(shutil.which("node") and shutil.which("curl"), "no node or no curl here")
class Http2(Case):
    """Real clients of HTTP/2 in the clear: nobody's request is lost when the daemon leaves in the middle."""

    SCRIPT = """
        const http2 = require('http2'), [port, rounds, body] = [+process.argv[2], +process.argv[3], process.argv[4]];
        const session = http2.connect(`http://127.0.0.1:${port}`), counts = {};
        session.on('error', () => {});
        const ask = () => new Promise(done => {
            let status = 'none';
            if (session.closed || session.destroyed) return done();
            const stream = session.request({ ':method': 'POST', ':path': '/v1/events' });
            stream.on('response', fields => { status = fields[':status']; });
            stream.on('error', () => {});
            stream.on('close', () => { counts[status] = (counts[status] || 0) + 1; done(); });
            stream.resume();
            stream.end(body);
        });
        (async () => {
            for (let i = 0; i < rounds; i++) {
                await Promise.all([...Array(100).keys()].map(ask));
                if (i === 2) console.log('begun');
            }
            session.close();
            console.log(JSON.stringify(counts));
        })();
    """

    def ask(self, target, rounds):
        return subprocess.Popen(["node", "-", str(target.port), str(rounds), json.dumps(EVENT)], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def test_a_hundred_at_a_time(self):
        target = self.start()
        out, err = self.ask(target, 10).communicate(self.SCRIPT, timeout=120)
        self.assertEqual(json.loads(out.splitlines()[-1]), {"200": 1000}, err)
        self.assertEqual(target.metrics()["millrace_http2_connections_total"], 1)
        self.assertEqual(target.stop(), 0)
        self.assertEqual(self.records(), 1000)

    def test_leaving(self):
        """What was answered with 200 is there, whatever was under way when SIGTERM came."""
        target = self.start()
        client = self.ask(target, 100000)
        client.stdin.write(self.SCRIPT)
        client.stdin.close()
        client.stdin = None
        self.assertEqual(client.stdout.readline().strip(), "begun")
        self.assertEqual(target.stop(), 0)
        out, err = client.communicate(timeout=120)
        counts = json.loads(out.splitlines()[-1])
        self.assertGreaterEqual(counts.get("200", 0), 300, err)
        self.assertGreaterEqual(self.records(), counts["200"])

    def test_curl(self):
        target = self.start(http__body_limit="64KiB")
        (pathlib.Path(self.folder) / "large").write_bytes(b" " * 100000)
        rows = [("an event", ["-d", json.dumps(EVENT)], "200 2"), ("too large", ["--data-binary", "@large"], "413 2"),
                ("too large, and no length", ["-X", "POST", "-T", "large"], "413 2"), ("HEAD", ["-I"], "405 2")]
        for name, arguments, want in rows:
            with self.subTest(name):
                command = ["curl", "-sS", "-m", "30", "-o", "/dev/null", "-w", "%{http_code} %{http_version}",
                           "--http2-prior-knowledge", *arguments, f"http://127.0.0.1:{target.port}/v1/events"]
                done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True)
                self.assertEqual(done.stdout, want, done.stderr)


class Slow(Case):
    def test_many_slow_clients_hold_nothing_for_ever(self):
        """Each sends a byte now and then. Others are served meanwhile, and all slow ones are ended by their deadline."""
        target = self.start(http__head_time="2s", http__body_time="2s")
        starts = [b"POST /v1/ev", b"POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n"]
        slow = [socket.create_connection(("127.0.0.1", target.port)) for _ in range(100)]
        for i, client in enumerate(slow):
            client.sendall(starts[i % 2])
        begun = time.monotonic()
        served = 0
        while time.monotonic() - begun < 4:
            for client in slow:
                try:
                    client.send(b"x")
                except OSError:
                    pass
            self.assertEqual(target.post(EVENT, timeout=2)[0], 200)
            served += 1
            time.sleep(0.1)
        self.assertGreater(served, 5)
        for client in slow:
            client.settimeout(5)
            try:
                answer = client.recv(4096)
            except ConnectionResetError:
                answer = b""
            self.assertTrue(answer == b"" or answer.startswith(b"HTTP/1.1 408 "), answer)
            client.close()
        self.assertGreaterEqual(target.metrics()["millrace_http_timeouts_total"], 100)


class Overload(Case):
    def test_more_open_bytes_than_allowed(self):
        """Bodies that have begun hold memory: over the limit others are told to come again, and it ends with the deadline."""
        target = self.start(limits__open_bytes="1MiB", http__inflated_limit="1MiB", http__body_limit="1MiB", worker__threads=1,
                            http__body_time="3s")
        head = b"POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"
        hogs = []
        for _ in range(20):
            client = socket.create_connection(("127.0.0.1", target.port))
            client.sendall(head + b"[" * 70000)
            hogs.append(client)
        answer = harness.wait_until(lambda: (lambda a: a if a[0] == 503 else None)(
            target.request("POST", "/v1/events", json.dumps(EVENT))), "an answer with 503")
        self.assertIn(int(answer[1]["Retry-After"]), range(1, 6))
        self.assertEqual(json.loads(answer[2])["error"], "overloaded")
        harness.wait_until(lambda: target.post(EVENT)[0] == 200, "events to be taken again")
        for client in hogs:
            client.close()
        target.metrics()


class Draining(Case):
    def test_every_answer_of_a_stopping_daemon_is_whole(self):
        """Clients send without pause while the daemon is told to stop: what was answered with 200 is in the sink, no answer is
        cut, and the daemon ends well."""
        target = self.start()
        answered, broken, lock = [0], [], threading.Lock()

        def client():
            while True:
                connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=10)
                try:
                    while True:
                        connection.request("POST", "/v1/events", json.dumps(EVENT))
                        answer = connection.getresponse()
                        text = answer.read()
                        if answer.status == 200:
                            json.loads(text)
                            with lock:
                                answered[0] += 1
                        if answer.getheader("Connection") == "close":
                            break
                except ConnectionRefusedError:
                    return
                except http.client.RemoteDisconnected:
                    pass                                        # closed between two requests: no byte of an answer came
                except (ConnectionResetError, BrokenPipeError):
                    pass
                except (http.client.HTTPException, ValueError, OSError) as error:
                    with lock:
                        broken.append(repr(error))
                    return
                finally:
                    connection.close()

        threads = [threading.Thread(target=client) for _ in range(16)]
        for thread in threads:
            thread.start()
        time.sleep(1)
        status = target.stop()
        for thread in threads:
            thread.join(20)
        self.assertEqual(broken, [])
        self.assertEqual(status, 0, target.log())
        self.assertGreater(answered[0], 50)
        self.assertGreaterEqual(self.records(), answered[0])


if __name__ == "__main__":
    sys.stdout.flush()
    unittest.main()
