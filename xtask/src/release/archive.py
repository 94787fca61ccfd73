"""Makes an archive that is the same whenever it is made, lists what one has, or sums files up.

archive.py create ARCHIVE (PATH NAME)...    a .zip or .tar.gz of files and folders, by the names that they are to have
archive.py list ARCHIVE                     mode and name of each file
archive.py sums FILE...                     what `sha256sum` prints of them, by their last names; macOS has no such program
"""

import gzip
import hashlib
import io
import os
import sys
import tarfile
import zipfile

# The earliest that a zip can say.
TIME = (1980, 1, 1, 0, 0, 0)


def files(path, name):
    """All files at or below a path, each with its name, sorted."""
    if os.path.isfile(path):
        return [(path, name)]
    below = ((folder, file) for folder, _, names in os.walk(path) for file in names)
    paths = sorted(os.path.join(folder, file) for folder, file in below)
    return [(file, os.path.join(name, os.path.relpath(file, path))) for file in paths]


def mode(file, name):
    """Unpacked programs are executable; what Lambda starts is executable whatever its mode was here."""
    is_program = os.stat(file).st_mode & 0o100 or os.path.basename(name) == "bootstrap"
    return 0o755 if is_program else 0o644


def contents(content):
    for path, name in content:
        for file, file_name in files(path, name):
            with open(file, "rb") as source:
                yield file_name, mode(file, file_name), source.read()


def create_zip(archive, content):
    with zipfile.ZipFile(archive, "w") as out:
        for name, permissions, text in contents(content):
            entry = zipfile.ZipInfo(name, TIME)
            entry.external_attr = (0o100000 | permissions) << 16
            # Unix, so that the mode counts.
            entry.create_system = 3
            entry.compress_type = zipfile.ZIP_DEFLATED
            out.writestr(entry, text, compresslevel=9)


def create_tar(archive, content):
    # Without the archive's name and the time, which gzip would write otherwise.
    with open(archive, "wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as out:
            for name, permissions, text in contents(content):
                entry = tarfile.TarInfo(name)
                entry.mode, entry.size = permissions, len(text)
                out.addfile(entry, io.BytesIO(text))


def listed(archive):
    if archive.endswith(".tar.gz"):
        with tarfile.open(archive) as content:
            return [(entry.mode, entry.name) for entry in content.getmembers()]
    with zipfile.ZipFile(archive) as content:
        return [(entry.external_attr >> 16 & 0o777, entry.filename) for entry in content.infolist()]


def sum_of(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


command, arguments = sys.argv[1], sys.argv[2:]
if command == "create":
    create = create_tar if arguments[0].endswith(".tar.gz") else create_zip
    create(arguments[0], list(zip(arguments[1::2], arguments[2::2])))
elif command == "list":
    for permissions, name in listed(arguments[0]):
        print(f"{permissions:o} {name}")
else:
    for path in arguments:
        print(f"{sum_of(path)}  {os.path.basename(path)}")
