"""Makes a zip that is the same whenever it is made, or lists what one has.

archive.py create ZIP (PATH NAME)...    files and folders, by the names that they are to have
archive.py list ZIP                     mode and name of each file
"""

import os
import sys
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


def create(archive, content):
    with zipfile.ZipFile(archive, "w") as out:
        for path, name in content:
            for file, file_name in files(path, name):
                entry = zipfile.ZipInfo(file_name, TIME)
                # A program to whoever unpacks it, whatever it was here.
                mode = 0o755 if os.path.basename(file_name) == "bootstrap" else 0o644
                entry.external_attr = (0o100000 | mode) << 16
                # Of Unix, which is where a mode means something.
                entry.create_system = 3
                entry.compress_type = zipfile.ZIP_DEFLATED
                with open(file, "rb") as source:
                    out.writestr(entry, source.read(), compresslevel=9)


def listed(archive):
    with zipfile.ZipFile(archive) as content:
        for entry in content.infolist():
            print(f"{entry.external_attr >> 16 & 0o777:o} {entry.filename}")


if sys.argv[1] == "create":
    create(sys.argv[2], list(zip(sys.argv[3::2], sys.argv[4::2])))
else:
    listed(sys.argv[2])
