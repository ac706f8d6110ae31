"""A client that speaks TLS over its own socket, so that a test can say in which pieces the bytes travel."""
import pathlib
import select
import socket
import ssl
import subprocess


def make_certificate(folder, names=("localhost",), key=("ec", "-pkeyopt", "ec_paramgen_curve:P-256"), days=3, name="server"):
    """A certificate that signs itself, and its key beside it; answers its path."""
    path = pathlib.Path(folder) / f"{name}.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", *key, "-nodes", "-subj", f"/CN={names[0]}", "-days", str(days),
                    "-addext", "subjectAltName=" + ",".join(f"DNS:{n}" for n in names),
                    "-keyout", path.with_suffix(".key"), "-out", path], check=True, stderr=subprocess.DEVNULL)
    return path


class Stream:
    """`record` and `segment`: at most so many bytes of plain text a record, and of the records a write to the socket."""

    def __init__(self, port, certificate, preface=b"", record=16384, segment=1 << 20, patience=20.0, name="localhost"):
        self.record, self.segment, self.patience = record, segment, patience
        self.ended = None                  # "close_notify", "cut" or "reset" once it has
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=patience)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(preface)
        context = ssl.create_default_context(cafile=certificate)
        self.incoming, self.outgoing, self.unsent = ssl.MemoryBIO(), ssl.MemoryBIO(), b""
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=name)
        while not self._try(self.tls.do_handshake):
            self._flush()
            if not self._fill(patience):
                raise OSError("the handshake does not end: " + str(self.ended))
        self._flush()

    def _try(self, what, *arguments):
        try:
            return what(*arguments) or True
        except ssl.SSLWantReadError:
            return None
        except ssl.SSLZeroReturnError:
            self.ended = self.ended or "close_notify"
        except ssl.SSLEOFError:
            self.ended = self.ended or "cut"
        return b""

    def _flush(self):
        self.unsent += self.outgoing.read()
        while self.unsent:
            # Who only writes lets the other side's bytes lie, and both wait for ever.
            readable, writable, _ = select.select([self.socket], [self.socket], [], self.patience)
            if readable and not self._fill(0):
                self.unsent = b""
                return
            if writable:
                try:
                    sent = self.socket.send(self.unsent[:self.segment])
                except OSError:
                    self.unsent = b""      # the server may answer and close before it has read everything
                    return
                self.unsent = self.unsent[sent:]
            elif not readable:
                raise OSError("the server takes nothing")

    def _fill(self, wait):
        """Takes what the socket has; False: nothing within the time, or the end."""
        if not select.select([self.socket], [], [], wait)[0]:
            return False
        try:
            data = self.socket.recv(1 << 18)
        except ConnectionResetError:
            self.ended = self.ended or "reset"
            return False
        if not data:
            self.incoming.write_eof()
            return False
        self.incoming.write(data)
        return True

    def send(self, data):
        for at in range(0, len(data), self.record):
            self.tls.write(data[at:at + self.record])
            if self.outgoing.pending >= min(self.segment, 1 << 16) or self.segment < 1 << 16:
                self._flush()
        self._flush()

    def receive(self, wait):
        """Plain text; b"" at the end (see `ended`); None: nothing within the time."""
        while True:
            data = self._try(self.tls.read, 1 << 20)
            if data is not None:
                return b"" if data is True else data
            if not self._fill(wait) and not self.incoming.eof:
                return b"" if self.ended else None

    def close(self):
        self.socket.close()
