"""Reads just enough of a Dockerfile to know what one target is made of. No I/O here.

Podman before 4.4 builds every stage up to the target, needed or not, and a change in one target's stages must
not rebuild another's image; both are answered by keeping only the stages that a target reaches.
"""

import re

_FROM = re.compile(r"^FROM\s+(\S+)\s+AS\s+(\S+)\s*$", re.MULTILINE)
_STAGE = re.compile(r"--from=(\S+)")
_ARGUMENT = re.compile(r"\$\{(\w+)\}")


def preamble(text: str) -> str:
    """Return what stands before the first stage: the global arguments."""
    return text[: _first(text).start()]


def stages(text: str) -> dict[str, str]:
    """Return the stages by name, in order."""
    starts = list(_FROM.finditer(text))
    ends = [match.start() for match in starts[1:]] + [len(text)]
    return {match[2]: text[match.start() : end] for match, end in zip(starts, ends, strict=True)}


def pruned(text: str, target: str) -> str:
    """Return the Dockerfile with only those stages that the target is made of."""
    every = stages(text)
    needed: set[str] = set()
    waiting = [target]
    while waiting:
        name = waiting.pop()
        if name in needed or name not in every:
            continue
        needed.add(name)
        waiting += [_parent(every[name]), *_STAGE.findall(every[name])]
    return preamble(text) + "".join(body for name, body in every.items() if name in needed)


def base_arguments(text: str) -> set[str]:
    """Return the names of the build arguments that stages start from."""
    return {name for body in stages(text).values() for name in _ARGUMENT.findall(_parent(body))}


def copied_paths(text: str) -> list[str]:
    """Return the paths of the build context that COPY instructions name, sorted."""
    paths: set[str] = set()
    for line in text.splitlines():
        words = line.split()
        if words[:1] == ["COPY"] and not _STAGE.search(line):
            paths |= {word for word in words[1:-1] if not word.startswith("--")}
    return sorted(paths)


def _first(text: str) -> re.Match[str]:
    match = _FROM.search(text)
    if match is None:
        raise ValueError("no `FROM … AS name` line")
    return match


def _parent(stage: str) -> str:
    return _first(stage)[1]
