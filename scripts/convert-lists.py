#!/usr/bin/env python3
"""Lists that data sets publish as MATLAB files, as the text files that Likeness's protocols name. Needs SciPy.

  convert-lists.py agedb   AgeDB_30.mat            agedb_30_pairs.txt    one pair a line: split image image label
  convert-lists.py blufr   blufr_lfw_config.mat    FOLDER                trial1.txt ... trial10.txt: image identity
  convert-lists.py tinyface probe_img_ID_pairs.mat gallery_match_img_ID_pairs.mat DISTRACTOR_FOLDER FOLDER
                                                   probe.txt, gallery_match.txt: image identity; gallery_distractor.txt: image

Variables are found by what they hold where the data sets' documentation does not name them. What does not fit is an error, and no file is
written then.
"""
import os
import sys

import numpy as np
from scipy.io import loadmat


def fail(message):
    sys.exit("convert-lists: " + message)


def load(path):
    try:
        return {k: v for k, v in loadmat(path).items() if not k.startswith("__")}
    except (OSError, ValueError, NotImplementedError) as error:
        fail(f"{path}: {error}")


def text(value):
    """The string in a cell, however deep it lies; None for anything else."""
    while isinstance(value, np.ndarray) and value.size == 1:
        value = value.reshape(-1)[0]
    return str(value) if isinstance(value, str) else None


def texts(value):
    """The strings of an array of cells, in MATLAB's order; None unless every cell holds one."""
    if not isinstance(value, np.ndarray) or value.size == 0:
        return None
    if value.dtype.kind == "U":
        return [str(v).rstrip() for v in value.reshape(-1)]
    if value.dtype != object:
        return None
    found = [text(cell) for cell in value.reshape(-1, order="F")]
    return None if None in found else found


def numbers(value):
    if isinstance(value, np.ndarray) and value.dtype.kind in "iufb" and value.size > 0:
        return [int(v) for v in value.reshape(-1, order="F")]
    return None


def parts(value):
    """The arrays that an array of cells, or a record, holds."""
    if isinstance(value, np.void) or (isinstance(value, np.ndarray) and value.dtype.names):
        for record in np.atleast_1d(value).reshape(-1):
            yield from (record[name] for name in record.dtype.names)
    elif isinstance(value, np.ndarray) and value.dtype == object:
        yield from value.reshape(-1, order="F")


def write(files):
    for path, lines in files:
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.write("".join(line + "\n" for line in lines))
        print(f"{path}: {len(lines)} lines")


def agedb(source, target):
    content = load(source)
    if "splits" not in content:
        fail(f"{source}: no variable `splits`; there are {', '.join(sorted(content))}")
    splits = content["splits"]
    # Cells of records, or an array of records.
    found = list(splits.reshape(-1)) if splits.dtype.names else list(parts(splits))
    lines = []
    for number, split in enumerate(found, 1):
        inner = list(parts(split))
        pairs = next((p for p in inner if isinstance(p, np.ndarray) and texts(p) and 2 in p.shape), None)
        labels = next((numbers(p) for p in inner if numbers(p)), None)
        if pairs is None or labels is None or pairs.size != 2 * len(labels):
            fail(f"{source}: split {number} holds no 2 x N names with N labels")
        pairs = pairs if pairs.shape[0] == 2 else pairs.T
        for column, label in enumerate(labels):
            lines.append(f"{number} {text(pairs[0, column])} {text(pairs[1, column])} {label}")
    write([(target, lines)])


def blufr(source, folder):
    content = load(source)
    for name in ("imageList", "labels", "testIndex"):
        if name not in content:
            fail(f"{source}: no variable `{name}`; there are {', '.join(sorted(content))}")
    images, labels = texts(content["imageList"]), numbers(content["labels"])
    if not images or not labels or len(images) != len(labels):
        fail(f"{source}: as many labels as images are expected")

    def named(image):
        # Aaron_Eckhart_0001.jpg is in the folder of its person.
        return image if "/" in image else f"{image.rsplit('_', 1)[0]}/{image}"

    files = []
    for number, trial in enumerate(parts(content["testIndex"]), 1):
        indices = numbers(trial)
        if not indices or min(indices) < 1 or max(indices) > len(images):
            fail(f"{source}: testIndex of trial {number} is not of 1 to {len(images)}")
        lines = [f"{named(images[i - 1])} {labels[i - 1]}" for i in indices]
        files.append((os.path.join(folder, f"trial{number}.txt"), lines))
    write(files)


def tinyface(probes, matches, distractors, folder):
    def labelled(source):
        values = load(source).values()
        images = next((texts(v) for v in values if texts(v)), None)
        labels = next((numbers(v) for v in values if numbers(v)), None)
        if not images or not labels or len(images) != len(labels):
            fail(f"{source}: one array of names and one of as many identities are expected")
        return [f"{image} {label}" for image, label in zip(images, labels)]

    if not os.path.isdir(distractors):
        fail(f"{distractors}: no such folder")
    files = [("probe.txt", labelled(probes)), ("gallery_match.txt", labelled(matches))]
    files.append(("gallery_distractor.txt", sorted(os.listdir(distractors))))
    write([(os.path.join(folder, name), lines) for name, lines in files])


COMMANDS = {"agedb": (agedb, 2), "blufr": (blufr, 2), "tinyface": (tinyface, 4)}

if __name__ == "__main__":
    command, count = COMMANDS.get(sys.argv[1] if len(sys.argv) > 1 else "", (None, 0))
    if command is None or len(sys.argv) != 2 + count:
        sys.exit(__doc__)
    command(*sys.argv[2:])
