"""What a disk has after a power cut, made of the journal of shim_disk.c.

A Disk begins with what lies in the folder. After the process was killed, replay() takes in what the journal tells and compares
the folder with it, so that no write can have gone past the shim; then cut() makes a folder as it may be after the cut, writes it
over the old one, and all that is left counts as durable.

What a cut may do, by `model`:

forget   everything that was not synced is gone. A file is there when its own folder was synced after it was made; fsync() of the
         file does not do that (POSIX promises no more).
strict   each block that was not synced is there or not, and so is each change of a folder and each change of a size, whatever
         their order was; a file may have its new size and zeros in it. One block in eight is torn or holds nonsense.
ordered  as ext4: changes of names happen in their order, up to some moment, and fsync() of any file makes all of them durable;
         blocks of data as above, without nonsense.
keep     everything is there, as after a kill.
"""
import os
import pathlib
import shutil
import struct

ENTRY = struct.Struct("<IiqqII")
RESULT, OPEN, CLOSE, WRITE, SIZE, ALLOCATE, SYNC, DATASYNC, RENAME, UNLINK, MKDIR = range(11)
MODELS = ("forget", "strict", "ordered", "keep")


class File:
    def __init__(self, data=b""):
        self.live, self.disk = bytearray(data), bytearray(data)
        self.pending = []                                       # [(offset, bytes) or (size, None), lost]

    def apply(self, data, change):
        offset, text = change
        if text is None:
            del data[offset:]
            data.extend(bytes(offset - len(data)))
        else:
            data.extend(bytes(max(0, offset + len(text) - len(data))))
            data[offset:offset + len(text)] = text

    def change(self, offset, text):
        self.apply(self.live, (offset, text))
        self.pending.append([(offset, text), False])

    def sync(self):
        for change, lost in self.pending:
            if not lost:
                self.apply(self.disk, change)
        self.pending = [entry for entry in self.pending if entry[1]]

    def sync_failed(self):
        """The kernel has marked the pages clean: no later sync writes them."""
        for entry in self.pending:
            entry[1] = True

    def cut(self, random, model):
        data = bytearray(self.disk)
        block = random.choice((512, 4096))
        chance = random.choice((0.0, 0.1, 0.5, 0.9, 1.0))
        for (offset, text), _ in self.pending:
            if text is None:
                if random.random() < 0.5:
                    self.apply(data, (offset, None))
                continue
            at = offset
            while at < offset + len(text):
                end = min(at - at % block + block, offset + len(text))
                piece = text[at - offset:end - offset]
                if random.random() < chance:
                    if model == "strict" and random.random() < 0.125:
                        torn = random.randrange(len(piece))
                        piece = piece[:torn] + random.choice((random.randbytes(len(piece) - torn), bytes(len(piece) - torn)))
                    self.apply(data, (at, piece))
                at = end
        if len(data) < len(self.live) and random.random() < 0.3:
            self.apply(data, (len(self.live), None))            # the size came, the blocks did not
        return data


class Folder:
    def __init__(self):
        self.live, self.disk = {}, {}                           # name: File or Folder
        self.pending = []                                       # [{name: what is there, or None}]

    def change(self, names):
        self.apply(self.live, names)
        self.pending.append(names)

    @staticmethod
    def apply(entries, names):
        for name, node in names.items():
            if node is None:
                entries.pop(name, None)
            else:
                entries[name] = node

    def sync(self):
        for names in self.pending:
            self.apply(self.disk, names)
        self.pending = []


class Disk:
    def __init__(self, path, journal):
        self.path, self.journal = pathlib.Path(path), pathlib.Path(journal)
        self.tree = self.load(self.path)

    def load(self, path):
        folder = Folder()
        for entry in os.scandir(path):
            node = self.load(entry.path) if entry.is_dir(follow_symlinks=False) else File(pathlib.Path(entry.path).read_bytes())
            folder.live[entry.name] = folder.disk[entry.name] = node
        return folder

    # ---- the journal ----

    def entries(self):
        text = self.journal.read_bytes() if self.journal.exists() else b""
        at = 0
        while at + ENTRY.size <= len(text):
            kind, descriptor, a, b, path_size, data_size = ENTRY.unpack_from(text, at)
            at += ENTRY.size
            path, data = text[at:at + path_size].decode(), text[at + path_size:at + path_size + data_size]
            if at + path_size + data_size > len(text):
                return                                          # killed while it wrote
            at += path_size + data_size
            yield kind, descriptor, a, b, path, data

    def place(self, path):
        """(folder, name) of a path; the root has no name."""
        words = [word for word in os.path.relpath(path, self.path).split("/") if word != "."]
        folder = self.tree
        for word in words[:-1]:
            folder = folder.live[word]
        return folder, words[-1] if words else None

    def replay(self):
        """Takes in the journal, which is emptied, and holds the folder against it."""
        self.descriptors, self.order, waiting = {}, [], None
        self.paths = {}                                         # of descriptors
        for entry in self.entries():
            if entry[0] == RESULT:
                self.done(waiting, entry[2])
                waiting = None
            elif entry[0] == CLOSE:
                self.descriptors.pop(entry[1], None)
            else:
                waiting = entry
        if waiting and self.difference():                       # killed in the middle of it, or before its note
            self.half_done(waiting)
        difference = self.difference()
        if difference:
            raise AssertionError(f"the shim has not seen everything: {difference}")
        self.journal.unlink(missing_ok=True)

    def half_done(self, entry):
        kind, descriptor, a, _, _, data = entry
        if kind in (WRITE, ALLOCATE):
            found = pathlib.Path(self.paths[descriptor]).read_bytes()
            if kind == ALLOCATE:
                self.descriptors[descriptor].change(len(found), None)
            else:
                self.done(entry, len(os.path.commonprefix([found[a:a + len(data)], data])))
        else:
            self.done(entry, 0)

    def done(self, entry, answer):
        kind, descriptor, a, b, path, data = entry
        if kind in (SYNC, DATASYNC):
            self.synced(self.descriptors[descriptor], kind, answer)
        elif answer < 0 and kind != ALLOCATE:
            return
        elif kind == OPEN:
            self.opened(path, a, answer)
        elif kind == WRITE:
            if answer:
                self.descriptors[descriptor].change(a, data[:answer])
        elif kind == SIZE:
            self.descriptors[descriptor].change(a, None)
        elif kind == ALLOCATE:
            file = self.descriptors[descriptor]
            if answer >= 0 and a + b > len(file.live):
                file.change(a + b, None)
        elif kind == RENAME:
            (old, name), (new, other) = self.place(path), self.place(data.decode())
            node = old.live[name]
            if old is new:
                self.named(old, {name: None, other: node})
            else:
                self.named(old, {name: None})
                self.named(new, {other: node})
        elif kind == UNLINK:
            folder, name = self.place(path)
            self.named(folder, {name: None})
        elif kind == MKDIR:
            folder, name = self.place(path)
            self.named(folder, {name: Folder()})

    def named(self, folder, names):
        folder.change(names)
        self.order.append((folder, names))

    def opened(self, path, flags, descriptor):
        folder, name = self.place(path)
        node = self.tree if name is None else folder.live.get(name)
        if node is None:
            node = File()
            self.named(folder, {name: node})
        elif flags & os.O_TRUNC and isinstance(node, File) and node.live:
            node.change(0, None)
        self.descriptors[descriptor] = node
        self.paths[descriptor] = path

    def synced(self, node, kind, answer):
        if answer < 0:
            if isinstance(node, File):
                node.sync_failed()
            return
        node.sync()
        # What ext4's journal does beyond POSIX: one commit for all names that changed.
        if kind == SYNC:
            for folder, names in self.order:
                folder.committed = getattr(folder, "committed", [])
                folder.committed.append(names)
            self.order = []

    def difference(self):
        """A sentence when the folder is not what the journal says."""
        return self.compare(self.tree, self.path)

    def compare(self, folder, path):
        names = set(os.listdir(path))
        if names != set(folder.live):
            return f"{path}: {sorted(names)}, not {sorted(folder.live)}"
        for name, node in folder.live.items():
            if isinstance(node, Folder):
                found = self.compare(node, path / name)
                if found:
                    return found
            elif (path / name).read_bytes() != node.live:
                found = (path / name).read_bytes()
                return f"{path / name} has other bytes from {len(os.path.commonprefix([found, bytes(node.live)]))} on"

        return None

    # ---- the cut ----

    def cut(self, random, model):
        """Writes the folder as it may be now; what it has is durable."""
        kept = len(self.order) if model == "keep" else random.randint(0, len(self.order))
        happened = [names for _, names in self.order[:kept]]
        tree = self.folder_cut(self.tree, random, model, happened)
        for entry in os.scandir(self.path):
            shutil.rmtree(entry.path) if entry.is_dir(follow_symlinks=False) else os.unlink(entry.path)
        self.write(tree, self.path)
        self.tree = self.load(self.path)

    def folder_cut(self, folder, random, model, happened):
        entries = dict(folder.disk)
        for names in folder.pending:
            if model == "keep":
                here = True
            elif model == "ordered":
                here = any(names is one for one in getattr(folder, "committed", [])) or any(names is one for one in happened)
            else:
                here = model == "strict" and random.random() < 0.5
            if here:
                folder.apply(entries, names)
        found = {}
        for name, node in entries.items():
            if isinstance(node, Folder):
                found[name] = self.folder_cut(node, random, model, happened)
            else:
                found[name] = node.live if model == "keep" else node.disk if model == "forget" else node.cut(random, model)
        return found

    def write(self, tree, path):
        for name, node in tree.items():
            if isinstance(node, dict):
                (path / name).mkdir(mode=0o750)
                self.write(node, path / name)
            else:
                (path / name).write_bytes(node)
